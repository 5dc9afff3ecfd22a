"""What is measured when somebody looks: a step leaves its activations, slopes and gradients behind, and these kernels
read them. Nobody pays for them in a step whose profile is not asked for."""

from __future__ import annotations

import numpy as np

from gradtui.engine.kernel import LARGEST, WIDE, device, flat, kernel, real
from gradtui.engine.kernels.gauges import add_square, scaled


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


@kernel(values="in real [size]", initial="in real [size]", sums="out float64 [6]")
def distance(values, initial, sums):
    """sums: squares of values - initial in three words, then those of initial."""
    small, middle, big = 0.0, 0.0, 0.0
    first_small, first_middle, first_big = 0.0, 0.0, 0.0
    for i in range(values.shape[0]):
        first = np.float64(initial[i])
        small, middle, big = add_square(np.float64(values[i]) - first, small, middle, big)
        first_small, first_middle, first_big = add_square(first, first_small, first_middle, first_big)
    sums[0], sums[1], sums[2] = small, middle, big
    sums[3], sums[4], sums[5] = first_small, first_middle, first_big


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


@kernel(mask="in real [batch, positions, units]", bits="inout int64 [units, words]")
def forget_dropped(mask, bits):
    """Clear the bits of the examples on which dropout took all of a unit: nothing came back to it there."""
    for b in range(mask.shape[0]):
        bit = np.int64(1) << np.int64(b % 64)
        for u in range(mask.shape[2]):
            kept = False
            for p in range(mask.shape[1]):
                kept = kept or mask[b, p, u] != real(0.0)
            if not kept:
                bits[u, b // 64] &= ~bit


@kernel(slope_bits="in int64 [units, words]", count="out float64 [1]")
def count_silent(slope_bits, count):
    """count: units without any slope."""
    silent = 0
    for u in range(slope_bits.shape[0]):
        ever = np.int64(0)
        for word in range(slope_bits.shape[1]):
            ever |= slope_bits[u, word]
        silent += ever == 0
    count[0] = np.float64(silent)


@device()
def close(live, slope_bits):
    """`live` loses the examples that no unit lets through."""
    for word in range(live.shape[0]):
        any_unit = np.int64(0)
        for u in range(slope_bits.shape[0]):
            any_unit |= slope_bits[u, word]
        live[word] &= any_unit


@kernel(
    g="in real [fan_out, fan_in]",
    slope_bits="in int64 [fan_out, words]",
    x_bits="in int64 [fan_in, words]",
    live="inout int64 [words]",
    closes="int",
    count="out float64 [1]",
)
def explain_zeros(g, slope_bits, x_bits, live, closes, count):
    """count: entries of g that are exactly 0 although a path through them was open.

    g[o, i] sums delta[b, o] * x[b, i] over the examples b. It is rightly 0 when on no example a signal reaches the
    layer (`live`), unit o has a slope and input i a value. Layers are visited from the loss down: `live` loses those
    examples that no unit of this layer lets through, unless a skip leads round it (`closes` is 0).
    """
    unexplained = 0
    for o in range(g.shape[0]):
        for i in range(g.shape[1]):
            if g[o, i] == real(0.0):
                for word in range(live.shape[0]):
                    if (slope_bits[o, word] & x_bits[i, word] & live[word]) != 0:
                        unexplained += 1
                        break
    if closes != 0:
        close(live, slope_bits)
    count[0] = np.float64(unexplained)


@device()
def meets(slope, x, flat_slopes, zero_inputs, o, channel, top, left, stride):
    """Whether on one image, at some place of a window, unit o has a slope where the channel has a value. `top` and
    `left` say how far that place of the window is from its first one, the padding taken off."""
    for p in range(slope.shape[0]):
        row = p * stride + top
        if 0 <= row < x.shape[0]:
            for q in range(slope.shape[1]):
                column = q * stride + left
                if 0 <= column < x.shape[1]:
                    sends = flat_slopes == 0 or slope[p, q, o] != real(0.0)
                    if sends and (zero_inputs == 0 or x[row, column, channel] != real(0.0)):
                        return True
    return False


@kernel(
    g="in real [fan_out, fan_in]",
    slope="in real [batch, tall, wide, fan_out]",
    x="in real [batch, height, width, channels]",
    slope_bits="in int64 [fan_out, words]",
    x_bits="in int64 [channels, words]",
    live="inout int64 [words]",
    flat_slopes="int",
    zero_inputs="int",
    closes="int",
    count="out float64 [1]",
    side="int",
    stride="int",
    padding="int",
)
def explain_zeros_of_windows(
    g, slope, x, slope_bits, x_bits, live, flat_slopes, zero_inputs, closes, count, side, stride, padding
):
    """The same for a convolution: g[o, i] sums over all places as well, and is rightly 0 too when its place of the
    window sees nothing but padding, or unit o has no slope wherever it sees a value. `flat_slopes` and `zero_inputs`
    say whether slopes and inputs can be 0 by construction."""
    channels = x.shape[3]
    unexplained = 0
    for o in range(g.shape[0]):
        for i in range(g.shape[1]):
            if g[o, i] == real(0.0):
                channel = i % channels
                top = i // channels // side - padding
                left = i // channels % side - padding
                for b in range(x.shape[0]):
                    word = b // 64
                    heard = slope_bits[o, word] & x_bits[channel, word] & live[word]
                    if (heard >> np.int64(b % 64)) & 1 != 0 and meets(
                        slope[b], x[b], flat_slopes, zero_inputs, o, channel, top, left, stride
                    ):
                        unexplained += 1
                        break
    if closes != 0:
        close(live, slope_bits)
    count[0] = np.float64(unexplained)


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
