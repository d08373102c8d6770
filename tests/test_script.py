"""The script as its user meets it: run, imported, edited, in cells and interrupted."""

import os
import re
import signal
import subprocess
import sys
import traceback

import numpy as np
import pytest
from helpers import (
    NAMES,
    ROOT,
    SCRIPT,
    epochs,
    figures,
    numbered_images,
    numbers_of,
    steps,
    text_with,
)
from sklearn.metrics import confusion_matrix


def child(*arguments, **options):
    """Start Python with these arguments, and return the process."""
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    return subprocess.Popen([sys.executable, *arguments], text=True, **pipes, **options)


def test_offline_it_learns_the_small_digits_and_says_so(tmp_path):
    """Started by python -i in another folder, with a terminal that knows only ASCII."""
    env = os.environ | {"PYTHONIOENCODING": "ascii"}
    process = child("-i", SCRIPT, cwd=tmp_path, env=env)
    out, err = process.communicate("print(W1.shape, b1.shape)\n", timeout=100)
    assert "Traceback" not in err
    parts = steps(out)
    assert "MNIST cannot be fetched now: URLError" in parts[1]  # our call was right
    assert [row[0] for row in epochs(parts[4])] == list(range(1, 41))
    assert epochs(parts[4])[-1][3:] == figures(parts[5], "validation")[1:]
    images, _, accuracy = figures(parts[5], "test")
    assert images == 257
    assert 85 <= accuracy <= 97  # other writers: they are harder
    assert "NOT for MNIST" in parts[5]
    assert out.rstrip().endswith("(784, 64) (64,)")  # as we asked at the prompt
    lines = [line for line in out.splitlines() if "Error" not in line]
    assert max(map(len, lines)) <= 80  # of those that do not quote an error
    assert os.listdir(tmp_path) == ["data"]  # it writes there and nowhere else


def test_what_the_steps_print_is_so(nn, run, capsys):
    names, output = run(EPOCHS=0)
    X, Y, X_val, Y_val = [
        names[name] for name in ("X_train", "Y_train", "X_val", "Y_val")
    ]
    nn.draw(X[:1])
    assert capsys.readouterr().out + str(Y[0]) in output
    assert str(X.shape) in output
    parts = steps(output)
    probabilities = [float(p) for p in re.findall(r"0\.\d\d?", parts[2])[:10]]
    assert probabilities == pytest.approx(list(nn.forward(X[:1])[1][0]), abs=0.0051)
    loss, accuracy = nn.evaluate(X_val, Y_val)
    assert f"Loss {nn.evaluate(X[:1], Y[:1])[0]:.2f}" in parts[2]
    assert f"loss {loss:.2f}, accuracy {accuracy:.1%}" in parts[2]

    names, output = run(EPOCHS=5)
    nn.W1, nn.b1, nn.W2, nn.b2 = [names[name] for name in NAMES]
    report = steps(output)[5]
    test = names["X_test"], names["Y_test"]
    for name, X, Y in (("test", *test), ("validation", X_val, Y_val)):
        loss, accuracy = nn.evaluate(X, Y)
        expected = len(X), loss, 100 * accuracy
        assert figures(report, name) == pytest.approx(expected, abs=0.00501)
    Y_hat = nn.forward(X)[1]
    truth, answer = Y.argmax(axis=1), Y_hat.argmax(axis=1)
    table = re.findall(r"(?m)^ ?\[+((?: *\d+){10})\]+$", report)
    counts = [[int(count) for count in row.split()] for row in table]
    assert counts == confusion_matrix(truth, answer, labels=range(10)).tolist()
    losses = [nn.cross_entropy(Y[r : r + 1], Y_hat[r : r + 1]) for r in range(len(X))]
    hardest = np.argsort(losses)[:-4:-1]
    for r in hardest:
        sure = f"{Y_hat[r].max():.0%} sure"
        assert f"a {truth[r]}, read as {answer[r]}: {sure}" in report
    nn.draw(X[hardest])
    assert capsys.readouterr().out in report


def test_on_mnist_it_says_nothing_of_small_digits(run, folder):
    """Here the 'MNIST' is so simple that all is learned: 16 equal pixels are a digit."""
    images, labels = numbered_images()
    for digit in range(10):
        images[labels == digit, 100 + 60 * digit : 116 + 60 * digit] = 255
    np.savez(folder / "mnist_784.npz", images=images, labels=labels)
    names, output = run(EPOCHS=1, MAX_SHIFT=0)
    assert figures(output, "test")[::2] == (10_000, 100)
    assert "NOT" not in output
    assert numbers_of(names["X_test"]).tolist() == list(range(60_000, 70_000))


