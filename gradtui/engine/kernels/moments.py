"""Optimizers on running means of the gradient and of its square: Adam and its family, and Lion."""

from __future__ import annotations

import math

import numpy as np

from gradtui.engine.kernel import device
from gradtui.engine.kernels.adaptive import root
from gradtui.engine.kernels.classical import sign
from gradtui.engine.knobs import BETA1, BETA2, EPS, MOMENTUM_DECAY, RULE

#: NAdam's own number: how its momentum warms up (Dozat 2016).
WARMING = 0.96


@device()
def prepare_adam(knobs, rate, t, scalars):
    scalars[RULE] = -rate / (1.0 - math.pow(knobs[BETA1], np.float64(t)))
    # Both complements as numbers of their own: a compiler that sees 1 - b2 beside b2 rearranges the sum below, and
    # g^2 - b2 g^2 has lost its digits.
    scalars[RULE + 1] = 1.0 - knobs[BETA1]
    scalars[RULE + 2] = knobs[BETA2]
    scalars[RULE + 3] = 1.0 - knobs[BETA2]
    scalars[RULE + 4] = 1.0 / math.sqrt(1.0 - math.pow(knobs[BETA2], np.float64(t)))
    scalars[RULE + 5] = knobs[EPS]


@device()
def adam(g, mean, square, third, c):
    """m = b1 m + (1-b1) g; v = b2 v + (1-b2) g^2; p -= lr m^ / (sqrt(v^) + eps), with bias correction
    (Kingma & Ba 2015). With decoupled weight decay it is AdamW (Loshchilov & Hutter 2019)."""
    mean = mean + c[1] * (g - mean)
    square = c[2] * square + c[3] * g * g
    step = c[0] * mean / (root(square) * c[4] + c[5])
    return step, mean, square, third


@device()
def amsgrad(g, mean, square, largest, c):
    """Adam, divided by the largest v so far: the steps can only become shorter (Reddi, Kale & Kumar 2018)."""
    mean = mean + c[1] * (g - mean)
    square = c[2] * square + c[3] * g * g
    largest = largest if largest >= square else square  # NaN wins
    step = c[0] * mean / (root(largest) * c[4] + c[5])
    return step, mean, square, largest


@device()
def prepare_adamax(knobs, rate, t, scalars):
    scalars[RULE] = -rate / (1.0 - math.pow(knobs[BETA1], np.float64(t)))
    scalars[RULE + 1] = 1.0 - knobs[BETA1]
    scalars[RULE + 2] = knobs[BETA2]
    scalars[RULE + 3] = knobs[EPS]


@device()
def adamax(g, mean, largest, third, c):
    """m = b1 m + (1-b1) g; u = max(b2 u, |g| + eps); p -= lr m^ / u: Adam by the largest gradient, which fades, in the
    place of the mean square (Kingma & Ba 2015, section 7.1)."""
    mean = mean + c[1] * (g - mean)
    faded, size = c[2] * largest, abs(g) + c[3]
    largest = faded if faded >= size else size  # NaN wins
    return c[0] * mean / largest, mean, largest, third


@device()
def prepare_nadam(knobs, rate, t, scalars):
    # The product of all momenta so far. It is worked out anew each time, so that it depends on the clock alone; below
    # 1e-18 it has no effect any more, which is so after some 70 factors.
    product = 1.0
    fade = math.pow(WARMING, knobs[MOMENTUM_DECAY])
    faded = 1.0
    for _ in range(t):
        faded *= fade
        product *= knobs[BETA1] * (1.0 - 0.5 * faded)
        if product < 1e-18:
            break
    now = knobs[BETA1] * (1.0 - 0.5 * math.pow(WARMING, t * knobs[MOMENTUM_DECAY]))
    following = knobs[BETA1] * (1.0 - 0.5 * math.pow(WARMING, (t + 1) * knobs[MOMENTUM_DECAY]))
    scalars[RULE] = -rate * (1.0 - now) / (1.0 - product)
    scalars[RULE + 1] = 1.0 - knobs[BETA1]
    scalars[RULE + 2] = knobs[BETA2]
    scalars[RULE + 3] = 1.0 - knobs[BETA2]
    scalars[RULE + 4] = 1.0 / math.sqrt(1.0 - math.pow(knobs[BETA2], np.float64(t)))
    scalars[RULE + 5] = knobs[EPS]
    scalars[RULE + 6] = -rate * following / (1.0 - product * following)


@device()
def nadam(g, mean, square, third, c):
    """Adam with Nesterov's look ahead: the step mixes this gradient with the mean, by momenta mu_t =
    b1 (1 - 0.96^(t momentum_decay) / 2) that warm up (Dozat 2016)."""
    mean = mean + c[1] * (g - mean)
    square = c[2] * square + c[3] * g * g
    ahead = c[0] * g + c[6] * mean
    return ahead / (root(square) * c[4] + c[5]), mean, square, third


@device()
def prepare_lion(knobs, rate, t, scalars):
    scalars[RULE] = -rate
    scalars[RULE + 1] = 1.0 - knobs[BETA1]
    scalars[RULE + 2] = 1.0 - knobs[BETA2]


@device()
def lion(g, mean, second, third, c):
    """p -= lr sign(b1 m + (1-b1) g); m = b2 m + (1-b2) g (Chen et al. 2023)."""
    step = c[0] * sign(mean + c[1] * (g - mean))
    return step, mean + c[2] * (g - mean), second, third
