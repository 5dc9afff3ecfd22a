"""Slow, obvious float64 twins of what a transformer is made of: attention, embedding, positions. As in `naive`."""

from __future__ import annotations

import math

import naive
import numpy as np


def attention_weights(q, k, causal):
    """q, k (steps, columns) of one head: (queries, keys), each row a softmax over the keys that it may look at."""
    steps, columns = q.shape
    weights = np.zeros((steps, steps))
    for i in range(steps):
        seen = range(i + 1 if causal else steps)
        scores = [float((q[i] * k[j]).sum()) / math.sqrt(columns) for j in seen]
        parts = [math.exp(score - max(scores)) for score in scores]
        for j in seen:
            weights[i, j] = parts[j] / sum(parts)
    return weights


def heads_of(qkv, heads):
    """qkv (steps, 3 width) -> for each head its (q, k, v), each (steps, columns)."""
    parts = np.split(qkv, 3, axis=1)
    return list(zip(*(np.split(part, heads, axis=1) for part in parts), strict=True))


def attention(qkv, heads, causal, masks=None):
    """qkv (batch, steps, 3 width) -> (weights (batch, heads, queries, keys), context (batch, steps, width)).

    `masks`, of the weights' shape, is what dropout multiplies them with."""
    weights, context = [], []
    for b, example in enumerate(qkv):
        found = [attention_weights(q, k, causal) for q, k, _ in heads_of(example, heads)]
        dropped = found if masks is None else [w * m for w, m in zip(found, masks[b], strict=True)]
        values = [v for _, _, v in heads_of(example, heads)]
        weights.append(found)
        context.append(np.concatenate([w @ v for w, v in zip(dropped, values, strict=True)], axis=1))
    return np.array(weights), np.array(context)


def attention_backward(delta, qkv, heads, causal, masks=None):
    """dL/d(qkv) of delta = dL/d(context), by the rule of the softmax, entry by entry."""
    below = []
    for b, example in enumerate(qkv):
        deltas = np.split(delta[b], heads, axis=1)
        parts = []
        for h, (q, k, v) in enumerate(heads_of(example, heads)):
            steps, columns = q.shape
            p = attention_weights(q, k, causal)
            mask = np.ones_like(p) if masks is None else masks[b, h]
            dp = (deltas[h] @ v.T) * mask
            ds = np.zeros_like(p)
            for i in range(steps):
                for j in range(steps):
                    ds[i, j] = sum(dp[i, m] * p[i, m] * ((j == m) - p[i, j]) for m in range(steps))
            ds /= math.sqrt(columns)
            parts.append((ds @ k, ds.T @ q, (p * mask).T @ deltas[h]))
        below.append(np.concatenate([np.concatenate(kind, axis=1) for kind in zip(*parts, strict=True)], axis=1))
    return np.array(below)


def dropout_mask(seed, place, step, shape, rate):
    """0 with probability `rate`, otherwise 1 / (1 - rate), in the order (batch, heads, queries, keys)."""
    key = naive.derive_key(seed, 4, place)
    key = naive.mix(((key ^ step) + 0x9E3779B97F4A7C15) % naive.WORD)
    mask = np.zeros(shape)
    for i in range(mask.size):
        if naive.draw_bits(key, i) // 2**11 >= rate * 2**53:
            mask.flat[i] = 1.0 / (1.0 - rate)
    return mask


def sinusoids(steps, width):
    """Vaswani et al. 2017: sines in even columns, cosines in odd ones, slower from pair to pair."""
    table = np.zeros((steps, width))
    for t in range(steps):
        for u in range(width):
            angle = t / 10_000 ** (2 * (u // 2) / width)
            table[t, u] = math.cos(angle) if u % 2 else math.sin(angle)
    return table


def embed(tokens, table, positions, scale):
    """(batch, steps) whole numbers -> (batch, steps, width)."""
    return np.array([[scale * (table[v] + positions[t]) for t, v in enumerate(row)] for row in tokens])


def embed_backward(tokens, delta, count, scale):
    """dL/d(table) of delta = dL/d(embedded)."""
    gradient = np.zeros((count, delta.shape[2]))
    for b, row in enumerate(tokens):
        for t, v in enumerate(row):
            gradient[v] += scale * delta[b, t]
    return gradient
