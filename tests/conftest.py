"""What the tests share: the script as a module, some digits, and no network."""

import importlib
import os
import re
import socket
import sys
import urllib.request
from pathlib import Path

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # like the script, before NumPy is imported

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = ROOT / "mnist_nn.py"
sys.path.insert(0, str(ROOT))

import mnist_nn


@pytest.fixture(scope="session", autouse=True)
def offline(tmp_path_factory):
    """No test uses the network or your data folder. Theirs has small digits as MNIST."""
    folder = tmp_path_factory.mktemp("data")
    images, labels = mnist_nn.small_digits()
    np.savez(folder / "mnist_784.npz", images=images, labels=labels)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCIKIT_LEARN_DATA", str(folder))
        patch.setenv("https_proxy", "http://127.0.0.1:9")  # where nobody listens
        patch.setenv("no_proxy", "")
        yield


@pytest.fixture
def silent_server(monkeypatch):
    """A server in place of the network: it takes every call and never says a word."""
    urllib.request.install_opener(None)  # it would remember the proxy used before
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
        yield server
    socket.setdefaulttimeout(None)


@pytest.fixture
def folder(monkeypatch, tmp_path):
    """An empty data folder."""
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path))
    return tmp_path


@pytest.fixture(scope="session")
def digits():
    """The small digits, split: (X_train, Y_train), (X_val, Y_val), (X_test, Y_test)."""
    return mnist_nn.split(*mnist_nn.small_digits())


@pytest.fixture
def nn():
    """The script, freshly imported: a test may change its settings and functions."""
    sys.modules.pop("mnist_nn", None)
    return importlib.import_module("mnist_nn")


@pytest.fixture
def rng():
    return np.random.default_rng(42)


def weights(nn):
    """Return the four arrays that are learned."""
    return nn.W1, nn.b1, nn.W2, nn.b2


def figures(output, name):
    """Return number of images, loss and accuracy from a line of step 5."""
    return re.search(rf"(?m)^{name} +([\d,]+) +([\d.]+) +([\d.]+)%$", output).groups()
