"""The signal at every tap, and the split of its gain by cause, against PyTorch's gradients on either side of each."""

from __future__ import annotations

import numpy as np
import pytest

from gradtui import Scenario, Simulation

pytest.importorskip("torch", reason="PyTorch is not installed: gains are not compared with it")

from traced_twin import TracedTwin

CNN = {"kind": "cnn", "width": 4, "activation": "tanh"}
MLP = {"width": 8, "activation": "tanh"}
RESIDUAL = {"skip": "residual", "skip_scale": 0.7, "depth": 6}
STAGED = {"depth": 7, "stages": 3}
LISTED = [
    {"width": 4, "kernel": 5, "activation": "relu"},
    {"kind": "max_pool"},
    {"width": 6, "dropout": 0.2},
    {"width": 6, "norm": "layer"},
    {"kind": "global_average_pool"},
    {"kind": "dense", "width": 6, "repeat": 2},
]
NETWORKS = {
    "plain": {**MLP, "depth": 4},
    "relu": {**MLP, "depth": 4, "activation": "relu", "init": "he_normal"},
    "residual": {**MLP, **RESIDUAL},
    "residual, pre": {**MLP, **RESIDUAL, "skip_form": "pre"},
    "residual, one layer": {**MLP, **RESIDUAL, "skip_every": 1},
    "residual, one layer, pre, batch": {**MLP, **RESIDUAL, "skip_every": 1, "skip_form": "pre", "norm": "batch"},
    "residual, batch": {**MLP, **RESIDUAL, "norm": "batch"},
    "residual, norm behind": {**MLP, **RESIDUAL, "norm": "layer", "norm_place": "after"},
    "rezero": {**MLP, "depth": 6, "skip": "rezero", "rezero_init": -0.3},
    "rezero, pre, rms": {**MLP, "depth": 6, "skip": "rezero", "rezero_init": 0.3, "skip_form": "pre", "norm": "rms"},
    "highway": {**MLP, "depth": 4, "skip": "highway"},
    "highway, norm behind": {**MLP, "depth": 4, "skip": "highway", "norm": "rms", "norm_place": "after"},
    "highway, norm before": {**MLP, "depth": 4, "skip": "highway", "norm": "batch", "dropout": 0.3},
    "dense": {**MLP, "depth": 4, "skip": "dense", "growth_rate": 5},
    "dense, group": {**MLP, "depth": 4, "skip": "dense", "growth_rate": 6, "norm": "group", "norm_groups": 2},
    "dense, norm behind": {**MLP, "depth": 4, "skip": "dense", "norm": "layer", "norm_place": "after", "dropout": 0.1},
    "weight norm": {**MLP, "depth": 3, "norm": "weight", "dropout": 0.2},
    "cnn": {**CNN, "depth": 3},
    "cnn, stages": {**CNN, **STAGED, "activation": "relu", "init": "he_normal"},
    "cnn, max, batch behind": {**CNN, **STAGED, "downsample": "max", "norm": "batch", "norm_place": "after"},
    "cnn, residual": {**CNN, **STAGED, "skip": "residual", "norm": "batch"},
    "cnn, residual, pre": {**CNN, **STAGED, "skip": "residual", "skip_form": "pre", "norm": "group", "norm_groups": 2},
    "cnn, residual, max": {**CNN, **STAGED, "skip": "residual", "downsample": "max", "skip_scale": 0.5},
    "cnn, rezero, average": {**CNN, **STAGED, "skip": "rezero", "rezero_init": 0.5, "downsample": "average"},
    "cnn, highway": {**CNN, **STAGED, "skip": "highway", "norm": "layer", "head": "max"},
    "cnn, dense": {**CNN, "depth": 4, "skip": "dense", "growth_rate": 3, "head": "flatten", "dropout": 0.2},
    "cnn, list": {**CNN, "layer": LISTED},
    "cnn, list, highway": {**CNN, "layer": LISTED, "skip": "highway"},
    "cnn, list, residual": {**CNN, "layer": LISTED, "skip": "residual", "skip_every": 1},
    "cnn, a dense layer on images": {**CNN, "layer": LISTED[2:3] + LISTED[5:]},
}
PARTS = ("gain_weight", "gain_slope", "gain_norm", "gain_skip")


def _simulation(network, seed=3, **optimizer):
    document = {"network": {"dtype": "float64", **network}, "task": {"batch": 6}, "seed": seed, "optimizer": optimizer}
    return Simulation(Scenario.from_dict(document))


@pytest.mark.parametrize("name", NETWORKS)
def test_the_signal_and_its_gain_by_cause(name):
    """As drawn, and of a step after which the parameters are others."""
    simulation = _simulation(NETWORKS[name])
    for step in range(3):
        twin = TracedTwin(simulation, step)
        simulation.step(1)
        profile = simulation.profile()
        assert profile.loss == pytest.approx(twin.loss, rel=1e-10)
        np.testing.assert_allclose(profile["delta_rms"], twin.delta_rms, rtol=1e-8)
        for gauge, factors in (("gain_slope", twin.slopes), ("gain_norm", twin.norms), ("gain_skip", twin.skips)):
            np.testing.assert_allclose(profile[gauge], np.log10(factors), atol=1e-8, err_msg=gauge)
        parts = sum(profile[part] for part in PARTS)
        np.testing.assert_allclose(parts[1:], profile["gain"][1:], atol=1e-9)
        delta = profile["delta_rms"]
        np.testing.assert_allclose(profile["gain"][1:], np.log10(delta[:-1] / delta[1:]), atol=1e-9)


@pytest.mark.parametrize("form", ["post", "pre"])
@pytest.mark.parametrize("shape", [MLP, CNN])
@pytest.mark.parametrize("every", [1, 2])
@pytest.mark.parametrize("norm", ["none", "batch", "layer"])
def test_a_closed_branch_is_the_skips_doing_alone(form, shape, every, norm):
    """ReZero as it begins: where a gain is known, so is its split, whatever the update has made of alpha."""
    network = {**shape, "depth": 5, "skip": "rezero", "skip_form": form, "skip_every": every, "norm": norm}
    simulation = _simulation(network, lr=0.5)
    simulation.profile()
    for _ in range(2):
        profile = simulation.profile()
        known = ~np.isnan(profile["gain"])
        parts = [profile[part][known] for part in PARTS]
        np.testing.assert_array_equal(np.isfinite(sum(parts)), np.isfinite(profile["gain"][known]))
        np.testing.assert_allclose(sum(parts), profile["gain"][known], atol=1e-9)
        assert np.isfinite(parts[0]).all()
        simulation.step(1)
    assert simulation.step_count == 2


def test_a_factor_turned_after_the_step_splits_no_earlier_signal():
    simulation = _simulation({**MLP, **RESIDUAL})
    simulation.step(1)
    before = simulation.profile()
    simulation.change(simulation.scenario.replace("network.skip_scale=0.01"))
    after = simulation.profile()
    for part in PARTS:
        np.testing.assert_array_equal(after[part], before[part])
    simulation.step(1)
    assert simulation.profile()["gain_skip"][2] < before["gain_skip"][2] - 1.0
