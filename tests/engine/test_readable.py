"""Which data a kind of network reads, and the sentence where it cannot."""

from __future__ import annotations

import msgspec
import pytest

from gradtui import Scenario, Simulation, tasks
from gradtui.engine.readable import IN_TIME, refuse_unreadable
from gradtui.scenario.errors import ScenarioError
from gradtui.scenario.sequence_choices import SEQUENCES


def refusal(kind: str, **task: object) -> str:
    """What is said where this kind of network gets this task; empty where it can read it."""
    scenario = Scenario.from_dict({"task": task})
    scenario = msgspec.structs.replace(scenario, network=msgspec.structs.replace(scenario.network, kind=kind))
    try:
        refuse_unreadable(scenario, tasks.load(scenario.task, 0))
    except ScenarioError as error:
        (problem,) = error.problems
        assert "\n" not in problem
        return problem
    return ""


@pytest.mark.parametrize("kind", IN_TIME)
@pytest.mark.parametrize(
    "name",
    [choice.name for choice in SEQUENCES if choice.name != "text"],
)
def test_kinds_with_time_read_every_sequence(kind: str, name: str) -> None:
    assert refusal(kind, name=name) == ""


@pytest.mark.parametrize("kind", IN_TIME)
@pytest.mark.parametrize("name", ["digits", "moons"])
def test_kinds_with_time_need_time_steps(kind: str, name: str) -> None:
    said = refusal(kind, name=name)
    assert said.startswith(f'network.kind = "{kind}" reads one time step after another, but task.name = "{name}" has')
    assert '"row-digits"' in said


@pytest.mark.parametrize("name", ["copy", "temporal-order", "recall", "reverse", "sentiment"])
def test_tokens_are_no_numbers(name: str) -> None:
    said = refusal("mlp", name=name)
    assert said.startswith(f'task.name = "{name}" is made of tokens')
    assert 'network.kind = "mlp" cannot read: take network.kind = "rnn" or "transformer"' in said


@pytest.mark.parametrize("name", ["digits", "adding", "latch", "t-maze", "frames", "row-digits", "pixel-digits"])
def test_a_flat_row_of_numbers_is_read_by_the_others(name: str) -> None:
    assert refusal("mlp", name=name) == ""


def test_a_perceptron_learns_from_a_flat_sequence() -> None:
    table = {"network": {"depth": 1, "width": 32, "activation": "tanh"}, "optimizer": {"name": "adam", "lr": 0.01}}
    rows = Simulation(Scenario.from_dict({"task": {"name": "row-digits"}, **table}))
    rows.step(150)
    assert rows.evaluate()["accuracy"] > 0.9
    latch = Simulation(Scenario.from_dict({"task": {"name": "latch", "examples": 200}, **table}))
    latch.step(100)
    assert latch.evaluate()["accuracy"] > 0.99
    assert latch.batch(0)[0].shape == (64, 30)


def test_a_refused_change_leaves_the_run_as_it_was() -> None:
    simulation = Simulation(Scenario.from_dict({"network": {"depth": 1, "width": 4}}))
    simulation.step(2)
    with pytest.raises(ScenarioError, match="is made of tokens"):
        simulation.change(simulation.scenario.replace("task.name=copy"))
    assert simulation.step_count == 2
    assert simulation.scenario.task.name == "digits"
