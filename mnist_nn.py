# %% [markdown]
"""
# A neural network from scratch

This program is a small neural network that learns to recognize handwritten digits, and
a tutorial that explains how it does so. It learns from 45,000 images, in about ten
seconds, and then recognizes 98% of 10,000 others. Four formulas say what it does:

    A1    = sigmoid(X @ W1 + b1)      64 numbers, from the 784 pixels X of an image
    Y_hat = softmax(A1 @ W2 + b2)     ten probabilities from these, one for each digit
    L     = mean of -log(probability given to the true digit)      how wrong they are
    w     = w - rate * ∂L/∂w          for each number w in W1, b1, W2 and b2

The five steps of this file show where they come from and why they work. You need some
Python, matrix multiplication, logarithms, partial derivatives, the chain rule and a
little probability. To run the program, type

    python -m pip install numpy scikit-learn
    python mnist_nn.py
"""

# %%
import os
import socket  # only for the download

if __name__ == "__main__":  # true when this file is run, false when it is imported
    # With matrices this small, processor cores would mostly wait for each other.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # NumPy reads it when imported
import numpy as np  # for the arithmetic; scikit-learn will provide the images

# The settings. Once you know the step that explains one, change it and run again.
HIDDEN_UNITS = 64  # step 2: the size of the hidden layer; try 16, then 4
LEARNING_RATE = 2.0  # steps 3 and 4: the rate in the first epoch; try 0.2, then 10.0
FINAL_LEARNING_RATE = 0.1  # step 4: the rate in the last epoch; try 2.0
EPOCHS = 40  # step 4: how many times each training image is used; try 5
BATCH_SIZE = 100  # step 4: how many images an update uses; try 10 (it takes longer)
MAX_SHIFT = 1  # step 4: by how many pixels images are shifted at most; try 0, then 2
SEED = 0  # the same seed gives the same random numbers; try 1 to see how much is luck


# %% [markdown]
# ## Step 1: load the data
# MNIST is a collection of 70,000 images of handwritten digits, each with a *label*, the
# digit that it shows. An image has 28 rows of 28 pixels, and a pixel is a number from 0
# (paper) to 255 (ink). MNIST lists the pixels row after row, as 784 numbers, which we
# divide by 255, so that they lie between 0 and 1. For n images, they form a matrix X
# with a row for each image, of *shape* (n, 784).
#
# The network will have ten outputs, one for each digit, so we also write each label as
# ten numbers. In its *one-hot* form, a 3 has a 1 in position 3, counted from 0:
#
#     0  0  0  1  0  0  0  0  0  0
#
# For n images, these rows form a matrix Y of shape (n, 10). Digits are names here, not
# amounts: if the label were the number 3 itself, the answer 4 would count as nearly
# right and the answer 8 as far off.
# %%
def one_hot(labels):
    """Return a row of ten numbers for each label."""
    identity = np.eye(10, dtype=np.float32)  # 10 x 10, with ones on the diagonal
    return identity[labels]  # row labels[0] of it, then row labels[1], and so on


# %% [markdown]
# The network learns from 45,000 images, the *training set*. It might merely memorize
# them, so we try it on 15,000 others, the *validation set*, and choose the settings
# that do best there. But the best of many results is partly luck, and flatters the
# network. An honest figure needs images that played no part in any choice: the *test
# set*, MNIST's last 10,000 images, which were written by other people. Each run prints
# the accuracy there, but no setting should ever be chosen by it.
# %%
def split(images, labels):
    """Return training, validation and test set as pairs X, Y."""
    val_end = len(images) * 6 // 7  # 60,000 of MNIST's 70,000
    train_end = val_end * 3 // 4  # 45,000
    # Shuffle the first 60,000, by seed 0 and not SEED: all runs use the same sets.
    order = np.random.default_rng(0).permutation(val_end)
    parts = order[:train_end], order[train_end:], np.arange(val_end, len(images))
    # An array of row numbers as an index picks these rows. np.divide is / with a choice
    # of type: float32 keeps 7 digits, not 16, in half the time.
    scaled = [np.divide(images[rows], 255, dtype=np.float32) for rows in parts]
    return [(X, one_hot(labels[rows])) for X, rows in zip(scaled, parts)]


