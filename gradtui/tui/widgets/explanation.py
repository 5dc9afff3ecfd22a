"""What a knob is, the most important first: its slider, what turning it does, meaning, formula, default, paper."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING

from gradtui.scenario.meanings import MEANINGS
from gradtui.tui.knobs import Knob, Value
from gradtui.tui.palette import KEY, MUTED, Ink, Run, Runs

if TYPE_CHECKING:
    from gradtui.scenario.model import Scenario

#: Cells of the labels at both ends of a slider.
_END = 6


def wrapped(parts: Iterable[tuple[str, Ink]], width: int, indent: str = "") -> list[Runs]:
    """Texts under each other, each in its ink, broken to this width; empty ones are left out."""
    return [
        ((indent + line, ink),)
        for text, ink in parts
        for line in textwrap.wrap(text, max(8, width - len(indent)), break_on_hyphens=False)
    ]


def track(width: int) -> range:
    """The cells of a slider on which its knob can stand."""
    return range(_END + 1, max(_END + 3, width - _END - 1))


def slider(knob: Knob, value: Value, home: Value, width: int) -> Runs:
    """A slider on which `●` marks the value and `┆` the one of the file."""
    cells = track(width)
    at, home_at = (round(knob.place(each) * (len(cells) - 1)) for each in (value, home))
    runs: list[Run] = [(f"{knob.shown(knob.ladder[0])[:_END]:>{_END}} ", MUTED)]
    for cell in range(len(cells)):
        if cell == at:
            runs.append(("●", KEY))
        else:
            runs.append(("┆", Ink()) if cell == home_at else ("─", Ink("faint")))
    runs.append((f" {knob.shown(knob.ladder[-1])[:_END]}", MUTED))
    return tuple(runs)


def value_at(knob: Knob, x: int, width: int) -> Value:
    """The value that a cell of a slider stands for; beside the track, that of its end."""
    cells = track(width)
    return knob.nearest((x - cells.start) / (len(cells) - 1))


def explained(knob: Knob, value: Value, scenario: Scenario, home: Value, said: str, width: int) -> list[Runs]:
    """A knob at a value: what has just been `said`, else what the next turn will do; then what the value means."""
    meaning = MEANINGS[knob.key]
    chosen = next((option for option in knob.options() if option.value == value), None)
    what, formula, paper = meaning.what, meaning.formula, meaning.paper
    if chosen is not None and chosen.meaning and not knob.is_switch:
        what, formula, paper = chosen.meaning, chosen.formula, chosen.paper
    stands = f"{knob.shown(home)} in the file; " if value != home else ""
    parts = [
        (said, Ink("error")),
        ("" if said else effects(knob, value, scenario), Ink("accent")),
        (what, Ink()),
        (formula, Ink("key")),
        (f"{stands}{knob.usually(scenario)}", MUTED),
        (paper, MUTED),
    ]
    return wrapped(parts, width, " ")


def effects(knob: Knob, value: Value, scenario: Scenario) -> str:
    """What one step down and one step up from a value would do, in one sentence where they do the same."""
    now = knob.turned(scenario, value)
    down, up = (knob.next(now, value, direction) for direction in (-1, 1))
    found = {each: knob.effect(now, each) for each in (down, up) if each != value}
    if len(set(found.values())) <= 1:
        return next(iter(found.values()), "")
    return f"← {found[down]}; → {found[up]}"
