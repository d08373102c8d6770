"""The answers to the exercises are right: their code, their formulas and their figures.

The code is tried on the small digits. If the environment variable MNIST names a folder
with mnist_784.npz, the accuracies are measured, too, with seed 0, in five minutes.
"""

import os
import re

import numpy as np
import pytest
from experiments import ANSWERS, README, SCRIPT, load_sets, network, rows, train

ROWS = rows(README) | rows(ANSWERS)
CODE = {change: code for change, (code, *_) in ROWS.items() if code}
MISTAKES = re.findall(r"(?m)^\| (`d.+`) \| .+% \| (.+) \|$", ANSWERS)
MNIST = os.environ.get("MNIST")
SECOND_LAYER, TOO_HIGH = "a second hidden layer", "tanh, rates as shipped"
SLOW = "`BATCH_SIZE = 10`"  # takes four times as long as the others


def check_gradient(nn, sets):
    """Return the names of all arrays that are checked, and of those that disagree."""
    (X, Y), _, _ = sets
    results = nn.check_gradient(X[:1000], Y[:1000])
    wrong = [name for name, p, m in results if abs(p - m) > 1e-7]  # as the script says
    return [name for name, _, _ in results], wrong


@pytest.mark.parametrize("change", [row for row in CODE if row != TOO_HIGH])
def test_the_code_learns(digits, change):
    _, table = train(digits, f"{change}, `EPOCHS = 12`", CODE[change])
    assert table[-1, 2] < table[0, 2] / 3
    assert table[-1, 4] > 75


@pytest.mark.parametrize("change", [row for row in CODE if row != SECOND_LAYER])
def test_the_code_has_the_right_gradient(digits, change):
    X, Y = digits[0]
    nn = network(change, CODE[change], X_train=X, Y_train=Y)
    names, wrong = check_gradient(nn, digits)
    assert names == ["W1", "b1", "W2", "b2"] and wrong == []


def test_the_second_hidden_layer_has_the_right_gradient(digits):
    check = re.search(r"(?ms)^def check_gradient.*?(?=^\S)", SCRIPT)[0]
    for old, new in re.findall(r"(?m)^    (.+?) +by +(.+)$", ANSWERS):
        check = check.replace(old, new)
    nn = network("", CODE[SECOND_LAYER] + check)
    assert check_gradient(nn, digits) == (["W1", "b1", "W2", "b2", "W3", "b3"], [])


@pytest.mark.parametrize(("change", "arrays"), MISTAKES)
def test_the_mistakes_are_found_in_these_arrays(digits, change, arrays):
    _, wrong = check_gradient(network(change), digits)
    assert ", ".join(wrong) == arrays


def test_tanh_at_a_quarter_of_the_rate_is_the_sigmoid(nn, digits):
    X, Y = digits[0]
    tanh = network("", CODE[TOO_HIGH])
    nn.W1, nn.b1, nn.W2 = 2 * tanh.W1, 2 * tanh.b1, 2 * tanh.W2
    nn.b2 = tanh.b2 - tanh.W2.sum(axis=0)
    np.testing.assert_allclose(nn.forward(X)[1], tanh.forward(X)[1], rtol=1e-4)
    nn.update(X, Y, 1.0)
    tanh.update(X, Y, 0.25)
    np.testing.assert_allclose(nn.W1, 2 * tanh.W1, atol=1e-5)
    np.testing.assert_allclose(nn.b1, 2 * tanh.b1, atol=1e-5)


def test_the_long_way_leads_to_the_same(nn):
    block = re.search(r"(?s)```python\n(def long_way.*?)```", ANSWERS)[1]
    long_way = network("", block).long_way
    Y_hat = nn.softmax(np.random.default_rng(0).normal(size=(10, 10)))
    for y, y_hat in zip(np.eye(10), Y_hat):
        np.testing.assert_allclose(long_way(y, y_hat), y_hat - y, atol=1e-12)


def test_every_exercise_has_an_answer():
    exercises = re.findall(r"(?m)^# (\d\. )\*(.+?)\.\*", SCRIPT)
    answers = re.findall(r"(?m)^## (\d\. )(.+)", ANSWERS)
    assert exercises == answers and len(answers) == 7


def test_all_rows_can_be_measured_and_agree():
    things_to_try = README.split("\n## Things to try")[1].split("\n## ")[0]
    for text in (things_to_try, ANSWERS):
        headers = text.count("\n|---")
        assert len(rows(text)) == text.count("\n| ") - headers
    for change in ROWS:
        network(change)
    assert len(MISTAKES) == ANSWERS.count("\n| `d")
    for change, claim in rows(README).items():
        assert rows(ANSWERS).get(change, claim) == claim


@pytest.mark.parametrize("change", [row for row in ROWS if MNIST and row != SLOW])
def test_the_accuracy_is_as_claimed(mnist, change):
    code, low, high = ROWS[change]
    _, table = train(mnist, change, code)
    assert low - 0.2 <= table[-1, 4] <= high + 0.2  # on other processors, too


@pytest.fixture(scope="module")
def mnist():
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCIKIT_LEARN_DATA", MNIST)
        return load_sets()
