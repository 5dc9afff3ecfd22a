"""What is measured inside the step, because it is gone afterwards: sums that `readout` turns into gauges.

Sums of squares are kept in float64, and for float64 networks in three words of different scale (Blue 1978), since the
square of 1e-200 is 0 in every format.
"""

from __future__ import annotations

import numpy as np

from gradtui.engine.kernel import LARGEST, WIDE, device, kernel, real

#: Entries below TINY are squared after multiplication by GROW, entries above HUGE after multiplication by SHRINK.
TINY, GROW = 2.0**-400, 2.0**600
HUGE, SHRINK = 2.0**400, 2.0**-600
#: A norm beyond this is worth a count of what is not finite.
LARGEST_NORM = 1e300


@device()
def add_square(x, small, middle, big):
    """Add x**2 to the word of the right scale. float32 needs the middle word only."""
    wide = np.float64(x)
    if WIDE:
        size = abs(wide)
        grown = wide * GROW if size < TINY else 0.0
        shrunk = wide * SHRINK if size > HUGE else 0.0
        plain = 0.0 if size < TINY else wide
        plain = 0.0 if size > HUGE else plain
        return small + grown * grown, middle + plain * plain, big + shrunk * shrunk
    return small, middle + wide * wide, big


@kernel(g="in real [size]", sums="out float64 [3]")
def square_sum(g, sums):
    """sums: squares of g in three words."""
    small, middle, big = 0.0, 0.0, 0.0
    for i in range(g.shape[0]):
        small, middle, big = add_square(g[i], small, middle, big)
    sums[0] = small
    sums[1] = middle
    sums[2] = big


@kernel(
    g="in real [size]",
    previous="inout real [size]",
    last_norm="inout float64 [1]",
    sums="out float64 [6]",
)
def gradient_gauges(g, previous, last_norm, sums):
    """Measure one weight gradient, read as one row, and keep it for the next step's `turn`.

    sums: squares of g (three words); count of NaN and inf; count of exact zeros; the cosine to the last step's
    gradient (NaN where one of them has no length).
    """
    small, middle, big, dot = 0.0, 0.0, 0.0, 0.0
    zeros = real(0.0)  # counted in the type of the entries: a whole number would keep the loop from vectorising
    last = last_norm[0]
    scale = 1.0 / last if WIDE and last > 0.0 else 1.0  # no product of two gradients: 1e-200 times 1e-200 is 0
    for i in range(g.shape[0]):
        entry = g[i]
        small, middle, big = add_square(entry, small, middle, big)
        dot += np.float64(entry) * scaled(previous[i], scale)
        zeros += real(1.0) if entry == real(0.0) else real(0.0)
        previous[i] = entry
    norm = root_of(small, middle, big)
    nonfinite = 0
    if not norm <= LARGEST_NORM:
        for i in range(g.shape[0]):
            nonfinite += not abs(g[i]) <= real(LARGEST)
    sums[0] = small
    sums[1] = middle
    sums[2] = big
    sums[3] = np.float64(nonfinite)
    sums[4] = np.float64(zeros)
    sums[5] = dot / (scaled(last, scale) * norm) if last > 0.0 and norm > 0.0 else np.nan
    last_norm[0] = norm


@device(exact=True)
def scaled(x, scale):
    """x * scale in float64, kept together: reassociated with another factor it might leave the range of numbers."""
    return np.float64(x) * scale


@device(exact=True)
def root_of(small, middle, big):
    """The square root of a sum of squares in three words. A factor of 2**-1200 is 0: two steps of 2**-600 are not."""
    if big != 0.0:  # also where it is NaN
        return np.sqrt(big + middle * SHRINK * SHRINK) / SHRINK
    if middle != 0.0:
        return np.sqrt(middle + small / GROW / GROW)
    return np.sqrt(small) / GROW
