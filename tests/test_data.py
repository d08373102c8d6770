"""MNIST arrives unharmed, or small digits take its place, whatever goes wrong."""

import http.client
import os
import socket
import urllib.error
from types import SimpleNamespace

import numpy as np
import pytest
import sklearn.datasets
from helpers import numbered_images


@pytest.fixture(scope="module")
def mnist():
    """Return 70,000 images and labels, and the form in which fetch_openml returns them."""
    images, labels = numbered_images()
    data = np.asfortranarray(images, np.float32)
    return images, labels, SimpleNamespace(data=data, target=labels.astype(str))


@pytest.fixture
def openml(monkeypatch, mnist):
    """Put a stand-in for fetch_openml, which notes what it is asked and answers."""
    images, labels, answer = mnist
    openml = SimpleNamespace(asked=[], answer=answer, mnist=(images, labels))

    def fetch_openml(*arguments, **options):
        openml.asked.append((arguments, options, socket.getdefaulttimeout()))
        if isinstance(openml.answer, BaseException):
            raise openml.answer
        return openml.answer

    monkeypatch.setattr(sklearn.datasets, "fetch_openml", fetch_openml)
    return openml


def check_same(loaded, expected):
    for array, other in zip(loaded, expected, strict=True):
        assert array.dtype == np.uint8
        assert array.flags.c_contiguous
        np.testing.assert_array_equal(array, other)


def load_small_digits(nn, capsys):
    """Load what there is, check that it is the small digits, and return the output."""
    check_same(nn.load_mnist(), nn.small_digits())
    out = capsys.readouterr().out
    assert "MNIST cannot be fetched now" in out
    assert "1,797" in out
    assert out.isascii()
    return out


def test_mnist_is_asked_for_by_name_and_kept_for_the_next_run(
    nn, openml, folder, capsys
):
    check_same(nn.load_mnist(), openml.mnist)
    assert "Fetching" in capsys.readouterr().out
    ((arguments, options, timeout),) = openml.asked
    assert arguments == ("mnist_784",)
    assert options == {
        "version": 1,
        "as_frame": False,  # needs no pandas
        "parser": "liac-arff",
        "n_retries": 1,
    }
    assert 5 <= timeout <= 10  # seconds for which a server may be silent
    assert socket.getdefaulttimeout() is None  # as before
    assert os.listdir(folder) == ["mnist_784.npz"]
    check_same(nn.load_mnist(), openml.mnist)
    assert capsys.readouterr().out == ""
    assert len(openml.asked) == 1


def test_the_default_folder_is_scikit_learns(nn, openml, tmp_path, monkeypatch):
    monkeypatch.delenv("SCIKIT_LEARN_DATA")
    for name in ("HOME", "USERPROFILE"):  # where Python looks for the home folder
        monkeypatch.setenv(name, str(tmp_path))
    sklearn.datasets.get_data_home()  # makes the folder, as the real download does
    nn.load_mnist()
    assert (tmp_path / "scikit_learn_data" / "mnist_784.npz").exists()


def fewer_images(path):
    images, labels = numbered_images()
    np.savez(path, images=images[:60_000], labels=labels[:60_000])


def a_pickle(path):
    """Write one, which could run any program when it is opened."""
    objects = np.array([SimpleNamespace()] * 70_000)
    np.savez(path, images=objects, labels=objects)


def a_damaged_file(path):
    images, labels = numbered_images()
    np.savez(path, images=images, labels=labels)
    path.write_bytes(path.read_bytes()[:-1000])


@pytest.mark.filterwarnings("error")  # such as the warning that a file stays open
@pytest.mark.parametrize("write", [fewer_images, a_pickle, a_damaged_file])
def test_a_file_that_is_not_mnist_is_named_and_replaced(
    nn, openml, folder, capsys, write
):
    path = folder / "mnist_784.npz"
    write(path)
    check_same(nn.load_mnist(), openml.mnist)
    out = capsys.readouterr().out
    assert ascii(str(path)) in out
    assert "fetch" in out
    check_same(nn.load_mnist(), openml.mnist)
    assert len(openml.asked) == 1


def test_a_file_that_cannot_be_kept_costs_no_more_than_that(nn, openml, folder, capsys):
    (folder / "mnist_784.npz").mkdir()  # a folder stands where the file should be
    check_same(nn.load_mnist(), openml.mnist)
    assert "cannot be kept" in capsys.readouterr().out


def test_no_half_file_gets_the_final_name(nn, openml, folder, monkeypatch):
    def savez(path, **arrays):
        with open(path, "wb") as file:
            file.write(b"half of it")
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez", savez)
    with pytest.raises(KeyboardInterrupt):
        nn.load_mnist()
    assert not (folder / "mnist_784.npz").exists()


ERRORS = [
    urllib.error.URLError(ConnectionRefusedError(111, "Verbindung abgelehnt \u00e9")),
    urllib.error.HTTPError("https://x", 403, "Forbidden", {}, None),
    http.client.BadStatusLine("<html>"),
    TimeoutError("timed out"),
    ValueError("md5 checksum does not match"),
    PermissionError(13, "Permission denied"),
]


@pytest.mark.parametrize("error", ERRORS, ids=lambda error: type(error).__name__)
def test_whatever_the_network_raises_the_small_digits_come(nn, openml, capsys, error):
    openml.answer = error
    socket.setdefaulttimeout(123)
    try:
        out = load_small_digits(nn, capsys)
        assert socket.getdefaulttimeout() == 123  # put back
    finally:
        socket.setdefaulttimeout(None)
    assert type(error).__name__ in out


@pytest.mark.filterwarnings("ignore:A network error")
def test_the_real_fetch_openml_understands_what_it_is_asked(nn, capsys):
    assert "URLError" in load_small_digits(nn, capsys)  # and no complaint of our call


def test_ctrl_c_while_waiting_for_the_server_ends_the_run(nn, openml):
    openml.answer = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        nn.load_mnist()


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
