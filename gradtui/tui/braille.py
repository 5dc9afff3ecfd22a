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

    def fraction(self, value: float) -> float:
        """Where a value stands, 0 at `low` and 1 at `high`; NaN when it cannot stand on this axis."""
        if not math.isfinite(value) or (self.log and value <= 0.0):
            return math.nan
        if self.log:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)


def bracket(low: float, high: float) -> tuple[float, float]:
    """The closest round numbers (1, 2 or 5 times a power of ten) around two positive values; never equal."""
    below, above = _round(low, down=True), _round(high, down=False)
    if below == above:
        above = _round(above * 1.5, down=False)
    return below, above


def _round(value: float, *, down: bool) -> float:
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
        before: tuple[int, int] | None = None
        for x, y in zip(xs, ys, strict=True):
            across, up = x_scale.fraction(x), y_scale.fraction(y)
            if across != across or up != up:
                before = None
                continue
            point = self._dot(across, up)
            if point != before:
                self._line(before or point, point)
            before = point

    def _dot(self, across: float, up: float) -> tuple[int, int]:
        columns, lines = self.width * 2 - 1, self.height * 4 - 1
        return round(_cut(across) * columns), round((1.0 - _cut(up)) * lines)

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


def _cut(fraction: float) -> float:
    return min(1.0, max(0.0, fraction))
