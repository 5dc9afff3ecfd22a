"""The knobs: which settings can be turned while a network trains, and what their next values are."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gradtui.scenario import menu
from gradtui.tui import format

if TYPE_CHECKING:
    from gradtui.scenario.model import Scenario

Value = str | int | float


def _rungs(first: int, last: int) -> tuple[float, ...]:
    """1, 2 and 5 times every power of ten from 10**first to 10**last."""
    return (*(float(f"{digit}e{decade}") for decade in range(first, last) for digit in (1, 2, 5)), 10.0**last)


@dataclass(frozen=True)
class Option:
    """One value of a knob as a list shows it."""

    value: Value
    label: str
    meaning: str = ""
    formula: str = ""
    paper: str = ""


@dataclass(frozen=True)
class Knob:
    """One setting. With a `ladder` it steps through numbers, without one it offers the menu's choices."""

    key: str
    label: str
    group: str
    ladder: tuple[Value, ...] = ()
    words: Mapping[Value, str] = field(default_factory=dict)

    def value(self, scenario: Scenario) -> Value:
        """The setting as the scenario has it."""
        found: object = scenario
        for part in self.key.split("."):
            found = getattr(found, part)
        assert isinstance(found, str | int | float)
        return found

    def shown(self, value: Value) -> str:
        """A value as the knob prints it."""
        return self.words.get(value) or format.setting(value)

    def assignment(self, value: Value) -> str:
        """The change in dotted form: `optimizer.lr=0.05`."""
        return f"{self.key}={value!r}" if isinstance(value, float) else f"{self.key}={value}"

    def options(self, scenario: Scenario) -> list[Option]:
        """Every value on offer, in order."""
        if self.ladder:
            return [Option(value, self.shown(value)) for value in self.ladder]
        return [
            Option(row.name, row.label, row.meaning, row.formula, row.paper)
            for row in menu.choices(self.key)
            # A file's task needs a path, which no list can offer; Rprop needs all examples at once.
            if (row.name != "file" or scenario.task.path) and (row.name != "rprop" or scenario.task.batch == 0)
        ]

    def next(self, scenario: Scenario, value: Value, direction: int) -> Value:
        """The value one step further up (1) or down (-1); the same value at the end. Choices go round."""
        if not self.ladder:
            names = [option.value for option in self.options(scenario)]
            at = names.index(value) if value in names else 0
            return names[(at + direction) % len(names)]
        numbers = [float(rung) for rung in self.ladder]
        at = bisect_right(numbers, float(value)) if direction > 0 else bisect_left(numbers, float(value)) - 1
        return self.ladder[at] if 0 <= at < len(self.ladder) else value


_TWOS = tuple(2**power for power in range(13))
_DEPTHS = (0, 1, 2, 3, 4, 5, 6, 8, 10, 12, 15, 20, 25, 30, 40, 50, 70, 100, 150, 200, 300, 500, 700, 1000)
_GAINS = (0.1, 0.2, 0.5, 0.8, 0.9, 1.0, 1.1, 1.2, 1.4, 1.5, 5.0 / 3.0, 2.0, 5.0, 10.0)
_SLOPES = (-1.0, -0.5, -0.25, 0.0, 0.01, 0.1, 0.25, 0.5, 1.0)
_DECAYS = (0.0, 0.5, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999, 0.9999)

