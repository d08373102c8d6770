"""How fast is the script? Measured beside others, on MNIST, in one run.

    python tests/benchmark.py

All train 784-64-10, logistic and softmax, on the 45,000 training images with
mini-batches of 64 at a constant rate, without momentum, shift or weight decay, in
float32 unless it says otherwise. In each of ten rounds every contender trains an
epoch, one after another, so that a change in the machine's speed meets them all.
Everyone computes with one thread: on matrices this small, more gain little. The
floor is an epoch's five matrix products for each mini-batch and nothing else.

PyTorch is measured if it is installed: python -m pip install torch
"""

import os
import shutil
import subprocess
import sys
import tempfile
import time
import warnings
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before NumPy is imported

import numpy as np
from sklearn.neural_network import MLPClassifier

import mnist_nn

ROUNDS = 10
BATCH_SIZE = 64
RATE = 0.2


def the_script(X, Y):
    """This project's training, as it is."""
    mnist_nn.BATCH_SIZE, mnist_nn.MAX_SHIFT = BATCH_SIZE, 0
    mnist_nn.initialize_weights()
    rng = np.random.default_rng(0)
    return (
        lambda: mnist_nn.train_epoch(X, Y, RATE, rng),
        lambda X: mnist_nn.forward(X)[1].argmax(axis=1),
    )


def scikit_learn(X, Y):
    """scikit-learn's network of the same kind."""
    mlp = MLPClassifier(
        hidden_layer_sizes=(64,),
        activation="logistic",
        solver="sgd",
        batch_size=BATCH_SIZE,
        learning_rate_init=RATE,
        momentum=0,
        nesterovs_momentum=False,
        alpha=0,
        random_state=0,
    )
    labels = Y.argmax(axis=1)
    return lambda: mlp.partial_fit(X, labels, classes=range(10)), mlp.predict


def scikit_learn_float64(X, Y):
    """The same, fed with float64, which is what fetch_openml returns."""
    return scikit_learn(X.astype(np.float64), Y)


def torch_network(torch):
    torch.manual_seed(0)
    network = torch.nn.Sequential(
        torch.nn.Linear(784, 64), torch.nn.Sigmoid(), torch.nn.Linear(64, 10)
    )
    sgd = torch.optim.SGD(network.parameters(), lr=RATE)
    loss = torch.nn.CrossEntropyLoss()

    def step(X, labels):
        sgd.zero_grad()
        loss(network(X), labels).backward()
        sgd.step()

    def predict(X):
        with torch.no_grad():
            return network(torch.from_numpy(X)).argmax(dim=1).numpy()

    return step, predict


def torch_by_hand(X, Y):
    """PyTorch, mini-batches cut by hand."""
    import torch

    torch.set_num_threads(1)
    step, predict = torch_network(torch)
    X, labels = torch.from_numpy(X), torch.from_numpy(Y.argmax(axis=1))

    def epoch():
        order = torch.randperm(len(X))
        for start in range(0, len(X), BATCH_SIZE):
            batch = order[start : start + BATCH_SIZE]
            step(X[batch], labels[batch])

    return epoch, predict


def torch_data_loader(X, Y):
    """PyTorch, mini-batches from a DataLoader, as its tutorials do it."""
    import torch

    step, predict = torch_network(torch)
    data = torch.utils.data.TensorDataset(
        torch.from_numpy(X), torch.from_numpy(Y.argmax(axis=1))
    )
    loader = torch.utils.data.DataLoader(data, batch_size=BATCH_SIZE, shuffle=True)

    def epoch():
        for X_batch, labels in loader:
            step(X_batch, labels)

    return epoch, predict


