"""The experiments of the README's "Things to try", run on MNIST.

    python tests/experiments.py            all of them, the better part of an hour
    python tests/experiments.py hidden     those whose name contains "hidden"

Each is run with three seeds. The table, in Markdown, is the README's own: mean and
half the range of validation and test accuracy, and the mean time of the training.
"""

import contextlib
import io
import sys
import time
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import mnist_nn

SEEDS = (0, 1, 2)
SHIPPED = {name: getattr(mnist_nn, name) for name in dir(mnist_nn) if name.isupper()}


def zero_weights():
    mnist_nn.W1[:] = 0
    mnist_nn.W2[:] = 0


def large_weights():
    mnist_nn.W1 *= 20
    mnist_nn.W2 *= 20


def large_batches(rate, epochs):
    settings = {"BATCH_SIZE": 9_000, "LEARNING_RATE": rate, "EPOCHS": epochs}
    return {**settings, "FINAL_LEARNING_RATE": rate, "MAX_SHIFT": 0}


BATCH_DESCENT = {**large_batches(1.0, 300), "BATCH_SIZE": 45_000}

# What to try, the settings, what else to change, expected seconds for one seed.
EXPERIMENTS = [
    ("the settings as shipped", {}, None, 9),
    ("`EPOCHS = 5`", {"EPOCHS": 5}, None, 1),
    ("`MAX_SHIFT = 0`: no shift", {"MAX_SHIFT": 0}, None, 8),
    ("`MAX_SHIFT = 2`", {"MAX_SHIFT": 2}, None, 9),
    ("`FINAL_LEARNING_RATE = 2.0`: no falling rate", {"FINAL_LEARNING_RATE": 2.0}, None, 9),
    ("`LEARNING_RATE = 0.2`: ten times too low", {"LEARNING_RATE": 0.2}, None, 9),
    ("`LEARNING_RATE = 20.0`: ten times too high", {"LEARNING_RATE": 20.0}, None, 9),
    ("`BATCH_SIZE = 10`", {"BATCH_SIZE": 10}, None, 30),
    ("`BATCH_SIZE = 10`, `LEARNING_RATE = 0.2`", {"BATCH_SIZE": 10, "LEARNING_RATE": 0.2}, None, 30),
    ("`HIDDEN_UNITS = 16`", {"HIDDEN_UNITS": 16}, None, 5),
    ("`HIDDEN_UNITS = 128`", {"HIDDEN_UNITS": 128}, None, 15),
    ("`HIDDEN_UNITS = 256`", {"HIDDEN_UNITS": 256}, None, 28),
    ("1,000 training images only", {}, 1_000, 1),
    ("all weights 0 at the start", {}, zero_weights, 9),
    ("weights 20 times larger at the start", {}, large_weights, 9),
    ("batch gradient descent (a)", BATCH_DESCENT, None, 75),
    ("mini-batches of 9,000, rate 3, 230 epochs (b)", large_batches(3.0, 230), None, 55),
    ("mini-batches of 9,000, rate 4, 230 epochs (b)", large_batches(4.0, 230), None, 55),
    ("mini-batches of 9,000, rate 5, 230 epochs (b)", large_batches(5.0, 230), None, 55),
    ("mini-batches of 9,000, rate 5, 300 epochs (b)", large_batches(5.0, 300), None, 70),
]  # fmt: skip


def run(X, Y, settings, change, seed):
    """Return (validation accuracy, test accuracy, seconds of training)."""
    vars(mnist_nn).update(SHIPPED)
    vars(mnist_nn).update(settings, SEED=seed)
    mnist_nn.check_settings()
    (X_train, Y_train), val, test = mnist_nn.split(X, Y)
    if isinstance(change, int):
        X_train, Y_train = X_train[:change], Y_train[:change]
    mnist_nn.initialize_weights()
    if callable(change):
        change()
    began = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        mnist_nn.train(X_train, Y_train, *val)
    seconds = time.perf_counter() - began
    return mnist_nn.evaluate(*val)[1], mnist_nn.evaluate(*test)[1], seconds


def cell(values):
    """Return the mean of accuracies and half their range, in percent."""
    values = 100 * np.array(values)
    return f"{values.mean():.2f} % \u00b1 {np.ptp(values) / 2:.2f}"


def main():
    images, labels = mnist_nn.load_mnist()
    if len(images) != mnist_nn.MNIST_SHAPE[0]:
        sys.exit("These experiments need MNIST, and it cannot be had: see above.")
    X, Y = mnist_nn.prepare(images, labels)
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    todo = [experiment for experiment in EXPERIMENTS if wanted in experiment[0]]
    rows, expected, left = [], 0.0, sum(e[3] for e in todo) * len(SEEDS)
    began = time.perf_counter()
    for i, (name, settings, change, guess) in enumerate(todo):
        results = []
        for seed in SEEDS:
            passed = time.perf_counter() - began
            speed = passed / expected if expected else 1.0
            print(
                f"{i + 1:2d} of {len(todo)}, seed {seed}: {name}; "
                f"about {left * speed / 60:.0f} minutes left",
                file=sys.stderr,
                flush=True,
            )
            results.append(run(X, Y, settings, change, seed))
            expected, left = expected + guess, left - guess
        val, test, seconds = zip(*results)
        rows.append(
            f"| {name} | {cell(val)} | {cell(test)} | {np.mean(seconds):.1f} s |"
        )
        print(rows[-1], file=sys.stderr, flush=True)
    print("| change | validation | test | training |")
    print("|---|---|---|---|")
    print("\n".join(rows))


if __name__ == "__main__":
    main()
