"""The training is stochastic gradient descent, with scikit-learn as the judge."""

import time

import numpy as np
import pytest
import scipy.ndimage
from helpers import SETTINGS, epochs, numbered_images, numbers_of, steps, weights
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


def test_training_leads_to_scikit_learns_weights_and_loss(nn, digits):
    """Two epochs. There are 1,155 images, so the last mini-batch has only 55."""
    X, Y = digits[0]
    theirs = scikit_learns_network(nn, X, Y)
    nn.MAX_SHIFT, nn.EPOCHS, nn.LEARNING_RATE, nn.FINAL_LEARNING_RATE = 0, 2, 0.5, 0.5
    rng = np.random.default_rng(nn.SEED)
    nn.shift = lambda X, rng: X  # which takes no random numbers
    history = nn.train(X, Y, *digits[1])
    for epoch in (1, 2):
        order = rng.permutation(len(X))
        theirs.partial_fit(X[order], Y[order].argmax(axis=1))
        assert history[epoch - 1][2] == pytest.approx(theirs.loss_, rel=1e-5)
    assert_same_weights(nn, theirs)


def record_updates(nn):
    """Let descend learn nothing, and return a list of what it will be called with."""
    updates = []

    def descend(X, Y, rate):
        updates.append((X, Y, rate))
        return 1.25

    nn.initialize_weights()
    nn.descend = descend
    return updates


def dots(n):
    """Return n images of a dot in the middle, of ink 1, 2, ... n, and their labels."""
    X = np.zeros((n, 784), np.float32)
    X[:, 14 * 28 + 14] = np.arange(1, n + 1)
    return X, np.eye(10, dtype=np.float32)[np.arange(1, n + 1) % 10]


@pytest.mark.parametrize("batch_size", [1, 7, 100, 230, 10**9])
def test_every_image_is_used_once_an_epoch_and_with_its_label(nn, batch_size):
    updates = record_updates(nn)
    nn.EPOCHS, nn.BATCH_SIZE = 1, batch_size
    ((_, _, loss, *_),) = nn.train(*dots(230), *dots(10))
    numbers = np.concatenate([X.max(axis=1) for X, _, _ in updates])
    labels = np.concatenate([Y.argmax(axis=1) for _, Y, _ in updates])
    assert numbers.tolist() != list(range(1, 231))  # shuffled
    assert np.sort(numbers).tolist() == list(range(1, 231))
    assert (labels == numbers % 10).all()
    assert [len(X) for X, _, _ in updates[:-1]] == [batch_size] * (len(updates) - 1)
    assert loss == pytest.approx(1.25)  # the mean over images, not over mini-batches


def test_each_epoch_has_another_order_and_each_mini_batch_another_shift(nn):
    """A random generator made anew would repeat the same ones again and again."""
    X, Y = dots(200)
    updates = record_updates(nn)
    nn.EPOCHS, nn.BATCH_SIZE = 3, 10
    nn.train(X, Y, X, Y)
    numbers = [int(X[0].max()) for X, _, _ in updates]  # of the first in a mini-batch
    places = [int(X[0].argmax()) for X, _, _ in updates]
    for values in (numbers, places):
        first, second, third = values[:20], values[20:40], values[40:]
        assert first != second != third != first
        assert len(set(first)) > 4


def test_all_epochs_draw_from_one_generator(nn):
    """With seeds such as SEED + epoch, seed 1 would repeat what seed 0 has done."""
    orders = []
    for seed in (0, 1):
        updates = record_updates(nn)
        nn.EPOCHS, nn.BATCH_SIZE, nn.SEED = 3, 50, seed
        nn.train(*dots(50), *dots(10))
        orders.append([tuple(X.max(axis=1)) for X, _, _ in updates])
    assert len(set(orders[0] + orders[1])) == 6


RATES = [(0, []), (1, [1.0]), (2, [1.0, 0.2]), (5, [1.0, 0.8, 0.6, 0.4, 0.2])]


@pytest.mark.parametrize(("n", "rates"), RATES)
def test_the_learning_rate_falls_in_a_straight_line(nn, digits, capsys, n, rates):
    """And each row of the table shows it, with the figures of validation."""
    updates = record_updates(nn)
    nn.EPOCHS, nn.LEARNING_RATE, nn.FINAL_LEARNING_RATE = n, 1, 0.2
    began = time.perf_counter()
    history = nn.train(*dots(20), *digits[1])
    assert 0 <= sum(row[5] for row in history) <= time.perf_counter() - began
    assert [rate for _, _, rate in updates] == pytest.approx(rates)
    loss, accuracy = nn.evaluate(*digits[1])
    expected = [(i + 1, rate, 1.25, loss, accuracy) for i, rate in enumerate(rates)]
    assert [row[:5] for row in history] == [pytest.approx(row) for row in expected]
    printed = epochs(capsys.readouterr().out)
    assert len(printed) == n
    for row, (epoch, rate, loss, val_loss, accuracy, _) in zip(printed, history):
        figures = epoch, rate, loss, val_loss, 100 * accuracy
        assert row == pytest.approx(figures, abs=0.00501)


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
    assert shifted.dtype == X.dtype
    assert (X == before).all()


@pytest.mark.parametrize("seed", [0, 1, 2])
def test_the_digits_are_learned_with_the_settings_as_shipped(nn, digits, seed):
    """The test images are by people whose handwriting the network has never seen."""
    train, val, test = digits
    nn.SEED = seed
    nn.initialize_weights()
    nn.train(*train, *val)
    assert nn.evaluate(*val)[1] >= 0.95
    assert 0.85 <= nn.evaluate(*test)[1] <= 0.95


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
    images, labels = numbered_images()
    parts = nn.split(images, labels)
    found = []
    for X, Y in parts:
        assert X.dtype == Y.dtype == np.float32
        numbers = numbers_of(X)
        np.testing.assert_allclose(X[:, :4], images[numbers, :4] / 255, rtol=1e-6)
        assert (Y.argmax(axis=1) == labels[numbers]).all()
        found.append(numbers)
    assert [len(numbers) for numbers in found] == [45_000, 15_000, 10_000]
    assert found[2].tolist() == list(range(60_000, 70_000))  # in order
    rest = np.concatenate(found[:2])
    assert (rest != np.arange(60_000)).mean() > 0.99  # shuffled
    assert np.sort(rest).tolist() == list(range(60_000))
    nn.SEED = 1  # changes nothing: all runs are validated on the same images
    assert (numbers_of(nn.split(images, labels)[1][0]) == found[1]).all()


def test_a_run_trains_on_the_training_images_and_on_nothing_else(nn, run, digits):
    """Its weights and figures are those of split, initialize_weights and train."""
    names, output = run(EPOCHS=3)
    nn.EPOCHS = 3
    nn.initialize_weights()
    history = nn.train(*digits[0], *digits[1])
    for w, name in zip(weights(nn), ("W1", "b1", "W2", "b2")):
        assert (names[name] == w).all()
    assert [row[:5] for row in names["history"]] == [row[:5] for row in history]
    for (X, Y), part in zip(digits, ("train", "val", "test")):
        assert (names[f"X_{part}"] == X).all()
        assert (names[f"Y_{part}"] == Y).all()
    assert len(epochs(steps(output)[4])) == 3


def test_the_settings_are_those_that_were_chosen_by_validation(nn):
    assert {name: getattr(nn, name) for name in SETTINGS} == SETTINGS
