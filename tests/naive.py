"""Slow, obvious float64 twins of every kernel: what the compiled code is held against.

Nothing here is imported from the engine. Arrays are float64 whatever the kernel computes in; formulas are written
the way the books write them, except where that would lose digits.
"""

from __future__ import annotations

import math

import numpy as np

# Linear layer


def linear(x, weight, bias):
    """z[b, o] = sum over i of x[b, i] weight[o, i], plus bias[o]."""
    return _products(x, weight).sum(axis=-1) + bias


def linear_magnitude(x, weight, bias):
    """What the rounding errors of `linear` scale with: the same sum over absolute values."""
    return linear(np.abs(x), np.abs(weight), np.abs(bias))


def _products(x, weight):
    """(batch, out, in): every single product of x (batch, in) and weight (out, in)."""
    return np.asarray(x, np.float64)[:, None, :] * np.asarray(weight, np.float64)[None, :, :]


def weight_gradient(delta, x):
    """g[o, i] = sum over b of delta[b, o] x[b, i]."""
    return _products(np.transpose(delta), np.transpose(x)).sum(axis=-1)


def input_gradient(delta, weight):
    """below[b, i] = sum over o of delta[b, o] weight[o, i]."""
    return _products(delta, np.transpose(weight)).sum(axis=-1)


# Activations: (phi(x), phi'(x))


def identity(x):
    """x, 1."""
    return x, np.ones_like(x)


def sigmoid(x):
    """1 / (1 + e^-x) and e^-|x| / (1 + e^-|x|)^2, which is the same as y (1 - y) without its cancellation."""
    e = np.exp(-np.abs(x))
    return np.where(x >= 0.0, 1.0 / (1.0 + e), e / (1.0 + e)), e / (1.0 + e) ** 2


def tanh(x):
    """tanh x and 1 / cosh^2 x."""
    with np.errstate(over="ignore"):
        return np.tanh(x), 1.0 / np.cosh(x) ** 2


def relu(x):
    """max(x, 0) and whether x > 0; NaN passes in both."""
    return np.where(x <= 0.0, 0.0, x), np.where(x <= 0.0, 0.0, 1.0)


def hard_sigmoid(x):
    """(x + 3) / 6, cut at 0 and 1."""
    return np.clip((x + 3.0) / 6.0, 0.0, 1.0), np.where(np.abs(x) < 3.0, 1.0 / 6.0, 0.0)


def hard_tanh(x):
    """x, cut at -1 and 1."""
    return np.clip(x, -1.0, 1.0), np.where(np.abs(x) < 1.0, 1.0, 0.0)


def softsign(x):
    """x / (1 + |x|)."""
    return x / (1.0 + np.abs(x)), 1.0 / (1.0 + np.abs(x)) ** 2


def softplus(x, beta):
    """log(1 + e^(beta x)) / beta."""
    return np.logaddexp(0.0, beta * x) / beta, sigmoid(beta * x)[0]


def leaky_relu(x, slope):
    """x, or slope x where x <= 0."""
    return np.where(x > 0.0, x, slope * x), np.where(x > 0.0, 1.0, slope)


def elu(x, alpha):
    """x, or alpha (e^x - 1) where x <= 0."""
    left = np.minimum(x, 0.0)
    return np.where(x > 0.0, x, alpha * np.expm1(left)), np.where(x > 0.0, 1.0, alpha * np.exp(left))


def selu(x):
    """Scaled ELU."""
    scale = 1.0507009873554804934193349852946
    value, slope = elu(x, 1.6732632423543772848170429916717)
    return scale * value, scale * slope


def celu(x, alpha):
    """x, or alpha (e^(x / alpha) - 1) where x <= 0."""
    value, slope = elu(x / alpha, 1.0)
    return alpha * value, slope


def gelu(x):
    """x times the normal distribution."""
    below = np.vectorize(lambda each: math.erfc(-each / math.sqrt(2.0)) / 2.0)(x)
    return x * below, below + x * np.exp(-(x**2) / 2.0) / math.sqrt(2.0 * math.pi)


def gelu_tanh(x):
    """x (1 + tanh(sqrt(2/pi) (x + 0.044715 x^3))) / 2, which is x sigmoid(2 sqrt(2/pi) (...))."""
    k = 2.0 * math.sqrt(2.0 / math.pi)
    gate, bend = sigmoid(k * (x + 0.044715 * x**3))
    return x * gate, gate + x * bend * k * (1.0 + 3.0 * 0.044715 * x**2)


