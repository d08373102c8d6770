"""The functions of the network are what mathematics says, for any finite number."""

import numpy as np
import pytest
import scipy.special
from helpers import start, weights
from sklearn.metrics import log_loss

pytestmark = pytest.mark.filterwarnings("error")  # in this file, a warning is an error
both_float_types = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def whole_range(dtype):
    """Return numbers of either sign, from the smallest to nearly the largest."""
    info = np.finfo(dtype)
    sizes = np.geomspace(info.tiny, info.max / 4, 5000, dtype=dtype)
    return np.concatenate([-sizes, sizes, np.linspace(-120, 120, 5000, dtype=dtype)])


@both_float_types
def test_sigmoid_and_softmax_are_scipys_for_all_finite_numbers(nn, rng, dtype):
    Z, info = rng.permutation(whole_range(dtype)).reshape(-1, 10), np.finfo(dtype)
    near = rng.normal(0, 10, (1000, 10)).astype(dtype)
    for ours, theirs in [
        (nn.sigmoid(Z), scipy.special.expit(Z)),
        (nn.softmax(Z), scipy.special.softmax(Z, axis=1)),
        (nn.softmax(near), scipy.special.softmax(near, axis=1)),
    ]:
        assert ours.dtype == dtype
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=8 * info.eps)
    tails = nn.sigmoid(-abs(near))
    np.testing.assert_allclose(
        tails, scipy.special.expit(-abs(near)), rtol=8 * info.eps
    )


@pytest.mark.parametrize("classes", [2, 10])
def test_cross_entropy_is_scikit_learns_log_loss(nn, rng, classes):
    labels = rng.integers(0, classes, 500)
    Y_hat = scipy.special.softmax(rng.normal(0, 3, (500, classes)), axis=1)
    loss = nn.cross_entropy(np.eye(classes)[labels], Y_hat)
    assert type(loss) is float
    assert loss == pytest.approx(log_loss(labels, Y_hat, labels=range(classes)))


def test_cross_entropy_of_the_best_a_blind_and_the_worst_answer(nn):
    Y = nn.one_hot(np.arange(10))
    assert nn.cross_entropy(Y, Y) == 0
    assert nn.cross_entropy(Y, np.full_like(Y, 0.1)) == pytest.approx(np.log(10))
    certain_and_wrong = np.roll(Y, 1, axis=1)
    assert 80 < nn.cross_entropy(Y, certain_and_wrong) < 100


def test_one_hot_rows_have_a_single_one_in_the_position_of_the_label(nn):
    Y = nn.one_hot(np.array([3, 0, 9], np.uint8))
    assert Y.dtype == np.float32
    assert Y.tolist() == [[0] * 3 + [1] + [0] * 6, [1] + [0] * 9, [0] * 9 + [1]]


def test_weights_start_small_random_and_different_and_biases_at_zero(nn):
    nn.HIDDEN_UNITS = 300
    W1, b1, W2, b2 = first = nn.initialize_weights()
    assert [array.shape for array in first] == [(784, 300), (300,), (300, 10), (10,)]
    assert not b1.any() and not b2.any()
    assert len(np.unique(W1.T, axis=0)) == len(np.unique(W2, axis=0)) == 300
    nn.SEED = 1
    for W, other in (
        (W1, nn.initialize_weights()[0]),
        (W2, nn.initialize_weights()[2]),
    ):
        assert W.std() == pytest.approx(len(W) ** -0.5, rel=0.05)
        assert abs(W.mean()) < 0.1 * W.std()
        assert abs(W).max() > 3 * W.std()  # a normal distribution has long tails
        assert (W != other).mean() > 0.99  # the seed decides


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
    nn.W1, nn.b1, nn.W2, nn.b2 = [array.astype(dtype) for array in start(nn)]
    X, Y = rng.random((7, 784)).astype(dtype), np.eye(10, dtype=dtype)[:7]
    A1, Y_hat = nn.forward(X)
    gradient = nn.backward(X, Y, A1, Y_hat)
    nn.update(X, Y, 0.5)
    arrays = [A1, Y_hat, *gradient, *weights(nn)]
    assert [array.dtype for array in arrays] == [dtype] * 10


def test_evaluate_looks_at_all_images_and_learns_nothing(nn, digits):
    X, Y = (np.tile(part, (50, 1)) for part in digits[1])  # 19,250 images
    before = [array.copy() for array in start(nn)]
    loss, accuracy = nn.evaluate(X, Y)
    answer = nn.forward(X)[1].argmax(axis=1)
    assert accuracy == sum(y[k] == 1 for y, k in zip(Y, answer)) / len(X)
    Y[12_000:] = np.roll(Y[12_000:], 1, axis=1)  # now the last ones have other labels
    assert nn.evaluate(X, Y)[0] != pytest.approx(loss, rel=1e-3)
    assert nn.evaluate(X, Y)[1] != pytest.approx(accuracy, rel=1e-3)
    assert all((w == copy).all() for w, copy in zip(weights(nn), before))
