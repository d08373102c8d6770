"""What the tests share: the script as a module, its data offline, its own process."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = ROOT / "mnist_nn.py"
sys.path.insert(0, str(ROOT))

import mnist_nn

DEAD_END = "http://127.0.0.1:9"  # nobody listens there: no network, at once


@pytest.fixture(autouse=True)
def nowhere(monkeypatch, tmp_path):
    """Keep every test off the network and out of the user's own data folder."""
    monkeypatch.setenv("SCIKIT_LEARN_DATA", str(tmp_path / "data"))
    for name in ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, DEAD_END)
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("time.sleep", lambda seconds: None)  # between the tries


@pytest.fixture
def nn(monkeypatch):
    """The script, imported, its globals put back after the test."""
    before = dict(vars(mnist_nn))
    yield mnist_nn
    vars(mnist_nn).clear()
    vars(mnist_nn).update(before)


@pytest.fixture
def digits(nn):
    """The stand-in digits, split: ((X_train, Y_train), (X_val, ...), (X_test, ...))."""
    table = nn.stand_in_digits()
    return nn.split(*nn.prepare(table[:, :784], table[:, 784]))


@pytest.fixture
def shown(recwarn):
    """Call it for the warnings so far that Python would show on the screen."""
    hidden = (DeprecationWarning, PendingDeprecationWarning, ImportWarning)
    return lambda: [w for w in recwarn if not issubclass(w.category, hidden)]


@pytest.fixture
def rng():
    return np.random.default_rng(42)


def edited(folder, *changes, **settings):
    """Write a copy of the script with other settings, as a reader would edit it.

    Args:
        changes: (old, new) pairs of any text, to hold the script up somewhere
    """
    text = SCRIPT.read_text(encoding="utf-8")
    for name, value in settings.items():
        text, n = re.subn(rf"(?m)^{name} = [^#\n]*", f"{name} = {value}  ", text)
        assert n == 1, f"{name} is set {n} times in the script"
    for old, new in (("n_retries=1", "n_retries=1, delay=0.01"), *changes):
        assert text.count(old) == 1, f"{old!r} is not in the script once"
        text = text.replace(old, new)
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "mnist_nn.py"
    path.write_text(text, encoding="utf-8")
    return path


def environment(folder, **more):
    """Return the environment of a computer without network and with an empty home."""
    env = {k: v for k, v in os.environ.items() if k.lower() != "no_proxy"}
    env.update(HOME=str(folder), SCIKIT_LEARN_DATA=str(folder / "data"))
    env.update(https_proxy=DEAD_END, http_proxy=DEAD_END, PYTHONUNBUFFERED="1")
    env.update(HTTPS_PROXY=DEAD_END, HTTP_PROXY=DEAD_END)
    env.update(more)
    return env


def start(folder, *arguments, env=None, **options):
    """Start Python as its user does; return the process, its output in two pipes."""
    folder.mkdir(parents=True, exist_ok=True)
    if os.name == "posix":  # Ctrl-C may be ignored here, in the background
        options["preexec_fn"] = lambda: signal.signal(signal.SIGINT, signal.SIG_DFL)
    return subprocess.Popen(
        [sys.executable, *map(str, arguments)],
        env=env or environment(folder),
        cwd=options.pop("cwd", folder),
        stdin=options.pop("stdin", subprocess.DEVNULL),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        **options,
    )
