"""The README cannot drift: what it says of settings, versions and commands is so."""

import ast
import re

import pytest
from conftest import ROOT, SCRIPT

README = (ROOT / "README.md").read_text(encoding="utf-8")
TEXT = SCRIPT.read_text(encoding="utf-8")


def rows(heading):
    """Return the cells of the table under a heading, without its first two lines."""
    part = README.split(f"\n## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in part.splitlines() if line.startswith("|")][2:]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def metadata():
    """Return the inline metadata of the script (PEP 723) as {key: value}."""
    block = re.search(r"(?m)^# /// script\n((?:# .*\n)+?)# ///$", TEXT).group(1)
    lines = [line[2:].split(" = ", 1) for line in block.splitlines()]
    return {key: ast.literal_eval(value) for key, value in lines}


def requirements():
    return (ROOT / "requirements.txt").read_text(encoding="utf-8").split()


def test_the_script_and_requirements_name_the_same_packages():
    assert metadata()["dependencies"] == requirements()


def test_the_readme_names_the_same_versions():
    for requirement in requirements():
        assert f"`{requirement}`" in README
    python = metadata()["requires-python"]
    assert f"Python {python.lstrip('>=')} or later" in README


def test_every_setting_is_in_the_table_with_its_default(nn):
    names = re.findall(r"(?m)^([A-Z_]+) = ", TEXT.split("# %% ")[1])
    table = rows("Settings")
    assert [row[0] for row in table] == [f"`{name}`" for name in names]
    for name, row in zip(names, table):
        assert row[1] == repr(getattr(nn, name))


def test_the_ranges_in_the_table_are_those_that_are_checked(nn):
    for row in rows("Settings"):
        name = row[0].strip("`")
        good = getattr(nn, name)
        setattr(nn, name, None)
        with pytest.raises(SystemExit, match=f"it must be {row[3]}\\.$"):
            nn.check_settings()
        setattr(nn, name, good)
    nn.check_settings()


def test_settings_in_the_experiments_are_real_ones(nn):
    named = {
        m for row in rows("Things to try") for m in re.findall(r"[A-Z_]{4,}", row[0])
    }
    assert named <= {row[0].strip("`") for row in rows("Settings")}
    assert len(rows("Things to try")) >= 15


def test_each_command_stands_there_word_for_word():
    make = "python3 -m venv .venv && .venv/bin/pip install -r requirements.txt"
    blocks = re.findall(r"(?s)```\n(.*?)```", README)
    assert f"{make} && .venv/bin/python mnist_nn.py\n" in blocks
    assert f"{make} pytest && .venv/bin/python -m pytest\n" in blocks
    assert "uv run mnist_nn.py\n" in blocks
    for path in re.findall(r"python (\S+\.py)", README):
        assert (ROOT / path).exists(), path


def test_markdown_leaves_the_mathematics_alone():
    """An underscore between letters or digits is never emphasis; others may be."""
    for formula in re.findall(r"\$([^$\n]+)\$", README):
        assert not re.search(r"(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])", formula), formula
        assert not re.search(r"[*|<>`]|\\[^A-Za-z]", formula), formula
        assert formula == formula.strip()  # or GitHub does not see mathematics
    assert README.count("$") % 2 == 0


def test_its_numbers_of_weights_are_right(nn):
    nn.initialize_weights()
    first, second = nn.W1.size + nn.b1.size, nn.W2.size + nn.b2.size
    assert f"= {first:,} " in README
    assert f"= {second} " in README
    assert f"{first + second:,} to be learned" in README


def test_what_it_shows_the_script_prints(nn, capsys):
    """The shapes of the lines in the sample, in case the output changes."""
    nn.EPOCHS = 1
    nn.main()
    printed = capsys.readouterr().out.splitlines()

    def shape(line):
        return re.sub(r"\d", "0", line)

    sample = README.split("shortened:\n\n```\n")[1].split("```")[0].splitlines()
    shapes = {shape(line) for line in printed}
    for line in sample:
        if line.startswith(("epoch", "    1 ", "            rate", "Each is", "label")):
            assert shape(line) in shapes, line


def test_the_file_that_holds_mnist_is_named(nn):
    name = nn.cache_path().replace("\\", "/").split("/")[-1]
    assert f"`{name}`" in README


def test_every_mutant_still_has_its_place_in_the_script():
    """tests/mutants.py proves that the suite bites: see that it can go on doing so."""
    import mutants

    assert f"in {len(mutants.MUTANTS)} ways" in README
    for name, old, new in mutants.MUTANTS:
        assert TEXT.count(old) == 1, name
        assert old != new, name