# %% [markdown]
# The functions in the next cell (a cell begins with `# %%`) fetch the images and draw
# them. You need not read it, as nothing later depends on how they work.
# %%
def load_mnist():
    """Return MNIST's images and labels, or smaller digits if it cannot be fetched."""
    folder = os.environ.get("SCIKIT_LEARN_DATA", "~/scikit_learn_data")
    path = os.path.join(os.path.expanduser(folder), "mnist_784.npz")
    try:
        with open(path, "rb") as file:  # kept by an earlier run
            kept = np.load(file)
            return kept["images"].reshape(70_000, 784), kept["labels"].reshape(70_000)
    except FileNotFoundError:
        print("Fetching and unpacking MNIST, which may take a minute ...\n", flush=True)
    except Exception as error:  # noqa: BLE001 (a file can be damaged in many ways)
        print(f"{path!a} cannot be read, so MNIST is fetched again: {error!a}\n")
    from sklearn.datasets import fetch_openml  # not at the top: it takes a second

    timeout = socket.getdefaulttimeout()
    socket.setdefaulttimeout(7)  # seconds for which a server may be silent
    try:
        mnist = fetch_openml(
            "mnist_784", version=1, as_frame=False, parser="liac-arff", n_retries=1
        )
    except Exception as error:  # noqa: BLE001 (a network can fail in many ways)
        print(f"MNIST cannot be fetched now: {error!a}")
        print("We use 1,797 smaller digits instead, which come with scikit-learn.\n")
        return small_digits()
    finally:
        socket.setdefaulttimeout(timeout)
    images, labels = mnist.data.astype(np.uint8, "C"), mnist.target.astype(np.uint8)
    try:  # Unpacking is slow, so we keep the result, and rename it once it is complete.
        np.savez(path + ".part.npz", images=images, labels=labels)
        os.replace(path + ".part.npz", path)
    except OSError as error:
        print(f"MNIST cannot be kept for the next run: {error!a}\n")
    return images, labels


def small_digits():
    """Return scikit-learn's digits of 8 x 8 pixels, enlarged to 28 x 28."""
    from sklearn.datasets import load_digits

    digits = load_digits()
    images = digits.images.repeat(3, axis=1).repeat(3, axis=2) * 255 / 16
    images = np.pad(images, [(0, 0), (2, 2), (2, 2)]).astype(np.uint8)
    return images.reshape(-1, 784), digits.target.astype(np.uint8)


def draw(X):
    """Print images side by side, with one character for two pixels, upper and lower."""
    rows = np.hstack(X.reshape(-1, 28, 28)[:, :, 1:27])  # 26 columns: three fit a line
    for ink in (rows[0::2] + rows[1::2]) / 2:
        print("".join(" .:-=+*#%@"[int(9.99 * p)] for p in ink))


# %%
if __name__ == "__main__":
    print("Step 1: load the data\n")
    images, labels = load_mnist()
    (X_train, Y_train), (X_val, Y_val), (X_test, Y_test) = split(images, labels)
    print(f"X_train has shape {X_train.shape}, Y_train {Y_train.shape}. Row 0 of each:")
    draw(X_train[:1])
    print(Y_train[0])


# %% [markdown]
# ## Step 2: the network
# A network is made of *units*. A unit multiplies each of its inputs by a *weight*, adds
# up the products, and adds one more number, its *bias*. Units with the same inputs form
# a *layer*, and our network has two. We number the 784 pixels of an image by i, the 64
# units of layer 1 by j, and the ten units of layer 2, one for each digit, by k:
#
#     z1_j = Σ_i x_i W1_ij + b1_j        a1_j = sigmoid(z1_j)
#     z2_k = Σ_j a1_j W2_jk + b2_k       ŷ_k  = entry k of softmax(z2)
#
# Here Σ_i is the sum over all i, W1_ij is the weight of pixel i in unit j, and b1_j the
# bias of that unit. The inputs of layer 1 are the pixels x_i, and each unit puts its
# sum through a curve, the sigmoid. The results a1_j are the inputs of layer 2, and the
# softmax turns the ten sums there into probabilities ŷ_k ("y hat"). The answer of the
# network is the digit with the largest probability. Layer 1 is called *hidden*, because
# its results are not part of the answer.
#
# **The sigmoid.** Suppose that layer 1 passed on its sums as they are. Then layer 2
# would add up sums of pixels, which is again a sum of pixels with some weights: more
# ink in a given pixel would change the sum z2_3 for the 3 by the same amount in every
# image, whatever else is drawn there. But what ink means depends on the strokes around
# it. Therefore each sum z1_j passes through a curve that bends:
#
#     z                                  -10     -5      -1    0    1     5      10
#     sigmoid(z) = 1 / (1 + exp(-z))   0.00005  0.007  0.27  0.5  0.73  0.993  0.99995
#
# It is almost flat at both ends. A unit whose sum is -10 hardly notices more ink in
# some pixel, but when a stroke elsewhere lifts its sum to 0, the same ink matters.
# %%
def sigmoid(Z):
    """Return 1 / (1 + exp(-z)) for each number z in Z."""
    with np.errstate(over="ignore"):  # if exp(-z) is infinity, the result 0 is right
        return 1 / (1 + np.exp(-Z))


