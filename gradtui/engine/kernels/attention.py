"""Multi-head scaled dot-product attention (Vaswani et al. 2017), forward and backward side by side.

One kernel goes through all examples and heads. Each head's queries, keys and values are copied out into scratch whose
sides are multiples of `PANEL`, with zeros around them, so that register blocks do every product whatever the sizes are.
Attention weights lie keys by queries: softmax then runs over rows, entry by entry, and is vectorised as it stands.

The scratch that all of it shares: `turned` (2, head, padded), `rooms` (6, padded, head), `squares` (2, padded, padded)
and `line` (2, padded), where `head` and `padded` are the width of a head and the number of steps, rounded up.
"""

from __future__ import annotations

import numpy as np

from gradtui.engine.kernel import LARGEST, device, kernel, real
from gradtui.engine.kernels.elementary import decay
from gradtui.engine.kernels.feeding import STEP
from gradtui.engine.kernels.gauges import add_square
from gradtui.engine.kernels.linear import PANEL, block_nn, block_tn
from gradtui.engine.randomness import SHIFT_11, Stream, derive_step_key, draw_bits

DROPOUT = int(Stream.DROPOUT)

#: Bound by the family: whether attention weights are dropped.
DROPS: bool


def rounded(length: int) -> int:
    """The next multiple of what register blocks are wide."""
    return -(-length // PANEL) * PANEL


@device()
def take_head(rows, first, columns, factor, taken):
    """taken[t, u] = factor * rows[t, first + u] for u < columns, and 0 around it."""
    steps = rows.shape[0]
    for t in range(steps):
        for u in range(columns):
            taken[t, u] = factor * rows[t, first + u]
        for u in range(columns, taken.shape[1]):
            taken[t, u] = real(0.0)
    for t in range(steps, taken.shape[0]):
        for u in range(taken.shape[1]):
            taken[t, u] = real(0.0)


@device()
def turn_head(rows, first, columns, factor, turned):
    """The same with its axes exchanged: turned[u, t] = factor * rows[t, first + u]."""
    steps = rows.shape[0]
    for u in range(columns):
        for t in range(steps):
            turned[u, t] = factor * rows[t, first + u]
        for t in range(steps, turned.shape[1]):
            turned[u, t] = real(0.0)
    for u in range(columns, turned.shape[0]):
        for t in range(turned.shape[1]):
            turned[u, t] = real(0.0)


@device()
def put_head(made, factor, rows, first, columns):
    """rows[t, first + u] = factor * made[t, u]."""
    for t in range(rows.shape[0]):
        for u in range(columns):
            rows[t, first + u] = factor * made[t, u]


@device()
def softmax_keys(scores, steps, causal, largest, total):
    """scores[j, i] becomes the weight of key j for query i: softmax over the keys j, over those not behind i where it
    is causal. Every other entry becomes 0.

    The largest score of a query is subtracted first, so that no exponential overflows; a NaN makes its query NaN. All
    loops begin at 0: others are not vectorised.
    """
    if causal != 0:
        for j in range(1, steps):
            for i in range(j):
                scores[j, i] = real(-LARGEST)  # whatever is subtracted, its exponential is exactly 0
    for i in range(scores.shape[1]):
        largest[i] = scores[0, i]
        total[i] = real(0.0)
    for j in range(1, steps):
        for i in range(scores.shape[1]):
            score = scores[j, i]
            largest[i] = score if score > largest[i] else largest[i]
    for j in range(steps):
        for i in range(scores.shape[1]):
            e, _ = decay(scores[j, i] - largest[i])
            scores[j, i] = e
            total[i] += e
    for i in range(scores.shape[1]):
        total[i] = real(1.0) / total[i]
    for i in range(steps, scores.shape[1]):
        total[i] = real(0.0)
    for j in range(steps):
        for i in range(scores.shape[1]):
            scores[j, i] = scores[j, i] * total[i]
    for j in range(steps, scores.shape[0]):
        for i in range(scores.shape[1]):
            scores[j, i] = real(0.0)


@device()
def drop_weights(weights, steps, key, first, rate, dropped):
    """dropped[j, i] = weights[j, i], set to 0 with probability `rate` and otherwise divided by 1 - rate. The weight of
    key j for query i falls to draw `first` + i * steps + j, the order in which PyTorch has them."""
    bound = np.int64(rate * 2.0**53)
    kept = real(1.0 / (1.0 - rate)) if rate < 1.0 else real(0.0)
    for j in range(weights.shape[0]):
        for i in range(weights.shape[1]):
            drawn = np.int64(draw_bits(key, first + i * steps + j) >> SHIFT_11)
            dropped[j, i] = weights[j, i] * (real(0.0) if drawn < bound else kept)


@kernel(
    qkv="in real [batch, steps, triple]",
    causal="int",
    rate="in float64 [1]",
    clock="in int64 [4]",
    seed="int",
    place="int",
    turned="inout real [2, head, padded]",
    rooms="inout real [6, padded, head]",
    squares="inout real [2, padded, padded]",
    line="inout real [2, padded]",
    weights="out real [batch, heads, padded, padded]",
    context="out real [batch, steps, width]",
    tiles="tiles",
)
def attention_forward(qkv, causal, rate, clock, seed, place, turned, rooms, squares, line, weights, context, tiles):
    """context = softmax(q k^T / sqrt(head width)) v, head by head; qkv holds the queries of all heads, then keys, then
    values. `weights` keeps the softmax, keys by queries, before dropout (torch.nn.MultiheadAttention)."""
    batch, steps, width = context.shape
    heads = weights.shape[1]
    columns = width // heads
    scale = real(1.0 / np.sqrt(np.float64(columns)))
    key = derive_step_key(seed, DROPOUT, place, clock[STEP])
    for b in range(batch):
        for h in range(heads):
            first = h * columns
            turn_head(qkv[b], first, columns, scale, turned[0])
            take_head(qkv[b], width + first, columns, real(1.0), rooms[0])
            take_head(qkv[b], 2 * width + first, columns, real(1.0), rooms[1])
            block_nn(tiles, rooms[0], turned[0], weights[b, h])
            softmax_keys(weights[b, h], steps, causal, line[0], line[1])
            if DROPS:
                drop_weights(weights[b, h], steps, key, (b * heads + h) * steps * steps, rate[0], squares[0])
                block_tn(tiles, squares[0], rooms[1], rooms[2])
            else:
                block_tn(tiles, weights[b, h], rooms[1], rooms[2])
            put_head(rooms[2], real(1.0), context[b], first, columns)


@device()
def softmax_keys_backward(weights, delta, along):
    """delta[j, i] = dL/d(weight) becomes dL/d(score) = weight (delta - sum over j of weight delta)."""
    for i in range(weights.shape[1]):
        along[i] = real(0.0)
    for j in range(weights.shape[0]):
        for i in range(weights.shape[1]):
            along[i] += weights[j, i] * delta[j, i]
    for j in range(weights.shape[0]):
        for i in range(weights.shape[1]):
            delta[j, i] = weights[j, i] * (delta[j, i] - along[i])


@kernel(
    delta="in real [batch, steps, width]",
    qkv="in real [batch, steps, triple]",
    weights="in real [batch, heads, padded, padded]",
    rate="in float64 [1]",
    clock="in int64 [4]",
    seed="int",
    place="int",
    turned="inout real [2, head, padded]",
    rooms="inout real [6, padded, head]",
    squares="inout real [2, padded, padded]",
    line="inout real [2, padded]",
    qkv_delta="out real [batch, steps, triple]",
    sums="out float64 [3, 3]",
    tiles="tiles",
)
def attention_backward(
    delta, qkv, weights, rate, clock, seed, place, turned, rooms, squares, line, qkv_delta, sums, tiles
):
    """From dL/d(context) to dL/d(queries, keys, values); a weight of 0, behind a causal mask, passes exactly 0.

    With P the weights and S the scores, both keys by queries: dV = P dO, dP = V dO^T, dS = P (dP - sum of P dP),
    dQ = dS^T K / sqrt(head width), dK = dS Q / sqrt(head width). What was dropped is drawn again. sums: squares of the
    queries', keys' and values' gradients, three words each.
    """
    batch, steps, width = delta.shape
    heads = weights.shape[1]
    columns = width // heads
    scale = real(1.0 / np.sqrt(np.float64(columns)))
    one = real(1.0)
    key = derive_step_key(seed, DROPOUT, place, clock[STEP])
    for b in range(batch):
        for h in range(heads):
            first = h * columns
            take_head(qkv[b], first, columns, scale, rooms[0])
            take_head(qkv[b], width + first, columns, one, rooms[1])
            take_head(qkv[b], 2 * width + first, columns, one, rooms[2])
            take_head(delta[b], first, columns, one, rooms[3])
            turn_head(delta[b], first, columns, one, turned[0])
            block_nn(tiles, rooms[2], turned[0], squares[0])
            if DROPS:
                start = (b * heads + h) * steps * steps
                drop_weights(weights[b, h], steps, key, start, rate[0], squares[1])
                block_nn(tiles, squares[1], rooms[3], rooms[4])
                drop_weights(squares[0], steps, key, start, rate[0], squares[0])
            else:
                block_nn(tiles, weights[b, h], rooms[3], rooms[4])
            put_head(rooms[4], one, qkv_delta[b], 2 * width + first, columns)
            softmax_keys_backward(weights[b, h], squares[0], line[0])
            block_nn(tiles, squares[0], rooms[0], rooms[5])
            put_head(rooms[5], one, qkv_delta[b], width + first, columns)
            block_tn(tiles, squares[0], rooms[1], rooms[4])
            put_head(rooms[4], scale, qkv_delta[b], first, columns)
    for part in range(3):
        small, middle, big = 0.0, 0.0, 0.0
        for b in range(batch):
            for t in range(steps):
                for u in range(part * width, (part + 1) * width):
                    small, middle, big = add_square(qkv_delta[b, t, u], small, middle, big)
        sums[part, 0] = small
        sums[part, 1] = middle
        sums[part, 2] = big


#: (forward, backward) without and with dropout on the attention weights.
ATTENTION = (
    attention_forward.bind("plain_attention_forward", DROPS=False),
    attention_backward.bind("plain_attention_backward", DROPS=False),
)
DROPPING_ATTENTION = (
    attention_forward.bind("dropping_attention_forward", DROPS=True),
    attention_backward.bind("dropping_attention_backward", DROPS=True),
)
