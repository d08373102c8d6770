"""The experiments of the README's "Things to try", run on MNIST.

    python tests/experiments.py            all of them, a quarter of an hour or more
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

# What to try, the settings, what else to change (a function, or the number of training
# images), expected seconds for one seed, and what it is worth seeing for.
EXPERIMENTS = [
    ("the settings as shipped", {}, None, 9, "the measure for the rest"),
    ("`EPOCHS = 5`", {"EPOCHS": 5}, None, 1, "most is learned early; the last percent takes the time"),
    ("`MAX_SHIFT = 0`: no shift", {"MAX_SHIFT": 0}, None, 8, "the training loss falls far below the validation loss: images are learned by heart"),
    ("`MAX_SHIFT = 2`", {"MAX_SHIFT": 2}, None, 9, "25 places for each image are more than 64 units learn in 40 epochs"),
    ("`FINAL_LEARNING_RATE = 2.0`: no falling rate", {"FINAL_LEARNING_RATE": 2.0}, None, 9, "to the end, the accuracy goes up and down from epoch to epoch"),
    ("`LEARNING_RATE = 0.2`: ten times too low", {"LEARNING_RATE": 0.2}, None, 9, "the same way down, in steps too short to get there"),
    ("`LEARNING_RATE = 20.0`: ten times too high", {"LEARNING_RATE": 20.0}, None, 9, "units are thrown to the flat ends of the sigmoid, where derivatives are nearly 0"),
    ("`BATCH_SIZE = 10`", {"BATCH_SIZE": 10}, None, 30, "ten times as many steps, ten times as small matrices: slow, and too noisy for this rate"),
    ("`BATCH_SIZE = 10`, `LEARNING_RATE = 0.2`", {"BATCH_SIZE": 10, "LEARNING_RATE": 0.2}, None, 30, "noisier steps want to be shorter; then it learns as well"),
    ("`HIDDEN_UNITS = 16`", {"HIDDEN_UNITS": 16}, None, 5, "16 features are too few to tell ten digits apart"),
    ("`HIDDEN_UNITS = 128`", {"HIDDEN_UNITS": 128}, None, 15, "1.7 times the time, for a gain within the spread of the seeds"),
    ("`HIDDEN_UNITS = 256`", {"HIDDEN_UNITS": 256}, None, 28, "more units alone are not better; other settings would have to follow"),
    ("1,000 training images only", {}, 1_000, 1, "fewer images, and 45 times fewer steps"),
    ("all weights 0 at the start", {}, zero_weights, 9, "equal units get equal derivatives; only rounding errors tell them apart"),
    ("weights 20 times larger at the start", {}, large_weights, 9, "the units start at the flat ends of the sigmoid"),
    ("batch gradient descent (a)", BATCH_DESCENT, None, 75, "300 epochs are only 300 steps"),
    ("mini-batches of 9,000, rate 3, 230 epochs (b)", large_batches(3.0, 230), None, 55, "5 steps an epoch: better, with a rate to match"),
    ("mini-batches of 9,000, rate 4, 230 epochs (b)", large_batches(4.0, 230), None, 55, "near the limit; watch the loss leap"),
    ("mini-batches of 9,000, rate 5, 230 epochs (b)", large_batches(5.0, 230), None, 55, "beyond it: the seeds differ by percents"),
    ("mini-batches of 9,000, rate 5, 300 epochs (b)", large_batches(5.0, 300), None, 70, "and more epochs do not mend it"),
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
    for i, (name, settings, change, guess, lesson) in enumerate(todo):
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
            f"| {name} | {cell(val)} | {cell(test)} | {np.mean(seconds):.1f} s | {lesson} |"
        )
        print(rows[-1], file=sys.stderr, flush=True)
    print("| change | validation | test | training | what it shows |")
    print("|---|---|---|---|---|")
    print("\n".join(rows))


if __name__ == "__main__":
    main()