# %% [markdown]
# **The softmax.** Probabilities are not negative, and they add up to 1. We make the ten
# sums z2_k positive by taking exp, and divide by the total:
#
#     ŷ_k = exp(z2_k) / S                where S = Σ_q exp(z2_q), over all ten digits q
#
# As exp grows with z, a larger sum gets a larger probability. Other functions do so,
# too, but a logarithm undoes exp. As the loss will take one, step 3 will be short.
# %%
def softmax(Z):
    """Return the softmax of each row of Z: 1, 2 and 3 become 0.09, 0.24 and 0.67."""
    # exp(1000) is infinity. To avoid infinity / infinity, we first subtract the largest
    # number of each row, which divides every exp(z) and their sum by exp(largest).
    largest = Z.max(axis=1, keepdims=True)  # (n, 1): one for each row, as a column
    E = np.exp(Z - largest)  # (n, 10): the column is subtracted from each column of Z
    S = E.sum(axis=1, keepdims=True)  # (n, 1): the sum of each row
    return E / S


# %% [markdown]
# **The first weights.** Training changes the weights and biases little by little, from
# some first values. If these were all 0, the units of layer 1 would be equal, get equal
# changes by the formulas of step 3, and stay equal: 64 units would do the work of one.
# Random weights make the units differ, and so the biases may begin at 0.
#
# At the start, the sums z1_j and z2_k should be moderate. Large ones would lie where
# the sigmoid is flat and weights have little effect, or make the softmax nearly certain
# of a digit before anything is learned. Now each sum has m terms, inputs times weights;
# call them t_1 to t_m. The square of the sum consists of their m squares and of mixed
# products such as t_1 t_2, which are 0 on average if the weights are independent and
# have mean 0. So on average only the m squares remain, and the sum is about sqrt(m)
# times a typical term. To make up for this, we draw the weights from the normal
# distribution (the bell curve) with mean 0 and standard deviation (typical size)
# 1 / sqrt(m), where m is 784 for W1 and HIDDEN_UNITS for W2. Each sum is then about as
# large as one input.
# %%
def initialize_weights():
    """Return the first values of W1, b1, W2 and b2."""
    rng = np.random.default_rng(SEED)  # a source of random numbers
    W1 = rng.normal(0, 1 / 784**0.5, (784, HIDDEN_UNITS)).astype(np.float32)
    b1 = np.zeros(HIDDEN_UNITS, np.float32)
    W2 = rng.normal(0, 1 / HIDDEN_UNITS**0.5, (HIDDEN_UNITS, 10)).astype(np.float32)
    b2 = np.zeros(10, np.float32)
    return W1, b1, W2, b2


W1, b1, W2, b2 = initialize_weights()  # global: forward, backward and update use them


# %% [markdown]
# **All images at once.** When each row of X is an image, the sum Σ_i x_i W1_ij for
# image r is entry rj of the matrix product X @ W1. Likewise z1, a1, z2 and ŷ become
# matrices with a row for each image, and get capital letters: Z1, A1, Z2 and Y_hat.
# %%
def forward(X):
    """Return A1, which `backward` will need, and Y_hat for the n images X."""
    Z1 = X @ W1 + b1  # (n, 64): b1 is added to every row
    A1 = sigmoid(Z1)  # (n, 64)
    Z2 = A1 @ W2 + b2  # (n, 10)
    Y_hat = softmax(Z2)  # (n, 10)
    return A1, Y_hat


