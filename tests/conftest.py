"""Fixtures: the script as a module and as a run, some digits, and no network."""

import importlib
import os
import runpy
import sys
import time
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as in a run, before NumPy comes

import numpy as np
import pytest
from helpers import text_with

import mnist_nn


def pytest_configure(config):
    config.addinivalue_line("filterwarnings", "ignore:A network error")  # expected


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    """Give each test an empty data folder of its own, and no network."""
    urllib.request.install_opener(None)  # it would remember the proxy used before
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:9")  # where nobody listens
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setattr(time, "sleep", lambda seconds: None)  # before it tries again
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


@pytest.fixture(scope="session")
def digits():
    """Return the small digits as training, validation and test set, pairs X, Y."""
    return mnist_nn.split(*mnist_nn.small_digits())


@pytest.fixture
def nn():
    """Return the script, freshly imported: a test may change what is in it."""
    sys.modules.pop("mnist_nn", None)
    return importlib.import_module("mnist_nn")


@pytest.fixture
def run(tmp_path, capsys):
    """Return a function that runs the file as its user does, perhaps edited before.

    It returns the names that the run leaves behind, and what the run printed.
    """

    def run(edits=(), **settings):
        text = text_with(**settings)
        for old, new in dict(edits).items():
            assert text.count(old) == 1
            text = text.replace(old, new)
        path = tmp_path / "mnist_nn.py"
        path.write_text(text, encoding="utf-8")
        names = runpy.run_path(str(path), run_name="__main__")
        return names, capsys.readouterr().out

    return run


@pytest.fixture
def rng():
    return np.random.default_rng(42)
