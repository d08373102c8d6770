"""The script as its user meets it: run, imported, edited, in cells and interrupted."""

import os
import re
import signal
import subprocess
import sys

import numpy as np
import pytest
from helpers import (
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

pytestmark = pytest.mark.filterwarnings("ignore:A network error")


def start(*arguments, **options):
    """Start Python, and return the process."""
    options |= dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    return subprocess.Popen([sys.executable, *arguments], text=True, **options)


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    """What python -i prints: in another folder, offline, with ASCII for a terminal."""
    folder = tmp_path_factory.mktemp("elsewhere")
    env = os.environ | {"SCIKIT_LEARN_DATA": str(folder), "PYTHONIOENCODING": "ascii"}
    env |= {"https_proxy": "http://127.0.0.1:9", "no_proxy": ""}
    process = start("-i", SCRIPT, cwd=folder, env=env)
    out, err = process.communicate("print(W1.shape, b1.shape, W2.shape, b2.shape)\n")
    assert "Traceback" not in err
    return out


def test_offline_it_learns_the_small_digits_and_says_so(shipped):
    parts = steps(shipped)
    assert "MNIST is not available now" in parts[1]
    assert [row[0] for row in epochs(parts[4])] == list(range(1, 41))
    assert epochs(parts[4])[-1][3:] == figures(parts[5], "validation")[1:]
    images, _, accuracy = figures(parts[5], "test")
    assert images == 257
    assert 85 <= accuracy <= 97  # other writers: they are harder
    assert "NOT for MNIST" in parts[5]
    assert shipped.rstrip().endswith("(784, 64) (64,) (64, 10) (10,)")  # as we asked
    lines = [line for line in shipped.splitlines() if "Error" not in line]
    assert max(map(len, lines)) <= 80  # of those that do not quote an error


def test_steps_1_and_2_show_the_first_image_its_label_and_ten_guesses(nn, run, capsys):
    names, output = run(EPOCHS=0)
    X, Y = names["X_train"], names["Y_train"]
    nn.draw(X[:1])
    assert capsys.readouterr().out + str(Y[0]) in output
    assert str(X.shape) in output
    nn.initialize_weights()
    parts = steps(output)
    probabilities = [float(p) for p in re.findall(r"0\.\d\d?", parts[2])[:10]]
    assert probabilities == pytest.approx(list(nn.forward(X[:1])[1][0]), abs=0.0051)
    for loss in (nn.evaluate(X[:1], Y[:1])[0], nn.evaluate(*names_of(names, "val"))[0]):
        assert f"{loss:.2f}" in parts[2]


def names_of(names, part):
    """Return the images and labels of a part of the data that a run leaves behind."""
    return names[f"X_{part}"], names[f"Y_{part}"]


def test_step_3_compares_what_backward_predicts_with_what_is_measured(run):
    _, output = run(EPOCHS=0)
    line = r"(?m)^([Wb][12]) +(-?\d\.\d+) +(-?\d\.\d+) +(.*equal)$"
    rows = re.findall(line, steps(output)[3])
    assert [name for name, *_ in rows] == ["W1", "b1", "W2", "b2"]
    for _, predicted, measured, verdict in rows:
        assert float(predicted) == pytest.approx(float(measured), abs=2e-8)
        assert float(predicted) != 0
        assert verdict == "equal"
    should, *_, does = re.findall(r"\d\.\d{5}", steps(output)[3])[-4:]
    assert float(does) == pytest.approx(float(should), rel=0.05)


BROKEN = {
    "dW2 of the wrong sign": ("dW2 = A1.T", "dW2 = -A1.T", "W2"),
    "db2 without its axis": ("dZ2.sum(axis=0)", "dZ2.sum()", "b2"),
    "db1 a mean": ("dZ1.sum(axis=0)", "dZ1.mean(axis=0)", "b1"),
    "n the size of a mini-batch": ("/ len(X)  #", "/ BATCH_SIZE  #", "W1 b1 W2 b2"),
    "sigmoid's derivative forgotten": ("dA1 * A1 * (1 - A1)", "dA1", "W1 b1"),
}


@pytest.mark.parametrize(("old", "new", "arrays"), BROKEN.values(), ids=BROKEN)
def test_step_3_names_the_arrays_that_a_mistake_in_backward_spoils(
    run, monkeypatch, old, new, arrays
):
    assert text_with().count(old) == 1
    monkeypatch.setattr(
        "conftest.text_with", lambda **s: text_with(**s).replace(old, new)
    )
    _, output = run(EPOCHS=0)
    assert re.findall(r"(?m)^(..) .* NOT equal$", output) == arrays.split()


def test_step_5_reports_the_truth(nn, run, capsys):
    names, output = run(EPOCHS=5)
    nn.W1, nn.b1, nn.W2, nn.b2 = [names[name] for name in ("W1", "b1", "W2", "b2")]
    report = steps(output)[5]
    for part, name in (("val", "validation"), ("test", "test")):
        X, Y = names_of(names, part)
        loss, accuracy = nn.evaluate(X, Y)
        expected = len(X), round(loss, 4), round(100 * accuracy, 2)
        assert figures(report, name) == pytest.approx(expected, abs=1e-9)

    X, Y = names_of(names, "test")
    Y_hat = nn.forward(X)[1]
    true, answer = Y.argmax(axis=1), Y_hat.argmax(axis=1)
    table = re.findall(r"(?m)^ ?\[+((?: *\d+){10})\]+$", report)
    counts = [[int(count) for count in row.split()] for row in table]
    assert counts == confusion_matrix(true, answer, labels=range(10)).tolist()
    heading = r"row (\d), column (\d) .* the (\d)s taken for (\d)s"
    row, column, label, taken_for = re.search(heading, report).groups()
    assert (row, column) == (label, taken_for)

    losses = [nn.cross_entropy(Y[i : i + 1], Y_hat[i : i + 1]) for i in range(len(X))]
    worst = np.argsort(losses)[:-4:-1]
    for i in worst:
        assert f"{true[i]} taken for {answer[i]}: {Y_hat[i].max():.1%} sure" in report
    nn.draw(X[worst])
    assert capsys.readouterr().out in report
    assert f" {(true != answer).sum()} " in report


def test_on_mnist_it_says_nothing_of_small_digits_and_no_mistakes_do_no_harm(
    nn, run, folder
):
    """Here the 'MNIST' is so simple that all is learned: 16 equal pixels are a digit."""
    images, labels = numbered_images()
    for digit in range(10):
        images[labels == digit, 100 + 60 * digit : 116 + 60 * digit] = 255
    np.savez(folder / "mnist_784.npz", images=images, labels=labels)
    names, output = run(EPOCHS=1, MAX_SHIFT=0)
    assert figures(output, "test")[::2] == (10_000, 100)
    assert "NOT" not in output
    assert numbers_of(names["X_test"]).tolist() == list(range(60_000, 70_000))
    assert np.sort(numbers_of(names["X_train"])).max() < 60_000


def cells():
    """Return the code cells of the script."""
    parts = re.split(r"(?m)^# %%(.*)$", text_with(EPOCHS=2))
    return [code for kind, code in zip(parts[1::2], parts[2::2]) if not kind]


def test_each_step_prints_in_its_own_cell_and_any_cell_may_run_twice(capsys):
    once, twice = {"__name__": "__main__"}, {"__name__": "__main__"}
    printed = []
    for cell in cells():
        exec(cell, once)  # noqa: S102
        printed.append(capsys.readouterr().out)
        exec(cell, twice)  # noqa: S102
        exec(cell, twice)  # noqa: S102
        capsys.readouterr()
    assert [bool(text) for text in printed].count(True) == 5
    assert (once["X_train"] == twice["X_train"]).all()
    # Step 3 makes an update, and a second one when it runs again; training starts anew.
    assert (once["W1"] == twice["W1"]).all()
    for cell in cells()[:3]:  # run again after training: the three sets stay the same
        exec(cell, twice)  # noqa: S102
    assert (once["X_val"] == twice["X_val"]).all()


BAD = {"HIDDEN_UNITS": [0, 64.0], "EPOCHS": [-1, "ten"], "BATCH_SIZE": [0, 1.5]}
BAD |= {"LEARNING_RATE": [-1, "2.0", np.inf], "FINAL_LEARNING_RATE": [-0.1, None]}
BAD |= {"MAX_SHIFT": [-1, 0.5], "SEED": [-1, 1.5]}


@pytest.mark.parametrize(("name", "value"), [(n, v) for n in BAD for v in BAD[n]])
def test_a_bad_setting_is_named(nn, name, value):
    setattr(nn, name, value)
    with pytest.raises(ValueError, match=f"^{name} = "):
        nn.check_settings()


def test_a_bad_setting_ends_the_run_before_anything_slow(tmp_path):
    path = tmp_path / "mnist_nn.py"
    path.write_text(text_with(BATCH_SIZE=0), encoding="utf-8")
    out, err = start(path).communicate(timeout=100)
    assert "Fetching" not in out
    assert re.search("BATCH_SIZE = 0", err.splitlines()[-1])


GOOD = [{"HIDDEN_UNITS": 1, "EPOCHS": 1, "BATCH_SIZE": 1, "LEARNING_RATE": 0}]
GOOD += [{"BATCH_SIZE": 10**9, "EPOCHS": 2, "FINAL_LEARNING_RATE": 5, "SEED": 10**9}]
GOOD += [{"EPOCHS": 0}, {"MAX_SHIFT": 0, "EPOCHS": 1}, {"MAX_SHIFT": 4, "EPOCHS": 1}]


@pytest.mark.parametrize("settings", GOOD)
def test_other_settings_work(run, settings):
    names, output = run(**settings)
    assert len(epochs(output)) == names["EPOCHS"]
    assert names["W1"].shape == (784, names["HIDDEN_UNITS"])
    assert "NOT equal" not in output


MANNERS = """
import os, socket, sys, warnings
import numpy
def state():
    filters, errors = list(warnings.filters), numpy.geterr()
    return filters, errors, socket.getdefaulttimeout(), dict(os.environ)
before = state()
import mnist_nn
assert state() == before
images, labels = numpy.ones((70, 784), numpy.uint8), numpy.arange(70) % 10
train, val, test = mnist_nn.split(images, labels)
mnist_nn.initialize_weights()
mnist_nn.check_gradient(*test)
mnist_nn.descend(*train, 1.0)
mnist_nn.sigmoid(numpy.array([-1e9]))
assert state() == before
assert "X_train" not in vars(mnist_nn)
"""


def test_imported_it_prints_trains_and_changes_nothing():
    process = start("-W", "error", "-c", MANNERS, cwd=ROOT)
    assert process.communicate(timeout=100) == ("", "")
    assert process.returncode == 0


def test_only_the_data_need_scikit_learn(folder):
    images, labels = numbered_images()
    np.savez(folder / "mnist_784.npz", images=images, labels=labels)
    code = "import sys; import mnist_nn; mnist_nn.load_mnist(); print('sklearn' in sys.modules)"
    assert start("-c", code, cwd=ROOT).communicate(timeout=100) == ("False\n", "")


def test_a_drawing_shows_ink_where_ink_is(nn, capsys):
    """A character is two pixels high. Of 28 columns, the inner 26 are drawn."""
    X = np.zeros((2, 28, 28))
    X[0, 4:6, 10] = 1
    X[1, 20:22, 3:6] = [[0.3, 0, 1], [0, 0.6, 1]]
    nn.draw(X.reshape(2, 784))
    lines = [line.rstrip() for line in capsys.readouterr().out.splitlines()]
    assert [i for i, line in enumerate(lines) if line] == [2, 10]
    assert lines[2] == " " * 9 + "@"
    shades = [" .:-=+*#%@".index(character) for character in lines[10].strip()]
    assert 0 < shades[0] < shades[1] < shades[2] == 9
    assert lines[10].index(lines[10].strip()) >= 26 + 2  # beside the first image


@pytest.mark.skipif(os.name != "posix", reason="sends a POSIX signal")
def test_ctrl_c_in_training_keeps_what_was_learned_and_goes_on_to_step_5(tmp_path):
    path = tmp_path / "mnist_nn.py"
    path.write_text(text_with(EPOCHS=10**6), encoding="utf-8")
    listens = signal.signal(signal.SIGINT, signal.default_int_handler)  # if ignored
    process = start(path)
    signal.signal(signal.SIGINT, listens)
    for line in process.stdout:
        if line.startswith("   20 "):
            break
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=100)
    assert process.returncode == 0
    assert "Traceback" not in err
    assert "Training ended early" in out
    assert figures(out, "validation")[2] > 60
