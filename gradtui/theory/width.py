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

#: What one direction of a few may take of a signal at most.
LEAST_SHARE = -0.9
#: What is followed to second order may come to so much in a layer; GELU's and Mish's drift of sizes, 80 layers deep and
#: 64 units wide, is right in the mean below it and wrong by a fifth a layer above.
FOLLOWED = 1.4


class Bends(NamedTuple):
    """How E phi^2 and E phi'^2 of normal numbers answer to their variance q: first and second derivative by ln q, each
    over the mean itself; `heavy` is E phi^4 / (E phi^2)^2, `both` E phi^2 phi'^2 / (E phi^2 E phi'^2),
    and `kept` E phi^2 / (q E phi'^2)."""

    value: float
    value_twice: float
    slope: float
    slope_twice: float
    heavy: float
    both: float
    kept: float


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
        steep = float(slope**2 @ weights)
        both = float((value * slope) ** 2 @ weights) / (square * steep or math.nan)
        kept = square / (of.variance * steep or math.nan)
    found = Bends(parts[0], parts[1], parts[2], parts[3], heavy, both, kept)
    return found if all(map(math.isfinite, found)) else FLAT


#: Of what answers to nothing.
FLAT = Bends(0.0, 0.0, 0.0, 0.0, 1.0, 1.0, 1.0)


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


class Climb(NamedTuple):
    """What the way up leaves of one layer for the way back: how its activation bends, how the size of what it gets
    strays, how much of that all examples share, which share of it has come through the weights, and in how many
    units."""

    by: Bends = FLAT
    drift: Drift = Drift()
    alike: float = 1.0
    share: float = 0.0
    units: int = 1

    @property
    def slopes(self) -> float:
        """Mean logarithm of what chance does to E phi'^2."""
        return self.drift.slopes(self.by, self.alike)

    @property
    def chance(self) -> float:
        """The variance of the mean square that it makes over the square of its mean."""
        return (self.by.heavy - 1.0) / self.units


class Echo(NamedTuple):
    """What a signal on its way back knows of the way up through the same weights, which have been drawn only once.

    `aligned` is E (a g)^2 of what a layer reads and of what comes back to it, over what it were if they had nothing in
    common. Given what the weights have made of a (Bolthausen 2014), they are random but along a, so that only there the
    signal learns of it: one direction in n, none in the limit (Yang 2020). `pull` is the derivative of ln |delta|^2 by
    the ln of the mean square of what the layer above reads: what is large there is large in all further layers, and
    those examples of a batch that come back larger for it count for more.
    """

    aligned: float = 1.0
    pull: float = 0.0

    def direct(self, units: int) -> float:
        """What it adds to ln |delta|^2 at the output of a layer of so many units."""
        return math.log1p(max((self.aligned - 1.0) / units, LEAST_SHARE))

    def slopes(self, at: Climb) -> float:
        """And behind the slopes of that layer."""
        return self._along(at) + self._favoured(at)

    def chance(self, at: Climb) -> float:
        """What all that is followed to second order comes to in that layer, over what it may."""
        return (abs(at.slopes) + abs(self._along(at)) + abs(self._favoured(at))) / FOLLOWED

    def _favoured(self, at: Climb) -> float:
        return at.by.slope * at.by.value * self.pull * (1.0 - at.alike) * at.drift.variance

    def _along(self, at: Climb) -> float:
        return math.log1p(max(at.by.both * (self.aligned - 1.0) / at.units, LEAST_SHARE))

    def passed(self, at: Climb, places: int) -> Echo:
        """Below that layer. E (z phi')^2 and E z phi phi' by parts; along a the signal comes back as it has gone up.
        Where many places share weights `aligned` is not followed."""
        made = at.by.value**2 * at.by.kept * (self.aligned - 1.0) + 1.0 + 2.0 * at.by.slope
        made /= math.exp(self._along(at))
        own = 0.0 if places > 1 else at.share
        return Echo(1.0 + own * (made - 1.0), at.share * (at.by.slope + at.by.value * self.pull))


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
