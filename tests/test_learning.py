"""The training is stochastic gradient descent, with scikit-learn as the judge."""

import numpy as np
import pytest
import scipy.ndimage
from helpers import NAMES, epochs, numbered_images, numbers_of, start, weights
from sklearn.neural_network import MLPClassifier


def test_an_update_at_the_shipped_rate_is_scikit_learns(nn, digits):
    X, Y = digits[0]
    settings = {"activation": "logistic", "solver": "sgd", "alpha": 0, "momentum": 0}
    settings |= {"batch_size": 100, "learning_rate_init": nn.LEARNING_RATE}
    theirs = MLPClassifier(64, shuffle=False, random_state=0, **settings)
    labels = Y.argmax(axis=1)
    theirs.partial_fit(X[:100], labels[:100], classes=range(10))
    for first in range(100, 1100, 100):
        batch = slice(first, first + 100)
        (W1, W2), (b1, b2) = theirs.coefs_, theirs.intercepts_
        nn.W1, nn.b1, nn.W2, nn.b2 = W1.copy(), b1.copy(), W2.copy(), b2.copy()
        loss = nn.update(X[batch], Y[batch], nn.LEARNING_RATE)
        theirs.partial_fit(X[batch], labels[batch])
        assert loss == pytest.approx(theirs.loss_, rel=1e-5)
        (W1, W2), (b1, b2) = theirs.coefs_, theirs.intercepts_
        for ours, judged in zip(weights(nn), (W1, b1, W2, b2)):
            np.testing.assert_allclose(ours, judged, atol=5e-6)


def record_updates(nn):
    """Let update learn nothing, and return a list of what it will be called with."""
    updates = []

    def update(X, Y, rate):
        updates.append((X, Y, rate))
        return 1.25

    nn.update = update
    return updates


def dots(n):
    """Return n images of a dot in the middle, of ink 1, 2, ... n, and their labels."""
    X = np.zeros((n, 784), np.float32)
    X[:, 14 * 28 + 14] = np.arange(1, n + 1)
    return X, np.eye(10, dtype=np.float32)[np.arange(1, n + 1) % 10]


@pytest.mark.parametrize("batch_size", [1, 7, 100, 10**9])
def test_every_image_is_used_once_an_epoch_and_with_its_label(nn, batch_size):
    updates = record_updates(nn)
    nn.BATCH_SIZE = batch_size
    assert nn.train_epoch(*dots(230), 1.0, np.random.default_rng(0)) == 1.25
    numbers = np.concatenate([X.max(axis=1) for X, _, _ in updates])
    labels = np.concatenate([Y.argmax(axis=1) for _, Y, _ in updates])
    assert numbers.tolist() != list(range(1, 231))  # shuffled
    assert np.sort(numbers).tolist() == list(range(1, 231))
    assert (labels == numbers % 10).all()
    assert {len(X) for X, _, _ in updates[:-1]} <= {batch_size}


def test_each_epoch_has_another_order_and_each_mini_batch_another_shift(nn):
    """Seed 1 does not repeat what seed 0 has done, as with seeds like SEED + epoch."""
    nn.EPOCHS, nn.BATCH_SIZE = 3, 10
    orders, places = [], []
    for nn.SEED in (0, 0, 1):
        updates = record_updates(nn)
        nn.train(*dots(200), *dots(10))
        for epoch in (updates[:20], updates[20:40], updates[40:]):
            orders.append([X[0].max() for X, _, _ in epoch])
            places.append([X[0].argmax() for X, _, _ in epoch])
            assert len(set(places[-1])) > 4
    for values in (orders, places):
        assert values[:3] == values[3:6]  # the same seed
        assert len(set(map(tuple, values[3:]))) == 6


RATES = [(0, []), (1, [1.0]), (5, [1.0, 0.8, 0.6, 0.4, 0.2])]


