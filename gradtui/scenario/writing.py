"""Scenario -> TOML text that reads back as the same scenario."""

from __future__ import annotations

import msgspec

from gradtui.scenario import menu
from gradtui.scenario.model import Generator, Scenario, Section

#: Fields that are lists of tables.
_LISTED = ("variant", "expect", "lesson", "layer")
_ESCAPES = {"\\": "\\\\", '"': '\\"', "\b": "\\b", "\t": "\\t", "\n": "\\n", "\f": "\\f", "\r": "\\r"}


def to_toml(scenario: Scenario) -> str:
    """The scenario as a TOML file. Keys without effect on it are left out while they are at their default."""
    blocks = [_pairs(scenario, "", scenario)]
    for name in ("task", "network", "optimizer"):
        blocks.append(f"[{name}]\n" + _pairs(getattr(scenario, name), name, scenario))
        if name == "network":
            for layer in scenario.network.layer:
                blocks.append("[[network.layer]]\n" + _pairs(layer, "network.layer", scenario))
    if scenario.network.kind == "gan" or scenario.generator != Generator():
        blocks.append("[generator]\n" + _pairs(scenario.generator, "generator", scenario))
    for name in ("variant", "expect", "lesson"):
        for entry in getattr(scenario, name):
            blocks.append(f"[[{name}]]\n" + _pairs(entry, name, scenario))
    return "\n".join(blocks)


def _pairs(section: Section, path: str, scenario: Scenario) -> str:
    lines = []
    for field in msgspec.structs.fields(section):
        value = getattr(section, field.name)
        if isinstance(value, Section) or (isinstance(value, tuple) and field.name in _LISTED):
            continue
        dotted = f"{path}.{field.name}" if path else field.name
        # A listed table says only what is its own; elsewhere what has an effect is worth reading.
        spoken = path not in ("network.layer", "variant") and value not in ("", ()) and _has_effect(dotted, scenario)
        if value != field.default or spoken:
            lines.append(f"{field.name} = {literal(value)}\n")
    return "".join(lines)


def _has_effect(dotted: str, scenario: Scenario) -> bool:
    """Whether the scenario's own choices read this key; keys that belong to no choice always count."""
    return menu.has_effect(dotted, lambda key: _chosen(key, scenario))


def _chosen(key: str, scenario: Scenario) -> str:
    table, _, name = key.partition(".")
    return str(getattr(getattr(scenario, table), name))


def literal(value: object) -> str:
    """A value as TOML."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, tuple):
        return "[" + ", ".join(literal(entry) for entry in value) + "]"
    return repr(value)


def _text(value: str) -> str:
    """A TOML string; text of several lines stays readable as one."""
    if "\n" in value:
        lines = (_escaped(line) for line in value.split("\n"))
        return '"""\n' + "\n".join(lines) + '"""'
    return f'"{_escaped(value)}"'


def _escaped(line: str) -> str:
    return "".join(_escape(letter) for letter in line)


def _escape(letter: str) -> str:
    if letter in _ESCAPES:
        return _ESCAPES[letter]
    # TOML allows no control characters in a string, DEL among them.
    return f"\\u{ord(letter):04x}" if ord(letter) < 0x20 or ord(letter) == 0x7F else letter
