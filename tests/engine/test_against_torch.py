"""Fifty steps of a real network beside torch.optim, with weight decay, clipping and schedules."""

from __future__ import annotations

from itertools import pairwise

import naive_optimizers
import numpy as np
import pytest

from gradtui import Scenario, Simulation

torch = pytest.importorskip("torch")
optim = torch.optim
schedulers = torch.optim.lr_scheduler

STEPS = 50
#: Largest difference of a weight after any of the steps, as a share of the largest weight. In float32 the two sum in
#: another order, and dividing by a small mean of squares makes the difference larger.
TOLERANCE = {"float64": 1e-10, "float32": 2e-3}

#: What the scenario says, and the same in PyTorch's words.
CASES = {
    "sgd": ({"name": "sgd", "lr": 0.1}, lambda p: optim.SGD(p, lr=0.1)),
    "sgd, decay": ({"name": "sgd", "lr": 0.1, "weight_decay": 0.01}, lambda p: optim.SGD(p, lr=0.1, weight_decay=0.01)),
    "momentum": ({"name": "momentum", "lr": 0.05}, lambda p: optim.SGD(p, lr=0.05, momentum=0.9)),
    "momentum, damped, decay": (
        {"name": "momentum", "lr": 0.05, "momentum": 0.8, "dampening": 0.3, "weight_decay": 0.01},
        lambda p: optim.SGD(p, lr=0.05, momentum=0.8, dampening=0.3, weight_decay=0.01),
    ),
    "nag": (
        {"name": "nag", "lr": 0.05, "weight_decay": 0.01},
        lambda p: optim.SGD(p, lr=0.05, momentum=0.9, nesterov=True, weight_decay=0.01),
    ),
    "rprop": ({"name": "rprop", "lr": 0.001}, lambda p: optim.Rprop(p, lr=0.001)),
    "rprop, other factors": (
        {"name": "rprop", "eta_minus": 0.7, "eta_plus": 1.5, "step_min": 1e-4, "step_max": 0.1},
        lambda p: optim.Rprop(p, etas=(0.7, 1.5), step_sizes=(1e-4, 0.1)),
    ),
    "adagrad": ({"name": "adagrad"}, lambda p: optim.Adagrad(p)),
    "adagrad, all its keys": (
        {"name": "adagrad", "lr": 0.02, "lr_decay": 0.1, "initial_accumulator_value": 0.1, "weight_decay": 0.01},
        lambda p: optim.Adagrad(p, lr=0.02, lr_decay=0.1, initial_accumulator_value=0.1, weight_decay=0.01),
    ),
    "adadelta": ({"name": "adadelta"}, lambda p: optim.Adadelta(p)),
    "adadelta, decay": (
        {"name": "adadelta", "rho": 0.8, "weight_decay": 0.01},
        lambda p: optim.Adadelta(p, rho=0.8, weight_decay=0.01),
    ),
    "rmsprop": ({"name": "rmsprop", "lr": 0.001}, lambda p: optim.RMSprop(p, lr=0.001)),
    "rmsprop, all its keys": (
        {"name": "rmsprop", "lr": 0.001, "alpha": 0.9, "momentum": 0.9, "centered": True, "weight_decay": 0.01},
        lambda p: optim.RMSprop(p, lr=0.001, alpha=0.9, momentum=0.9, centered=True, weight_decay=0.01),
    ),
    "adam": ({"name": "adam"}, lambda p: optim.Adam(p)),
    "adam, all its keys": (
        {"name": "adam", "lr": 0.002, "beta1": 0.8, "beta2": 0.99, "eps": 1e-6, "weight_decay": 0.01},
        lambda p: optim.Adam(p, lr=0.002, betas=(0.8, 0.99), eps=1e-6, weight_decay=0.01),
    ),
    "amsgrad": ({"name": "amsgrad", "beta2": 0.9}, lambda p: optim.Adam(p, betas=(0.9, 0.9), amsgrad=True)),
    "adamw": ({"name": "adamw"}, lambda p: optim.AdamW(p)),
    "adamw, much decay": (
        {"name": "adamw", "lr": 0.01, "weight_decay": 0.5},
        lambda p: optim.AdamW(p, lr=0.01, weight_decay=0.5),
    ),
    "adamax": ({"name": "adamax"}, lambda p: optim.Adamax(p)),
    "adamax, decay": (
        {"name": "adamax", "beta1": 0.8, "beta2": 0.9, "eps": 1e-6, "weight_decay": 0.01},
        lambda p: optim.Adamax(p, betas=(0.8, 0.9), eps=1e-6, weight_decay=0.01),
    ),
    "nadam": ({"name": "nadam"}, lambda p: optim.NAdam(p)),
    "nadam, decay": (
        {"name": "nadam", "momentum_decay": 0.1, "weight_decay": 0.01},
        lambda p: optim.NAdam(p, momentum_decay=0.1, weight_decay=0.01),
    ),
}


