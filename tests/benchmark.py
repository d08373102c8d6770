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
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))
os.environ["OPENBLAS_NUM_THREADS"] = "1"  # before NumPy is imported

import mnist_nn
import numpy as np
import sklearn
from sklearn.datasets import get_data_home
from sklearn.neural_network import MLPClassifier

try:
    import torch
except ImportError:
    torch = None

ROUNDS = 10
BATCH_SIZE = 64
RATE = 0.2

# A process's peak memory counts what its parent had at the start, on Linux. So this
# small program starts it, and prints its seconds and its peak (not known on Windows).
LAUNCHER = """
import subprocess, sys, time
began = time.perf_counter()
subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL, check=True)
seconds = time.perf_counter() - began
try:
    import resource
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
except ImportError:
    peak = "nan"
print(seconds, peak)
"""


def process(arguments, data):
    """Run Python, and return its seconds and its peak memory in MB."""
    result = subprocess.run(
        [sys.executable, "-c", LAUNCHER, sys.executable, *arguments],
        env=dict(os.environ, SCIKIT_LEARN_DATA=str(data)),
        cwd=ROOT,
        stdout=subprocess.PIPE,
        check=True,
    )
    seconds, peak = map(float, result.stdout.split())
    per_mb = 1e6 if sys.platform == "darwin" else 1e6 / 1024  # bytes there, else KiB
    return seconds, peak / per_mb


def measure_processes():
    """Print time and memory of loading MNIST, cold and warm, and of the whole script."""
    home = Path(get_data_home())
    load = ["-c", "import mnist_nn; mnist_nn.load_mnist()"]
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        if (home / "openml").exists():
            shutil.copytree(home / "openml", Path(folder, "openml"))
            rows.append(("import and load, cold: ARFF parsed", load, 1))
        else:
            shutil.copy(home / "mnist_784.npz", folder)
            print("(The downloaded files are not there: no cold start.)\n")
        rows.append(("import and load, warm: from the cache", load, 5))
        rows.append(("the whole script, warm", ["mnist_nn.py"], 5))
        print("| process | seconds | peak memory |")
        print("|---|---|---|")
        for name, arguments, times in rows:
            runs = [process(arguments, folder) for _ in range(times)]
            seconds, peak = np.median(runs, axis=0)
            memory = "" if np.isnan(peak) else f"{peak:.0f} MB"
            print(f"| {name} | {seconds:.1f} | {memory} |", flush=True)


def the_script(X, Y):
    """Return two functions of this project: train an epoch, and read images."""
    mnist_nn.initialize_weights()
    rng = np.random.default_rng(0)

    def epoch():
        order = rng.permutation(len(X))
        for first in range(0, len(X), BATCH_SIZE):
            batch = order[first : first + BATCH_SIZE]
            mnist_nn.descend(X[batch], Y[batch], RATE)

    def predict(X):
        return mnist_nn.forward(X)[1].argmax(axis=1)

    return epoch, predict


def scikit_learn(X, Y):
    """Return the same of scikit-learn's network of this kind."""
    labels = Y.argmax(axis=1)
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

    def epoch():
        mlp.partial_fit(X, labels, classes=range(10))

    return epoch, mlp.predict


def scikit_learn_float64(X, Y):
    """Return the same, fed with float64, which is what fetch_openml returns."""
    return scikit_learn(X.astype(np.float64), Y)


def torch_network():
    """Return PyTorch's network: a function that makes an update, and one that reads."""
    torch.set_num_threads(1)
    torch.manual_seed(0)
    network = torch.nn.Sequential(
        torch.nn.Linear(784, 64), torch.nn.Sigmoid(), torch.nn.Linear(64, 10)
    )
    sgd = torch.optim.SGD(network.parameters(), lr=RATE)
    loss = torch.nn.CrossEntropyLoss()

    def update(X, labels):
        sgd.zero_grad()
        loss(network(X), labels).backward()
        sgd.step()

    def predict(X):
        with torch.no_grad():
            return network(torch.from_numpy(X)).argmax(dim=1).numpy()

    return update, predict


def torch_by_hand(X, Y):
    """Return PyTorch, its mini-batches cut by hand."""
    update, predict = torch_network()
    X, labels = torch.from_numpy(X), torch.from_numpy(Y.argmax(axis=1))

    def epoch():
        order = torch.randperm(len(X))
        for start in range(0, len(X), BATCH_SIZE):
            batch = order[start : start + BATCH_SIZE]
            update(X[batch], labels[batch])

    return epoch, predict


def torch_data_loader(X, Y):
    """Return PyTorch, its mini-batches from a DataLoader, as in its tutorials."""
    update, predict = torch_network()
    data = torch.utils.data.TensorDataset(
        torch.from_numpy(X), torch.from_numpy(Y.argmax(axis=1))
    )
    loader = torch.utils.data.DataLoader(data, batch_size=BATCH_SIZE, shuffle=True)

    def epoch():
        for X_batch, labels in loader:
            update(X_batch, labels)

    return epoch, predict


def bare_products(X, Y):
    """Return the floor: the five matrix products of each mini-batch. It cannot read."""
    n, X, dZ2 = len(X), X[:BATCH_SIZE].copy(), Y[:BATCH_SIZE].copy()
    A1 = np.ones((BATCH_SIZE, 64), np.float32)
    W1 = np.ones((784, 64), np.float32)
    W2 = np.ones((64, 10), np.float32)

    def epoch():
        for _ in range(0, n, BATCH_SIZE):
            X @ W1
            A1 @ W2
            A1.T @ dZ2
            dZ2 @ W2.T
            X.T @ A1

    return epoch, None


def measure_epochs(train, test):
    """Print the time of an epoch and the accuracy after all rounds, for everyone."""
    contenders = {
        "this script": the_script(*train),
        "scikit-learn, `MLPClassifier`": scikit_learn(*train),
        "the same, fed with float64": scikit_learn_float64(*train),
    }
    if torch:
        contenders["PyTorch, loop by hand"] = torch_by_hand(*train)
        contenders["PyTorch, `DataLoader`"] = torch_data_loader(*train)
    contenders["the floor: bare matrix products"] = bare_products(*train)
    times = {name: [] for name in contenders}
    for i in range(ROUNDS):
        print(f"round {i + 1} of {ROUNDS}", file=sys.stderr, flush=True)
        for name, (epoch, _) in contenders.items():
            began = time.perf_counter()
            epoch()
            times[name].append(time.perf_counter() - began)

    X_test, Y_test = test
    print(f"| one epoch, batch {BATCH_SIZE} | seconds | ratio | test after {ROUNDS} |")
    print("|---|---|---|---|")
    for name, (_, predict) in contenders.items():
        seconds = np.median(times[name])
        ratio = np.median(np.divide(times[name], times["this script"]))
        accuracy = ""
        if predict:
            accuracy = f"{(predict(X_test) == Y_test.argmax(axis=1)).mean():.2%}"
        print(f"| {name} | {seconds:.3f} | {ratio:.2f} | {accuracy} |")


def main():
    """Measure the processes and the epochs."""
    print(f"Python {platform.python_version()}, NumPy {np.__version__}, ", end="")
    print(f"scikit-learn {sklearn.__version__}, ", end="")
    print(f"PyTorch {torch.__version__}\n" if torch else "no PyTorch\n", flush=True)
    images, labels = mnist_nn.load_mnist()  # and keep it, for the processes
    if len(images) < 70_000:
        sys.exit("The benchmark needs MNIST.")
    measure_processes()
    print()
    train, _, test = mnist_nn.split(images, labels)
    measure_epochs(train, test)


if __name__ == "__main__":
    main()