# %% [markdown]
# **The loss.** How wrong are ten probabilities? We look at the one for the true digit,
# and take minus its natural logarithm. This is 0 for a probability of 1, 2.3 for 1/10
# (a blind guess), and 6.9 for 1/1000. As y_k is 1 for the true digit and 0 for the
# others, we can write it as
#
#     ℓ = -log(Σ_k y_k ŷ_k) = -Σ_k y_k log ŷ_k
#
# because only one term of each sum is not 0. This is known as the *cross-entropy*. The
# *loss* L of n images is the mean of their ℓ. We take the logarithm because we want all
# true labels together to be as probable as possible. If we treat the images as
# independent, this probability is a product, with a factor for each image. Its
# logarithm is the sum of n logarithms, which is -n L. So the smaller L is, the more
# probable the labels are. We do not count the mistakes instead, because a small change
# of the weights usually leaves the count as it is, so that it cannot guide us.
# %%
def cross_entropy(Y, Y_hat):
    """Return the loss L for the labels Y and the probabilities Y_hat."""
    p_true = (Y * Y_hat).sum(axis=1)  # * works entry by entry; axis=1: for each row
    p_true = np.maximum(p_true, 1e-37)  # exp(-1000) gives 0, and log(0) -infinity
    return float(-np.log(p_true).mean())


def evaluate(X, Y):
    """Return the loss, and the accuracy: the share of images that are recognized."""
    _, Y_hat = forward(X)
    right = Y_hat.argmax(axis=1) == Y.argmax(axis=1)  # argmax: where is the largest?
    return cross_entropy(Y, Y_hat), float(right.mean())  # True counts as 1


# %%
if __name__ == "__main__":
    print("\nStep 2: the network\n")
    _, Y_hat = forward(X_train[:1])
    print("For the image above, the network gives these probabilities:")
    print(Y_hat[0].round(2))
    print(f"Loss {cross_entropy(Y_train[:1], Y_hat):.2f} (a blind guess has 2.30).")
    loss, accuracy = evaluate(X_val, Y_val)
    print(f"All validation images: loss {loss:.2f}, accuracy {accuracy:.1%}.")


# %% [markdown]
# ## Step 3: gradient descent
# The loss L depends on 784 · 64 + 64 + 64 · 10 + 10 = 50,890 weights and biases. For
# each such number w, the partial derivative ∂L/∂w tells how fast L grows with w while
# the others stay the same. If all weights and biases change, but so little that the
# derivatives hardly change, the effects on L add up:
#
#     change of L  ≈  Σ_w ∂L/∂w · (change of w)                                  (1)
#
# We want L to fall, so we change each w against its derivative:
#
#     change of w  =  -rate · ∂L/∂w                                              (2)
#
# Then each term in (1) is -rate · (∂L/∂w)², and L falls by about rate · Σ_w (∂L/∂w)²,
# provided that the *learning rate* is positive and small enough for (1) to hold. The
# derivatives together are called the *gradient*, and doing (2) again and again is
# *gradient descent*. In the code, dW1 holds the derivatives of L with respect to the
# entries of W1, and so on. The function `backward`, which finds them, comes next.
# %%
def update(X, Y, rate):
    """Change the weights and biases once by (2). Return the loss before the change."""
    global W1, b1, W2, b2  # to change them here, not only read them
    A1, Y_hat = forward(X)
    dW1, db1, dW2, db2 = backward(X, Y, A1, Y_hat)
    W1 -= rate * dW1
    b1 -= rate * db1
    W2 -= rate * dW2
    b2 -= rate * db2
    return cross_entropy(Y, Y_hat)


