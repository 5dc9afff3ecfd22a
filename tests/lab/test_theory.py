"""What theory says in the lab: of step 0, once a build, anew where the network is another, whatever is learned."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gradtui import Scenario, Simulation

TASKS = {
    "classes": {"name": "digits", "batch": 64},
    "smoothed": {"name": "digits", "batch": 64, "label_smoothing": 0.2},
    "two classes": {"name": "moons", "batch": 64},
    "squares": {"name": "circles", "batch": 64, "loss": "mse"},
}


def _simulation(**sections):
    network = {"depth": 4, "width": 256, "activation": "tanh", **sections.pop("network", {})}
    return Simulation(Scenario.from_dict({"network": network, **sections}))


@pytest.mark.parametrize("task", TASKS)
def test_the_batch_and_the_answers_of_step_0_are_what_theory_hears(task):
    """grad_rms depends on how alike the examples are and on what the loss answers each."""
    simulation = _simulation(task=TASKS[task])
    profile, found = simulation.profile(), simulation.theory()
    for gauge, ratios in (("delta_rms", found.delta), ("grad_rms", found.grad)):
        measured = profile[gauge] / profile[gauge][-1]
        np.testing.assert_allclose(np.log(measured / ratios), 0.0, atol=0.25, err_msg=gauge)


def test_it_is_worked_out_once_and_does_not_learn():
    simulation = _simulation()
    found = simulation.theory()
    simulation.step(30)
    assert simulation.theory() is found
    simulation.change(simulation.scenario.replace("optimizer.lr=0.01", "task.batch=32"))
    assert simulation.theory() is found
    simulation.restart()
    assert simulation.theory() is found


def test_another_network_has_another_prediction():
    simulation = _simulation()
    tanh = simulation.theory()
    simulation.step(3)
    simulation.change(simulation.scenario.replace("network.activation=sigmoid"))
    under_way = simulation.theory()
    assert under_way.factor < 0.5 * tanh.factor
    simulation.change(simulation.scenario.replace("network.depth=7"))
    assert len(simulation.theory().taps) == 8
    simulation.change(simulation.scenario.replace("network.kind=cnn", "network.width=4"))
    assert len(simulation.theory().taps) == 8
    assert simulation.theory().factor != under_way.factor


def test_asked_after_training_began_it_still_answers():
    early, late = _simulation(), _simulation()
    late.step(5)
    np.testing.assert_allclose(late.theory().delta, early.theory().delta, rtol=0.05)


def test_looking_changes_nothing():
    seen, unseen = _simulation(), _simulation()
    seen.theory()
    seen.step(5)
    unseen.step(5)
    assert seen.loss == unseen.loss
    for name, values in unseen.parameters().items():
        np.testing.assert_array_equal(seen.parameters()[name], values)


def test_weights_that_blow_up_have_a_reason_and_no_numbers():
    simulation = _simulation(network={"init": "normal", "init_std": 1e30, "activation": "identity"})
    assert not math.isfinite(simulation.loss)
    assert simulation.theory().reason or np.isfinite(simulation.theory().delta).all()
