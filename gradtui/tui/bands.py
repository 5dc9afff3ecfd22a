"""The colour bands: one scale from cold (vanished) over neutral (healthy) to hot (exploding), for every view.

Each band has two colours. The first is a colour of the 6 x 6 x 6 cube, so it is the same in 24-bit and in
256-colour terminals; the second is one of the 16 standard colours, all different, for terminals with no more.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from typing import NamedTuple

Rgb = tuple[int, int, int]


class Band(NamedTuple):
    """One band: values of at least 10**decade, up to the next band's decade."""

    decade: float
    name: str
    cube: Rgb
    standard: Rgb


BANDS: tuple[Band, ...] = (
    Band(-math.inf, "vanished", (0x5F, 0x5F, 0x87), (85, 85, 85)),
    Band(-16, "vanished", (0x5F, 0x5F, 0xD7), (170, 0, 170)),
    Band(-12, "vanishing", (0x5F, 0x87, 0xD7), (0, 0, 170)),
    Band(-10, "vanishing", (0x5F, 0x87, 0xFF), (85, 85, 255)),
    Band(-8, "vanishing", (0x00, 0xAF, 0xFF), (0, 170, 170)),
    Band(-6, "faint", (0x00, 0xD7, 0xD7), (85, 255, 255)),
    Band(-4, "healthy", (0x5F, 0xD7, 0xAF), (0, 170, 0)),
    Band(-2, "healthy", (0x87, 0xD7, 0x87), (85, 255, 85)),
    Band(0, "large", (0xD7, 0xD7, 0x5F), (255, 255, 85)),
    Band(1, "exploding", (0xFF, 0xAF, 0x00), (170, 85, 0)),
    Band(2, "exploding", (0xFF, 0x5F, 0x00), (255, 85, 85)),
    Band(4, "exploded", (0xFF, 0x00, 0x5F), (170, 0, 0)),
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
