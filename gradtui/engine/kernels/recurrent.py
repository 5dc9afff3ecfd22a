"""The plain recurrent layer (Elman 1990) through all time steps, and what every recurrent cell shares.

One instruction is one layer's pass through time: the loop over the steps is in here, so that a thousand steps make no
longer a program than one. What the layer reads of its input at all steps at once, x W_ih^T + b, is a linear layer of
(steps * batch) rows and comes in as `pre`; the recurrent product is made step by step. States lie behind one another,
h[0] before the first step. Formulas and the order of the gates are PyTorch's.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from gradtui.engine.kernel import Kernel, device, flat, kernel, real, stretch
from gradtui.engine.kernels.activations import rectified, squashing
from gradtui.engine.kernels.elementary import decay
from gradtui.engine.kernels.gauges import add_square
from gradtui.engine.kernels.linear import PANEL, blas_nn, blas_nt, block_nn

Function = Callable[..., Any]

#: Bound by each activation.
phi: Function

#: Units up to which the recurrent products go by register blocks: the matrix of an LSTM stays in the cache.
LARGEST_BLOCKS = 512
#: Cells whose gates are summed in the network's own number format before the sum goes on in float64: a loop with sums
#: in another format would not become vector instructions.
STRETCH = 512


def by_blocks(units: int) -> int:
    """1 where register blocks can do a layer's recurrent products and are faster than a BLAS, else 0."""
    return int(units % PANEL == 0 and units <= LARGEST_BLOCKS)


@device(intrinsic="block_panels")
def block_panels(tiles, a, panels, out):
    """out = a p, where p (k, n) lies panel by panel: its first PANEL columns, then the next; a (m, k), out (m, n)."""
    depth = panels.shape[1]
    columns = flat(panels)
    for j in range(0, panels.shape[0], PANEL):
        panel = columns[j * depth : (j + PANEL) * depth].reshape(depth, PANEL)
        out[:, j : j + PANEL] = np.dot(a, panel)


@device()
def clear(row):
    """All entries 0. A slice of two axes would take seconds to compile."""
    for i in range(row.shape[0]):
        row[i] = real(0.0)


@device()
def turn_into_panels(weight, panels):
    """W^T for `block_panels`: W (n, k) -> panels, as many numbers. Once a pass, it is read at every step."""
    rows, depth = weight.shape
    turned = flat(panels)
    for j in range(0, rows, PANEL):
        for k in range(depth):
            for i in range(PANEL):
                turned[j * depth + k * PANEL + i] = weight[j + i, k]


@device()
def recall(h, weight, panels, out, blocks, tiles, blas):
    """out = h W^T: what the last state says to this step."""
    if blocks != 0:
        block_panels(tiles, h, panels, out)
    else:
        clear(flat(out))
        blas_nt(blas, h, weight, out)


@device()
def send_back(delta, weight, out, blocks, tiles, blas):
    """out = delta W: what this step says to the state before it."""
    if blocks != 0:
        block_nn(tiles, delta, weight, out)
    else:
        blas_nn(blas, delta, weight, out)


@device()
def cut_before(t, steps, truncation):
    """Whether the state that step t (from 0) reads is detached: every `truncation` steps, counted back from the last
    one (truncated back-propagation through time); 0: nowhere. Before step 0 there is nothing to send anything to."""
    return t == 0 or (truncation > 0 and (steps - t) % truncation == 0)


@device()
def share(x):
    """(sigmoid(x), sigmoid(-x)): how far a gate is open and how far it is shut, both to the last digit."""
    e, _ = decay(-abs(x))
    larger = real(1.0) / (real(1.0) + e)
    smaller = e * larger
    return (larger if x >= real(0.0) else smaller), (smaller if x >= real(0.0) else larger)


@device()
def part_gates(pre, recalled, parts):
    """parts: pre + recalled (batch, gates * units), gate by gate: all examples of the first, then of the next. One long
    loop over a gate becomes vector instructions even where a layer has few units."""
    batch = pre.shape[0]
    count = parts.shape[0]
    units = parts.shape[1] // batch
    for gate in range(count):
        for b in range(batch):
            target = stretch(parts[gate], b * units, units)
            first, second = stretch(pre[b], gate * units, units), stretch(recalled[b], gate * units, units)
            for u in range(units):
                target[u] = first[u] + second[u]


