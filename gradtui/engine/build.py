"""From a scenario to the network of its kind."""

from __future__ import annotations

from collections.abc import Callable

from gradtui.engine.adversarial.network import Adversaries
from gradtui.engine.attention.network import Transformer
from gradtui.engine.built import Built
from gradtui.engine.compile import OnCompile
from gradtui.engine.network import Network
from gradtui.engine.readable import refuse_unreadable
from gradtui.engine.recurrent.network import RecurrentNetwork
from gradtui.scenario.model import Scenario
from gradtui.tasks.dataset import Dataset

Family = Callable[[Scenario, Dataset, OnCompile | None], Built]

_FAMILIES: dict[str, Family] = {
    "mlp": Network,
    "cnn": Network,
    "rnn": RecurrentNetwork,
    "transformer": Transformer,
    "gan": Adversaries,
}


def build(scenario: Scenario, dataset: Dataset, on_compile: OnCompile | None = None) -> Built:
    """The network of a scenario on a data set, with its initial weights. Raises ScenarioError where they do not fit."""
    refuse_unreadable(scenario, dataset)
    return _FAMILIES[scenario.network.kind](scenario, dataset, on_compile)
