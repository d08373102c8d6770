# %% [markdown]
"""
# A neural network from scratch

This file is a neural network that learns to read handwritten digits, and a tutorial
that explains how it does so. Type

    python -m pip install numpy scikit-learn
    python mnist_nn.py

and in about ten seconds it learns from 45,000 images. (The first run also downloads the
images. Allow it a minute.) This is the last line of the training:

    epoch   learning   training   validation   validation   seconds
                rate       loss         loss     accuracy
       40     0.1000     0.0549       0.0622       98.07%     0.204

Then it reads 98.20% of 10,000 new images correctly. Read on to the end, and you will
know what each of these numbers means and where it comes from. You need a little Python,
matrix multiplication and the chain rule of calculus. NumPy multiplies the matrices,
scikit-learn provides the images, and all the rest is here, in five steps:

    1. Load the data         images to learn from, and others to test with
    2. The functions         from the pixels of an image to ten probabilities
    3. Gradient descent      which way to change the network so that it reads better
    4. Training              making thousands of such changes
    5. Performance           how well it reads, and where it fails

You will meet these arrays, each explained when its turn comes. In most, each row stands
for an image; (n, 784) means n rows and 784 columns, and (64,) a vector of 64 numbers.

    X      (n, 784)   the pixels                 Y      (n, 10)   the correct answers
    W1     (784, 64)  weights of layer 1         W2     (64, 10)  weights of layer 2
    b1     (64,)      biases of layer 1          b2     (10,)     biases of layer 2
    Z1     (n, 64)    sums in layer 1            Z2     (n, 10)   sums in layer 2
    A1     (n, 64)    outputs of layer 1         Y_hat  (n, 10)   the network's answers

dW2, shaped like W2, holds the derivative of the loss L with respect to each entry of
W2; likewise dZ1, db1 and so on. And this is most of the NumPy that you will meet:

    A @ B              the matrix product: entry ij is the sum over k of A_ik B_kj
    A * B              the product entry by entry; likewise A / B, A + B, np.exp(A)
    A.T                A transposed: its rows become columns
    A + b              if b is a vector, added to every row of A; if b is a column, of
                       shape (n, 1), added to every column; likewise A - b and A / b
    A.sum(axis=0)      one sum for each column; axis=1: for each row; likewise A.max
    A.argmax(axis=1)   for each row of A, the position of its largest entry
    A[[7, 0, 7]]       rows 7, 0 and 7 of A; A[5:9] is rows 5, 6, 7 and 8
    A[mask]            the entries or rows for which mask, an array, says True
    A.reshape(n, 784)  the same entries, row by row, in another shape
"""

# %%
import os
import socket
import sys
import time
import warnings
from contextlib import suppress

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # small matrices need only one core

import numpy as np
from sklearn.datasets import fetch_openml, get_data_home, load_digits
from sklearn.utils import check_scalar

# The settings, explained in steps 2 to 4. Change one, and run the file again.
HIDDEN_UNITS = 64  # size of layer 1; 16 are too few, 256 take over twice as long
EPOCHS = 40  # passes through the training images; 5 already give 96.6%
BATCH_SIZE = 100  # images per update of the weights; try 10, or all of them: 45_000
LEARNING_RATE = 2.0  # how far an update goes, in epoch 1; 0.2 creeps, 20 wrecks it
FINAL_LEARNING_RATE = 0.1  # in the last epoch; with 2.0 the accuracy keeps jumping
MAX_SHIFT = 1  # images are shifted by up to this many pixels; try 0: no shift, and 2
SEED = 0  # the same seed repeats a run exactly; try 1, to see how much is luck


