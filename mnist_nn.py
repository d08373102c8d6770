# %% [markdown]
"""
# A neural network from scratch

This file is a neural network that learns to recognize handwritten digits, and a
tutorial on how it does so. It has five steps: 1 load the data, 2 the functions of the
network, 3 gradient descent, 4 training, 5 performance. Each step explains an idea, runs
the code for it and prints what comes out. You need some Python, matrix multiplication
and the chain rule. NumPy does the matrix arithmetic, scikit-learn provides the images,
and all the rest is written out.

    python -m pip install numpy scikit-learn
    python mnist_nn.py

                   images       loss   accuracy
    test           10,000     0.0568     98.20%

This takes about ten seconds (the first run also downloads the images: one minute). The
network learns from 45,000 images and then recognizes 98.20% of 10,000 others. `# %%`
begins a new cell, for notebooks. Code under `if __name__ == "__main__":` runs when you
run this file, not when you import it.
"""

# %%
import os
import socket
import tempfile
import time
from contextlib import suppress

if __name__ == "__main__":
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # one core suits small matrices
import numpy as np

# The settings, explained in steps 2 to 4. Change one, and run the file again.
HIDDEN_UNITS = 64  # the size of layer 1 (step 2); try 16, and 4
EPOCHS = 40  # passes through the training images (step 4); try 5, and 0
BATCH_SIZE = 100  # images for each update of the weights (step 4); try 10
LEARNING_RATE = 2.0  # how large the first updates are (step 3); try 0.2, and 10.0
FINAL_LEARNING_RATE = 0.1  # how large the last ones are (step 4); try 2.0
MAX_SHIFT = 1  # pixels by which training images are shifted (step 4); try 0, and 2
SEED = 0  # each seed gives different random numbers; try 1, to see how much is luck


# %% [markdown]
# ## Step 1: load the data
# MNIST is a collection of 70,000 handwritten digits, images of 28 x 28 = 784 pixels
# from 0 (paper) to 255 (ink). We divide by 255, so that inputs lie between 0 and 1, and
# let n images form a matrix X with n rows and 784 columns: its *shape* is (n, 784). The
# *label* of an image is the digit that it shows. The network will have ten outputs, one
# for each digit, so we write each label as ten numbers as well: a 3 becomes 0 0 0 1 0 0
# 0 0 0 0, with the 1 in position 3, counted from 0. These *one-hot* rows form a matrix
# Y, of shape (n, 10). (With a single number, mistaking a 3 for a 4 would count as a
# smaller error than mistaking it for an 8. But digits are names, not amounts.)
#
# The network learns from 45,000 images, the *training set*. It might merely memorize
# them, so we test it on 15,000 others, the *validation set*, and choose the settings
# that do best there. But the best of many results is partly luck. So a third set, which
# plays no part in any choice, gives an honest figure: the *test set*, MNIST's last
# 10,000 images. Step 5 prints this figure; ignore it while you choose settings.
# %%
def one_hot(labels):
    """Return the one-hot rows, (n, 10), of n labels."""
    identity = np.eye(10, dtype=np.float32)  # (10, 10), with ones on the diagonal
    return identity[labels]  # row labels[0], row labels[1] and so on


def split(images, labels):
    """Return the training, the validation and the test set, each as a pair X, Y."""
    n = len(images) * 6 // 7  # 60,000 of MNIST; the last 10,000 are the test set
    n_train = n * 3 // 4  # 45,000
    order = np.arange(len(images))  # 0, 1, 2 ... 69,999
    # Shuffle the first n, so that training and validation set are alike; with seed 0,
    # to make runs comparable. (order[:n] is no copy: `order` itself changes.)
    np.random.default_rng(0).shuffle(order[:n])
    # float32 takes half the memory and time of the usual float64. Its 7 digits suffice.
    X = np.divide(images[order], 255, dtype=np.float32)  # the rows in this order
    Y = one_hot(labels[order])
    return (X[:n_train], Y[:n_train]), (X[n_train:n], Y[n_train:n]), (X[n:], Y[n:])


