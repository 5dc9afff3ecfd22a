"""What every key of a scenario means, in one table, and what it is when nobody says anything."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from gradtui.scenario import validation
from gradtui.scenario.adversarial_meanings import GENERATOR, WEIGHT_BOUND
from gradtui.scenario.attention_meanings import ATTENTION
from gradtui.scenario.meaning import InTorch, Meaning
from gradtui.scenario.menu import MENU
from gradtui.scenario.model import Scenario
from gradtui.scenario.network_meanings import NETWORK
from gradtui.scenario.recurrent_meanings import RECURRENT
from gradtui.scenario.training_meanings import OPTIMIZER, SEED, TASK

#: Dotted key -> what it means.
MEANINGS: Mapping[str, Meaning] = MappingProxyType(
    {
        **{f"task.{name}": meaning for name, meaning in TASK.items()},
        **{f"network.{name}": meaning for name, meaning in {**NETWORK, **RECURRENT, **ATTENTION}.items()},
        **{f"optimizer.{name}": meaning for name, meaning in OPTIMIZER.items()},
        **{f"generator.{name}": meaning for name, meaning in GENERATOR.items()},
        "task.weight_bound": WEIGHT_BOUND,
        "seed": SEED,
    }
)


def usual(key: str, scenario: Scenario) -> object:
    """The default of a key with the choices that a scenario makes: Adam's learning rate is another than SGD's."""
    for menu_key, rows in MENU.items():
        table, _, name = menu_key.partition(".")
        chosen = getattr(getattr(scenario, table), name, None)
        for row in rows:
            if row.name == chosen and key in dict(row.defaults):
                return dict(row.defaults)[key]
    return validation.default_of(key)


def in_torch(key: str, scenario: Scenario) -> InTorch | None:
    """PyTorch's own default of a key with the choices that a scenario makes; None where PyTorch has no such thing."""
    table = key.partition(".")[0]
    chosen = {
        getattr(getattr(scenario, table), menu_key.partition(".")[2], None)
        for menu_key in MENU
        if menu_key.startswith(f"{table}.")
    }
    for row in MEANINGS[key].torch:
        if not row.of or chosen & set(row.of):
            return row
    return None
