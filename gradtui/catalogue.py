"""Every key of a scenario as text: for the terminal, for programs, and as the page `docs/choices.md`."""

from __future__ import annotations

from collections.abc import Iterable

from gradtui.scenario.choice import Choice
from gradtui.scenario.errors import ScenarioError, did_you_mean
from gradtui.scenario.meanings import MEANINGS
from gradtui.scenario.menu import MENU, SHORT_NAMES, readers
from gradtui.scenario.ranges import RANGES
from gradtui.scenario.validation import default_of

_TITLE = """# Every choice of a scenario

Written from the table that validation, the screen and `gradtui scenarios choices` read; the first column is what a
scenario file says. Keys that a choice reads stand behind its meaning. Below the choices stand the numbers, switches and
texts."""

_NUMBERS = """
## Numbers, switches and texts

Where nothing stands under "with", a key always has an effect. PyTorch's default is given where its classes have the
same argument."""

#: Keys with a value of one's own instead of choices.
_FREE = tuple(key for key in MEANINGS if key not in MENU)


def keys_of(name: str | None) -> list[str]:
    """The keys that a name stands for, all for None; ScenarioError when there is no such key."""
    if name is None:
        return [*MENU, *_FREE]
    key = SHORT_NAMES.get(name, name)
    if key in MENU:
        return [key]
    found = [each for each in _FREE if name in (each, each.rpartition(".")[2])]
    if found:
        return found
    known = [*SHORT_NAMES, *MENU, *_FREE, *(each.rpartition(".")[2] for each in _FREE)]
    keys = ", ".join([*MENU, *_FREE])
    raise ScenarioError(f"{name} is no key of a scenario; those are {keys}{did_you_mean(name, known)}")


def lines(keys: Iterable[str]) -> Iterable[str]:
    """The choices of each key, for reading in a terminal."""
    for number, key in enumerate(keys):
        if number:
            yield ""
        yield f"{key}   (default: {_default(key)})"
        if key not in MENU:
            yield from (f"  {line}" for line in _free_lines(key))
            continue
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
    """One object a choice, and one a key without choices, for programs."""
    chosen, free = [key for key in keys if key in MENU], [key for key in keys if key not in MENU]
    return [*_choices(chosen), *(_free_row(key) for key in free)]


def _choices(keys: Iterable[str]) -> list[dict[str, object]]:
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
            parts.append(_row(f"`{row.name}`", meaning, formula, row.paper))
    parts.append(_NUMBERS + "\n")
    parts.append("| key | what it is | allowed | default | in PyTorch | with | formula | source |\n" + "|---" * 8 + "|")
    for key in _FREE:
        own = MEANINGS[key]
        torch = "; ".join(f"`{row.path}` {row.value}" for row in own.torch)
        formula = f"`{own.formula}`" if own.formula else ""
        default = f"`{_default(key)}`"
        parts.append(_row(f"`{key}`", own.what, _allowed(key), default, torch, _readers(key), formula, own.paper))
    return "\n".join(parts) + "\n"


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _allowed(key: str) -> str:
    if key in RANGES:
        return RANGES[key].sentence()
    return "true or false" if isinstance(default_of(key), bool) else "a text"


def _default(key: str) -> str:
    """A default as a scenario file says it; a choice without its quotes."""
    value = default_of(key)
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if key in MENU or value != "" else '""'


def _readers(key: str) -> str:
    """The choices that a key has an effect with."""
    return ", ".join(f'{menu_key} = "{row.name}"' for menu_key, row in readers(key))


def _free_lines(key: str) -> Iterable[str]:
    meaning = MEANINGS[key]
    torch = ", ".join(f"{row.path} {row.value}" for row in meaning.torch)
    read_by = _readers(key)
    yield meaning.what
    yield _allowed(key)
    if meaning.formula:
        yield meaning.formula
    if torch:
        yield f"in PyTorch {torch}"
    if read_by:
        yield f"has an effect with {read_by}"
    if meaning.paper:
        yield meaning.paper


def _free_row(key: str) -> dict[str, object]:
    meaning = MEANINGS[key]
    return {
        "key": key,
        "meaning": meaning.what,
        "formula": meaning.formula,
        "paper": meaning.paper,
        "allowed": _allowed(key),
        "default": default_of(key),
        "torch": {row.path: row.value for row in meaning.torch},
        "with": [f"{menu_key}={row.name}" for menu_key, row in readers(key)],
    }


def _with_default(key: str, row: Choice) -> str:
    """`network.alpha = 1.0`: the default that the key has with this choice."""
    value = dict(row.defaults).get(key, default_of(key))
    return f'{key} = "{value}"' if isinstance(value, str) else f"{key} = {value}"
