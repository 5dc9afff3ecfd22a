"""Networks of every structure changed under way: what goes on, what is turned live, what starts again."""

from __future__ import annotations

import numpy as np
import pytest

from gradtui import Scenario, Simulation
from gradtui.lab.changes import Effect

CNN = {"kind": "cnn", "depth": 5, "width": 4, "stages": 2}
LISTED = [{"width": 4, "repeat": 2}, {"kind": "max_pool"}, {"kind": "dense", "width": 6, "dropout": 0.3}]
NETWORKS = {
    "batch norm": {"depth": 3, "width": 6, "norm": "batch"},
    "highway, weight norm": {"depth": 3, "width": 6, "norm": "weight", "skip": "highway"},
    "rezero, layer norm": {"depth": 3, "width": 6, "norm": "layer", "skip": "rezero", "rezero_init": 0.2},
    "dense, group norm": {"depth": 3, "width": 6, "norm": "group", "norm_groups": 2, "skip": "dense"},
    "cnn, projections": {**CNN, "norm": "batch", "skip": "residual"},
    "cnn, rezero": {**CNN, "skip": "rezero", "skip_form": "pre", "downsample": "max"},
    "cnn, highway": {**CNN, "skip": "highway", "norm": "rms"},
    "cnn, list": {"kind": "cnn", "layer": LISTED, "norm": "batch"},
}
CHANGES = ["network.activation=softplus", "optimizer.name=adam", "task.batch=5", "network.dropout=0.25"]


def _simulation(network, **optimizer):
    document = {"network": {"dtype": "float64", "activation": "tanh", **network}, "task": {"batch": 8}, "seed": 2}
    document["optimizer"] = {"name": "momentum", "lr": 0.05, **optimizer}
    return Simulation(Scenario.from_dict(document))


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", NETWORKS)
def test_everything_is_carried_over(name, change):
    """Weights, gates, scales, projections, lengths, running statistics: the next step begins with them."""
    simulation = _simulation(NETWORKS[name])
    simulation.step(4)
    before, drawn = simulation.parameters(), _simulation(NETWORKS[name]).parameters()
    assert all((before[key] != drawn[key]).any() for key in before if "weight" in key or "running" in key)
    changed = simulation.scenario.replace(change)
    assert simulation.change(changed) is Effect.CARRIED
    for key, value in simulation.parameters().items():
        np.testing.assert_array_equal(value, before[key], err_msg=key)
    # A fresh network on the same parameters, at the same step: the gradient is the same.
    fresh = Simulation(changed)
    fresh.step(4)
    fresh.load_parameters(before)
    for each in (simulation, fresh):
        each.step(1)
    for key, value in simulation.gradients().items():
        np.testing.assert_array_equal(value, fresh.gradients()[key], err_msg=key)
    assert simulation.loss == fresh.loss
    running = [key for key in before if "running" in key]
    for key in running:
        np.testing.assert_array_equal(simulation.parameters()[key], fresh.parameters()[key], err_msg=key)


@pytest.mark.parametrize("name", ["batch norm", "rezero, layer norm", "cnn, projections", "cnn, highway"])
def test_there_and_back_is_as_if_nothing_had_been(name):
    """The optimizer's memory of every kind of parameter goes along; a look on the way changes nothing."""
    simulation, straight = _simulation(NETWORKS[name]), _simulation(NETWORKS[name])
    scenario = simulation.scenario
    simulation.step(3)
    for change in ("network.activation=relu", "network.dropout=0.5"):
        simulation.change(simulation.scenario.replace(change))
        simulation.profile()
    simulation.change(scenario)
    simulation.step(3)
    straight.step(6)
    for key, value in straight.parameters().items():
        np.testing.assert_array_equal(simulation.parameters()[key], value, err_msg=key)


