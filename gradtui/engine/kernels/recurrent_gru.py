"""The gated recurrent unit (Cho et al. 2014) through all time steps, as torch.nn.GRU computes it: gates in the order
reset, update, candidate.

r, z = sigmoid(...); n = tanh(W_in x + b_in + r (W_hn h + b_hn)); h_t = (1 - z) n + z h_(t-1)

The forward pass leaves three factors where the pre-activations stood: what dL/dh_t (for the reset gate the gradient of
the candidate) must be multiplied with to become the gradient of each.
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
def gru_cells(parts, start, cells, said, h_before, h_after, resets, updates):
    """One step of `cells` cells from `start` on; but for parts (3, batch * units), each argument is (batch * units).
    The parts are pre-activations, without what the state says to the candidate (`said`), and become factors. Returns
    the sums of r and z."""
    r_part, z_part, n_part = (
        stretch(parts[0], start, cells),
        stretch(parts[1], start, cells),
        stretch(parts[2], start, cells),
    )
    n_said, before, h = stretch(said, start, cells), stretch(h_before, start, cells), stretch(h_after, start, cells)
    reset, update = stretch(resets, start, cells), stretch(updates, start, cells)
    r_sum, z_sum = real(0.0), real(0.0)
    for u in range(h.shape[0]):
        r, r_shut = share(r_part[u])
        z, z_shut = share(z_part[u])
        inner = n_said[u]
        n, n_slope = tanh(n_part[u] + r * inner)
        held = before[u]
        h[u] = z_shut * n + z * held
        reset[u] = r
        update[u] = z
        r_part[u] = inner * (r * r_shut)
        z_part[u] = (held - n) * (z * z_shut)
        n_part[u] = z_shut * n_slope
        r_sum += r
        z_sum += z
    return r_sum, z_sum


@device()
def hold_candidate(recalled, hidden_bias, n_said):
    """n_said (batch * units): what the state says to the candidate, W_hn h + b_hn, and 0 in its place in recalled."""
    batch = recalled.shape[0]
    units = n_said.shape[0] // batch
    bias = stretch(hidden_bias, 2 * units, units)
    for b in range(batch):
        source, target = stretch(recalled[b], 2 * units, units), stretch(n_said, b * units, units)
        for u in range(units):
            target[u] = source[u] + bias[u]
            source[u] = real(0.0)


@kernel(
    pre="inout real [steps, batch, gates]",
    weight="in real [gates, units]",
    hidden_bias="in real [gates]",
    panels="out real [gates, units]",
    recalled="out real [batch, gates]",
    parts="out real [3, cells]",
    said="out real [cells]",
    h="inout real [slots, batch, units]",
    reset="out real [steps, batch, units]",
    update="out real [steps, batch, units]",
    gate_sums="out float64 [2, steps]",
    blocks="int",
    tiles="tiles",
    blas="blas",
)
def gru_forward(
    pre, weight, hidden_bias, panels, recalled, parts, said, h, reset, update, gate_sums, blocks, tiles, blas
):
    """h[t+1] from h[t]. pre, which holds b_hh for the two gates already, becomes the three factors; reset is r, update
    z. gate_sums: reset and update gates, summed over batch and units, step by step."""
    if blocks != 0:
        turn_into_panels(weight, panels)
    for t in range(pre.shape[0]):
        recall(h[t], weight, panels, recalled, blocks, tiles, blas)
        hold_candidate(recalled, hidden_bias, said)
        part_gates(pre[t], recalled, parts)
        resets, updates = 0.0, 0.0
        before, after, r_after, z_after = flat(h[t]), flat(h[t + 1]), flat(reset[t]), flat(update[t])
        for start in range(0, said.shape[0], STRETCH):
            cells = min(said.shape[0] - start, STRETCH)
            r, z = gru_cells(parts, start, cells, said, before, after, r_after, z_after)
            resets += r
            updates += z
        join_gates(parts, pre[t])
        gate_sums[0, t] = resets
        gate_sums[1, t] = updates


@device()
def gru_signal(delta, carry, sums):
    """Work dL/dh_t out for all examples of a step."""
    small, middle, big = 0.0, 0.0, 0.0
    for i in range(delta.shape[0]):
        total = delta[i] + carry[i]
        delta[i] = total
        small, middle, big = add_square(total, small, middle, big)
    sums[0] = small
    sums[1] = middle
    sums[2] = big


@device()
def gru_example_back(factors, hidden, delta, reset):
    """One step of one example: gradients of what the input says, in place of the factors, and what the state says."""
    units = delta.shape[0]
    r_row, z_row, n_row = stretch(factors, 0, units), stretch(factors, units, units), stretch(factors, 2 * units, units)
    r_hidden, z_hidden = stretch(hidden, 0, units), stretch(hidden, units, units)
    n_hidden = stretch(hidden, 2 * units, units)
    for u in range(units):
        n = delta[u] * n_row[u]
        r = n * r_row[u]
        z = delta[u] * z_row[u]
        n_row[u] = n
        r_row[u] = r
        z_row[u] = z
        n_hidden[u] = n * reset[u]
        r_hidden[u] = r
        z_hidden[u] = z


@kernel(
    factors="inout real [steps, batch, gates]",
    reset="in real [steps, batch, units]",
    update="in real [steps, batch, units]",
    weight="in real [gates, units]",
    truncation="in int64 [1]",
    delta="inout real [steps, batch, units]",
    hidden="out real [steps, batch, gates]",
    carry="out real [batch, units]",
    bias_gradient="out real [gates]",
    hidden_bias_gradient="out real [gates]",
    sums="out float64 [steps, 3]",
    blocks="int",
    tiles="tiles",
    blas="blas",
)
def gru_backward(
    factors,
    reset,
    update,
    weight,
    truncation,
    delta,
    hidden,
    carry,
    bias_gradient,
    hidden_bias_gradient,
    sums,
    blocks,
    tiles,
    blas,
):
    """delta[t], what comes to h_t from above, becomes dL/dh_t; factors become the gradients of W_ih x + b_ih, hidden
    those of W_hh h + b_hh. sums: squares of dL/dh_t, step by step, in three words."""
    steps, batch, _ = delta.shape
    clear(bias_gradient)
    clear(hidden_bias_gradient)
    clear(flat(carry))
    for t in range(steps - 1, -1, -1):
        gru_signal(flat(delta[t]), flat(carry), sums[t])
        for b in range(batch):
            gru_example_back(factors[t, b], hidden[t, b], delta[t, b], reset[t, b])
        add_rows(factors[t], bias_gradient)
        add_rows(hidden[t], hidden_bias_gradient)
        if cut_before(t, steps, truncation[0]):
            clear(flat(carry))
        else:
            send_back(hidden[t], weight, carry, blocks, tiles, blas)
            straight, totals, kept = flat(carry), flat(delta[t]), flat(update[t])
            for i in range(straight.shape[0]):
                straight[i] += totals[i] * kept[i]
