"""Slow, obvious twins of what generators and discriminators compute, in float64; nothing is imported from the engine
but the mixing of bits that `naive_layers` writes out as well."""

from __future__ import annotations

import math

import numpy as np


def softplus(x):
    """log(1 + e^x)."""
    return math.log1p(math.exp(x)) if x < 0.0 else x + math.log1p(math.exp(-x))


def logistic(x):
    """1 / (1 + e^-x)."""
    return 1.0 / (1.0 + math.exp(-x)) if x >= 0.0 else math.exp(x) / (1.0 + math.exp(x))


#: Loss of one output, its derivative, and whether the output is a right answer; for data and for samples apart.
DISCRIMINATOR = {
    "minimax": (
        lambda x: (softplus(-x), -logistic(-x), x > 0.0),
        lambda x: (softplus(x), logistic(x), x < 0.0),
    ),
    "least_squares": (
        lambda x: ((x - 1.0) ** 2 / 2.0, x - 1.0, x > 0.5),
        lambda x: (x**2 / 2.0, x, x < 0.5),
    ),
    "wasserstein": (lambda x: (-x, -1.0, math.nan), lambda x: (x, 1.0, math.nan)),
}
DISCRIMINATOR["non_saturating"] = DISCRIMINATOR["minimax"]

#: The same for a sample, as its generator sees it: right is what fools the discriminator.
GENERATOR = {
    "minimax": lambda x: (-softplus(x), -logistic(x), x > 0.0),
    "non_saturating": lambda x: (softplus(-x), -logistic(-x), x > 0.0),
    "least_squares": lambda x: ((x - 1.0) ** 2 / 2.0, x - 1.0, x > 0.5),
    "wasserstein": lambda x: (-x, -1.0, math.nan),
}


def discriminator(name, a):
    """(loss, share of right answers, delta) of outputs a, those of data first."""
    half = len(a) // 2
    of_data, of_samples = DISCRIMINATOR[name]
    found = [[(of_data if b < half else of_samples)(x) for x in row] for b, row in enumerate(a.tolist())]
    table = np.array(found, dtype=np.float64)
    entries = half * a.shape[1]
    return table[..., 0].sum() / entries, table[..., 2].mean(), table[..., 1] / entries


def generator(name, a):
    """(loss, share of samples that are taken for data, delta) of outputs a."""
    table = np.array([[GENERATOR[name](x) for x in row] for row in a.tolist()], dtype=np.float64)
    return table[..., 0].mean(), table[..., 2].mean(), table[..., 1] / a.size


def noise(seed, place, step, shape):
    """Box & Muller's normal numbers from the bits of (seed, stream 20, place, step), with Python's whole numbers."""
    count = math.prod(shape)
    half = (count + 1) // 2
    key = 0
    for number in (seed, 20, place, step):
        key = mix(((key ^ number) + GOLDEN) % 2**64)
    u = [((mix((key + (i + 1) * GOLDEN) % 2**64) >> 12) + 0.5) / 2**52 for i in range(2 * half)]
    pairs = [(math.sqrt(-2.0 * math.log(u[i])), 2.0 * math.pi * u[half + i]) for i in range(half)]
    drawn = [r * math.cos(angle) for r, angle in pairs] + [r * math.sin(angle) for r, angle in pairs]
    return np.array(drawn[:count]).reshape(shape)


GOLDEN = 0x9E3779B97F4A7C15


def mix(x):
    """SplitMix64's finaliser."""
    x = ((x ^ (x >> 30)) * 0xBF58476D1CE4E5B9) % 2**64
    x = ((x ^ (x >> 27)) * 0x94D049BB133111EB) % 2**64
    return x ^ (x >> 31)
