"""The causes of a gain add up to it, and it is what the signals say, in every kind of layer and after training."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
import pytest

from gradtui import Scenario, Simulation

PARTS = ("gain_weight", "gain_slope", "gain_norm", "gain_skip")
TANH = {"width": 12, "depth": 5, "activation": "tanh"}
IMAGES = {"kind": "cnn", "width": 6, "depth": 5, "activation": "relu", "init": "he_normal"}
NORMS = {
    f"{norm}, {place}": {**TANH, "norm": norm, "norm_place": place, "norm_groups": 3}
    for norm in ("batch", "layer", "rms", "group", "weight")
    for place in ("before", "after")
}
SKIPS = {
    f"{skip}, {form}": {**TANH, "skip": skip, "skip_form": form, "rezero_init": 0.3, "skip_scale": -0.6}
    for skip in ("residual", "rezero")
    for form in ("post", "pre")
}
LISTED = [
    {"width": 4},
    {"kind": "max_pool"},
    {"width": 6, "norm": "group", "norm_groups": 2},
    {"kind": "average_pool"},
    {"kind": "dense", "width": 9, "repeat": 2, "dropout": 0.3},
]
NETWORKS = {
    "plain": TANH,
    "a layer alone": {**TANH, "depth": 1},
    "steep": {**TANH, "activation": "selu", "init_gain": 3.0},
    "prelu": {**TANH, "activation": "prelu", "prelu_share": "unit"},
    "dropout": {**TANH, "dropout": 0.4},
    **NORMS,
    **SKIPS,
    "residual, norm and dropout": {**TANH, "skip": "residual", "norm": "batch", "dropout": 0.2, "skip_every": 1},
    "residual, pre, norm behind": {
        **TANH,
        "skip": "residual",
        "skip_form": "pre",
        "norm": "layer",
        "norm_place": "after",
    },
    "highway": {**TANH, "skip": "highway", "dropout": 0.2},
    "highway, norm": {**TANH, "skip": "highway", "norm": "rms", "highway_bias": 1.0},
    "dense": {**TANH, "skip": "dense", "growth_rate": 7, "dropout": 0.2},
    "dense, norm": {**TANH, "skip": "dense", "growth_rate": 6, "norm": "batch"},
    "images": IMAGES,
    "images, stages": {**IMAGES, "depth": 7, "stages": 3, "downsample": "max", "norm": "batch"},
    "images, residual": {**IMAGES, "depth": 7, "stages": 2, "skip": "residual", "norm": "layer"},
    "images, residual, pre": {**IMAGES, "depth": 7, "stages": 2, "skip": "residual", "skip_form": "pre"},
    "images, highway": {**IMAGES, "skip": "highway", "head": "max"},
    "images, dense": {**IMAGES, "skip": "dense", "growth_rate": 4, "downsample": "average", "head": "flatten"},
    "pools between": {"kind": "cnn", "activation": "tanh", "layer": LISTED},
}


@pytest.mark.parametrize("name", NETWORKS)
def test_causes_add_up(name):
    document = {"network": NETWORKS[name], "task": {"batch": 16}, "optimizer": {"lr": 0.05}}
    simulation = Simulation(Scenario.from_dict(document))
    for steps in (0, 1, 20):
        simulation.step(steps)
        profile = simulation.profile(count_dead=False)
        assert math.isnan(profile["gain"][0])
        np.testing.assert_allclose(sum(profile[part] for part in PARTS)[1:], profile["gain"][1:], atol=1e-6)
        signals = [math.log10(below / above) for below, above in pairwise(profile["delta_rms"])]
        np.testing.assert_allclose(profile["gain"][1:], signals, atol=1e-6)
        normed = NETWORKS[name].get("norm", "none") not in ("none", "weight")
        assert (np.abs(profile["gain_norm"][:-1]) > 1e-6).all() == normed or name == "pools between"
        if "skip" not in NETWORKS[name]:
            assert (profile["gain_skip"] == 0.0).all()
        else:
            assert (profile["gain_skip"] != 0.0).any()


LINEAR = {"activation": "identity"}
#: A change, the cause that it must show in, and its factor there.
CHANGES = {
    "twice the weights": (LINEAR, {**LINEAR, "init_gain": 2.0}, {"gain_weight": 2.0}),
    "a gentler slope": (
        LINEAR,
        {"activation": "leaky_relu", "negative_slope": 0.25},
        {"gain_slope": math.sqrt((1 + 0.25**2) / 2)},
    ),
    # A norm undoes on the way back what it undoes on the way up.
    "a norm behind large weights": (
        {**LINEAR, "norm": "rms"},
        {**LINEAR, "norm": "rms", "init_gain": 4.0},
        {"gain_weight": 4.0, "gain_norm": 0.25},
    ),
    # h = x / 2 + W x / 2, and as much comes back.
    "a gate half open": (LINEAR, {**LINEAR, "skip": "highway", "highway_bias": 0.0}, {"gain_skip": None}),
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_shows_in_its_own_cause(name):
    def gains(network):
        document = {"network": {"width": 256, "depth": 3, "dtype": "float64", **network}, "task": {"batch": 32}}
        profile = Simulation(Scenario.from_dict(document)).profile(count_dead=False)
        return {part: profile[part][2] for part in PARTS}

    base, changed, factors = CHANGES[name]
    before, after = gains(base), gains(changed)
    for part in PARTS:
        factor = factors.get(part, 1.0)
        if factor is None:
            assert abs(after[part] - before[part]) > 0.1
        else:
            assert after[part] - before[part] == pytest.approx(math.log10(factor), abs=0.03)
