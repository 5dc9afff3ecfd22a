"""Explanations of what a scenario may choose: the menu's own words, why it matters, and where the library shows it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache

from gradtui.explain.reasons import OF_CHOICES, OF_KEYS
from gradtui.explain.text import Text
from gradtui.scenario import files
from gradtui.scenario.choice import Choice
from gradtui.scenario.meaning import Meaning
from gradtui.scenario.meanings import MEANINGS
from gradtui.scenario.menu import MENU, readers
from gradtui.scenario.model import Scenario
from gradtui.scenario.ranges import RANGES
from gradtui.scenario.validation import default_of

#: A generator chooses among the same rows as the network: they are explained once.
_SHARED = {
    "generator.activation": "network.activation",
    "generator.init": "network.init",
    "generator.norm": "network.norm",
    "generator.optimizer": "optimizer.name",
}

#: Scenarios named below an explanation.
_SHOWN = 3

#: A key that more than this share of the library sets is shown by none of them in particular.
_COMMON = 0.3

#: Stands behind all places in which a scenario may speak of something.
_SILENT = 3


def shared(key: str) -> str:
    """The key under which the choices of a key are explained."""
    return _SHARED.get(key, key)


def choices() -> Iterator[Text]:
    """One explanation for each row of the menu."""
    for key, rows in MENU.items():
        if key not in _SHARED:
            yield from (_choice(key, row) for row in rows)


def keys() -> Iterator[Text]:
    """One explanation for each key of a scenario file."""
    for key, meaning in MEANINGS.items():
        yield _key(key, meaning)


def _choice(key: str, row: Choice) -> Text:
    word = f"{key}={row.name}"
    taken = f"{key} = {row.name}"
    with_it = ", ".join(f"{at} = {value}" for at, value in row.defaults)
    advice = f"Take it with --set {word}" + (f"; then, unless you say otherwise, {with_it}." if with_it else ".")
    scheme = (row.label.split()[0],) if key == "network.init" else ()
    names = _scenarios(key, row.name, (row.name, row.label, *scheme), always=row.name != default_of(key))
    return Text(
        word,
        row.label,
        _sentence(row.meaning),
        OF_CHOICES.get(word, ""),
        row.formula,
        row.paper,
        advice,
        (*((key,) if key in MEANINGS else ()), *row.reads),
        names,
        (row.name, taken),
        subject=key,
    )


def _key(key: str, meaning: Meaning) -> Text:
    name = key.rpartition(".")[2]
    default = default_of(key)
    allowed = RANGES[key].sentence() if key in RANGES else ""
    if key in MENU:
        allowed = "one of " + ", ".join(row.name for row in MENU[key])
    elif isinstance(default, bool):
        allowed = "true or false"
    torch = "; ".join(f"{row.path} {row.value}" for row in meaning.torch)
    effect = " or ".join(f"{at} = {row.name}" for at, row in readers(key))
    said = [
        f"{allowed[:1].upper()}{allowed[1:]}; {_shown(default)} when nothing is said." if allowed else "",
        f"In PyTorch {torch}." if torch else "",
        f"It has an effect with {effect}." if effect else "",
    ]
    return Text(
        key,
        key,
        _sentence(meaning.what),
        OF_KEYS.get(key, ""),
        meaning.formula,
        meaning.paper,
        " ".join(part for part in said if part),
        tuple(f"{shared(key)}={row.name}" for row in MENU[key]) if key in MENU else (),
        () if key in MENU else _scenarios(key, None, (), always=True),
        (name,),
        subject="keys of a scenario",
    )


def _shown(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value) if value != "" else "empty"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith((".", "?", "!")) else ".")


@cache
def _library() -> tuple[tuple[str, Scenario], ...]:
    return tuple(files.library())


def _scenarios(key: str, name: str | None, words: tuple[str, ...], *, always: bool) -> tuple[str, ...]:
    """Shipped scenarios that have this choice (`name` None: another value than usual), those first that speak of it.

    `always`: those count as well that do not, because the choice is not what a scenario has anyway.
    """
    table, _, field = key.rpartition(".")
    if not table or table == "network.layer":
        return ()
    wanted = _is_other(default_of(key)) if name is None else (lambda value: value == name)
    using: list[tuple[str, tuple[str, ...]]] = []
    for at, scenario in _library():
        section = getattr(scenario, table)
        if section is not None and wanted(getattr(section, field)):
            using.append((at, (f"{at} {scenario.title}", scenario.promise, scenario.story)))
        for variant in scenario.variant:
            if any(each == f"{key}={name}" if name else each.startswith(f"{key}=") for each in variant.set):
                using.append((f"{at}/{variant.name}", (f"{variant.name} {variant.title}", variant.why)))
    if name is None and len(using) > _COMMON * len(_library()):
        return ()
    speak = re.compile("|".join(rf"\b{re.escape(word)}\b" for word in words) or "$^")

    def loudness(entry: tuple[str, tuple[str, ...]]) -> int:
        return next((place for place, text in enumerate(entry[1]) if speak.search(text)), _SILENT)

    ranked = sorted(using, key=loudness)
    return tuple(entry[0] for entry in ranked if always or loudness(entry) < _SILENT)[:_SHOWN]


def _is_other(usual: object) -> Callable[[object], bool]:
    return lambda value: value != usual
