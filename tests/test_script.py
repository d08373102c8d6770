"""The script as its user meets it: typed, edited, imported, piped and interrupted."""

import ast
import os
import re
import signal
import subprocess
import sys
from time import sleep  # the real one

import numpy as np
import pytest
from conftest import ROOT, SCRIPT, edited, environment, start

SETTINGS = (
    "HIDDEN_UNITS",
    "EPOCHS",
    "BATCH_SIZE",
    "LEARNING_RATE",
    "FINAL_LEARNING_RATE",
    "MAX_SHIFT",
    "SEED",
)
PLAY = b"print('shapes', W1.shape, b1.shape, W2.shape, b2.shape)\n"
CELLS = r"""
import re, sys
text = open(sys.argv[1], encoding="utf-8").read()
cells = re.split(r"(?m)^(?=# %%)", text)
namespace = {"__name__": "__main__"}
for cell in cells:
    exec(compile(cell, "cell", "exec"), namespace)
print("cells:", len(cells))
"""
OUTSIDE = """
import sys; sys.path.insert(0, sys.argv[1])
import mnist_nn
print("imported")
mnist_nn.EPOCHS = 1
mnist_nn.HIDDEN_UNITS = 3
mnist_nn.main()
print("outside", mnist_nn.W1.shape)
"""


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Start many processes at once; return {name: (exit status, output, errors)}."""
    home = tmp_path_factory.mktemp("runs")
    processes = {}

    def run(name, *arguments, typed=None, cwd=None, **env):
        folder = home / name.replace(" ", "_")
        env = environment(folder, OMP_NUM_THREADS="1", **env)
        folder.mkdir(exist_ok=True)
        processes[name] = start(
            folder, *arguments, env=env, stdin=subprocess.PIPE, cwd=cwd or folder
        )
        processes[name].typed = typed

    def with_settings(name, **settings):
        run(name, edited(home / name.replace(" ", "_"), **settings))

    run("as shipped", SCRIPT)
    run("latin-1", SCRIPT, cwd=ROOT, PYTHONIOENCODING="latin-1:strict", PYTHONUTF8="0")
    run("home of Jos\u00e9", SCRIPT, PYTHONIOENCODING="ascii:strict", PYTHONUTF8="0")
    run("interactive", "-i", SCRIPT, typed=PLAY)
    run("cells", "-c", CELLS, SCRIPT)
    run("outside", "-c", OUTSIDE, ROOT)
    hush = "-Wignore::DeprecationWarning"  # old packages on a newer Python
    run("warnings", "-X", "dev", "-W", "error", hush, SCRIPT)
    with_settings("rate 1e6", LEARNING_RATE="1e6")
    with_settings("bad setting", BATCH_SIZE="0")

    class Runs(dict):
        def __missing__(self, name):
            process = processes[name]
            out, err = process.communicate(process.typed, timeout=100)
            self[name] = (process.returncode, out.decode("latin-1"), err.decode())
            return self[name]

    yield Runs()
    for process in processes.values():
        process.kill()
        process.communicate()


def figures(output):
    """The output without what differs between runs: the seconds of each epoch."""
    return re.sub(r"(?m)^( *\d+ .*%) +\d+\.\d+$", r"\1", output)


def test_offline_it_learns_the_stand_in_and_says_so_at_both_ends(runs):
    status, out, err = runs["as shipped"]
    assert (status, err) == (0, "")
    steps = [out.index(f"Step {n}") for n in (1, 4, 5)] + [out.index("NOT figures")]
    assert steps == sorted(steps)
    assert "MNIST cannot be had now" in out[: steps[1]]
    assert "URLError" in out[: steps[1]]
    accuracy = re.search(r"(?m)^test +256 .* ([\d.]+)%$", out).group(1)
    assert float(accuracy) >= 95
    assert len(re.findall(r"(?m)^ +\d+ +\d\.\d{4} .*%", out)) == 40


@pytest.mark.parametrize("name", ["as shipped", "rate 1e6"])
def test_the_output_fits_any_terminal(runs, name):
    out = runs[name][1]
    assert out.isascii()
    assert max(map(len, out.splitlines())) <= 80
    assert not re.search(r"(?m) $", out)


@pytest.mark.parametrize("name", ["latin-1", "home of Jos\u00e9"])
def test_folder_and_encoding_do_not_matter_and_figures_repeat(runs, name):
    status, out, err = runs[name]
    assert (status, err) == (0, "")
    assert figures(out) == figures(runs["as shipped"][1])


def test_warnings_as_errors_change_nothing(runs):
    """Not even those that Python hides: no file is left open, for instance."""
    status, out, err = runs["warnings"]
    assert status == 0
    assert "Error" not in err
    assert figures(out) == figures(runs["as shipped"][1])


def test_the_interactive_prompt_has_the_trained_weights(runs):
    status, out, err = runs["interactive"]
    assert status == 0
    assert "shapes (784, 64) (64,) (64, 10) (10,)" in out
    assert "Traceback" not in err


def test_the_cells_run_one_after_the_other_as_in_a_notebook(runs):
    status, out, err = runs["cells"]
    assert (status, err) == (0, "")
    assert int(re.search(r"cells: (\d+)", out).group(1)) >= 7
    assert figures(out).startswith(figures(runs["as shipped"][1]))


def test_imported_it_only_waits_and_settings_from_outside_count(runs):
    status, out, err = runs["outside"]
    assert (status, err) == (0, "")
    assert out.startswith("imported\nStep 1")
    assert "outside (784, 3)" in out
    assert len(re.findall(r"(?m)^ +\d+ +\d\.\d{4} .*%", out)) == 1


def test_a_rate_far_too_high_ends_in_words(runs):
    """It may overflow or just get stuck: either way no warning and no traceback."""
    status, _, err = runs["rate 1e6"]
    if status == 0:
        assert err == ""
    else:
        assert status == 1
        assert err.count("\n") == 1
        assert "Lower LEARNING_RATE" in err


def test_no_epochs_show_the_untrained_network(nn, capsys):
    nn.EPOCHS = 0
    nn.main()
    out = capsys.readouterr().out
    accuracy = re.search(r"(?m)^test +256 .* ([\d.]+)%$", out).group(1)
    assert float(accuracy) < 30


def test_a_bad_setting_is_one_sentence_before_anything_slow(runs):
    status, out, err = runs["bad setting"]
    assert (status, out) == (1, "")
    sentence = "BATCH_SIZE is 0; it must be a whole number from 1 to 1,000,000,000."
    assert err.strip() == sentence


BAD = [
    ("HIDDEN_UNITS", 0),
    ("HIDDEN_UNITS", -64),
    ("HIDDEN_UNITS", 64.0),
    ("HIDDEN_UNITS", "64"),
    ("HIDDEN_UNITS", None),
    ("HIDDEN_UNITS", 10_001),
    ("EPOCHS", -1),
    ("EPOCHS", "ten"),
    ("EPOCHS", 2.5),
    ("EPOCHS", True),
    ("EPOCHS", [3]),
    ("BATCH_SIZE", 0),
    ("BATCH_SIZE", -1),
    ("BATCH_SIZE", 64.0),
    ("BATCH_SIZE", float("inf")),
    ("BATCH_SIZE", False),
    ("LEARNING_RATE", -1),
    ("LEARNING_RATE", float("nan")),
    ("LEARNING_RATE", float("inf")),
    ("LEARNING_RATE", 10**400),
    ("LEARNING_RATE", "1.0"),
    ("LEARNING_RATE", 1j),
    ("LEARNING_RATE", np.array([1.0, 2.0])),
    ("LEARNING_RATE", np.bool_(True)),
    ("FINAL_LEARNING_RATE", -0.1),
    ("FINAL_LEARNING_RATE", None),
    ("FINAL_LEARNING_RATE", True),
    ("FINAL_LEARNING_RATE", np.float32("nan")),
    ("MAX_SHIFT", 28),
    ("MAX_SHIFT", -1),
    ("MAX_SHIFT", 0.5),
    ("SEED", -1),
    ("SEED", 1.5),
    ("SEED", None),
    ("SEED", "caf\u00e9"),
]


@pytest.mark.parametrize(("name", "value"), BAD, ids=[f"{n}={v!a}" for n, v in BAD])
def test_every_bad_setting_is_named_with_its_value_and_what_is_allowed(
    nn, monkeypatch, name, value
):
    monkeypatch.setattr(nn, "load_mnist", lambda: pytest.fail("loading had begun"))
    setattr(nn, name, value)
    with pytest.raises(SystemExit) as end:
        nn.main()
    sentence = end.value.code
    assert sentence.startswith(f"{name} is {value!a}"[: len(name) + 84])
    assert "; it must be a" in sentence
    assert re.search(r"number from [01] to [\d,]+\.$", sentence)
    assert sentence.isascii()


GOOD = [
    ("HIDDEN_UNITS", 1),
    ("HIDDEN_UNITS", np.int64(5)),
    ("EPOCHS", np.uint8(2)),
    ("BATCH_SIZE", np.int8(100)),
    ("MAX_SHIFT", np.uint8(1)),
    ("FINAL_LEARNING_RATE", np.uint8(1)),
    ("EPOCHS", 1),
    ("BATCH_SIZE", 1),
    ("BATCH_SIZE", 7),
    ("BATCH_SIZE", 10**9),
    ("LEARNING_RATE", 1),
    ("LEARNING_RATE", np.float64(0.5)),
    ("LEARNING_RATE", np.float32(0.5)),
    ("LEARNING_RATE", 0),
    ("FINAL_LEARNING_RATE", 0.0),
    ("FINAL_LEARNING_RATE", 5),
    ("MAX_SHIFT", 0),
    ("MAX_SHIFT", 27),
    ("SEED", 0),
    ("SEED", 10**9),
]


@pytest.mark.parametrize(("name", "value"), GOOD, ids=[f"{n}={v!a}" for n, v in GOOD])
def test_every_good_setting_runs_through_in_float32(nn, capfd, shown, name, value):
    nn.EPOCHS = 2
    nn.FINAL_LEARNING_RATE = 1.0
    setattr(nn, name, value)
    nn.main()
    out, err = capfd.readouterr()
    assert "Step 5" in out
    assert err == ""
    assert shown() == []
    assert nn.W1.dtype == nn.b1.dtype == nn.W2.dtype == nn.b2.dtype == np.float32
    assert max(map(len, out.splitlines())) <= 80


def test_the_largest_network_allowed_runs(nn, capsys):
    nn.HIDDEN_UNITS, nn.EPOCHS = 10_000, 0
    nn.main()
    assert "7,950,010 weights and biases" in capsys.readouterr().out


def test_out_of_memory_is_one_sentence(nn, monkeypatch, capsys):
    def fail(*args):
        raise MemoryError

    monkeypatch.setattr(nn, "train", fail)
    with pytest.raises(SystemExit, match="Lower HIDDEN_UNITS or BATCH_SIZE"):
        nn.main()


def test_numbers_that_overflow_are_nothing_for_the_screen(nn, monkeypatch, shown):
    """On some Macs, NumPy even warns of overflows that are none."""
    real = nn.initialize_weights

    def huge():
        real()
        nn.W1[:] = 3e38

    monkeypatch.setattr(nn, "initialize_weights", huge)
    nn.EPOCHS = 0
    nn.main()
    assert shown() == []


def test_weights_of_zero_have_a_report_too(nn, digits, capsys, shown):
    """As a reader may try who wants to see why weights start at random."""
    nn.initialize_weights()
    nn.W1[:] = 0
    nn.W2[:] = 0
    nn.report(*digits[1], *digits[2])
    assert shown() == []


def test_main_twice_gives_the_same_figures_and_another_seed_others(nn, capsys):
    nn.EPOCHS = 3
    nn.main()
    first = capsys.readouterr().out
    nn.main()
    assert figures(capsys.readouterr().out) == figures(first)
    nn.SEED = 1
    nn.main()
    assert figures(capsys.readouterr().out) != figures(first)


def test_the_lines_of_training_stand_in_columns(nn, capsys):
    nn.EPOCHS = 12
    nn.main()
    lines = capsys.readouterr().out.splitlines()
    top = next(i for i, line in enumerate(lines) if line.startswith("epoch"))
    rows = lines[top : top + 14]
    for name in ("epoch", "learning", "training", "validation", "seconds"):
        assert name in rows[0]
    ends = [[match.end() for match in re.finditer(r"\S+", row)] for row in rows]
    assert all(row == ends[0] for row in ends[2:])


def test_a_loss_that_is_no_number_ends_training_with_advice(nn, digits, shown):
    """Weights this large overflow; NumPy keeps quiet and the sentence tells."""
    nn.initialize_weights()
    nn.W2[:] = 3e38
    with pytest.raises(SystemExit) as end:
        nn.train(*digits[0], *digits[1])
    assert "Lower LEARNING_RATE" in end.value.code
    assert shown() == []


def test_the_drawings_show_ink_where_ink_is(nn):
    image = np.zeros((28, 28), np.float32)
    image[4:6, 10] = 1.0
    lines = nn.draw(image.ravel())
    assert len(lines) == 14
    assert {len(line) for line in lines} == {26}
    assert lines[2] == " " * 9 + "@" + " " * 16
    assert "".join(lines).strip() == "@"
    w = np.where(image == 1, 1.0, 0).ravel()
    w[20] = -1
    drawn = "".join(nn.draw_weights(w))
    assert drawn.count("#") == 1
    assert drawn.count("=") == 1
    assert drawn[2 * 26 + 9] == "#"


def test_the_report_is_true(nn, digits, capsys):
    """The figures printed are those of the test set, its mistakes are mistakes."""
    nn.initialize_weights()
    nn.EPOCHS = 5
    nn.train(*digits[0], *digits[1])
    capsys.readouterr()
    nn.report(*digits[1], *digits[2])
    out = capsys.readouterr().out
    X, Y = digits[2]
    Y_hat = nn.forward(X)[1]
    true, read = Y.argmax(axis=1), Y_hat.argmax(axis=1)
    loss, accuracy = nn.evaluate(X, Y)
    assert re.search(rf"(?m)^test +256 +{loss:.4f} +{accuracy:.2%}$", out)
    loss, accuracy = nn.evaluate(*digits[1])
    assert re.search(rf"(?m)^validation +386 +{loss:.4f} +{accuracy:.2%}$", out)
    for digit in range(10):
        counts = [((true == digit) & (read == other)).sum() for other in range(10)]
        right = f"{counts[digit] / sum(counts):.1%}"
        assert re.search(
            rf"(?m)^ +{digit} +" + " +".join(map(str, counts)) + f" +{right}$", out
        )
    assert f"Of the {(true != read).sum():,} mistakes" in out
    wrong = [i for i in range(len(X)) if true[i] != read[i]]
    wrong.sort(key=lambda i: -Y_hat[i].max())
    shown = re.findall(r"a (\d), read as (\d) \(([\d.]+%)\)", out)
    assert shown == [
        (str(true[i]), str(read[i]), f"{Y_hat[i].max():.1%}") for i in wrong[:6]
    ]
    for line in nn.draw(X[wrong[0]]):
        assert line.rstrip() in out


def test_a_network_without_mistakes_has_a_report_too(nn, digits, capsys):
    nn.initialize_weights()
    X, Y = digits[2][0][:1], digits[2][1][:1]
    nn.b2 = 100 * Y[0]
    nn.report(X, Y, X, Y)
    assert "100.00%" in capsys.readouterr().out


def wait_for(process, text):
    """Read the process's output up to a line that contains the text."""
    for line in process.stdout:
        if text in line:
            return
    pytest.fail(f"the output ended without {text!r}: {process.stderr.read()}")