@pytest.fixture(autouse=True)
def wide_numbers():
    """NAdam keeps the product of its momenta in PyTorch's default format."""
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


def _simulation(optimizer, dtype="float64", **task):
    whole = optimizer["name"] == "rprop"
    return Simulation(
        Scenario.from_dict(
            {
                "steps": STEPS,
                "task": {"batch": 0 if whole else 32, **task},
                "network": {"depth": 2, "width": 16, "activation": "tanh", "init": "xavier_normal", "dtype": dtype},
                "optimizer": optimizer,
            }
        )
    )


def _model(simulation):
    """The same network in PyTorch, with the same weights."""
    sizes = [64, 16, 16, 10]
    linear = [torch.nn.Linear(*pair) for pair in pairwise(sizes)]
    model = torch.nn.Sequential(linear[0], torch.nn.Tanh(), linear[1], torch.nn.Tanh(), linear[2])
    values = simulation.parameters()
    model = model.to(torch.float64 if next(iter(values.values())).dtype == np.float64 else torch.float32)
    with torch.no_grad():
        for parameter, value in zip(model.parameters(), values.values(), strict=True):
            parameter.copy_(torch.from_numpy(value))
    return model


def _side_by_side(simulation, theirs, tolerance, clip=None, schedule=None, **loss):
    """STEPS steps of both; after each of them all parameters are alike."""
    model = _model(simulation)
    optimizer = theirs(model.parameters())
    scheduler = schedule(optimizer) if schedule else None
    dtype = next(model.parameters()).dtype
    for step in range(STEPS):
        inputs, targets = simulation.batch(step)
        optimizer.zero_grad()
        value = torch.nn.functional.cross_entropy(
            model(torch.tensor(inputs, dtype=dtype)), torch.tensor(targets), **loss
        )
        value.backward()
        if clip:
            clip(list(model.parameters()))
        optimizer.step()
        if scheduler:
            scheduler.step()
        simulation.step()
        assert simulation.loss == pytest.approx(value.item(), rel=max(tolerance, 1e-10) * 10, abs=tolerance)
        for found, wanted in zip(simulation.parameters().values(), model.parameters(), strict=True):
            wanted = wanted.detach().numpy()
            np.testing.assert_allclose(found, wanted, rtol=0, atol=tolerance * np.abs(wanted).max(initial=0.1))


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("case", CASES)
def test_fifty_steps(case, dtype):
    keys, theirs = CASES[case]
    _side_by_side(_simulation(keys, dtype), theirs, TOLERANCE[dtype])


@pytest.mark.parametrize("decay", [0.0, 0.1])
def test_lion(decay):
    """PyTorch has none: its gradients, and the paper's formulas by hand."""
    keys = {"name": "lion", "lr": 0.001, "weight_decay": decay}

    class Lion(optim.Optimizer):
        def __init__(self, parameters):
            super().__init__(parameters, {})
            self.steps = 0

        @torch.no_grad()
        def step(self):
            self.steps += 1
            for parameter in self.param_groups[0]["params"]:
                state = self.state[parameter].setdefault("m", [np.zeros(tuple(parameter.shape))])
                knobs = {**VALUES, "lr": 0.001, "beta2": 0.99, "weight_decay": decay}
                new = naive_optimizers.optimize(
                    "lion", parameter.numpy(), parameter.grad.numpy(), state, self.steps, **knobs
                )
                parameter.copy_(torch.from_numpy(new))

    _side_by_side(_simulation(keys), Lion, 1e-10)


VALUES = {
    "schedule": "constant",
    "schedule_steps": STEPS,
    "step_size": 1,
    "gamma": 1.0,
    "eta_min": 0.0,
    "warmup_steps": 0,
    "start_factor": 1.0,
    "beta1": 0.9,
    "adamw_lr": 1.0,
}

