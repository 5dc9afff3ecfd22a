"""Thresholds as the charts draw them: where a gauge begins to mean a verdict, a thin line with that verdict's name."""

from __future__ import annotations

import math
from functools import cache
from typing import NamedTuple

#: A limit that stands upright between bars, and one that lies across a chart.
UPRIGHT, ACROSS = "╎", "╌"

#: Limits that a gauge of one layer is held against by itself; others compare layers, or need the loss besides.
_ALONE = ("saturated", "dying", "underflown", "alike", "rate_high", "rate_low", "thrown")
#: Limits on the signal of a layer as a share of the output's.
_SHARES = ("vanished", "exploded")


class Limit(NamedTuple):
    """A value, and what lies beyond it."""

    value: float
    name: str


@cache
def of_gauge(gauge: str) -> tuple[Limit, ...]:
    """The limits to draw over the past of one layer's gauge."""
    from gradtui.diagnosis.thresholds import THRESHOLDS  # not before the first paint
    from gradtui.explain.verdicts import LABELS

    found = []
    for name in _ALONE:
        limit = THRESHOLDS[name]
        if limit.gauge == gauge:
            # Likeness is measured by what is missing to 1.
            value = 1.0 - limit.value if gauge == "similarity" else limit.value
            found.append(Limit(value, LABELS[limit.kind]))
    return tuple(found)


@cache
def shares() -> tuple[Limit, ...]:
    """The shares of the output's signal below and above which a layer's has vanished or exploded."""
    from gradtui.diagnosis.thresholds import THRESHOLDS

    return tuple(Limit(THRESHOLDS[name].value, name) for name in _SHARES)


class Steady:
    """Keeps lines where they are while what they stand for moves by less than a cell, so that no row is repainted for
    the sake of a line."""

    def __init__(self) -> None:
        self._kept: dict[object, tuple[object, float]] = {}

    def cell(self, key: object, place: float, grid: object) -> int:
        """The cell in which a line belongs at `place`, counted in cells; a new `grid` forgets the old one."""
        kept = self._kept.get(key)
        if kept is None or kept[0] != grid or abs(place - kept[1]) > 1.0:
            kept = self._kept[key] = (grid, place)
        return math.floor(kept[1])
