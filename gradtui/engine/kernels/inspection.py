"""What is measured when somebody looks: a step leaves its activations, slopes and gradients behind, and these kernels
read them. Nobody pays for them in a step whose profile is not asked for."""

from __future__ import annotations

import numpy as np

from gradtui.engine.kernel import LARGEST, WIDE, device, flat, kernel, real
from gradtui.engine.kernels.gauges import scaled


@device(exact=True)
def scale_of(values):
    """1 / the largest size among the values, so that their squares stay in range; 1 where that has no meaning, and for
    float32, whose squares fit into float64."""
    largest = 0.0
    if WIDE:
        for i in range(values.shape[0]):
            largest = max(largest, abs(np.float64(values[i])))
    return 1.0 / largest if 0.0 < largest <= LARGEST else 1.0


@kernel(
    a="in real [batch, units]",
    slope="in real [batch, units]",
    saturates_below="in float64 [1]",
    sums="out float64 [5]",
)
def activation_gauges(a, slope, saturates_below, sums):
    """sums: sum and sum of squares of (a - pivot) * scale, the pivot, the count of slopes below the bound, the scale.

    The pivot a[0, 0] keeps the variance exact when a layer says nearly the same to everything.
    """
    values, slopes = flat(a), flat(slope)
    pivot = values[0]
    scale = scale_of(values)
    bound = real(saturates_below[0])
    total = 0.0
    squares = 0.0
    saturated = real(0.0)
    for i in range(values.shape[0]):
        centred = scaled(values[i] - pivot, scale)
        total += centred
        squares += centred * centred
        saturated += real(1.0) if abs(slopes[i]) < bound else real(0.0)
    sums[0] = total
    sums[1] = squares
    sums[2] = np.float64(pivot)
    sums[3] = np.float64(saturated)
    sums[4] = scale


@kernel(a="in real [batch, units]", direction="out float64 [units]", result="out float64 [1]")
def similarity(a, direction, result):
    """result: mean cosine between the rows of a, (|sum of unit rows|^2 - n) / (n (n - 1)) over the n non-zero rows."""
    for j in range(a.shape[1]):
        direction[j] = 0.0
    rows = 0
    for i in range(a.shape[0]):
        scale = scale_of(a[i])
        squares = 0.0
        for j in range(a.shape[1]):
            entry = scaled(a[i, j], scale)
            squares += entry * entry
        if squares != 0.0:  # NaN counts as a row: it must show
            rows += 1
            length = np.sqrt(squares)
            for j in range(a.shape[1]):
                direction[j] += scaled(a[i, j], scale) / length
    total = 0.0
    for j in range(a.shape[1]):
        total += direction[j] * direction[j]
    result[0] = (total - rows) / (np.float64(rows) * (rows - 1)) if rows > 1 else np.nan


@kernel(values="in real [batch, positions, units]", flat_values="int", bits="out int64 [units, words]")
def note_examples(values, flat_values, bits):
    """bits[u, b // 64], bit b % 64: values[b, p, u] is not exactly 0 at every p.

    Where values cannot be 0 by construction (`flat_values` is 0: the slope of a sigmoid), a 0 found there is itself an
    underflow, and the bit is set all the same.
    """
    for u in range(bits.shape[0]):
        for word in range(bits.shape[1]):
            bits[u, word] = 0
    for b in range(values.shape[0]):
        bit = np.int64(1) << np.int64(b % 64)
        for p in range(values.shape[1]):
            for u in range(values.shape[2]):
                if flat_values == 0 or values[b, p, u] != real(0.0):
                    bits[u, b // 64] |= bit


@kernel(
    g="in real [fan_out, fan_in]",
    slope_bits="in int64 [fan_out, words]",
    x_bits="in int64 [channels, words]",
    live="inout int64 [words]",
    closes="int",
    counts="out float64 [2]",
)
def explain_zeros(g, slope_bits, x_bits, live, closes, counts):
    """counts: entries of g that are exactly 0 although a path through them was open, and units without any slope.

    g[o, i] sums delta[b, o] * x[b, i] over the examples b. It is rightly 0 when on no example a signal reaches the
    layer (`live`), unit o has a slope and input i a value; a convolution's inputs i are its channels over and over, and
    one is open where it is at any place.  Layers are visited from the loss down: `live` loses those
    examples that no unit of this layer lets through, unless a skip leads round it (`closes` is 0).
    """
    unexplained = 0
    for o in range(g.shape[0]):
        for i in range(g.shape[1]):
            if g[o, i] == real(0.0):
                channel = i % x_bits.shape[0]
                for word in range(live.shape[0]):
                    if (slope_bits[o, word] & x_bits[channel, word] & live[word]) != 0:
                        unexplained += 1
                        break
    silent = 0
    for o in range(g.shape[0]):
        ever = np.int64(0)
        for word in range(live.shape[0]):
            ever |= slope_bits[o, word]
        silent += ever == 0
    if closes != 0:
        for word in range(live.shape[0]):
            any_unit = np.int64(0)
            for o in range(g.shape[0]):
                any_unit |= slope_bits[o, word]
            live[word] &= any_unit
    counts[0] = np.float64(unexplained)
    counts[1] = np.float64(silent)


@kernel(live="out int64 [words]")
def all_live(live):
    """Every example sends a signal back at first."""
    for word in range(live.shape[0]):
        live[word] = -1


@kernel(values="in real [batch, units]", alive="inout real [units]")
def mark_alive(values, alive):
    """alive[u] > 0 once column u has held anything but 0: once unit u has had a slope on some example."""
    for b in range(values.shape[0]):
        for u in range(values.shape[1]):
            alive[u] = max(alive[u], abs(values[b, u]))
