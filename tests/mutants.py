"""Do the tests bite? Break the script on purpose, and see which test notices.

    python tests/mutants.py          all mutants, some minutes
    python tests/mutants.py shift    those whose name contains "shift"

Each line of MUTANTS is a mistake that somebody could make: a name, the text as it
stands in mnist_nn.py, and what takes its place. One at a time they are put into a
copy of the project, and the tests are run there. The table says which test noticed
first. The exit status is the number of mutants that no test noticed.
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
    ("images column by column", 'astype(np.uint8, order="C")', "astype(np.uint8)"),
    ("labels left as text", "mnist.target.astype(np.uint8)", "mnist.target"),
    ("pixels left as floats", 'mnist.data.astype(np.uint8, order="C")', "np.ascontiguousarray(mnist.data)"),
    ("one-hot in float64", "np.eye(10, dtype=np.float32)", "np.eye(10)"),
    ("one-hot one too far", "return identity[labels]", "return identity[labels - 1]"),
    ("pixels scaled by 256", "np.divide(images, 255", "np.divide(images, 256"),
    ("pixels in float64", "255, dtype=np.float32)", "255, dtype=np.float64)"),
    ("pixels not scaled", "np.divide(images, 255, dtype=np.float32)", "images.astype(np.float32)"),
    ("test images of another number", "len(images) * 6 // 7", "len(images) * 5 // 7"),
    ("test images trained on", "    train, val = order[", "    order = rng.permutation(len(images)); train, val = order["),
    ("validation within training", "train, val = order[: n * 3 // 4]", "train, val = order"),
    ("an image lost", "order[n * 3 // 4 :]", "order[n * 3 // 4 + 1 :]"),
    ("split 2 to 1", "order[: n * 3 // 4], order[n * 3 // 4 :]", "order[: n * 2 // 3], order[n * 2 // 3 :]"),
    ("split not shuffled", "    train, val = order[", "    order = np.arange(n); train, val = order["),
    ("split ignores the seed", "    train, val = order[", "    order = np.random.default_rng(0).permutation(n); train, val = order["),
    ("labels of other images", "prepare(images[val], labels[val])", "prepare(images[val], labels[train[: len(val)]])"),
    ("test images for validation", "prepare(images[val], labels[val])", "prepare(images[n:], labels[n:])"),
    # Step 2: the functions
    ("sigmoid of the wrong sign", "1 / (1 + np.exp(-z))", "1 / (1 + np.exp(z))"),
    ("sigmoid by another formula", "return 1 / (1 + np.exp(-z))", "return np.exp(z) / (1 + np.exp(z))"),
    ("sigmoid too flat", "1 / (1 + np.exp(-z))", "1 / (1 + np.exp(-z / 2))"),
    ("NumPy warns of overflow", 'np.seterr(all="ignore")', 'np.seterr(all="warn")'),
    ("softmax overflows", "np.exp(z - z.max(axis=1, keepdims=True))", "np.exp(z)"),
    ("softmax subtracts one maximum", "z - z.max(axis=1, keepdims=True)", "z - z.max()"),
    ("softmax subtracts in place", "e = np.exp(z - z.max(axis=1, keepdims=True))", "z -= z.max(axis=1, keepdims=True); e = np.exp(z)"),
    ("softmax over the columns", "e / e.sum(axis=1, keepdims=True)", "e / e.sum(axis=0, keepdims=True)"),
    ("softmax over everything", "e / e.sum(axis=1, keepdims=True)", "e / e.sum()"),
    ("log of zero", "np.log(np.maximum(Y_hat, 1e-37))", "np.log(Y_hat)"),
    ("loss cut off too early", "np.maximum(Y_hat, 1e-37)", "np.maximum(Y_hat, 1e-3)"),
    ("sum for mean in the loss", ".sum() / len(Y))", ".sum())"),
    ("mean over all entries", ".sum() / len(Y))", ".mean())"),
    ("loss of the wrong sign", "float(-(Y * np.log", "float((Y * np.log"),
    ("loss in base 2", "float(-(Y * np.log(", "float(-(Y * np.log2("),
    ("loss a NumPy number", "return float(-(Y * np.log(np.maximum(Y_hat, 1e-37))).sum() / len(Y))", "return -(Y * np.log(np.maximum(Y_hat, 1e-37))).sum() / len(Y)"),
    ("the two-class formula", "-(Y * np.log(np.maximum(Y_hat, 1e-37))).sum()", "-(Y * np.log(np.maximum(Y_hat, 1e-37)) + (1 - Y) * np.log(np.maximum(1 - Y_hat, 1e-37))).sum()"),
    ("bias b1 forgotten", "\n    Z1 = X @ W1 + b1", "\n    Z1 = X @ W1"),
    ("bias b2 forgotten", "\n    Z2 = A1 @ W2 + b2", "\n    Z2 = A1 @ W2"),
    ("sigmoid forgotten", "\n    A1 = sigmoid(Z1)", "\n    A1 = Z1"),
    ("softmax forgotten", "\n    Y_hat = softmax(Z2)", "\n    Y_hat = Z2"),
    ("sigmoid for softmax", "\n    Y_hat = softmax(Z2)", "\n    Y_hat = sigmoid(Z2)"),
    # Step 3: gradient descent
    ("weights start at zero", "W1 = rng.normal(0, 1 / 784**0.5, (784, HIDDEN_UNITS))", "W1 = np.zeros((784, HIDDEN_UNITS))"),
    ("weights start large", "rng.normal(0, 1 / 784**0.5,", "rng.normal(0, 1,"),
    ("W2 by the wrong number", "rng.normal(0, 1 / HIDDEN_UNITS**0.5,", "rng.normal(0, 1 / 784**0.5,"),
    ("weights all positive", "W1 = rng.normal(0, 1 / 784**0.5, (784, HIDDEN_UNITS))", "W1 = abs(rng.normal(0, 1 / 784**0.5, (784, HIDDEN_UNITS)))"),
    ("weights in float64", "(HIDDEN_UNITS, 10)).astype(np.float32)", "(HIDDEN_UNITS, 10))"),
    ("biases start at one", "b1 = np.zeros(", "b1 = np.ones("),
    ("weights ignore the seed", "    W1 = rng.normal(", "    rng = np.random.default_rng(); W1 = rng.normal("),
    ("dZ2 of the wrong sign", "\n    dZ2 = (Y_hat - Y)", "\n    dZ2 = (Y - Y_hat)"),
    ("mean over the batch missing", "(Y_hat - Y) / len(X)", "(Y_hat - Y)"),
    ("divided by the outputs", "(Y_hat - Y) / len(X)", "(Y_hat - Y) / Y.size"),
    ("derivative of squared errors", "\n    dZ2 = (Y_hat - Y) / len(X)", "\n    dZ2 = (Y_hat - Y) * Y_hat * (1 - Y_hat) / len(X)"),
    ("dW2 of the inputs", "\n    dW2 = A1.T @ dZ2", "\n    dW2 = (A1 * A1).T @ dZ2"),
    ("db2 over the wrong axis", "db2 = dZ2.sum(axis=0)", "db2 = dZ2.sum(axis=1)"),
    ("db2 a mean", "db2 = dZ2.sum(axis=0)", "db2 = dZ2.mean(axis=0)"),
    ("db2 of the wrong sign", "db2 = dZ2.sum(axis=0)", "db2 = -dZ2.sum(axis=0)"),
    ("db1 a mean", "db1 = dZ1.sum(axis=0)", "db1 = dZ1.mean(axis=0)"),
    ("a transpose forgotten", "\n    dA1 = dZ2 @ W2.T", "\n    dA1 = dZ2 @ W2.reshape(10, -1)"),
    ("A1 (1 - A1) left out", "\n    dZ1 = dA1 * A1 * (1 - A1)", "\n    dZ1 = dA1"),
    ("1 - A1 left out", "\n    dZ1 = dA1 * A1 * (1 - A1)", "\n    dZ1 = dA1 * A1"),
    ("derivative of tanh", "\n    dZ1 = dA1 * A1 * (1 - A1)", "\n    dZ1 = dA1 * (1 - A1 * A1)"),
    ("dW1 halved", "dW1 = X.T @ dZ1", "dW1 = X.T @ dZ1 / 2"),
    ("check in float32", "[w.astype(np.float64) for w in originals]", "[w.copy() for w in originals]"),
    ("check in the weights themselves", "[w.astype(np.float64) for w in originals]", "originals"),
    ("check leaves float64 behind", "    W1, b1, W2, b2 = originals\n", ""),
    ("check divides by h", "(loss_above - loss_below) / (2 * h)", "(loss_above - loss_below) / h"),
    ("check ignores errors below zero", "errors.append(abs(error) ", "errors.append(error "),
    ("check finds nothing ever", "return float(np.max(errors))", "return 1e-9"),
    ("check lets NaN pass", "float(np.max(errors))", "float(np.nanmax(errors))"),
    ("check of layer 1 only", "zip((W1, b1, W2, b2), backward", "zip((W1, b1), backward"),
    ("check forgets the last array", "zip((W1, b1, W2, b2), backward", "zip((W1, b1, W2), backward"),
    ("uphill", "W1 -= rate * dW1", "W1 += rate * dW1"),
    ("b1 never moves", "    b1 -= rate * db1\n", ""),
    ("b2 never moves", "    b2 -= rate * db2\n", ""),
    ("W2 at half the rate", "W2 -= rate * dW2", "W2 -= rate / 2 * dW2"),
    ("loss after the update", "    return cross_entropy(Y, Y_hat)\n\n\n# %%", "    return cross_entropy(Y, forward(X)[1])\n\n\n# %%"),
    ("layer 1 learns from the new W2", "    dW1, db1, dW2, db2 = backward(X, Y, A1, Y_hat)\n    W1 -=", "    W2 -= rate * backward(X, Y, A1, Y_hat)[2]\n    dW1, db1, dW2, db2 = backward(X, Y, A1, Y_hat)\n    W2 += rate * dW2\n    W1 -="),
    # Step 4: training
    ("no shift at all", "down, right = rng.integers(-MAX_SHIFT, MAX_SHIFT + 1, size=2)", "down, right = 0 * rng.integers(-MAX_SHIFT, MAX_SHIFT + 1, size=2)"),
    ("shift one pixel short", "rng.integers(-MAX_SHIFT, MAX_SHIFT + 1, size=2)", "rng.integers(-MAX_SHIFT, MAX_SHIFT, size=2)"),
    ("shift only diagonally", "(down, right), axis=(1, 2)", "(down, down), axis=(1, 2)"),
    ("shift only down", "(down, right), axis=(1, 2)", "(down, 0), axis=(1, 2)"),
    ("shift by a pixel always", "-MAX_SHIFT, MAX_SHIFT + 1, size=2", "-1, 2, size=2"),
    ("shift of the pixels in a row", "np.roll(squares, (down, right), axis=(1, 2))", "np.roll(X, 28 * down + right, axis=1)"),
    ("shift across the images", "(down, right), axis=(1, 2)", "(down, right), axis=(0, 2)"),
    ("shift in place", "return np.roll(squares, (down, right), axis=(1, 2))", "squares[:] = np.roll(squares, (down, right), axis=(1, 2)); return squares"),
    ("order not shuffled", "    for first in range(", "    order = np.arange(n)\n    for first in range("),
    ("drawn with repeats", "    for first in range(", "    order = rng.integers(0, n, n)\n    for first in range("),
    ("last small batch dropped", "range(0, n, BATCH_SIZE)", "range(0, n - BATCH_SIZE + 1, BATCH_SIZE)"),
    ("batches overlap", "order[first : first + BATCH_SIZE]", "order[first : first + BATCH_SIZE + 1]"),
    ("labels not shuffled along", "shift(X_train[batch], rng), Y_train[batch]", "shift(X_train[batch], rng), Y_train[first : first + len(batch)]"),
    ("generator anew for each batch", "shift(X_train[batch], rng)", "shift(X_train[batch], np.random.default_rng(SEED))"),
    ("every epoch shifts alike", "shift(X_train[batch], rng)", "shift(X_train[batch], np.random.default_rng(first))"),
    ("loss a mean of batches", "* len(batch) / n", "* BATCH_SIZE / n"),
    ("loss of the last batch", "loss += descend(X, Y, rate) * len(batch) / n", "loss = descend(X, Y, rate)"),
    ("evaluation learns", "    _, Y_hat = forward(X)\n    correct", "    descend(X, Y, 0.1)\n    _, Y_hat = forward(X)\n    correct"),
    ("evaluation shifts", "    _, Y_hat = forward(X)\n    correct", "    _, Y_hat = forward(shift(X, np.random.default_rng(SEED)))\n    correct"),
    ("accuracy of the wrong axis", "Y_hat.argmax(axis=1) == Y.argmax(axis=1)", "Y_hat.argmax(axis=0) == Y.argmax(axis=0)"),
    ("accuracy of half a probability", "correct = Y_hat.argmax(axis=1) == Y.argmax(axis=1)", "correct = (Y_hat * Y).max(axis=1) > 0.5"),
    ("validation set trained on", "loss = train_epoch(X_train, Y_train, rate, rng)", "loss = train_epoch(X_train, Y_train, rate, rng); train_epoch(X_val, Y_val, rate, rng)"),
    ("training images as validation", "val_loss, accuracy = evaluate(X_val, Y_val)", "val_loss, accuracy = evaluate(X_train, Y_train)"),
    ("same order in every epoch", "loss = train_epoch(X_train, Y_train, rate, rng)", "loss = train_epoch(X_train, Y_train, rate, np.random.default_rng(SEED))"),
    ("training without the seed", "    rng = np.random.default_rng(SEED)\n    rates", "    rng = np.random.default_rng()\n    rates"),
    ("rate does not fall", "np.linspace(LEARNING_RATE, FINAL_LEARNING_RATE, EPOCHS)", "np.full(EPOCHS, float(LEARNING_RATE))"),
    ("rate falls by a factor", "np.linspace(LEARNING_RATE, FINAL_LEARNING_RATE, EPOCHS)", "np.geomspace(LEARNING_RATE, FINAL_LEARNING_RATE, EPOCHS)"),
    ("rate stops short of the last", "FINAL_LEARNING_RATE, EPOCHS)", "FINAL_LEARNING_RATE, EPOCHS, endpoint=False)"),
    ("losses exchanged in the table", "{rate:10.4f} {loss:10.4f} ", "{rate:10.4f} {val_loss:10.4f} "),
    ("NaN let pass", "if not np.isfinite(loss + val_loss):", "if False:"),
    ("NaN of validation let pass", "np.isfinite(loss + val_loss)", "np.isfinite(loss)"),
    ("Ctrl-C loses the training", "    except KeyboardInterrupt:\n        print(", "    except ZeroDivisionError:\n        print("),
    # Step 5: performance
    ("training as validation in step 5", "report(X_val, Y_val, X_test, Y_test)\n    if", "report(X_train, Y_train, X_test, Y_test)\n    if"),
    ("validation as test in step 5", "report(X_val, Y_val, X_test, Y_test)\n    if", "report(X_val, Y_val, X_val, Y_val)\n    if"),
    ("validation and test exchanged", '("validation", X_val, Y_val), ("test", X_test, Y_test)', '("validation", X_test, Y_test), ("test", X_val, Y_val)'),
    ("confusion matrix transposed", "np.bincount(answer[true == digit]", "np.bincount(true[answer == digit]"),
    ("confusion of validation images", "    _, Y_hat = forward(X_test)", "    X_test, Y_test = X_val, Y_val; _, Y_hat = forward(X_test)"),
    ("right answers shown as mistakes", "np.flatnonzero(true != answer)", "np.flatnonzero(true == answer)"),
    ("the least confident mistakes", ", reverse=True)[:3]", ")[:3]"),
    ("confidence in the truth", "confidence = Y_hat.max(axis=1)", "confidence = (Y_hat * Y_test).max(axis=1)"),
    ("other images than captions", "draw(X_test[worst])", "draw(X_test[wrong[:3]])"),
    ("caption the wrong way round", "{true[i]} read as {answer[i]}", "{answer[i]} read as {true[i]}"),
    ("drawing upside down", "zip(strip[0::2], strip[1::2])", "zip(strip[::-2], strip[-2::-2])"),
    ("drawing mirrored", "[:, :, 1:27]", "[:, :, 26:0:-1]"),
    ("drawing as a negative", '" .:-=+*#%@"[int', '"@%#*+=-:. "[int'),
    ("drawing of every other row", "for ink in upper + lower", "for ink in upper + upper"),
    ("accuracy before training of others", "loss, accuracy = evaluate(X_val, Y_val)\n    print", "loss, accuracy = evaluate(X_test, Y_test)\n    print"),
    ("weights made anew before the report", '    print("\\nStep 5', '    initialize_weights()\n    print("\\nStep 5'),
    ("small digits not owned up to", "if len(X_test) < 10_000:", "if False:"),
    # Behind the scenes
    ("damaged copy ends the program", "with suppress(Exception), np.load", "with suppress(FileNotFoundError), np.load"),
    ("copy never read", 'return file["images"], file["labels"]', "pass"),
    ("copy never kept", "        np.savez(path, images=images, labels=labels)\n", "        pass\n"),
    ("a full disk ends the program", "    except OSError as error:\n        print(f", "    except ZeroDivisionError as error:\n        print(f"),
    ("network errors end the program", "except (OSError, ValueError, EOFError, KeyError, MemoryError)", "except (ValueError, EOFError, KeyError, MemoryError)"),
    ("wrong answers end the program", "except (OSError, ValueError, EOFError, KeyError, MemoryError)", "except (OSError, EOFError, KeyError, MemoryError)"),
    ("cut answers end the program", "except (OSError, ValueError, EOFError, KeyError, MemoryError)", "except (OSError, ValueError, KeyError, MemoryError)"),
    ("out of memory ends the program", "except (OSError, ValueError, EOFError, KeyError, MemoryError)", "except (OSError, ValueError, EOFError, KeyError)"),
    ("Ctrl-C taken for an error", "except (OSError, ValueError, EOFError, KeyError, MemoryError)", "except BaseException"),
    ("small digits kept as MNIST", "        return small_digits()\n", "        images, labels = small_digits()\n"),
    ("server waited for without end", "socket.setdefaulttimeout(", "str("),
    ("server waited for too long", "socket.setdefaulttimeout(", "socket.setdefaulttimeout(60 + "),
    ("warnings of the library shown", 'warnings.filterwarnings("ignore"', 'warnings.filterwarnings("default"'),
    ("reason not in ASCII", " now: {error!a}", " now: {error!r}"),
    ("small digits pale", "* 255 / 16", "* 15"),
    ("small digits not in the middle", "[(0, 0), (2, 2), (2, 2)]", "[(0, 0), (0, 4), (2, 2)]"),
    ("small digits turned", "repeat(3, axis=1).repeat(3, axis=2)", "transpose(0, 2, 1).repeat(3, axis=1).repeat(3, axis=2)"),
    ("settings checked too late", "    check_settings()\n    print", "    print"),
    ("a setting not checked", '"BATCH_SIZE": 1, ', ""),
    ("negative shift allowed", '"MAX_SHIFT": 0', '"MAX_SHIFT": -9'),
    ("no epochs forbidden", '"EPOCHS": 0', '"EPOCHS": 1'),
    ("whole rates forbidden", "name, (int, float), min_val=0", "name, float, min_val=0"),
    ("bad setting in a traceback", "except (TypeError, ValueError) as error:", "except ValueError as error:"),
    ("Ctrl-C in a traceback", "    except KeyboardInterrupt:\n        sys.exit", "    except ZeroDivisionError:\n        sys.exit"),
    ("training on import", 'if __name__ == "__main__":\n    start()', "start()"),
    ("nothing happens", 'if __name__ == "__main__":\n    start()', ""),
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
        # The tests of the mathematics are the quickest: they come first. Those of the
        # README are left out: they would notice any change of the text.
        words = ("functions", "gradient", "learning", "data", "script")
        files = [f"tests/test_{word}.py" for word in words]
        command = [sys.executable, "-m", "pytest", "-xq", "-p", "no:cacheprovider"]
        result = subprocess.run(
            [*command, *files],
            cwd=copy,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )
    failed = re.search(r"(?m)^(?:FAILED|ERROR) tests/(.+?)(?: - .*)?$", result.stdout)
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
    _, failed, _ = judge(("nothing broken", "", ""))
    if failed:
        sys.exit(f"The tests fail before anything is broken: {failed}")
    survivors = 0
    print(f"{len(mutants)} mutants; a line for each as it is judged\n")
    print(f"{'broken on purpose':36} {'seconds':>7}  noticed by")
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for name, noticed, seconds in pool.map(judge, mutants):
            survivors += noticed is None
            verdict = noticed or "NOBODY: it survived"
            print(f"{name:36} {seconds:7.1f}  {verdict}", flush=True)
    print(f"\n{len(mutants) - survivors} of {len(mutants)} noticed")
    sys.exit(min(survivors, 100))


if __name__ == "__main__":
    main()
