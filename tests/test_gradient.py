"""backward gives the exact derivatives: every entry, against measured slopes."""

import numpy as np
import pytest
from helpers import weights

SIZES = [(3, 2, 2), (7, 5, 3), (12, 8, 10), (20, 1, 10)]  # inputs, hidden, outputs


def small_network(nn, rng, sizes=(12, 8, 10), n=9, spread=0.5):
    """Set random weights and biases in float64, and return X and Y for n images."""
    inputs, hidden, outputs = sizes
    nn.W1 = rng.normal(0, spread, (inputs, hidden))
    nn.b1 = rng.normal(0, spread, hidden)
    nn.W2 = rng.normal(0, spread, (hidden, outputs))
    nn.b2 = rng.normal(0, spread, outputs)
    return rng.random((n, inputs)), np.eye(outputs)[rng.integers(0, outputs, n)]


def measured(loss, array, h=1e-5):
    """Return the derivative of loss() with respect to each entry, by trying it out."""
    slopes = np.zeros_like(array)
    for i in np.ndindex(array.shape):
        value = array[i]
        array[i] = value + h
        above = loss()
        array[i] = value - h
        slopes[i] = (above - loss()) / (2 * h)
        array[i] = value
    return slopes


@pytest.mark.parametrize("spread", [0.1, 1.0])
@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("n", [1, 2, 9])
def test_every_derivative_is_the_slope_of_the_loss(nn, rng, sizes, n, spread):
    """A wrong sign, factor, axis or transpose anywhere shows here."""
    X, Y = small_network(nn, rng, sizes, n, spread)

    def loss():
        return nn.cross_entropy(Y, nn.forward(X)[1])

    for w, dw in zip(weights(nn), nn.backward(X, Y, *nn.forward(X))):
        np.testing.assert_allclose(dw, measured(loss, w), rtol=1e-7, atol=1e-9)


def test_predicted_minus_true_belongs_to_cross_entropy_and_not_to_another_loss(nn, rng):
    """The two-class formula, summed over ten classes, is the one to beware of."""
    Z2 = rng.normal(0, 1, (6, 10))
    Y = np.eye(10)[rng.integers(0, 10, 6)]
    dZ2 = (nn.softmax(Z2) - Y) / 6

    def cross_entropy():
        return nn.cross_entropy(Y, nn.softmax(Z2))

    def two_class_formula():
        Y_hat = nn.softmax(Z2)
        return -(Y * np.log(Y_hat) + (1 - Y) * np.log(1 - Y_hat)).sum() / 6

    np.testing.assert_allclose(measured(cross_entropy, Z2), dZ2, atol=1e-9)
    assert two_class_formula() > 1.1 * cross_entropy()
    difference = np.abs(measured(two_class_formula, Z2) - dZ2)
    assert difference.max() > 0.05 * np.abs(dZ2).max()


def errors(nn, X, Y):
    """Return how far measured and predicted are apart, by the name of the array."""
    results = nn.check_gradient(X, Y)
    return {name: abs(predicted - measured) for name, predicted, measured in results}


def test_check_gradient_finds_no_fault_and_leaves_the_weights_alone(nn, digits):
    X, Y = digits[0]
    nn.initialize_weights()
    before = weights(nn)
    copies = [w.copy() for w in before]
    found = errors(nn, X[:50], Y[:50])
    assert list(found) == ["W1", "b1", "W2", "b2"]
    assert max(found.values()) < 1e-8
    for w, original, copy in zip(weights(nn), before, copies):
        assert w is original
        assert (w == copy).all()


def test_check_gradient_gives_the_weights_back_after_ctrl_c(nn, digits):
    nn.initialize_weights()
    before = weights(nn)

    def interrupted(X, Y):
        raise KeyboardInterrupt

    nn.evaluate = interrupted
    with pytest.raises(KeyboardInterrupt):
        nn.check_gradient(*digits[1])
    assert all(w is original for w, original in zip(weights(nn), before))


def one_entry(dw):
    """Return dw with a mistake in a single entry, the largest one."""
    dw = dw.copy()
    dw.flat[abs(dw).argmax()] *= 1.01
    return dw


MISTAKES = {
    "wrong sign": lambda dw: -dw,
    "no sign": lambda dw: abs(dw),
    "one percent too large": lambda dw: 1.01 * dw,
    "one entry one percent too large": one_entry,
    "all zero": lambda dw: 0 * dw,
    "no number": lambda dw: np.nan * dw,
    "turned round": lambda dw: dw[::-1],
    "a single number": lambda dw: dw.sum(),
    "another shape": lambda dw: np.ones(7),
    "transposed": lambda dw: dw.T if dw.ndim == 2 else dw[:, np.newaxis],
}


@pytest.mark.parametrize("name", ["W1", "b1", "W2", "b2"])
@pytest.mark.parametrize("mistake", MISTAKES.values(), ids=MISTAKES)
def test_check_gradient_finds_a_mistake_and_names_its_array(nn, digits, name, mistake):
    X, Y = digits[0]
    right = nn.backward

    def wrong(X, Y, A1, Y_hat):
        names = ("W1", "b1", "W2", "b2")
        derivatives = zip(names, right(X, Y, A1, Y_hat))
        return [mistake(dw) if each == name else dw for each, dw in derivatives]

    nn.backward = wrong
    nn.initialize_weights()
    found = errors(nn, X[:50], Y[:50])
    assert not found.pop(name) < 1e-7  # the bound of step 3; it may be NaN
    assert max(found.values()) < 1e-8


def test_an_update_lowers_the_loss_by_as_much_as_step_3_promises(nn, rng):
    """By the rate times the sum of the squared derivatives, if the rate is small."""
    X, Y = small_network(nn, rng)
    squares = sum((dw**2).sum() for dw in nn.backward(X, Y, *nn.forward(X)))
    before = nn.descend(X, Y, 1e-5)
    after = nn.cross_entropy(Y, nn.forward(X)[1])
    assert before - after == pytest.approx(1e-5 * squares, rel=1e-3)


@pytest.mark.parametrize("start", [0, 0.3])
def test_hidden_units_that_start_equal_stay_equal(nn, rng, start):
    """This is why the first weights are random."""
    X, Y = small_network(nn, rng)
    nn.W1[:], nn.b1[:], nn.W2[:], nn.b2[:] = start, start, start, start
    for _ in range(20):
        nn.descend(X, Y, 1.0)
    assert np.ptp(nn.W1, axis=1).max() < 1e-12  # the units are columns of W1
    assert np.ptp(nn.W2, axis=0).max() < 1e-12  # and rows of W2
    assert np.abs(nn.W2 - start).max() > 0.01  # and did learn something
