"""What is measured inside the step: sums that `readout` turns into gauges.

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
    slope="in real [batch, fan_out]",
    x="in real [batch, fan_in]",
    live="in real [batch]",
    slope_alive="in real [fan_out]",
    x_alive="in real [fan_in]",
    slope_flat="int",
    x_flat="int",
    slope_bits="out int64 [fan_out, words]",
    x_bits="out int64 [fan_in, words]",
    last_norm="inout float64 [1]",
    sums="out float64 [6]",
)
def gradient_gauges(
    g, previous, slope, x, live, slope_alive, x_alive, slope_flat, x_flat, slope_bits, x_bits, last_norm, sums
):
    """Measure one weight gradient, (fan_out, fan_in) read as one row, and keep it for the next step's `turn`.

    sums: squares of g (three words); count of NaN and inf; count of unexplained zeros; the cosine to the last step's
    gradient (NaN where one of them has no length).
    """
    small, middle, big, dot = 0.0, 0.0, 0.0, 0.0
    zeros = real(0.0)  # counted in the type of the entries: a whole number would keep the loop from vectorising
    last = last_norm[0]
    scale = 1.0 / last if WIDE and last > 0.0 else 1.0
    for i in range(g.shape[0]):
        entry = g[i]
        small, middle, big = add_square(entry, small, middle, big)
        dot += (np.float64(entry) * scale) * (np.float64(previous[i]) * scale)
        zeros += real(1.0) if entry == real(0.0) else real(0.0)
        previous[i] = entry
    norm = root_of(small, middle, big)
    nonfinite = 0
    if not norm <= LARGEST_NORM:
        for i in range(g.shape[0]):
            nonfinite += not abs(g[i]) <= real(LARGEST)
    unexplained = 0
    if zeros > real(0.0) and zeros > real(zeros_of_silent_units(slope_alive, x_alive)):
        note_examples(slope, live, slope_flat, slope_bits)
        note_examples(x, live, x_flat, x_bits)
        unexplained = count_unexplained_zeros(g, slope_bits, x_bits)
    sums[0] = small
    sums[1] = middle
    sums[2] = big
    sums[3] = np.float64(nonfinite)
    sums[4] = np.float64(unexplained)
    sums[5] = dot / (scale * scale * last * norm) if last > 0.0 and norm > 0.0 else np.nan
    last_norm[0] = norm


@device()
def root_of(small, middle, big):
    """The square root of a sum of squares in three words; the small word counts only where the others are empty."""
    if big != 0.0:  # also where it is NaN
        return np.sqrt(big + middle * SHRINK * SHRINK) / SHRINK
    if middle != 0.0:
        return np.sqrt(middle)
    return np.sqrt(small) / GROW


@device()
def zeros_of_silent_units(slope_alive, x_alive):
    """How many entries of the gradient belong to a unit without a slope, or an input without a value, in this batch."""
    silent_out = 0
    for o in range(slope_alive.shape[0]):
        silent_out += slope_alive[o] == real(0.0)
    silent_in = 0
    for i in range(x_alive.shape[0]):
        silent_in += x_alive[i] == real(0.0)
    fan_out, fan_in = slope_alive.shape[0], x_alive.shape[0]
    return silent_out * fan_in + silent_in * fan_out - silent_out * silent_in


@device()
def note_examples(values, live, flat_values, bits):
    """bits[u, b // 64], bit b % 64: on example b a signal reaches the layer and unit u is not exactly 0. Where values
    cannot be 0 by construction (`flat_values` is 0), a 0 found there is itself an underflow and excuses nothing."""
    for u in range(bits.shape[0]):
        for word in range(bits.shape[1]):
            bits[u, word] = 0
    for b in range(values.shape[0]):
        if live[b] == real(0.0):
            continue
        bit = np.int64(1) << np.int64(b % 64)
        for u in range(values.shape[1]):
            if flat_values == 0 or values[b, u] != real(0.0):
                bits[u, b // 64] |= bit


@device()
def count_unexplained_zeros(g, slope_bits, x_bits):
    """How many entries of g are exactly 0 although on some example a path through them was open: g[o, i] sums
    delta[b, o] * x[b, i] over the examples, and is rightly 0 when no example has both."""
    count = 0
    fan_in = x_bits.shape[0]
    for o in range(slope_bits.shape[0]):
        for i in range(fan_in):
            if g[o * fan_in + i] == real(0.0):
                both = np.int64(0)
                for word in range(slope_bits.shape[1]):
                    both |= slope_bits[o, word] & x_bits[i, word]
                count += both != 0
    return count


@kernel(a="in real [batch, units]", direction="out float64 [units]", result="out float64 [1]")
def similarity(a, direction, result):
    """result: mean cosine between the rows of a, (|sum of unit rows|^2 - n) / (n (n - 1)) over the n non-zero rows."""
    for j in range(a.shape[1]):
        direction[j] = 0.0
    rows = 0
    for i in range(a.shape[0]):
        squares = 0.0
        for j in range(a.shape[1]):
            squares += np.float64(a[i, j]) * np.float64(a[i, j])
        if squares != 0.0:  # NaN counts as a row: it must show
            rows += 1
            scale = 1.0 / np.sqrt(squares)
            for j in range(a.shape[1]):
                direction[j] += np.float64(a[i, j]) * scale
    total = 0.0
    for j in range(a.shape[1]):
        total += direction[j] * direction[j]
    result[0] = (total - rows) / (np.float64(rows) * (rows - 1)) if rows > 1 else np.nan