ONLY_POSIX = pytest.mark.skipif(os.name != "posix", reason="sends POSIX signals")


@ONLY_POSIX
def test_ctrl_c_in_training_keeps_what_was_learned_and_goes_on(tmp_path):
    process = start(tmp_path, "-i", edited(tmp_path, EPOCHS="1_000_000"))
    wait_for(process, b"   20  ")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert b"Training ended early by Ctrl-C" in out
    assert b"NOT figures" in out  # to the very end of step 5
    accuracy = re.search(rb"(?m)^test .* ([\d.]+)%$", out).group(1)
    assert float(accuracy) > 80
    assert b"Traceback" not in err


@ONLY_POSIX
def test_a_second_ctrl_c_ends_the_program(tmp_path):
    held_up = ("    _, Y_hat = forward(X_test)", "    time.sleep(60)\n    Y_hat = 0")
    slow = edited(tmp_path, held_up, EPOCHS="1_000_000")
    process = start(tmp_path, slow)
    wait_for(process, b"    3  ")
    process.send_signal(signal.SIGINT)
    wait_for(process, b"Step 5")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert out.split(b"\n")[-2:] == [b"Interrupted.", b""]
    assert err == b""


@ONLY_POSIX
def test_ctrl_c_while_loading_ends_the_program(tmp_path):
    fetching = "    mnist = fetch_openml("
    loading = edited(tmp_path, (fetching, "    time.sleep(60)\n" + fetching))
    process = start(tmp_path, loading)
    wait_for(process, b"20 seconds")
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert out == b"\nInterrupted.\n"
    assert err == b""


