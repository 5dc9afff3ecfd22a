"""What the tables of a scenario say of two adversaries: the generator's network and optimizer, and the game they play.
The engine builds them and the export writes them down; both read this."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from msgspec.structs import replace

from gradtui.scenario.adversarial_choices import GAMES
from gradtui.scenario.errors import shown
from gradtui.scenario.model import Network, Optimizer, Scenario, Task
from gradtui.scenario.optimizer_menu import OPTIMIZERS
from gradtui.scenario.ranges import MOST_WEIGHTS

#: The rows of `task.loss` that two networks play for, and the one that is meant when nothing is said.
NAMES = tuple(row.name for row in GAMES)
USUAL = "non_saturating"
#: Data that is there to be imitated: nothing is to be told of it.
TASKS = ("gan-ring", "gan-digits")


def game(task: Task) -> str:
    """Which game a scenario's adversaries play."""
    return task.loss if task.loss in NAMES else USUAL


def generator_network(scenario: Scenario) -> Network:
    """The generator as a network: what `[generator]` has no key for is as in `[network]`, but nothing leads past its
    layers and nothing is dropped."""
    own = scenario.generator
    return replace(
        scenario.network,
        kind="mlp",
        depth=own.depth,
        width=own.width,
        activation=own.activation,
        init=own.init,
        norm=own.norm,
        skip="none",
        dropout=0.0,
        layer=(),
    )


def generator_optimizer(scenario: Scenario) -> Optimizer:
    """By which the generator moves; keys that it does not name are at the defaults of its rule."""
    own = scenario.generator
    row = next(row for row in OPTIMIZERS if row.name == own.optimizer)
    rest: dict[str, Any] = {key.partition(".")[2]: value for key, value in row.defaults}
    named = {"lr": own.lr, "momentum": own.momentum, "beta1": own.beta1, "beta2": own.beta2}
    return Optimizer(**{**rest, **named, "name": own.optimizer})


def combinations(scenario: Scenario) -> Iterator[str]:
    """What is wrong with a scenario of adversaries, or with one that is none and has their words."""
    network, task, own = scenario.network, scenario.task, scenario.generator
    if network.kind != "gan":
        if task.name in TASKS:
            yield f'task.name = "{task.name}" has no answers to learn: it needs network.kind = "gan"'
        elif task.loss in NAMES:
            yield f'task.loss = "{task.loss}" is played by two networks: it needs network.kind = "gan"'
        return
    if task.loss not in (*NAMES, "auto"):
        yield (
            f'task.loss is {shown(task.loss)}, but with network.kind = "gan" must be one of auto, {", ".join(NAMES)}'
        )
    if task.label_smoothing > 0.0 and task.loss in (*NAMES, "auto"):
        yield (f"task.label_smoothing is {task.label_smoothing}, but adversaries have no labels to smooth: set it to 0")
    weights = own.depth * own.width**2
    if weights > MOST_WEIGHTS:
        yield (
            f"generator.depth {own.depth:,} and generator.width {own.width:,} make {weights:,} weights; "
            f"at most {MOST_WEIGHTS:,} are allowed"
        )
    if own.norm == "batch" and task.batch == 1:
        yield (
            "task.batch is 1: batch norm (generator.norm) needs at least 2 examples, every unit is its own mean "
            "otherwise"
        )
    groups = network.norm_groups
    if own.norm == "group" and own.width % groups:
        yield f"network.norm_groups is {groups}, but does not divide generator.width, {own.width}"