# %%
# You need not read this cell. It fetches and draws images, and checks the settings.
def load_mnist():
    """Return MNIST's images and labels, or small digits where MNIST is unavailable."""
    home = os.environ.get("SCIKIT_LEARN_DATA", "~/scikit_learn_data")
    path = os.path.join(os.path.expanduser(home), "mnist_784.npz")
    if os.path.exists(path):
        with suppress(Exception), np.load(path) as file:
            images, labels = file["images"], file["labels"]
            form = images.dtype, images.shape, labels.dtype, labels.shape
            if form == (np.uint8, (70_000, 784), np.uint8, (70_000,)):
                return images, labels
        print(f"{path!a} is damaged or not MNIST, so MNIST is fetched again.")
    from sklearn.datasets import fetch_openml  # only here, as this takes a second

    print("Fetching and unpacking MNIST, for the first run only ...\n", flush=True)
    timeout = socket.getdefaulttimeout()
    socket.setdefaulttimeout(7)  # seconds for which the server may be silent
    try:
        mnist = fetch_openml(
            "mnist_784", version=1, as_frame=False, parser="liac-arff", n_retries=1
        )
    except Exception as error:  # noqa: BLE001 (a download can fail in any way)
        print(f"MNIST is not available now: {type(error).__name__}, {str(error)!a}")
        print("We use 1,797 smaller digits instead, which come with scikit-learn.\n")
        return small_digits()
    finally:
        socket.setdefaulttimeout(timeout)
    images = mnist.data.astype(np.uint8, order="C")
    labels = mnist.target.astype(np.uint8)
    try:  # Write to a temporary file, then rename it: no half-written file is left.
        with tempfile.TemporaryDirectory(dir=os.path.dirname(path)) as beside:
            np.savez(os.path.join(beside, "mnist.npz"), images=images, labels=labels)
            os.replace(os.path.join(beside, "mnist.npz"), path)
    except OSError as error:
        print(f"MNIST cannot be kept for the next run: {str(error)!a}\n")
    return images, labels


