"""The answers to the exercises are right: answers.md, block by block and row by row.

On the small digits, the code must run, learn, and agree with measured derivatives. If
the environment variable MNIST names a folder with mnist_784.npz, the accuracies that the
answers claim are checked, too, with seed 0, in five minutes.
"""

import os
import re

import numpy as np
import pytest

from helpers import ROOT
from test_gradient import measured

ANSWERS = (ROOT / "tests" / "answers.md").read_text(encoding="utf-8")
MNIST = os.environ.get("MNIST")
EXERCISES = dict(re.findall(r"(?s)\n## (\d)\. .*?\n(.*?)(?=\n## |$)", ANSWERS))
SETTINGS = re.findall(r"(?m)^\| `(\w+) = ([\d.]+)` \| ([^|]+) \|", EXERCISES["1"])
MISTAKES = re.findall(r"(?m)^\| `(\w+ = .+)` \| ([^|]+) \| ([^|]+) \|", EXERCISES["2"])


@pytest.fixture(scope="module")
def data(request):
    """MNIST, if there is one, else the small digits; split into three sets."""
    import mnist_nn

    if not MNIST:
        return mnist_nn.split(*mnist_nn.small_digits())
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SCIKIT_LEARN_DATA", MNIST)
        return mnist_nn.split(*mnist_nn.load_mnist())


def code(exercise, number=0):
    """Return a block of code from the answer to an exercise."""
    return re.findall(r"(?s)```python\n(.*?)```", EXERCISES[exercise])[number]


def learn(nn, data, claim, **settings):
    """Train with these settings, and check the accuracy that the answer claims."""
    vars(nn).update(settings)
    nn.initialize_weights()
    history = nn.train(*data[0], *data[1])
    accuracy = 100 * nn.evaluate(*data[1])[1]
    if not MNIST:
        return history
    bounds = [float(number) for number in re.findall(r"\d+(?:\.\d+)?", claim)[:2]]
    low, high = bounds if "to" in claim else (0, bounds[0] + 5)
    assert low <= accuracy <= high, f"{accuracy:.2f}%"
    return history


@pytest.mark.parametrize(("name", "value", "claim"), SETTINGS)
def test_exercise_1_predict_then_run(nn, data, name, value, claim):
    nn.EPOCHS = 40 if MNIST else 2
    learn(nn, data, claim, **{name: float(value) if "." in value else int(value)})


@pytest.mark.parametrize(("line", "arrays", "claim"), MISTAKES)
def test_exercise_2_break_it(nn, data, line, arrays, claim):
    text = (ROOT / "mnist_nn.py").read_text(encoding="utf-8")
    name = line.split()[0]
    broken, found = re.subn(rf"(?m)^    {name} = .*$", f"    {line}", text)
    assert found == 1
    exec(broken, vars(nn))  # noqa: S102
    nn.initialize_weights()
    results = nn.check_gradient(data[0][0][:1000], data[0][1][:1000])
    differ = [name for name, p, m in results if not np.isclose(p, m, rtol=1e-6)]
    assert differ == arrays.split(", ")
    learn(nn, data, claim, EPOCHS=40 if MNIST else 2)


def test_exercise_3_memorize(nn, data):
    vars(nn).update(MAX_SHIFT=0, BATCH_SIZE=10, EPOCHS=40)
    nn.initialize_weights()
    names = {"X_train": data[0][0], "Y_train": data[0][1]}
    exec(code("3"), vars(nn) | names | {"X_val": data[1][0], "Y_val": data[1][1]})  # noqa: S102
    history = nn.train(data[0][0][:100], data[0][1][:100], *data[1])
    assert history[-1][2] < 0.02
    assert history[-1][3] > 10 * history[-1][2]
    if MNIST:
        assert history[-1][3] == pytest.approx(0.8, abs=0.1)


TRAINED = [
    ("4", 0, {"LEARNING_RATE": 0.4, "FINAL_LEARNING_RATE": 0.02, "EPOCHS": 20}),
    ("5", 0, {"LEARNING_RATE": 0.5, "FINAL_LEARNING_RATE": 0.025}),
    ("5", 1, {}),
    ("7", 0, {}),
]


@pytest.mark.parametrize(("exercise", "number", "settings"), TRAINED)
def test_exercises_4_5_and_7_learn_as_well_as_they_claim(
    nn, data, exercise, number, settings
):
    exec(code(exercise, number), vars(nn))  # noqa: S102
    claims = re.findall(
        r"(?:reach|reaches|as well,)\s+([\d.]+ to\s+[\d.]+)%", EXERCISES[exercise]
    )
    learn(nn, data, claims[number], **settings)
    assert nn.evaluate(*data[1])[1] > 0.94


@pytest.mark.parametrize(("exercise", "number"), [("5", 0), ("7", 0)])
def test_the_derivatives_of_exercises_5_and_7_are_right(nn, data, exercise, number):
    exec(code(exercise, number), vars(nn))  # noqa: S102
    nn.initialize_weights()
    for _, predicted, found in nn.check_gradient(data[0][0][:50], data[0][1][:50]):
        assert predicted == pytest.approx(found, rel=1e-6, abs=1e-8)


def test_the_derivatives_of_the_second_hidden_layer_are_right(nn, data):
    exec(code("5", 1), vars(nn))  # noqa: S102
    nn.initialize_weights()
    X, Y = data[0][0][:9], data[0][1][:9]
    names = ("b1", "W2", "b2", "W3", "b3")
    for name in ("W1", *names):
        setattr(nn, name, getattr(nn, name).astype(np.float64))
    derivatives = nn.backward(X, Y, *nn.forward(X))[1:]
    for name, dw in zip(names, derivatives):
        slopes = measured(lambda: nn.evaluate(X, Y)[0], getattr(nn, name))
        np.testing.assert_allclose(dw, slopes, rtol=1e-5, atol=1e-9)


def test_exercise_6_the_long_way_leads_to_the_same(nn, rng):
    exec(code("6"), vars(nn))  # noqa: S102
    Y_hat = nn.softmax(rng.normal(0, 2, (20, 10)))
    for y, y_hat in zip(np.eye(10)[rng.integers(0, 10, 20)], Y_hat):
        np.testing.assert_allclose(nn.long_way(y, y_hat), y_hat - y, atol=1e-12)


def test_every_exercise_has_an_answer():
    text = (ROOT / "mnist_nn.py").read_text(encoding="utf-8").split("## Now you")[1]
    titles = re.findall(r"(?m)^# (\d\. \*[^*.]+)", text)
    assert [title.replace("*", "") for title in titles] == re.findall(
        r"(?m)^## (.+)$", ANSWERS
    )
