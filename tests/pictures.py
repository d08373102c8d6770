"""Make the README's pictures, digits.png and learning.png, from real runs on MNIST.

    python tests/pictures.py

This trains nine networks, in two minutes, and needs matplotlib.
"""

import matplotlib.pyplot as plt
import numpy as np
from experiments import ROOT, load_sets, train
from matplotlib.colors import LinearSegmentedColormap
from PIL import Image  # comes with matplotlib

# With a background of its own, a picture can be read on white and on dark pages. The
# color-blind can tell blue from orange and from red.
BACKGROUND, PAPER, INK, GREY = "#f4efe4", "#fdfbf6", "#1f2a36", "#8a8a86"
BLUE, ORANGE, RED = "#0b62a4", "#c85200", "#b2182b"
PAPER_TO_INK = LinearSegmentedColormap.from_list("ink", [PAPER, INK])
BLUE_TO_RED = LinearSegmentedColormap.from_list("weights", [BLUE, PAPER, RED])
TITLE = {"size": 15, "weight": "bold"}
STYLE = {"figure.dpi": 150, "font.size": 12, "text.color": INK, "axes.labelcolor": INK}
STYLE |= dict.fromkeys(["figure.facecolor", "axes.facecolor"], BACKGROUND)
STYLE |= dict.fromkeys(["axes.edgecolor", "xtick.color", "ytick.color"], GREY)
STYLE |= dict.fromkeys(["xtick.labelcolor", "ytick.labelcolor"], INK)
STYLE |= dict.fromkeys(["axes.spines.top", "axes.spines.right"], False)
plt.rcParams.update(STYLE)


def draw_digits(nn, X, Y):
    """Draw images that were recognized and that were not, above six hidden units."""
    _, Y_hat = nn.forward(X)
    truth, answer, sure = Y.argmax(axis=1), Y_hat.argmax(axis=1), Y_hat.max(axis=1)
    right = [np.flatnonzero((truth == k) & (answer == k))[0] for k in (7, 2, 4)]
    p_true = (Y * Y_hat).sum(axis=1) + (truth == answer)  # above 1 if recognized
    worst = p_true.argsort()[:3]
    units = (-(nn.W1**2).sum(axis=0)).argsort()[:6]  # where the strokes are clearest

    figure, axes = plt.subplots(2, 6, figsize=(9, 5))
    figure.subplots_adjust(0.015, 0.1, 0.985, 0.9, wspace=0.08, hspace=0.62)
    for axis, r in zip(axes[0], [*right, *worst]):
        axis.imshow(X[r].reshape(28, 28), PAPER_TO_INK)
        axis.set_xlabel(f"a {truth[r]}, read as {answer[r]}\n{sure[r]:.1%} sure")
    for axis, j in zip(axes[1], units):
        weights = nn.W1[:, j].reshape(28, 28)
        limit = abs(weights).max() / 2
        axis.imshow(weights, BLUE_TO_RED, vmin=-limit, vmax=limit)
        helped, hurt = nn.W2[j].argmax(), nn.W2[j].argmin()
        axis.set_xlabel(f"helps the {helped},\nhurts the {hurt}")
    for axis in axes.flat:
        axis.set(xticks=[], yticks=[])
        axis.spines[:].set_visible(False)
    figure.text(0.015, 0.94, "Recognized", **TITLE)
    figure.text(0.505, 0.94, "Mistaken, and sure of it", **TITLE)
    figure.text(0.015, 0.455, "Six hidden units and their weights", **TITLE)
    figure.text(0.985, 0.47, "ink on red raises the sum,", color=RED, ha="right")
    figure.text(0.985, 0.435, "ink on blue lowers it", color=BLUE, ha="right")
    save(figure, "digits.png")


def draw_learning(shipped, unshifted, too_high):
    """Draw the losses with and without the shift, and the accuracy for two rates."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(10, 4.8))
    figure.subplots_adjust(0.08, 0.13, 0.86, 0.87, wspace=1.08)
    left.set_title("Without shifts, it memorizes", TITLE, loc="left", pad=14)
    left.set(yscale="log", ylabel="loss (logarithmic scale)")
    left.set_yticks([0.01, 0.03, 0.1, 0.3], ["0.01", "0.03", "0.1", "0.3"])
    left.minorticks_off()
    curves(left, unshifted, 3, "-", ORANGE, 4, "no shift, validation")
    curves(left, shipped, 3, "-", BLUE, 2, "shift, validation")
    curves(left, shipped, 2, ":", BLUE, -12, "shift, training")
    curves(left, unshifted, 2, ":", ORANGE, -4, "no shift, training")
    right.set_title("Too high a rate", TITLE, loc="left", pad=14)
    right.set(ylim=(80, 100), yticks=range(80, 101, 5), ylabel="validation accuracy, %")
    curves(right, shipped, 4, "-", BLUE, -2, "rate 2 at first")
    curves(right, too_high, 4, "-", ORANGE, -10, "rate 10 at first")
    save(figure, "learning.png")


def curves(axis, tables, column, style, color, up, name):
    """Draw a curve for each seed, the last one clearly, and write a name beside it."""
    for table, width, alpha in zip(tables, (1, 1, 2), (0.35, 0.35, 1)):
        y = table[:, column]
        axis.plot(range(1, 41), y, style, color=color, linewidth=width, alpha=alpha)
    axis.annotate(name, (40, y[-1]), (6, up), textcoords="offset points", color=color)
    axis.grid(axis="y", color=GREY, alpha=0.25)
    axis.set(xlabel="epoch", xlim=(1, 40), xticks=[1, 10, 20, 30, 40])


def save(figure, filename):
    """Save the figure beside this file, in 256 colors, which keeps the file small."""
    figure.canvas.draw()
    pixels = np.asarray(figure.canvas.buffer_rgba())[:, :, :3]
    Image.fromarray(pixels).quantize().save(ROOT / "tests" / filename, optimize=True)


def learn(sets, change=""):
    """Return the network of seed 0, and the tables of the seeds 2, 1 and 0."""
    runs = [train(sets, change, seed=seed) for seed in (2, 1, 0)]
    return runs[-1][0], [table for _, table in runs]


if __name__ == "__main__":
    sets = load_sets()
    _, unshifted = learn(sets, "`MAX_SHIFT = 0`")
    _, too_high = learn(sets, "`LEARNING_RATE = 10.0`")
    nn, shipped = learn(sets)
    draw_digits(nn, *sets[1])
    draw_learning(shipped, unshifted, too_high)