def small_digits():
    """Return scikit-learn's 8 x 8 digits, enlarged to 28 x 28, and their labels."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = digits.images.repeat(3, axis=1).repeat(3, axis=2) * 255 / 16
    images = np.pad(images, [(0, 0), (2, 2), (2, 2)]).astype(np.uint8)
    return images.reshape(-1, 784), digits.target.astype(np.uint8)


def draw(X):
    """Print the images X side by side. A character is two pixels high."""
    rows = np.hstack(X.reshape(-1, 28, 28)[:, :, 1:27])
    for ink in (rows[0::2] + rows[1::2]) / 2:
        print("".join(" .:-=+*#%@"[int(9.99 * p)] for p in ink))


def check_settings():
    """Raise ValueError if a setting cannot work."""
    least = {"HIDDEN_UNITS": 1, "EPOCHS": 0, "BATCH_SIZE": 1, "MAX_SHIFT": 0, "SEED": 0}
    least |= {"LEARNING_RATE": 0.0, "FINAL_LEARNING_RATE": 0.0}
    for name, low in least.items():
        value, number = globals()[name], type(low)
        if not isinstance(value, (int, number)) or not low <= value < np.inf:
            raise ValueError(f"{name} = {value!r}, not {number.__name__} >= {low}")


# %%
if __name__ == "__main__":
    print("Step 1: load the data\n")
    check_settings()
    (X_train, Y_train), (X_val, Y_val), (X_test, Y_test) = split(*load_mnist())
    print(f"X_train has shape {X_train.shape}, Y_train {Y_train.shape}. Row 0 of each:")
    draw(X_train[:1])
    print(Y_train[0])


# %% [markdown]
# ## Step 2: the functions of the network
# A network is made of *units*. A unit multiplies each of its inputs by a *weight*, and
# adds up the products and one more number, its *bias*. A *layer* is a group of units
# with the same inputs. Layer 1, the *hidden* layer, has 64 units. Unit j puts its sum
# z1_j through a curve, the sigmoid, and the result a1_j is an input of layer 2, which
# has ten units k, one for each digit. For an image with pixels x_i:
#
#     z1_j = (Σ_i x_i W1_ij) + b1_j          Σ_i: the sum over all i
#     a1_j = 1 / (1 + exp(-z1_j))            the sigmoid of z1_j
#     z2_k = (Σ_j a1_j W2_jk) + b2_k
#     ŷ_k  = exp(z2_k) / S                   the softmax, with S = Σ_q exp(z2_q)
#     ℓ    = -Σ_k y_k log ŷ_k                the cross-entropy; y is the one-hot label
#
# **Why the sigmoid?** Without it, z2_k would be a weighted sum of weighted sums, hence
# a weighted sum of the pixels: ink in a given pixel would raise z2_3, the sum for a 3,
# in every image, or lower it in all. The sigmoid is not a straight line: it rises from
# 0 to 1, and is nearly flat for z below -5 and above 5. Training can make the bias of a
# unit A so negative that A gives nearly 0 unless a stroke at the top lifts z to where
# the curve is steep. Then ink in another pixel p changes A's output only in images with
# that stroke. Let unit B do the same for a stroke at the bottom, both with a positive
# weight for p. If layer 2 gives A a positive weight for the 3, and B a negative one, p
# raises z2_3 beside the top stroke, and lowers it beside the bottom stroke.
#
# **Why softmax and cross-entropy?** Layer 2 has to give each digit a probability ŷ_k
# ("y hat"): exp makes the sums z2_k positive, and the division makes them add up to 1.
# As y_k is 1 for the true digit and 0 for the others, ℓ is minus the (natural)
# logarithm of the true digit's probability: 0 for a probability of 1, 2.3 for 1/10, 6.9
# for 1/1000. The logarithm undoes the exp, which will make step 3 short. And if we
# treat the images as independent of each other, the probability of all labels is a
# product, with one factor for each image. To make it large is to make minus its
# logarithm small, which is the sum of all ℓ and easier to differentiate. The mean of ℓ
# over n images is the *loss* L. We compute all n at once: rows x, z1, a1, z2, ŷ, y form
# matrices X, Z1, A1, Z2, Y_hat, Y, and sums over i and j become matrix products.
#
# **Where do the weights start?** If two units of layer 1 had equal biases and equal
# weights, in W1 and in W2, step 3 would give them equal updates: they would stay equal,
# and be worth no more than one. So weights start at random, and as this makes the units
# differ, biases may start at 0. Where |z| is large, the sigmoid is flat, and weights
# have hardly any effect; where it is tiny, a unit gives about 1/2 for every image. So
# |z| should be about 1. Let z = Σ_i x_i w_i have m inputs between 0 and 1, and
# independent random weights of mean 0, whose squares have the mean s² (s is their
# *standard deviation*). In z² = Σ_i Σ_q x_i x_q w_i w_q, the mean of w_i w_q is s² for
# i = q, and 0 for i ≠ q: for independent numbers, the mean of a product is the product
# of the means. So the mean of z² is s² Σ_i x_i², at most m s². We take s = 1 / sqrt(m).
# %%
def sigmoid(z):
    """Return 1 / (1 + exp(-z)) for each entry of z."""
    with np.errstate(over="ignore"):  # exp(1000) becomes infinity, and 1 / infinity 0
        return 1 / (1 + np.exp(-z))


def softmax(z):
    """Return exp(z_k) / (sum of exp(z_k) over the row) for each entry of z, (n, 10)."""
    # infinity / infinity fails. Subtracting each row's largest entry c prevents it, and
    # changes nothing, since exp(z - c) = exp(z) / exp(c), and exp(c) cancels.
    e = np.exp(z - z.max(axis=1, keepdims=True))  # the maxima as a column
    return e / e.sum(axis=1, keepdims=True)


def cross_entropy(Y, Y_hat):
    """Return the loss L: the mean, over n images, of -Σ_k y_k log ŷ_k."""
    # log 0 is -infinity, and a tiny probability may round to 0: use at least 1e-37.
    return float(-(Y * np.log(np.maximum(Y_hat, 1e-37))).sum() / len(Y))


def initialize_weights():
    """Set the global arrays W1, b1, W2 and b2, which training will change."""
    global W1, b1, W2, b2
    rng = np.random.default_rng(SEED)  # a source of random numbers
    # normal(0, s, shape), with the s of LeCun et al., "Efficient BackProp", 1998
    W1 = rng.normal(0, 1 / 784**0.5, (784, HIDDEN_UNITS)).astype(np.float32)
    b1 = np.zeros(HIDDEN_UNITS, np.float32)
    W2 = rng.normal(0, 1 / HIDDEN_UNITS**0.5, (HIDDEN_UNITS, 10)).astype(np.float32)
    b2 = np.zeros(10, np.float32)


def forward(X):
    """Return A1 and Y_hat for n images X."""
    Z1 = X @ W1 + b1  # (n, 64)   @ is the matrix product; b1 is added to every row
    A1 = sigmoid(Z1)  # (n, 64)   the outputs of layer 1
    Z2 = A1 @ W2 + b2  # (n, 10)
    Y_hat = softmax(Z2)  # (n, 10)
    return A1, Y_hat


def evaluate(X, Y):
    """Return the loss and the accuracy, the share of right answers, on the images X."""
    _, Y_hat = forward(X)
    # argmax(axis=1): the position of each row's largest entry. True counts as 1.
    accuracy = (Y_hat.argmax(axis=1) == Y.argmax(axis=1)).mean()
    return cross_entropy(Y, Y_hat), float(accuracy)


# %%
if __name__ == "__main__":
    print("\nStep 2: the functions of the network\n")
    initialize_weights()
    _, Y_hat = forward(X_train[:1])
    print("For the image above, the untrained network gives these probabilities:")
    print(Y_hat[0].round(2))
    print(f"Loss: {cross_entropy(Y_train[:1], Y_hat):.2f}. Guessing has log 10 = 2.30.")
    loss, accuracy = evaluate(X_val, Y_val)
    print(f"All validation images: loss {loss:.2f}, accuracy {accuracy:.1%}.")


# %% [markdown]
# ## Step 3: gradient descent
# The loss L depends on 784 * 64 + 64 + 64 * 10 + 10 = 50,890 weights and biases w. The
# derivative ∂L/∂w says how fast L grows with w. If all w change a little, the changes
# of L that they cause add up. *Gradient descent* changes each w a little, many times:
#
#     change of w  =  -rate · ∂L/∂w          with a positive learning rate
#     change of L  ≈  Σ_w ∂L/∂w · (change of w)                             (*)
#
# Each term of this sum is -rate · (∂L/∂w)², never positive. So L falls, if the rate is
# small enough for the ≈ to hold. All derivatives together are the *gradient*.
#
# We find it for one image first. By the chain rule, we multiply the derivatives along
# each path from a variable to ℓ, and add up the paths:
#
#     log ŷ_q   = z2_q - log S               as log exp(z2_q) = z2_q, for each digit q
#     ℓ         = log S - Σ_q y_q z2_q       as the ten y_q add up to 1
#     ∂ℓ/∂z2_k  = exp(z2_k) / S - y_k        as S has the derivative exp(z2_k)
#               = ŷ_k - y_k                  negative for the true digit: raise its z2
#     ∂ℓ/∂W2_jk = a1_j · ∂ℓ/∂z2_k            one path, through z2_k = ... + a1_j W2_jk
#     ∂ℓ/∂b2_k  = ∂ℓ/∂z2_k
#     ∂ℓ/∂a1_j  = Σ_k ∂ℓ/∂z2_k · W2_jk       ten paths, one through each z2_k
#     da/dz     = exp(-z) a² = a (1 - a)     as 1 - a = exp(-z) a; a: the sigmoid of z
#     ∂ℓ/∂z1_j  = ∂ℓ/∂a1_j · a1_j (1 - a1_j)
#     ∂ℓ/∂W1_ij = x_i · ∂ℓ/∂z1_j             and so on, as in layer 2
#     ∂ℓ/∂b1_j  = ∂ℓ/∂z1_j
#
# For n images, L is the sum of all ℓ, divided by n. Let dZ2 hold the derivative of L
# with respect to each entry of Z2, and likewise dW2, dA1 and so on. A row of Z2 affects
# only the ℓ of its image, so dZ2 is Y_hat - Y, divided by n. All other derivatives
# contain dZ2 as a factor, so there is no other division. W2 and b2 affect every ℓ, so
# we add up over the images r: db2_k = Σ_r dZ2_rk, and dW2_jk = Σ_r A1_rj dZ2_rk. As
# A1_rj is entry jr of A1.T, which is A1 with its rows as columns, dW2 is the matrix
# product A1.T @ dZ2. Likewise the sum over k in dA1 is dZ2 @ W2.T. Layer 1 repeats
# this, with X and dZ1. Working backwards like this is *backpropagation*.
# %%
def backward(X, Y, A1, Y_hat):
    """Return dW1, db1, dW2 and db2 for the images X, where A1, Y_hat = forward(X)."""
    dZ2 = (Y_hat - Y) / len(X)  # (n, 10)   through softmax and cross-entropy
    dW2 = A1.T @ dZ2  # (64, 10)            through Z2 = A1 @ W2 + b2, to W2
    db2 = dZ2.sum(axis=0)  # (10,)          to b2; axis=0: for each column, over images
    dA1 = dZ2 @ W2.T  # (n, 64)             to A1
    dZ1 = dA1 * A1 * (1 - A1)  # (n, 64)    through A1 = sigmoid(Z1), entry by entry
    dW1 = X.T @ dZ1  # (784, 64)            through Z1 = X @ W1 + b1, to W1
    db1 = dZ1.sum(axis=0)  # (64,)          to b1
    return dW1, db1, dW2, db2


def descend(X, Y, rate):
    """Update the weights and biases once, and return the loss before the update."""
    A1, Y_hat = forward(X)
    for w, dw in zip((W1, b1, W2, b2), backward(X, Y, A1, Y_hat)):
        w -= rate * dw  # -= changes the array itself, which is W1, b1, W2 or b2
    return cross_entropy(Y, Y_hat)


# %% [markdown]
# A mistake in `backward` may cost little accuracy, and go unnoticed. So we check it by
# (*), array by array. Let V be an array of random numbers, shaped like W1. If W1
# changes by h V, with a tiny h, L should change by h times the sum of all entries of
# dW1 * V. As each entry has its own random factor, nearly any mistake shows. To measure
# the change, we take L at W1 + h V, subtract L at W1 - h V, and divide by 2h: terms in
# h² are equal, and cancel. The two L differ in late digits only: hence float64, 16
# digits.
# %%
def check_gradient(X, Y):
    """Return each array's name, and the predicted and measured change of L per h."""
    global W1, b1, W2, b2
    originals = W1, b1, W2, b2
    rng = np.random.default_rng(SEED + 1)  # with SEED, V would repeat the start of W1
    h, results = 1e-6, []
    try:
        arrays = [w.astype(np.float64) for w in originals]
        W1, b1, W2, b2 = arrays
        derivatives = backward(X, Y, *forward(X))
        for name, w, dw in zip(("W1", "b1", "W2", "b2"), arrays, derivatives):
            V = rng.normal(0, 1, w.shape)
            w += h * V
            above, _ = evaluate(X, Y)
            w -= 2 * h * V
            below, _ = evaluate(X, Y)
            w += h * V
            # nan, not a number, if the shape of dw is wrong, as with another axis
            predicted = (dw * V).sum() if dw.shape == w.shape else np.nan
            results.append((name, predicted, (above - below) / (2 * h)))
    finally:  # even after Ctrl-C
        W1, b1, W2, b2 = originals
    return results


