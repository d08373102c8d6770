"""Does the suite bite? Break the script on purpose and see that the tests fail.

    python tests/mutants.py          all of them, some minutes
    python tests/mutants.py shift    those whose name contains "shift"

Each line of MUTANTS is a mistake that somebody could make: a name, the text as it
stands in mnist_nn.py, and what takes its place. One at a time they are put into a
copy of the project, and the tests are run there. The table printed says which test
noticed first. The exit status is the number of mutants that nobody noticed.
"""

import concurrent.futures
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

MUTANTS = [
    # Step 1: load the data
    ("label out of range let pass", "if not np.isin(labels, range(10)).all():", "if 0:"),
    ("one-hot in float64", "np.eye(10, dtype=np.float32)[labels", "np.eye(10)[labels"),
    ("pixels scaled by 256", "np.divide(images, 255", "np.divide(images, 256"),
    ("pixels in float64", "255, dtype=np.float32)", "255, dtype=np.float64)"),
    ("test images shuffled into training", "n_rest = len(X) - len(X) // 7", "n_rest = len(X)"),
    ("test images trained on", ".permutation(n_rest)", ".permutation(len(X))"),
    ("validation within training", "train, val = np.split(order, [n_rest * 3 // 4])", "train, val = order, order[n_rest * 3 // 4 :]"),
    ("split 4 to 1", "n_rest * 3 // 4", "n_rest * 4 // 5"),
    ("split not shuffled", "order = np.random.default_rng(SEED).permutation(n_rest)", "order = np.arange(n_rest)"),
    ("split ignores the seed", "order = np.random.default_rng(SEED)", "order = np.random.default_rng(0)"),
    ("labels of another part", "(X[val], Y[val])", "(X[val], Y[train[: len(val)]])"),
    # Step 2: the functions
    ("sigmoid of the wrong sign", "1 / (1 + np.exp(-z))", "1 / (1 + np.exp(z))"),
    ("sigmoid warns of overflow", '    with np.errstate(over="ignore"):  # e^1000', '    with np.errstate(over="warn"):  # e^1000'),
    ("softmax overflows", "np.exp(z - z.max(axis=1, keepdims=True))", "np.exp(z)"),
    ("softmax subtracts in place", "e = np.exp(z - z.max(axis=1, keepdims=True))", "z -= z.max(axis=1, keepdims=True); e = np.exp(z)"),
    ("softmax over the columns", "e / e.sum(axis=1, keepdims=True)", "e / e.sum(axis=0, keepdims=True)"),
    ("softmax over everything", "e / e.sum(axis=1, keepdims=True)", "e / e.sum()"),
    ("log of zero", "np.log(np.maximum(Y_hat, tiny))", "np.log(Y_hat)"),
    ("sum for mean in the loss", ".sum() / len(Y))", ".sum())"),
    ("mean over all entries", ".sum() / len(Y))", ".mean())"),
    ("loss of the wrong sign", "float(-(Y * np.log", "float((Y * np.log"),
    ("the two-class formula", "return float(-(Y * np.log(np.maximum(Y_hat, tiny))).sum() / len(Y))", "return float(-(Y * np.log(np.maximum(Y_hat, tiny)) + (1 - Y) * np.log(np.maximum(1 - Y_hat, tiny))).sum() / len(Y))"),
    # Step 3: gradient descent
    ("weights start at zero", "W1 = rng.normal(0, 784**-0.5, (784, HIDDEN_UNITS))", "W1 = np.zeros((784, HIDDEN_UNITS))"),
    ("weights start large", "rng.normal(0, 784**-0.5,", "rng.normal(0, 20 * 784**-0.5,"),
    ("weights in float64", "(HIDDEN_UNITS, 10)).astype(np.float32)", "(HIDDEN_UNITS, 10))"),
    ("weights ignore the seed", "    rng = np.random.default_rng(SEED)\n    W1", "    rng = np.random.default_rng()\n    W1"),
    ("bias b1 forgotten", "Z1 = X @ W1 + b1", "Z1 = X @ W1"),
    ("bias b2 forgotten", "Z2 = A1 @ W2 + b2", "Z2 = A1 @ W2"),
    ("sigmoid forgotten", "A1 = sigmoid(Z1)", "A1 = Z1"),
    ("dZ2 of the wrong sign", "dZ2 = (Y_hat - Y)", "dZ2 = (Y - Y_hat)"),
    ("mean over the batch missing", "(Y_hat - Y) / len(X)", "(Y_hat - Y)"),
    ("divided by the outputs", "(Y_hat - Y) / len(X)", "(Y_hat - Y) / Y.size"),
    ("db2 over the wrong axis", "db2 = dZ2.sum(axis=0)", "db2 = dZ2.sum(axis=1)"),
    ("db2 a mean", "db2 = dZ2.sum(axis=0)", "db2 = dZ2.mean(axis=0)"),
    ("db1 a mean", "db1 = dZ1.sum(axis=0)", "db1 = dZ1.mean(axis=0)"),
    ("A1 (1 - A1) left out", "dZ1 = dA1 * A1 * (1 - A1)  #", "dZ1 = dA1  #"),
    ("derivative of tanh", "dA1 * A1 * (1 - A1)  #", "dA1 * (1 - A1 * A1)  #"),
    ("a transpose forgotten", "dA1 = dZ2 @ W2.T  #", "dA1 = dZ2 @ W2.reshape(10, -1)  #"),
    ("dW1 scaled", "dW1 = X.T @ dZ1", "dW1 = X.T @ dZ1 / 2"),
    ("uphill", "W1 -= rate * dW1", "W1 += rate * dW1"),
    ("b1 never moves", "    b1 -= rate * db1\n", ""),
    ("b2 never moves", "    b2 -= rate * db2\n", ""),
    ("W2 at half the rate", "W2 -= rate * dW2", "W2 -= rate / 2 * dW2"),
    # Step 4: training
    ("rate does not fall", "LEARNING_RATE + progress *", "LEARNING_RATE + 0 *"),
    ("rate stops short of the last", "max(EPOCHS - 1, 1)", "max(EPOCHS, 1)"),
    ("one epoch divides by zero", "max(EPOCHS - 1, 1)", "(EPOCHS - 1)"),
    ("no shift at all", "return views[np.arange(n), down, across]", "return views[np.arange(n), 0 * down + m, 0 * across + m]"),
    ("shift one pixel short", "rng.integers(0, 2 * m + 1, (2, n))", "rng.integers(0, 2 * m, (2, n))"),
    ("shift only diagonal", "views[np.arange(n), down, across]", "views[np.arange(n), down, down]"),
    ("shift the batch as one", "views[np.arange(n), down, across]", "views[np.arange(n), down[0], across[0]]"),
    ("shift wraps ink around", "return views[np.arange(n), down, across].reshape(n, 784)", "return np.roll(X.reshape(n, 28, 28), (down[0] - m, across[0] - m), (1, 2)).reshape(n, 784)"),
    ("shift by 28 allowed", '("MAX_SHIFT", int, 0, 27)', '("MAX_SHIFT", int, 0, 28)'),
    ("order not shuffled", "order = rng.permutation(n)\n", "order = np.arange(n)\n"),
    ("drawn with repeats", "order = rng.permutation(n)\n", "order = rng.integers(0, n, n)\n"),
    ("last small batch dropped", "range(0, n, BATCH_SIZE)", "range(0, n - BATCH_SIZE + 1, BATCH_SIZE)"),
    ("batches overlap", "order[start : start + BATCH_SIZE]", "order[start : start + BATCH_SIZE + 1]"),
    ("labels not shuffled along", "shift(X_train[batch], rng), Y_train[batch]", "shift(X_train[batch], rng), Y_train[start : start + len(batch)]"),
    ("loss a mean of batches", "* len(batch) / n", "* BATCH_SIZE / n"),
    ("evaluation learns", "    _, Y_hat = forward(X)\n    right", "    descend(X, Y, 0.1)\n    _, Y_hat = forward(X)\n    right"),
    ("accuracy of the wrong axis", "right = Y_hat.argmax(axis=1) == Y.argmax(axis=1)", "right = Y_hat.argmax(axis=0) == Y.argmax(axis=0)"),
    ("validation set trained on", "loss = train_epoch(X_train, Y_train, rate, rng)", "loss = train_epoch(X_train, Y_train, rate, rng); train_epoch(X_val, Y_val, rate, rng)"),
    ("same order in every epoch", "            rate = learning_rate(epoch)\n", "            rate = learning_rate(epoch)\n            rng = np.random.default_rng(SEED)\n"),
    ("training without the seed", "    rng = np.random.default_rng(SEED)\n    print", "    rng = np.random.default_rng()\n    print"),
    ("NaN let pass", "if not np.isfinite(loss + val_loss):", "if False:"),
    ("NumPy warns in training", '            with np.errstate(all="ignore"):  # what', '            with np.errstate(all="warn"):  # what'),
    ("Ctrl-C loses the training", "    except KeyboardInterrupt:\n        print(\"\\nTraining", "    except ZeroDivisionError:\n        print(\"\\nTraining"),
    # Step 5: performance
    ("confusion matrix transposed", "(Y.argmax(axis=1), Y_hat.argmax(axis=1)), 1)", "(Y_hat.argmax(axis=1), Y.argmax(axis=1)), 1)"),
    ("confusion counts each pair once", "np.add.at(matrix, (Y.argmax(axis=1), Y_hat.argmax(axis=1)), 1)", "matrix[Y.argmax(axis=1), Y_hat.argmax(axis=1)] += 1"),
    ("validation figures under test", '("test", X_test, Y_test)', '("test", X_val, Y_val)'),
    ("the least sure mistakes shown", "np.argsort(-sure[wrong])", "np.argsort(sure[wrong])"),
    ("right answers shown as mistakes", "wrong = np.flatnonzero(true != read)", "wrong = np.flatnonzero(true == read)"),
    # Behind the scenes
    ("True counts as a number", " and not isinstance(value, bool)", ""),
    ("NaN counts as a rate", "if not (is_number and low <= value <= high):", "if not is_number or value < low or value > high:"),
    ("settings checked too late", "    check_settings()\n    try:", "    try:"),
    ("pandas needed", 'parser="liac-arff"', 'parser="auto"'),
    ("server waited for without end", "    socket.setdefaulttimeout(PATIENCE)\n", ""),
    ("patience not restored", "        socket.setdefaulttimeout(usual_patience)\n", "        pass\n"),
    ("library warnings shown", '            warnings.simplefilter("ignore")\n', ""),
    ("bad old files not by-passed", "return download(cache=False)", "return download(cache=True)"),
    ("silent server asked again", "except (MemoryError, TimeoutError):", "except MemoryError:"),
    ("memory asked for again", "except (MemoryError, TimeoutError):", "except TimeoutError:"),
    ("unreachable server asked again", "if type(error) is URLError:", "if False:"),
    ("an except that hides Ctrl-C", "    except Exception as error:\n        raise RuntimeError", "    except BaseException as error:\n        raise RuntimeError"),
    ("network errors not caught", "    except Exception as error:\n        raise RuntimeError(one_line", "    except ZeroDivisionError as error:\n        raise RuntimeError(one_line"),
    ("downloaded labels unchecked", "if not (same and np.array_equal(np.unique(table[:, 784]), np.arange(10))):", "if not same:"),
    ("downloaded pixels unchecked", "if not (same and ", "if not ("),
    ("damaged cache kept", "return table if np.array_equal(kept[-4:], checksum(table)) else None", "return table"),
    ("cache of a wrong size kept", "np.fromfile(cache_path(), np.uint8)\n        table = kept[:-4].reshape(MNIST_SHAPE)", "np.fromfile(cache_path(), np.uint8)\n        return np.resize(kept, MNIST_SHAPE)"),
    ("cache errors not caught", "    except (OSError, ValueError, MemoryError):", "    except MemoryError:"),
    ("cache never read", "    table = read_cache()\n", "    table = None\n"),
    ("cache never written", "            write_cache(table)\n", "            pass\n"),
    ("stand-in kept as MNIST", "            table = stand_in_digits()\n", "            table = stand_in_digits()\n            write_cache(table)\n"),
    ("cache written in place", "            aside = os.path.join(folder, \"mnist\")\n", "            aside = path\n"),
    ("a full disk ends the program", "    except OSError as error:\n        print(one_line", "    except ZeroDivisionError as error:\n        print(one_line"),
    ("NumPy warns in the report", '            with np.errstate(all="ignore"):  # some', '            with np.errstate(all="warn"):  # some'),
    ("stand-in pixels only to 240", "digits.images * (255 / 16)", "digits.images * 15"),
    ("stand-in in its own order", "return table[np.argsort(np.arange(len(table)) % 7, kind=\"stable\")]", "return table"),
    ("reason not in ASCII", '.encode("ascii", "replace").decode()', ""),
    ("drawing upside down", "image.reshape(14, 2, 28)", "image[::-1].reshape(14, 2, 28)"),
    ("stand-in not owned up to", "        print(NOT_MNIST)\n", "        pass\n"),
    ("Ctrl-C with status 0", "            sys.exit(130)\n        except MemoryError", "            sys.exit(0)\n        except MemoryError"),
    ("a closed pipe is an error", "    except BrokenPipeError:", "    except ZeroDivisionError:"),
    ("settings in odd number types", "        globals()[name] = kind(value)", "        pass"),
    ("out of memory in a traceback", "        except MemoryError:", "        except ZeroDivisionError:"),
    ("lines as long as they come", ".decode()[:80]", ".decode()"),
    ("training on import", 'if __name__ == "__main__":\n    main()', "main()"),
    ("a package nobody named", "import warnings\n", "import warnings\nimport scipy\n"),
]  # fmt: skip


