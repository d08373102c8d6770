"""Measure on MNIST what the tables in the README and in answers.md claim.

    python tests/experiments.py              all rows, in about twenty minutes
    python tests/experiments.py tanh SHIFT   the rows with one of these words

It prints ranges over the seeds 0, 1 and 2, those of the accuracy rounded outward. They
depend a little on the processor, because each rounds sums in its own way. With
OPENBLAS_CORETYPE=Sandybridge, NumPy computes as on an older one.
"""

import contextlib
import io
import os
import re
import sys
from pathlib import Path
from types import ModuleType

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as in a run of the script
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
FILES = [ROOT / "mnist_nn.py", ROOT / "README.md", ROOT / "tests" / "answers.md"]
SCRIPT, README, ANSWERS = [path.read_text(encoding="utf-8") for path in FILES]


def rows(text):
    """Return for each change in a table the code above it, and the range it claims."""
    found, code = {}, ""
    piece = r"(?ms)^```python\n(.*?)^```|^\| ([^|\n]+) \| ([\d.]+) to ([\d.]+)%"
    for block, change, low, high in re.findall(piece, text):
        code = block or code
        if change:
            found[change] = code, float(low), float(high)
    return found


def network(change="", code="", seed=0, **names):
    """Return the script as a module, after a change like "`EPOCHS = 5`", and code."""
    text = SCRIPT
    for line in [*re.findall("`(.+?)`", change), f"SEED = {seed}"]:
        name = line.split(" = ")[0]
        text, found = re.subn(rf"(?m)^( *){name} = .*", rf"\1{line}", text)
        assert found == 1, line
    nn = ModuleType("mnist_nn")
    vars(nn).update(names)
    exec(text + code, vars(nn))  # noqa: S102
    return nn


def load_sets():
    """Return training, validation and test set of MNIST."""
    images, labels = network().load_mnist()
    if len(images) < 70_000:
        sys.exit("This needs MNIST, which cannot be had now.")
    return network().split(images, labels)


def train(sets, change="", code="", seed=0):
    """Return the trained network, and the numbers in the table that it printed."""
    nn = network(change, code, seed, X_train=sets[0][0], Y_train=sets[0][1])
    with contextlib.redirect_stdout(io.StringIO()) as output:
        nn.train(nn.X_train, nn.Y_train, *sets[1])
    lines = output.getvalue().replace("%", "").splitlines()[2:]
    return nn, np.array([line.split() for line in lines], float)


if __name__ == "__main__":
    sets = load_sets()
    for change, (code, *_) in (rows(README) | rows(ANSWERS)).items():
        if not any(word in change for word in sys.argv[1:] or [""]):
            continue
        try:
            ends = [train(sets, change, code, seed)[1][-1] for seed in range(3)]
            low, high = np.min(ends, axis=0), np.max(ends, axis=0)
            low[4], high[4] = np.floor(10 * low[4]) / 10, np.ceil(10 * high[4]) / 10
            print(f"| {change} | {low[4]} to {high[4]}% | losses", end=" ")
            print(f"{low[2]} to {high[2]}, {low[3]} to {high[3]} |", flush=True)
        except Exception as error:  # noqa: BLE001 (the other rows go on)
            print(f"| {change} | {error!a} |", flush=True)
