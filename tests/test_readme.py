"""What the README says of commands, figures and files is so, and its lines run."""

import ast
import gzip
import re

import numpy as np

from helpers import README, ROOT, SCRIPT, numbered_images, weights

TEXT = SCRIPT.read_text(encoding="utf-8")
MAKE = "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt"


def block(word):
    """Return the README's block of Python that contains a word."""
    blocks = re.findall(r"(?s)```python\n(.*?)```", README)
    (found,) = [block for block in blocks if word in block]
    return found


def test_the_requirements_are_those_that_the_readme_names():
    requirements = (ROOT / "requirements.txt").read_text(encoding="utf-8").split()
    assert len(requirements) == 2
    for requirement in requirements:
        assert f"`{requirement}`" in README


def test_each_command_stands_there_word_for_word():
    assert f"\n{MAKE} && .venv/bin/python mnist_nn.py\n" in README
    assert f"\n{MAKE} pytest && .venv/bin/python -m pytest\n" in README
    for path in re.findall(r"(?:python \S*|\]\()(tests/\S+?\.\w+)", README):
        assert (ROOT / path).exists(), path


def test_its_figures_about_the_files_are_right():
    import experiments
    import mutants

    flat = " ".join(README.split())
    assert f"in {len(mutants.MUTANTS)} ways" in flat
    assert f"of {len(mutants.MUTANTS)} mistakes" in flat
    table = README.split("## Things to try")[1].split("## ")[0]
    names = re.findall(r"(?m)^\| (.+?) \| [\d.]+ to ", table)
    assert names == [experiment[0] for experiment in experiments.EXPERIMENTS]
    for path in re.findall(r"!\[[^]]{50,}\]\(([^)]+)\)", README):
        assert (ROOT / path).stat().st_size < 80_000


def shape(line):
    """Return a line with 0 for each number and one space between words."""
    return " ".join(re.sub(r"-?\d[\d,.]*", "0", line).split())


def test_what_it_shows_the_script_prints(run):
    """The figures are those of MNIST: .ci/run compares them, where it has MNIST."""
    _, printed = run(EPOCHS=1)
    sample = README.split("print this, among other things:\n\n```\n")[1].split("```")[0]
    shapes = {shape(line) for line in printed.splitlines()}
    for line in sample.splitlines():
        assert shape(line) in shapes or line.strip() in ("...", ""), line


def test_weights_are_kept_and_brought_back(nn, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    nn.initialize_weights()
    nn.b1 += 1
    exec(block('np.savez("weights.npz"'), vars(nn))  # noqa: S102
    kept = weights(nn)
    nn.initialize_weights()
    exec(block("np.load"))  # noqa: S102
    import mnist_nn

    for w, before in zip(weights(mnist_nn), kept):
        assert (w == before).all()
    assert mnist_nn.forward(np.ones((3, 784), np.float32))[1].shape == (3, 10)


def test_the_four_original_files_become_mnist(nn, monkeypatch, folder):
    """Each has a header, of 16 or 8 bytes, and then the bytes of its arrays."""
    images, labels = numbered_images()
    for name, part in ("train", slice(60_000)), ("t10k", slice(60_000, None)):
        for kind, header, array in (
            ("images-idx3", 16, images),
            ("labels-idx1", 8, labels),
        ):
            content = bytes(header) + array[part].tobytes()
            path = folder / f"{name}-{kind}-ubyte.gz"
            path.write_bytes(gzip.compress(content, 1))
    monkeypatch.chdir(folder)
    exec(block("import gzip"), {})  # noqa: S102
    loaded_images, loaded_labels = nn.load_mnist()
    assert (loaded_images == images).all()
    assert (loaded_labels == labels).all()


def test_its_own_code_is_short():
    assert len(block("def recognize").splitlines()) <= 20
    assert len(block("import gzip").splitlines()) <= 10
    for code in re.findall(r"(?s)```python\n(.*?)```", README):
        ast.parse(code)
