"""What the README says of settings, commands, figures and files is so."""

import ast
import re
import runpy

import numpy as np
import pytest
from conftest import ROOT, SCRIPT

README = (ROOT / "README.md").read_text(encoding="utf-8")
TEXT = SCRIPT.read_text(encoding="utf-8")
MAKE = "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt"


def rows(heading):
    """Return the cells of the first table under a heading, a list for each row."""
    part = README.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def metadata(key):
    """Return a value of the script's inline metadata, which tools such as uv read."""
    return ast.literal_eval(re.search(rf"(?m)^# {key} = (.*)$", TEXT).group(1))


def test_script_requirements_and_readme_name_the_same_versions():
    requirements = (ROOT / "requirements.txt").read_text(encoding="utf-8").split()
    assert metadata("dependencies") == requirements
    for requirement in requirements:
        assert f"`{requirement}`" in README
    assert f"Python {metadata('requires-python').lstrip('>=')} or later" in README


def test_every_setting_is_in_the_table_with_its_default(nn):
    names = re.findall(r"(?m)^([A-Z_]+) = ", TEXT)
    assert [row[0] for row in rows("Settings")] == [f"`{name}`" for name in names]
    for name, row in zip(names, rows("Settings")):
        assert row[1] == repr(getattr(nn, name))


def test_the_things_to_try_are_those_that_are_measured():
    import experiments

    names = [row[0] for row in rows("Things to try")]
    assert names == [experiment[0] for experiment in experiments.EXPERIMENTS]
    assert len(names) <= 10


def test_each_command_stands_there_word_for_word():
    assert f"\n{MAKE} && .venv/bin/python mnist_nn.py\n" in README
    assert f"\n{MAKE} pytest && .venv/bin/python -m pytest\n" in README
    for path in re.findall(r"python (\S+\.py)", README):
        assert (ROOT / path).exists(), path


def test_every_picture_is_there_is_small_and_has_a_text():
    pictures = re.findall(r"!\[([^]]+)\]\(([^)]+)\)", README)
    assert len(pictures) == 2
    for text, path in pictures:
        assert len(text) > 50
        assert (ROOT / path).stat().st_size < 80_000


def test_its_figures_about_the_files_are_right(nn):
    import mutants

    lines = len(TEXT.splitlines())
    assert abs(lines - int(re.search(r"in (\d+)\s+lines", README).group(1))) <= 10
    assert f"in {len(mutants.MUTANTS)} ways" in README.replace("\n", " ")
    assert "mnist_784.npz" in README
    assert "mnist_784.npz" in TEXT


def shape(line):
    """Return a line with 0 for each number and one space between words."""
    return " ".join(re.sub(r"[\d,]+", "0", line).split())


def test_what_it_shows_the_script_prints(nn, capsys):
    """All but the digits must agree, in case the output changes."""
    nn.EPOCHS = 1
    nn.main()
    printed = capsys.readouterr().out
    sample = README.split("print this, among other things:\n\n```\n")[1].split("```")[0]
    shapes = {shape(line) for line in printed.splitlines()}
    for line in sample.splitlines():
        assert shape(line) in shapes or line.strip() in ("...", ""), line


@pytest.mark.parametrize(("paper", "ink"), [("white", "black"), ("#223", "#dde")])
def test_its_lines_read_a_digit_that_somebody_drew(
    nn, capsys, monkeypatch, tmp_path, paper, ink
):
    """A thick nought, drawn in a corner of a page, dark on light and light on dark."""
    images = pytest.importorskip("PIL.Image", reason="Pillow is not installed")
    from PIL import ImageDraw

    page = images.new("RGB", (500, 400), paper)
    ImageDraw.Draw(page).ellipse((40, 60, 160, 240), outline=ink, width=26)
    page.save(tmp_path / "digit.png")
    monkeypatch.chdir(tmp_path)
    (X_train, Y_train), val, _ = nn.split(*nn.small_digits())
    nn.initialize_weights()
    nn.train(X_train, Y_train, *val)
    capsys.readouterr()
    lines = tmp_path / "lines.py"
    lines.write_text(README.split("```python\n")[1].split("```")[0], encoding="utf-8")
    names = runpy.run_path(str(lines), init_globals=vars(nn))
    printed = re.findall(r"(\d): +([\d.]+)%", capsys.readouterr().out)
    chances = [float(percent) for digit, percent in printed]
    assert [int(digit) for digit, percent in printed] == list(range(10))
    assert sum(chances) == pytest.approx(100, abs=1)
    assert np.argmax(chances) == 0
    square = names["X"][0]
    assert 1 >= square.max() > 0.9
    assert np.ptp(np.flatnonzero(square.any(axis=1))) == 19  # 20 rows of ink
    rows_and_columns = np.indices((28, 28)) * square
    centre = rows_and_columns.sum(axis=(1, 2)) / square.sum()
    np.testing.assert_allclose(centre, 14, atol=0.6)
