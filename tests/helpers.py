"""What several test files use: the script as text, and what a run has printed."""

import re
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
SCRIPT = ROOT / "mnist_nn.py"
README = (ROOT / "README.md").read_text(encoding="utf-8")
NAMES = ("W1", "b1", "W2", "b2")


def text_with(**settings):
    """Return the text of the script, with other values for these settings."""
    text = SCRIPT.read_text(encoding="utf-8")
    for name, value in settings.items():
        text, found = re.subn(rf"(?m)^{name} = \S+", f"{name} = {value!r}", text)
        assert found == 1
    return text


def start(nn):
    """Give the script its first weights, and return them."""
    nn.W1, nn.b1, nn.W2, nn.b2 = nn.initialize_weights()
    return weights(nn)


def weights(nn):
    """Return the four arrays that are learned."""
    return nn.W1, nn.b1, nn.W2, nn.b2


def steps(output):
    """Return what each of the five steps printed, the first at position 1."""
    parts = re.split(r"(?m)^Step \d: .*$", output)
    assert len(parts) == 6
    return parts


def epochs(output):
    """Return epoch, rate, two losses and accuracy in %, from each line of training."""
    line = r"(?m)^ +(\d+) +([\d.]+) +([\d.]+) +([\d.]+) +([\d.]+)%$"
    return [tuple(map(float, row)) for row in re.findall(line, output)]


def figures(output, name):
    """Return number of images, loss and accuracy in % from a line of step 5."""
    found = re.search(rf"(?m)^{name} +([\d,]+) +([\d.]+) +([\d.]+)%$", output)
    images, loss, accuracy = found.groups()
    return int(images.replace(",", "")), float(loss), float(accuracy)


def numbered_images():
    """Return images and labels like MNIST's, whose first 4 pixels tell the number."""
    numbers = np.arange(70_000, dtype=np.uint32)
    images = np.zeros((70_000, 784), np.uint8)
    images[:, :4] = numbers.view(np.uint8).reshape(70_000, 4)
    return images, (numbers * 7 % 10).astype(np.uint8)


def numbers_of(X):
    """Return the numbers of the numbered images X, whose pixels are divided by 255."""
    pixels = np.round(X[:, :4] * 255).astype(np.uint8)
    return np.ascontiguousarray(pixels).view(np.uint32)[:, 0]
