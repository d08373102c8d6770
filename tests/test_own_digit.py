"""The README's `recognize` reads a digit of one's own, in whatever way it was drawn.

The digits are test images, enlarged: MNIST's, if the environment variable MNIST names
the folder that holds them, as SCIKIT_LEARN_DATA would; or else scikit-learn's.
"""

import os
import re

import mnist_nn as nn
import numpy as np
import pytest
from scipy import ndimage

from helpers import README

Image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
MNIST = os.environ.get("MNIST")
LINES = next(part for part in README.split("```python\n") if "def recognize" in part)
exec(LINES.split("```")[0], vars(nn))  # noqa: S102


def page(ink, paper="white", pen="black", size=(400, 400), at=(60, 90), mode="RGB"):
    """Return a page on which the ink, a mask, is drawn."""
    picture = Image.new(mode, size, paper)
    picture.paste(pen, at, ink)
    return picture


def pictures(image):
    """Yield pairs (style, picture) for a test image."""
    grey = Image.fromarray(np.uint8(255 * image.reshape(28, 28))).resize((280, 280))
    ink = grey.point(lambda p: 255 * (p > 127))
    depth = ndimage.distance_transform_edt(ink)  # how far a pixel lies from the paper
    ridge = (depth > 3) & (depth > ndimage.maximum_filter(depth, 3) - 0.5)
    thin = Image.fromarray(ndimage.maximum_filter(ridge, 2))  # 2 pixels wide
    yield "thick", page(grey.point(lambda p: 255 * (p > 20)))
    yield "thin", page(thin)
    yield "thin, large page", page(thin, size=(1000, 800), at=(30, 500))
    yield "corner", page(ink.resize((70, 70)), size=(800, 600), at=(728, 2))
    yield "light on dark", page(ink, "#112233", "#ddddee")
    yield "transparent", page(ink, (0, 0, 0, 0), (0, 0, 0, 255), mode="RGBA")
    yield "palette", page(ink, "#ffffcc", "#2222aa").convert("P")
    yield "1 bit", page(ink, mode="1")
    yield "16 bits", Image.fromarray(np.uint16(page(ink, 230, 30, mode="L")) * 257)
    yield "tall", page(ink).resize((320, 400))
    yield "huge", page(ink.resize((1400, 1400)), size=(2000, 2000), at=(550, 50))
    yield "cropped", page(ink, at=(0, 0)).crop(ink.getbbox())
    noise = np.random.default_rng(0).normal(0, 15, (600, 800, 3))
    photo = np.asarray(page(ink, "#bbb8b5", "#444450", (800, 600))) + noise
    yield "photo", Image.fromarray(np.uint8(photo))
    turned = Image.fromarray(np.uint8(np.rot90(photo)))
    turned.getexif()[0x0112] = 6  # the camera's note: turn it clockwise
    yield "photo, turned", turned


def test_it_reads_nine_digits_of_ten_in_every_style(monkeypatch, capsys, tmp_path):
    monkeypatch.setenv("SCIKIT_LEARN_DATA", MNIST or "")
    monkeypatch.setattr(nn, "SEED", int(os.environ.get("SEED", "0")))
    images, labels = nn.load_mnist() if MNIST else nn.small_digits()
    if not MNIST:  # make the small digits smooth, and 20 pixels long like MNIST's
        small = images.reshape(-1, 28, 28)[:, 3:26:3, 3:26:3]
        large = [np.pad(Image.fromarray(i).resize((20, 20)), 4) for i in small]
        images = np.reshape(large, (-1, 784))
    train, validation, (X, Y) = nn.split(images, labels)
    nn.initialize_weights()
    nn.train(*train, *validation)
    monkeypatch.setattr(nn, "X_test", X, raising=False)
    monkeypatch.setattr(nn, "draw", lambda X: drawn.append(X))
    order = (nn.forward(X)[1] * Y).sum(axis=1).argsort()  # from worst to best read
    count, drawn = {}, []
    for digit in range(10):
        images = X[order][Y[order, digit] == 1]
        for style, picture in pictures(images[len(images) // 2]):
            path = tmp_path / ("digit.jpg" if "photo" in style else "digit.png")
            picture.save(path, exif=picture.getexif())
            capsys.readouterr()
            nn.recognize(path)
            printed = capsys.readouterr().out
            chances = [float(p) for p in re.findall(r"(?m)^\d: +(.*)%$", printed)]
            count[style] = count.get(style, 0) + (chances.index(max(chances)) == digit)
            assert ("not MNIST" in printed) == (not MNIST)
            square = drawn[-1].reshape(28, 28)
            left, top, right, bottom = Image.fromarray(square > 0.2).getbbox()
            assert 17 <= max(right - left, bottom - top) <= 22, style
            assert np.allclose(ndimage.center_of_mass(square), 14, atol=0.7), style
            assert square.min() == 0
            assert 0.95 < square.max() <= 1
    with capsys.disabled():
        print("\n" + "\n".join(f"{style:18}{n:3} of 10" for style, n in count.items()))
    assert min(count.values()) >= (9 if MNIST else 5)


@pytest.mark.parametrize("paper", ["white", "black", "#bbb8b5"])
def test_an_empty_page_is_refused_in_a_sentence(capsys, tmp_path, paper):
    Image.new("RGB", (300, 200), paper).save(tmp_path / "digit.png")
    nn.recognize(tmp_path / "digit.png")
    assert capsys.readouterr().out == "I see paper, but no ink.\n"
