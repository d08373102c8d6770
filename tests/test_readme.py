"""The README tells the truth: what it shows is so, and its lines run."""

import gzip
import re

from helpers import README, ROOT, numbered_images
from mutants import MUTANTS

MAKE = "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt"


def test_its_commands_name_what_is_there():
    assert f"\n{MAKE} && .venv/bin/python mnist_nn.py\n" in README
    assert f"\n{MAKE} pytest && .venv/bin/python -m pytest\n" in README
    for path in re.findall(r"(?:python |\]\()(tests/\S+?\.\w+)", README):
        assert (ROOT / path).exists(), path
    assert f"makes {len(MUTANTS)} mistakes" in README
    requirements = (ROOT / "requirements.txt").read_text(encoding="utf-8").split()
    assert [f"`{line}`" in README for line in requirements] == [True, True]


def shape(line):
    """Return a line with 0 for each number and one space between words."""
    return " ".join(re.sub(r"-?\d[\d,.]*", "0", line).split())


def test_what_it_shows_the_script_prints(run):
    """The figures are those of MNIST: .ci/run compares them, where it has MNIST."""
    _, printed = run(EPOCHS=1)
    sample = re.search(r"(?s)\n(Step 3: .*?)```", README)[1]
    shapes = {shape(line) for line in printed.splitlines()}
    assert [s for s in map(shape, sample.splitlines()) if s not in shapes] == ["..."]


def test_the_four_original_files_become_mnist(nn, monkeypatch, folder):
    """Each has a header, of 16 or 8 bytes, and then the bytes of its arrays."""
    images, labels = numbered_images()
    contents = {
        "train-images-idx3-ubyte.gz": gzip.compress(
            bytes(16) + bytes(images[:60_000]), 1
        ),
        "t10k-images.idx3-ubyte": bytes(16) + bytes(images[60_000:]),
        "train-labels-idx1-ubyte": bytes(8) + bytes(labels[:60_000]),
        "t10k-labels-idx1-ubyte.gz": gzip.compress(bytes(8) + bytes(labels[60_000:])),
    }
    for name, content in contents.items():
        (folder / name).write_bytes(content)
    monkeypatch.chdir(folder)
    exec(re.search(r"(?s)```python\n(import gzip.*?)```", README)[1], {})  # noqa: S102
    loaded = nn.load_mnist()
    assert (loaded[0] == images).all() and (loaded[1] == labels).all()
