"""Measure the README's table "Things to try" on MNIST, with three seeds each.

    python tests/experiments.py

In a quarter of an hour, it prints the table in Markdown: the mean of the validation
accuracy and half its range, and the time of training relative to the shipped settings.
"""

import contextlib
import io
import os
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as in the script

import numpy as np

import mnist_nn

SEEDS = (0, 1, 2)
SHIPPED = {
    "HIDDEN_UNITS": mnist_nn.HIDDEN_UNITS,
    "EPOCHS": mnist_nn.EPOCHS,
    "BATCH_SIZE": mnist_nn.BATCH_SIZE,
    "LEARNING_RATE": mnist_nn.LEARNING_RATE,
    "FINAL_LEARNING_RATE": mnist_nn.FINAL_LEARNING_RATE,
    "MAX_SHIFT": mnist_nn.MAX_SHIFT,
}


def large_batches(batch_size, rate, epochs):
    """Return the settings for large batches, with a constant rate and no shift."""
    return {
        "BATCH_SIZE": batch_size,
        "LEARNING_RATE": rate,
        "FINAL_LEARNING_RATE": rate,
        "EPOCHS": epochs,
        "MAX_SHIFT": 0,
    }


# A row of the table: what to change, the settings that this means, and what it shows
EXPERIMENTS = [
    (
        "the settings as shipped",
        {},
        "the measure for the others",
    ),
    (
        "`EPOCHS = 5`",
        {"EPOCHS": 5},
        "most is learned early",
    ),
    (
        "`MAX_SHIFT = 0`",
        {"MAX_SHIFT": 0},
        "it memorizes: the training loss falls to a tenth of the validation loss",
    ),
    (
        "`LEARNING_RATE = 20.0`",
        {"LEARNING_RATE": 20.0},
        "the updates throw units to the flat ends of the sigmoid, and they hardly learn",
    ),
    (
        "`FINAL_LEARNING_RATE = 2.0`",
        {"FINAL_LEARNING_RATE": 2.0},
        "large updates jump about near the minimum, to the end",
    ),
    (
        "`HIDDEN_UNITS = 256`",
        {"HIDDEN_UNITS": 256},
        "four times the units, but little gain",
    ),
    (
        "`BATCH_SIZE = 10`",
        {"BATCH_SIZE": 10},
        "ten times as many updates, but noisier: they need a smaller rate",
    ),
    (
        "`BATCH_SIZE = 45_000`, both rates 1.0, 300 epochs, no shift",
        large_batches(45_000, 1.0, 300),
        "batch gradient descent: 300 epochs are only 300 updates",
    ),
    (
        "`BATCH_SIZE = 9_000`, both rates 3.0, 230 epochs, no shift",
        large_batches(9_000, 3.0, 230),
        "large mini-batches: 1,150 updates do much better",
    ),
    (
        "`BATCH_SIZE = 9_000`, both rates 5.0, 230 epochs, no shift",
        large_batches(9_000, 5.0, 230),
        "too high: the loss may leap, and the seeds differ by 3 points",
    ),
]


def seconds_to_train(train, val, seed, settings):
    """Train with the shipped settings but for these, and return the time it took."""
    vars(mnist_nn).update(SHIPPED, SEED=seed)
    vars(mnist_nn).update(settings)
    mnist_nn.initialize_weights()
    began = time.perf_counter()
    with contextlib.redirect_stdout(io.StringIO()):
        mnist_nn.train(*train, *val)
    return time.perf_counter() - began


def experiment(images, labels, seed, settings):
    """Return the validation accuracy, and the time relative to the shipped settings."""
    mnist_nn.SEED = seed
    train, val, _ = mnist_nn.split(images, labels)
    # The speed of a computer changes. So we time two shipped epochs before and after.
    two_epochs = {"EPOCHS": 2}
    before = seconds_to_train(train, val, seed, two_epochs)
    seconds = seconds_to_train(train, val, seed, settings)
    accuracy = mnist_nn.evaluate(*val)[1]
    after = seconds_to_train(train, val, seed, two_epochs)
    return accuracy, seconds / ((before + after) / 4 * SHIPPED["EPOCHS"])


def main():
    """Run all experiments and print the table."""
    images, labels = mnist_nn.load_mnist()
    if len(images) < 70_000:
        sys.exit("The experiments need MNIST.")
    print("| change | validation accuracy | time | what it shows |")
    print("|---|---|---|---|")
    for name, settings, lesson in EXPERIMENTS:
        accuracies, times = [], []
        for seed in SEEDS:
            accuracy, ratio = experiment(images, labels, seed, settings)
            print(f"{name}, seed {seed}: {accuracy:.2%}", file=sys.stderr, flush=True)
            accuracies.append(100 * accuracy)
            times.append(ratio)
        mean, half_range = np.mean(accuracies), np.ptp(accuracies) / 2
        print(
            f"| {name} | {mean:.2f}% \u00b1 {half_range:.2f} "
            f"| {np.median(times):.1f} x | {lesson} |",
            flush=True,
        )


if __name__ == "__main__":
    main()
