"""Make the README's pictures from real runs on MNIST.

    python tests/pictures.py

It trains four networks, in less than a minute, and writes digits.png and learning.png
beside this file.
"""

import contextlib
import io
import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as in the script

import numpy as np

import mnist_nn

try:
    import matplotlib

    matplotlib.use("Agg")  # draw into files, without a screen
    import matplotlib.pyplot as plt
    from matplotlib.colors import LinearSegmentedColormap
    from matplotlib.ticker import NullLocator
    from PIL import Image  # comes with matplotlib
except ImportError:
    sys.exit("The pictures need matplotlib: python -m pip install matplotlib")

# With a background of its own, a picture can be read on white and on dark pages. The
# color-blind can tell blue from orange and from red.
BACKGROUND, PAPER, INK, GREY = "#f4efe4", "#fdfbf6", "#1f2a36", "#8a8a86"
BLUE, ORANGE, RED = "#0b62a4", "#c85200", "#b2182b"
PAPER_TO_INK = LinearSegmentedColormap.from_list("ink", [PAPER, INK])
BLUE_TO_RED = LinearSegmentedColormap.from_list("weights", [BLUE, PAPER, RED])
plt.rcParams.update(
    {
        "figure.dpi": 150,
        "figure.facecolor": BACKGROUND,
        "axes.facecolor": BACKGROUND,
        "axes.edgecolor": GREY,
        "axes.labelcolor": INK,
        "axes.spines.top": False,
        "axes.spines.right": False,
        "axes.titlelocation": "left",
        "axes.titlepad": 14,
        "axes.titlesize": 13,
        "axes.titleweight": "bold",
        "font.size": 11,
        "lines.linewidth": 2,
        "text.color": INK,
        "xtick.labelcolor": INK,
        "xtick.color": GREY,
        "ytick.labelcolor": INK,
        "ytick.color": GREY,
    }
)


def learn(images, labels, **settings):
    """Train with the shipped settings but for these. Return the table it prints.

    Its columns: epoch, rate, training loss, validation loss, accuracy in %, seconds.
    """
    print("training with", settings or "the shipped settings", file=sys.stderr)
    shipped = {name: getattr(mnist_nn, name) for name in settings}
    vars(mnist_nn).update(settings)
    train, val, _ = mnist_nn.split(images, labels)
    mnist_nn.initialize_weights()
    with contextlib.redirect_stdout(io.StringIO()) as printed:
        mnist_nn.train(*train, *val)
    vars(mnist_nn).update(shipped)
    lines = printed.getvalue().replace("%", "").splitlines()[2:]
    return np.array([line.split() for line in lines], float)


def draw_digits(X, Y):
    """Draw the most confident mistakes, above what the hidden units look for."""
    _, Y_hat = mnist_nn.forward(X)
    true, read, confidence = Y.argmax(axis=1), Y_hat.argmax(axis=1), Y_hat.max(axis=1)
    wrong = np.flatnonzero(true != read)
    worst = wrong[np.argsort(-confidence[wrong])][:8]
    # The units with the largest weights in layer 1: there the strokes are clearest
    units = np.argsort(-(mnist_nn.W1**2).sum(axis=0))[:8]

    figure, axes = plt.subplots(2, 8, figsize=(10, 4.4))
    figure.subplots_adjust(0.015, 0.11, 0.985, 0.92, wspace=0.08, hspace=0.5)
    for axis, i in zip(axes[0], worst, strict=True):
        axis.imshow(X[i].reshape(28, 28), PAPER_TO_INK)
        axis.set_xlabel(f"{true[i]} read as {read[i]}\n{confidence[i]:.1%} sure")
    for axis, j in zip(axes[1], units, strict=True):
        weights, W2 = mnist_nn.W1[:, j], mnist_nn.W2[j]
        limit = 0.5 * abs(weights).max()
        axis.imshow(weights.reshape(28, 28), BLUE_TO_RED, vmin=-limit, vmax=limit)
        axis.set_xlabel(f"for {W2.argmax()},\nagainst {W2.argmin()}")
    for axis in axes.flat:
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_visible(False)
    title = {"size": 13, "weight": "bold"}
    figure.text(0.015, 0.94, "The most confident mistakes", **title)
    figure.text(0.015, 0.455, "What eight of the hidden units look for", **title)
    figure.text(0.76, 0.455, "ink here excites the unit", color=RED, ha="right")
    figure.text(0.985, 0.455, "ink here calms the unit", color=BLUE, ha="right")
    save(figure, "digits.png")


