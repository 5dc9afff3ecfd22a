"""Networks of 32 units, whose chance is followed to second order, in the mean over many."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gradtui import Scenario, Simulation

NETS, DEPTH = 120, 10


@pytest.mark.parametrize("activation", ["identity", "tanh"])
def test_the_mean_logarithm_is_within_half_a_per_cent_a_layer(activation):
    """Straight units hear most of it that errors and outputs have something in common: without it they are 1 % off."""
    network = {"depth": DEPTH, "width": 32, "activation": activation, "init": "xavier_normal"}
    off = []
    for seed in range(5000, 5000 + NETS):
        simulation = Simulation(Scenario.from_dict({"network": network, "task": {"batch": 64}, "seed": seed}))
        found, delta = simulation.theory(), simulation.profile(count_dead=False)["delta_rms"]
        measured = math.log(delta[0] / delta[DEPTH - 1])
        off.append((measured - math.log(found.delta[0] / found.delta[DEPTH - 1])) / (DEPTH - 1))
    assert np.mean(off) == pytest.approx(0.0, abs=0.005)
