"""A scenario changed under way: the weights go on, and no gauge tells of what has not happened."""

from __future__ import annotations

import naive
import naive_network
import naive_optimizers
import numpy as np
import pytest

from gradtui import Scenario, Simulation
from gradtui.lab.changes import Effect
from gradtui.scenario.errors import ScenarioError
from gradtui.tasks import TaskError

START = Scenario.from_dict(
    {
        "task": {"name": "moons", "batch": 16, "examples": 100},
        "network": {"depth": 3, "width": 16, "activation": "tanh", "dtype": "float64"},
        "optimizer": {"name": "momentum", "lr": 0.05},
    }
)


def _changed(*assignments, steps=10, start=START):
    simulation = Simulation(start)
    simulation.step(steps)
    return simulation, simulation.change(simulation.scenario.replace(*assignments))


def test_a_live_knob_is_as_good_as_a_run_of_two_halves():
    """The learning rate changes; weights, momentum and batches go on."""
    simulation, effect = _changed("optimizer.lr=0.01", "optimizer.clip_norm=0.2")
    assert effect is Effect.LIVE
    before = simulation.parameters()
    simulation.step(1)
    made = naive_network.of_step(simulation, before, 10)
    factor = naive_optimizers.clip_factor(made.gradients.values(), 0.2)
    assert factor < 1.0
    assert simulation.step_count == 11
    twin = Simulation(START)
    twin.step(9)
    earlier = twin.parameters()
    twin.step(1)
    for name, value in simulation.parameters().items():
        velocity = (earlier[name] - before[name]) / 0.05
        wanted = before[name] - 0.01 * (0.9 * velocity + factor * made.gradients[name])
        np.testing.assert_allclose(value, wanted, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("look", [True, False])
@pytest.mark.parametrize("change", ["network.activation=sigmoid", "optimizer.name=sgd", "task.batch=8"])
def test_carried_weights_go_on_from_where_they_were(change, look):
    """The next step is the naive one from the same weights on its own batch; nothing is compared with a look."""
    simulation, effect = _changed(change)
    assert effect is Effect.CARRIED
    before = simulation.parameters()
    assert simulation.step_count == 10
    assert simulation.history()[1].shape == (10, 2)
    if look:
        assert np.isnan(simulation.profile()["update_ratio"]).all()
    simulation.step(1)
    made = naive_network.of_step(simulation, before, 10)
    for name, gradient in simulation.gradients().items():
        np.testing.assert_allclose(gradient, made.gradients[name], rtol=1e-9, atol=1e-13)
    profile = simulation.profile()
    assert profile.step == 10
    assert np.isnan(profile["turn"]).all()
    initial = Simulation(START).parameters()
    after = simulation.parameters()
    wanted = [naive.norm(after[n] - initial[n]) / naive.norm(initial[n]) for n in after if n.endswith("weight")]
    np.testing.assert_allclose(profile["distance"], wanted, rtol=1e-9)


def test_a_new_adam_begins_with_its_first_step():
    """Its averages are empty, so its bias correction counts from 1 again, not from the run's step."""
    simulation, _ = _changed("optimizer.name=adam", "optimizer.lr=0.01", steps=200)
    states = {name: [np.zeros_like(p), np.zeros_like(p)] for name, p in simulation.parameters().items()}
    knobs = {"lr": 0.01, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8}
    for t in (1, 2):
        before = simulation.parameters()
        made = naive_network.of_step(simulation, before, 199 + t)
        simulation.step(1)
        for name, value in simulation.parameters().items():
            wanted = naive_optimizers.adam(before[name], made.gradients[name], states[name], t, **knobs)
            np.testing.assert_allclose(value, wanted, rtol=1e-9, atol=1e-12)


def test_the_same_adam_goes_on():
    """Another activation under Adam: averages and bias correction continue."""
    start = START.replace("optimizer.name=adam", "optimizer.lr=0.01")
    changed, _ = _changed("network.activation=relu", start=start)
    back = changed.change(start)
    assert back is Effect.CARRIED
    changed.step(10)
    straight = Simulation(start)
    straight.step(20)
    for name, value in straight.parameters().items():
        assert changed.parameters()[name].tobytes() == value.tobytes()


def test_what_changes_the_weights_starts_again():
    simulation, effect = _changed("network.depth=5")
    assert effect is Effect.RESTART
    assert simulation.step_count == 0
    fresh = Simulation(START.replace("network.depth=5"))
    for name, value in fresh.parameters().items():
        assert simulation.parameters()[name].tobytes() == value.tobytes()


def test_a_refused_change_leaves_everything_as_it_was():
    simulation = Simulation(START)
    simulation.step(10)
    with pytest.raises((TaskError, ScenarioError)):
        simulation.change(START.replace("task.batch=5000"))
    assert simulation.scenario == START
    assert simulation.step_count == 10
    simulation.step(1)
    twin = Simulation(START)
    twin.step(11)
    for name, value in twin.parameters().items():
        assert simulation.parameters()[name].tobytes() == value.tobytes()