# %% [markdown]
# To find the derivatives, we could change one w alone and compute L again, but this
# would take 50,890 computations of L for each update. The chain rule gives us all the
# derivatives for the work of two or three such computations.
#
# **From ℓ back to z2.** We begin with the loss ℓ of one image. As the logarithm undoes
# exp, log ŷ_k = log(exp(z2_k) / S) = z2_k - log S. We put this into ℓ, and use the fact
# that the ten y_q add up to 1:
#
#     ℓ = -Σ_q y_q (z2_q - log S) = log S - Σ_q y_q z2_q
#
# Here z2_k occurs twice. In S it occurs as exp(z2_k), which is its own derivative, so
# the derivative of log S is exp(z2_k) / S. In the last sum it occurs in one term, with
# the derivative y_k. Hence
#
#     ∂ℓ/∂z2_k = exp(z2_k) / S - y_k = ŷ_k - y_k
#
# This is what the network says, minus what is true. It is negative for the true digit,
# whose z2 must rise to lower ℓ, and positive for the others, whose z2 must fall.
#
# **From z2 back to the weights.** The sigmoid a = 1 / (1 + exp(-z)) satisfies the
# equation exp(-z) a = 1 - a, and therefore
#
#     da/dz = exp(-z) / (1 + exp(-z))² = exp(-z) a² = a (1 - a)
#
# When a number acts on ℓ through several others, the chain rule says: multiply the
# derivatives along each path to ℓ, and add up these products. W2_jk acts only through
# z2_k, but a1_j acts through all ten. Going back through the formulas of step 2, we get
#
#     z2_k = Σ_j a1_j W2_jk + b2_k       ∂ℓ/∂W2_jk = a1_j · ∂ℓ/∂z2_k
#                                        ∂ℓ/∂b2_k  = ∂ℓ/∂z2_k
#                                        ∂ℓ/∂a1_j  = Σ_k ∂ℓ/∂z2_k · W2_jk
#     a1_j = sigmoid(z1_j)               ∂ℓ/∂z1_j  = ∂ℓ/∂a1_j · a1_j (1 - a1_j)
#     z1_j = Σ_i x_i W1_ij + b1_j        ∂ℓ/∂W1_ij = x_i · ∂ℓ/∂z1_j
#                                        ∂ℓ/∂b1_j  = ∂ℓ/∂z1_j
#
# If W1_ij, b1_j and W2_jk are the same for every j, then so are a1_j and all these
# derivatives, and the units of layer 1 stay equal, as step 2 has said.
#
# **For n images.** Let dZ2 be the matrix of the derivatives of L with respect to the
# entries of Z2, and likewise dA1, dW2 and so on. L is the mean of n losses ℓ, and row r
# of Z2 affects only the ℓ of image r. So dZ2 is Y_hat - Y, divided by n. All the others
# are computed from dZ2, and so the division by n is in them already. A weight or bias
# affects the ℓ of every image, so for these we sum over the images r. The sums of
# products are entries of matrix products:
#
#     Σ_r A1_rj dZ2_rk     is entry jk of A1.T @ dZ2
#     Σ_k dZ2_rk W2_jk     is entry rj of dZ2 @ W2.T
#
# Here A1.T, the *transpose* of A1, has the columns of A1 as its rows. After dZ2, the
# six formulas become six lines of code, in the same order. This is *backpropagation*:
# %%
def backward(X, Y, A1, Y_hat):
    """Return dW1, db1, dW2 and db2 for the images X, where A1, Y_hat = forward(X)."""
    dZ2 = (Y_hat - Y) / len(X)  # (n, 10)
    dW2 = A1.T @ dZ2  # (64, 10): summed over the n images
    db2 = dZ2.sum(axis=0)  # (10,): likewise; axis=0 gives a sum for each column
    dA1 = dZ2 @ W2.T  # (n, 64): summed over the ten digits
    dZ1 = dA1 * A1 * (1 - A1)  # (n, 64): entry by entry
    dW1 = X.T @ dZ1  # (784, 64): summed over the n images
    db1 = dZ1.sum(axis=0)  # (64,): likewise
    return dW1, db1, dW2, db2


# %% [markdown]
# **Is it right?** A mistake in `backward` may cost so little accuracy that nobody
# notices. But we can put it to the test, because of (1). Let V be a matrix of random
# numbers with the shape of W1, and h a tiny number. If W1 changes by h V, then L should
# change by about g h, where g is the sum of all entries of dW1 * V. Each derivative has
# its own random factor in it, so that nearly any mistake shows. For small h, the loss
# is nearly a parabola:
#
#     L + g h + c h²  for W1 + h V       and       L - g h + c h²  for W1 - h V
#
# In the difference, c h² cancels, whatever number c is, and 2 g h remains. So we divide
# the measured difference by 2h.
# %%
def check_gradient(X, Y):
    """Return each array's name, and the predicted and measured change of L per h."""
    global W1, b1, W2, b2
    originals = W1, b1, W2, b2
    h = 1e-6
    # float32, with 7 digits, would hardly show so small a change of L; float64 has 16.
    arrays = [array.astype(np.float64) for array in originals]
    W1, b1, W2, b2 = arrays
    A1, Y_hat = forward(X)
    gradient = backward(X, Y, A1, Y_hat)
    rng = np.random.default_rng(SEED + 1)  # with SEED, V would repeat the numbers of W1
    results = []
    for name, array, derivatives in zip(("W1", "b1", "W2", "b2"), arrays, gradient):
        V = rng.normal(size=array.shape)
        array += h * V  # changes the array itself, which is W1 or one of the others
        above, _ = evaluate(X, Y)
        array -= 2 * h * V
        below, _ = evaluate(X, Y)
        array += h * V
        results.append((name, (derivatives * V).sum(), (above - below) / (2 * h)))
    W1, b1, W2, b2 = originals
    return results


