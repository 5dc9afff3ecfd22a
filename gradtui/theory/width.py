"""What finitely many units change of the limit of endlessly many: the size of a signal is then a product of numbers
that scatter, and the typical product lies below the product of the means (Hanin & Nica 2018)."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gradtui.theory.likeness import Passed, Rows
from gradtui.theory.moments import Normal, values_at

Floats = NDArray[np.float64]


class Bends(NamedTuple):
    """How E phi^2 and E phi'^2 of normal numbers answer to their variance q: first and second derivative by ln q, each
    over the mean itself; `heavy` is E phi^4 / (E phi^2)^2."""

    value: float
    value_twice: float
    slope: float
    slope_twice: float
    heavy: float


@lru_cache(maxsize=512)
def bends(of: Normal) -> Bends:
    """By integration by parts: d/d ln q of E f is E f He_2 / 2, twice is E f (He_4 / 4 + He_2 / 2)."""
    value, slope, z, weights = values_at(of)
    once = (z**2 - 1.0) / 2.0
    twice = (z**4 - 6.0 * z**2 + 3.0) / 4.0 + once
    with np.errstate(all="ignore"):
        parts = [
            float(square @ (by * weights)) / (float(square @ weights) or math.nan)
            for square in (value**2, slope**2)
            for by in (once, twice)
        ]
        square = float(value**2 @ weights)
        heavy = float(value**4 @ weights) / (square * square or math.nan)
    found = Bends(parts[0], parts[1], parts[2], parts[3], heavy)
    return found if all(map(math.isfinite, found)) else Bends(0.0, 0.0, 0.0, 0.0, 1.0)


class Drift(NamedTuple):
    """How the size q of preactivations strays from the limit's: mean and variance of its relative error."""

    mean: float = 0.0
    variance: float = 0.0

    def passed(self, by: Bends, units: int) -> Drift:
        """The same of the mean square of what an activation makes of them, in so many units."""
        mean = by.value * self.mean + (by.value_twice - by.value) * self.variance / 2.0
        return Drift(mean, by.value**2 * self.variance + (by.heavy - 1.0) / units)

    def weighed(self, share: float) -> Drift:
        """The same of a sum of which it is this share."""
        return Drift(share * self.mean, share**2 * self.variance)

    def typical(self, alike: float) -> float:
        """Mean logarithm of the size of a batch whose examples share this much of their chance."""
        return self.mean - alike * self.variance / 2.0

    def slopes(self, by: Bends, alike: float) -> float:
        """Mean logarithm of what it does to E phi'^2."""
        mean = by.slope * self.mean + (by.slope_twice - by.slope) * self.variance / 2.0
        return mean - alike * by.slope**2 * self.variance / 2.0


@dataclass(frozen=True)
class Blur:
    """How products of pairs of signals scatter about the limit's: `lost`, the variance of ln |delta|^2 of a batch, and
    `pairs`, the variance of each product (rows, rows). What is drawn of the same weights grows alike with each layer,
    more so the fewer units there are."""

    lost: float
    pairs: Floats

    def scaled(self, by: float) -> Blur:
        """After all products have been multiplied with this."""
        return Blur(self.lost, self.pairs * by**2)

    def fitting(self, signal: Floats) -> Blur:
        """Of pairs of other places nothing is known yet."""
        return self if self.pairs.shape == signal.shape else Blur(self.lost, np.zeros_like(signal))

    def chance(self, signal: Floats, units: int, rows: Rows) -> float:
        """Variance of ln of the mean square of a signal that has come through random weights to so many units."""
        mean = float(np.diag(signal).mean())
        return 2.0 * rows.together(signal**2 + self.pairs) / mean**2 / units if mean > 0.0 else 0.0

    def passed(self, signal: Floats, passed: Passed, units: int, rows: Rows) -> Blur:
        """Behind the slopes of so many units. For one example `lost` grows by (3 E phi'^4 / (E phi'^2)^2 - 1) / n."""
        own, kept = np.diag(signal), passed.slopes**2
        mean = float((own * np.diag(passed.slopes)).mean())
        if not mean > 0.0:
            return self
        squares = signal**2 + self.pairs
        heavy = passed.slope_squares * (own[:, None] * own + 2.0 * squares)
        more = max(rows.together(heavy) / mean**2 - 1.0, 0.0) / units
        # What all pairs grow by together is the size's own scatter, which `lost` has.
        squares = (kept * squares + (heavy - kept * squares) / units) / (1.0 + more)
        return Blur(self.lost + more, np.maximum(squares - kept * signal**2, 0.0))
