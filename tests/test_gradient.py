"""backward() gives the exact derivatives: every entry, against central differences."""

import numpy as np
import pytest

NAMES = ("W1", "b1", "W2", "b2")
SIZES = [(3, 2, 2), (7, 5, 3), (12, 8, 10), (20, 1, 10)]  # inputs, hidden, outputs
BATCHES = [1, 2, 9]


def network(nn, rng, sizes, n, spread):
    """Set random float64 weights of the sizes; return random X and one-hot Y."""
    inputs, hidden, outputs = sizes
    for name, shape in zip(
        NAMES, [(inputs, hidden), hidden, (hidden, outputs), outputs]
    ):
        setattr(nn, name, rng.normal(0, spread, shape))
    return rng.random((n, inputs)), np.eye(outputs)[rng.integers(0, outputs, n)]


def central_differences(loss, weights, h=1e-3):
    """The derivative of loss() by each entry, good to the fourth power of h."""
    D = np.zeros_like(weights)
    for i in np.ndindex(weights.shape):
        at, values = weights[i], []
        for steps in (1, -1, 2, -2):
            weights[i] = at + steps * h
            values.append(loss())
        weights[i] = at
        D[i] = (8 * (values[0] - values[1]) - (values[2] - values[3])) / (12 * h)
    return D


@pytest.mark.parametrize("spread", [0.1, 1.0])
@pytest.mark.parametrize("sizes", SIZES)
@pytest.mark.parametrize("n", BATCHES)
def test_every_derivative_is_the_slope_of_the_loss(nn, rng, sizes, n, spread):
    """A wrong sign, factor, axis or transpose anywhere shows here."""
    X, Y = network(nn, rng, sizes, n, spread)

    def loss():
        return nn.cross_entropy(Y, nn.forward(X)[1])

    for name, ours in zip(NAMES, nn.backward(X, Y, *nn.forward(X))):
        weights = getattr(nn, name)
        assert ours.shape == weights.shape
        slopes = central_differences(loss, weights)
        error = np.abs(ours - slopes) / np.maximum(np.abs(slopes), 1e-4)
        assert error.max() <= 1e-7, f"d{name} is off by {error.max():.1e}"


def test_a_step_goes_downhill_by_as_much_as_the_gradient_promises(nn, rng):
    """To first order, the loss falls by rate times the squared gradient."""
    X, Y = network(nn, rng, (12, 8, 10), 9, 0.5)
    squares = sum((d**2).sum() for d in nn.backward(X, Y, *nn.forward(X)))
    before = nn.descend(X, Y, 1e-5)
    after = nn.cross_entropy(Y, nn.forward(X)[1])
    assert before - after == pytest.approx(1e-5 * squares, rel=1e-3)


def test_equal_hidden_units_stay_equal_which_is_why_weights_start_random(nn, rng):
    """What initialize_weights() says of zero weights is true."""
    X, Y = network(nn, rng, (12, 8, 10), 9, 0.5)
    for name in NAMES:
        setattr(nn, name, np.zeros_like(getattr(nn, name)))
    for _ in range(20):
        nn.descend(X, Y, 1.0)
    assert np.ptp(nn.W1, axis=1).max() < 1e-12
    assert np.abs(nn.W2).max() > 0.01
