"""The training is plain stochastic gradient descent, with scikit-learn as the judge."""

import warnings

import numpy as np
import pytest
import scipy.ndimage
from sklearn.neural_network import MLPClassifier

NAMES = ("W1", "b1", "W2", "b2")


def judge(digits, rate):
    """Return scikit-learn's network of the same kind, weights just initialized."""
    (X, Y), _, _ = digits
    mlp = MLPClassifier(
        hidden_layer_sizes=(64,),
        activation="logistic",
        solver="sgd",
        alpha=0,
        momentum=0,
        nesterovs_momentum=False,
        learning_rate_init=rate,
        shuffle=False,
        batch_size=100,
        random_state=0,
    )
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a batch may be larger than the data
        return mlp.partial_fit(X[:100], Y[:100].argmax(axis=1), classes=range(10))


def take_over(nn, mlp):
    """Set our weights to copies of the judge's."""
    for name, array in zip(NAMES, judged(mlp)):
        setattr(nn, name, array.copy())


def judged(mlp):
    return mlp.coefs_[0], mlp.intercepts_[0], mlp.coefs_[1], mlp.intercepts_[1]


def test_forward_gives_scikit_learns_probabilities(nn, digits):
    mlp = judge(digits, 0.5)
    take_over(nn, mlp)
    X = digits[1][0]
    np.testing.assert_allclose(nn.forward(X)[1], mlp.predict_proba(X), atol=1e-6)


def test_one_and_many_steps_lead_to_scikit_learns_weights(nn, digits):
    """Equal weights, equal mini-batches, equal rate: equal weights ever after."""
    (X, Y), _, _ = digits
    mlp = judge(digits, 0.5)
    take_over(nn, mlp)
    for step, i in enumerate(range(0, 1000, 100)):
        batch = slice(i, i + 100)
        mlp.partial_fit(X[batch], Y[batch].argmax(axis=1))
        nn.descend(X[batch], Y[batch], 0.5)
        for name, theirs in zip(NAMES, judged(mlp)):
            ours = getattr(nn, name)
            message = f"{name} after step {step + 1}"
            np.testing.assert_allclose(ours, theirs, atol=2e-6, err_msg=message)


def test_an_epoch_of_ours_is_an_epoch_of_scikit_learn(nn, digits, rng):
    """Mini-batches in our shuffled order, the last one smaller, as it did them."""
    (X, Y), _, _ = digits
    nn.MAX_SHIFT, nn.BATCH_SIZE = 0, 100
    mlp = judge(digits, 0.5)
    take_over(nn, mlp)
    loss = nn.train_epoch(X, Y, 0.5, np.random.default_rng(3))
    order = np.random.default_rng(3).permutation(len(X))
    mlp.partial_fit(X[order], Y[order].argmax(axis=1))
    for name, theirs in zip(NAMES, judged(mlp)):
        np.testing.assert_allclose(getattr(nn, name), theirs, atol=5e-6, err_msg=name)
    assert loss == pytest.approx(mlp.loss_, rel=1e-5)


@pytest.mark.parametrize("batch_size", [1, 7, 100, 1155, 10**9])
def test_every_image_is_used_exactly_once_an_epoch(nn, digits, monkeypatch, batch_size):
    (X, Y), _, _ = digits
    X, Y = X[:230].copy(), Y[:230]
    X[:, 0] = np.arange(230)  # a number on each image
    seen, sizes = [], []

    def look(X_batch, Y_batch, rate):
        seen.extend(X_batch[:, 0].astype(int))
        sizes.append(len(X_batch))
        assert (Y_batch == Y[X_batch[:, 0].astype(int)]).all()  # its own label
        return 1.0

    monkeypatch.setattr(nn, "descend", look)
    nn.MAX_SHIFT, nn.BATCH_SIZE = 0, batch_size
    loss = nn.train_epoch(X, Y, 0.1, np.random.default_rng(0))
    assert sorted(seen) == list(range(230))
    assert seen != sorted(seen)  # shuffled
    assert set(sizes[:-1]) <= {batch_size}
    assert loss == pytest.approx(1)  # a mean over images, not over batches