def judge(mutant):
    """Return (name, first test that failed or None, seconds) for one mutant."""
    name, old, new = mutant
    text = (ROOT / "mnist_nn.py").read_text(encoding="utf-8")
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder, "copy")
        skip = shutil.ignore_patterns(".git", ".venv*", "*cache*")
        shutil.copytree(ROOT, copy, ignore=skip)
        (copy / "mnist_nn.py").write_text(text.replace(old, new), encoding="utf-8")
        # The tests of the mathematics are the quickest: they come first.
        order = ("functions", "gradient", "learning", "data", "script", "readme")
        files = [f"tests/test_{word}.py" for word in order]
        files = [file for file in files if (copy / file).exists()]
        command = [sys.executable, "-m", "pytest", "-xq", "-p", "no:cacheprovider"]
        command += ["-k", "not every_mutant"]  # that one would notice any change
        result = subprocess.run(
            [*command, *files],
            cwd=copy,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            env=dict(os.environ, OPENBLAS_NUM_THREADS="1"),
            check=False,
        )
    failed = re.search(r"(?m)^(?:FAILED|ERROR) tests/(\S+)", result.stdout)
    noticed = failed.group(1) if failed else None
    if result.returncode not in (0, 1) and not failed:
        noticed = f"pytest itself (exit status {result.returncode})"
    return name, noticed, time.perf_counter() - began


def main():
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    mutants = [mutant for mutant in MUTANTS if wanted in mutant[0]]
    text = (ROOT / "mnist_nn.py").read_text(encoding="utf-8")
    for name, old, _ in mutants:
        if text.count(old) != 1:
            sys.exit(f"{name!r}: its text is not in mnist_nn.py once: {old!r}")
    survivors = 0
    print(f"{len(mutants)} mutants; a line for each as it is judged\n")
    print(f"{'broken on purpose':36} {'seconds':>7}  noticed by")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, noticed, seconds in pool.map(judge, mutants):
            survivors += noticed is None
            print(
                f"{name:36} {seconds:7.1f}  {noticed or 'NOBODY: it survived'}",
                flush=True,
            )
    print(f"\n{len(mutants) - survivors} of {len(mutants)} noticed")
    sys.exit(min(survivors, 100))


if __name__ == "__main__":
    main()