def bare_products(X, Y):
    """The floor: the five matrix products of each mini-batch."""
    X, dZ2 = X[:BATCH_SIZE].copy(), Y[:BATCH_SIZE].copy()
    A1 = np.ones((BATCH_SIZE, 64), np.float32)
    W1 = np.ones((784, 64), np.float32)
    W2 = np.ones((64, 10), np.float32)

    def epoch():
        for _ in range(0, 45_000, BATCH_SIZE):
            X @ W1
            A1 @ W2
            A1.T @ dZ2
            dZ2 @ W2.T
            X.T @ A1

    return epoch, None


def process(arguments, data):
    """Run Python; return (seconds, peak memory in MB) of its whole process."""
    env = dict(os.environ, SCIKIT_LEARN_DATA=str(data))
    began = time.perf_counter()
    child = subprocess.Popen(
        [sys.executable, *arguments], env=env, cwd=ROOT, stdout=subprocess.DEVNULL
    )
    _, status, usage = os.wait4(child.pid, 0)
    if status:
        sys.exit(f"{arguments} failed")
    per_mb = 1e6 if sys.platform == "darwin" else 1e6 / 1024
    return time.perf_counter() - began, usage.ru_maxrss / per_mb


def starts():
    """Print time and memory of loading MNIST cold (parsing) and warm, and of it all."""
    home = Path(mnist_nn.get_data_home())
    load = ["-c", "import mnist_nn; mnist_nn.load_mnist()"]
    with tempfile.TemporaryDirectory() as folder:
        if (home / "openml").exists():
            shutil.copytree(home / "openml", Path(folder, "openml"))
            rows = [("import and load, cold: ARFF parsed", load, 1)]
        else:
            shutil.copy(mnist_nn.cache_path(), folder)
            print("(A cold start needs the downloaded files, which are not there.)")
            rows = []
        rows += [("import and load, warm: from the cache", load, 5)]
        rows += [("the whole script, warm", ["mnist_nn.py"], 5)]
        print("| process | seconds | peak memory |")
        print("|---|---|---|")
        for name, arguments, times in rows:
            runs = [process(arguments, folder) for _ in range(times)]
            seconds, memory = np.median(runs, axis=0)
            print(f"| {name} | {seconds:.1f} | {memory:.0f} MB |", flush=True)
        print()


def main():
    images, labels = mnist_nn.load_mnist()  # and keep it, unpacked, for what follows
    if len(images) != mnist_nn.MNIST_SHAPE[0]:
        sys.exit("The benchmark needs MNIST, and it cannot be had: see above.")
    starts()  # first, as children count the memory of a parent grown large
    train, _, (X_test, Y_test) = mnist_nn.split(*mnist_nn.prepare(images, labels))
    contenders = {}
    rows = [
        ("this script", the_script),
        ("scikit-learn, `MLPClassifier`", scikit_learn),
        ("the same, fed with float64", scikit_learn_float64),
        ("PyTorch, loop by hand", torch_by_hand),
        ("PyTorch, `DataLoader`", torch_data_loader),
        ("the floor: bare matrix products", bare_products),
    ]
    for name, make in rows:
        try:
            contenders[name] = make(*train)
        except ImportError:
            print(f"{name}: torch is not installed, skipped", file=sys.stderr)
    times = {name: [] for name in contenders}
    for i in range(ROUNDS):
        print(f"round {i + 1} of {ROUNDS}", file=sys.stderr, flush=True)
        for name, (epoch, _) in contenders.items():
            began = time.perf_counter()
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                epoch()
            times[name].append(time.perf_counter() - began)
    ours = np.array(times["this script"])
    print(f"| one epoch, batch {BATCH_SIZE} | seconds | ratio | test after {ROUNDS} |")
    print("|---|---|---|---|")
    for name, (_, predict) in contenders.items():
        seconds = np.array(times[name])
        ratio = np.median(seconds / ours)
        accuracy = ""
        if predict:
            right = predict(X_test) == Y_test.argmax(axis=1)
            accuracy = f"{100 * right.mean():.2f} %"
        print(f"| {name} | {np.median(seconds):.3f} | {ratio:.2f} | {accuracy} |")


if __name__ == "__main__":
    main()