# %%
if __name__ == "__main__":
    print("\nStep 3: gradient descent\n")
    X, Y = X_train[:1000], Y_train[:1000]
    print("     predicted     measured    how fast L changes in a random direction")
    for name, predicted, measured in check_gradient(X, Y):
        equal = "equal" if np.isclose(predicted, measured, rtol=1e-6) else "NOT equal"
        print(f"{name} {predicted:11.8f}  {measured:11.8f}    {equal}")
    rate = 0.01
    fall = rate * sum((dw**2).sum() for dw in backward(X, Y, *forward(X)))  # by (*)
    before = descend(X, Y, rate)
    after, _ = evaluate(X, Y)
    print(f"\nAn update with rate {rate} should lower L by about {fall:.5f}.")
    print(f"It lowers L from {before:.5f} to {after:.5f}, by {before - after:.5f}.")


# %% [markdown]
# ## Step 4: training
# An update could use all 45,000 images. But L and its gradient are means over the
# images, and a hundred images, drawn at random, give roughly the same means for 1/450
# of the work. So in each *epoch* we shuffle the images anew, cut them into
# *mini-batches* of 100, and make an update for each. This is *stochastic* (random)
# gradient descent. Where L is smallest, its gradient is 0, but the gradient of a
# mini-batch is not, and large updates would keep the weights jumping about for ever. So
# the rate falls evenly, epoch by epoch.
#
# A 3 that is shifted by a pixel is still a 3, but its 784 numbers are quite different.
# So we shift each mini-batch at random (all its images alike, which is quick). With
# MAX_SHIFT = 1 an image turns up in nine places, which makes it hard to memorize: the
# network has to learn shapes. This is *data augmentation*.
#
# The training loss that is printed is a mean over the epoch. At first it is higher than
# the validation loss: early mini-batches met a network that had learned less, and only
# training images are shifted. It usually ends a little lower, as the network learns
# from these very images. If much lower, it has memorized them: *overfitting*.
# %%
def shift(X, rng):
    """Return the images X, all shifted alike at random, by up to MAX_SHIFT pixels."""
    down, right = rng.integers(-MAX_SHIFT, MAX_SHIFT + 1, size=2)  # -1, 0 or 1
    # np.roll moves the entries of each row along. What it pushes off one end, nearly
    # always paper, comes in at the other. 28 places are one pixel down.
    return np.roll(X, 28 * down + right, axis=1)


