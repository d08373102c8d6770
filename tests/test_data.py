"""MNIST arrives unharmed, or small digits take its place, whatever goes wrong."""

import os
import socket
import warnings
from types import SimpleNamespace

import numpy as np
import pytest
import sklearn.datasets
from helpers import numbered_images


@pytest.fixture
def openml(monkeypatch):
    """Let fetch_openml return 70,000 images, in the form of the real one."""
    images, labels = numbered_images()
    data = np.asfortranarray(images[:, :4], np.float64)
    answer = SimpleNamespace(data=data, target=labels.astype(str).astype(object))
    monkeypatch.setattr(sklearn.datasets, "fetch_openml", lambda *_, **__: answer)
    return images[:, :4], labels


def check_same(loaded, expected):
    for array, other in zip(loaded, expected):
        assert array.dtype == np.uint8
        assert array.flags.c_contiguous
        np.testing.assert_array_equal(array, other)


def load_small_digits(nn, capsys):
    """Load what there is, check that it is the small digits, and return the output."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # scikit-learn says that it tries again
        images, labels = nn.load_mnist()
    assert images.shape == (1797, 784)
    assert labels.shape == (1797,)
    out = capsys.readouterr().out
    assert "MNIST is not available now" in out
    assert "1,797" in out
    assert out.isascii()
    return out


def test_mnist_is_fetched_and_kept_in_the_data_folder(nn, openml, folder):
    check_same(nn.load_mnist(), openml)
    (path,) = folder.iterdir()  # one file and nothing else
    assert path.name == "mnist_784.npz"
    with np.load(path) as file:
        check_same((file["images"], file["labels"]), openml)


def test_what_is_kept_is_read_without_network(nn, folder, capsys):
    images, labels = numbered_images()
    np.savez(folder / "mnist_784.npz", images=images, labels=labels)
    check_same(nn.load_mnist(), (images, labels))
    assert capsys.readouterr().out == ""


DAMAGES = {
    "empty": lambda good: b"",
    "half": lambda good: good[: len(good) // 2],
    "a bit changed": lambda good: good[:5000] + bytes([good[5000] ^ 1]) + good[5001:],
    "other names": lambda good: good.replace(b"images", b"pixels"),
    "something else": lambda good: b"<html>" * 1000,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_file_is_named_and_fetched_again(nn, openml, folder, capsys, damage):
    nn.load_mnist()
    path = folder / "mnist_784.npz"
    path.write_bytes(damage(path.read_bytes()))
    capsys.readouterr()
    check_same(nn.load_mnist(), openml)
    assert ascii(str(path)) in capsys.readouterr().out
    with np.load(path) as file:
        check_same((file["images"], file["labels"]), openml)


OTHERS = {
    "fewer images": lambda images, labels: (images[:60_000], labels[:60_000]),
    "fewer labels": lambda images, labels: (images, labels[:60_000]),
    "square images": lambda images, labels: (images.reshape(-1, 28, 28), labels),
    "other pixels": lambda images, labels: (images.astype(np.float16), labels),
    "other labels": lambda images, labels: (images, labels.astype(np.int16)),
}


@pytest.mark.parametrize("change", OTHERS.values(), ids=OTHERS)
def test_a_file_that_is_not_mnist_is_not_used(nn, openml, folder, capsys, change):
    images, labels = change(*numbered_images())
    np.savez(folder / "mnist_784.npz", images=images, labels=labels)
    check_same(nn.load_mnist(), openml)
    assert "not MNIST" in capsys.readouterr().out


def test_a_pickle_which_could_run_any_program_is_not_opened(nn, openml, folder, capsys):
    objects = np.array([SimpleNamespace()])
    np.savez(folder / "mnist_784.npz", images=objects, labels=objects)
    np_load, allowed = np.load, []

    def load(*arguments, allow_pickle=False, **options):
        allowed.append(allow_pickle)
        return np_load(*arguments, **options)

    nn.np = SimpleNamespace(**vars(np) | {"load": load})
    check_same(nn.load_mnist(), openml)
    assert allowed == [False]


def test_a_file_that_cannot_be_kept_costs_no_more_than_that(nn, openml, folder, capsys):
    (folder / "mnist_784.npz").mkdir()  # a folder stands where the file should be
    check_same(nn.load_mnist(), openml)
    assert "cannot be kept" in capsys.readouterr().out


def test_ctrl_c_while_waiting_for_the_server_ends_the_run(nn, monkeypatch):
    def fetch_openml(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr(sklearn.datasets, "fetch_openml", fetch_openml)
    with pytest.raises(KeyboardInterrupt):
        nn.load_mnist()


def test_no_half_file_is_left_by_ctrl_c(nn, openml, folder, monkeypatch):
    def savez(path, **arrays):
        with open(path, "wb") as file:
            file.write(b"half of it")
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez", savez)
    with pytest.raises(KeyboardInterrupt):
        nn.load_mnist()
    assert not list(folder.iterdir())


def test_where_no_data_folder_can_be_made(nn, tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("no folder can be made in a file")
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "file" / "data"))
    assert str(tmp_path) in load_small_digits(nn, capsys)


def test_nothing_is_written_into_the_current_folder(nn, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    before = os.listdir()
    monkeypatch.setenv("SCIKIT_LEARN_DATA", "")
    load_small_digits(nn, capsys)
    assert os.listdir() == before


@pytest.mark.parametrize("time_out", [None, 123.0])
def test_without_network_the_small_digits_come_and_the_time_out_is_put_back(
    nn, capsys, time_out
):
    socket.setdefaulttimeout(time_out)
    out = load_small_digits(nn, capsys)
    after = socket.getdefaulttimeout()
    socket.setdefaulttimeout(None)
    assert "URLError" in out  # and no complaint of the real fetch_openml about our call
    assert after == time_out


ANSWERS = {
    "nothing": b"",
    "no HTTP": b"Hello!\r\n\r\n",
    "half a line": b"HTTP/1.1 2",
    "no entry": b"HTTP/1.1 403 Forbidden\r\n\r\n",
    "a page": b"HTTP/1.1 200 OK\r\n\r\n<html>Please log in</html>",
}


@pytest.mark.parametrize("words", ANSWERS.values(), ids=ANSWERS)
def test_a_proxy_that_answers_something_else(nn, server, capsys, words):
    server(words)
    load_small_digits(nn, capsys)


def test_a_silent_server_is_given_up(nn, server, monkeypatch, capsys):
    """After about 15 seconds. We allow it a tenth of a second each time, and count."""
    sockets = server(None)
    seconds, wait = [], socket.setdefaulttimeout

    def set_timeout(value):
        seconds.append(value)
        wait(0.1)

    wait(2)  # if none is set, this test is to fail, not to wait for ever
    monkeypatch.setattr(socket, "setdefaulttimeout", set_timeout)
    out = load_small_digits(nn, capsys)
    wait(None)
    assert "timed out" in out
    calls = len(sockets) - 1  # the first one listens
    assert 5 <= seconds[0]
    assert seconds[0] <= calls * seconds[0] <= 40


def test_the_small_digits_are_scikit_learns_three_times_as_large(nn, digits):
    images, labels = nn.small_digits()
    original = sklearn.datasets.load_digits()
    large = original.images.repeat(3, axis=1).repeat(3, axis=2) / 16
    expected = np.pad(large, [(0, 0), (2, 2), (2, 2)]).reshape(-1, 784)
    assert images.dtype == labels.dtype == np.uint8
    assert (labels == original.target).all()  # in their own order
    np.testing.assert_allclose(images / 255, expected, atol=1 / 255)
    assert [len(X) for X, _ in digits] == [1155, 385, 257]
    assert (digits[2][1].argmax(axis=1) == labels[1540:]).all()
