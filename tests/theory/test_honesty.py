"""A prediction is right or is not given: networks drawn from all over the menu, the gains from 0.01 to 1,000 and the
widths from a single unit on, beside what they measure."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gradtui import Scenario, Simulation
from gradtui.theory import Prediction, predict
from gradtui.theory.activations import ACTIVATIONS
from gradtui.theory.prediction import BY_CHANCE

#: Bends of those activations that have one, as powers of ten.
BENT = {
    "elu": ("alpha", (-2, 3)),
    "celu": ("alpha", (-2, 3)),
    "softplus": ("beta", (-2, 2)),
    "leaky_relu": ("negative_slope", (-3, 0)),
}
SEEDS = 4


def _drawn(seed):
    """(network, batch)."""
    random = np.random.default_rng(seed)
    name = str(random.choice(list(ACTIVATIONS)))
    network = {
        "activation": name,
        "init": str(random.choice(["xavier_normal", "he_normal", "lecun_uniform"])),
        "init_gain": float(10.0 ** random.uniform(-2.0, 3.0)) if random.random() < 0.6 else 1.0,
        "depth": int(random.choice([3, 6, 12, 25])),
        "width": int(random.choice([1, 2, 4, 8, 16, 64, 256])),
        "dtype": "float64",
    }
    if name in BENT:
        key, powers = BENT[name]
        network[key] = float(10.0 ** random.uniform(*powers))
    if random.random() < 0.3:
        network["init_bias"] = float(10.0 ** random.uniform(-2.0, 1.0) * random.choice([-1.0, 1.0]))
    return network, int(random.choice([1, 32]))


def _strays(network, batch) -> float | None:
    """By how much ln of the whole factor is off in the mean of some networks, over what chance and one per cent a layer
    allow; None without a prediction or anything to hold it against."""
    off, found = [], Prediction()
    for seed in range(SEEDS):
        scenario = Scenario.from_dict({"network": network, "task": {"batch": batch}, "seed": seed})
        simulation = Simulation(scenario)
        found = simulation.theory()
        if not found.known:
            return None
        delta = simulation.profile(count_dead=False)["delta_rms"]
        # A saturated softmax has nothing to say to its one example.
        if delta[-1] > 0.0:
            with np.errstate(divide="ignore"):
                measured, predicted = np.log(delta[0] / delta[-1]), np.log(found.delta[0])
            off.append(0.0 if measured == predicted else measured - predicted)
    if not off:
        return None
    # One of them may be dead to its one example: 2^-8 a layer of 8 rectifiers.
    if sum(map(math.isinf, off)) == 1:
        off = [each for each in off if math.isfinite(each)]
    # The spread is itself a mean over networks, and with few units its tails are long.
    allowed = 0.05 + 0.01 * network["depth"] + 4.0 * found.spread[0] / math.sqrt(len(off))
    return float(abs(np.mean(off)) / allowed)


def _rights(seeds) -> list[bool]:
    strays = [_strays(*_drawn(seed)) for seed in seeds]
    return [stray <= 1.0 for stray in strays if stray is not None]


def test_drawn_networks_keep_to_their_predictions():
    rights = _rights(range(24))
    assert len(rights) > 12
    assert all(rights)


@pytest.mark.long
def test_many_drawn_networks_keep_to_their_predictions():
    rights = _rights(range(1000, 1400))
    assert len(rights) > 200
    assert np.mean(rights) > 0.99


#: Steep where few units are, flat where all others are; and layers that are too narrow for a mean.
CHANCE = {
    "softsign, gain 1000": {"activation": "softsign", "init_gain": 1000.0},
    "sigmoid, gain 600": {"activation": "sigmoid", "init_gain": 600.0, "width": 64},
    "hard tanh, gain 500": {"activation": "hard_tanh", "init_gain": 500.0},
    "elu, alpha 300": {"activation": "elu", "alpha": 300.0, "width": 64, "init": "xavier_normal"},
    "relu, two units": {"activation": "relu", "width": 2, "init": "he_normal"},
    "mish, sizes at a loss": {"activation": "mish", "width": 16, "depth": 25, "init": "he_normal"},
    "residual": {"activation": "softsign", "init_gain": 900.0, "width": 16, "skip": "residual"},
    "highway": {"activation": "gelu", "init_gain": 100.0, "width": 8, "skip": "highway", "depth": 12},
}


@pytest.mark.parametrize("name", CHANCE)
def test_where_chance_rules_there_is_none(name):
    network = {"depth": 6, "width": 128, **CHANCE[name]}
    found = Simulation(Scenario.from_dict({"network": network, "task": {"batch": 8}})).theory()
    assert found.reason == BY_CHANCE


@pytest.mark.parametrize("gain", [0.01, 1.0, 100.0])
@pytest.mark.parametrize("activation", ["tanh", "relu", "gelu", "selu", "softplus"])
def test_wide_networks_have_one(activation, gain):
    network = {"depth": 6, "width": 512, "activation": activation, "init_gain": gain}
    assert predict(Scenario.from_dict({"network": network, "task": {"batch": 32}}), 0.4, 10).known


def test_what_is_dead_for_certain_is_known_to_be():
    network = {"depth": 4, "width": 64, "activation": "relu", "init": "he_normal", "init_bias": -10.0}
    simulation = Simulation(Scenario.from_dict({"network": network, "task": {"batch": 8}}))
    assert simulation.theory().delta[0] == simulation.profile(count_dead=False)["delta_rms"][0] == 0.0