# %%
if __name__ == "__main__":
    print("\nStep 3: gradient descent\n")
    X, Y = X_train[:1000], Y_train[:1000]
    print("     predicted     measured    how fast L changes in a random direction")
    for name, predicted, measured in check_gradient(X, Y):
        # Rounding errors stay far below 1e-7, and nearly any mistake exceeds it.
        verdict = "agree" if abs(predicted - measured) < 1e-7 else "DISAGREE"
        print(f"{name} {predicted:11.8f}  {measured:11.8f}    {verdict}")
    A1, Y_hat = forward(X)
    squares = sum((array**2).sum() for array in backward(X, Y, A1, Y_hat))
    rate = 0.01
    before = update(X, Y, rate)
    after, _ = evaluate(X, Y)
    print(f"\nAn update with rate {rate} should lower L by {rate * squares:.5f}.")
    print(f"It lowers L by {before - after:.5f}, to {after:.5f}.")


# %% [markdown]
# ## Step 4: training
# **Mini-batches.** An update could use all 45,000 images. The gradient for 100 random
# images is less exact, but right on average, and takes 1/450 of the work. In each
# *epoch*, which is a pass through all images, we therefore shuffle them anew, deal them
# out in *mini-batches* of 100, and make an update with each, 450 in an epoch. This is
# known as *stochastic* (random) gradient descent. With BATCH_SIZE = 45_000 it becomes
# *batch* gradient descent, with only 40 updates in 40 epochs and an accuracy of 82 or
# 83%.
#
# **Shifted images.** A 3 that is shifted by a pixel is still a 3. To the network,
# however, it is quite a different image, because each pixel has weights of its own. So
# we shift the images at random, by up to a pixel in each direction. All images of a
# mini-batch are shifted alike, because this is fast. Each image then appears in nine
# forms, which are harder to memorize than one. This is called *data augmentation*.
# %%
def shift(X, rng):
    """Return the images X, all shifted alike at random, by up to MAX_SHIFT pixels."""
    down, right = rng.integers(-MAX_SHIFT, MAX_SHIFT, size=2, endpoint=True)
    # One place in a row of X is a pixel to the right, and 28 places are a pixel down.
    # np.roll wraps around: what leaves at the right comes in at the left, a pixel
    # lower; what leaves at the left comes in at the right, a pixel higher; and what
    # leaves at the bottom or the top comes in at the other. It is nearly always paper.
    return np.roll(X, 28 * down + right, axis=1)


def train_epoch(X_train, Y_train, rate, rng):
    """Make an update with each mini-batch. Return the mean of their losses."""
    order = rng.permutation(len(X_train))  # 0, 1, 2, ... shuffled
    losses = []
    for start in range(0, len(order), BATCH_SIZE):
        batch = order[start : start + BATCH_SIZE]
        losses.append(update(shift(X_train[batch], rng), Y_train[batch], rate))
    return np.mean(losses)


# %% [markdown]
# **A falling rate.** The gradient of a mini-batch is that of all images plus an error.
# Near a minimum of L, the gradient of all images is small, but the error is not, and
# large updates would make the weights jump about for ever. So we begin with a high
# rate, to get there quickly, and lower it epoch by epoch. The first rate, 2.0, did best
# on the validation set. It is too high for (1), and the very first update even raises
# L. Think of a narrow valley, which is steep from side to side and falls gently along
# its floor. A large update jumps across, from one wall to the other, but it moves
# forward along the floor. As the rate falls, only the jumping dies down.
# %%
def train(X_train, Y_train, X_val, Y_val):
    """Train for EPOCHS epochs, and print a line for each."""
    rng = np.random.default_rng(SEED)
    # The rates are evenly spaced, and float32, so that rate * dW1 stays float32.
    rates = np.linspace(LEARNING_RATE, FINAL_LEARNING_RATE, EPOCHS, dtype=np.float32)
    print("epoch   learning   training   validation   validation")
    print("            rate       loss         loss     accuracy")
    for epoch, rate in enumerate(rates, start=1):
        loss = train_epoch(X_train, Y_train, rate, rng)
        val_loss, accuracy = evaluate(X_val, Y_val)
        row = f"{epoch:5} {rate:10.3f} {loss:10.4f} {val_loss:12.4f} {accuracy:12.2%}"
        print(row, flush=True)


