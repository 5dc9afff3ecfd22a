"""The long short-term memory layer (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000) through
all time steps, as torch.nn.LSTM computes it: gates in the order input, forget, candidate, output.

i, f, o = sigmoid(...), g = tanh(...); c_t = f c_(t-1) + i g; h_t = o tanh(c_t)

The forward pass leaves four factors where the pre-activations stood: what dL/dc_t (for the output gate dL/dh_t) must be
multiplied with to become the gradient of each. It has all exponentials at hand, and slopes keep their digits in both
tails; the way back is multiplications alone.
"""

from __future__ import annotations

from gradtui.engine.kernel import device, flat, kernel, real, stretch
from gradtui.engine.kernels.activations.squashing import tanh
from gradtui.engine.kernels.gauges import add_square
from gradtui.engine.kernels.recurrent import (
    STRETCH,
    add_rows,
    clear,
    cut_before,
    join_gates,
    part_gates,
    recall,
    send_back,
    share,
    turn_into_panels,
)


@device()
def lstm_cells(parts, start, cells, c_before, c_after, h_after, forgets, slopes):
    """One step of `cells` cells from `start` on; but for parts (4, batch * units), whose pre-activations become
    factors, each argument is (batch * units). Returns the sums of i, f and o."""
    i_part, f_part = stretch(parts[0], start, cells), stretch(parts[1], start, cells)
    g_part, o_part = stretch(parts[2], start, cells), stretch(parts[3], start, cells)
    before, after = stretch(c_before, start, cells), stretch(c_after, start, cells)
    h, forget, passes = (
        stretch(h_after, start, cells),
        stretch(forgets, start, cells),
        stretch(slopes, start, cells),
    )
    i_sum, f_sum, o_sum = real(0.0), real(0.0), real(0.0)
    for u in range(h.shape[0]):
        i, i_shut = share(i_part[u])
        f, f_shut = share(f_part[u])
        o, o_shut = share(o_part[u])
        g, g_slope = tanh(g_part[u])
        held = before[u]
        c = f * held + i * g
        out, out_slope = tanh(c)
        after[u] = c
        h[u] = o * out
        forget[u] = f
        passes[u] = o * out_slope
        i_part[u] = g * (i * i_shut)
        f_part[u] = held * (f * f_shut)
        g_part[u] = i * g_slope
        o_part[u] = out * (o * o_shut)
        i_sum += i
        f_sum += f
        o_sum += o
    return i_sum, f_sum, o_sum


@kernel(
    pre="inout real [steps, batch, gates]",
    weight="in real [gates, units]",
    panels="out real [gates, units]",
    recalled="out real [batch, gates]",
    parts="out real [4, cells]",
    h="inout real [slots, batch, units]",
    c="inout real [slots, batch, units]",
    forget="out real [steps, batch, units]",
    passes="out real [steps, batch, units]",
    gate_sums="out float64 [3, steps]",
    blocks="int",
    tiles="tiles",
    blas="blas",
)
def lstm_forward(pre, weight, panels, recalled, parts, h, c, forget, passes, gate_sums, blocks, tiles, blas):
    """States h[t+1], c[t+1] from h[t], c[t]. pre becomes the four factors; forget is f, passes o tanh'(c_t). gate_sums:
    input, forget and output gates, summed over batch and units, step by step."""
    if blocks != 0:
        turn_into_panels(weight, panels)
    for t in range(pre.shape[0]):
        recall(h[t], weight, panels, recalled, blocks, tiles, blas)
        part_gates(pre[t], recalled, parts)
        inputs, forgets, outputs = 0.0, 0.0, 0.0
        before, after, h_after, f_after, slopes = (
            flat(c[t]),
            flat(c[t + 1]),
            flat(h[t + 1]),
            flat(forget[t]),
            flat(passes[t]),
        )
        for start in range(0, parts.shape[1], STRETCH):
            cells = min(parts.shape[1] - start, STRETCH)
            i, f, o = lstm_cells(parts, start, cells, before, after, h_after, f_after, slopes)
            inputs += i
            forgets += f
            outputs += o
        join_gates(parts, pre[t])
        gate_sums[0, t] = inputs
        gate_sums[1, t] = forgets
        gate_sums[2, t] = outputs


@device()
def lstm_signal(delta, carry, cell_carry, forget, passes, cell_delta, sums, cell_sums):
    """Work dL/dh_t and dL/dc_t out for all examples of a step, and what of the latter goes to c_(t-1)."""
    small, middle, big = 0.0, 0.0, 0.0
    cell_small, cell_middle, cell_big = 0.0, 0.0, 0.0
    for i in range(delta.shape[0]):
        total = delta[i] + carry[i]
        cell = total * passes[i] + cell_carry[i]
        delta[i] = total
        cell_delta[i] = cell
        cell_carry[i] = cell * forget[i]
        small, middle, big = add_square(total, small, middle, big)
        cell_small, cell_middle, cell_big = add_square(cell, cell_small, cell_middle, cell_big)
    sums[0] = small
    sums[1] = middle
    sums[2] = big
    cell_sums[0] = cell_small
    cell_sums[1] = cell_middle
    cell_sums[2] = cell_big


@kernel(
    factors="inout real [steps, batch, gates]",
    forget="in real [steps, batch, units]",
    passes="in real [steps, batch, units]",
    weight="in real [gates, units]",
    truncation="in int64 [1]",
    delta="inout real [steps, batch, units]",
    carry="out real [batch, units]",
    cell_carry="out real [batch, units]",
    cell_delta="out real [batch, units]",
    bias_gradient="out real [gates]",
    sums="out float64 [steps, 3]",
    cell_sums="out float64 [steps, 3]",
    blocks="int",
    tiles="tiles",
    blas="blas",
)
def lstm_backward(
    factors,
    forget,
    passes,
    weight,
    truncation,
    delta,
    carry,
    cell_carry,
    cell_delta,
    bias_gradient,
    sums,
    cell_sums,
    blocks,
    tiles,
    blas,
):
    """delta[t], what comes to h_t from above, becomes dL/dh_t; factors become the gradients of the pre-activations.
    sums, cell_sums: squares of dL/dh_t and of dL/dc_t, step by step, in three words."""
    steps, batch, units = delta.shape
    clear(bias_gradient)
    clear(flat(carry))
    clear(flat(cell_carry))
    for t in range(steps - 1, -1, -1):
        lstm_signal(
            flat(delta[t]),
            flat(carry),
            flat(cell_carry),
            flat(forget[t]),
            flat(passes[t]),
            flat(cell_delta),
            sums[t],
            cell_sums[t],
        )
        for b in range(batch):
            row, cell, total = factors[t, b], cell_delta[b], delta[t, b]
            for gate in range(3):
                part = stretch(row, gate * units, units)
                for u in range(units):
                    part[u] *= cell[u]
            part = stretch(row, 3 * units, units)
            for u in range(units):
                part[u] *= total[u]
        add_rows(factors[t], bias_gradient)
        if cut_before(t, steps, truncation[0]):
            clear(flat(carry))
            clear(flat(cell_carry))
        else:
            send_back(factors[t], weight, carry, blocks, tiles, blas)
