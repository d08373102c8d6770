"""A neural network learns to read handwritten digits, and you can read how.

Run it:

    python mnist_nn.py

A network of 784 inputs, 64 hidden units and 10 outputs looks at 45,000 images of
digits, 40 times over, and then reads 98 in 100 that it has never seen. That takes
some ten seconds. (The very first run also fetches the images: allow it a minute.)
Then change one of the settings below, and run it again.

And read it, from here to the end. Everything that the network does is written
out in this file, in five steps:

    1. Load the data
    2. The functions of the network
    3. Gradient descent
    4. Training
    5. Performance

You need a little Python, matrix multiplication and the chain rule. NumPy
multiplies the matrices and scikit-learn provides the images; the learning itself
is all here.

One notation runs through it. A row is an image, so n images are n rows:

    X      (n, 784)   the pixels              Y      (n, 10)   the true digits
    W1     (784, 64)  weights                 W2     (64, 10)  weights
    b1     (64,)      biases                  b2     (10,)     biases
    Z1     (n, 64)    hidden units: sums      Z2     (n, 10)   outputs: sums
    A1     (n, 64)    and after the sigmoid   Y_hat  (n, 10)   and as probabilities

L is the loss, one number: how wrong it all is. dW2 is the derivative of L with
respect to W2, and has its shape; likewise dZ1, db1 and so on.
"""

# What it needs, for tools such as uv that install it by themselves:
#
# /// script
# requires-python = ">=3.8"
# dependencies = ["numpy>=1.23.2", "scikit-learn>=1.2"]
# ///

import os
import socket
import sys
import tempfile
import time
import warnings
import zlib
from urllib.error import URLError

# Before NumPy is imported: on matrices this small, a second processor only waits.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

try:
    import numpy as np
    from sklearn.datasets import fetch_openml, get_data_home, load_digits
except ImportError as error:
    sys.exit(f"{error}. To install it: python -m pip install numpy scikit-learn")
except KeyboardInterrupt:
    print("Interrupted.")
    sys.exit(130)

# %% Settings: change one and run again

HIDDEN_UNITS = 64  # size of the hidden layer; try 16 or 256
EPOCHS = 40  # epochs: passes through all the training images; try 5
BATCH_SIZE = 100  # images for each step; try 10, or 45_000: all at once
LEARNING_RATE = 2.0  # how far a step goes, in the first epoch; try 0.2 or 20
FINAL_LEARNING_RATE = 0.1  # and in the last; in between it falls evenly; try 2.0
MAX_SHIFT = 1  # training images are moved by up to so many pixels; try 0 or 2
SEED = 0  # where the random numbers start; try 1: how much is luck?

# %% Step 1: load the data
#
# MNIST is 70,000 handwritten digits, half of them by census workers and half by
# high-school students. An image is 28 x 28 pixels from 0 (paper) to 255 (ink),
# here laid end to end in a row of 784 numbers. A label says which digit it is.


def load_mnist():
    """Return MNIST or, if it cannot be had, a smaller stand-in for it.

    How the images are fetched and kept is told last, under "Behind the scenes".

    Returns:
        images: uint8 (70000, 784), the pixels, 0 to 255
        labels: uint8 (70000,), the digits, 0 to 9
        in MNIST's own order: 60,000 training images, then 10,000 test images.
        The stand-in has 1,797 rows and is otherwise alike.
    """
    table = read_cache()
    if table is None:
        try:
            table = fetch_mnist()
        except RuntimeError as error:
            print("MNIST cannot be had now, so we learn from 1,797 small digits that")
            print(f"scikit-learn brings with it. What went wrong:\n{error}")
            table = stand_in_digits()
        else:
            write_cache(table)
    return table[:, :784], table[:, 784]  # in each row, the pixels, then the label


def one_hot(labels):
    """Return the labels one-hot: in ten columns, 1 for the true digit, 0 elsewhere.

    This is what the ten outputs should be. With a single output from 0 to 9, to
    read a 3 as a 4 would be nearly right.

    Returns:
        float32 (n, 10)
    Raises:
        ValueError: a label is not one of 0, 1, ... 9.
    """
    labels = np.asarray(labels)
    if not np.isin(labels, range(10)).all():
        raise ValueError("a label is not one of the digits 0 to 9")
    return np.eye(10, dtype=np.float32)[labels.astype(int)]


