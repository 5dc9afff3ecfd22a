"""The bands: one scale from cold (vanished) over neutral (healthy) to hot (exploding), for every view.

Which colour a band has, a theme says (`themes.py`).
"""

from __future__ import annotations

import math
from bisect import bisect_right
from typing import NamedTuple


class Band(NamedTuple):
    """One band: values of at least 10**decade, up to the next band's decade."""

    decade: float
    name: str


BANDS: tuple[Band, ...] = (
    Band(-math.inf, "vanished"),
    Band(-16, "vanished"),
    Band(-12, "vanishing"),
    Band(-10, "vanishing"),
    Band(-8, "vanishing"),
    Band(-6, "faint"),
    Band(-4, "healthy"),
    Band(-2, "healthy"),
    Band(0, "large"),
    Band(1, "exploding"),
    Band(2, "exploding"),
    Band(4, "exploded"),
)

COLDEST, HOTTEST = 0, len(BANDS) - 1

_EDGES = [band.decade for band in BANDS]


def band(value: float) -> int:
    """The band of a value: its number in `BANDS`. Zero is the coldest, NaN and infinity are the hottest."""
    if value != value or value == math.inf:
        return HOTTEST
    if value <= 0.0:
        return COLDEST
    return bisect_right(_EDGES, math.log10(value)) - 1