def test_each_epoch_has_another_order(nn, digits, monkeypatch):
    (X, Y), (X_val, Y_val), _ = digits
    firsts = []

    def look(X_batch, Y_batch, rate):
        firsts.append(X_batch[0].tobytes())
        return 1.0

    monkeypatch.setattr(nn, "descend", look)
    nn.MAX_SHIFT, nn.EPOCHS, nn.BATCH_SIZE = 0, 3, 10**9
    nn.initialize_weights()
    nn.train(X, Y, X_val, Y_val)
    assert len(set(firsts)) == 3


def test_the_learning_rate_falls_in_a_straight_line(nn, digits, capsys):
    nn.EPOCHS, nn.LEARNING_RATE, nn.FINAL_LEARNING_RATE = 5, 1.0, 0.2
    nn.initialize_weights()
    nn.train(*digits[0], *digits[1])
    lines = [line.split() for line in capsys.readouterr().out.splitlines()[2:]]
    assert [line[0] for line in lines] == ["1", "2", "3", "4", "5"]
    assert [float(line[1]) for line in lines] == [1.0, 0.8, 0.6, 0.4, 0.2]


@pytest.mark.parametrize(("epochs", "final"), [(1, 0.5), (3, 2)])
def test_one_epoch_or_equal_rates_keep_the_first_rate(nn, epochs, final):
    nn.EPOCHS, nn.LEARNING_RATE, nn.FINAL_LEARNING_RATE = epochs, 2, final
    rates = [nn.learning_rate(epoch) for epoch in range(1, epochs + 1)]
    assert rates == [2.0] * epochs
    assert all(type(rate) is float for rate in rates)


def test_the_rate_of_the_line_is_the_rate_of_the_steps(nn, digits, monkeypatch):
    rates = []
    monkeypatch.setattr(nn, "descend", lambda X, Y, rate: rates.append(rate) or 1.0)
    nn.EPOCHS, nn.LEARNING_RATE, nn.FINAL_LEARNING_RATE = 3, 1, 0
    nn.BATCH_SIZE = 10**9
    nn.initialize_weights()
    nn.train(*digits[0], *digits[1])
    assert rates == [1.0, 0.5, 0.0]


@pytest.mark.parametrize("max_shift", [1, 2, 27])
def test_shift_moves_each_image_by_its_own_amount_and_wraps_nothing(nn, rng, max_shift):
    """Every result is SciPy's shift, with paper moving in; every amount turns up."""
    nn.MAX_SHIFT = max_shift
    image = rng.random(784).astype(np.float32)
    moves = range(-max_shift, max_shift + 1)
    every = {
        scipy.ndimage.shift(image.reshape(28, 28), (d, a), order=0).tobytes(): (d, a)
        for d in moves
        for a in moves
    }
    n = 2000
    moved = nn.shift(np.tile(image, (n, 1)), np.random.default_rng(0))
    assert moved.shape == (n, 784)
    assert moved.dtype == np.float32
    counts = {}
    for row in moved:
        at = every[row.tobytes()]  # a KeyError here: not a shift at all
        counts[at] = counts.get(at, 0) + 1
    if max_shift < 27:
        assert len(counts) == len(every)
        assert min(counts.values()) > 0.5 * n / len(every)


def test_shift_keeps_images_apart_and_leaves_them_as_they_were(nn, digits):
    X = digits[0][0][:50]
    before = X.copy()
    nn.MAX_SHIFT = 1
    moved = nn.shift(X, np.random.default_rng(0))
    assert (X == before).all()
    # these images keep two pixels of paper around: not a drop of ink is lost
    np.testing.assert_allclose(moved.sum(axis=1), X.sum(axis=1), rtol=1e-5)
    sums = X.reshape(-1, 28, 28).sum(axis=2)
    for row, moved_row in zip(sums, moved.reshape(-1, 28, 28).sum(axis=2)):
        assert any(np.allclose(np.roll(row, k), moved_row) for k in (-1, 0, 1))


def test_no_shift_changes_nothing(nn, digits):
    nn.MAX_SHIFT = 0
    X = digits[0][0][:50]
    assert (nn.shift(X, np.random.default_rng(0)) == X).all()


