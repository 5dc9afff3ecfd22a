"""The largest slope of each activation, held against what is known of it."""

from __future__ import annotations

import math

import pytest

from gradtui import Scenario
from gradtui.theory.activations import ACTIVATIONS, steepest

KNOWN = {
    "identity": 1.0,
    "sigmoid": 0.25,
    "tanh": 1.0,
    "relu": 1.0,
    "leaky_relu": 1.0,
    "elu": 1.0,
    "selu": 1.758099,
    "celu": 1.0,
    "gelu": 1.128904,
    "silu": 1.099839,
    "mish": 1.088498,
    "softplus": 1.0,
    "softsign": 1.0,
    "hard_sigmoid": 1.0 / 6.0,
    "hard_tanh": 1.0,
}


@pytest.mark.parametrize("name", KNOWN)
def test_it_is_the_one_that_is_known(name):
    found = steepest(Scenario.from_dict({"network": {"activation": name}}).network)
    # Softplus comes near its largest slope, and never there.
    assert found == pytest.approx(KNOWN[name], abs=5e-7 if name != "softplus" else 3e-3)


def test_a_bend_changes_it():
    network = {"activation": "leaky_relu", "negative_slope": 1.5}
    assert steepest(Scenario.from_dict({"network": network}).network) == 1.5
    assert steepest(Scenario.from_dict({"network": {"activation": "elu", "alpha": 3.0}}).network) == pytest.approx(
        3.0, 1e-3
    )


def test_slopes_that_are_learned_have_none_and_all_others_one():
    for name in ACTIVATIONS:
        found = steepest(Scenario.from_dict({"network": {"activation": name}}).network)
        assert math.isnan(found) == (name == "prelu")
