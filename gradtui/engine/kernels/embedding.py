"""What goes into a transformer, and what is read out of it: tokens, positions, the last step."""

from __future__ import annotations

import numpy as np

from gradtui.engine.kernel import flat, kernel, real


@kernel(
    tokens="in int64 [batch, steps]",
    table="in real [tokens, width]",
    positions="in real [steps, width]",
    scale="in float64 [1]",
    embedded="out real [batch, steps, width]",
)
def embed_tokens(tokens, table, positions, scale, embedded):
    """embedded[b, t] = scale * (table[tokens[b, t]] + positions[t]) (Vaswani et al. 2017)."""
    factor = real(scale[0])
    for b in range(embedded.shape[0]):
        for t in range(embedded.shape[1]):
            token = tokens[b, t]
            for u in range(embedded.shape[2]):
                embedded[b, t, u] = factor * (table[token, u] + positions[t, u])


@kernel(
    tokens="in int64 [batch, steps]",
    delta="in real [batch, steps, width]",
    scale="in float64 [1]",
    table_gradient="out real [tokens, width]",
)
def embed_tokens_backward(tokens, delta, scale, table_gradient):
    """table_gradient[v] = scale * sum of delta[b, t] over all places where token v stands (torch.nn.Embedding)."""
    for v in range(table_gradient.shape[0]):
        for u in range(table_gradient.shape[1]):
            table_gradient[v, u] = real(0.0)
    factor = real(scale[0])
    for b in range(delta.shape[0]):
        for t in range(delta.shape[1]):
            token = tokens[b, t]
            for u in range(delta.shape[2]):
                table_gradient[token, u] += factor * delta[b, t, u]


@kernel(
    embedded="inout real [batch, steps, width]",
    positions="in real [steps, width]",
    scale="in float64 [1]",
)
def add_positions(embedded, positions, scale):
    """embedded[b, t] = scale * (embedded[b, t] + positions[t])."""
    factor = real(scale[0])
    for b in range(embedded.shape[0]):
        for t in range(embedded.shape[1]):
            for u in range(embedded.shape[2]):
                embedded[b, t, u] = factor * (embedded[b, t, u] + positions[t, u])


@kernel(delta="inout real [rows, width]", scale="in float64 [1]")
def shrink(delta, scale):
    """delta = scale * delta: the way back through the factor of `add_positions`."""
    values, factor = flat(delta), real(scale[0])
    for i in range(values.shape[0]):
        values[i] = factor * values[i]


@kernel(delta="in real [batch, steps, width]", scale="in float64 [1]", gradient="out real [steps, width]")
def positions_backward(delta, scale, gradient):
    """gradient[t] = scale * sum of delta[b, t] over the examples b: of positions that are learned."""
    for t in range(gradient.shape[0]):
        for u in range(gradient.shape[1]):
            gradient[t, u] = real(0.0)
    factor = real(scale[0])
    for b in range(delta.shape[0]):
        for t in range(delta.shape[1]):
            for u in range(delta.shape[2]):
                gradient[t, u] += factor * delta[b, t, u]


@kernel(tokens="in int64 [batch, steps]", g="in real [tokens, width]", count="out float64 [1]")
def count_silent_tokens(tokens, g, count):
    """count: entries of an embedding's gradient that are exactly 0 although their token stands in the batch."""
    zeros = 0
    for v in range(g.shape[0]):
        present = False
        for b in range(tokens.shape[0]):
            for t in range(tokens.shape[1]):
                present = present or tokens[b, t] == v
        if present:
            for u in range(g.shape[1]):
                zeros += g[v, u] == real(0.0)
    count[0] = np.float64(zeros)


@kernel(rows="in real [batch, steps, width]", last="out real [batch, width]")
def last_step(rows, last):
    """last[b] = rows[b, steps - 1]."""
    for b in range(last.shape[0]):
        for u in range(last.shape[1]):
            last[b, u] = rows[b, rows.shape[1] - 1, u]


@kernel(delta="in real [batch, width]", below="out real [batch, steps, width]")
def last_step_backward(delta, below):
    """The gradient of the last step is delta, that of all others 0."""
    for b in range(below.shape[0]):
        for t in range(below.shape[1] - 1):
            for u in range(below.shape[2]):
                below[b, t, u] = real(0.0)
        for u in range(below.shape[2]):
            below[b, below.shape[1] - 1, u] = delta[b, u]


@kernel(source="in real [rows, all]", start="int", picked="out real [rows, width]")
def take_columns(source, start, picked):
    """picked[r, u] = source[r, start + u]."""
    for r in range(picked.shape[0]):
        for u in range(picked.shape[1]):
            picked[r, u] = source[r, start + u]


@kernel(
    z="in real [rows, width]",
    source="in real [rows, width]",
    scale="in float64 [1]",
    joined="out real [rows, width]",
)
def join_apart(z, source, scale, joined):
    """joined = source + scale * z, and z stays: the sum of a block's input and its branch (He et al. 2016)."""
    branch, direct, target = flat(z), flat(source), flat(joined)
    factor = real(scale[0])
    for i in range(target.shape[0]):
        target[i] = direct[i] + factor * branch[i]
