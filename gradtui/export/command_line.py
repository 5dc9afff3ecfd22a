"""The command that opens a scenario as it stands now."""

from __future__ import annotations

import shlex

from msgspec.structs import replace

from gradtui.scenario import validation
from gradtui.scenario.assignments import reads_as
from gradtui.scenario.errors import ScenarioError
from gradtui.scenario.model import Scenario
from gradtui.scenario.writing import literal

#: Choosing another optimizer also moves keys that stand at its own defaults: so often is looked what else differs.
_ROUNDS = 4


def command_line(scenario: Scenario, source: str | None) -> str | None:
    """`gradtui --scenario NAME --set KEY=VALUE ...`, quoted for a shell; None where no options lead to this scenario.

    `source` is the shipped name or the file that it was loaded from before it was changed by hand.
    """
    try:
        base = Scenario.load(source or "")
        found = _assignments(base, scenario)
    except ScenarioError:
        return None
    if found is None:
        return None
    words = ["gradtui", "--scenario", source or ""]
    for key, text in found.items():
        words += ["--seed", text] if key == "seed" else ["--set", f"{key}={text}"]
    return " ".join(map(shlex.quote, words))


def _assignments(base: Scenario, scenario: Scenario) -> dict[str, str] | None:
    """Key -> value as text, such that `base.replace` with all of them is `scenario`, but for the variants that one of
    both may have lost on its way."""
    kinds = dict(validation.keys())
    found: dict[str, str] = {}
    reached = base
    for _ in range(_ROUNDS):
        if _alone(reached) == _alone(scenario):
            return found
        for key in kinds:
            if (value := _value(scenario, key)) != _value(reached, key):
                bare = isinstance(value, str) and reads_as(value.strip(), kinds[key]) == value
                found[key] = str(value) if bare else literal(value)
        reached = base.replace(*(f"{key}={text}" for key, text in found.items()))
    return None


def _alone(scenario: Scenario) -> Scenario:
    return replace(scenario, variant=(), expect=())


def _value(scenario: Scenario, key: str) -> object:
    table, _, name = key.rpartition(".")
    return getattr(getattr(scenario, table) if table else scenario, name)
