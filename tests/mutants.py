"""Do the tests bite? Break the script on purpose, and see which test notices.

    python tests/mutants.py          all mutants, a quarter of an hour
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
SECONDS = 300  # for which the tests may run; a mutant may never end

MUTANTS = [
    # Settings
    ("another batch size shipped", "BATCH_SIZE = 100", "BATCH_SIZE = 128"),
    ("a final rate of 2 shipped", "FINAL_LEARNING_RATE = 0.1", "FINAL_LEARNING_RATE = 2.0"),
    ("a setting not checked", '"BATCH_SIZE": 1, ', ""),
    ("negative shift allowed", '"MAX_SHIFT": 0', '"MAX_SHIFT": -9'),
    ("no epochs forbidden", '"EPOCHS": 0', '"EPOCHS": 1'),
    ("whole rates forbidden", "(int, number)", "number"),
    ("infinite rates allowed", "<= value < np.inf", "<= value"),
    ("settings never checked", "    check_settings()\n", ""),
    # Step 1: load the data
    ("one-hot in float64", "np.eye(10, dtype=np.float32)", "np.eye(10)"),
    ("one-hot one too far", "return identity[labels]", "return identity[labels - 1]"),
    ("pixels scaled by 256", "images[order], 255", "images[order], 256"),
    ("pixels in float64", "255, dtype=np.float32)", "255, dtype=np.float64)"),
    ("fewer images to learn from", "len(images) * 6 // 7", "len(images) * 5 // 7"),
    ("split 2 to 1", "n * 3 // 4", "n * 2 // 3"),
    ("split ignores an image", "X[n_train:n]", "X[n_train + 1:n]"),
    ("split not shuffled", "np.random.default_rng(0).shuffle(order[:n])", "pass"),
    ("split by SEED", "default_rng(0).shuffle", "default_rng(SEED).shuffle"),
    ("test images shuffled in", "shuffle(order[:n])", "shuffle(order)"),
    ("labels not shuffled along", "one_hot(labels[order])", "one_hot(labels)"),
    ("validation within training", "(X[:n_train], Y[:n_train])", "(X[:n], Y[:n])"),
    ("test images for validation", "(X[n_train:n], Y[n_train:n])", "(X[n:], Y[n:])"),
    ("another image drawn", "draw(X_train[:1])", "draw(X_train[1:2])"),
    ("another label printed", "print(Y_train[0])", "print(Y_train[1])"),
    # The data folder and the network
    ("pickles opened", "np.load(path)", "np.load(path, allow_pickle=True)"),
    ("damaged file ends the run", "suppress(Exception)", "suppress(OSError)"),
    ("any file taken for MNIST", "if form == (", "if form or ("),
    ("file not named", "{path!a} is damaged", "The file is damaged"),
    ("file never used", "if os.path.exists(path):", "if False:"),
    ("file never kept", 'os.replace(os.path.join(beside, "mnist.npz"), path)', "pass"),
    ("file written in place", 'np.savez(os.path.join(beside, "mnist.npz")', "np.savez(path"),
    ("full disk ends the run", "except OSError as error", "except KeyError as error"),
    ("other errors end the run", "except Exception as error", "except OSError as error"),
    ("Ctrl-C taken for an error", "except Exception as error", "except BaseException as error"),
    ("reason not told", "{type(error).__name__}, {str(error)!a}", "sorry"),
    ("reason not in ASCII", "{str(error)!a}\")\n        print(\"We", "\u00e9{error}\")\n        print(\"We"),
    ("server waited for in vain", "socket.setdefaulttimeout(7)", "str(7)"),
    ("server waited for too long", "setdefaulttimeout(7)", "setdefaulttimeout(60)"),
    ("server waited for too little", "setdefaulttimeout(7)", "setdefaulttimeout(1)"),
    ("time-out left behind", "socket.setdefaulttimeout(timeout)", "pass"),
    ("a setting unknown to openml", 'parser="liac-arff"', 'parser="arff"'),
    ("pixels left as floats", "mnist.data.astype(np.uint8, order=\"C\")", "mnist.data"),
    ("pixels in another order", 'astype(np.uint8, order="C")', "astype(np.uint8)"),
    ("labels left as text", "mnist.target.astype(np.uint8)", "mnist.target"),
    ("scikit-learn always imported", "import numpy as np\n", "import numpy as np\nimport sklearn\n"),
    ("small digits pale", "* 255 / 16", "* 15"),
    ("small digits off centre", "[(0, 0), (2, 2), (2, 2)]", "[(0, 0), (0, 4), (2, 2)]"),
    ("small digits not owned up to", "if len(X_test) < 10_000:", "if False:"),
    ("small digits after MNIST", "if len(X_test) < 10_000:", "if len(X_test) <= 10_000:"),
    ("drawing upside down", "rows[0::2] + rows[1::2]", "rows[::-2] + rows[-2::-2]"),
    ("drawing mirrored", "[:, :, 1:27]", "[:, :, 26:0:-1]"),
    ("drawing of every other row", "rows[0::2] + rows[1::2]", "rows[0::2] + rows[0::2]"),
    # Step 2: the functions
    ("sigmoid of the wrong sign", "1 / (1 + np.exp(-z))\n\n", "1 / (1 + np.exp(z))\n\n"),
    ("sigmoid warns of overflow", 'over="ignore"', 'over="warn"'),
    ("softmax overflows", "np.exp(z - z.max(axis=1, keepdims=True))", "np.exp(z)"),
    ("softmax subtracts one maximum", "z.max(axis=1, keepdims=True)", "z.max()"),
    ("softmax over the columns", "e.sum(axis=1, keepdims=True)", "e.sum(axis=0)"),
    ("log of zero", "np.log(np.maximum(Y_hat, 1e-37))", "np.log(Y_hat)"),
    ("loss cut off too early", "np.maximum(Y_hat, 1e-37)", "np.maximum(Y_hat, 1e-3)"),
    ("sum for mean in the loss", ".sum() / len(Y))", ".sum())"),
    ("mean over all entries", ".sum() / len(Y))", ".mean())"),
    ("loss in base 2", "-(Y * np.log(", "-(Y * np.log2("),
    ("two-class formula", "-(Y * np.log(np.maximum(Y_hat, 1e-37)))", "-(Y * np.log(np.maximum(Y_hat, 1e-37)) + (1 - Y) * np.log(1 - Y_hat))"),
    ("weights not random", "W1 = rng.normal(0, 1", "W1 = 0 * rng.normal(0, 1"),
    ("weights start large", "rng.normal(0, 1 / 784**0.5,", "rng.normal(0, 1,"),
    ("weights uniform", "W1 = rng.normal(0, 1 / 784**0.5, (", "W1 = rng.uniform(-(3 / 784)**0.5, (3 / 784)**0.5, ("),
    ("W2 by the wrong number", "rng.normal(0, 1 / HIDDEN_UNITS**0.5", "rng.normal(0, 1 / 784**0.5"),
    ("weights in float64", "(HIDDEN_UNITS, 10)).astype(np.float32)", "(HIDDEN_UNITS, 10))"),
    ("biases start at one", "b1 = np.zeros(", "b1 = np.ones("),
    ("weights ignore the seed", "rng = np.random.default_rng(SEED)  #", "rng = np.random.default_rng(0)  #"),
    ("bias b1 forgotten", "\n    Z1 = X @ W1 + b1", "\n    Z1 = X @ W1"),
    ("sigmoid forgotten", "\n    A1 = sigmoid(Z1)", "\n    A1 = Z1"),
    ("sigmoid for softmax", "Y_hat = softmax(Z2)", "Y_hat = sigmoid(Z2)"),
    ("accuracy of the wrong axis", "Y_hat.argmax(axis=1) == Y.argmax(axis=1)", "Y_hat.argmax(axis=0) == Y.argmax(axis=0)"),
    ("loss of another image", "cross_entropy(Y_train[:1], Y_hat)", "cross_entropy(Y_train[1:2], Y_hat)"),
    ("step 2 on test images", "evaluate(X_val, Y_val)\n    print", "evaluate(X_test, Y_test)\n    print"),
    # Step 3: gradient descent
    ("dZ2 of the wrong sign", "dZ2 = (Y_hat - Y)", "dZ2 = (Y - Y_hat)"),
    ("mean over the batch missing", "(Y_hat - Y) / len(X)", "(Y_hat - Y)"),
    ("divided by BATCH_SIZE", "(Y_hat - Y) / len(X)", "(Y_hat - Y) / BATCH_SIZE"),
    ("squared errors", "dZ2 = (Y_hat - Y) /", "dZ2 = (Y_hat - Y) * Y_hat * (1 - Y_hat) /"),
    ("db2 over everything", "db2 = dZ2.sum(axis=0)", "db2 = dZ2.sum()"),
    ("db2 of the wrong sign", "db2 = dZ2.sum(axis=0)", "db2 = -dZ2.sum(axis=0)"),
    ("db1 a mean", "db1 = dZ1.sum(axis=0)", "db1 = dZ1.mean(axis=0)"),
    ("a transpose forgotten", "dA1 = dZ2 @ W2.T", "dA1 = dZ2 @ W2.reshape(10, -1)"),
    ("A1 (1 - A1) left out", "dZ1 = dA1 * A1 * (1 - A1)", "dZ1 = dA1"),
    ("derivative of tanh", "dZ1 = dA1 * A1 * (1 - A1)", "dZ1 = dA1 * (1 - A1 * A1)"),
    ("dW1 halved", "dW1 = X.T @ dZ1", "dW1 = X.T @ dZ1 / 2"),
    ("uphill", "w -= rate * dw", "w += rate * dw"),
    ("a copy updated", "w -= rate * dw", "w = w - rate * dw"),
    ("b2 never moves", "zip((W1, b1, W2, b2), backward", "zip((W1, b1, W2), backward"),
    ("loss after the update", "    return cross_entropy(Y, Y_hat)\n\n\n# %%", "    return evaluate(X, Y)[0]\n\n\n# %%"),
    ("check in float32", "[w.astype(np.float64) for w in originals]", "[w.copy() for w in originals]"),
    ("check leaves float64 behind", "W1, b1, W2, b2 = originals\n    return", "pass\n    return"),
    ("check loses weights by Ctrl-C", "finally:  # even", "except ValueError:  # even"),
    ("check divides by h", "(above - below) / (2 * h)", "(above - below) / h"),
    ("check along ones", "V = rng.normal(0, 1, w.shape)", "V = np.ones(w.shape)"),
    ("check believes backward", "(above - below) / (2 * h)", "predicted"),
    ("check of shapes dropped", " if dw.shape == w.shape else np.nan", ""),
    ("check with a hundred images", "X_train[:1000], Y_train[:1000]", "X_train[:100], Y_train[:100]"),
    ("check with others' labels", "X_train[:1000], Y_train[:1000]", "X_train[:1000], Y_val[:1000]"),
    ("check always content", 'else "NOT equal"', 'else "equal"'),
    ("fall not by squares", "sum((dw**2).sum()", "sum(abs(dw).sum()"),
    # Step 4: training
    ("no shift at all", "28 * down + right", "0 * down"),
    ("shift one pixel short", "MAX_SHIFT + 1, size=2", "MAX_SHIFT, size=2"),
    ("shift only diagonally", "28 * down + right", "28 * down + down"),
    ("shift across the images", "28 * down + right, axis=1", "28 * down + right, axis=0"),
    ("shift by a pixel always", "rng.integers(-MAX_SHIFT, MAX_SHIFT + 1", "rng.integers(-1, 2"),
    ("drawn with repeats", "order = rng.permutation(n)", "order = rng.integers(0, n, n)"),
    ("not shuffled", "order = rng.permutation(n)", "order = np.arange(n)"),
    ("same order in every epoch", "order = rng.permutation(n)", "order = np.random.default_rng(SEED).permutation(n)"),
    ("epochs with seeds of their own", "order = rng.permutation(n)", "rng = np.random.default_rng(SEED + epoch); order = rng.permutation(n)"),
    ("shift alike in each epoch", "shift(X_train[batch], rng)", "shift(X_train[batch], np.random.default_rng(first))"),
    ("one shift an epoch", "shift(X_train[batch], rng)", "shift(X_train[batch], np.random.default_rng(epoch))"),
    ("last small batch dropped", "range(0, n, BATCH_SIZE)", "range(0, n - BATCH_SIZE + 1, BATCH_SIZE)"),
    ("batches overlap", "first : first + BATCH_SIZE]", "first : first + BATCH_SIZE + 1]"),
    ("labels of others", "Y_train[batch]", "Y_train[first : first + len(batch)]"),
    ("loss a mean of batches", "* len(batch) / n", "* BATCH_SIZE / n"),
    ("training images validated", "accuracy = evaluate(X_val, Y_val)\n            row", "accuracy = evaluate(X_train, Y_train)\n            row"),
    ("validation images trained on", "            val_loss, ", "            descend(X_val, Y_val, rate)\n            val_loss, "),
    ("training without the seed", "rng = np.random.default_rng(SEED)\n    n,", "rng = np.random.default_rng()\n    n,"),
    ("rate does not fall", "LEARNING_RATE, FINAL_LEARNING_RATE, EPOCHS)", "LEARNING_RATE, LEARNING_RATE, EPOCHS)"),
    ("rate falls by a factor", "np.linspace(", "np.geomspace("),
    ("seconds from the start", "began, loss = time.perf_counter(), 0.0", "began, loss = began if epoch > 1 else time.perf_counter(), 0.0"),
    ("losses exchanged in the table", "rate, loss, val_loss,", "rate, val_loss, loss,"),
    ("nothing returned", "    return history", "    return []"),
    ("Ctrl-C loses the training", "except KeyboardInterrupt:", "except ZeroDivisionError:"),
    ("training goes on from step 3", "    initialize_weights()  # undoes", "    pass  # undoes"),
    ("all images trained on", "train(X_train, Y_train, X_val, Y_val)\n\n", "train(np.r_[X_train, X_val], np.r_[Y_train, Y_val], X_val, Y_val)\n\n"),
    ("test images trained on", "train(X_train, Y_train, X_val, Y_val)\n\n", "train(X_test, Y_test, X_val, Y_val)\n\n"),
    # Step 5: performance
    ("validation reported as test", '("test", X_test, Y_test)', '("test", X_val, Y_val)'),
    ("training images reported", '("validation", X_val, Y_val)', '("validation", X_train, Y_train)'),
    ("confusion transposed", "Y_test.T @ one_hot(answer)", "one_hot(answer).T @ Y_test"),
    ("heading exchanged", "row 4, column 9", "row 9, column 4"),
    ("best shown as worst", "p_true.argsort()[:3]", "p_true.argsort()[-3:]"),
    ("other images than captions", "draw(X_test[worst])", "draw(X_test[:3])"),
    ("captions the wrong way round", "{true[i]} taken for {answer[i]}", "{answer[i]} taken for {true[i]}"),
    ("right answers counted", "(true != answer).sum()", "(true == answer).sum()"),
    # Manners
    ("warnings hidden for all", "import numpy as np\n", 'import numpy as np\nnp.seterr(all="ignore")\n'),
    ("environment changed on import", 'if __name__ == "__main__":\n    os.environ', "if True:\n    os.environ"),
    ("training on import", 'if __name__ == "__main__":\n    print("\\nStep 4', 'if True:\n    print("\\nStep 4'),
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
        # README and the answers are left out: they need the text as it is.
        words = ("functions", "gradient", "learning", "data", "script")
        files = [f"tests/test_{word}.py" for word in words]
        command = [sys.executable, "-m", "pytest", "-xq", "-p", "no:cacheprovider"]
        try:
            result = subprocess.run(
                [*command, *files],
                cwd=copy,
                capture_output=True,
                text=True,
                stdin=subprocess.DEVNULL,
                check=False,
                timeout=SECONDS,
            )
        except subprocess.TimeoutExpired:
            return name, f"nothing, but it ran for {SECONDS} s", SECONDS
    failed = re.search(r"(?m)^(?:FAILED|ERROR) tests/(.+?)(?: - .*)?$", result.stdout)
    noticed = failed.group(1) if failed else None
    if result.returncode not in (0, 1) and not failed:
        noticed = f"pytest itself (exit status {result.returncode})"
    return name, noticed, time.perf_counter() - began


def main():
    """Judge the mutants whose name contains the argument, and print a table."""
    wanted = sys.argv[1] if len(sys.argv) > 1 else ""
    if wanted.startswith("-"):
        sys.exit(__doc__)
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