@pytest.mark.parametrize(("n", "rates"), RATES)
def test_the_rate_falls_evenly_and_the_table_shows_it(nn, digits, capsys, n, rates):
    updates = record_updates(nn)
    nn.EPOCHS, nn.LEARNING_RATE, nn.FINAL_LEARNING_RATE = n, 1, 0.2
    nn.train(*dots(20), *digits[1])
    assert [rate for _, _, rate in updates] == pytest.approx(rates)
    loss, accuracy = nn.evaluate(*digits[1])
    rows = epochs(capsys.readouterr().out)
    assert len(rows) == n
    for i, (row, rate) in enumerate(zip(rows, rates), start=1):
        assert row == pytest.approx((i, rate, 1.25, loss, 100 * accuracy), abs=0.00501)


def test_an_interrupted_epoch_is_not_counted(nn, capsys):
    def update(X, Y, rate):
        if len(updates) == 25:
            raise KeyboardInterrupt
        return recorded(X, Y, rate)

    updates, nn.BATCH_SIZE = record_updates(nn), 10
    recorded, nn.update = nn.update, update
    with pytest.raises(KeyboardInterrupt):
        nn.train(*dots(100), *dots(10))
    assert [row[0] for row in epochs(capsys.readouterr().out)] == [1, 2]


@pytest.mark.parametrize("max_shift", [0, 1, 2])
def test_a_shift_is_scipys_and_each_shift_is_equally_frequent(nn, rng, max_shift):
    """All images move alike. The first has a single dot, which tells how far."""
    nn.MAX_SHIFT = max_shift
    X = np.zeros((3, 28, 28), np.float32)
    X[1:, 2:-2, 2:-2] = rng.random((2, 24, 24))  # with empty margins, as in MNIST
    X[0, 14, 14] = 1
    before = X.copy()
    moves = []
    for _ in range(100 * (2 * max_shift + 1) ** 2):
        shifted = nn.shift(X.reshape(3, 784), rng)
        down, right = divmod(int(shifted[0].argmax()), 28)
        moves.append((0, down - 14, right - 14))
        expected = scipy.ndimage.shift(X, moves[-1], order=0)
        assert (shifted.reshape(3, 28, 28) == expected).all()
    counts = [moves.count(move) for move in set(moves)]
    assert len(counts) == (2 * max_shift + 1) ** 2
    assert min(counts) > 50
    assert (X == before).all()


def test_split_loses_nothing_takes_nothing_twice_and_keeps_the_labels(nn):
    images, labels = numbered_images()
    nn.SEED = 1  # changes nothing: all runs are validated on the same images
    found = []
    for X, Y in nn.split(images, labels):
        assert X.dtype == Y.dtype == np.float32
        numbers = numbers_of(X)
        np.testing.assert_allclose(X[:, :4], images[numbers, :4] / 255, rtol=1e-6)
        assert (Y.argmax(axis=1) == labels[numbers]).all()
        found.append(numbers)
    assert [len(numbers) for numbers in found] == [45_000, 15_000, 10_000]
    assert found[2].tolist() == list(range(60_000, 70_000))  # in order
    shuffled = np.concatenate(found[:2])
    assert (shuffled == np.random.default_rng(0).permutation(60_000)).all()


def test_a_run_trains_on_the_training_images_and_on_nothing_else(nn, run, digits):
    """Its weights are those of split, initialize_weights and train."""
    names, _ = run(EPOCHS=3)
    nn.EPOCHS = 3
    start(nn)
    nn.train(*digits[0], *digits[1])
    for array, name in zip(weights(nn), NAMES):
        assert (names[name] == array).all()
    for (X, Y), part in zip(digits, ("train", "val", "test")):
        assert (names[f"X_{part}"] == X).all()
        assert (names[f"Y_{part}"] == Y).all()


def test_the_settings_are_those_that_were_chosen_by_validation(nn):
    assert (nn.HIDDEN_UNITS, nn.EPOCHS, nn.BATCH_SIZE) == (64, 40, 100)
    assert (nn.LEARNING_RATE, nn.FINAL_LEARNING_RATE) == (2.0, 0.1)
    assert (nn.MAX_SHIFT, nn.SEED) == (1, 0)
