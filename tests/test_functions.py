"""The functions of the network are what mathematics says, for any finite number."""

import warnings

import numpy as np
import pytest
import scipy.special
from sklearn.metrics import confusion_matrix, log_loss

FLOATS = (np.float32, np.float64)


def whole_range(dtype):
    """Numbers of either sign from the smallest to the largest that a float holds."""
    info = np.finfo(dtype)
    sizes = np.geomspace(info.tiny, info.max / 2, 20_001, dtype=dtype)
    near = np.linspace(-120, 120, 20_001, dtype=dtype)
    return np.concatenate([-sizes, sizes, near, [0, info.max, info.min]]).astype(dtype)


@pytest.fixture(autouse=True)
def no_warnings():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        yield


@pytest.mark.parametrize("dtype", FLOATS)
def test_sigmoid_is_the_logistic_function_over_the_whole_range(nn, dtype):
    z = whole_range(dtype)
    ours, theirs = nn.sigmoid(z), scipy.special.expit(z)
    assert ours.dtype == dtype
    tiny = np.finfo(dtype).tiny
    np.testing.assert_allclose(ours, theirs, rtol=8 * np.finfo(dtype).eps, atol=tiny)


@pytest.mark.parametrize("dtype", FLOATS)
def test_sigmoid_has_its_symmetry_and_its_limits(nn, dtype):
    z = np.linspace(-20, 20, 401, dtype=dtype)
    np.testing.assert_allclose(
        nn.sigmoid(z) + nn.sigmoid(-z), 1, rtol=4 * np.finfo(dtype).eps
    )
    far = nn.sigmoid(np.array([-1e4, 0, 1e4], dtype))
    assert far.tolist() == [0, 0.5, 1]


@pytest.mark.parametrize("dtype", FLOATS)
def test_softmax_is_scipys_over_the_whole_range(nn, rng, dtype):
    z = rng.permutation(whole_range(dtype))[:40_000].reshape(-1, 10)
    z = np.concatenate([z, rng.normal(0, 10, (1000, 10)).astype(dtype)])
    ours = nn.softmax(z)
    with np.errstate(over="ignore"):
        theirs = scipy.special.softmax(z.astype(np.float64), axis=1)
    assert ours.dtype == dtype
    np.testing.assert_allclose(ours, theirs, rtol=0, atol=8 * np.finfo(dtype).eps)


@pytest.mark.parametrize("dtype", FLOATS)
def test_softmax_rows_are_probabilities_and_only_differences_count(nn, rng, dtype):
    z = rng.normal(0, 3, (100, 10)).astype(dtype)
    p = nn.softmax(z)
    assert (p > 0).all()
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=8 * np.finfo(dtype).eps)
    np.testing.assert_allclose(nn.softmax(z + 1000), p, atol=1e-4)
    assert (p.argmax(axis=1) == z.argmax(axis=1)).all()
    assert nn.softmax(np.array([[1e4, 0]], dtype)).tolist() == [[1, 0]]


@pytest.mark.parametrize("function", ["sigmoid", "softmax"])
@pytest.mark.parametrize("dtype", FLOATS)
def test_a_function_does_not_change_what_it_is_given(nn, rng, function, dtype):
    z = rng.normal(0, 3, (5, 10)).astype(dtype)
    before = z.copy()
    getattr(nn, function)(z)
    assert (z == before).all()


@pytest.mark.parametrize("classes", [2, 3, 10])
def test_cross_entropy_is_scikit_learns_log_loss(nn, rng, classes):
    labels = rng.integers(0, classes, 500)
    Y_hat = scipy.special.softmax(rng.normal(0, 3, (500, classes)), axis=1)
    ours = nn.cross_entropy(np.eye(classes)[labels], Y_hat)
    assert type(ours) is float
    assert ours == pytest.approx(
        log_loss(labels, Y_hat, labels=range(classes)), rel=1e-12
    )


def test_cross_entropy_of_the_best_the_blind_and_the_worst_answer(nn):
    Y = np.eye(10, dtype=np.float32)
    assert nn.cross_entropy(Y, Y) == 0
    blind = np.full((10, 10), 0.1, np.float32)
    assert nn.cross_entropy(Y, blind) == pytest.approx(np.log(10), rel=1e-6)
    worst = nn.cross_entropy(Y, np.roll(Y, 1, axis=1))  # certain, and wrong
    assert 80 < worst < 100
    assert 700 < nn.cross_entropy(np.eye(10), np.roll(np.eye(10), 1, axis=1)) < 800


