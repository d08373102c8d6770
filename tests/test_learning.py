"""The training is stochastic gradient descent, with scikit-learn as the judge."""

import numpy as np
import pytest
import scipy.ndimage
from helpers import NAMES, epochs, numbered_images, numbers_of, start, weights
from sklearn.neural_network import MLPClassifier


def scikit_learns_network(nn, X, Y, rate, batch_size):
    """Return scikit-learn's network of our kind, and give ours the same weights."""
    settings = {"activation": "logistic", "solver": "sgd", "alpha": 0, "momentum": 0}
    settings |= {"batch_size": batch_size, "learning_rate_init": rate}
    theirs = MLPClassifier(64, shuffle=False, random_state=0, **settings)
    theirs.partial_fit(X[:9], Y[:9].argmax(axis=1), classes=range(10))
    nn.W1, nn.W2 = [W.copy() for W in theirs.coefs_]
    nn.b1, nn.b2 = [b.copy() for b in theirs.intercepts_]
    return theirs


def assert_same_weights(nn, theirs):
    (W1, W2), (b1, b2) = theirs.coefs_, theirs.intercepts_
    for ours, judged in zip(weights(nn), (W1, b1, W2, b2)):
        np.testing.assert_allclose(ours, judged, atol=1e-5)


@pytest.mark.filterwarnings("ignore:Got `batch_size`")
def test_each_update_leads_to_scikit_learns_weights(nn, digits):
    X, Y = digits[0]
    rate = nn.LEARNING_RATE  # as shipped
    theirs = scikit_learns_network(nn, X, Y, rate, 100)
    for first in range(0, 1000, 100):
        batch = slice(first, first + 100)
        theirs.partial_fit(X[batch], Y[batch].argmax(axis=1))
        nn.update(X[batch], Y[batch], rate)
        assert_same_weights(nn, theirs)


@pytest.mark.filterwarnings("ignore:Got `batch_size`")
def test_training_leads_to_scikit_learns_weights_and_loss(nn, digits, capsys):
    X, Y = digits[0]  # 1,155 images, which make 11 mini-batches of 105
    theirs = scikit_learns_network(nn, X, Y, 0.5, 105)
    nn.BATCH_SIZE, nn.EPOCHS, nn.LEARNING_RATE, nn.FINAL_LEARNING_RATE = (
        105,
        2,
        0.5,
        0.5,
    )
    rng = np.random.default_rng(nn.SEED)
    nn.shift = lambda X, rng: X  # which takes no random numbers
    nn.train(X, Y, *digits[1])
    for epoch in epochs(capsys.readouterr().out):
        order = rng.permutation(len(X))
        theirs.partial_fit(X[order], Y[order].argmax(axis=1))
        assert epoch[2] == pytest.approx(theirs.loss_, abs=0.0002)
    assert_same_weights(nn, theirs)


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
    loss = nn.train_epoch(*dots(230), 1.0, np.random.default_rng(0))
    numbers = np.concatenate([X.max(axis=1) for X, _, _ in updates])
    labels = np.concatenate([Y.argmax(axis=1) for _, Y, _ in updates])
    assert numbers.tolist() != list(range(1, 231))  # shuffled
    assert np.sort(numbers).tolist() == list(range(1, 231))
    assert (labels == numbers % 10).all()
    assert [len(X) for X, _, _ in updates[:-1]] == [batch_size] * (len(updates) - 1)
    assert loss == 1.25


def test_each_epoch_has_another_order_and_each_mini_batch_another_shift(nn):
    """Seed 1 does not repeat what seed 0 has done, as with seeds like SEED + epoch."""
    nn.EPOCHS, nn.BATCH_SIZE = 3, 10
    orders, places = [], []
    for nn.SEED in (0, 0, 1):
        updates = record_updates(nn)
        nn.train(*dots(200), *dots(10))
        first = [(int(X[0].max()), int(X[0].argmax())) for X, _, _ in updates]
        for epoch in (first[:20], first[20:40], first[40:]):
            orders.append(tuple(number for number, _ in epoch))
            places.append(tuple(place for _, place in epoch))
            assert len(set(places[-1])) > 4
    for values in (orders, places):
        assert values[:3] == values[3:6]  # the same seed
        assert len(set(values[3:])) == 6


RATES = [(0, []), (1, [1.0]), (2, [1.0, 0.2]), (5, [1.0, 0.8, 0.6, 0.4, 0.2])]


@pytest.mark.parametrize(("n", "rates"), RATES)
def test_the_rate_falls_in_a_straight_line_and_the_table_shows_it(
    nn, digits, capsys, n, rates
):
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
    updates = record_updates(nn)
    recorded, nn.BATCH_SIZE = nn.update, 10

    def update(X, Y, rate):
        if len(updates) == 25:
            raise KeyboardInterrupt
        return recorded(X, Y, rate)

    nn.update = update
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
    assert shifted.dtype == X.dtype
    assert (X == before).all()


@pytest.mark.parametrize("seed", [0, 1])
def test_the_digits_are_learned_with_the_settings_as_shipped(nn, digits, seed):
    """The test images are by people whose handwriting the network has never seen."""
    train, val, test = digits
    nn.SEED = seed
    start(nn)
    nn.train(*train, *val)
    assert nn.evaluate(*val)[1] >= 0.95
    assert 0.85 <= nn.evaluate(*test)[1] <= 0.95


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
    """Its weights and figures are those of split, initialize_weights and train."""
    names, output = run(EPOCHS=3)
    nn.EPOCHS = 3
    start(nn)
    nn.train(*digits[0], *digits[1])
    for array, name in zip(weights(nn), NAMES):
        assert (names[name] == array).all()
    for (X, Y), part in zip(digits, ("train", "val", "test")):
        assert (names[f"X_{part}"] == X).all()
        assert (names[f"Y_{part}"] == Y).all()
    loss, accuracy = nn.evaluate(*digits[1])
    assert epochs(output)[-1][3:] == pytest.approx((loss, 100 * accuracy), abs=0.00501)


def test_the_settings_are_those_that_were_chosen_by_validation(nn):
    assert (nn.HIDDEN_UNITS, nn.EPOCHS, nn.BATCH_SIZE) == (64, 40, 100)
    assert (nn.LEARNING_RATE, nn.FINAL_LEARNING_RATE) == (2.0, 0.1)
    assert (nn.MAX_SHIFT, nn.SEED) == (1, 0)