KNOBS: tuple[Knob, ...] = (
    Knob("network.depth", "depth", "NETWORK", _DEPTHS),
    Knob("network.width", "width", "NETWORK", _TWOS),
    Knob("network.activation", "activation", "NETWORK"),
    Knob("network.negative_slope", "slope", "NETWORK", _rungs(-4, 1)),
    Knob("network.prelu_init", "slope at 0", "NETWORK", _SLOPES),
    Knob("network.prelu_share", "slopes", "NETWORK"),
    Knob("network.alpha", "alpha", "NETWORK", _rungs(-2, 1)),
    Knob("network.beta", "beta", "NETWORK", _rungs(-2, 2)),
    Knob("network.init", "init", "NETWORK"),
    Knob("network.init_std", "std", "NETWORK", _rungs(-6, 2)),
    Knob("network.init_bound", "bound", "NETWORK", (0.0, *_rungs(-6, 2)), {0.0: "1/√fan_in"}),
    Knob("network.init_gain", "gain", "NETWORK", _GAINS),
    Knob("network.init_fan", "fan", "NETWORK"),
    Knob("network.init_bias_kind", "biases", "NETWORK"),
    Knob("network.norm", "norm", "NETWORK"),
    Knob("network.norm_groups", "groups", "NETWORK", _TWOS),
    Knob("network.norm_place", "norm place", "NETWORK"),
    Knob("network.skip", "skip", "NETWORK"),
    Knob("network.skip_every", "block", "NETWORK", (1, 2, 3, 4, 5, 6, 8, 10)),
    Knob("network.skip_form", "sum", "NETWORK"),
    Knob("network.skip_scale", "branch x", "NETWORK", (0.0, 0.1, 0.2, 0.5, 0.7, 1.0, 2.0)),
    Knob("network.rezero_init", "branch at 0", "NETWORK", (0.0, 0.01, 0.1, 0.5, 1.0)),
    Knob("network.highway_bias", "gate bias", "NETWORK", (-10.0, -5.0, -4.0, -3.0, -2.0, -1.0, 0.0, 1.0)),
    Knob("network.growth_rate", "growth", "NETWORK", _TWOS),
    Knob("network.dropout", "dropout", "NETWORK", (0.0, 0.05, 0.1, 0.2, 0.3, 0.5, 0.8), {0.0: "off"}),
    Knob("network.kind", "kind", "NETWORK"),
    Knob("network.kernel", "kernel", "NETWORK", (1, 2, 3, 5, 7)),
    Knob("network.stages", "stages", "NETWORK", (1, 2, 3, 4)),
    Knob("network.downsample", "smaller by", "NETWORK"),
    Knob("network.head", "head", "NETWORK"),
    Knob("network.dtype", "dtype", "NETWORK"),
    Knob("optimizer.name", "optimizer", "TRAINING"),
    Knob("optimizer.lr", "lr", "TRAINING", _rungs(-8, 3)),
    Knob("optimizer.momentum", "momentum", "TRAINING", _DECAYS),
    Knob("optimizer.beta1", "beta1", "TRAINING", _DECAYS),
    Knob("optimizer.beta2", "beta2", "TRAINING", _DECAYS),
    Knob("optimizer.eps", "eps", "TRAINING", _rungs(-16, 0)),
    Knob("optimizer.clip_norm", "clip", "TRAINING", (0.0, *_rungs(-6, 3)), {0.0: "off"}),
    Knob("optimizer.weight_decay", "decay", "TRAINING", (0.0, *_rungs(-6, 0)), {0.0: "off"}),
    Knob("optimizer.schedule", "schedule", "TRAINING"),
    Knob("optimizer.warmup_steps", "warm-up", "TRAINING", (0, *_TWOS), {0: "off"}),
    Knob("task.batch", "batch", "TRAINING", (0, *_TWOS), {0: "all"}),
    Knob("seed", "seed", "TRAINING", tuple(range(100))),
    Knob("task.name", "task", "TASK"),
    Knob("task.loss", "loss", "TASK"),
    Knob("task.noise", "noise", "TASK", (0.0, 0.02, 0.05, 0.1, 0.2, 0.3, 0.5, 1.0)),
)


def in_use(scenario: Scenario) -> list[Knob]:
    """The knobs that have an effect: with something to choose, and read by what is chosen elsewhere."""
    return [knob for knob in KNOBS if len(knob.options(scenario)) > 1 and _is_read(knob, scenario)]


def _is_read(knob: Knob, scenario: Scenario) -> bool:
    if scenario.network.layer and knob.key in ("network.depth", "network.width"):
        return False  # the layers are listed one by one
    readers = menu.readers(knob.key)
    return not readers or any(Knob(menu_key, "", "").value(scenario) == row.name for menu_key, row in readers)