@ONLY_POSIX
def test_ctrl_c_while_numpy_and_scikit_learn_are_imported(tmp_path):
    sklearn = tmp_path / "sklearn"
    sklearn.mkdir()
    (sklearn / "__init__.py").write_text("print('importing', flush=True)\n")
    (sklearn / "datasets.py").write_text("import time\ntime.sleep(60)\n")
    env = environment(tmp_path, PYTHONPATH=str(tmp_path))
    process = start(tmp_path, SCRIPT, env=env)
    wait_for(process, b"importing")
    sleep(0.1)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, b"Interrupted.\n", b"")


def test_a_missing_package_is_one_sentence(tmp_path):
    (tmp_path / "sklearn.py").write_text("raise ImportError('No module sklearn')\n")
    env = environment(tmp_path, PYTHONPATH=str(tmp_path))
    process = start(tmp_path, SCRIPT, env=env)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out) == (1, b"")
    assert err.count(b"\n") == 1
    assert b"pip install numpy scikit-learn" in err


@ONLY_POSIX
def test_a_reader_of_the_output_who_leaves_early_is_no_error(tmp_path):
    """As in "python mnist_nn.py | head"."""
    process = start(tmp_path, edited(tmp_path, EPOCHS="3"))
    process.stdout.readline()
    process.stdout.close()
    err = process.stderr.read()
    assert process.wait(timeout=60) == 0
    process.stderr.close()
    assert err == b""