def train(X_train, Y_train, X_val, Y_val):
    """Train for EPOCHS epochs, or until Ctrl-C. Print and return a row for each."""
    rng = np.random.default_rng(SEED)
    n, history = len(X_train), []
    rates = np.linspace(LEARNING_RATE, FINAL_LEARNING_RATE, EPOCHS)  # evenly spaced
    print("epoch   learning   training   validation   validation   seconds")
    print("            rate       loss         loss     accuracy")
    try:
        for epoch, rate in enumerate(rates.tolist(), start=1):
            began, loss = time.perf_counter(), 0.0
            order = rng.permutation(n)  # 0 to n - 1, shuffled
            for first in range(0, n, BATCH_SIZE):
                batch = order[first : first + BATCH_SIZE]  # the last may be smaller
                X, Y = shift(X_train[batch], rng), Y_train[batch]
                loss += descend(X, Y, rate) * len(batch) / n  # a mean over the images
            val_loss, accuracy = evaluate(X_val, Y_val)
            row = epoch, rate, loss, val_loss, accuracy, time.perf_counter() - began
            columns = "{:5d} {:10.4f} {:10.4f} {:12.4f} {:12.2%} {:9.3f}"
            print(columns.format(*row), flush=True)
            history.append(row)
    except KeyboardInterrupt:
        print("\nTraining ended early. What has been learned so far is kept.")
    return history


