"""The log axis of the bars: which decades it spans, and in which cell a value stands. Pure arithmetic."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gradtui.profile import GradientProfile

#: Decades per block: an axis begins and ends on a multiple of this, so that it grows in whole blocks only.
BLOCK = 4

#: The span that every scenario starts from: 1e-20 to 1.
DEFAULT_LOW, DEFAULT_HIGH = -20, 0

#: The widest span of each number format, in whole blocks: nothing it can hold lies outside.
LIMITS = {"float32": (-48, 40), "float64": (-324, 308)}


@dataclass(frozen=True)
class Axis:
    """A log scale from 10**low at the left edge to 10**high at the right edge; both are whole decades."""

    low: int = DEFAULT_LOW
    high: int = DEFAULT_HIGH

    def fraction(self, value: float) -> float:
        """Where a positive finite value stands: 0 at the left edge, 1 at the right; may lie beyond."""
        return (math.log10(value) - self.low) / (self.high - self.low)

    def is_below(self, value: float) -> bool:
        """Whether a positive value is too small for the axis."""
        return self.fraction(value) < 0.0

    def is_above(self, value: float) -> bool:
        """Whether a positive value is too large for the axis."""
        return self.fraction(value) > 1.0

    def eighths(self, value: float, width: int) -> int:
        """Length of the bar of a value on `width` cells, in eighths of a cell; cut at the two edges."""
        return round(min(1.0, max(0.0, self.fraction(value))) * width * 8)

    def cell(self, value: float, width: int) -> int:
        """The cell, of `width` ones, in which a tick at the value stands; cut at the two edges."""
        return min(width - 1, int(min(1.0, max(0.0, self.fraction(value))) * width))

    def labels(self, width: int) -> list[tuple[int, str]]:
        """The labelled decades as (first cell, text), as many as fit on `width` cells with gaps between."""
        decades = self.high - self.low
        for step in range(BLOCK, decades + BLOCK, BLOCK):
            labels = [self._label(decade, width) for decade in range(self.low, self.high, step)]
            last = self._label(self.high, width)
            while labels and labels[-1][0] + len(labels[-1][1]) + 2 > last[0]:
                labels.pop()
            labels.append(last)
            gaps = pairwise(labels)
            if labels[0][0] >= 0 and all(a + len(text) + 2 <= b for (a, text), (b, _) in gaps):
                return labels
        return []

    def _label(self, decade: int, width: int) -> tuple[int, str]:
        text = "1" if decade == 0 else f"1e{decade}"
        cell = round((decade - self.low) / (self.high - self.low) * width)
        return min(cell, width - len(text)), text


def pinned(values: Iterable[float], dtype: str, before: Axis | None = None) -> Axis:
    """The axis of a run, chosen once from what was measured at step 0 and kept from then on.

    It is 1e-20..1, widened in whole blocks of 4 decades until every positive finite value of step 0 lies on
    it, within what the number format can hold. `before` is the axis of the run before this one: it is only
    ever widened, so that two runs of the same scenario stay comparable by eye.
    """
    low, high = (before.low, before.high) if before else (DEFAULT_LOW, DEFAULT_HIGH)
    floor, ceiling = LIMITS.get(dtype, LIMITS["float64"])
    for value in values:
        if value > 0.0 and math.isfinite(value):
            exponent = math.log10(value)
            low = min(low, math.floor(exponent / BLOCK) * BLOCK)
            high = max(high, math.ceil(exponent / BLOCK) * BLOCK)
    return Axis(max(low, min(floor, DEFAULT_LOW)), min(high, ceiling))


def of_run(first: GradientProfile, dtype: str, before: Axis | None = None) -> Axis:
    """The one axis of a run's layers and of its time steps, from the profile of step 0."""
    tables = [first[gauge] for gauge in ("grad_rms", "delta_rms")]
    tables += [first.time[gauge].reshape(-1) for gauge in ("delta_rms", "cell_delta_rms") if gauge in first.time]
    return pinned((value for table in tables for value in table.tolist()), dtype, before)