def test_training_shifts_the_images_and_evaluating_does_not(nn, digits, monkeypatch):
    shifted = []
    real_shift = nn.shift
    monkeypatch.setattr(
        nn, "shift", lambda X, rng: shifted.append(len(X)) or real_shift(X, rng)
    )
    nn.initialize_weights()
    nn.evaluate(*digits[1])
    assert not shifted
    nn.train_epoch(*digits[0], 0.1, np.random.default_rng(0))
    assert sum(shifted) == len(digits[0][0])


def test_the_digits_are_learned(nn, digits, capsys):
    """With the settings as shipped: at least 95 % of unseen digits are read."""
    for seed in range(3):
        nn.SEED = seed
        nn.initialize_weights()
        nn.train(*digits[0], *digits[1])
        assert nn.evaluate(*digits[1])[1] >= 0.95
        assert nn.evaluate(*digits[2])[1] >= 0.95


def test_from_labels_at_random_nothing_can_be_learned(nn, capsys):
    """If the answers leaked into training, validation would be above chance."""
    table = nn.stand_in_digits()
    labels = np.random.default_rng(1).permutation(table[:, 784])
    train, val, test = nn.split(*nn.prepare(table[:, :784], labels))
    nn.EPOCHS, nn.MAX_SHIFT = 100, 0
    nn.initialize_weights()
    nn.train(*train, *val)
    assert nn.evaluate(*train)[1] > 0.3  # learned by heart, some of it
    for part in (val, test):
        assert nn.evaluate(*part)[1] < 0.1 + 4 * 0.3 / len(part[0]) ** 0.5


def test_evaluate_learns_nothing_and_counts_right(nn, digits):
    nn.initialize_weights()
    before = [getattr(nn, name).copy() for name in NAMES]
    X, Y = digits[1]
    loss, accuracy = nn.evaluate(X, Y)
    Y_hat = nn.forward(X)[1]
    right = [row.argmax() == truth.argmax() for row, truth in zip(Y_hat, Y)]
    assert accuracy == sum(right) / len(right)
    assert loss == nn.cross_entropy(Y, Y_hat)
    for name, array in zip(NAMES, before):
        assert (getattr(nn, name) == array).all()


def test_the_same_seed_gives_the_same_weights_and_another_seed_others(nn, digits):
    results = []
    for seed in (0, 0, 1):
        nn.SEED, nn.EPOCHS = seed, 2
        nn.initialize_weights()
        nn.train(*digits[0], *digits[1])
        results.append(nn.W1.copy())
    assert (results[0] == results[1]).all()
    assert (results[0] != results[2]).any()


def test_split_is_3_to_1_and_the_last_seventh_in_its_own_order(nn, rng):
    X = np.arange(70_000, dtype=np.float32).reshape(-1, 1)
    Y = -X
    (X_train, Y_train), (X_val, Y_val), (X_test, Y_test) = nn.split(X, Y)
    assert (len(X_train), len(X_val), len(X_test)) == (45_000, 15_000, 10_000)
    assert X_test[:, 0].tolist() == list(range(60_000, 70_000))
    rest = np.concatenate([X_train, X_val])[:, 0]
    assert sorted(rest) == list(range(60_000))  # nothing twice, nothing lost
    assert (rest != np.arange(60_000)).mean() > 0.99  # shuffled
    for X_part, Y_part in ((X_train, Y_train), (X_val, Y_val), (X_test, Y_test)):
        assert (X_part == -Y_part).all()  # each with its label
    again = nn.split(X, Y)
    assert (again[0][0] == X_train).all()
    nn.SEED = 1
    assert (nn.split(X, Y)[0][0] != X_train).any()


def test_prepare_scales_to_0_to_1_in_float32(nn):
    images = np.arange(256, dtype=np.uint8).repeat(784).reshape(256, 784)
    X, Y = nn.prepare(images, np.arange(256) % 10)
    assert X.dtype == np.float32
    np.testing.assert_allclose(X[:, 5], np.arange(256) / 255, rtol=1e-6)
    assert X.flags.c_contiguous  # rows lie together, or training would crawl
    assert Y.shape == (256, 10)