# %%
if __name__ == "__main__":
    print("\nStep 4: training (Ctrl-C ends it early)\n")
    initialize_weights()  # undoes the update of step 3, or an earlier run of this cell
    history = train(X_train, Y_train, X_val, Y_val)


# %% [markdown]
# ## Step 5: performance
# Is 98% good? Without layer 1 it would be 92%. *Convolutional* networks, whose units
# look at small patches, reach 99.7%. A test accuracy a little above or below the
# validation accuracy proves nothing: by chance alone, a number of mistakes varies by
# about its square root, here 180 by 13, or 0.13% of 10,000 images. Which digits are
# confused? Entry jk of Y.T @ (one-hot answers) counts images with label j and answer k.
# %%
if __name__ == "__main__":
    print("\nStep 5: performance\n")
    print("               images       loss   accuracy")
    for name, X, Y in ("validation", X_val, Y_val), ("test", X_test, Y_test):
        loss, accuracy = evaluate(X, Y)
        print(f"{name:10} {len(X):10,} {loss:10.4f} {accuracy:10.2%}")
    _, Y_hat = forward(X_test)
    true, answer = Y_test.argmax(axis=1), Y_hat.argmax(axis=1)
    print("\nConfusion matrix: row 4, column 9 (from 0) counts the 4s taken for 9s.\n")
    print((Y_test.T @ one_hot(answer)).astype(int))
    p_true = (Y_hat * Y_test).sum(axis=1)  # what the network gave to the true digits
    worst = p_true.argsort()[:3]  # argsort: the positions, from small to large values
    print(f"\nThe worst of {(true != answer).sum():,} mistakes:\n")
    draw(X_test[worst])
    text = [f"{true[i]} taken for {answer[i]}: {max(Y_hat[i]):.1%} sure" for i in worst]
    print("".join(f"{caption:26}" for caption in text))
    if len(X_test) < 10_000:
        print("\nThese figures are NOT for MNIST but for 1,797 smaller digits, whose")
        print("test images are by other writers than the rest, and harder.")