@device()
def join_gates(parts, pre):
    """The way back: parts, gate by gate, into pre, example by example."""
    batch = pre.shape[0]
    units = parts.shape[1] // batch
    for gate in range(parts.shape[0]):
        for b in range(batch):
            source, target = stretch(parts[gate], b * units, units), stretch(pre[b], gate * units, units)
            for u in range(units):
                target[u] = source[u]


@device()
def add_rows(values, sums):
    """sums[u] += values[b, u], summed over b."""
    for b in range(values.shape[0]):
        for u in range(values.shape[1]):
            sums[u] += values[b, u]


@kernel(
    input_bias="in real [gates]",
    hidden_bias="in real [gates]",
    shared="int",
    joined="out real [gates]",
)
def join_biases(input_bias, hidden_bias, shared, joined):
    """joined = b_ih + b_hh for the first `shared` of them, b_ih for the others: what does not depend on the state."""
    for u in range(shared):
        joined[u] = input_bias[u] + hidden_bias[u]
    for u in range(shared, joined.shape[0]):
        joined[u] = input_bias[u]


# The plain cell: h_t = phi(W_ih x_t + b_ih + W_hh h_(t-1) + b_hh), torch.nn.RNN


@kernel(
    pre="inout real [steps, batch, units]",
    weight="in real [units, units]",
    panels="out real [units, units]",
    recalled="out real [batch, units]",
    h="inout real [slots, batch, units]",
    blocks="int",
    tiles="tiles",
    blas="blas",
)
def rnn_forward(pre, weight, panels, recalled, h, blocks, tiles, blas):
    """h[t+1] = phi(pre[t] + h[t] W_hh^T), and pre becomes the slope phi'."""
    if blocks != 0:
        turn_into_panels(weight, panels)
    for t in range(pre.shape[0]):
        recall(h[t], weight, panels, recalled, blocks, tiles, blas)
        slopes, inner, values = flat(pre[t]), flat(recalled), flat(h[t + 1])
        for i in range(slopes.shape[0]):
            value, slope = phi(slopes[i] + inner[i])
            values[i] = value
            slopes[i] = slope


@kernel(
    slope="in real [steps, batch, units]",
    weight="in real [units, units]",
    truncation="in int64 [1]",
    delta="inout real [steps, batch, units]",
    pre_delta="out real [steps, batch, units]",
    carry="out real [batch, units]",
    bias_gradient="out real [units]",
    sums="out float64 [steps, 3]",
    blocks="int",
    tiles="tiles",
    blas="blas",
)
def rnn_backward(slope, weight, truncation, delta, pre_delta, carry, bias_gradient, sums, blocks, tiles, blas):
    """delta[t], what comes to h_t from above, becomes dL/dh_t, with what comes through all later steps; pre_delta =
    dL/dh_t phi'. sums: squares of dL/dh_t, step by step, in three words."""
    steps = slope.shape[0]
    clear(bias_gradient)
    clear(flat(carry))
    for t in range(steps - 1, -1, -1):
        small, middle, big = 0.0, 0.0, 0.0
        totals, later, slopes, below = flat(delta[t]), flat(carry), flat(slope[t]), flat(pre_delta[t])
        for i in range(totals.shape[0]):
            total = totals[i] + later[i]
            totals[i] = total
            below[i] = total * slopes[i]
            small, middle, big = add_square(total, small, middle, big)
        sums[t, 0] = small
        sums[t, 1] = middle
        sums[t, 2] = big
        add_rows(pre_delta[t], bias_gradient)
        if cut_before(t, steps, truncation[0]):
            clear(flat(carry))
        else:
            send_back(pre_delta[t], weight, carry, blocks, tiles, blas)


#: The plain cell's forward pass by its activation.
RNN_FORWARD: dict[str, Kernel] = {
    name: rnn_forward.bind(f"rnn_{name}_forward", phi=function)
    for name, function in {
        "tanh": squashing.tanh,
        "relu": rectified.relu,
        "sigmoid": squashing.sigmoid,
        "identity": rectified.identity,
    }.items()
}


@kernel(row="out real [size]")
def zero_out(row):
    """Nothing comes here from above, or nothing is remembered yet."""
    clear(row)


@kernel(source="in real [size]", target="out real [size]")
def copy_row(source, target):
    """target = source: both biases of a cell that only adds them have the same gradient."""
    for i in range(source.shape[0]):
        target[i] = source[i]
