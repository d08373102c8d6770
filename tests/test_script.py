"""The script as its user meets it: run, imported, edited and interrupted."""

import os
import re
import signal
import subprocess
import sys

import numpy as np
import pytest
from conftest import ROOT, SCRIPT, figures


def start(*arguments, **options):
    """Start Python, and return the process."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # in case it was ignored
    options |= dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    return subprocess.Popen([sys.executable, *arguments], text=True, **options)


@pytest.fixture(scope="module")
def shipped(tmp_path_factory):
    """What python -i prints: in another folder, offline, with ASCII for a terminal."""
    folder = tmp_path_factory.mktemp("elsewhere")
    env = os.environ | {"SCIKIT_LEARN_DATA": str(folder), "PYTHONIOENCODING": "ascii"}
    process = start("-i", SCRIPT, cwd=folder, env=env)
    out, err = process.communicate("print(W1.shape, b1.shape, W2.shape, b2.shape)\n")
    assert set(err) <= set("> \n")  # the prompt of Python and nothing else
    return out


def epochs(output):
    """Return loss and accuracy from each line of training."""
    return re.findall(r"(?m)^ +\d+ .* ([\d.]+) +([\d.]+)% +[\d.]+$", output)


def test_offline_it_learns_the_small_digits_and_says_so(nn, digits, shipped):
    steps = re.split(r"(?m)^Step \d", shipped)
    assert len(steps) == 6
    nn.initialize_weights()
    assert f"{nn.evaluate(*digits[1])[1]:.1%}" in steps[2]  # before training
    assert float(re.search(r"\de-\d+", steps[3]).group()) < 1e-6  # the gradient check
    assert len(epochs(steps[4])) == 40
    assert epochs(steps[4])[-1] == figures(steps[5], "validation")[1:]
    images, _, accuracy = figures(steps[5], "test")
    assert int(images) == len(digits[2][0])
    assert float(accuracy) >= 85
    assert "NOT for MNIST" in steps[5]
    assert steps[5].rstrip().endswith("(784, 64) (64,) (64, 10) (10,)")  # as we asked
    lines = [line for line in shipped.splitlines() if "Error(" not in line]
    assert max(map(len, lines)) <= 80  # of those that do not quote an error


def test_the_cells_run_one_after_another_as_in_a_notebook(capsys):
    notebook = {"__name__": "__main__"}
    for cell in re.split(r"(?m)^# %%.*$", SCRIPT.read_text(encoding="utf-8")):
        exec(cell, notebook)  # noqa: S102
    assert notebook["W1"].shape == (784, 64)
    assert "NOT for MNIST" in capsys.readouterr().out


BAD = {"HIDDEN_UNITS": [0, 64.0], "EPOCHS": [-1, "ten"], "BATCH_SIZE": [0, 1.5]}
BAD |= {"LEARNING_RATE": [-1, "2.0"], "FINAL_LEARNING_RATE": [-0.1, None]}
BAD |= {"MAX_SHIFT": [-1, 0.5], "SEED": [-1, 1.5]}


@pytest.mark.parametrize(("name", "value"), [(n, v) for n in BAD for v in BAD[n]])
def test_a_bad_setting_is_named_before_anything_slow(nn, name, value):
    nn.load_mnist = pytest.fail
    setattr(nn, name, value)
    with pytest.raises(SystemExit, match=f"^{name} "):
        nn.main()


def test_a_bad_setting_ends_the_program_with_one_sentence():
    code = "import mnist_nn as nn; nn.BATCH_SIZE = 0; nn.start()"
    process = start("-c", code, cwd=ROOT)
    out, err = process.communicate(timeout=100)
    assert (process.returncode, out) == (1, "")
    assert re.fullmatch(r"BATCH_SIZE .+\n", err)


SMALL = {"HIDDEN_UNITS": 1, "EPOCHS": 1, "BATCH_SIZE": 1, "LEARNING_RATE": 0}
LARGE = {"BATCH_SIZE": 10**9, "EPOCHS": 2, "FINAL_LEARNING_RATE": 5, "SEED": 10**9}
OTHER = [{"EPOCHS": 0}, {"MAX_SHIFT": 0}, {"MAX_SHIFT": 4}]


@pytest.mark.parametrize("settings", [SMALL, LARGE, *OTHER])
def test_imported_it_waits_for_settings_and_main_can_be_repeated(nn, capsys, settings):
    assert capsys.readouterr().out == ""
    vars(nn).update(settings)
    nn.main()
    first = epochs(capsys.readouterr().out)
    nn.main()
    assert epochs(capsys.readouterr().out) == first
    assert len(first) == nn.EPOCHS
    assert nn.W1.shape == (784, nn.HIDDEN_UNITS)


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
def test_ctrl_c_in_training_keeps_what_was_learned_and_goes_on_to_step_5():
    code = "import mnist_nn as nn; nn.EPOCHS = 10**6; nn.start()"
    process = start("-c", code, cwd=ROOT)
    for line in process.stdout:
        if line.startswith("   20 "):
            break
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=100)
    assert (process.returncode, err) == (0, "")
    assert float(figures(out, "validation")[2]) > 60


@pytest.mark.skipif(os.name != "posix", reason="sends a POSIX signal")
def test_ctrl_c_outside_training_ends_the_program_with_one_word(folder, silent_server):
    process = start(SCRIPT)
    silent_server.settimeout(100)
    connection, _ = silent_server.accept()
    connection.recv(1)  # it has asked, and now waits for the answer
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=100)
    connection.close()
    assert process.returncode == 1
    assert SCRIPT.name not in err  # no traceback of ours
    assert len(err.splitlines()[-1].split()) == 1
