"""A line chart in braille dots: two columns and four rows of dots in every cell. Pure arithmetic."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

#: The bit of each dot, by [row][column] within a cell, counted from U+2800.
_BITS = ((0x01, 0x08), (0x02, 0x10), (0x04, 0x20), (0x40, 0x80))


@dataclass(frozen=True)
class Scale:
    """One axis of a chart: linear or log, from `low` to `high`."""

    low: float
    high: float
    log: bool = False

    def dots(self, values: Sequence[float], most: int) -> list[int | None]:
        """The nearest of the places 0 to `most` for each value; None for one that cannot stand on this axis."""
        low, high = (math.log(self.low), math.log(self.high)) if self.log else (self.low, self.high)
        least, stretch = 0.0 if self.log else -math.inf, most / (high - low)
        log, isfinite = math.log, math.isfinite
        places: list[int | None] = []
        for value in values:
            if least < value and isfinite(value):
                at = round(((log(value) if self.log else value) - low) * stretch)
                places.append(0 if at < 0 else most if at > most else at)
            else:
                places.append(None)
        return places


def bracket(low: float, high: float) -> tuple[float, float]:
    """The closest round numbers (1, 2 or 5 times a power of ten) around two positive values; never equal."""
    below, above = rounded(low, down=True), rounded(high, down=False)
    if below == above:
        above = rounded(above * 1.5, down=False)
    return below, above


def rounded(value: float, *, down: bool) -> float:
    """The next of 1, 2 and 5 times a power of ten, at most or at least a positive value."""
    exponent = math.floor(math.log10(value))
    rungs = [float(f"{digit}e{exponent + shift}") for shift in (-1, 0, 1) for digit in (1, 2, 5)]
    # A value that stands on a rung but for rounding belongs on it.
    fits = [rung for rung in rungs if (rung <= value * (1 + 1e-12) if down else rung >= value * (1 - 1e-12))]
    return max(fits) if down else min(fits)


class Canvas:
    """A grid of character cells to draw lines on."""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self._cells = [[0] * width for _ in range(height)]

    def curve(self, xs: Sequence[float], ys: Sequence[float], x_scale: Scale, y_scale: Scale) -> None:
        """Join the points by lines; a value that cannot stand on the axis leaves a gap."""
        lowest = self.height * 4 - 1
        before: tuple[int, int] | None = None
        for x, up in zip(x_scale.dots(xs, self.width * 2 - 1), y_scale.dots(ys, lowest), strict=True):
            if x is None or up is None:
                before = None
                continue
            point = (x, lowest - up)
            if point != before:
                if before is not None and before[0] == x:
                    self._upright(x, before[1], point[1])
                else:
                    self._line(before or point, point)
            before = point

    def _upright(self, x: int, start: int, stop: int) -> None:
        column, side = divmod(x, 2)
        for y in range(min(start, stop), max(start, stop) + 1):
            self._cells[y // 4][column] |= _BITS[y % 4][side]

    def _line(self, start: tuple[int, int], stop: tuple[int, int]) -> None:
        (x, y), (right, low) = start, stop
        steps = max(abs(right - x), abs(low - y), 1)
        for step in range(steps + 1):
            self._set(round(x + (right - x) * step / steps), round(y + (low - y) * step / steps))

    def _set(self, x: int, y: int) -> None:
        self._cells[y // 4][x // 2] |= _BITS[y % 4][x % 2]

    def lines(self) -> list[str]:
        """The drawn cells as text, top line first; an empty cell is a space."""
        return ["".join(chr(0x2800 + bits) if bits else " " for bits in line) for line in self._cells]
