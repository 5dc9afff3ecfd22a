"""The menu as text: for the terminal, for programs, and as the page `docs/choices.md`."""

from __future__ import annotations

from collections.abc import Iterable

from gradtui.scenario.choice import Choice
from gradtui.scenario.errors import ScenarioError, did_you_mean
from gradtui.scenario.menu import MENU, SHORT_NAMES
from gradtui.scenario.validation import default_of

_TITLE = """# Every choice of a scenario

Written from the table that validation, the screen and `gradtui scenarios choices` read; the first column is what a
scenario file says. Keys that a choice reads stand behind its meaning."""


def keys_of(name: str | None) -> list[str]:
    """The menu's keys that a name stands for, all for None; ScenarioError when there is no such key."""
    if name is None:
        return list(MENU)
    key = SHORT_NAMES.get(name, name)
    if key in MENU:
        return [key]
    known = [*SHORT_NAMES, *MENU]
    raise ScenarioError(f"{name} is no key with choices; those are {', '.join(MENU)}{did_you_mean(name, known)}")


def lines(keys: Iterable[str]) -> Iterable[str]:
    """The choices of each key, for reading in a terminal."""
    for number, key in enumerate(keys):
        if number:
            yield ""
        yield f"{key}   (default: {default_of(key)})"
        width = max(len(row.name) for row in MENU[key])
        for row in MENU[key]:
            yield f"  {row.name.ljust(width)}  {row.meaning or row.label}"
            margin = " " * (width + 4)
            if row.formula:
                yield margin + row.formula
            if row.reads:
                yield f"{margin}reads {', '.join(_with_default(read, row) for read in row.reads)}"
            if row.paper:
                yield margin + row.paper


def rows(keys: Iterable[str]) -> list[dict[str, object]]:
    """One object a choice, for programs."""
    return [
        {
            "key": key,
            "name": row.name,
            "label": row.label,
            "meaning": row.meaning,
            "formula": row.formula,
            "paper": row.paper,
            "reads": {read: dict(row.defaults).get(read, default_of(read)) for read in row.reads},
            "default": row.name == default_of(key),
        }
        for key in keys
        for row in MENU[key]
    ]


def page() -> str:
    """All of it in Markdown."""
    parts = [_TITLE]
    for key, choices in MENU.items():
        parts.append(f"\n## `{key}`\n\nDefault: `{default_of(key)}`.\n")
        parts.append("| name | what it is | formula | source |\n|---|---|---|---|")
        for row in choices:
            reads = ", ".join(f"`{_with_default(read, row)}`" for read in row.reads)
            meaning = (row.meaning or row.label) + (f" ({reads})" if reads else "")
            formula = f"`{row.formula}`" if row.formula else ""
            cells = (f"`{row.name}`", meaning, formula, row.paper)
            parts.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(parts) + "\n"


def _with_default(key: str, row: Choice) -> str:
    """`network.alpha = 1.0`: the default that the key has with this choice."""
    value = dict(row.defaults).get(key, default_of(key))
    return f'{key} = "{value}"' if isinstance(value, str) else f"{key} = {value}"
