"""The training is stochastic gradient descent, with scikit-learn as the judge."""

import re

import numpy as np
import pytest
import scipy.ndimage
from conftest import figures, weights
from sklearn.metrics import confusion_matrix
from sklearn.neural_network import MLPClassifier


def scikit_learns_network(nn, X, Y):
    """Return scikit-learn's network of our kind, and give ours the same weights."""
    settings = {"activation": "logistic", "solver": "sgd", "alpha": 0, "momentum": 0}
    settings |= {"batch_size": 100, "learning_rate_init": 0.5, "shuffle": False}
    theirs = MLPClassifier(64, nesterovs_momentum=False, random_state=0, **settings)
    theirs.partial_fit(X[:100], Y[:100].argmax(axis=1), classes=range(10))
    nn.W1, nn.W2 = [w.copy() for w in theirs.coefs_]
    nn.b1, nn.b2 = [b.copy() for b in theirs.intercepts_]
    return theirs


def assert_same_weights(nn, theirs):
    (W1, W2), (b1, b2) = theirs.coefs_, theirs.intercepts_
    for ours, judged in zip(weights(nn), (W1, b1, W2, b2)):
        np.testing.assert_allclose(ours, judged, atol=5e-6)


def test_each_update_leads_to_scikit_learns_weights(nn, digits):
    X, Y = digits[0]
    theirs = scikit_learns_network(nn, X, Y)
    for start in range(0, 1000, 100):
        batch = slice(start, start + 100)
        theirs.partial_fit(X[batch], Y[batch].argmax(axis=1))
        nn.descend(X[batch], Y[batch], 0.5)
        assert_same_weights(nn, theirs)


def test_an_epoch_leads_to_scikit_learns_weights_and_loss(nn, digits):
    """There are 1,155 images, so the last mini-batch has only 55."""
    X, Y = digits[0]
    theirs = scikit_learns_network(nn, X, Y)
    nn.MAX_SHIFT = 0
    loss = nn.train_epoch(X, Y, 0.5, np.random.default_rng(3))
    order = np.random.default_rng(3).permutation(len(X))
    theirs.partial_fit(X[order], Y[order].argmax(axis=1))
    assert_same_weights(nn, theirs)
    assert loss == pytest.approx(theirs.loss_, rel=1e-5)


def record_updates(nn):
    """Let descend learn nothing, and return a list of what it will be called with."""
    updates = []

    def descend(X, Y, rate):
        updates.append((X, Y, rate))
        return 1.25

    nn.initialize_weights()
    nn.descend = descend
    return updates


def numbered_images(n):
    """Return n images of a dot in the middle, of ink 1, 2, ... n, and their labels."""
    X = np.zeros((n, 784), np.float32)
    X[:, 14 * 28 + 14] = np.arange(1, n + 1)
    return X, np.eye(10, dtype=np.float32)[np.arange(1, n + 1) % 10]


@pytest.mark.parametrize("batch_size", [1, 7, 100, 230, 10**9])
def test_every_image_is_used_once_an_epoch_and_with_its_label(nn, rng, batch_size):
    updates = record_updates(nn)
    nn.BATCH_SIZE = batch_size
    loss = nn.train_epoch(*numbered_images(230), 0.1, rng)
    numbers = np.concatenate([X.max(axis=1) for X, _, _ in updates])
    labels = np.concatenate([Y.argmax(axis=1) for _, Y, _ in updates])
    assert numbers.tolist() != list(range(1, 231))  # shuffled
    assert np.sort(numbers).tolist() == list(range(1, 231))
    assert (labels == numbers % 10).all()
    assert [len(X) for X, _, _ in updates[:-1]] == [batch_size] * (len(updates) - 1)
    assert loss == pytest.approx(1.25)  # the mean over images, not over mini-batches


