"""Changes in dotted form: `network.activation=relu`, as `Scenario.replace` and `--set` take them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from gradtui.scenario import validation
from gradtui.scenario.errors import ScenarioError, did_you_mean, nearest
from gradtui.scenario.menu import MENU
from gradtui.scenario.model import LayerChoice, Scenario

#: A key of one of the layers that a scenario lists.
_LISTED = re.compile(r"network\.layer\[(\d{1,4})\]\.(\w+)")


def replace(scenario: Scenario, assignments: Sequence[str]) -> Scenario:
    """A copy of `scenario` with every assignment made; ScenarioError names each mistake."""
    document: dict[str, Any] = msgspec.to_builtins(scenario)
    # Neither depends on what can be assigned, except that a variant may no longer be possible.
    for name in ("variant", "expect"):
        del document[name]
    kinds = dict(validation.keys())
    problems: list[str] = []
    for assignment in assignments:
        key, equals, text = assignment.partition("=")
        key, text = key.strip(), text.strip()
        if not equals or not key:
            problems.append(f"`{assignment}` is not of the form KEY=VALUE, such as network.activation=relu")
        elif listed := _LISTED.fullmatch(key):
            problems.extend(_assign_to_layer(document, int(listed[1]), listed[2], text))
        elif key not in kinds:
            problems.append(_unknown(key, kinds))
        else:
            table, _, name = key.rpartition(".")
            (document[table] if table else document)[name] = reads_as(text.strip(), kinds[key])
    if problems:
        raise ScenarioError(problems)
    _follow_choices(scenario, document, {assignment.partition("=")[0].strip() for assignment in assignments})
    changed = validation.read(document)
    if not scenario.variant:
        return msgspec.structs.replace(changed, expect=scenario.expect)
    from gradtui.scenario import families  # which makes variants by means of this

    return families.kept(changed, scenario.variant, scenario.expect)


def _assign_to_layer(document: dict[str, Any], number: int, name: str, text: str) -> Iterator[str]:
    """`network.layer[2].repeat=9`; yields what is wrong."""
    kinds = {key.rpartition(".")[2]: kind for key, kind in validation.keys(LayerChoice, "network.layer")}
    listed = document["network"]["layer"]
    if not listed:
        yield f"network.layer[{number}] can only be written in a scenario file, not set: this scenario lists no layers"
    elif not 1 <= number <= len(listed):
        yield f"network.layer[{number}] is not there: this scenario lists {len(listed)}, counted from 1"
    elif name not in kinds:
        yield f"{name} is not a key of [[network.layer]], which has {', '.join(kinds)}{did_you_mean(name, kinds)}"
    else:
        listed[number - 1][name] = reads_as(text, kinds[name])


def _follow_choices(scenario: Scenario, document: dict[str, Any], assigned: set[str]) -> None:
    """Where another choice is made, what stood at the old one's own default goes to the new one's, so that a change
    of name is a change of rule. The learning rate stays: it is what comparisons hold fixed."""
    own = msgspec.to_builtins(validation.read({}))
    for key in assigned & set(MENU):
        table, _, name = key.partition(".")
        before = getattr(getattr(scenario, table), name)
        concerned = {at for row in MENU[key] for at, _ in row.defaults} - assigned - {"optimizer.lr", "generator.lr"}
        defaults = {at: value for row in MENU[key] if row.name == before for at, value in row.defaults}
        for at in concerned:
            field = at.partition(".")[2]
            usual = own[table][field]
            if document[table][field] == defaults.get(at, usual):
                del document[table][field]


def reads_as(text: str, kind: object) -> object:
    """What a text assigns to a key of this kind: a TOML value; a bare word is a string, and so is everything for a key
    that holds text."""
    try:
        parsed = tomllib.loads(f"value = {text}")
    except (ValueError, RecursionError):
        return text
    # A line break in the text could have smuggled in a second key.
    value: object = parsed["value"] if len(parsed) == 1 else text
    return text if kind is str and not isinstance(value, str) else value


def _unknown(key: str, kinds: dict[str, Any]) -> str:
    if key in ("task", "network", "optimizer", "generator"):
        inside = [name for name in kinds if name.startswith(f"{key}.")]
        return f"{key} is a table; set one of its keys: {', '.join(inside)}"
    if key.split(".")[0] in ("expect", "lesson", "variant") or key.startswith("network.layer"):
        return f"{key} can only be written in a scenario file, not set"
    # `depth` alone, or in the wrong table.
    by_last = {name.rpartition(".")[2]: name for name in validation.generator_first(kinds)}
    match = nearest(key, kinds) or by_last.get(nearest(key.rpartition(".")[2], by_last) or "")
    close = f"; did you mean {match}?" if match else f"; the keys are {', '.join(kinds)}"
    return f"{key} is not a key of a scenario{close}"
