"""backward gives the exact derivatives, and step 3 shows it when it does not."""

import re

import numpy as np
import pytest
from helpers import NAMES, start, steps, weights


def small_network(nn, rng, inputs=12, hidden=8, outputs=10, n=9):
    """Set random weights and biases in float64, and return X and Y for n images."""
    nn.W1, nn.b1 = rng.normal(0, 0.5, (inputs, hidden)), rng.normal(0, 0.5, hidden)
    nn.W2, nn.b2 = rng.normal(0, 0.5, (hidden, outputs)), rng.normal(0, 0.5, outputs)
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


SIZES = [(3, 2, 2, 1), (7, 5, 3, 2), (12, 8, 10, 9), (20, 1, 10, 9)]


@pytest.mark.parametrize("sizes", SIZES)  # inputs, hidden, outputs, images
def test_every_derivative_is_the_slope_of_the_loss(nn, rng, sizes):
    """A wrong sign, factor, axis or transpose anywhere shows here."""
    X, Y = small_network(nn, rng, *sizes)

    def loss():
        return nn.cross_entropy(Y, nn.forward(X)[1])

    for array, derivatives in zip(weights(nn), nn.backward(X, Y, *nn.forward(X))):
        slopes = measured(loss, array)
        np.testing.assert_allclose(derivatives, slopes, rtol=1e-7, atol=1e-9)


def test_an_update_lowers_the_loss_by_as_much_as_step_3_promises(nn, rng):
    """By the rate times the sum of the squared derivatives, if the rate is small."""
    X, Y = small_network(nn, rng)
    squares = sum((array**2).sum() for array in nn.backward(X, Y, *nn.forward(X)))
    before = nn.update(X, Y, 1e-5)
    after, _ = nn.evaluate(X, Y)
    assert before - after == pytest.approx(1e-5 * squares, rel=1e-3)


def test_check_gradient_finds_no_fault_and_leaves_the_weights_alone(nn, digits):
    X, Y = digits[0]
    before = start(nn)
    copies = [array.copy() for array in before]
    results = nn.check_gradient(X[:50], Y[:50])
    assert [name for name, *_ in results] == list(NAMES)
    for _, predicted, found in results:
        assert abs(predicted - found) < 1e-8
    for w, original, copy in zip(weights(nn), before, copies):
        assert w is original
        assert (w == copy).all()


def verdicts(output):
    """Return name, predicted, measured and verdict from the lines of step 3."""
    line = r"(?m)^([Wb][12]) +(-?\d\.\d+) +(-?\d\.\d+) +(agree|DISAGREE)$"
    rows = re.findall(line, steps(output)[3])
    assert [row[0] for row in rows] == list(NAMES)
    return [(name, float(p), float(m), verdict) for name, p, m, verdict in rows]


MISTAKES = {
    "none": ({}, ""),
    "W1 one percent wrong": ({"dW1 = X.T": "dW1 = 1.01 * X.T"}, "W1"),
    "b1 one percent wrong": ({"db1 = dZ1": "db1 = 1.01 * dZ1"}, "b1"),
    "W2 one percent wrong": ({"dW2 = A1.T": "dW2 = 1.01 * A1.T"}, "W2"),
    "b2 one percent wrong": ({"db2 = dZ2": "db2 = 1.01 * dZ2"}, "b2"),
    "no axis": ({"db2 = dZ2.sum(axis=0)": "db2 = dZ2.sum()"}, "b2"),
    "another n": ({"/ len(X)": "/ BATCH_SIZE"}, "W1 b1 W2 b2"),
}


@pytest.mark.parametrize(("edits", "wrong"), MISTAKES.values(), ids=MISTAKES)
def test_step_3_names_the_arrays_that_a_mistake_spoils(run, edits, wrong):
    few = {"X_train[:1000], Y_train[:1000]": "X_train[:50], Y_train[:50]"}
    _, output = run(few | edits, EPOCHS=0)
    for name, predicted, found, verdict in verdicts(output):
        right = name not in wrong.split()
        assert verdict == ("agree" if right else "DISAGREE")
        assert found != 0
        if right or "1.01" in str(edits):
            factor = 1 if right else 1.01
            assert predicted == pytest.approx(factor * found, abs=2e-8)


def test_step_3_promises_a_fall_of_the_loss_and_shows_it(nn, run):
    names, output = run(EPOCHS=0)
    should, does = re.findall(r"by (\d\.\d{5})\b", steps(output)[3])
    X, Y = names["X_train"][:1000], names["Y_train"][:1000]
    squares = sum((array**2).sum() for array in nn.backward(X, Y, *nn.forward(X)))
    fall = nn.update(X, Y, 0.01) - nn.evaluate(X, Y)[0]
    assert (should, does) == (f"{0.01 * squares:.5f}", f"{fall:.5f}")
    assert fall == pytest.approx(0.01 * squares, rel=0.05)
