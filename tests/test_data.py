"""MNIST arrives unharmed, or small digits take its place, whatever goes wrong."""

import gzip
import hashlib
import json
import re
import shutil
import socket
import urllib.error
from unittest.mock import Mock

import numpy as np
import pytest
from sklearn.datasets import load_digits


@pytest.fixture
def mnist(folder):
    """Lay 20 images into the data folder, so that the real fetch_openml finds them."""
    rng = np.random.default_rng(0)
    images = rng.integers(0, 256, (20, 784)).astype(np.uint8)
    labels = rng.permutation(np.arange(20) % 10).astype(np.uint8)
    names = [f"pixel{i}" for i in range(1, 785)]
    lines = ["@RELATION mnist_784", *[f"@ATTRIBUTE {name} real" for name in names]]
    lines += ["@ATTRIBUTE class {0,1,2,3,4,5,6,7,8,9}", "@DATA"]
    lines += [",".join(map(str, row)) for row in np.column_stack([images, labels])]
    arff = "\n".join(lines).encode()

    column = {"data_type": "numeric", "number_of_missing_values": "0"}
    column |= dict.fromkeys(("is_target", "is_ignore", "is_row_identifier"), "false")
    columns = [column | {"index": str(i), "name": names[i]} for i in range(784)]
    target = {"index": "784", "name": "class", "is_target": "true"}
    target |= {"data_type": "nominal", "nominal_value": list("0123456789")}
    about = {"format": "ARFF", "status": "active", "description": "20 random images"}
    about |= {"url": "https://api.openml.org/data/v1/download/52667", "file_id": 52667}
    about |= {"md5_checksum": hashlib.md5(arff).hexdigest()}
    search = "list/data_name/mnist_784/limit/2/data_version/1"
    answers = {
        search: {"data": {"dataset": [{"did": 554}]}},
        "554": {"data_set_description": about},
        "features/554": {"data_features": {"feature": [*columns, column | target]}},
        "qualities/554": {"data_qualities": {"quality": []}},
    }
    files = {"data/v1/download/52667": arff}
    for name, answer in answers.items():
        files[f"api/v1/json/data/{name}"] = json.dumps(answer).encode()
    for name, content in files.items():
        path = folder / "openml" / "openml.org" / f"{name}.gz"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(content))
    return images, labels


def check_mnist(loaded, mnist):
    for array, expected in zip(loaded, mnist):
        assert array.dtype == np.uint8
        np.testing.assert_array_equal(array, expected)


def check_small_digits(loaded, capsys):
    """They have come instead, and the output says so and why, in ASCII."""
    assert loaded[0].shape == (1797, 784)
    out = capsys.readouterr().out
    assert "1,797" in out
    assert re.search(r"\w+Error", out)
    assert out.isascii()


def test_mnist_comes_out_right_and_the_second_run_needs_no_download(nn, mnist, folder):
    for _ in range(2):
        images, labels = nn.load_mnist()
        check_mnist((images, labels), mnist)
        assert images.flags.c_contiguous  # each image in one piece
        shutil.rmtree(folder / "openml", ignore_errors=True)


DAMAGES = {
    "empty": lambda good: b"",
    "half": lambda good: good[: len(good) // 2],
    "a bit changed": lambda good: good[:5000] + bytes([good[5000] ^ 1]) + good[5001:],
    "other names": lambda good: good.replace(b"images", b"pixels"),
    "something else": lambda good: b"<html>" * 1000,
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_copy_is_ignored_and_made_again(nn, mnist, folder, damage):
    nn.load_mnist()
    (copy,) = folder.glob("*.npz")
    good = copy.read_bytes()
    copy.write_bytes(damage(good))
    check_mnist(nn.load_mnist(), mnist)
    assert copy.read_bytes() == good


def test_a_copy_that_cannot_be_kept_costs_no_more_than_that(nn, mnist, folder, capsys):
    (folder / "mnist_784.npz").mkdir()  # a folder stands where the copy should be
    check_mnist(nn.load_mnist(), mnist)
    assert re.search(r"\w+Error", capsys.readouterr().out)


def test_where_no_data_folder_can_be_made(nn, tmp_path, monkeypatch, capsys):
    (tmp_path / "file").write_text("no folder can be made in a file")
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "file" / "data"))
    check_small_digits(nn.load_mnist(), capsys)


NOT_FOUND = urllib.error.HTTPError("https://openml.org", 404, "Not Found", {}, None)
ERRORS = [NOT_FOUND, TimeoutError(), EOFError("Caf\u00e9"), ValueError(), KeyError()]
ERRORS += [MemoryError()]


@pytest.mark.parametrize("error", ERRORS, ids=repr)
def test_after_an_error_mnist_comes_the_next_time(nn, mnist, capsys, error):
    fetch_openml, nn.fetch_openml = nn.fetch_openml, Mock(side_effect=error)
    check_small_digits(nn.load_mnist(), capsys)
    nn.fetch_openml = fetch_openml
    check_mnist(nn.load_mnist(), mnist)


def test_a_silent_server_is_given_up(nn, folder, silent_server, monkeypatch, capsys):
    """After about a minute. We allow it a tenth of a second each time, and count."""
    socket.setdefaulttimeout(0.1)
    seconds = []
    with monkeypatch.context() as patch:
        patch.setattr(socket, "setdefaulttimeout", seconds.append)
        check_small_digits(nn.load_mnist(), capsys)
    silent_server.settimeout(0.1)
    with pytest.raises(TimeoutError):
        for calls in range(1, 1000):
            silent_server.accept()[0].close()
            assert calls * seconds[0] <= 70


def test_the_small_digits_are_scikit_learns_three_times_as_large(nn):
    images, labels = nn.small_digits()
    original = load_digits()
    large = original.images.repeat(3, axis=1).repeat(3, axis=2) / 16
    expected = np.pad(large, [(0, 0), (2, 2), (2, 2)]).reshape(-1, 784)
    assert images.dtype == labels.dtype == np.uint8
    assert (labels == original.target).all()  # in their own order
    np.testing.assert_allclose(images / 255, expected, atol=1 / 255)
