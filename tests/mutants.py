"""Do the tests bite? Break the script on purpose, and see whether they notice.

    python tests/mutants.py

Each line of MUTANTS is a mistake that somebody could make: the test file that should
notice it, the text as it stands in mnist_nn.py, and what takes its place. One at a time
they are put into a copy of the script. The exit status tells how many were not noticed.
"""

import shutil
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TEXT = (ROOT / "mnist_nn.py").read_text(encoding="utf-8")

MUTANTS = [
    ("data", '"~/scikit_learn_data"', '"~/scikit_learn"'),
    ("data", "os.path.expanduser(folder)", "folder"),
    ("data", "version=1", "version=2"),
    ("data", 'parser="liac-arff"', 'parser="auto"'),
    ("data", "socket.setdefaulttimeout(7)", "socket.setdefaulttimeout(70)"),
    ("data", "socket.setdefaulttimeout(timeout)", "pass"),
    ("data", '(np.uint8, "C")', "(np.uint8)"),
    ("data", '["images"].reshape(70_000, 784)', '["images"]'),
    ("data", "os.replace(path", "str(path"),
    ("data", "except OSError", "except KeyError"),
    ("functions", 'over="ignore"', 'over="warn"'),
    ("functions", "np.exp(Z - largest)", "np.exp(Z)"),
    ("functions", "-np.log(p_true)", "-np.log2(p_true)"),
    ("functions", "np.maximum(p_true, 1e-37)", "np.maximum(p_true, 1e-3)"),
    ("functions", "1 / HIDDEN_UNITS**0.5", "1 / 784**0.5"),
    ("functions", "A1 = sigmoid(Z1)", "A1 = Z1"),
    ("functions", "_, Y_hat = forward(X)\n    right", "Y = Y[:10_000]; _, Y_hat = forward(X[:10_000])\n    right"),
    ("gradient", "dZ2 = (Y_hat - Y) / len(X)", "dZ2 = (Y_hat - Y) / BATCH_SIZE"),
    ("gradient", "db1 = dZ1.sum(axis=0)", "db1 = dZ1.sum()"),
    ("gradient", "dA1 * A1 * (1 - A1)", "dA1 * (1 - A1 * A1)"),
    ("gradient", "predicted - measured) < 1e-7", "predicted - measured) < 1e-3"),
    ("gradient", "name, predicted, measured in check", "name, measured, predicted in check"),
    ("gradient", "(array**2).sum() for", "abs(array).sum() for"),
    ("learning", "W1 -= rate * dW1", "W1 -= min(rate, 1.0) * dW1"),
    ("learning", "b2 -= rate * db2", "b2 += rate * db2"),
    ("learning", "order = rng.permutation(len(X_train))", "order = rng.integers(0, len(X_train), len(X_train))"),
    ("learning", "Y_train[batch], rate", "Y_train[: len(batch)], rate"),
    ("learning", "28 * down + right", "28 * right + right"),
    ("learning", "np.linspace(LEARNING_RATE, FINAL", "np.geomspace(LEARNING_RATE, FINAL"),
    ("learning", "permutation(val_end)", "permutation(len(images))"),
    ("learning", "default_rng(0)", "default_rng(SEED)"),
    ("learning", "train(X_train, Y_train, X_val, Y_val)\n    except", "train(X_val, Y_val, X_val, Y_val)\n    except"),
    ("script", "except KeyboardInterrupt", "except Exception"),
    ("script", "except KeyboardInterrupt", "except ZeroDivisionError"),
    ("script", "evaluate(X_val, Y_val)\n    print", "evaluate(X_test, Y_test)\n    print"),
    ("script", "    W1, b1, W2, b2 = initialize_weights()  # start", "    pass  # start"),
    ("script", "(Y_val.T @ one_hot(answer))", "(one_hot(answer).T @ Y_val)"),
    ("script", "Y_hat = forward(X_val)\n    truth", "Y_hat = forward(X_test)\n    truth"),
    ("script", 'if __name__ == "__main__":  # true', "if True:  # true"),
    ("script", "if len(X_test) < 10_000", "if len(X_test) <= 10_000"),
]  # fmt: skip


def tests_pass(names, text):
    """Return whether these test files pass with this text of the script."""
    with tempfile.TemporaryDirectory() as folder:
        shutil.copytree(ROOT / "tests", Path(folder, "tests"))
        shutil.copy(ROOT / "README.md", folder)
        Path(folder, "mnist_nn.py").write_text(text, encoding="utf-8")
        files = [f"tests/test_{name}.py" for name in names]
        command = [sys.executable, "-m", "pytest", "-xq", "-p", "no:cacheprovider"]
        done = subprocess.run(
            [*command, *files], cwd=folder, capture_output=True, text=True, check=False
        )
    if done.returncode not in (0, 1):
        sys.exit(f"The tests did not run:\n{done.stdout}{done.stderr}")
    return done.returncode == 0


def survives(mutant):
    """Return whether the tests pass although the script is broken."""
    name, old, new = mutant
    return tests_pass([name], TEXT.replace(old, new))


if __name__ == "__main__":
    for _, old, _ in MUTANTS:
        if TEXT.count(old) != 1:
            sys.exit(f"This does not stand in mnist_nn.py once: {old!r}")
    if not tests_pass(sorted({name for name, *_ in MUTANTS}), TEXT):
        sys.exit("The tests fail before anything is broken.")
    with ThreadPoolExecutor(2) as pool:
        survivors = [
            m for m, lives in zip(MUTANTS, pool.map(survives, MUTANTS)) if lives
        ]
    for name, old, new in survivors:
        print(f"test_{name}.py does not notice {new!r} for {old!r}")
    print(f"{len(MUTANTS) - len(survivors)} of {len(MUTANTS)} mistakes noticed")
    sys.exit(len(survivors))
