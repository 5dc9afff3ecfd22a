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


# Optimizers: one step of one array; `state` is changed in place, `t` counts from 1


def clip_factor(gradients, clip_norm):
    """What all gradients are multiplied with so that their global norm is at most `clip_norm` (0: off)."""
    if clip_norm <= 0.0:
        return 1.0
    factor = clip_norm / (math.hypot(*[norm(g) for g in gradients]) + 1e-6)
    return 1.0 if factor > 1.0 else factor


def clip_value(g, limit):
    """Every entry into -limit..limit (0: off)."""
    return np.clip(g, -limit, limit) if limit > 0.0 else g


def clip_agc(g, weights, share):
    """Brock et al. 2021: no row longer than `share` times its weights, which count as 1e-3 at least (0: off)."""
    g = np.array(g, dtype=np.float64)
    for row, weight in zip(g, weights, strict=True):
        allowed = share * max(norm(weight), 1e-3)
        if share > 0.0 and norm(row) > allowed:
            row *= allowed / norm(row)
    return g


def learning_rate(step, *, lr, schedule, schedule_steps, step_size, gamma, eta_min, warmup_steps, start_factor, **_):
    """The rate of update `step`, from 0."""
    if schedule == "step":
        lr *= gamma ** (step // step_size)
    if schedule == "cosine":
        lr = eta_min + (lr - eta_min) * (1.0 + math.cos(math.pi * step / schedule_steps)) / 2.0
    if step < warmup_steps:
        lr *= start_factor + (1.0 - start_factor) * step / warmup_steps
    return lr


def sgd(p, g, state, t, *, lr, **_):
    """p - lr g."""
    return p - lr * g


def momentum(p, g, state, t, *, lr, momentum, dampening, **_):
    """v = mu v + (1 - dampening) g, the first time v = g and without momentum always; p - lr v."""
    state[0] = g if t == 1 or momentum == 0.0 else momentum * state[0] + (1.0 - dampening) * g
    return p - lr * state[0]


def nag(p, g, state, t, *, lr, momentum, **_):
    """v = mu v + g; p - lr (g + mu v)."""
    state[0] = momentum * state[0] + g
    return p - lr * (g + momentum * state[0])


def rprop(p, g, state, t, *, lr, eta_minus, eta_plus, step_min, step_max, **_):
    """iRprop-, entry by entry: state is the last gradient and the step size."""
    result = p.copy()
    for i in range(len(p)):
        size = lr if t == 1 else state[1][i]
        heard = g[i]
        turn = np.sign(g[i]) * np.sign(state[0][i])
        if turn > 0.0:
            size = size * eta_plus
        if turn < 0.0:
            size, heard = size * eta_minus, 0.0
        size = min(max(size, step_min), step_max)
        state[0][i], state[1][i] = heard, size
        result[i] -= np.sign(heard) * size
    return result


def adagrad(p, g, state, t, *, lr, lr_decay, initial_accumulator_value, eps, **_):
    """Duchi, Hazan & Singer 2011."""
    state[0] = (initial_accumulator_value if t == 1 else state[0]) + g**2
    with np.errstate(invalid="ignore", divide="ignore"):
        return p - lr / (1.0 + (t - 1) * lr_decay) * g / (np.sqrt(state[0]) + eps)


def adadelta(p, g, state, t, *, lr, rho, eps, **_):
    """Zeiler 2012, algorithm 1."""
    state[0] = rho * state[0] + (1.0 - rho) * g**2
    with np.errstate(invalid="ignore"):
        change = np.sqrt(state[1] + eps) / np.sqrt(state[0] + eps) * g
    state[1] = rho * state[1] + (1.0 - rho) * change**2
    return p - lr * change


def rmsprop(p, g, state, t, *, lr, alpha, eps, momentum, centered, **_):
    """Tieleman & Hinton 2012; state: squares, velocity, means."""
    state[0] = alpha * state[0] + (1.0 - alpha) * g**2
    state[2] = state[2] + (1.0 - alpha) * (g - state[2])
    spread = np.maximum(state[0] - state[2] ** 2, 0.0) if centered else state[0]
    with np.errstate(invalid="ignore", divide="ignore"):
        state[1] = momentum * state[1] + g / (np.sqrt(spread) + eps)
    return p - lr * state[1]


def adam(p, g, state, t, *, lr, beta1, beta2, eps, **_):
    """Kingma & Ba 2015, algorithm 1."""
    state[0] = beta1 * state[0] + (1.0 - beta1) * g
    state[1] = beta2 * state[1] + (1.0 - beta2) * g**2
    mean = state[0] / (1.0 - beta1**t)
    square = state[1] / (1.0 - beta2**t)
    with np.errstate(invalid="ignore", divide="ignore"):
        return p - lr * mean / (np.sqrt(square) + eps)


def amsgrad(p, g, state, t, *, lr, beta1, beta2, eps, **_):
    """Reddi, Kale & Kumar 2018, with Adam's bias correction as PyTorch has it."""
    state[0] = beta1 * state[0] + (1.0 - beta1) * g
    state[1] = beta2 * state[1] + (1.0 - beta2) * g**2
    state[2] = np.maximum(state[2], state[1])
    mean = state[0] / (1.0 - beta1**t)
    with np.errstate(invalid="ignore", divide="ignore"):
        return p - lr * mean / (np.sqrt(state[2] / (1.0 - beta2**t)) + eps)


def nadam(p, g, state, t, *, lr, beta1, beta2, eps, momentum_decay, **_):
    """Dozat 2016."""
    mu = [beta1 * (1.0 - 0.5 * 0.96 ** (i * momentum_decay)) for i in range(1, t + 2)]
    state[0] = beta1 * state[0] + (1.0 - beta1) * g
    state[1] = beta2 * state[1] + (1.0 - beta2) * g**2
    ahead = (1.0 - mu[-2]) * g / (1.0 - math.prod(mu[:-1])) + mu[-1] * state[0] / (1.0 - math.prod(mu))
    with np.errstate(invalid="ignore", divide="ignore"):
        return p - lr * ahead / (np.sqrt(state[1] / (1.0 - beta2**t)) + eps)


def lion(p, g, state, t, *, lr, beta1, beta2, **_):
    """Chen et al. 2023, algorithm 2."""
    step = np.sign(beta1 * state[0] + (1.0 - beta1) * g)
    state[0] = beta2 * state[0] + (1.0 - beta2) * g
    return p - lr * step


def muon_rest(p, g, state, t, *, adamw_lr, **knobs):
    """What Muon does not make orthogonal goes by Adam with a rate of its own."""
    return adam(p, g, state, t, **{**knobs, "lr": adamw_lr})


def muon(p, g, velocity, *, lr, momentum, nesterov, ns_steps, ns_a, ns_b, ns_c, ns_eps, adjust_lr, weight_decay, **_):
    """Jordan et al. 2024 on one matrix, by its singular values; returns the weights and the velocity."""
    velocity = momentum * velocity + (1.0 - momentum) * g
    mixed = (1.0 - momentum) * g + momentum * velocity if nesterov else velocity
    u, s, v = np.linalg.svd(mixed, full_matrices=False)
    s = s / max(norm(mixed), ns_eps)
    for _ in range(ns_steps):
        s = ns_a * s + ns_b * s**3 + ns_c * s**5
    rows, columns = p.shape
    longer = math.sqrt(max(1.0, rows / columns))
    if adjust_lr == "match_rms_adamw":
        longer = 0.2 * math.sqrt(max(rows, columns))
    return p * (1.0 - lr * weight_decay) - lr * longer * (u * s) @ v, velocity


#: By name: the rule, how many numbers it keeps for each weight, and how weight decay is done.
OPTIMIZERS = {
    "sgd": (sgd, 0, "coupled"),
    "momentum": (momentum, 1, "coupled"),
    "nag": (nag, 1, "coupled"),
    "adagrad": (adagrad, 1, "coupled"),
    "adadelta": (adadelta, 2, "coupled"),
    "rmsprop": (rmsprop, 3, "coupled"),
    "adam": (adam, 2, "coupled"),
    "amsgrad": (amsgrad, 3, "coupled"),
    "adamw": (adam, 2, "decoupled"),
    "nadam": (nadam, 2, "coupled"),
    "lion": (lion, 1, "decoupled"),
    "muon": (muon_rest, 2, "decoupled"),
    "rprop": (rprop, 2, "none"),
}
STATES = {name: states for name, (_, states, _) in OPTIMIZERS.items()}


def optimize(name, p, g, state, t, **knobs):
    """One step with weight decay and the schedule of the learning rate; returns the new p."""
    rule, _, decay = OPTIMIZERS[name]
    rate = learning_rate(t - 1, **knobs)
    knobs = {**knobs, "lr": rate, "adamw_lr": knobs["adamw_lr"] * rate / knobs["lr"]}
    if decay == "coupled":
        g = g + knobs["weight_decay"] * p
    if decay == "decoupled":
        p = p * (1.0 - knobs["adamw_lr" if name == "muon" else "lr"] * knobs["weight_decay"])
    return rule(p, g, state, t, **knobs)


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
