"""Whole programs, uncompiled: every index of every kernel bounds-checked, and the same numbers as the compiled run."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from gradtui import Scenario, tasks
from gradtui.engine import assembly
from gradtui.engine.construction import plan
from gradtui.engine.network import Network
from gradtui.engine.updating import Clipping
from gradtui.scenario.errors import ScenarioError

LOSSES = {
    "cross_entropy": {"name": "digits", "batch": 3},
    "bce": {"name": "moons", "batch": 5, "examples": 12},
    "mse": {"name": "xor", "batch": 70, "examples": 100, "loss": "mse"},
}


def _network(loss, activation="relu", optimizer="sgd", clip_norm=0.0, depth=2):
    scenario = Scenario.from_dict(
        {
            "task": LOSSES[loss],
            "network": {"depth": depth, "width": 4, "activation": activation, "init": "he_normal", "dtype": "float64"},
            "optimizer": {"name": optimizer, "lr": 0.05, "clip_norm": clip_norm},
        }
    )
    return Network(scenario, tasks.load(scenario.task, scenario.seed))


@pytest.mark.parametrize(
    ("loss", "optimizer", "clip_norm"), list(itertools.product(LOSSES, ["sgd", "momentum", "adam"], [0.0, 0.1]))
)
def test_a_training_step(loss, optimizer, clip_norm):
    """Three steps, and the gauges of the last one."""
    for activation in ("relu", "sigmoid", "tanh", "identity"):
        compiled, checked = (_network(loss, activation, optimizer, clip_norm) for _ in range(2))
        program = assembly.training_step(checked._plan, Clipping(locally=False, globally=clip_norm > 0.0))
        with np.errstate(all="ignore"):
            for _ in range(3):
                program.run_checked(checked._arena)
        compiled.step(3)
        assert checked.step_count == compiled.step_count == 3
        for name, value in compiled.parameters().items():
            np.testing.assert_allclose(checked.parameters()[name], value, rtol=1e-9, atol=1e-12, err_msg=name)
        checked._looked = True
        wanted = compiled.gauges()
        with np.errstate(all="ignore"):
            assembly.inspection_of(checked._plan).run_checked(checked._arena)
        for gauge, values in checked.gauges().items():
            np.testing.assert_allclose(values, wanted[gauge], rtol=1e-6, atol=1e-9, err_msg=gauge)


@pytest.mark.parametrize("depth", [0, 1, 3])
@pytest.mark.parametrize("loss", LOSSES)
def test_passes_over_a_data_set(loss, depth):
    """A chunk of examples through the network for its loss, and for the census of silent units."""
    compiled, checked = (_network(loss, depth=depth) for _ in range(2))
    for census in (False, True):
        for network in (compiled, checked):
            network._view("census")[:] = 0.0
            network._view("pass_x")[:7] = network.dataset.train_inputs[:7]
            network._view("pass_targets")[:7] = network.dataset.train_targets[:7]
        assembly.evaluation(checked._plan, 7, census).run_checked(checked._arena)
        assembly.evaluation(compiled._plan, 7, census).link(compiled._arena).run()
        for name in ("pass_report", "census"):
            np.testing.assert_allclose(checked._view(name), compiled._view(name), rtol=1e-12, err_msg=name)


def test_a_batch_larger_than_the_data_is_refused_before_there_is_memory():
    network = _network("bce")
    with pytest.raises(ScenarioError, match=r"task\.batch = 500 is more than the \d+ training examples of moons"):
        plan(network.scenario.replace("task.batch=500"), network.dataset)
