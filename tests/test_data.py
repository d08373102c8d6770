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

MNIST = numbered_images()
ANSWER = SimpleNamespace(
    data=np.asfortranarray(MNIST[0], np.float32), target=MNIST[1].astype(str)
)


@pytest.fixture
def openml(monkeypatch):
    """Put a stand-in for fetch_openml, which notes what it is asked and answers."""
    openml = SimpleNamespace(asked=[], answer=ANSWER)

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


def test_mnist_is_asked_for_and_kept_for_the_next_run(nn, openml, folder, capsys):
    check_same(nn.load_mnist(), MNIST)
    assert "Fetching" in capsys.readouterr().out
    ((arguments, options, timeout),) = openml.asked
    assert arguments == ("mnist_784",)
    pandas_free = {"as_frame": False, "parser": "liac-arff"}
    assert options == {"version": 1, "n_retries": 1} | pandas_free
    assert 5 <= timeout <= 10  # seconds for which a server may be silent
    assert socket.getdefaulttimeout() is None  # as before
    assert os.listdir(folder) == ["mnist_784.npz"]
    check_same(nn.load_mnist(), MNIST)
    assert capsys.readouterr().out == ""
    assert len(openml.asked) == 1


def test_the_default_folder_is_scikit_learns(nn, openml, tmp_path, monkeypatch):
    monkeypatch.delenv("SCIKIT_LEARN_DATA")
    for name in ("HOME", "USERPROFILE"):  # where Python looks for the home folder
        monkeypatch.setenv(name, str(tmp_path))
    home = sklearn.datasets.get_data_home()  # makes the folder, as a download does
    nn.load_mnist()
    assert os.listdir(home) == ["mnist_784.npz"]


def write_fewer_images(path):
    np.savez(path, images=MNIST[0][:60_000], labels=MNIST[1])


def write_a_pickle(path):  # which could run any program when it is opened
    objects = np.array([SimpleNamespace()])
    np.savez(path, images=objects, labels=objects)


def write_a_damaged_file(path):
    np.savez(path, images=MNIST[0], labels=MNIST[1])
    path.write_bytes(path.read_bytes()[:-1000])


WRITERS = [write_fewer_images, write_a_pickle, write_a_damaged_file]


@pytest.mark.filterwarnings("error")  # such as the warning that a file stays open
@pytest.mark.parametrize("write", WRITERS)
def test_a_file_that_is_not_mnist_is_named_and_replaced(
    nn, openml, folder, capsys, write
):
    path = folder / "mnist_784.npz"
    write(path)
    check_same(nn.load_mnist(), MNIST)
    assert f"{str(path)!a} cannot be read" in capsys.readouterr().out
    check_same(nn.load_mnist(), MNIST)
    assert len(openml.asked) == 1


def test_a_file_that_cannot_be_kept_costs_no_more_than_that(nn, openml, folder, capsys):
    (folder / "mnist_784.npz").mkdir()  # a folder stands where the file should be
    check_same(nn.load_mnist(), MNIST)
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
    urllib.error.URLError(ConnectionRefusedError(111, "Verbindung verweigert \u00e9")),
    http.client.BadStatusLine("<html>"),
    TimeoutError("timed out"),
    ValueError("md5 checksum does not match"),
]


@pytest.mark.parametrize("error", ERRORS, ids=repr)
def test_whatever_the_network_raises_the_small_digits_come(nn, openml, capsys, error):
    openml.answer = error
    socket.setdefaulttimeout(123)
    try:
        check_same(nn.load_mnist(), nn.small_digits())
        assert socket.getdefaulttimeout() == 123  # put back
    finally:
        socket.setdefaulttimeout(None)
    out = capsys.readouterr().out
    assert f"MNIST cannot be fetched now: {type(error).__name__}" in out
    assert out.isascii()


def test_ctrl_c_while_waiting_for_the_server_ends_the_run(nn, openml):
    openml.answer = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        nn.load_mnist()


def test_the_small_digits_are_scikit_learns_three_times_as_large(nn, digits):
    images, labels = nn.small_digits()
    original = sklearn.datasets.load_digits()
    large = original.images.repeat(3, axis=1).repeat(3, axis=2) / 16
    expected = np.pad(large, [(0, 0), (2, 2), (2, 2)]).reshape(-1, 784)
    assert (labels == original.target).all()  # in their own order
    np.testing.assert_allclose(images / 255, expected, atol=1 / 255)
    assert [len(X) for X, _ in digits] == [1155, 385, 257]
    assert (digits[2][1].argmax(axis=1) == labels[1540:]).all()
