"""Verdicts on networks whose fate is known from theory or from the papers."""

import math

import pytest

from gradtui import Scenario, Simulation
from gradtui.diagnosis import diagnose


def verdict(steps=0, **network):
    optimizer = network.pop("optimizer", {})
    scenario = Scenario.from_dict({"network": network, "optimizer": optimizer})
    simulation = Simulation(scenario)
    simulation.step(steps)
    return diagnose(simulation.profile(), scenario)


@pytest.mark.parametrize(
    ("network", "kind"),
    [
        ({"depth": 30}, "vanishing"),
        ({"depth": 2}, "healthy"),
        ({"depth": 0}, "healthy"),
        ({"depth": 30, "activation": "relu", "init": "he_normal"}, "healthy"),
        ({"depth": 30, "activation": "relu", "init": "xavier_normal"}, "vanishing"),
        ({"depth": 30, "activation": "tanh", "init": "xavier_normal"}, "healthy"),
        ({"depth": 30, "activation": "tanh", "init": "uniform"}, "vanishing"),
        ({"depth": 30, "activation": "identity", "init": "he_normal"}, "exploding"),
        ({"depth": 30, "activation": "relu", "init": "normal", "init_std": 0.3}, "exploding"),
        ({"depth": 8, "activation": "relu", "init_bias": -20.0}, "dying"),
        ({"depth": 70}, "vanishing"),
    ],
)
def test_known_cases_at_step_0(network, kind):
    assert verdict(**network).kind == kind


def test_the_factor_of_a_deep_sigmoid_net_is_the_one_of_theory():
    found = verdict(depth=30, width=256)
    assert found.factor == pytest.approx(0.236, rel=0.03)
    assert f"×{found.factor:.3g} a layer" in found.sentence
    assert "φ'" in found.sentence


def test_underflow_is_said():
    assert "float32" in verdict(depth=70).sentence
    assert "float32" not in verdict(depth=70, dtype="float64").sentence


def test_no_way_no_factor():
    assert math.isnan(verdict(depth=0).factor)


def test_nan_is_named():
    found = verdict(steps=40, depth=8, activation="identity", optimizer={"lr": 1e6})
    assert found.kind == "nonfinite"
    assert "NaN or inf" in found.sentence
    assert "the loss is NaN" in found.sentence


@pytest.mark.parametrize(
    ("dead", "distance", "words"),
    [
        ((0.0, 1.0, 0.0), 0.0, "all units of layer 2 are dead: no example and no gradient gets past it"),
        ((0.98, 0.5, 0.0), 0.5, "98% of the units of layer 1 are dead: they answer no training example any more"),
        ((0.98, 0.5, 0.0), 0.0, "98% of the units of layer 1 are dead: they answer no training example"),
    ],
)
def test_dead_units_are_said_to_stop_all_only_where_none_is_left(dead, distance, words):
    scenario = Scenario.from_dict({"network": {"depth": 2}})
    profile = Simulation(scenario).profile()
    profile.gauges["dead"][:] = dead
    profile.gauges["distance"][:] = distance
    assert diagnose(profile, scenario).sentence == words
