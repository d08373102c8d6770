"""Fixtures: the script as a module and as a run, some digits, and no network."""

import importlib
import os
import runpy
import socket
import sys
import threading
import time
import urllib.request

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as in a run, before NumPy comes

import numpy as np
import pytest
from helpers import text_with

import mnist_nn


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    """Each test has an empty data folder of its own, and no network."""
    urllib.request.install_opener(None)  # it would remember the proxy used before
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")  # where nobody listens
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setattr(time, "sleep", lambda seconds: None)  # before it tries again
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


@pytest.fixture
def server(monkeypatch):
    """Return a function that starts a server in place of the network.

    The server says the same words to every caller; to None it listens in silence.
    """
    sockets = []

    def start(words):
        listener = socket.create_server(("127.0.0.1", 0))
        sockets.append(listener)
        port = listener.getsockname()[1]
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{port}")
        threading.Thread(target=answer, args=(listener, words), daemon=True).start()
        return sockets

    def answer(listener, words):
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:  # the test is over
                return
            sockets.append(connection)
            if words is not None:
                connection.recv(10_000)
                connection.sendall(words)
                connection.close()

    yield start
    for each in sockets:
        each.close()


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
def run(tmp_path, capsys):
    """Return a function that runs the file, with other settings, as its user does.

    It returns the names that the run leaves behind, and what the run printed.
    """

    def run(**settings):
        path = tmp_path / "mnist_nn.py"
        path.write_text(text_with(**settings), encoding="utf-8")
        names = runpy.run_path(str(path), run_name="__main__")
        return names, capsys.readouterr().out

    return run


@pytest.fixture
def rng():
    return np.random.default_rng(42)
