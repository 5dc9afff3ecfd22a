"""What is special about the optimizer's keys: defaults of their own, and combinations that make no sense."""

from __future__ import annotations

from typing import Any

import pytest

from gradtui import Scenario
from gradtui.engine import knobs
from gradtui.engine.kernels.optimizers import OPTIMIZERS
from gradtui.scenario import menu
from gradtui.scenario.errors import ScenarioError
from gradtui.scenario.model import Optimizer


def _optimizer(**keys: Any) -> Optimizer:
    batch = 0 if keys.get("name") == "rprop" else 64
    return Scenario.from_dict({"task": {"batch": batch}, "optimizer": keys}).optimizer


def test_every_optimizer_on_the_menu_can_be_built_and_every_word_has_a_number() -> None:
    assert {row.name for row in menu.choices("optimizer")} == set(OPTIMIZERS)
    assert tuple(row.name for row in menu.choices("schedule")) == knobs.SCHEDULES
    assert tuple(row.name for row in menu.choices("adjust_lr")) == knobs.ADJUSTMENTS
    assert set(knobs.KNOBS) | {"name"} == set(Optimizer.__struct_fields__)


@pytest.mark.parametrize("row", menu.choices("optimizer"), ids=lambda row: row.name)
def test_an_own_default_belongs_to_a_key_that_is_read(row: menu.Choice) -> None:
    assert {key for key, _ in row.defaults} <= {*row.reads, "optimizer.lr"}
    found = _optimizer(name=row.name)
    for key, value in row.defaults:
        assert getattr(found, key.partition(".")[2]) == value
    assert row.paper


def test_what_is_said_goes_before_an_own_default() -> None:
    assert _optimizer(name="adagrad").eps == 1e-10
    assert _optimizer(name="adagrad", eps=1e-8).eps == 1e-8
    assert _optimizer().eps == 1e-8


def test_another_optimizer_brings_its_own_defaults_and_leaves_what_was_turned() -> None:
    scenario = Scenario.from_dict({})
    assert scenario.replace("optimizer.name=adamw").optimizer.weight_decay == 0.01
    assert scenario.replace("optimizer.name=adamw").replace("optimizer.name=sgd").optimizer == scenario.optimizer
    turned = scenario.replace("optimizer.weight_decay=0.5", "optimizer.eps=1e-3")
    assert turned.replace("optimizer.name=adamw").optimizer.weight_decay == 0.5
    assert turned.replace("optimizer.name=adagrad").optimizer.eps == 1e-3
    said = scenario.replace("optimizer.name=adagrad", "optimizer.eps=1e-8")
    assert said.optimizer.eps == 1e-8


def test_the_learning_rate_stays_when_the_optimizer_is_exchanged() -> None:
    assert Scenario.from_dict({}).replace("optimizer.name=adam").optimizer.lr == 0.1


@pytest.mark.parametrize(
    ("document", "part"),
    [
        ({"optimizer": {"name": "rprop"}}, "needs task.batch = 0"),
        (
            {"task": {"batch": 0}, "optimizer": {"name": "rprop", "step_min": 1.0, "step_max": 0.1}},
            "above optimizer.step_max",
        ),
        ({"optimizer": {"schedule": "cosine", "eta_min": 1.0}}, "above optimizer.lr"),
        ({"optimizer": {"centered": 1}}, "must be true or false"),
        ({"optimizer": {"schedule": "cosin"}}, 'did you mean "cosine"'),
        ({"task": {"loss": "mse", "label_smoothing": 0.1}}, "has no labels to smooth"),
    ],
)
def test_what_makes_no_sense_is_said_in_one_sentence(document: dict[str, Any], part: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        Scenario.from_dict(document)
    (problem,) = caught.value.problems
    assert part in problem


def test_a_switch_is_set_on_the_command_line() -> None:
    scenario = Scenario.from_dict({}).replace("optimizer.name=rmsprop", "optimizer.centered=true")
    assert scenario.optimizer.centered is True