def draw_learning(shipped, unshifted, too_low, too_high):
    """Draw the loss with and without the shift, and the accuracy for three rates."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.4))
    figure.subplots_adjust(0.055, 0.13, 0.845, 0.86, wspace=0.8)

    left.set_title("Loss: without shifts, it memorizes")
    left.plot(shipped[:, 0], shipped[:, 2], ":", color=BLUE)
    left.plot(shipped[:, 0], shipped[:, 3], color=BLUE)
    left.plot(unshifted[:, 0], unshifted[:, 2], ":", color=ORANGE)
    left.plot(unshifted[:, 0], unshifted[:, 3], color=ORANGE)
    left.set_yscale("log")  # equal steps are equal factors
    left.set_yticks([0.01, 0.03, 0.1, 0.3], ["0.01", "0.03", "0.1", "0.3"])
    name(left, unshifted[-1, 3], 5, "no shift, validation", ORANGE)
    name(left, shipped[-1, 3], 3, "shift, validation", BLUE)
    name(left, shipped[-1, 2], -12, "shift, training", BLUE)
    name(left, unshifted[-1, 2], -4, "no shift, training", ORANGE)

    right.set_title("Validation accuracy and learning rate")
    # The share of mistakes, on a scale where equal steps are equal factors
    right.plot(shipped[:, 0], 100 - shipped[:, 4], color=BLUE)
    right.plot(too_low[:, 0], 100 - too_low[:, 4], color=INK)
    right.plot(too_high[:, 0], 100 - too_high[:, 4], color=ORANGE)
    right.set_yscale("log")
    right.invert_yaxis()
    right.set_yticks([2, 5, 10, 20, 50, 90], ["98%", "95%", "90%", "80%", "50%", "10%"])
    name(right, 100 - shipped[-1, 4], -2, "rate 2: right", BLUE)
    name(right, 100 - too_low[-1, 4], -6, "rate 0.2: too low", INK)
    name(right, 100 - too_high[-1, 4], -4, "rate 20: too high", ORANGE)

    for axis in left, right:
        axis.yaxis.set_minor_locator(NullLocator())
        axis.grid(axis="y", color=GREY, alpha=0.25)
        axis.set(xlabel="epoch", xlim=(1, 40), xticks=[1, 10, 20, 30, 40])
    save(figure, "learning.png")


def name(axis, y, up, text, color):
    """Write the name of a curve beside its end at height y, moved up a little."""
    axis.annotate(text, (40, y), (6, up), textcoords="offset points", color=color)


def save(figure, filename):
    """Write the figure beside this file, in 256 colors, which keeps the file small."""
    figure.canvas.draw()
    pixels = np.asarray(figure.canvas.buffer_rgba())[:, :, :3]
    path = HERE / filename
    Image.fromarray(pixels).quantize(256).save(path, optimize=True)
    print(f"{filename}: {path.stat().st_size / 1000:.0f} kB", file=sys.stderr)


def main():
    """Train the networks and draw the pictures."""
    images, labels = mnist_nn.load_mnist()
    if len(images) < 70_000:
        sys.exit("The pictures need MNIST.")
    unshifted = learn(images, labels, MAX_SHIFT=0)
    too_low = learn(images, labels, LEARNING_RATE=0.2)
    too_high = learn(images, labels, LEARNING_RATE=20.0)
    shipped = learn(images, labels)  # last, because its weights are drawn
    draw_digits(*mnist_nn.split(images, labels)[2])
    draw_learning(shipped, unshifted, too_low, too_high)


if __name__ == "__main__":
    main()