# %% [markdown]
# ## Now you
# `python -i mnist_nn.py` lets you go on after the run, with `draw(X_test[:3])`, say.
# The README shows how to keep the weights, and how to try a digit of your own.
#
# 1. *Predict, then run.* Before you change a setting as its comment suggests, write
#    down how the last line of training will change.
# 2. *Break it.* Change a sign in `backward`, or forget `axis=0`. Which lines of the
#    output show the mistake, and which do not?
# 3. *Memorize.* In the last line of step 4, train on `X_train[:100], Y_train[:100]`,
#    with MAX_SHIFT = 0 and BATCH_SIZE = 10. How far apart do the two losses end?
# 4. *Momentum.* Let updates add up while they agree: for each array w keep an array v,
#    at first 0; in each update set v to 0.9 * v - rate * dw, and add it to w. With
#    rates from 0.4 to 0.02, 20 epochs reach about 98%.
# 5. *Another curve, another layer.* Replace the sigmoid by np.tanh, with its derivative
#    1 - a², and take a quarter of the rates, as it is four times as steep at 0. Or add
#    a second hidden layer. (Add its arrays to the check, too.)
# 6. *The long way.* Find ∂ℓ/∂ŷ_q, and by the quotient rule ∂ŷ_q/∂z2_k, for q = k and
#    for q ≠ k. Show that their product, summed over q, is ŷ_k - y_k, too.
# 7. *Another loss.* With two classes, ℓ is -(y log ŷ + (1 - y) log(1 - ŷ)). Some
#    tutorials sum this over the ten softmax outputs, which is a different loss. What is
#    dZ2 then?