def cells():
    """Return the code cells of the script."""
    parts = re.split(r"(?m)^# %%(.*)$", text_with(EPOCHS=2))
    return [code for kind, code in zip(parts[1::2], parts[2::2]) if not kind]


def test_each_step_prints_in_its_own_cell_and_any_cell_may_run_twice(capsys):
    once, twice = {"__name__": "__main__"}, {"__name__": "__main__"}
    printed = []
    for cell in cells():
        for names in (once, twice, twice):
            exec(cell, names)  # noqa: S102
        printed.append(capsys.readouterr().out)
    assert [bool(text) for text in printed].count(True) == 5
    # Step 3 makes an update, and a second one when it runs again; training starts anew.
    assert (once["W1"] == twice["W1"]).all()
    for cell in cells()[:6]:  # run again after training: the three sets stay the same
        exec(cell, twice)  # noqa: S102
    assert (once["X_val"] == twice["X_val"]).all()


BAD = [("HIDDEN_UNITS", 0), ("HIDDEN_UNITS", 64.5), ("EPOCHS", -1), ("EPOCHS", "ten")]
BAD += [("BATCH_SIZE", 0), ("BATCH_SIZE", 1.5), ("LEARNING_RATE", "2"), ("SEED", 1.5)]
BAD += [("FINAL_LEARNING_RATE", None), ("MAX_SHIFT", -1), ("SEED", -1)]


@pytest.mark.parametrize(("name", "value"), BAD)
def test_a_bad_setting_ends_the_run_in_a_line_that_names_it(run, name, value):
    with pytest.raises((ValueError, TypeError, ZeroDivisionError)) as error:
        run(**{name: value})
    lines = [frame.line for frame in traceback.extract_tb(error.tb)]
    assert any(name in line for line in lines)


MANNERS = """
import os, socket, sys, warnings
import numpy
def state():
    filters, errors = list(warnings.filters), numpy.geterr()
    return filters, errors, socket.getdefaulttimeout(), dict(os.environ)
before = state()
import mnist_nn
images, labels = numpy.ones((70, 784), numpy.uint8), numpy.arange(70) % 10
train, val, test = mnist_nn.split(images, labels)
mnist_nn.check_gradient(*test)
mnist_nn.update(*train, 1.0)
mnist_nn.sigmoid(numpy.array([-1e9]))
assert state() == before
assert "X_train" not in vars(mnist_nn)
assert "sklearn" not in sys.modules
"""


def test_imported_it_prints_trains_and_changes_nothing():
    env = {k: v for k, v in os.environ.items() if k != "OPENBLAS_NUM_THREADS"}
    process = child("-W", "error", "-c", MANNERS, cwd=ROOT, env=env)
    assert process.communicate(timeout=100) == ("", "")
    assert process.returncode == 0


def test_a_drawing_shows_ink_where_ink_is(nn, capsys):
    """A character is two pixels high. Of 28 columns, the inner 26 are drawn."""
    X = np.zeros((2, 28, 28))
    X[0, 4:6, 10] = 1
    X[1, 20:22, 3:6] = [[0.3, 0, 1], [0, 0.6, 1]]
    nn.draw(X.reshape(2, 784))
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert [i for i, line in enumerate(lines) if line] == [2, 10]
    assert lines[2] == " " * 9 + "@"
    assert lines[10] == " " * (26 + 2) + ".:@"  # beside the first image


@pytest.mark.skipif(os.name != "posix", reason="sends a POSIX signal")
def test_ctrl_c_in_training_keeps_what_was_learned_and_goes_on_to_step_5(tmp_path):
    path = tmp_path / "mnist_nn.py"
    path.write_text(text_with(EPOCHS=10**6), encoding="utf-8")
    listens = signal.signal(signal.SIGINT, signal.default_int_handler)  # if ignored
    process = child(path)
    signal.signal(signal.SIGINT, listens)
    try:
        for line in process.stdout:
            if line.startswith("    5 "):
                break
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=100)
    finally:
        process.kill()
    assert process.returncode == 0
    assert "Traceback" not in err
    assert "Training ended early" in out
    assert figures(out, "validation")[2] > 60


def test_another_exception_in_training_is_not_swallowed(run):
    with pytest.raises(MemoryError):
        run({"return np.roll(": "raise MemoryError; return np.roll("}, EPOCHS=1)
