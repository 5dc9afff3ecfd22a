"""The two kernels of every optimizer: the scalars of a step, and the move of one array by a rule.

Formulas, their order and their defaults are PyTorch's (torch.optim, single-tensor form). Weight decay goes to weights
and biases alike, as it does there unless parameters are put into groups.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gradtui.engine.kernel import device, kernel, real
from gradtui.engine.kernels.feeding import BEGAN, STEP
from gradtui.engine.kernels.gauges import add_square, root_of
from gradtui.engine.kernels.schedule import rate_at
from gradtui.engine.knobs import CLIP, CLIP_AGC, CLIP_NORM, CLIP_VALUE, DECAY, KEEP, LOCALLY, RULE, SHARE, WEIGHT_DECAY

Function = Callable[..., Any]

#: How weight decay is done: not at all; added to the gradient; taken off the weight beside the step.
NO_DECAY, COUPLED, DECOUPLED = range(3)

#: Bound by each optimizer.
prepare: Function
rule: Function
STATES: int
DECAYS: int


@kernel(
    clock="in int64 [4]",
    knobs="in float64 [knobs]",
    gradient_sums="in float64 [taps, words]",
    bias_sums="in float64 [3]",
    scalars="out float64 [24]",
)
def prepare_update(clock, knobs, gradient_sums, bias_sums, scalars):
    """Work out the step's scalars; clip by the global norm of all gradients, torch.nn.utils.clip_grad_norm_."""
    scalars[:] = 0.0
    scalars[CLIP] = 1.0
    if knobs[CLIP_NORM] > 0.0:
        small, middle, big = bias_sums[0], bias_sums[1], bias_sums[2]
        for tap in range(gradient_sums.shape[0]):
            small += gradient_sums[tap, 0]
            middle += gradient_sums[tap, 1]
            big += gradient_sums[tap, 2]
        factor = knobs[CLIP_NORM] / (root_of(small, middle, big) + 1e-6)
        scalars[CLIP] = 1.0 if factor > 1.0 else factor
    scalars[LOCALLY] = 1.0 if knobs[CLIP_VALUE] > 0.0 or knobs[CLIP_AGC] > 0.0 else 0.0
    rate = rate_at(knobs, clock[STEP])
    scalars[KEEP] = 1.0 - rate * knobs[WEIGHT_DECAY] if DECAYS == DECOUPLED else 1.0
    scalars[DECAY] = knobs[WEIGHT_DECAY] if DECAYS == COUPLED else 0.0
    scalars[SHARE] = scalars[CLIP]
    prepare(knobs, rate, clock[STEP] - clock[BEGAN] + 1, scalars)


@kernel(
    p="inout real [size]",
    g="in real [size]",
    state="inout real [states, size]",
    scalars="in float64 [24]",
    sums="out float64 [6]",
)
def update(p, g, state, scalars, sums):
    """Move p by the rule. sums: squares of the change that really happened, and of p before it (three words each)."""
    small_c, middle_c, big_c = 0.0, 0.0, 0.0
    small_p, middle_p, big_p = 0.0, 0.0, 0.0
    share, keep, decay = real(scalars[SHARE]), real(scalars[KEEP]), real(scalars[DECAY])
    # Read once: inside the loop each store might be one to the scalars, as far as the compiler knows.
    c = (
        real(scalars[RULE]),
        real(scalars[RULE + 1]),
        real(scalars[RULE + 2]),
        real(scalars[RULE + 3]),
        real(scalars[RULE + 4]),
        real(scalars[RULE + 5]),
        real(scalars[RULE + 6]),
        real(scalars[RULE + 7]),
    )
    # The same loop twice: without weight decay it is a quarter quicker, and decay may be turned on at any step.
    if keep == real(1.0) and decay == real(0.0):
        for i in range(p.shape[0]):
            before = p[i]
            first = state[0, i] if STATES > 0 else real(0.0)
            second = state[1, i] if STATES > 1 else real(0.0)
            third = state[2, i] if STATES > 2 else real(0.0)
            step, first, second, third = rule(g[i] * share, first, second, third, c)
            after, change = moved(before, real(1.0), step)
            p[i] = after
            if STATES > 0:
                state[0, i] = first
            if STATES > 1:
                state[1, i] = second
            if STATES > 2:
                state[2, i] = third
            small_c, middle_c, big_c = add_square(change, small_c, middle_c, big_c)
            small_p, middle_p, big_p = add_square(before, small_p, middle_p, big_p)
    else:
        for i in range(p.shape[0]):
            before = p[i]
            first = state[0, i] if STATES > 0 else real(0.0)
            second = state[1, i] if STATES > 1 else real(0.0)
            third = state[2, i] if STATES > 2 else real(0.0)
            step, first, second, third = rule(g[i] * share + decay * before, first, second, third, c)
            after, change = moved(before, keep, step)
            p[i] = after
            if STATES > 0:
                state[0, i] = first
            if STATES > 1:
                state[1, i] = second
            if STATES > 2:
                state[2, i] = third
            small_c, middle_c, big_c = add_square(change, small_c, middle_c, big_c)
            small_p, middle_p, big_p = add_square(before, small_p, middle_p, big_p)
    sums[0] = small_c
    sums[1] = middle_c
    sums[2] = big_c
    sums[3] = small_p
    sums[4] = middle_p
    sums[5] = big_p


@device(exact=True)
def moved(before, keep, step):
    """The weight after decay and step, and the change as rounding left it."""
    after = before * keep + step
    return after, after - before
