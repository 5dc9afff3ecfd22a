"""Knobs of training turned under way: the run goes on as if it had been built that way."""

from __future__ import annotations

import numpy as np
import pytest

from gradtui import Scenario, Simulation
from gradtui.lab.changes import Effect
from gradtui.scenario.errors import ScenarioError

SMALL = {"task": {"batch": 32}, "network": {"depth": 2, "width": 16, "activation": "tanh", "dtype": "float64"}}


def _after(simulation, steps):
    simulation.step(steps)
    return np.concatenate([value.ravel() for value in simulation.parameters().values()])


@pytest.mark.parametrize(
    ("before", "change"),
    [
        ({"name": "sgd", "weight_decay": 0.3}, "optimizer.weight_decay=0.0"),
        ({"name": "sgd", "schedule": "step", "step_size": 1}, "optimizer.schedule=constant"),
        ({"name": "sgd", "clip_value": 1e-4}, "optimizer.clip_value=0.0"),
        ({"name": "sgd", "clip_agc": 1e-4, "clip_norm": 0.1}, "optimizer.clip_agc=0.0"),
    ],
)
def test_a_live_change_before_the_first_step_is_the_same_as_a_scenario(before, change):
    turned = Simulation(Scenario.from_dict({**SMALL, "optimizer": before}))
    assert turned.change(turned.scenario.replace(change)) is Effect.LIVE
    built = Simulation(turned.scenario)
    assert _after(turned, 5).tobytes() == _after(built, 5).tobytes()


def test_the_schedule_follows_the_clock_and_not_the_calls():
    """Ten steps at once are ten steps one by one."""
    keys = {"name": "nadam", "schedule": "cosine", "schedule_steps": 8, "warmup_steps": 3}
    one, other = (Simulation(Scenario.from_dict({**SMALL, "optimizer": keys})) for _ in range(2))
    for _ in range(9):
        other.step()
    assert _after(one, 10).tobytes() == _after(other, 1).tobytes()


def test_an_exchanged_optimizer_begins_young():
    """Adam taken up at step 20 moves every weight by its rate at first, as it does at step 0."""
    simulation = Simulation(Scenario.from_dict({**SMALL, "optimizer": {"name": "sgd", "lr": 0.01}}))
    simulation.step(20)
    before = simulation.parameters()
    assert simulation.change(simulation.scenario.replace("optimizer.name=adam")) is Effect.CARRIED
    simulation.step()
    for name, value in simulation.parameters().items():
        np.testing.assert_allclose(np.abs(value - before[name]), 0.01, rtol=1e-2)


def test_smoothing_needs_labels():
    points = {"task": {"name": "moons", "label_smoothing": 0.1}}
    with pytest.raises(ScenarioError, match="needs the loss cross_entropy"):
        Simulation(Scenario.from_dict(points))
    simulation = Simulation(Scenario.from_dict({"task": {"name": "moons"}}))
    with pytest.raises(ScenarioError, match="set it to 0"):
        simulation.change(simulation.scenario.replace("task.label_smoothing=0.1"))
    assert simulation.scenario.task.label_smoothing == 0.0