# %% [markdown]
# ## Step 1: load the data
#
# MNIST is a collection of 70,000 handwritten digits. An image has 28 x 28 pixels from 0
# (paper) to 255 (ink), stored as one row of 784 numbers. Its *label* is the digit that
# it shows. load_mnist(), at the end of the file, fetches both from openml.org. The
# network will have ten outputs, one for each digit, so a label becomes a row of ten:
# for a 3, a 1 in position 3, counted from 0, and nine zeros. This is called *one-hot*.
# (A digit is a name, not an amount: with one output, a 4 for a 3 would be a near miss.)
#
# The network learns from 45,000 images, the *training set*. It might memorize these
# without learning what a 3 looks like. So we measure it on 15,000 others, the
# *validation set*, and choose the settings by the result. But the best result of many
# settings is partly luck, like the best of many throws of dice. So we let a third set
# decide nothing, and trust its figure: the *test set*, MNIST's last 10,000 images.
# %%
def one_hot(labels):
    """Return the one-hot rows, (n, 10), of n labels."""
    identity = np.eye(10, dtype=np.float32)  # row 3 has its 1 in column 3, and so on
    return identity[labels]


def prepare(images, labels):
    """Return X, the pixels scaled from 0..255 to 0..1, and Y, the one-hot labels."""
    # float32 has 7 digits: enough, in half the memory and time of NumPy's usual float64
    return np.divide(images, 255, dtype=np.float32), one_hot(labels)