def test_each_epoch_has_another_order_and_each_mini_batch_another_shift(nn):
    """A random generator made anew would repeat the same ones again and again."""
    X, Y = numbered_images(200)
    updates = record_updates(nn)
    nn.EPOCHS, nn.BATCH_SIZE = 3, 10
    nn.train(X, Y, X, Y)
    numbers = [int(X[0].max()) for X, _, _ in updates]  # of the first in a mini-batch
    places = [int(X[0].argmax()) for X, _, _ in updates]
    for values in (numbers, places):
        first, second, third = values[:20], values[20:40], values[40:]
        assert first != second != third != first
        assert len(set(first)) > 4


RATES = [(0, []), (1, [1.0]), (2, [1.0, 0.2]), (5, [1.0, 0.8, 0.6, 0.4, 0.2])]


@pytest.mark.parametrize(("epochs", "rates"), RATES)
def test_the_learning_rate_falls_in_a_straight_line(nn, digits, capsys, epochs, rates):
    """And the table shows it, with the mean loss and the figures of validation."""
    updates = record_updates(nn)
    nn.EPOCHS, nn.LEARNING_RATE, nn.FINAL_LEARNING_RATE = epochs, 1, 0.2
    nn.train(*numbered_images(20), *digits[1])
    assert [rate for _, _, rate in updates] == pytest.approx(rates)
    loss, accuracy = nn.evaluate(*digits[1])
    lines = [line.split() for line in capsys.readouterr().out.splitlines()[-epochs:]]
    for i, rate in enumerate(rates):
        figures = [f"{rate:.4f}", "1.2500", f"{loss:.4f}", f"{accuracy:.2%}"]
        assert lines[i][:5] == [str(i + 1), *figures]


@pytest.mark.parametrize(("rate", "batch_size"), [(1e38, 100), (np.nan, 10**9)])
def test_a_loss_that_is_no_longer_finite_ends_training(nn, digits, rate, batch_size):
    """After a single mini-batch, only the validation loss can tell."""
    nn.LEARNING_RATE, nn.EPOCHS, nn.BATCH_SIZE = rate, 1, batch_size
    nn.initialize_weights()
    with pytest.raises(SystemExit, match="LEARNING_RATE"):
        nn.train(*digits[0], *digits[1])


@pytest.mark.parametrize("max_shift", [0, 1, 2])
def test_a_shift_is_scipys_and_each_shift_is_equally_frequent(nn, rng, max_shift):
    """All images move alike. The first has a single dot, which tells how far."""
    nn.MAX_SHIFT = max_shift
    X = rng.random((3, 784)).astype(np.float32)
    X[0] = numbered_images(1)[0]
    before, squares = X.copy(), X.reshape(3, 28, 28)
    moves = []
    for _ in range(100 * (2 * max_shift + 1) ** 2):
        shifted = nn.shift(X, rng)
        down, right = divmod(int(shifted[0].argmax()), 28)
        moves.append((0, down - 14, right - 14))
        expected = scipy.ndimage.shift(squares, moves[-1], order=0, mode="grid-wrap")
        assert (shifted.reshape(3, 28, 28) == expected).all()
    counts = [moves.count(move) for move in set(moves)]
    assert len(counts) == (2 * max_shift + 1) ** 2
    assert min(counts) > 50
    assert shifted.dtype == X.dtype
    assert (X == before).all()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_digits_are_learned_with_the_settings_as_shipped(nn, seed):
    """The test images are by people whose handwriting the network has never seen."""
    nn.SEED = seed
    train, val, test = nn.split(*nn.small_digits())
    nn.initialize_weights()
    nn.train(*train, *val)
    assert nn.evaluate(*val)[1] >= 0.95
    assert nn.evaluate(*test)[1] >= 0.85


def test_labels_at_random_cannot_be_learned(nn, rng):
    """Only memorized. If answers leaked out of training, the others were read too."""
    images, labels = nn.small_digits()
    train, val, test = nn.split(images, rng.permutation(labels))
    nn.EPOCHS, nn.MAX_SHIFT = 100, 0
    nn.initialize_weights()
    nn.train(*train, *val)
    assert nn.evaluate(*train)[1] > 0.2
    assert nn.evaluate(*val)[1] < 0.16
    assert nn.evaluate(*test)[1] < 0.18