CLIPPING = {
    "norm": ({"clip_norm": 0.3}, lambda p: torch.nn.utils.clip_grad_norm_(p, 0.3)),
    "value": ({"clip_value": 0.01}, lambda p: torch.nn.utils.clip_grad_value_(p, 0.01)),
    "value, then norm": (
        {"clip_value": 0.01, "clip_norm": 0.2},
        lambda p: (torch.nn.utils.clip_grad_value_(p, 0.01), torch.nn.utils.clip_grad_norm_(p, 0.2)),
    ),
    "adaptive": ({"clip_agc": 0.02}, lambda p: _adaptive(p, 0.02)),
}


@torch.no_grad()
def _adaptive(parameters, share):
    """Brock et al. 2021 by hand: rows of weights, whole vectors of biases."""
    for parameter in parameters:
        weight, gradient = (t.reshape(-1, t.shape[-1]) for t in (parameter, parameter.grad))
        allowed = share * weight.norm(dim=1, keepdim=True).clamp(min=1e-3)
        length = gradient.norm(dim=1, keepdim=True)
        gradient.mul_(torch.where(length > allowed, allowed / length, 1.0))


@pytest.mark.parametrize("dtype", TOLERANCE)
@pytest.mark.parametrize("case", CLIPPING)
@pytest.mark.parametrize("rule", ["momentum", "adam", "adamw"])
def test_clipping(rule, case, dtype):
    keys, clip = CLIPPING[case]
    own, theirs = CASES[rule]
    _side_by_side(_simulation({**own, **keys}, dtype), theirs, TOLERANCE[dtype], clip=clip)


def _warm(optimizer, steps=10, start=1 / 3):
    return schedulers.LinearLR(optimizer, start_factor=start, total_iters=steps)


SCHEDULES = {
    "step": (
        {"schedule": "step", "step_size": 7, "gamma": 0.5},
        lambda o: schedulers.StepLR(o, step_size=7, gamma=0.5),
    ),
    "cosine over the scenario": ({"schedule": "cosine"}, lambda o: schedulers.CosineAnnealingLR(o, T_max=STEPS)),
    "cosine there and back": (
        {"schedule": "cosine", "schedule_steps": 20, "eta_min": 1e-4},
        lambda o: schedulers.CosineAnnealingLR(o, T_max=20, eta_min=1e-4),
    ),
    "warm-up": ({"schedule": "warmup", "warmup_steps": 10}, _warm),
    "warm-up of the usual length": ({"schedule": "warmup"}, lambda o: _warm(o, 5)),
    "warm-up, then constant": ({"warmup_steps": 30, "start_factor": 0.01}, lambda o: _warm(o, 30, 0.01)),
    "warm-up and step": (
        {"schedule": "step", "step_size": 7, "gamma": 0.5, "warmup_steps": 10},
        lambda o: schedulers.ChainedScheduler([_warm(o), schedulers.StepLR(o, step_size=7, gamma=0.5)]),
    ),
    "warm-up and cosine": (
        {"schedule": "cosine", "warmup_steps": 10},
        lambda o: schedulers.ChainedScheduler([_warm(o), schedulers.CosineAnnealingLR(o, T_max=STEPS)]),
    ),
}


@pytest.mark.parametrize("case", SCHEDULES)
@pytest.mark.parametrize("rule", ["momentum", "adamw, much decay"])
def test_schedules(rule, case):
    keys, schedule = SCHEDULES[case]
    own, theirs = CASES[rule]
    _side_by_side(_simulation({**own, **keys}), theirs, 1e-10, schedule=schedule)


@pytest.mark.parametrize("smoothing", [0.1, 1.0])
def test_label_smoothing(smoothing):
    own, theirs = CASES["sgd"]
    simulation = _simulation(own, label_smoothing=smoothing)
    _side_by_side(simulation, theirs, 1e-10, label_smoothing=smoothing)
    # The held-out loss is the plain one.
    with torch.no_grad():
        output = _model(simulation)(torch.tensor(simulation.dataset.test_inputs))
        wanted = torch.nn.functional.cross_entropy(output, torch.tensor(simulation.dataset.test_targets))
    assert simulation.evaluate()["loss"] == pytest.approx(wanted.item(), rel=1e-10)
