"""Optimizers that follow the gradient, or its sign alone: SGD, momentum, Nesterov's momentum, Rprop.

A rule gets one gradient entry, up to three numbers of state and the step's scalars `c`, and returns the step to add to
the weight and the new state. Its `prepare` works the scalars out, from `RULE` on: `rate` is the learning rate of this
step, `t` counts the optimizer's steps from 1.
"""

from __future__ import annotations

from gradtui.engine.kernel import device, real
from gradtui.engine.knobs import DAMPENING, DECAY, ETA_MINUS, ETA_PLUS, MOMENTUM, RULE, SHARE, STEP_MAX, STEP_MIN


@device()
def prepare_sgd(knobs, rate, t, scalars):
    scalars[RULE] = -rate


@device()
def sgd(g, first, second, third, c):
    """p -= lr g (Robbins & Monro 1951)."""
    return c[0] * g, first, second, third


@device()
def prepare_momentum(knobs, rate, t, scalars):
    scalars[RULE] = -rate
    scalars[RULE + 1] = knobs[MOMENTUM]
    if t > 1:  # the first velocity is the gradient itself; without memory there is no dampening
        scalars[SHARE] *= 1.0 - knobs[DAMPENING]
        scalars[DECAY] *= 1.0 - knobs[DAMPENING]


@device()
def momentum(g, velocity, second, third, c):
    """v = mu v + (1 - dampening) g; p -= lr v (Polyak 1964; torch.optim.SGD, which damps nothing where mu is 0).
    g comes damped."""
    velocity = c[1] * velocity + g
    return c[0] * velocity, velocity, second, third


@device()
def prepare_nag(knobs, rate, t, scalars):
    scalars[RULE] = -rate
    scalars[RULE + 1] = knobs[MOMENTUM]


@device()
def nag(g, velocity, second, third, c):
    """v = mu v + g; p -= lr (g + mu v) (Nesterov 1983, in the form of Sutskever et al. 2013 that torch.optim.SGD
    takes)."""
    velocity = c[1] * velocity + g
    return c[0] * (g + c[1] * velocity), velocity, second, third


@device()
def prepare_rprop(knobs, rate, t, scalars):
    # Before the first step all step sizes are the learning rate: nothing is kept, so the first step adds it.
    scalars[RULE] = rate if t == 1 else 0.0
    scalars[RULE + 1] = knobs[ETA_MINUS]
    scalars[RULE + 2] = knobs[ETA_PLUS]
    scalars[RULE + 3] = knobs[STEP_MIN]
    scalars[RULE + 4] = knobs[STEP_MAX]


@device()
def rprop(g, previous, size, third, c):
    """Step sizes of their own, times eta_plus while the sign stays, times eta_minus when it changes; then the gradient
    counts as 0 (Riedmiller & Braun 1993; iRprop- of Igel & Hüsken 2000; torch.optim.Rprop).

    Signs are multiplied, not gradients, whose product is 0 long before they are.
    """
    turn = sign(g) * sign(previous)
    factor = c[2] if turn > real(0.0) else real(1.0)
    factor = c[1] if turn < real(0.0) else factor
    size = (size + c[0]) * factor
    size = c[3] if size < c[3] else size
    size = c[4] if size > c[4] else size
    heard = real(0.0) if turn < real(0.0) else g
    return -sign(heard) * size, heard, size, third


@device()
def sign(x):
    """-1, 0 or 1; NaN stays NaN."""
    one = real(1.0) if x > real(0.0) else x
    return real(-1.0) if x < real(0.0) else one