def test_evaluate_counts_right_and_learns_nothing(nn, digits):
    X, Y = digits[1]
    nn.initialize_weights()
    before = [w.copy() for w in weights(nn)]
    loss, accuracy = nn.evaluate(X, Y)
    Y_hat = nn.forward(X)[1]
    right = [y[y_hat.argmax()] == 1 for y, y_hat in zip(Y, Y_hat)]
    assert accuracy == sum(right) / len(X)
    assert loss == nn.cross_entropy(Y, Y_hat)
    for w, copy in zip(weights(nn), before):
        assert (w == copy).all()


def test_the_seed_decides_on_the_order_and_the_shifts(nn, digits):
    learned = []
    for seed in (0, 0, 1):
        nn.SEED, nn.EPOCHS = 0, 2
        nn.initialize_weights()
        nn.SEED = seed
        nn.train(*digits[0], *digits[1])
        learned.append(nn.W1)
    assert (learned[0] == learned[1]).all()
    assert (learned[0] != learned[2]).any()


def test_split_loses_nothing_takes_nothing_twice_and_keeps_the_labels(nn):
    """70,000 little images, each made of the four bytes of its own number."""
    numbers = np.arange(70_000, dtype=np.uint32)
    images = numbers.view(np.uint8).reshape(-1, 4)
    labels = (numbers % 10).astype(np.uint8)
    parts = nn.split(images, labels)
    found = []
    for X, Y in parts:
        assert X.dtype == Y.dtype == np.float32
        part = np.round(X * 255).astype(np.uint8).view(np.uint32)[:, 0]
        np.testing.assert_allclose(X, images[part] / 255, rtol=1e-6)
        assert (Y.argmax(axis=1) == part % 10).all()
        found.append(part)
    assert [len(part) for part in found] == [45_000, 15_000, 10_000]
    assert found[2].tolist() == list(range(60_000, 70_000))  # in order
    rest = np.concatenate(found[:2])
    assert (rest != np.arange(60_000)).mean() > 0.99  # shuffled
    assert np.sort(rest).tolist() == list(range(60_000))

    assert (nn.split(images, labels)[0][0] == parts[0][0]).all()
    nn.SEED = 1
    assert (nn.split(images, labels)[0][0] != parts[0][0]).any()


def test_the_report_is_true(nn, digits, capsys):
    train, val, test = digits
    nn.EPOCHS = 5
    nn.initialize_weights()
    nn.train(*train, *val)
    capsys.readouterr()
    nn.report(*val, *test)
    out = capsys.readouterr().out
    for name, part in (("validation", val), ("test", test)):
        loss, accuracy = nn.evaluate(*part)
        expected = str(len(part[0])), f"{loss:.4f}", f"{100 * accuracy:.2f}"
        assert figures(out, name) == expected

    Y_hat = nn.forward(test[0])[1]
    true, read = test[1].argmax(axis=1), Y_hat.argmax(axis=1)
    table = re.findall(r"(?m)^ +\d((?: +\d+){10})$", out)
    counts = [[int(count) for count in row.split()] for row in table]
    assert counts == confusion_matrix(true, read, labels=range(10)).tolist()

    mistakes = [i for i in range(len(true)) if true[i] != read[i]]
    assert f" {len(mistakes)} " in out
    worst = sorted(mistakes, key=lambda i: -Y_hat[i].max())[:3]
    captions = re.findall(r"(\d) \D+ (\d)\D+ ([\d.]+%)", out.splitlines()[-1])
    expected = [(str(true[i]), str(read[i]), f"{Y_hat[i].max():.1%}") for i in worst]
    assert captions == expected
    nn.draw(test[0][worst])
    assert capsys.readouterr().out in out
