"""Whole programs, uncompiled: every index of every kernel bounds-checked, and the same numbers as the compiled run."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import small_networks

from gradtui import Scenario, tasks
from gradtui.engine import assembly, batches
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
        checked._looked = checked._stepped = True
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
    _passes_agree(checked, compiled, 7, 1e-12)


def _passes_agree(checked, compiled, rows, rtol):
    """Evaluation and census of the first training examples, uncompiled and compiled."""
    for census in (False, True):
        for network in (checked, compiled):
            network._view("census")[:] = 0.0
            network._view("pass_x")[:rows] = network.dataset.train_inputs[:rows]
            network._view("pass_targets")[:rows] = network.dataset.train_targets[:rows]
        assembly.evaluation(checked._plan, rows, census).run_checked(checked._arena)
        assembly.evaluation(compiled._plan, rows, census).link(compiled._arena).run()
        for name in ("pass_report", "census"):
            np.testing.assert_allclose(checked._view(name), compiled._view(name), rtol=rtol, err_msg=name)


def _pair(name, **network):
    scenario = small_networks.scenario(name, **network)
    return tuple(Network(scenario, tasks.load(scenario.task, scenario.seed)) for _ in range(2))


def _agree(checked, compiled, context):
    """NaN for NaN, and else but for the order of sums."""
    assert checked.keys() == compiled.keys()
    for name, values in compiled.items():
        np.testing.assert_allclose(checked[name], values, rtol=1e-6, atol=1e-9, err_msg=f"{context}: {name}")


@pytest.mark.parametrize("clip", [False, True])
@pytest.mark.parametrize("name", small_networks.NETWORKS)
def test_every_stage(name, clip):
    """A look, a step with and without clipping, the gauges, evaluation and census: no index outside its array, and
    the same numbers as compiled."""
    checked, compiled = _pair(name, activation="relu") if clip else _pair(name)
    if clip:
        scenario = checked.scenario.replace("optimizer.clip_norm=0.1", "optimizer.clip_value=0.01")
        for network in (checked, compiled):
            network.set_knobs(scenario)
    program = assembly.training_step(checked._plan, Clipping(locally=clip, globally=clip))
    with np.errstate(all="ignore"):
        if clip:
            program.run_checked(checked._arena)
            compiled.step(1)
            checked._stepped = True
        else:
            assembly.look(checked._plan).run_checked(checked._arena)
            assembly.look(compiled._plan).link(compiled._arena).run()
            compiled._looked = True
        checked._looked = True
        assembly.inspection_of(checked._plan).run_checked(checked._arena)
    checked._inspect = _Nothing()
    _agree(checked.parameters(), compiled.parameters(), "parameters")
    _agree(checked.gradients(), compiled.gradients(), "gradients")
    _agree(checked.gauges(count_dead=False), compiled.gauges(count_dead=False), "gauges")
    _passes_agree(checked, compiled, 2, 1e-10)


@pytest.mark.parametrize("name", small_networks.NETWORKS)
def test_what_is_needed_later_is_compiled_at_first(name):
    """Whoever looks, evaluates or turns clipping on does not wait for a compiler."""
    scenario = small_networks.scenario(name)
    made = plan(scenario, tasks.load(scenario.task, scenario.seed))
    clippings = [Clipping(locally, globally) for locally in (False, True) for globally in (False, True)]
    steps = [assembly.training_step(made, clipping) for clipping in clippings]
    others = [assembly.look(made), assembly.inspection_of(made), batches.feed(made)]
    others += [assembly.evaluation(made, made.chunk, census) for census in (False, True)]
    wanted = {routine for program in steps + others for routine in program.routines()}
    assert wanted <= {*steps[0].routines(), *assembly.later_routines(made)}


class _Nothing:
    """A program that has been run already."""

    def run(self):
        """Nothing is left to do."""


def test_a_batch_larger_than_the_data_is_refused_before_there_is_memory():
    network = _network("bce")
    with pytest.raises(ScenarioError, match=r"task\.batch = 500 is more than the \d+ training examples of moons"):
        plan(network.scenario.replace("task.batch=500"), network.dataset)
