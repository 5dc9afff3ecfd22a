"""Optimizers that divide by the gradient's own size, without bias correction: AdaGrad, AdaDelta, RMSprop."""

from __future__ import annotations

import math

from gradtui.engine.kernel import device, real
from gradtui.engine.knobs import ALPHA, CENTERED, EPS, INITIAL_ACCUMULATOR, LR_DECAY, MOMENTUM, RHO, RULE


@device(intrinsic="root")
def root(x):
    """Square root in the type of x."""
    return real(math.sqrt(x))


@device()
def prepare_adagrad(knobs, rate, t, scalars):
    scalars[RULE] = -rate / (1.0 + (t - 1) * knobs[LR_DECAY])
    scalars[RULE + 1] = knobs[INITIAL_ACCUMULATOR] if t == 1 else 0.0
    scalars[RULE + 2] = knobs[EPS]


@device()
def adagrad(g, square, second, third, c):
    """s += g^2; p -= lr / (1 + (t - 1) lr_decay) g / (sqrt(s) + eps) (Duchi, Hazan & Singer 2011)."""
    square = square + c[1] + g * g
    return c[0] * g / (root(square) + c[2]), square, second, third


@device()
def prepare_adadelta(knobs, rate, t, scalars):
    scalars[RULE] = -rate
    scalars[RULE + 1] = knobs[RHO]
    scalars[RULE + 2] = 1.0 - knobs[RHO]
    scalars[RULE + 3] = knobs[EPS]


@device()
def adadelta(g, square, moved, third, c):
    """s = rho s + (1-rho) g^2; d = sqrt(u + eps) / sqrt(s + eps) g; u = rho u + (1-rho) d^2; p -= lr d
    (Zeiler 2012)."""
    square = c[1] * square + c[2] * g * g
    eps = c[3]
    change = root(moved + eps) / root(square + eps) * g
    moved = c[1] * moved + c[2] * change * change
    return c[0] * change, square, moved, third


@device()
def prepare_rmsprop(knobs, rate, t, scalars):
    scalars[RULE] = -rate
    scalars[RULE + 1] = knobs[ALPHA]
    scalars[RULE + 2] = 1.0 - knobs[ALPHA]
    scalars[RULE + 3] = knobs[EPS]
    scalars[RULE + 4] = knobs[MOMENTUM]
    scalars[RULE + 5] = knobs[CENTERED]


@device()
def rmsprop(g, square, velocity, mean, c):
    """s = alpha s + (1-alpha) g^2; v = mu v + g / (sqrt(s) + eps); p -= lr v (Tieleman & Hinton 2012). Centered: s is
    lessened by the square of the running mean m = alpha m + (1-alpha) g (Graves 2013)."""
    square = c[1] * square + c[2] * g * g
    mean = mean + c[2] * (g - mean)
    spread = square - c[5] * mean * mean
    spread = real(0.0) if spread < real(0.0) else spread  # by rounding, where a gradient hardly changes
    velocity = c[4] * velocity + g / (root(spread) + c[3])
    return c[0] * velocity, square, velocity, mean