def prepare(images, labels):
    """Return X, the pixels as float32 from 0 to 1, and Y, the labels one-hot.

    float32 takes half the memory and time of NumPy's usual float64, and the
    network learns just as well.
    """
    return np.divide(images, 255, dtype=np.float32), one_hot(labels)


def split(X, Y):
    """Return (X_train, Y_train), (X_val, Y_val), (X_test, Y_test).

    The network learns from the training set, 45,000 images. Settings are compared
    on the validation set, 15,000. The test set is the last seventh, which for
    MNIST is its official 10,000 images: figures on these can be compared with
    everybody else's, as long as nobody has chosen settings by them.
    """
    n_rest = len(X) - len(X) // 7
    order = np.random.default_rng(SEED).permutation(n_rest)
    train, val = np.split(order, [n_rest * 3 // 4])
    return (X[train], Y[train]), (X[val], Y[val]), (X[n_rest:], Y[n_rest:])


# %% Step 2: the functions of the network
#
# A unit holds a number: a weighted sum of what comes in, plus a bias. For a whole
# layer of units that is Z = X W + b. The 64 units of the first layer are called
# hidden, because only the second layer sees them. Two such layers in a row could be
# multiplied out into one. So between them stands a function that is no straight
# line, the sigmoid. After the second, the softmax turns ten sums into probabilities.
# The cross-entropy then says how wrong these are.


def sigmoid(z):
    """Return 1 / (1 + e^-z), between 0 and 1, for every number of an array.

    It is steep around z = 0 and flat far from it. Its derivative comes almost for
    free: sigmoid(z) (1 - sigmoid(z)).
    """
    with np.errstate(over="ignore"):  # e^1000 becomes infinity, 1 / infinity 0
        return 1 / (1 + np.exp(-z))


def softmax(z):
    """Return e^z / (sum of e^z over the row): every row becomes probabilities.

    None is negative, they add up to 1, and the largest z gets the largest one.
    First subtracting the row's maximum divides numerator and denominator by the
    same e^max. That changes nothing, but now no e^z can overflow.
    """
    with np.errstate(over="ignore"):  # -infinity at worst; e^-infinity is 0
        e = np.exp(z - z.max(axis=1, keepdims=True))
    return e / e.sum(axis=1, keepdims=True)


def cross_entropy(Y, Y_hat):
    """Return the loss: the mean over the images of -sum(Y log(Y_hat)), a float.

    Y is one-hot, so of each sum one term remains: -log of the probability that
    the network gave to the true digit. Sure and right costs -log(1) = 0, a blind
    guess -log(1/10) = 2.3. Sure and wrong would cost -log(0), which is infinite;
    in place of 0 we take the smallest normal float32, 1.2e-38, which costs 87.

    Why this loss after a softmax? The log undoes the e^z, and the derivative in
    step 3 becomes as simple as a derivative can be.

    Books often give -mean(y log(p) + (1 - y) log(1 - p)). With two classes, of
    probability p and 1 - p, that is this very formula. With ten it is a different
    loss, and what step 3 derives is not its derivative.
    """
    tiny = np.finfo(Y_hat.dtype).tiny
    return float(-(Y * np.log(np.maximum(Y_hat, tiny))).sum() / len(Y))


# %% Step 3: gradient descent
#
# The loss L depends on 784 * 64 + 64 + 64 * 10 + 10 = 50,890 weights and biases.
# The derivative with respect to one of them tells how L changes if that one grows
# a little. So change each a little *against* its derivative, and L goes down:
#
#     W2  becomes  W2 - rate * dW2,  and so with W1, b1 and b2
#
# The learning rate sets how far the step goes. All the derivatives together are
# called the gradient, and this is gradient descent.


def initialize_weights():
    """Set the global W1, b1, W2 and b2, all float32, to where learning starts.

    The weights are random. If they were all 0, the hidden units would be equal and
    get equal derivatives: only rounding errors would ever tell them apart. They are
    small, with a standard deviation of 1 / sqrt(number of inputs): this keeps Z1
    mostly between -1 and 1, where the sigmoid is steep (LeCun et al., "Efficient
    BackProp", 1998, section 4.6). The biases may be 0, since the weights make the
    units different already.
    """
    global W1, b1, W2, b2  # not names of this function only, but of the whole file
    rng = np.random.default_rng(SEED)
    W1 = rng.normal(0, 784**-0.5, (784, HIDDEN_UNITS)).astype(np.float32)
    b1 = np.zeros(HIDDEN_UNITS, np.float32)
    W2 = rng.normal(0, HIDDEN_UNITS**-0.5, (HIDDEN_UNITS, 10)).astype(np.float32)
    b2 = np.zeros(10, np.float32)


def forward(X):
    """Return (A1, Y_hat) for images X. Y_hat is the answer; backward needs A1 too."""
    Z1 = X @ W1 + b1  # (n, 64)
    A1 = sigmoid(Z1)  # (n, 64)
    Z2 = A1 @ W2 + b2  # (n, 10)
    Y_hat = softmax(Z2)  # (n, 10)
    return A1, Y_hat


# Now backward. The chain rule splits the derivative into three factors (in short;
# the indices follow below):
#
#     dL/dW2  =  dL/dY_hat  *  dY_hat/dZ2  *  dZ2/dW2
#
# Take a single image. Let a, z, p and y be its rows of A1, Z2, Y_hat and Y. Then
#
#     L   = -sum over k of y_k log(p_k)     so   dL/dp_k     = -y_k / p_k
#     p_k = e^z_k / sum over j of e^z_j     so   dp_k/dz_j   = -p_k p_j     (j != k)
#                                                dp_j/dz_j   = p_j (1 - p_j)
#     z_j = sum over i of a_i W2_ij + b2_j  so   dz_j/dW2_ij = a_i
#
# Each z_j moves all ten p_k, so the first two factors make a sum over k. In it,
# p_k cancels. That is why the softmax and the cross-entropy belong together:
#
#     dL/dz_j  =  -y_j (1 - p_j)  +  sum over the other k of y_k p_j
#              =  p_j * (sum over all k of y_k)  -  y_j
#              =  p_j - y_j                   because a one-hot row adds up to 1
#
# What the network says, less what is true: Y_hat - Y. L is a mean over n images, so
# divide by n: that is dZ2, and dz_j is an entry of it. Multiply by the third factor
# and sum over the images: that is a product of matrices.
#
#     dL/dW2_ij  =  sum over images of a_i dz_j      so   dW2 = A1.T @ dZ2
#
# Onward to the first layer. Each a_i feeds all ten z_j, and itself comes from one
# sum, z1_i, through the sigmoid, whose derivative is a_i (1 - a_i):
#
#     dL/da_i    =  sum over j of dz_j W2_ij         so   dA1 = dZ2 @ W2.T
#     dL/dz1_i   =  dL/da_i * a_i (1 - a_i)          so   dZ1 = dA1 * A1 * (1 - A1)
#
# From dZ1 to dW1 it goes as from dZ2 to dW2. In the code, @ multiplies matrices
# and * entry by entry.


def backward(X, Y, A1, Y_hat):
    """Return (dW1, db1, dW2, db2), the derivatives of the mean cross-entropy.

    Each has the shape of its weights or biases. The lines mirror forward's, from
    the last to the first, and each multiplies by one more factor of the chain.
    """
    dZ2 = (Y_hat - Y) / len(X)  # (n, 10)   dL/dY_hat * dY_hat/dZ2, as above
    dW2 = A1.T @ dZ2  # (64, 10)            dZ2/dW2 is A1
    db2 = dZ2.sum(axis=0)  # (10,)          dZ2/db2 is 1
    dA1 = dZ2 @ W2.T  # (n, 64)             dZ2/dA1 is W2
    dZ1 = dA1 * A1 * (1 - A1)  # (n, 64)    dA1/dZ1 is the sigmoid's derivative
    dW1 = X.T @ dZ1  # (784, 64)            dZ1/dW1 is X
    db1 = dZ1.sum(axis=0)  # (64,)          dZ1/db1 is 1
    return dW1, db1, dW2, db2


def descend(X, Y, rate):
    """Take one step downhill on the images X; return the loss before the step."""
    global W1, b1, W2, b2
    A1, Y_hat = forward(X)
    dW1, db1, dW2, db2 = backward(X, Y, A1, Y_hat)
    W1 -= rate * dW1
    b1 -= rate * db1
    W2 -= rate * dW2
    b2 -= rate * db2
    return cross_entropy(Y, Y_hat)


# %% Step 4: training
#
# Batch gradient descent computes each step from all 45,000 images. That is slow: a
# hundred images, drawn at random, show roughly the same way down at 1/450 of the
# price. So we shuffle the images, deal them into mini-batches of 100, and take a
# step for each: 450 steps for the price of one. One pass over all images is an
# epoch. The method is called stochastic (that is, random) gradient descent.
#
# Such steps stagger a little, as each mini-batch sees only its own 100 images. At
# first that does not matter. Near the bottom they would stagger about for ever, so
# we lower the learning rate from epoch to epoch.


def learning_rate(epoch):
    """Return the rate for an epoch, 1 to EPOCHS: from first to final, evenly."""
    progress = (epoch - 1) / max(EPOCHS - 1, 1)
    return float(LEARNING_RATE + progress * (FINAL_LEARNING_RATE - LEARNING_RATE))


def shift(X, rng):
    """Return the images, each moved at random by up to MAX_SHIFT pixels each way.

    A 3 moved by a pixel is still a 3, but another row of X. A network that meets
    each image in nine places (if MAX_SHIFT is 1) can hardly learn it by heart, and
    learns its shape. Paper moves in at one edge; what moves out at the other is gone.
    """
    if MAX_SHIFT == 0:
        return X
    n, m = len(X), MAX_SHIFT
    padded = np.zeros((n, 28 + 2 * m, 28 + 2 * m), X.dtype)
    padded[:, m:-m, m:-m] = X.reshape(n, 28, 28)
    # views[i, down, across] is image i, seen through a 28 x 28 window moved there
    views = np.lib.stride_tricks.sliding_window_view(padded, (28, 28), axis=(1, 2))
    down, across = rng.integers(0, 2 * m + 1, (2, n))
    return views[np.arange(n), down, across].reshape(n, 784)


def train_epoch(X_train, Y_train, rate, rng):
    """Learn from every training image once; return the mean loss on the way."""
    n, loss = len(X_train), 0.0
    order = rng.permutation(n)
    for start in range(0, n, BATCH_SIZE):
        batch = order[start : start + BATCH_SIZE]  # the last one may be smaller
        X, Y = shift(X_train[batch], rng), Y_train[batch]
        loss += descend(X, Y, rate) * len(batch) / n  # a mean over images
    return loss


def evaluate(X, Y):
    """Return (loss, accuracy) for images X, learning nothing. Accuracy: 0 to 1."""
    _, Y_hat = forward(X)
    right = Y_hat.argmax(axis=1) == Y.argmax(axis=1)
    return cross_entropy(Y, Y_hat), float(right.mean())


def train(X_train, Y_train, X_val, Y_val):
    """Train for EPOCHS epochs, printing a line for each. Ctrl-C ends it early.

    The training loss is the mean over the epoch, while the network was still
    getting better, and on shifted images, which are harder. So it may stand above
    the validation loss. If it falls far below, the network has begun to learn its
    images by heart. That is called overfitting.

    Raises:
        SystemExit: the loss is no longer a finite number.
    """
    rng = np.random.default_rng(SEED)
    print("epoch   learning   training   validation   validation   seconds")
    print("            rate       loss         loss     accuracy")
    try:
        for epoch in range(1, EPOCHS + 1):
            began = time.perf_counter()
            rate = learning_rate(epoch)
            with np.errstate(all="ignore"):  # what overflows is caught just below
                loss = train_epoch(X_train, Y_train, rate, rng)
                val_loss, val_accuracy = evaluate(X_val, Y_val)
            if not np.isfinite(loss + val_loss):
                sys.exit(
                    f"The loss is no longer a number: a rate of {rate:g} is too high.\n"
                    "Lower LEARNING_RATE and run again."
                )
            seconds = time.perf_counter() - began
            print(
                f"{epoch:5d} {rate:10.4f} {loss:10.4f} {val_loss:12.4f} "
                f"{val_accuracy:12.2%} {seconds:9.3f}",
                flush=True,
            )
    except KeyboardInterrupt:
        print("\nTraining ended early by Ctrl-C; what has been learned is kept.")


# %% Step 5: performance
#
# One figure hides a lot. Which digits are taken for which? What does a mistake
# look like that the network was sure of? And what do its hidden units look for?


def confusion_matrix(Y, Y_hat):
    """Return int (10, 10): row i, column j counts the images of i read as j."""
    matrix = np.zeros((10, 10), int)
    # matrix[true, read] += 1 would count a pair that comes twice only once
    np.add.at(matrix, (Y.argmax(axis=1), Y_hat.argmax(axis=1)), 1)
    return matrix


def report(X_val, Y_val, X_test, Y_test):
    """Print how well the network reads, where it fails, and what it looks for."""
    print("               images       loss   accuracy")
    for name, X, Y in ("validation", X_val, Y_val), ("test", X_test, Y_test):
        loss, accuracy = evaluate(X, Y)
        print(f"{name:10} {len(X):10,} {loss:10.4f} {accuracy:10.2%}")

    _, Y_hat = forward(X_test)
    print("\nThe test images. Row: the true digit. Column: the digit that was read.\n")
    print("    " + "".join(f"{digit:6d}" for digit in range(10)) + "  accuracy")
    for digit, row in enumerate(confusion_matrix(Y_test, Y_hat)):
        share = row[digit] / max(row.sum(), 1)
        print(f"{digit:4d}" + "".join(f"{n:6d}" for n in row) + f"{share:10.1%}")

    true, read, sure = Y_test.argmax(axis=1), Y_hat.argmax(axis=1), Y_hat.max(axis=1)
    wrong = np.flatnonzero(true != read)
    worst = wrong[np.argsort(-sure[wrong])][:6]  # surest first
    print(f"\nOf the {len(wrong):,} mistakes, the ones that it was surest of:\n")
    captions = [f"a {true[i]}, read as {read[i]} ({sure[i]:.1%})" for i in worst]
    print_drawings([draw(X_test[i]) for i in worst], captions)

    print("What the three hidden units with the largest weights in W2 look for.")
    print("Ink on + and # excites the unit, ink on - and = calms it.\n")
    units = np.argsort(-np.abs(W2).sum(axis=1))[:3]
    captions = [f"for {W2[i].argmax()}, against {W2[i].argmin()}" for i in units]
    print_drawings([draw_weights(W1[:, i]) for i in units], captions)


# %% Behind the scenes: settings, data and drawings
#
# Nothing here learns. If you came for the mathematics, you have seen it all: go on
# to main, the last part.

MNIST_SHAPE = (70_000, 785)  # rows of 784 pixels and a label
PATIENCE = 7  # seconds for which a server may stay silent
NOT_MNIST = """\
These are NOT figures for MNIST, which could not be had, but for 1,797 smaller
digits. To get MNIST, run again when openml.org can be reached. The README says
how to bring it from another computer.\
"""


def check_settings():
    """End the program with a sentence if a setting cannot work.

    Raises:
        SystemExit: names the setting, its value and what is allowed.
    """
    for name, kind, low, high in (
        ("HIDDEN_UNITS", int, 1, 10_000),
        ("EPOCHS", int, 0, 1_000_000),
        ("BATCH_SIZE", int, 1, 1_000_000_000),
        ("LEARNING_RATE", float, 0, 1_000_000_000),
        ("FINAL_LEARNING_RATE", float, 0, 1_000_000_000),
        ("MAX_SHIFT", int, 0, 27),
        ("SEED", int, 0, 1_000_000_000),
    ):
        value = globals()[name]
        types = (int, np.integer) + (() if kind is int else (float, np.floating))
        is_number = isinstance(value, types) and not isinstance(value, bool)
        if not (is_number and low <= value <= high):
            shown, what = one_line(ascii(value)), "a whole" if kind is int else "a"
            sys.exit(
                f"{name} is {shown}; it must be {what} number from {low} to {high:,}."
            )
        globals()[name] = kind(value)  # a small NumPy integer would overflow


def fetch_mnist():
    """Return MNIST from openml.org, as download() does, patiently but not for ever.

    Raises:
        RuntimeError: it cannot be had, and why: no network, no memory, ...
    """
    print("Fetching MNIST: 15 MB from openml.org, if they are not here yet, and then")
    print("20 seconds or more to unpack them. Only the first run does so.", flush=True)
    usual_patience = socket.getdefaulttimeout()
    socket.setdefaulttimeout(PATIENCE)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            try:
                return download(cache=True)
            except (MemoryError, TimeoutError):
                raise
            except Exception as error:
                if type(error) is URLError:  # nobody answers: no use in asking again
                    raise
                # A bad file kept from before, or no right to keep one: do without.
                return download(cache=False)
    except Exception as error:
        raise RuntimeError(one_line(f"{type(error).__name__}: {error}")) from error
    finally:
        socket.setdefaulttimeout(usual_patience)


def download(cache):
    """Return MNIST as uint8 (70000, 785), in each row 784 pixels and the label.

    Args:
        cache: whether scikit-learn may use and keep the files from openml.org
    Raises:
        ValueError, OSError and others: what came is not MNIST, or nothing came.
    """
    mnist = fetch_openml(
        "mnist_784",
        version=1,
        parser="liac-arff",  # the one that needs no pandas
        as_frame=False,
        cache=cache,
        n_retries=1,
    )
    table = np.empty(MNIST_SHAPE, np.uint8)
    table[:, 784] = mnist.target.astype(np.uint8)
    table[:, :784] = mnist.data
    same = (table[:, :784] == mnist.data).all()  # uint8 could hold every number
    if not (same and np.array_equal(np.unique(table[:, 784]), np.arange(10))):
        raise ValueError("the numbers from openml.org are not MNIST")
    return table


def cache_path():
    """Return the file, in scikit-learn's data folder, that keeps MNIST unpacked."""
    return os.path.join(get_data_home(), "mnist_784_uint8.bin")


def checksum(table):
    """Return four bytes, uint8, that change if anything in the table changes."""
    return np.frombuffer(zlib.crc32(table).to_bytes(4, "big"), np.uint8)


def read_cache():
    """Return the table that write_cache() kept, or None if there is no good one."""
    try:
        kept = np.fromfile(cache_path(), np.uint8)
        table = kept[:-4].reshape(MNIST_SHAPE)
    except (OSError, ValueError, MemoryError):  # no such file, or not of this size
        return None
    return table if np.array_equal(kept[-4:], checksum(table)) else None


def write_cache(table):
    """Keep the table for later runs, which then start at once.

    The file is written aside and then renamed, which happens at one stroke. So
    there is never half a file, even if we are interrupted or two runs write at once.
    """
    try:
        path = cache_path()
        with tempfile.TemporaryDirectory(dir=os.path.dirname(path)) as folder:
            aside = os.path.join(folder, "mnist")
            np.append(table, checksum(table)).tofile(aside)
            os.replace(aside, path)
    except OSError as error:
        print(one_line(f"MNIST is not kept for the next run: {error}"))


def stand_in_digits():
    """Return scikit-learn's own digits as uint8 (1797, 785), in MNIST's format.

    They have 8 x 8 pixels of 0 to 16. We enlarge them three times and put paper
    around. Every seventh goes to the end, where split() takes the test images: in
    the original order, the last seventh is by other people than the rest.
    """
    digits = load_digits()
    ink = np.round(digits.images * (255 / 16)).astype(np.uint8)
    ink = np.pad(ink.repeat(3, axis=1).repeat(3, axis=2), ((0, 0), (2, 2), (2, 2)))
    table = np.column_stack([ink.reshape(-1, 784), digits.target.astype(np.uint8)])
    return table[np.argsort(np.arange(len(table)) % 7, kind="stable")]


def one_line(text):
    """Return the text, or the beginning of it, as a line of plain ASCII that fits."""
    return " ".join(text.split()).encode("ascii", "replace").decode()[:80]


def draw(image):
    """Return an image, 784 numbers from 0 to 1, as 14 lines of 26 characters.

    A character is twice as high as it is wide, so it stands for two pixels, one
    above the other. The outermost pixels on the left and right are left out.
    """
    return shade(image, " .:-=+*#%@")


def draw_weights(w):
    """Return the weights of one hidden unit, 784 numbers around 0, drawn likewise.

    Up to 0.6 times the mean size is left blank; beyond 1.8 times it is # or =.
    """
    size = np.abs(w).mean() or 1
    return shade((w / (3 * size) + 1) / 2, "=- +#")


def shade(image, characters):
    """Return 784 numbers, 0 to 1, as lines of characters from first to last."""
    pairs = image.reshape(14, 2, 28).mean(axis=1)[:, 1:27]
    last = len(characters) - 1
    index = np.clip(pairs * len(characters), 0, last).astype(int)
    return ["".join(characters[i] for i in line) for line in index]


def print_drawings(drawings, captions):
    """Print drawings side by side, three in a row, each above its caption."""
    for i in range(0, len(drawings), 3):
        for line in zip(*drawings[i : i + 3]):
            print(" ".join(line).rstrip())
        print(" ".join(f"{text:26}" for text in captions[i : i + 3]).rstrip() + "\n")


# %% main: the five steps, one after the other


def five_steps():
    """Load, look, train and report, with the settings as they are now."""
    print("Step 1: load the data\n")
    X, Y = prepare(*load_mnist())
    (X_train, Y_train), (X_val, Y_val), (X_test, Y_test) = split(X, Y)
    n_train, n_val, n_test = len(X_train), len(X_val), len(X_test)
    print(f"{n_train:,} training, {n_val:,} validation and {n_test:,} test images.")
    print("Each is 28 x 28 pixels, 784 numbers from 0 (paper) to 1 (ink). The first:")
    print_drawings([draw(X_train[0])], [f"label {Y_train[0].argmax()}"])
    print("One-hot, its label is this row of Y:", Y_train[0].astype(int))

    print("\nSteps 2 and 3: the network and its gradient\n")
    initialize_weights()
    n = W1.size + b1.size + W2.size + b2.size
    print(f"784 inputs, {HIDDEN_UNITS} hidden units and 10 outputs:")
    print(f"{n:,} weights and biases, all to be learned. The weights start at random.")

    print("\nStep 4: training (Ctrl-C ends it early)\n")
    train(X_train, Y_train, X_val, Y_val)

    print("\nStep 5: performance\n")
    report(X_val, Y_val, X_test, Y_test)
    if len(X) != MNIST_SHAPE[0]:
        print(NOT_MNIST)


def main():
    """Run the tutorial, and leave what was learned in W1, b1, W2 and b2.

    Raises:
        SystemExit: 1 for a setting that cannot work or a loss that is no longer a
            number, with a sentence; 130 for Ctrl-C anywhere but in training.
    """
    check_settings()
    try:
        try:
            with np.errstate(all="ignore"):  # some Macs report overflows that are none
                five_steps()
            print(end="", flush=True)
        except KeyboardInterrupt:
            print("\nInterrupted.", flush=True)
            sys.exit(130)
        except MemoryError:
            sys.exit("Out of memory. Lower HIDDEN_UNITS or BATCH_SIZE and run again.")
    except BrokenPipeError:  # "python mnist_nn.py | head": nobody reads on
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    main()
