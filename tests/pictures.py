"""Make the README's pictures from real runs on MNIST.

    python tests/pictures.py

It trains nine networks, in two minutes, and writes digits.png and learning.png beside
this file. It needs matplotlib: python -m pip install matplotlib
"""

import contextlib
import io
import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent))
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as in a run of the script

import matplotlib as mpl
import mnist_nn
import numpy as np

mpl.use("Agg")  # draw into files, without a screen
import matplotlib.pyplot as plt
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.ticker import NullLocator
from PIL import Image  # comes with matplotlib

# With a background of its own, a picture can be read on white and on dark pages. The
# color-blind can tell blue from orange and from red.
BACKGROUND, PAPER, INK, GREY = "#f4efe4", "#fdfbf6", "#1f2a36", "#8a8a86"
BLUE, ORANGE, RED = "#0b62a4", "#c85200", "#b2182b"
PAPER_TO_INK = LinearSegmentedColormap.from_list("ink", [PAPER, INK])
BLUE_TO_RED = LinearSegmentedColormap.from_list("weights", [BLUE, PAPER, RED])
TITLE = {"size": 15, "weight": "bold"}
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
        "axes.titlesize": 14,
        "axes.titleweight": "bold",
        "font.size": 12,
        "text.color": INK,
        "xtick.labelcolor": INK,
        "xtick.color": GREY,
        "ytick.labelcolor": INK,
        "ytick.color": GREY,
    }
)


def learn(data, **settings):
    """Train with seeds 2, 1 and 0, the shipped settings but for these, on these data.

    Return the histories, (3, 40, 6): epoch, rate, training loss, validation loss,
    accuracy, seconds.
    """
    shipped = {name: getattr(mnist_nn, name) for name in ("SEED", *settings)}
    histories = []
    for seed in (2, 1, 0):
        print("training with", settings, "and seed", seed, file=sys.stderr)
        vars(mnist_nn).update(settings, SEED=seed)
        mnist_nn.initialize_weights()
        with contextlib.redirect_stdout(io.StringIO()):
            histories.append(mnist_nn.train(*data[0], *data[1]))
    vars(mnist_nn).update(shipped)
    return np.array(histories)


def draw_digits(X, Y):
    """Draw digits that were recognized and digits that were not, above hidden units."""
    _, Y_hat = mnist_nn.forward(X)
    true, answer, sure = Y.argmax(axis=1), Y_hat.argmax(axis=1), Y_hat.max(axis=1)
    wrong = np.flatnonzero(true != answer)
    worst = wrong[(Y_hat * Y).sum(axis=1)[wrong].argsort()][:3]
    digits = [
        np.flatnonzero((true == digit) & (answer == digit))[0] for digit in (7, 2, 4)
    ]
    # The units with the largest weights in layer 1: there the strokes are clearest
    units = np.argsort(-(mnist_nn.W1**2).sum(axis=0))[:6]

    figure, axes = plt.subplots(2, 6, figsize=(9, 5))
    figure.subplots_adjust(0.015, 0.1, 0.985, 0.9, wspace=0.08, hspace=0.62)
    for axis, i in zip(axes[0], [*digits, *worst], strict=True):
        axis.imshow(X[i].reshape(28, 28), PAPER_TO_INK)
        axis.set_xlabel(f"a {true[i]}, read as {answer[i]}\n{sure[i]:.1%} sure")
    for axis, j in zip(axes[1], units, strict=True):
        weights, W2 = mnist_nn.W1[:, j], mnist_nn.W2[j]
        limit = 0.5 * abs(weights).max()
        axis.imshow(weights.reshape(28, 28), BLUE_TO_RED, vmin=-limit, vmax=limit)
        axis.set_xlabel(f"helps the {W2.argmax()},\nhurts the {W2.argmin()}")
    for axis in axes.flat:
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_visible(False)
    figure.text(0.015, 0.94, "Recognized", **TITLE)
    figure.text(0.505, 0.94, "Mistaken, and sure of it", **TITLE)
    figure.text(0.015, 0.455, "Six hidden units and their weights", **TITLE)
    figure.text(
        0.985, 0.455, "ink on red raises the sum,", color=RED, ha="right", va="bottom"
    )
    figure.text(0.985, 0.455, "ink on blue lowers it", color=BLUE, ha="right", va="top")
    save(figure, "digits.png")


def curves(axis, x, histories, style, color):
    """Draw three histories faintly, and the one of seed 0, the last, clearly."""
    for history in histories[:2]:
        axis.plot(x, history, style, color=color, linewidth=1, alpha=0.35)
    axis.plot(x, histories[2], style, color=color, linewidth=2)


def draw_learning(shipped, unshifted, too_high):
    """Draw the loss with and without the shift, and the mistakes for two rates."""
    x = shipped[0, :, 0]
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.8))
    figure.subplots_adjust(0.075, 0.13, 0.86, 0.87, wspace=1.05)

    left.set_title("Without shifts, it memorizes")
    curves(left, x, shipped[:, :, 2], ":", BLUE)
    curves(left, x, shipped[:, :, 3], "-", BLUE)
    curves(left, x, unshifted[:, :, 2], ":", ORANGE)
    curves(left, x, unshifted[:, :, 3], "-", ORANGE)
    left.set(yscale="log", ylabel="loss (logarithmic scale)")
    left.set_yticks([0.01, 0.03, 0.1, 0.3], ["0.01", "0.03", "0.1", "0.3"])
    name(left, unshifted[2, -1, 3], 4, "no shift, validation", ORANGE)
    name(left, shipped[2, -1, 3], 2, "shift, validation", BLUE)
    name(left, shipped[2, -1, 2], -12, "shift, training", BLUE)
    name(left, unshifted[2, -1, 2], -4, "no shift, training", ORANGE)

    right.set_title("Too high a rate")
    curves(right, x, 100 * shipped[:, :, 4], "-", BLUE)
    curves(right, x, 100 * too_high[:, :, 4], "-", ORANGE)
    right.set(ylim=(80, 100), yticks=range(80, 101, 5))
    right.set_ylabel("validation accuracy in %")
    name(right, 100 * shipped[2, -1, 4], -2, "rate 2 at first", BLUE)
    name(right, 100 * too_high[2, -1, 4], -10, "rate 10 at first", ORANGE)

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
    data = mnist_nn.split(*mnist_nn.load_mnist())
    unshifted = learn(data, MAX_SHIFT=0)
    too_high = learn(data, LEARNING_RATE=10.0)
    shipped = learn(data)  # last, because the weights of its seed 0 are drawn
    draw_digits(*data[2])
    draw_learning(shipped, unshifted, too_high)


if __name__ == "__main__":
    main()