def silu(x):
    """x sigmoid(x)."""
    gate, bend = sigmoid(x)
    return x * gate, gate + x * bend


def mish(x):
    """x tanh(log(1 + e^x))."""
    value, slope = tanh(np.logaddexp(0.0, x))
    return x * value, value + x * slope * sigmoid(x)[0]


ACTIVATIONS = {
    "identity": identity,
    "sigmoid": sigmoid,
    "hard_sigmoid": hard_sigmoid,
    "tanh": tanh,
    "hard_tanh": hard_tanh,
    "softsign": softsign,
    "softplus": softplus,
    "relu": relu,
    "leaky_relu": leaky_relu,
    "elu": elu,
    "selu": selu,
    "celu": celu,
    "gelu": gelu,
    "gelu_tanh": gelu_tanh,
    "silu": silu,
    "mish": mish,
}
#: Those that take a number besides x, and two values of it to try.
BENT = {"softplus": (1.0, 2.5), "leaky_relu": (0.01, 0.2), "elu": (1.0, 0.6), "celu": (1.0, 0.6)}
#: The largest slope of each squashing function.
STEEPEST = {"sigmoid": 0.25, "tanh": 1.0, "softsign": 1.0}
#: Activations whose slope is exactly 0 somewhere: their units can die.
FLAT = {"relu", "hard_sigmoid", "hard_tanh"}


def prelu(x, slope):
    """x, or slope x where x <= 0; `slope` is one number or one for each column."""
    return leaky_relu(x, np.broadcast_to(slope, x.shape))[0]


def prelu_backward(x, slope, delta):
    """(dL/dx, dL/dslope of each column): delta times 1 or slope, and delta x where x <= 0."""
    return delta * leaky_relu(x, np.broadcast_to(slope, x.shape))[1], (delta * np.minimum(x, 0.0)).sum(axis=0)


def silent_units(slope):
    """Which units have no slope on any example."""
    return (slope == 0.0).all(axis=0)


# Losses: (loss, share of right answers, dL/da)


def cross_entropy(a, labels, smoothing=0.0):
    """Mean over the batch of log(sum_k exp a_k) - sum_k t_k a_k; the gradient is (softmax - t) / batch. t is one hot,
    but for `smoothing`, which is spread over all classes."""
    shifted = a - a.max(axis=1, keepdims=True)
    p = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
    rows = np.arange(len(a))
    wanted = np.full_like(a, smoothing / a.shape[1])
    wanted[rows, labels] += 1.0 - smoothing
    loss = np.log(np.exp(shifted).sum(axis=1)) - (wanted * shifted).sum(axis=1)
    return loss.mean(), (a.argmax(axis=1) == labels).mean(), (p - wanted) / len(a)


def bce(a, targets):
    """Mean over all entries of log(1 + e^a) - a t; the gradient is (sigmoid(a) - t) / entries."""
    loss = np.logaddexp(0.0, a) - a * targets
    p, _ = sigmoid(a)
    return loss.mean(), ((a > 0.0) == (targets > 0.5)).mean(), (p - targets) / a.size


def mse(a, targets):
    """Mean of (a - t)^2 over all entries; nothing to count."""
    return np.mean((a - targets) ** 2), math.nan, 2.0 * (a - targets) / a.size


def mse_one_hot(a, targets):
    """The same, where the largest output is the answer."""
    loss, _, gradient = mse(a, targets)
    return loss, (a.argmax(axis=1) == targets.argmax(axis=1)).mean(), gradient


LOSSES = {"cross_entropy": cross_entropy, "bce": bce, "mse": mse, "mse_one_hot": mse_one_hot}


# Gauges


def norm(values):
    """The Euclidean length, by scaling with the largest entry: right from 1e-308 to 1e308."""
    values = np.ravel(np.asarray(values, dtype=np.float64))
    if np.isnan(values).any():
        return math.nan
    largest = np.abs(values).max(initial=0.0)
    if largest in (0.0, math.inf):
        return float(largest)
    return float(largest) * math.sqrt(math.fsum((values / largest) ** 2))


def rms(values):
    """The root of the mean square."""
    return norm(values) / math.sqrt(np.size(values))


def mean(values):
    """The mean, exact to the last digit."""
    values = np.ravel(np.asarray(values, dtype=np.float64))
    return math.fsum(values / values.size)