@pytest.mark.parametrize("change", CHANGES)
def test_a_profile_after_a_change_is_of_the_step_to_come(change):
    """It tells what it measured, the next batch through the new program, as the step itself will tell again; nothing
    has been updated or clipped, and no step came before."""
    simulation = _simulation(NETWORKS["batch norm"], clip_norm=1e-3)
    simulation.step(4)
    assert simulation.profile().step == 3
    simulation.change(simulation.scenario.replace(change))
    looked = simulation.profile()
    simulation.batch(17)
    again = simulation.profile()
    simulation.step(1)
    stepped = simulation.profile()
    assert looked.step == again.step == stepped.step == 4
    assert looked.loss == stepped.loss
    for gauge in ("update_ratio", "clipped", "turn"):
        assert np.isnan(looked[gauge]).all()
    assert (stepped["clipped"] > 0.0).all()
    for gauge in set(looked.gauges) - {"update_ratio", "clipped", "distance", "dead"}:
        np.testing.assert_array_equal(looked[gauge], stepped[gauge], err_msg=gauge)
        np.testing.assert_array_equal(looked[gauge], again[gauge], err_msg=gauge)


def test_parameters_loaded_after_a_change_are_what_is_measured():
    simulation = _simulation(NETWORKS["batch norm"])
    simulation.step(2)
    simulation.change(simulation.scenario.replace("network.activation=relu"))
    before = simulation.loss
    parameters = simulation.parameters()
    parameters["output.bias"] += 3.0 * np.arange(10)
    simulation.load_parameters(parameters)
    looked = simulation.loss
    assert looked != before
    simulation.step(1)
    assert simulation.loss == looked


@pytest.mark.parametrize(
    ("network", "change"),
    [
        ({"depth": 3, "width": 6, "dropout": 0.2}, "network.dropout=0.6"),
        ({**CNN, "skip": "residual"}, "network.skip_scale=0.3"),
        (
            {"activation": "leaky_relu", "layer": [{"width": 5, "negative_slope": 0.5}, {"width": 5, "repeat": 2}]},
            "network.negative_slope=0.2",
        ),
        (
            {"kind": "cnn", "activation": "elu", "layer": [*LISTED[:2], {**LISTED[2], "alpha": 3.0}]},
            "network.alpha=0.4",
        ),
        ({"layer": [{"width": 5, "dropout": 0.5}, {"width": 5}], "dropout": 0.2}, "network.dropout=0.6"),
    ],
)
def test_a_number_turned_live_is_as_if_it_had_been_so(network, change):
    """But where a listed layer has its own."""
    simulation = _simulation(network)
    simulation.step(3)
    before = simulation.parameters()
    changed = simulation.scenario.replace(change)
    assert simulation.change(changed) is Effect.LIVE
    simulation.step(1)
    fresh, as_it_was = Simulation(changed), _simulation(network)
    for each in (fresh, as_it_was):
        each.step(3)
        each.load_parameters(before)
        each.step(1)
    assert simulation.loss == fresh.loss
    assert simulation.loss != as_it_was.loss
    for key, value in simulation.gradients().items():
        np.testing.assert_array_equal(value, fresh.gradients()[key], err_msg=key)


@pytest.mark.parametrize(
    "change",
    [
        "network.norm=layer",
        "network.norm_momentum=0.5",
        "network.skip=highway",
        "network.skip_form=pre",
        "network.kernel=5",
        "network.head=max",
        "network.stages=1",
        "network.kind=mlp",
        "network.rezero_init=0.5",
    ],
)
def test_another_structure_starts_again(change):
    simulation = _simulation(NETWORKS["cnn, projections"])
    simulation.step(2)
    assert simulation.change(simulation.scenario.replace(change)) is Effect.RESTART
    assert simulation.step_count == 0
    fresh = Simulation(simulation.scenario)
    assert simulation.parameters().keys() == fresh.parameters().keys()
    for key, value in fresh.parameters().items():
        np.testing.assert_array_equal(simulation.parameters()[key], value, err_msg=key)
