"""The README's recognize.py reads a digit of one's own, in whatever way it was drawn.

The digits are test images, enlarged: MNIST's, if the environment variable MNIST names
the folder that holds them, as SCIKIT_LEARN_DATA would; or else scikit-learn's.
"""

import os
import runpy
import sys
from pathlib import Path

import numpy as np
import pytest
from helpers import README
from scipy import ndimage

import mnist_nn as nn

Image = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
MNIST = os.environ.get("MNIST")


def page(ink, paper="white", pen="black", size=(200, 200), at=(50, 40), mode="RGB"):
    """Return a page on which the ink, a mask, is drawn."""
    picture = Image.new(mode, size, paper)
    picture.paste(pen, at, ink)
    return picture


def pictures(image, rng):
    """Yield pairs (style, picture) for a test image."""
    grey = Image.fromarray(np.uint8(255 * image.reshape(28, 28))).resize((140, 140))
    ink = grey.point(lambda p: 255 * (p > 127))
    depth = ndimage.distance_transform_edt(ink)  # how far a pixel lies from the paper
    ridge = (depth > 2) & (depth > ndimage.maximum_filter(depth, 3) - 0.5)
    small = ink.resize((70, 70))
    yield "thick", page(grey.point(lambda p: 255 * (p > 20)))
    yield "thin", page(Image.fromarray(ndimage.maximum_filter(ridge, 3)))
    yield "tiny", page(small, size=(1000, 800), at=(700, 300))
    yield "huge", page(ink.resize((260, 260)), at=(-30, -30))
    yield "corner", page(small, size=(400, 300), at=(-5, 235))
    yield "light on dark", page(ink, "#112233", "#ddddee")
    yield "coloured", page(ink, "#ffddaa", "#2266ee")
    yield "transparent", page(ink, (0, 0, 0, 0), (0, 0, 0, 255), mode="RGBA")
    yield "palette", page(ink, "#ffffcc", "#2222aa").convert("P")
    pixels = np.asarray(page(ink, 230, 30, mode="L"))
    yield "10 of 16 bits", Image.fromarray(np.uint16(pixels) * 4)
    yield "faint", page(ink, "#e0e0e0", "#b8b8b8")
    shade = np.linspace(0.6, 1, 200)[:, None] * np.asarray(page(ink, 210, 60, mode="L"))
    photo = Image.fromarray(np.uint8(shade + rng.normal(0, 10, shade.shape)))
    yield "noise and shade", photo
    turned = photo.transpose(Image.Transpose.ROTATE_90)
    turned.getexif()[0x0112] = 6  # the camera's note: turn it clockwise
    yield "photo, turned", turned
    for style, box in {
        "speck": (15, 20, 18, 23),
        "second stroke": (25, 150, 29, 165),
        "table edge": (0, 0, 30, 200),
        "margin line": (30, 0, 32, 200),
    }.items():
        marked = page(ink)
        marked.paste("black", box)
        yield style, marked
    ruled = np.array(page(ink))
    ruled[10::25] = ruled[:, 195] = [60, 90, 160]
    yield "ruled", Image.fromarray(ruled)
    yield "cropped", page(ink, at=(0, 0)).crop(ink.getbbox())


@pytest.fixture
def script(monkeypatch, tmp_path, capsys):
    """Return a function that calls recognize.py, and returns the lines it prints."""
    block = next(b for b in README.split("```python\n") if "def read(path)" in b)
    (tmp_path / "recognize.py").write_text(block.split("```")[0], encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for name in "W1", "b1", "W2", "b2":  # so that each test begins untrained
        monkeypatch.setattr(nn, name, getattr(nn, name).copy())

    def script(*files):
        monkeypatch.setattr(sys, "argv", ["recognize.py", *files])
        monkeypatch.setitem(sys.modules, "mnist_nn", nn)
        runpy.run_path("recognize.py")
        return capsys.readouterr().out.splitlines()

    return script


def test_it_reads_digits_in_every_style(script, monkeypatch, capsys):
    monkeypatch.setenv("SCIKIT_LEARN_DATA", MNIST or "")
    images, labels = nn.load_mnist() if MNIST else nn.small_digits()
    if not MNIST:  # make the small digits smooth, and 20 pixels long like MNIST's
        small = images.reshape(-1, 28, 28)[:, 3:26:3, 3:26:3]
        large = [np.pad(Image.fromarray(i).resize((20, 20)), 4) for i in small]
        images = np.reshape(large, (-1, 784))
    train, validation, (X, Y) = nn.split(images, labels)
    nn.W1, nn.b1, nn.W2, nn.b2 = nn.initialize_weights()
    nn.train(*train, *validation)
    np.savez("weights.npz", W1=nn.W1, b1=nn.b1, W2=nn.W2, b2=nn.b2)
    order = (nn.forward(X)[1] * Y).sum(axis=1).argsort()  # from worst to best read
    files, right, rng = [], {}, np.random.default_rng(0)
    for digit in range(10):
        chosen = X[order][Y[order, digit] == 1]
        for style, picture in pictures(chosen[len(chosen) // 2], rng):
            files.append(f"{style} {digit}.tiff")
            picture.save(files[-1], exif=picture.getexif())
    answers = dict(line.split(": ") for line in script(*files) if ".tiff: " in line)
    for file in files:
        style, digit = file[:-7], file[-6]
        right[style] = right.get(style, 0) + (answers[file][0] == digit)
    with capsys.disabled():
        print("", *[f"{style:16}{n:3} of 10" for style, n in right.items()], sep="\n")
    assert min(right.values()) >= (9 if MNIST else 5)


def test_it_trains_once_and_keeps_only_what_mnist_taught(script, monkeypatch):
    images, labels = np.zeros((70_000, 784), np.uint8), np.zeros(70_000, np.uint8)
    trained = []
    monkeypatch.setattr(nn, "train", lambda *data: trained.append(len(data[0])))
    monkeypatch.setattr(nn, "load_mnist", nn.small_digits)
    script()
    monkeypatch.setattr(nn, "load_mnist", lambda: (images, labels))
    nn.b2[:] = range(10)
    script()
    nn.b2[:] = 0
    script()
    assert trained == [1155, 45_000]
    assert (nn.b2 == range(10)).all()


def test_a_picture_without_a_digit_is_answered_and_the_next_one_read(script):
    np.savez("weights.npz", W1=nn.W1, b1=nn.b1, W2=nn.W2, b2=nn.b2)
    grain = np.random.default_rng(0).normal(180, 15, (400, 400))
    shade = np.linspace(90, 220, 400) + np.zeros((400, 1))
    empty = [np.full((20, 30), value) for value in (255, 0)] + [grain, shade]
    for number, pixels in enumerate(empty):
        Image.fromarray(np.uint8(pixels)).save(f"{number}.png")
    Path("photo.heic").write_text("no picture", encoding="utf-8")
    page(Image.new("1", (8, 50), 1)).save("one.png")
    names = [f"{n}.png" for n in range(4)]
    lines = script("photo.heic", "missing.png", *names, "one.png")
    assert lines[0].startswith("photo.heic: cannot identify image file")
    assert lines[1].startswith("missing.png: [Errno 2] No such file")
    assert lines[2:6] == [f"{name}: I see paper, but no ink." for name in names]
    assert lines[-1].startswith("one.png: ")
