"""How long does an epoch take, beside scikit-learn's MLPClassifier and PyTorch?

    python tests/benchmark.py

All train 784-64-10 units in float32, on mini-batches of 64 at a constant rate, without
momentum, shift or weight decay, on one thread. In each round everyone gets a process,
one after another, so that a change in the computer's speed meets all, and its time is
divided by the script's. PyTorch takes part if installed, as in its own tutorial.
"""

import contextlib
import os
import subprocess
import sys
import time

os.environ.update(OPENBLAS_NUM_THREADS="1", OMP_NUM_THREADS="1")  # before NumPy
import numpy as np
from experiments import load_sets, network
from sklearn.neural_network import MLPClassifier

with contextlib.suppress(ImportError):
    import torch

BATCH_SIZE, RATE, EPOCHS, ROUNDS = 64, 0.2, 5, 5


def script(X, labels):
    """Train, and return a function that recognizes images. So do the next two."""
    nn = network(f"`BATCH_SIZE = {BATCH_SIZE}`, `MAX_SHIFT = 0`")
    Y, rng = nn.one_hot(labels), np.random.default_rng(0)
    for _ in range(EPOCHS):
        nn.train_epoch(X, Y, RATE, rng)
    return lambda X: nn.forward(X)[1].argmax(axis=1)


def scikit_learn(X, labels):
    settings = {"activation": "logistic", "solver": "sgd", "momentum": 0, "alpha": 0}
    settings |= {"batch_size": BATCH_SIZE, "learning_rate_init": RATE}
    mlp = MLPClassifier(64, max_iter=EPOCHS, random_state=0, **settings)
    return mlp.fit(X, labels).predict


def pytorch(X, labels):
    torch.manual_seed(0)
    data = torch.utils.data.TensorDataset(torch.tensor(X), torch.tensor(labels))
    loader = torch.utils.data.DataLoader(data, batch_size=BATCH_SIZE, shuffle=True)
    layers = torch.nn.Linear(784, 64), torch.nn.Sigmoid(), torch.nn.Linear(64, 10)
    model, loss = torch.nn.Sequential(*layers), torch.nn.CrossEntropyLoss()
    optimizer = torch.optim.SGD(model.parameters(), lr=RATE)
    for _ in range(EPOCHS):
        for X_batch, labels_batch in loader:
            loss(model(X_batch), labels_batch).backward()
            optimizer.step()
            optimizer.zero_grad()
    return lambda X: model(torch.tensor(X)).argmax(dim=1).numpy()


if __name__ == "__main__":
    (X, Y), (X_val, Y_val), _ = load_sets()
    X, Y = X[:44_992], Y[:44_992]  # full mini-batches; one of 8 images would be noisy
    if sys.argv[1:]:  # one of the processes, which prints its seconds and its accuracy
        labels, began = Y.argmax(axis=1), time.perf_counter()
        recognize = globals()[sys.argv[1]](X, labels)
        seconds = time.perf_counter() - began
        print(seconds, (recognize(X_val) == Y_val.argmax(axis=1)).mean())
        sys.exit()
    names = ["script", "scikit_learn"] + ["pytorch"] * ("torch" in sys.modules)
    rounds = []
    for _ in range(ROUNDS):
        calls = [[sys.executable, "-W", "ignore", __file__, name] for name in names]
        rounds.append([subprocess.check_output(call).split() for call in calls])
    results = np.array(rounds, float)  # (ROUNDS, contenders, 2)
    ratios = results[:, :, 0] / results[:, :1, 0]
    for name, ratio, right in zip(names, ratios.T, results[0, :, 1]):
        low, median, high = np.quantile(ratio, [0, 0.5, 1])
        print(f"{name}: {median:.2f} ({low:.2f} to {high:.2f}), accuracy {right:.1%}")
