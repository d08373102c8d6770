"""The functions of the network are what mathematics says, for any finite number."""

import numpy as np
import pytest
import scipy.special
from helpers import weights
from sklearn.metrics import log_loss

pytestmark = pytest.mark.filterwarnings("error")  # in this file, a warning is an error
both_float_types = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def whole_range(dtype):
    """Return numbers of either sign, from the smallest to the largest there are."""
    info = np.finfo(dtype)
    sizes = np.geomspace(info.tiny, info.max / 2, 20_000, dtype=dtype)
    near = np.linspace(-120, 120, 20_000, dtype=dtype)
    return np.concatenate([-sizes, sizes, near, [0, info.max, info.min]]).astype(dtype)


@both_float_types
def test_sigmoid_is_the_logistic_function_for_all_finite_numbers(nn, dtype):
    z, info = whole_range(dtype), np.finfo(dtype)
    ours, scipys = nn.sigmoid(z), scipy.special.expit(z)
    assert ours.dtype == dtype
    np.testing.assert_allclose(ours, scipys, rtol=8 * info.eps, atol=info.tiny)
    np.testing.assert_allclose(ours + nn.sigmoid(-z), 1, rtol=2 * info.eps)


@both_float_types
def test_softmax_is_scipys_for_all_finite_numbers(nn, rng, dtype):
    far = rng.permutation(whole_range(dtype))[:60_000].reshape(-1, 10)
    near = rng.normal(0, 10, (1000, 10)).astype(dtype)
    z = np.concatenate([far, near])
    before = z.copy()
    ours, scipys = nn.softmax(z), scipy.special.softmax(z, axis=1)
    assert ours.dtype == dtype
    assert (z == before).all()
    np.testing.assert_allclose(ours, scipys, rtol=0, atol=8 * np.finfo(dtype).eps)


def test_softmax_gives_probabilities_that_depend_on_differences_only(nn, rng):
    z = rng.normal(0, 3, (100, 10))
    p = nn.softmax(z)
    assert (p > 0).all()
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-14)
    assert (p.argsort(axis=1) == z.argsort(axis=1)).all()  # the larger z, the larger p
    for constant in (-1000, 1000, rng.normal(0, 100, (100, 1))):
        np.testing.assert_allclose(nn.softmax(z + constant), p, rtol=1e-10)


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_cross_entropy_is_scikit_learns_log_loss(nn, rng, classes):
    labels = rng.integers(0, classes, 500)
    Y_hat = scipy.special.softmax(rng.normal(0, 3, (500, classes)), axis=1)
    loss = nn.cross_entropy(np.eye(classes)[labels], Y_hat)
    assert type(loss) is float
    assert loss == pytest.approx(log_loss(labels, Y_hat, labels=range(classes)))


def test_cross_entropy_of_the_best_a_blind_and_the_worst_answer(nn):
    Y = np.eye(10, dtype=np.float32)
    assert nn.cross_entropy(Y, Y) == 0
    assert nn.cross_entropy(Y, np.full_like(Y, 0.1)) == pytest.approx(np.log(10))
    certain_and_wrong = np.roll(Y, 1, axis=1)
    assert 80 < nn.cross_entropy(Y, certain_and_wrong) < 100


def test_with_two_classes_cross_entropy_is_the_formula_of_the_books(nn, rng):
    p = rng.uniform(0.01, 0.99, 200)
    y = rng.integers(0, 2, 200)
    formula = -(y * np.log(p) + (1 - y) * np.log(1 - p)).mean()
    loss = nn.cross_entropy(np.column_stack([y, 1 - y]), np.column_stack([p, 1 - p]))
    assert loss == pytest.approx(formula)


def test_one_hot_rows_have_a_single_one_in_the_position_of_the_label(nn):
    labels = np.array([3, 0, 9, 9], np.uint8)
    Y = nn.one_hot(labels)
    assert Y.dtype == np.float32
    assert len(Y) == 4
    for row, label in zip(Y.tolist(), labels):
        assert row == [0] * label + [1] + [0] * (9 - label)


def test_weights_start_small_and_random_and_biases_at_zero(nn):
    nn.HIDDEN_UNITS = 300
    nn.initialize_weights()
    assert [w.shape for w in weights(nn)] == [(784, 300), (300,), (300, 10), (10,)]
    assert [w.dtype for w in weights(nn)] == [np.float32] * 4
    assert nn.W1.std() == pytest.approx(784**-0.5, rel=0.05)
    assert nn.W2.std() == pytest.approx(300**-0.5, rel=0.05)
    assert abs(nn.W1.mean()) < 0.001
    assert abs(nn.W1).max() > 4 * nn.W1.std()  # a normal distribution has long tails
    assert abs(nn.W2.mean()) < 0.01
    assert not nn.b1.any()
    assert not nn.b2.any()


@pytest.mark.parametrize("name", ["W1", "W2"])
def test_the_seed_decides_on_the_first_weights(nn, name):
    first = []
    for seed in (0, 0, 1):
        nn.SEED = seed
        nn.initialize_weights()
        first.append(getattr(nn, name))
    assert (first[0] == first[1]).all()
    assert (first[0] != first[2]).mean() > 0.99


def test_forward_is_what_step_2_says_unit_by_unit(nn, rng):
    nn.W1, nn.b1 = rng.normal(size=(4, 3)), rng.normal(size=3)
    nn.W2, nn.b2 = rng.normal(size=(3, 10)), rng.normal(size=10)
    x = rng.random(4)
    a1 = [1 / (1 + np.exp(-(sum(x * nn.W1[:, j]) + nn.b1[j]))) for j in range(3)]
    powers = [np.exp(sum(a1 * nn.W2[:, k]) + nn.b2[k]) for k in range(10)]
    A1, Y_hat = nn.forward(x.reshape(1, 4))
    np.testing.assert_allclose(A1, [a1])
    np.testing.assert_allclose(Y_hat, [powers / sum(powers)])


@both_float_types
def test_the_network_keeps_to_the_float_type_of_its_arrays(nn, rng, dtype):
    nn.initialize_weights()
    nn.W1, nn.b1, nn.W2, nn.b2 = [w.astype(dtype) for w in weights(nn)]
    X, Y = rng.random((7, 784)).astype(dtype), np.eye(10, dtype=dtype)[:7]
    A1, Y_hat = nn.forward(X)
    derivatives = nn.backward(X, Y, A1, Y_hat)
    nn.descend(X, Y, 0.5)
    results = [A1, Y_hat, *derivatives, *weights(nn)]
    assert [array.dtype for array in results] == [dtype] * 10
    shapes = [(784, 64), (64,), (64, 10), (10,)]
    assert [array.shape for array in results] == [(7, 64), (7, 10), *shapes, *shapes]
