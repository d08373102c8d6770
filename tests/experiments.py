"""Measure the README's table "Things to try" on MNIST: seeds 0, 1 and 2, some kernels.

    python tests/experiments.py                        this processor's own kernel
    python tests/experiments.py Haswell Sandybridge    these, one after another

NumPy's OpenBLAS has a kernel, a set of routines, for each kind of processor, and the
last digits of its sums differ. OPENBLAS_CORETYPE chooses one by hand, and a figure is
worth quoting only if it holds on all of them. A kernel takes a quarter of an hour. The
table shows the range of the validation accuracy, over all seeds and kernels.
"""

import contextlib
import io
import json
import os
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as in a run of the script

import mnist_nn

SEEDS = (0, 1, 2)
FEW_UPDATES = {"EPOCHS": 230, "BATCH_SIZE": 9_000, "MAX_SHIFT": 0}
BATCH_DESCENT = {"EPOCHS": 300, "BATCH_SIZE": 45_000, "MAX_SHIFT": 0}


def constant(rate):
    """Return the settings for a learning rate that does not fall."""
    return {"LEARNING_RATE": rate, "FINAL_LEARNING_RATE": rate}


# A row of the table: what to change, the settings that this means, and what it shows
EXPERIMENTS = [
    ("the settings as shipped", {}, "the measure for the others"),
    ("`EPOCHS = 5`", {"EPOCHS": 5}, "most is learned early"),
    (
        "`MAX_SHIFT = 0`",
        {"MAX_SHIFT": 0},
        "it memorizes: the training loss falls to a tenth of the validation loss",
    ),
    (
        "`LEARNING_RATE = 10.0`",
        {"LEARNING_RATE": 10.0},
        "early updates drive units to the flat ends of the sigmoid, where they learn little",
    ),
    (
        "`FINAL_LEARNING_RATE = 2.0`",
        {"FINAL_LEARNING_RATE": 2.0},
        "large updates jump about near the minimum to the end",
    ),
    (
        "`HIDDEN_UNITS = 256`, rates 1.0 to 0.05",
        {"HIDDEN_UNITS": 256, "LEARNING_RATE": 1.0, "FINAL_LEARNING_RATE": 0.05},
        "four times the units, and a rate that suits them: a little better",
    ),
    (
        "`BATCH_SIZE = 45_000`, both rates 1.0, 300 epochs, no shift",
        BATCH_DESCENT | constant(1.0),
        "batch gradient descent: 300 epochs are only 300 updates",
    ),
    (
        "`BATCH_SIZE = 9_000`, both rates 3.0, 230 epochs, no shift",
        FEW_UPDATES | constant(3.0),
        "large mini-batches: 1,150 updates do much better",
    ),
    (
        "the same with both rates 5.0",
        FEW_UPDATES | constant(5.0),
        "too high: the loss may leap at any time",
    ),
]
SHIPPED = {name: getattr(mnist_nn, name) for _, row, _ in EXPERIMENTS for name in row}


def train(train_set, val, seed, settings):
    """Train with the shipped settings but for these; return accuracy and seconds."""
    vars(mnist_nn).update(SHIPPED | settings, SEED=seed)
    mnist_nn.initialize_weights()
    began = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        mnist_nn.train(*train_set, *val)
    return 100 * mnist_nn.evaluate(*val)[1], time.perf_counter() - began


def measure():
    """Print accuracies and relative times of all experiments, on this kernel, as JSON."""
    train_set, val, _ = mnist_nn.split(*mnist_nn.load_mnist())
    results = []
    for name, settings, _ in EXPERIMENTS:
        accuracies, times = [], []
        for seed in SEEDS:
            # The speed of a computer changes: time two shipped epochs before and after.
            _, before = train(train_set, val, seed, {"EPOCHS": 2})
            accuracy, seconds = train(train_set, val, seed, settings)
            _, after = train(train_set, val, seed, {"EPOCHS": 2})
            accuracies.append(accuracy)
            times.append(seconds / ((before + after) / 4 * SHIPPED["EPOCHS"]))
            print(f"{name}, seed {seed}: {accuracy:.2f}%", file=sys.stderr, flush=True)
        results.append((accuracies, times))
    print(json.dumps(results))


def main():
    """Run all experiments on each kernel, and print the table."""
    kernels = sys.argv[1:] or [None]
    runs = []
    for kernel in kernels:
        choice = {"OPENBLAS_CORETYPE": kernel} if kernel else {}
        child = [sys.executable, __file__, "--measure"]
        env = os.environ | choice
        result = subprocess.run(child, env=env, stdout=subprocess.PIPE, check=True)
        runs.append(json.loads(result.stdout))
    print("| change | validation accuracy | time | what it shows |")
    print("|---|---|---|---|")
    for i, (name, _, lesson) in enumerate(EXPERIMENTS):
        accuracies = [accuracy for run in runs for accuracy in run[i][0]]
        times = sorted(seconds for run in runs for seconds in run[i][1])
        found = f"{min(accuracies):.1f} to {max(accuracies):.1f}%"
        print(f"| {name} | {found} | {times[len(times) // 2]:.1f} x | {lesson} |")
    print(f"\nSeeds {SEEDS}; kernels: {', '.join(map(str, kernels))}")


if __name__ == "__main__":
    measure() if sys.argv[1:] == ["--measure"] else main()
