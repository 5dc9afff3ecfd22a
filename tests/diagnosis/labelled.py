"""Drawn scenarios with a label each: what a doctor who knows the factors and the outcome would say first.

A label never comes from the judges. It rests on what theory says of weights as drawn (the mean-field recursion, worked
out here once more by plain quadrature), on what holds by construction (weights that are all zero, a batch of two), and
on outcomes: what the network has come to is measured by its answers and its parameters, not by its gauges. A case whose
outcome is not what its label says counts as not shown; a bench of those would be no bench.
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import naive
import numpy as np

from gradtui import Scenario, Simulation

Outcome = Callable[[Simulation], bool]


@dataclass(frozen=True)
class Case:
    """One scenario, run for `steps`. Any of `right` is a right first verdict, `also` must be among all of them."""

    label: str
    right: frozenset[str]
    document: dict[str, Any]
    steps: int
    why: str
    outcome: Outcome | None = field(default=None, compare=False)
    also: str = ""
    decide: Callable[[Simulation], str] | None = field(default=None, compare=False)
    """Says the label after the run, where the draw leaves it open; "" where nobody could say."""

    @property
    def scenario(self) -> Scenario:
        return Scenario.from_dict(self.document)


def case(label, document, steps=0, why="", *, right=(), outcome=None, also=""):
    """A case whose right answers are its label, or those of `right` where two are truly right."""
    return Case(label, frozenset(right or (label,)), {**document, "steps": max(steps, 1)}, steps, why, outcome, also)


def document(rng: random.Random, network, task=None, optimizer=None, **tables):
    """The tables of a scenario file on the digits, with a seed of its own."""
    return {
        "seed": rng.randrange(10_000),
        "task": {"name": "digits", "batch": rng.choice([32, 64]), **(task or {})},
        "network": network,
        "optimizer": {"name": "sgd", "lr": 0.05, **(optimizer or {})},
        **tables,
    }


# Theory: sqrt(chi) a layer, q -> variance E phi^2 (Poole et al. 2016; Schoenholz et al. 2017), by a plain sum

_COMB = np.linspace(-9.0, 9.0, 1_801)
_DENSITY = np.exp(-(_COMB**2) / 2.0) / math.sqrt(2.0 * math.pi) * (_COMB[1] - _COMB[0])
#: n Var(W) of each scheme between layers of the same width n.
VARIANCES = {
    "uniform": 1.0 / 3.0,
    "lecun_normal": 1.0,
    "lecun_uniform": 1.0,
    "xavier_normal": 1.0,
    "xavier_uniform": 1.0,
    "he_normal": 2.0,
    "he_uniform": 2.0,
}


def _phi(name):
    if name == "prelu":
        return lambda x: naive.leaky_relu(x, 0.25)
    if name in naive.BENT:
        first = {"leaky_relu": 0.01, "softplus": 1.0, "elu": 1.0, "celu": 1.0}[name]
        functions = {"leaky_relu": naive.leaky_relu, "softplus": naive.softplus, "elu": naive.elu, "celu": naive.celu}
        return lambda x: functions[name](x, first)
    return naive.ACTIVATIONS[name]


_FACTORS: dict[tuple[str, float, int], tuple[float, ...]] = {}


def way_back(activation: str, variance: float, depth: int) -> float:
    """log10 of what the first of `depth` layers hears of what the last hears, by the recursion; inputs of size 1."""
    key = activation, variance, depth
    if key not in _FACTORS:
        phi, q, total = _phi(activation), variance, 0.0
        for layer in range(depth):
            value, slope = phi(math.sqrt(q) * _COMB)
            if layer:
                total += 0.5 * math.log10(variance * (slope**2 * _DENSITY).sum())
            q = variance * (value**2 * _DENSITY).sum()
        _FACTORS[key] = (total, q)
    return _FACTORS[key][0]


def size(activation: str, variance: float, depth: int) -> float:
    """The mean square of what the last of `depth` layers is given, by the same recursion."""
    way_back(activation, variance, depth)
    return _FACTORS[activation, variance, depth][1]


def flat_share(activation: str, gain: float) -> float:
    """The smallest share, over the layers, of units whose slope is below 5 % of the largest, with Xavier times `gain`:
    the inputs are wider than a squashed layer's outputs, so it is a middle layer's."""
    phi = _phi(activation)
    value, _ = phi(gain * _COMB)
    spread = gain * math.sqrt((value**2 * _DENSITY).sum())
    slope = phi(spread * _COMB)[1]
    return float(_DENSITY[slope < 0.05 * phi(np.zeros(1))[1][0]].sum())


# Outcomes


def learned(share: float = 0.9) -> Outcome:
    """So many held-out examples are right."""
    return lambda simulation: simulation.evaluate()["accuracy"] >= share


def low_loss(size: float) -> Outcome:
    return lambda simulation: simulation.evaluate()["loss"] <= size


def high_loss(size: float) -> Outcome:
    return lambda simulation: size <= simulation.evaluate()["loss"] < math.inf


def at_chance(simulation: Simulation) -> bool:
    """Held-out loss no better than 0.1 below that of who guesses, and hardly more right than by guessing."""
    found, answers = simulation.evaluate(), simulation.dataset.outputs
    answers = max(answers, 2)
    return found["loss"] > math.log(answers) - 0.1 and found["accuracy"] < 1.0 / answers + 0.12


def not_learned(simulation: Simulation) -> bool:
    """Clearly worse than a linear classifier, which has 95 % of the digits."""
    return simulation.evaluate()["accuracy"] < 0.5


def broken(simulation: Simulation) -> bool:
    """A parameter, or the answer to a held-out example, is no number."""
    answers = simulation.outputs(simulation.dataset.test_inputs[:50])
    return not (np.isfinite(answers).all() and all(np.isfinite(p).all() for p in simulation.parameters().values()))


def blown_up(simulation: Simulation) -> bool:
    """The held-out loss is many times that of who guesses, and still a number."""
    return 3.0 * math.log(max(simulation.dataset.outputs, 2)) < simulation.evaluate()["loss"] < math.inf


def silent(share: float) -> Outcome:
    """In the worst hidden layer of a plain ReLU network so many units answer no training example, by a forward pass in
    NumPy."""

    def outcome(simulation: Simulation) -> bool:
        x = simulation.dataset.train_inputs.reshape(len(simulation.dataset.train_inputs), -1).astype(np.float64)
        parameters, worst = simulation.parameters(), 0.0
        for n in range(sum(name.startswith("hidden") and name.endswith("weight") for name in parameters)):
            x = np.maximum(x @ parameters[f"hidden.{n}.weight"].T + parameters[f"hidden.{n}.bias"], 0.0)
            worst = max(worst, float((x == 0.0).all(axis=0).mean()))
        return worst >= share

    return outcome


def alike(activation: str) -> Outcome:
    """The last hidden layer of a plain network says the same to everyone: the mean cosine between what it says to two
    held-out examples is above 0.999, by a forward pass in NumPy."""
    phi = _phi(activation)

    def outcome(simulation: Simulation) -> bool:
        x, parameters = simulation.dataset.test_inputs[:100].astype(np.float64), simulation.parameters()
        for n in range(sum(name.startswith("hidden") and name.endswith("weight") for name in parameters)):
            x = phi(x @ parameters[f"hidden.{n}.weight"].T + parameters[f"hidden.{n}.bias"])[0]
        return naive.similarity(x) > 0.999

    return outcome


def one_class(simulation: Simulation) -> bool:
    """Nearly all held-out examples get the same answer."""
    answers = simulation.outputs(simulation.dataset.test_inputs[:300]).argmax(axis=1)
    return bool(np.bincount(answers).max() > 0.95 * len(answers))


def rounded_off(simulation: Simulation) -> bool:
    """Nearly all of the second layer's gradient is exactly 0."""
    return bool((simulation.gradients()["hidden.1.weight"] == 0.0).mean() > 0.9)


def both(*outcomes: Outcome) -> Outcome:
    return lambda simulation: all(outcome(simulation) for outcome in outcomes)
