"""Which data a kind of network can read: with time steps or without, numbers or tokens, one answer or one a step."""

from __future__ import annotations

from gradtui.scenario.errors import ScenarioError
from gradtui.scenario.model import Scenario
from gradtui.tasks.dataset import Dataset

#: Kinds that read one time step after another, or all of them at once; the others read an example as one flat row.
IN_TIME = ("rnn", "transformer")
_TIMED = 'take network.kind = "rnn" or "transformer"'


def refuse_unreadable(scenario: Scenario, dataset: Dataset) -> None:
    """Raises ScenarioError, naming task and kind, where a network of this kind cannot read the data."""
    kind, task = scenario.network.kind, scenario.task.name
    if kind in IN_TIME:
        if not dataset.steps:
            raise ScenarioError(
                f'network.kind = "{kind}" reads one time step after another, but task.name = "{task}" has none: '
                'take a sequence such as "adding", "latch" or "row-digits", or network.kind = "mlp"'
            )
        return
    if dataset.vocabulary:
        raise ScenarioError(
            f'task.name = "{task}" is made of tokens, numbers that stand for {dataset.tokens} symbols, which '
            f'network.kind = "{kind}" cannot read: {_TIMED}, or a task of real numbers such as "adding"'
        )
    if dataset.per_step:
        raise ScenarioError(
            f'task.name = "{task}" asks for an answer at each of its {dataset.steps} time steps, but '
            f'network.kind = "{kind}" gives one for a whole example: {_TIMED}, or a task answered at the end'
        )