# %%
if __name__ == "__main__":
    print("\nStep 4: training (Ctrl-C ends it early)\n")
    W1, b1, W2, b2 = initialize_weights()  # start again, without the update of step 3
    try:
        train(X_train, Y_train, X_val, Y_val)
    except KeyboardInterrupt:
        print("\nTraining ended early. What has been learned so far is kept.")


# %% [markdown]
# The training loss is the mean of the losses in an epoch. At first it is higher than
# the validation loss, because the network was worse early in the epoch, and because
# only the training images are shifted and so harder to recognize. Later the network
# hardly changes within an epoch, and usually the training loss ends a little lower in
# spite of the shift, because the network learns from these very images. If it were much
# lower, they would have been memorized, which is called *overfitting*.
#
# ## Step 5: performance
# What is 98% worth? Without layer 1 it would be about 92%. And how precise is it? An
# accuracy of 98.2% means 180 mistakes. If this is the average, 10,000 images typically
# have about sqrt(180) = 13 more or fewer, as is the rule for counts of rare events.
# That is 0.13% of the images.
#
# We look for confused digits in the validation set only, because what we see may guide
# our choices. The *confusion matrix* is the product of Y.T and the answers in one-hot
# form: each image of a 4 that was taken for a 9 adds 1 to row 4, column 9.
# %%
if __name__ == "__main__":
    print("\nStep 5: performance\n")
    print("               images       loss   accuracy")
    for name, X, Y in [("validation", X_val, Y_val), ("test", X_test, Y_test)]:
        loss, accuracy = evaluate(X, Y)
        print(f"{name:10} {len(X):10,} {loss:10.4f} {accuracy:10.2%}")
    _, Y_hat = forward(X_val)
    truth, answer = Y_val.argmax(axis=1), Y_hat.argmax(axis=1)
    print("\nHow often a validation digit (row) was taken for each digit (column):\n")
    print((Y_val.T @ one_hot(answer)).astype(int))
    p_true = (Y_val * Y_hat).sum(axis=1)
    hardest = p_true.argsort()[:3]  # argsort: the positions, from small to large values
    print("\nThe three with the least probability for the true digit:\n")
    draw(X_val[hardest])
    for r in hardest:
        caption = f"a {truth[r]}, read as {answer[r]}: {Y_hat[r].max():.0%} sure"
        print(f"{caption:26}", end="")  # an image is 26 characters wide
    print()
    if len(X_test) < 10_000:
        print("\nThese figures are NOT for MNIST but for 1,797 smaller digits.")


# %% [markdown]
# ## Now you
# After `python -i mnist_nn.py`, you can go on when the run has ended: `draw(X_val[:3])`
# draws more images, and the README shows how to try a digit of your own.
#
# 1. *Predict, then run.* Before you change a setting, write down how the last line of
#    training will change.
# 2. *Break it.* Change a sign in `backward`, or leave out the axis=0 of db2. Which
#    lines of the output show the mistake, and which do not?
# 3. *Memorize.* In step 4, train on `X_train[:100], Y_train[:100]`, with MAX_SHIFT = 0
#    and BATCH_SIZE = 10. How far apart do the two losses end?
# 4. *Momentum.* Let updates gather speed while they point the same way: for each array
#    W keep an array v, at first 0. In each update set v to 0.9 v - rate · dW, and add
#    it to W. With EPOCHS = 20 and rates from 0.4 to 0.02, which accuracy do you get?
# 5. *Another curve, another layer.* Replace the sigmoid by np.tanh, whose derivative is
#    1 - a², and divide the rates by four. Why by four? (tanh(z) = 2 sigmoid(2z) - 1.)
#    Or add a second hidden layer, and check its gradient, too.
# 6. *The long way.* Find ∂ℓ/∂ŷ_q, and by the quotient rule ∂ŷ_q/∂z2_k, for q = k and
#    for q ≠ k. Show that their product, summed over q, is also ŷ_k - y_k.
# 7. *Another loss.* For two classes and one output ŷ, the cross-entropy of an image is
#    -(y log ŷ + (1 - y) log(1 - ŷ)). Some tutorials add this up over the ten outputs of
#    a softmax. This is a different loss. What is its derivative with respect to z2_k?