def two_class_formula(Y, Y_hat):
    """The formula often printed beside softmax: -mean(y log p + (1-y) log(1-p))."""
    terms = Y * np.log(Y_hat) + (1 - Y) * np.log(1 - Y_hat)
    return -terms.sum(axis=1).mean()


def test_with_two_classes_cross_entropy_is_the_two_class_formula(nn, rng):
    p = rng.uniform(0.01, 0.99, (200, 1))
    y = rng.integers(0, 2, (200, 1)).astype(float)
    both = nn.cross_entropy(np.hstack([y, 1 - y]), np.hstack([p, 1 - p]))
    assert both == pytest.approx(two_class_formula(y, p), rel=1e-12)


def test_with_ten_classes_the_two_class_formula_is_another_loss(nn, rng):
    """Y_hat - Y is the derivative of our loss, and far from that of the other."""
    Y = np.eye(10)[rng.integers(0, 10, 6)]
    Z2 = rng.normal(0, 1, (6, 10))
    claimed = (nn.softmax(Z2) - Y) / 6

    def derivative(loss):
        D, h = np.zeros_like(Z2), 1e-5
        for i in np.ndindex(Z2.shape):
            up, down = Z2.copy(), Z2.copy()
            up[i] += h
            down[i] -= h
            D[i] = (loss(Y, nn.softmax(up)) - loss(Y, nn.softmax(down))) / (2 * h)
        return D

    assert two_class_formula(Y, nn.softmax(Z2)) > 1.1 * nn.cross_entropy(
        Y, nn.softmax(Z2)
    )
    np.testing.assert_allclose(derivative(nn.cross_entropy), claimed, atol=1e-9)
    off = np.abs(derivative(two_class_formula) - claimed).max()
    assert off > 0.05 * np.abs(claimed).max()


def test_one_hot_rows_have_a_single_one_at_the_label(nn):
    labels = np.array([3, 0, 9, 9], np.uint8)
    Y = nn.one_hot(labels)
    assert Y.shape == (4, 10)
    assert Y.dtype == np.float32
    assert (Y.argmax(axis=1) == labels).all()
    assert (np.sort(Y, axis=1) == [0] * 9 + [1]).all()


@pytest.mark.parametrize("wrong", [10, -1, 255, 2.5, float("nan")])
def test_one_hot_refuses_what_is_not_a_digit(nn, wrong):
    with pytest.raises(ValueError, match="0 to 9"):
        nn.one_hot([0, wrong, 1])


def test_confusion_matrix_is_scikit_learns(nn, rng):
    true, read = rng.integers(0, 10, (2, 500))
    ours = nn.confusion_matrix(np.eye(10)[true], np.eye(10)[read])
    assert (ours == confusion_matrix(true, read, labels=range(10))).all()


@pytest.mark.parametrize("dtype", FLOATS)
def test_the_network_works_in_the_float_type_of_its_arrays(nn, rng, dtype):
    nn.initialize_weights()
    for name in ("W1", "b1", "W2", "b2"):
        setattr(nn, name, getattr(nn, name).astype(dtype))
    X = rng.random((7, 784)).astype(dtype)
    Y = np.eye(10, dtype=dtype)[:7]
    A1, Y_hat = nn.forward(X)
    results = [A1, Y_hat, *nn.backward(X, Y, A1, Y_hat)]
    assert [r.dtype for r in results] == [dtype] * 6
    shapes = [(7, 64), (7, 10), (784, 64), (64,), (64, 10), (10,)]
    assert [r.shape for r in results] == shapes
    nn.descend(X, Y, 0.5)
    assert nn.W1.dtype == nn.b1.dtype == nn.W2.dtype == nn.b2.dtype == dtype


def test_weights_start_small_random_and_float32_and_biases_at_zero(nn):
    nn.HIDDEN_UNITS = 300
    nn.initialize_weights()
    for weights, shape in ((nn.W1, (784, 300)), (nn.W2, (300, 10))):
        assert weights.shape == shape
        assert weights.dtype == np.float32
        assert weights.mean() == pytest.approx(0, abs=0.1 * float(weights.std()))
        assert weights.std() == pytest.approx(shape[0] ** -0.5, rel=0.1)
    assert nn.b1.dtype == nn.b2.dtype == np.float32
    assert nn.b1.tolist() == [0] * 300
    assert nn.b2.tolist() == [0] * 10
