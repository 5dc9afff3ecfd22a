"""Optimizers: one rule an optimizer, poured into one kernel that moves the weights and measures the move.

The formulas, their order and their defaults are PyTorch's (torch.optim, single-tensor form).
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradtui.engine.kernel import Kernel, device, kernel, real
from gradtui.engine.kernels.feeding import BEGAN, STEP
from gradtui.engine.kernels.gauges import add_square, root_of

Function = Callable[..., Any]

#: Where each live knob stands in the knobs region. A change on screen writes one number here.
KNOBS = ("lr", "momentum", "beta1", "beta2", "eps", "clip_norm")
LR, MOMENTUM, BETA1, BETA2, EPS, CLIP_NORM = range(6)
#: The scalars of one step, worked out once from the knobs and the step number; the first is the clipping factor.
SCALARS = 7
CLIP = 0

#: Bound by each optimizer.
prepare: Function
rule: Function
STATES: int


@kernel(
    clock="in int64 [4]",
    knobs="in float64 [knobs]",
    gradient_sums="in float64 [taps, 6]",
    bias_sums="in float64 [3]",
    scalars="out float64 [7]",
)
def prepare_update(clock, knobs, gradient_sums, bias_sums, scalars):
    """Work out the step's scalars; clip by the global norm of all gradients, torch.nn.utils.clip_grad_norm_."""
    scalars[CLIP] = 1.0
    if knobs[CLIP_NORM] > 0.0:
        small, middle, big = bias_sums[0], bias_sums[1], bias_sums[2]
        for tap in range(gradient_sums.shape[0]):
            small += gradient_sums[tap, 0]
            middle += gradient_sums[tap, 1]
            big += gradient_sums[tap, 2]
        factor = knobs[CLIP_NORM] / (root_of(small, middle, big) + 1e-6)
        scalars[CLIP] = 1.0 if factor > 1.0 else factor
    prepare(knobs, clock[STEP] + 1 - clock[BEGAN], scalars)


@kernel(
    p="inout real [size]",
    g="in real [size]",
    state="inout real [states, size]",
    scalars="in float64 [7]",
    sums="out float64 [6]",
)
def update(p, g, state, scalars, sums):
    """Move p by the rule. sums: squares of the change that really happened, and of p before it (three words each)."""
    small_c, middle_c, big_c = 0.0, 0.0, 0.0
    small_p, middle_p, big_p = 0.0, 0.0, 0.0
    clip = real(scalars[CLIP])
    for i in range(p.shape[0]):
        before = p[i]
        first = state[0, i] if STATES > 0 else real(0.0)
        second = state[1, i] if STATES > 1 else real(0.0)
        step, first, second = rule(g[i] * clip, first, second, scalars)
        after, change = moved(before, step)
        p[i] = after
        if STATES > 0:
            state[0, i] = first
        if STATES > 1:
            state[1, i] = second
        small_c, middle_c, big_c = add_square(change, small_c, middle_c, big_c)
        small_p, middle_p, big_p = add_square(before, small_p, middle_p, big_p)
    sums[0] = small_c
    sums[1] = middle_c
    sums[2] = big_c
    sums[3] = small_p
    sums[4] = middle_p
    sums[5] = big_p


@device(exact=True)
def moved(before, step):
    """The weight after the step, and the change as rounding left it."""
    after = before + step
    return after, after - before


@device()
def prepare_sgd(knobs, t, scalars):
    scalars[1] = -knobs[LR]


@device()
def sgd(g, first, second, scalars):
    """p -= lr g."""
    return real(scalars[1]) * g, first, second


@device()
def prepare_momentum(knobs, t, scalars):
    scalars[1] = -knobs[LR]
    scalars[2] = knobs[MOMENTUM]


@device()
def momentum(g, velocity, second, scalars):
    """v = mu v + g; p -= lr v (Polyak 1964; torch.optim.SGD without dampening)."""
    velocity = real(scalars[2]) * velocity + g
    return real(scalars[1]) * velocity, velocity, second


@device()
def prepare_adam(knobs, t, scalars):
    scalars[1] = -knobs[LR] / (1.0 - math.pow(knobs[BETA1], np.float64(t)))
    # Both complements as numbers of their own: a compiler that sees 1 - b2 beside b2 rearranges the sum below, and
    # g^2 - b2 g^2 has lost its digits.
    scalars[2] = 1.0 - knobs[BETA1]
    scalars[3] = knobs[BETA2]
    scalars[4] = 1.0 - knobs[BETA2]
    scalars[5] = 1.0 / math.sqrt(1.0 - math.pow(knobs[BETA2], np.float64(t)))
    scalars[6] = knobs[EPS]


@device()
def adam(g, mean, square, scalars):
    """m = b1 m + (1-b1) g; v = b2 v + (1-b2) g^2; p -= lr m^ / (sqrt(v^) + eps), with bias correction
    (Kingma & Ba 2015)."""
    mean = mean + real(scalars[2]) * (g - mean)
    square = real(scalars[3]) * square + real(scalars[4]) * g * g
    step = real(scalars[1]) * mean / (root(square) * real(scalars[5]) + real(scalars[6]))
    return step, mean, square


@device(intrinsic="root")
def root(x):
    """Square root in the type of x."""
    return real(math.sqrt(x))


@dataclass(frozen=True)
class Optimizer:
    """One row of the table: the kernels and how many numbers are kept for each weight."""

    prepare: Kernel
    update: Kernel
    states: int


def _optimizer(prepare: Function, rule: Function, states: int) -> Optimizer:
    return Optimizer(
        prepare_update.bind(prepare.__name__, prepare=prepare),
        update.bind(f"{rule.__name__}_update", rule=rule, STATES=states),
        states,
    )


OPTIMIZERS: dict[str, Optimizer] = {
    "sgd": _optimizer(prepare_sgd, sgd, states=0),
    "momentum": _optimizer(prepare_momentum, momentum, states=1),
    "adam": _optimizer(prepare_adam, adam, states=2),
}