def deviation(values):
    """The root of the mean square of what is off the mean."""
    return rms(np.asarray(values, dtype=np.float64) - mean(values))


def cosine(a, b):
    """Cosine of the angle between two arrays read as vectors; NaN where one has no length."""
    a, b = np.asarray(a, np.float64), np.asarray(b, np.float64)
    length_a, length_b = norm(a), norm(b)
    if length_a == 0.0 or length_b == 0.0:
        return math.nan
    return math.fsum(np.ravel(a / length_a) * np.ravel(b / length_b))


def similarity(a):
    """Mean cosine over all pairs of different rows that are not zero; NaN with fewer than two of them."""
    rows = [row for row in np.asarray(a, np.float64) if (row != 0.0).any()]
    pairs = [cosine(rows[i], rows[j]) for i in range(len(rows)) for j in range(i)]
    return math.fsum(pairs) / len(pairs) if pairs else math.nan


def unexplained_zeros(gradient, open_output, open_input):
    """Entries g[o, i] that are exactly 0 although on some example b the way through them was open.

    `open_output` (batch, out): a signal gets from the loss to the unit and through its slope; `open_input` (batch, in):
    the input is not rightly 0.
    """
    count = 0
    for o, i in np.argwhere(gradient == 0.0):
        count += any(open_output[b, o] and open_input[b, i] for b in range(len(open_output)))
    return count


def participation(output):
    """Effective rank over the width: (sum of squared singular values)^2 over the sum of their fourth powers."""
    values = np.linalg.eigvalsh(output.T @ output)
    return values.sum() ** 2 / (values**2).sum() / output.shape[1]


# Randomness, in Python's whole numbers

WORD = 2**64


def mix(x):
    """SplitMix64's finaliser (Steele, Lea & Flood 2014)."""
    x = (x ^ (x >> 30)) * 0xBF58476D1CE4E5B9 % WORD
    x = (x ^ (x >> 27)) * 0x94D049BB133111EB % WORD
    return x ^ (x >> 31)


def derive_key(seed, stream, place):
    """Three rounds: one for each part."""
    key = mix((seed + 0x9E3779B97F4A7C15) % WORD)
    key = mix(((key ^ stream) + 0x9E3779B97F4A7C15) % WORD)
    return mix(((key ^ place) + 0x9E3779B97F4A7C15) % WORD)


def draw_bits(key, index):
    """SplitMix64's output number `index` from the state `key`."""
    return mix((key + (index + 1) * 0x9E3779B97F4A7C15) % WORD)


def draw_below(key, index, bound):
    """A whole number in [0, bound)."""
    return (draw_bits(key, index) >> 32) * bound >> 32


def uniform(key, index):
    """A number strictly between 0 and 1."""
    return ((draw_bits(key, index) >> 12) + 0.5) / 2.0**52


def normals(key, count):
    """Box & Muller 1958: the cosines of all pairs first, then the sines."""
    half = (count + 1) // 2
    radius = [math.sqrt(-2.0 * math.log(uniform(key, i))) for i in range(half)]
    angle = [2.0 * math.pi * uniform(key, half + i) for i in range(half)]
    cosines = [r * math.cos(a) for r, a in zip(radius, angle, strict=True)]
    sines = [r * math.sin(a) for r, a in zip(radius, angle, strict=True)]
    return (cosines + sines)[:count]


def shuffle(seed, epoch, examples):
    """The order of an epoch (Fisher & Yates); 2 is the stream of batches."""
    key = derive_key(seed, 2, epoch)
    order = list(range(examples))
    for i in range(examples - 1, 0, -1):
        j = draw_below(key, i, i + 1)
        order[i], order[j] = order[j], order[i]
    return order


def chosen(seed, step, examples, batch):
    """The examples of a step: whole batches of the epoch's order; what is left over is skipped."""
    batches = examples // batch
    epoch, place = divmod(step, batches)
    return shuffle(seed, epoch, examples)[place * batch : (place + 1) * batch]


def over_time(sequences):
    """(batch, steps, ...) -> (steps, batch, ...)."""
    return np.array([[example[t] for example in sequences] for t in range(len(sequences[0]))])


def one_hot(tokens, size):
    """(..., ) whole numbers -> (..., size): a 1 where the number says, 0 elsewhere."""
    if np.ndim(tokens) == 0:
        return np.array([float(tokens == place) for place in range(size)])
    return np.array([one_hot(token, size) for token in tokens])
