"""One knob: a setting that can be turned while a network trains, its next value, its slider, and what may be typed."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec.structs import replace

from gradtui.scenario import menu
from gradtui.scenario.errors import ScenarioError
from gradtui.scenario.meanings import MEANINGS, in_torch, usual
from gradtui.scenario.ranges import RANGES
from gradtui.scenario.validation import default_of
from gradtui.tui import format

if TYPE_CHECKING:
    from gradtui.scenario.model import Scenario

Value = str | int | float

_SWITCH: Mapping[Value, str] = {False: "off", True: "on"}


class NotAllowed(ValueError):
    """What was typed is no value of this knob, in a few words."""


class Option(NamedTuple):
    """One value of a knob as a list shows it; `note` stands at its right, `effect` is what taking it does."""

    value: Value
    label: str
    meaning: str = ""
    formula: str = ""
    paper: str = ""
    note: str = ""
    effect: str = ""

    def matches(self, query: str) -> bool:
        """Whether every typed word occurs in what it says of itself."""
        text = " ".join((str(self.value), self.label, self.meaning, self.formula, self.paper, self.note)).lower()
        return all(word in text for word in query.lower().split())


@dataclass(frozen=True)
class Knob:
    """One setting. With a `ladder` it is a number; without one it is a choice of the menu, a switch or a text."""

    key: str
    label: str
    group: str
    ladder: tuple[Value, ...] = ()
    words: Mapping[Value, str] = field(default_factory=dict)

    @property
    def is_number(self) -> bool:
        return bool(self.ladder)

    @property
    def is_switch(self) -> bool:
        return not self.ladder and isinstance(default_of(self.key), bool)

    @property
    def is_text(self) -> bool:
        return not (self.ladder or self.key in menu.MENU or self.is_switch)

    def value(self, scenario: Scenario) -> Value:
        """The setting as the scenario has it."""
        found: object = scenario
        for part in self.key.split("."):
            found = getattr(found, part)
        assert isinstance(found, str | int | float)
        return found

    def shown(self, value: Value) -> str:
        """A value as the knob prints it."""
        if self.is_switch:
            return _SWITCH[value]
        if self.is_text:
            return str(value) or "none"
        return self.words.get(value) or format.setting(value)

    def assignment(self, value: Value) -> str:
        """The change in dotted form: `optimizer.lr=0.05`."""
        if isinstance(value, bool):
            return f"{self.key}={str(value).lower()}"
        return f"{self.key}={value!r}" if isinstance(value, float) else f"{self.key}={value}"

    def turned(self, scenario: Scenario, value: Value) -> Scenario:
        """The scenario with this value, unchecked."""
        table, _, name = self.key.rpartition(".")
        if not table:
            return replace(scenario, **{name: value})
        changes: dict[str, Any] = {table: replace(getattr(scenario, table), **{name: value})}
        return replace(scenario, **changes)

    def effect(self, scenario: Scenario, value: Value) -> str:
        """What turning it to a value would do to the run."""
        from gradtui.lab.changes import forecast  # it knows the engine's knobs: not before the first paint

        return forecast(scenario, self.turned(scenario, value))

    def objection(self, scenario: Scenario, value: Value) -> str:
        """Why the scenario cannot have a value, as far as can be told without its data; empty when it can."""
        try:
            scenario.replace(self.assignment(value))
        except ScenarioError as error:
            return str(error)
        return ""

    def options(self) -> list[Option]:
        """Every value on offer, in order."""
        if self.ladder:
            return [Option(value, self.shown(value)) for value in self.ladder]
        if self.is_switch:
            return [Option(value, label, MEANINGS[self.key].what) for value, label in _SWITCH.items()]
        return [Option(row.name, row.label, row.meaning, row.formula, row.paper) for row in menu.MENU.get(self.key, ())]

    def next(self, scenario: Scenario, value: Value, direction: int) -> Value:
        """The value one step further up (1) or down (-1); the same value at the end. Choices go round."""
        if self.is_text:
            return value
        if not self.ladder:
            # Tasks of a file need a path, Rprop all examples at once: steps go past them, the list says so.
            idle = {"file", "text"} if not scenario.task.path else set()
            idle |= {"rprop"} if scenario.task.batch else set()
            names = [option.value for option in self.options() if option.value not in idle or option.value == value]
            at = names.index(value) if value in names else 0
            return names[(at + direction) % len(names)]
        numbers = [float(rung) for rung in self.ladder]
        at = bisect_right(numbers, float(value)) if direction > 0 else bisect_left(numbers, float(value)) - 1
        return self.ladder[at] if 0 <= at < len(self.ladder) else value

    def restarts(self, scenario: Scenario) -> bool:
        """Whether a step up or down begins the run anew."""
        from gradtui.lab.changes import Effect, effect_of

        value = self.value(scenario)
        others = [f"{value}?"] if self.is_text else [self.next(scenario, value, direction) for direction in (-1, 1)]
        return any(effect_of(scenario, self.turned(scenario, other)) is Effect.RESTART for other in others)

    # ------------------------------------------------------------------ slider and typing

    def place(self, value: Value) -> float:
        """Where a number stands on the slider, 0 to 1. Rungs are evenly spaced, so 1-2-5 steps make a log scale."""
        number, rungs = float(value), [float(rung) for rung in self.ladder]
        above = bisect_right(rungs, number)
        if above == 0 or above == len(rungs):
            return 0.0 if above == 0 else 1.0
        low, high = rungs[above - 1], rungs[above]
        part, whole = (math.log(number / low), math.log(high / low)) if low > 0.0 else (number - low, high - low)
        return (above - 1 + part / whole) / (len(rungs) - 1)

    def nearest(self, place: float) -> Value:
        """The rung nearest to a place on the slider."""
        return self.ladder[max(0, min(round(place * (len(self.ladder) - 1)), len(self.ladder) - 1))]

    def read(self, text: str) -> Value:
        """A typed value: `3e-4`, `1/3`, `off`; NotAllowed says what is wrong with it."""
        text = text.strip()
        if self.is_text:
            return text
        allowed = RANGES[self.key]
        for value, word in self.words.items():
            if text.lower() == word.lower():
                return value
        try:
            number = _number(text)
        except (ValueError, ZeroDivisionError, OverflowError):
            raise NotAllowed(f"{text or 'nothing'} is no number; it must be {allowed.sentence()}") from None
        if allowed.whole and isinstance(number, float) and number.is_integer():
            number = int(number)
        if (allowed.whole and isinstance(number, float)) or not allowed.holds(number):
            raise NotAllowed(f"{text} is not allowed; it must be {allowed.sentence()}")
        return number if allowed.whole else float(number)

    def written(self, value: Value) -> str:
        """A value as one would type it."""
        return self.words.get(value) or (repr(value) if isinstance(value, float) else str(value))

    # ------------------------------------------------------------------ words

    def usually(self, scenario: Scenario) -> str:
        """Its default, and PyTorch's where there is one."""
        default = usual(self.key, scenario)
        assert isinstance(default, str | int | float)
        text = f"default {self.shown(default)}"
        torch = in_torch(self.key, scenario)
        return text if torch is None else f"{text}; PyTorch {format.setting(torch.value)} ({torch.path})"


def _number(text: str) -> int | float:
    over, slash, under = text.partition("/")
    if slash:
        return float(over) / float(under)
    try:
        return int(text)
    except ValueError:
        return float(text)
