"""Slow, obvious float64 twins of clipping, schedules and optimizers: one step of one array.

`state` is changed in place, `t` counts from 1. As in `naive`, nothing is imported from the engine.
"""

from __future__ import annotations

import math

import numpy as np
from naive import norm


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


def adamax(p, g, state, t, *, lr, beta1, beta2, eps, **_):
    """Kingma & Ba 2015, algorithm 2, with PyTorch's eps."""
    state[0] = beta1 * state[0] + (1.0 - beta1) * g
    state[1] = np.maximum(beta2 * state[1], np.abs(g) + eps)
    with np.errstate(invalid="ignore", divide="ignore"):
        return p - lr / (1.0 - beta1**t) * state[0] / state[1]


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
    "adamax": (adamax, 2, "coupled"),
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