def split(images, labels):
    """Return (X_train, Y_train), (X_val, Y_val), (X_test, Y_test)."""
    n = len(images) * 6 // 7  # 60,000; the last seventh is the test set
    rng = np.random.default_rng(SEED)  # a source of random numbers
    order = rng.permutation(n)  # 0 to n - 1, shuffled, so that both sets are alike
    train, val = order[: n * 3 // 4], order[n * 3 // 4 :]
    return (
        prepare(images[train], labels[train]),
        prepare(images[val], labels[val]),
        prepare(images[n:], labels[n:]),
    )


# %% [markdown]
# ## Step 2: the functions of the network
#
# A network consists of *units*. A unit multiplies each of its inputs by a *weight*,
# adds up the products, and adds a number of its own, the *bias*. Layer 1 has 64 units.
# Their inputs are the 784 pixels x_i of an image. In unit j the sum is
#
#     z1_j = Σ_i x_i W1_ij + b1_j              (Σ_i: the sum over all inputs i)
#
# Ink in pixel i raises z1_j if the weight W1_ij is positive, and lowers it if negative.
# For all units and all images at once, this is a product of matrices: Z1 = X W1 + b1.
# Layer 2 does the same with the 64 outputs of layer 1. It has ten units, one for each
# digit. Layer 1 is called *hidden*, because it lies between the pixels and layer 2.
#
# If the outputs of layer 1 were just the sums in Z1, the second layer would be useless:
#
#     Z2 = Z1 W2 + b2 = (X W1 + b1) W2 + b2 = X (W1 W2) + (b1 W2 + b2)
#
# is a single layer with weights W1 W2. There, ink in a pixel either always raises the
# sum for a 3 or always lowers it, whatever is drawn elsewhere. So each sum z in layer 1
# passes through a curve, the *sigmoid* 1 / (1 + exp(-z)). It is nearly 0 for z below
# -5, nearly 1 above 5, and rises in between. Now a unit with a very negative bias stays
# near 0 until a certain stroke lifts z. Only then does other ink make a difference. If
# two units wait for different strokes and have opposite signs in W2, the same ink
# speaks for a 3 in one image and against it in another.
#
# The sums in layer 2 become probabilities through the *softmax*:
#
#     ŷ_k = exp(z2_k) / (exp(z2_0) + exp(z2_1) + ... + exp(z2_9))
#
# (ŷ, "y hat", is a row of Y_hat, and k a digit.) All are positive, they add up to 1,
# and the larger z2_k, the larger ŷ_k. Why exp, of all increasing positive functions? It
# is its own derivative, which will make step 3 simple.
#
# How wrong is ŷ when the correct answer is y, a row of Y? We use the *cross-entropy*
#
#     ℓ = -Σ_k y_k log(ŷ_k)                    (log is the natural logarithm)
#
# As y_k is 0 for all but the true digit, ℓ is minus the logarithm of the probability
# that the network gives to the true digit. For a probability of 1, ℓ is 0; for 1/10, a
# blind guess, 2.3; for 1/1000, 6.9. Why the logarithm? Images are independent, so the
# probability of all n labels together is a product of n probabilities. A good network
# makes this product large. Then its logarithm is large, too, and this is a sum, easier
# to differentiate. With a minus sign it is the sum of all ℓ. The loss L is their mean.
# %%
def sigmoid(z):
    """Return 1 / (1 + exp(-z)) for each entry of z."""
    return 1 / (1 + np.exp(-z))  # if exp(-z) overflows to infinity: 1 / infinity = 0


def softmax(z):
    """Return exp(z) / (sum of exp(z) over the row) for each entry of z, (n, 10).

    exp(1000) is too large for a computer. So we first subtract the largest z, m, of a
    row. As exp(z - m) = exp(z) / exp(m), the same exp(m) cancels in all the fractions.
    """
    e = np.exp(z - z.max(axis=1, keepdims=True))  # keepdims: as a column, (n, 1)
    return e / e.sum(axis=1, keepdims=True)


def cross_entropy(Y, Y_hat):
    """Return the loss L, the mean over the images of -Σ_k y_k log(ŷ_k)."""
    # A probability may be rounded to 0, where the logarithm fails: take 1e-37 at least.
    return float(-(Y * np.log(np.maximum(Y_hat, 1e-37))).sum() / len(Y))


def forward(X):
    """Return A1 and Y_hat for the images X, using the global W1, b1, W2 and b2."""
    Z1 = X @ W1 + b1  # (n, 64)
    A1 = sigmoid(Z1)  # (n, 64)
    Z2 = A1 @ W2 + b2  # (n, 10)
    Y_hat = softmax(Z2)  # (n, 10)
    return A1, Y_hat


# %% [markdown]
# ## Step 3: gradient descent
#
# The loss depends on 784 * 64 + 64 + 64 * 10 + 10 = 50,890 weights and biases. The
# network learns by changing them so that L falls. The derivative ∂L/∂w tells how fast L
# grows with a weight or bias w. So if all of them change a little,
#
#     change of L  ≈  the sum over all w of  ∂L/∂w · (change of w)
#
# Change each w by -rate · ∂L/∂w, where the *learning rate* is a positive number. Each
# term of the sum becomes -rate · (∂L/∂w)², which is never positive. So L falls, if the
# rate is small enough for the ≈ to hold. (You find out by trying.) All the derivatives
# together are the *gradient*, and repeating such updates is *gradient descent*.
#
# Where do we start? The weights must be random. Two hidden units with the same bias and
# weights, in W1 and in W2, compute the same, get the same gradient, stay the same for
# ever, and do the work of one.
#
# The weights must also be small. Where |z| is large, the sigmoid is flat, changing a
# weight has hardly any effect, and the unit cannot learn. But if z is tiny, the output
# is about 1/2 for all images and says nothing. So let |z| be about 1. Take m inputs x_i
# between 0 and 1, and independent random weights w_i with mean 0 and mean square s².
# Then z² = (Σ_i x_i w_i)² is a sum of m squares, each on average s² or less, and of
# products of two different terms, negative as often as positive: on average 0. So z² is
# about m s² or less, and we take s = 1 / sqrt(m). (LeCun et al., "Efficient BackProp",
# 1998, § 4.6.) This keeps the sums in layer 2 moderate, too. Biases may be 0.
# %%
def initialize_weights():
    """Set the global arrays W1, b1, W2 and b2, all float32, to their first values."""
    global W1, b1, W2, b2
    rng = np.random.default_rng(SEED)
    # normal(0, s, shape): an array of random numbers with mean 0 and mean square s²
    W1 = rng.normal(0, 1 / 784**0.5, (784, HIDDEN_UNITS)).astype(np.float32)
    b1 = np.zeros(HIDDEN_UNITS, np.float32)
    W2 = rng.normal(0, 1 / HIDDEN_UNITS**0.5, (HIDDEN_UNITS, 10)).astype(np.float32)
    b2 = np.zeros(10, np.float32)


# %% [markdown]
# ### The derivatives
#
# We begin with one image and with W2. Let x, z1, a1, z2, ŷ and y be the image's rows of
# X, Z1, A1, Z2, Y_hat and Y. As before, i numbers the inputs of a layer, now hidden
# units, and j its units, now digits. W2_ij affects z2_j, which affects all ten ŷ_k,
# which affect ℓ. The chain rule multiplies along each path and adds up the ten paths:
#
#     ∂ℓ/∂W2_ij = Σ_k ∂ℓ/∂ŷ_k · ∂ŷ_k/∂z2_j · ∂z2_j/∂W2_ij
#
# **First factor.** Only one term of ℓ = -Σ_k y_k log(ŷ_k) contains a given ŷ_k, and the
# derivative of log(u) is 1/u. So ∂ℓ/∂ŷ_k = -y_k / ŷ_k.
#
# **Second factor.** ŷ_k = exp(z2_k) / S, where S is the sum of all ten exp(z2). The
# derivative of S with respect to z2_j is exp(z2_j). That of the numerator is exp(z2_j)
# if k = j, and 0 if not. The quotient rule, (u/v)' = (u'v - uv') / v², gives
#
#     k = j:   ∂ŷ_j/∂z2_j = (exp(z2_j) S - exp(z2_j) exp(z2_j)) / S² = ŷ_j - ŷ_j ŷ_j
#     k ≠ j:   ∂ŷ_k/∂z2_j = (0 - exp(z2_k) exp(z2_j)) / S²           = -ŷ_k ŷ_j
#
# **Both together.** We add up over k, the term for k = j first, then the others:
#
#     ∂ℓ/∂z2_j = Σ_k ∂ℓ/∂ŷ_k · ∂ŷ_k/∂z2_j
#              = (-y_j / ŷ_j) (ŷ_j - ŷ_j ŷ_j) + Σ_{k≠j} (-y_k / ŷ_k) (-ŷ_k ŷ_j)
#              = -y_j + y_j ŷ_j + Σ_{k≠j} y_k ŷ_j     as ŷ_j and ŷ_k cancel
#              = -y_j + ŷ_j Σ_k y_k                   with all ten k in one sum
#              = ŷ_j - y_j                            as Σ_k y_k = 1 for a one-hot y
#
# **Third factor.** The first two leave *predicted minus true*. As z2_j is Σ_i a1_i
# W2_ij plus b2_j, its derivative with respect to W2_ij is a1_i, and that with respect
# to b2_j is 1. For one image, therefore,
#
#     ∂ℓ/∂W2_ij = a1_i (ŷ_j - y_j)     and     ∂ℓ/∂b2_j = ŷ_j - y_j
#
# **All images.** L is the sum of all ℓ, divided by n. The row of an image in Z2 affects
# only its own ℓ, so dZ2 = (Y_hat - Y) / n. But W2 and b2 affect every ℓ, so we add up
# over the images r. The 1/n is already in dZ2:
#
#     dW2_ij = Σ_r A1_ri dZ2_rj     and     db2_j = Σ_r dZ2_rj
#
# As A1_ri = (A1.T)_ir, the first is a matrix product: dW2 = A1.T @ dZ2.
#
# **Layer 1.** a1_i affects all ten z2_j, and ∂z2_j/∂a1_i = W2_ij. We add up over j:
#
#     ∂ℓ/∂a1_i = Σ_j ∂ℓ/∂z2_j · W2_ij
#
# As W2_ij = (W2.T)_ji, for all images this is again a matrix product: dA1 = dZ2 @ W2.T.
# Next, a1_i is the sigmoid of z1_i. By the quotient rule, the sigmoid's derivative is
#
#     exp(-z) / (1 + exp(-z))² = a (1 - a)     where a = 1 / (1 + exp(-z))
#
# as 1 - a is exp(-z) / (1 + exp(-z)). This is nearly 0 where the sigmoid is flat. So
# dZ1 = dA1 * A1 * (1 - A1). And z1 is made from x as z2 is from a1, so dW1 and db1
# follow from dZ1 as dW2 and db2 follow from dZ2. Working back from the loss is
# *backpropagation*.
#
# **Beware of another formula.** With two classes, of probabilities p and 1 - p, ℓ is
# -(y log(p) + (1 - y) log(1 - p)), where y is 1 or 0. Some tutorials use this with a
# softmax of ten outputs, summed over all ten. That is another loss: it adds -log(1 -
# ŷ_k) for each wrong digit k, so its derivative has more terms than ŷ - y. If they use
# ŷ - y nevertheless, they go downhill on one loss and print another. (It is the right
# loss for ten separate yes-or-no questions, with ten sigmoids in place of the softmax.)
# %%
def backward(X, Y, A1, Y_hat):
    """Return dW1, db1, dW2, db2 for the images X, where A1, Y_hat = forward(X)."""
    dZ2 = (Y_hat - Y) / len(X)  # (n, 10)   through Y_hat = softmax(Z2) and the loss
    dW2 = A1.T @ dZ2  # (64, 10)            through Z2 = A1 @ W2 + b2, to W2
    db2 = dZ2.sum(axis=0)  # (10,)                                     to b2
    dA1 = dZ2 @ W2.T  # (n, 64)                                        to A1
    dZ1 = dA1 * A1 * (1 - A1)  # (n, 64)    through A1 = sigmoid(Z1)
    dW1 = X.T @ dZ1  # (784, 64)            through Z1 = X @ W1 + b1,  to W1
    db1 = dZ1.sum(axis=0)  # (64,)                                     to b1
    return dW1, db1, dW2, db2


def check_gradient(X, Y):
    """Return the largest error of backward(), relative to each array's largest entry.

    To measure ∂L/∂w, raise w by a tiny h and compute L, lower it by h and compute L,
    and divide the difference by 2h. This needs no chain rule, so backward() can hardly
    agree by accident. But each of 50,890 derivatives takes two runs of forward(). So we
    measure only ten in each array, and train with backward().
    """
    global W1, b1, W2, b2
    originals = W1, b1, W2, b2
    # In float32, with 7 digits, the two losses differ by rounding only. float64 has 16.
    W1, b1, W2, b2 = [w.astype(np.float64) for w in originals]
    errors, h, rng = [], 1e-5, np.random.default_rng(SEED)
    A1, Y_hat = forward(X)
    for w, dw in zip((W1, b1, W2, b2), backward(X, Y, A1, Y_hat)):
        for i in rng.integers(w.size, size=10):  # ten random positions in w
            w.flat[i] += h  # in W1, b1, W2 or b2 itself, so that forward() sees it
            loss_above = cross_entropy(Y, forward(X)[1])
            w.flat[i] -= 2 * h
            loss_below = cross_entropy(Y, forward(X)[1])
            w.flat[i] += h
            error = (loss_above - loss_below) / (2 * h) - dw.flat[i]
            errors.append(abs(error) / abs(dw).max())
    W1, b1, W2, b2 = originals
    return float(np.max(errors))


def descend(X, Y, rate):
    """Update the weights and biases once, and return the loss before the update."""
    global W1, b1, W2, b2
    A1, Y_hat = forward(X)
    dW1, db1, dW2, db2 = backward(X, Y, A1, Y_hat)
    W1 -= rate * dW1
    b1 -= rate * db1
    W2 -= rate * dW2
    b2 -= rate * db2
    return cross_entropy(Y, Y_hat)


# %% [markdown]
# ## Step 4: training
#
# We could compute each update from all 45,000 images. But L is a mean over the images,
# and so is its gradient. The mean over a hundred, drawn at random, is roughly the same,
# for 1/450 of the work. So we shuffle the images, cut them into *mini-batches* of 100,
# and make an update with each. A pass through all the images is an *epoch*: 450
# updates. This is *stochastic* (random) gradient descent. The gradient of a mini-batch
# is always a little off: it is not even 0 at the minimum of L, and with large updates
# the weights would jump about there for ever. So the learning rate falls.
#
# A 3 that is shifted by a pixel is still a 3, but its row of X is a very different one.
# So we shift each mini-batch by a random number of pixels. With MAX_SHIFT = 1 an image
# turns up in 9 places. That is hard to memorize, so the network must learn the shape.
#
# The run prints two losses for each epoch. The training loss is a mean over the epoch,
# while the network is learning, and over shifted images, so at first it is the larger
# one. It is normal that it ends a little smaller. If it ends many times smaller, the
# network has memorized its images, which is no help with others: *overfitting*.
# %%
def train_epoch(X_train, Y_train, rate, rng):
    """Learn from every training image once, and return the mean loss on the way."""
    n, loss = len(X_train), 0.0
    order = rng.permutation(n)
    for first in range(0, n, BATCH_SIZE):
        batch = order[first : first + BATCH_SIZE]  # the last one may be smaller
        X, Y = shift(X_train[batch], rng), Y_train[batch]
        loss += descend(X, Y, rate) * len(batch) / n  # a mean over images, not batches
    return loss


def shift(X, rng):
    """Return the images X, all shifted alike at random, by up to MAX_SHIFT pixels.

    What leaves at one edge, nearly always blank paper, comes back at the opposite one.
    """
    if MAX_SHIFT == 0:
        return X
    down, right = rng.integers(-MAX_SHIFT, MAX_SHIFT + 1, size=2)  # by -1, 0 or 1
    squares = X.reshape(len(X), 28, 28)  # axis 1 goes down, axis 2 right
    return np.roll(squares, (down, right), axis=(1, 2)).reshape(len(X), 784)


def evaluate(X, Y):
    """Return the loss and the accuracy, from 0 to 1, on images X, without learning."""
    _, Y_hat = forward(X)
    correct = Y_hat.argmax(axis=1) == Y.argmax(axis=1)  # n values, True or False
    return cross_entropy(Y, Y_hat), float(correct.mean())  # True counts as 1


def train(X_train, Y_train, X_val, Y_val):
    """Train for EPOCHS epochs and print a line for each. Ctrl-C ends training early.

    Raises SystemExit if the loss is no longer finite, as when weights overflow.
    """
    rng = np.random.default_rng(SEED)
    rates = np.linspace(LEARNING_RATE, FINAL_LEARNING_RATE, EPOCHS)  # evenly spaced
    print("epoch   learning   training   validation   validation   seconds")
    print("            rate       loss         loss     accuracy")
    try:
        for epoch, rate in enumerate(rates.tolist(), start=1):
            began = time.perf_counter()
            loss = train_epoch(X_train, Y_train, rate, rng)
            val_loss, accuracy = evaluate(X_val, Y_val)
            seconds = time.perf_counter() - began
            print(f"{epoch:5d} {rate:10.4f} {loss:10.4f} ", end="")
            print(f"{val_loss:12.4f} {accuracy:12.2%} {seconds:9.3f}", flush=True)
            if not np.isfinite(loss + val_loss):
                sys.exit("The loss is no longer finite. Lower LEARNING_RATE.")
    except KeyboardInterrupt:
        print("\nTraining ended early. What has been learned so far is kept.")


# %% [markdown]
# ## Step 5: performance
#
# Is 98% good? Without layer 1 it would be 92%. Convolutional networks, whose units look
# at small patches of the image, reach 99.7%, also by backpropagation. (The test figure
# is a little higher than the validation figure. That can be chance: 10,000 images may
# well be 0.1 or 0.2% easier than others.) A percentage hides which digits are confused.
# The report shows them, and the worst mistakes.
# %%
def report(X_val, Y_val, X_test, Y_test):
    """Print how well the network reads, which digits it confuses, and its mistakes."""
    print("               images       loss   accuracy")
    for name, X, Y in ("validation", X_val, Y_val), ("test", X_test, Y_test):
        loss, accuracy = evaluate(X, Y)
        print(f"{name:10} {len(X):10,} {loss:10.4f} {accuracy:10.2%}")

    _, Y_hat = forward(X_test)
    true, answer = Y_test.argmax(axis=1), Y_hat.argmax(axis=1)
    print("\nRow 4, column 9 counts the test images of a 4 that were read as a 9:\n")
    print("      " + "".join(f"{digit:6d}" for digit in range(10)) + "\n")
    for digit in range(10):
        counts = np.bincount(answer[true == digit], minlength=10)  # of each answer
        print(f"{digit:6d}" + "".join(f"{count:6d}" for count in counts))

    confidence = Y_hat.max(axis=1)  # the probability of the answer
    wrong = np.flatnonzero(true != answer)  # the positions of the mistakes
    worst = sorted(wrong, key=lambda i: confidence[i], reverse=True)[:3]
    print(f"\nThe most confident of the {len(wrong):,} mistakes:\n")
    draw(X_test[worst])
    captions = [f"{true[i]} read as {answer[i]}: {confidence[i]:.1%}" for i in worst]
    print("".join(f"{caption:26}" for caption in captions))


def main():
    """Run the five steps. Afterwards W1, b1, W2 and b2 hold what was learned."""
    check_settings()
    print("Step 1: load the data\n")
    (X_train, Y_train), (X_val, Y_val), (X_test, Y_test) = split(*load_mnist())
    print(f"{len(X_train):,} training images, {len(X_val) + len(X_test):,} held back\n")
    draw(X_train[:1])
    print(f"label {Y_train[0].argmax()}, one-hot {Y_train[0].astype(int)}")

    print("\nStep 2: the functions of the network\n")
    initialize_weights()
    loss, accuracy = evaluate(X_val, Y_val)
    print(
        f"Before training: loss {loss:.1f}, accuracy {accuracy:.1%}. It only guesses."
    )

    print("\nStep 3: gradient descent\n")
    error = check_gradient(X_train[:100], Y_train[:100])
    print(f"Error of backward(), compared with measured derivatives: {error:.0e}")
    print("(Below 1e-6 is fine. With a mistake in backward(), expect 0.1 or more.)")

    print("\nStep 4: training (Ctrl-C ends it early)\n")
    train(X_train, Y_train, X_val, Y_val)

    print("\nStep 5: performance\n")
    report(X_val, Y_val, X_test, Y_test)
    if len(X_test) < 10_000:
        print("\nThese figures are NOT for MNIST but for 1,797 smaller digits. Their")
        print("test images are by other writers than the rest, and harder to read.")


# %% [markdown]
# ## Now you
#
# 1. *Predict, then run.* LEARNING_RATE = 20, HIDDEN_UNITS = 4 or MAX_SHIFT = 0: how
#    will the last line of training change? Write it down first.
# 2. *Break it.* Change the sign of db2 in backward(). The accuracy stays at 98%! Which
#    line of the output shows the mistake? Try other signs, or leave out the division.
# 3. *Momentum.* Let updates gather speed: begin with a global V1 = 0, and in each
#    update set V1 to 0.9 * V1 - rate * dW1 and add it to W1. Likewise for b1, W2 and
#    b2. With rates from 0.4 to 0.02, 20 epochs reach a validation accuracy of 98%.
# 4. *Another curve, another layer.* Replace the sigmoid by np.tanh, with its derivative
#    in backward(). (It is four times as steep at 0: take a quarter of the rates.) Or
#    put a second hidden layer behind the first. The check tells whether you are right.
# 5. *Straighten the digits.* Many lean to the right. Find the line that fits the ink of
#    an image best, and shift each row of pixels sideways until that line is upright, in
#    all three sets. This removes one mistake in six. (The README has the answers.)
#
# ## Behind the scenes
#
# The rest does no learning. It loads the data, checks the settings and draws.
# %%
def load_mnist():
    """Return MNIST's images, (70000, 784), and labels, (70000,), as uint8, 0 to 255.

    If it is unavailable, say so, and return scikit-learn's small digits instead.
    """
    try:
        path = os.path.join(get_data_home(), "mnist_784.npz")
        with suppress(Exception), np.load(path) as file:  # not yet there, or damaged?
            return file["images"], file["labels"]
        print("Fetching and unpacking MNIST, for the first run only ...\n", flush=True)
        warnings.filterwarnings("ignore", module="sklearn.datasets")  # ours is below
        socket.setdefaulttimeout(7)  # seconds for which the server may be silent
        # This parser needs no other library. order="C" keeps each image in one piece.
        mnist = fetch_openml("mnist_784", version=1, as_frame=False, parser="liac-arff")
        images = mnist.data.astype(np.uint8, order="C")
        labels = mnist.target.astype(np.uint8)
    except (OSError, ValueError, EOFError, KeyError, MemoryError) as error:
        print(f"MNIST is not available now: {error!a}")
        print("We use 1,797 smaller digits instead, which come with scikit-learn.\n")
        return small_digits()
    try:
        np.savez(path, images=images, labels=labels)
    except OSError as error:
        print(f"MNIST cannot be kept for the next run: {error!a}\n")
    return images, labels


def small_digits():
    """Return scikit-learn's 8 x 8 digits, enlarged to 28 x 28, in their own order."""
    digits = load_digits()
    images = digits.images.repeat(3, axis=1).repeat(3, axis=2) * 255 / 16
    images = np.pad(images, [(0, 0), (2, 2), (2, 2)]).astype(np.uint8)
    return images.reshape(-1, 784), digits.target.astype(np.uint8)


def check_settings():
    """End the program with a sentence if a setting cannot work."""
    least = {"HIDDEN_UNITS": 1, "EPOCHS": 0, "BATCH_SIZE": 1, "MAX_SHIFT": 0, "SEED": 0}
    try:
        for name, value in least.items():
            check_scalar(globals()[name], name, int, min_val=value)
        for name in "LEARNING_RATE", "FINAL_LEARNING_RATE":
            check_scalar(globals()[name], name, (int, float), min_val=0)
    except (TypeError, ValueError) as error:
        sys.exit(str(error))


def draw(X):
    """Print images side by side; a character shows a pixel and the one below it."""
    strip = np.hstack(X.reshape(-1, 28, 28)[:, :, 1:27])  # without margins, 3 fit
    for upper, lower in zip(strip[0::2], strip[1::2]):
        print("".join(" .:-=+*#%@"[int(4.99 * ink)] for ink in upper + lower))


def start():
    """Run main(). Outside training, Ctrl-C ends the program with one word."""
    try:
        main()
    except KeyboardInterrupt:
        sys.exit("\nInterrupted.")


np.seterr(all="ignore")  # overflow is no error: see sigmoid(), and the end of train()

# Dependencies, for tools such as uv:
# /// script
# requires-python = ">=3.10"
# dependencies = ["numpy>=1.23.2", "scikit-learn>=1.2"]
# ///
if __name__ == "__main__":
    start()