@ONLY_POSIX
def test_without_any_output_it_runs_through(tmp_path):
    """As with "python mnist_nn.py >&-", or from a window without a terminal."""
    command = 'exec "$0" "$1" >&-'
    script = edited(tmp_path, EPOCHS="2")
    process = subprocess.run(
        ["sh", "-c", command, sys.executable, script],
        env=environment(tmp_path),
        stdin=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        timeout=60,
        check=False,
    )
    assert (process.returncode, process.stderr) == (0, b"")


@ONLY_POSIX
def test_ctrl_c_when_the_reader_of_the_output_has_gone_too(tmp_path):
    """As with "python mnist_nn.py | tee log": Ctrl-C ends both."""
    process = start(tmp_path, edited(tmp_path, EPOCHS="1_000_000"))
    wait_for(process, b"    3  ")
    process.stdout.close()
    process.send_signal(signal.SIGINT)
    err = process.stderr.read()
    process.wait(timeout=60)
    process.stderr.close()
    assert err == b""


def test_the_file_reads_as_a_tutorial():
    """In order: settings, the five steps, what is not the algorithm, main."""
    text = SCRIPT.read_text(encoding="utf-8")
    assert text.isascii()
    marks = re.findall(r"(?m)^# %% (.*)$", text)
    starts = ["Settings"] + [f"Step {n}" for n in range(1, 6)] + ["Behind", "main"]
    assert [mark[: len(s)] for mark, s in zip(marks, starts)] == starts
    assert len(marks) == len(starts)
    assert "__file__" not in text
    tree = ast.parse(text)
    assert not [node for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            assert ast.get_docstring(node), f"{node.name} has no docstring"
            assert not node.decorator_list
    imported = {
        (node.module if isinstance(node, ast.ImportFrom) else name.name).split(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, (ast.Import, ast.ImportFrom))
        for name in node.names
    }
    others = imported - {"numpy", "sklearn"}
    assert {"numpy", "sklearn"} <= imported
    assert others <= set(getattr(sys, "stdlib_module_names", others))


def test_every_setting_has_its_comment_and_something_to_try():
    text = SCRIPT.read_text(encoding="utf-8")
    block = text[text.index("# %% Settings") : text.index("# %% Step 1")]
    lines = [line for line in block.splitlines() if line and line[0] != "#"]
    assert tuple(line.split(" = ")[0] for line in lines) == SETTINGS
    for line in lines:
        assert re.search(r"  # .*; try .", line), line
