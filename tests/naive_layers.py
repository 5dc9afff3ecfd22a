"""Slow, obvious float64 twins of what stands between the weights: dropout, joins, groups. As in `naive`."""

from __future__ import annotations

import naive
import numpy as np

# Dropout; 4 is its stream


def dropout_mask(seed, place, step, shape, rate):
    """0 with probability `rate`, otherwise 1 / (1 - rate), by 53 random bits for each value."""
    key = naive.derive_key(seed, 4, place)
    key = naive.mix(((key ^ step) + 0x9E3779B97F4A7C15) % naive.WORD)
    mask = np.zeros(shape)
    for i in range(mask.size):
        if naive.draw_bits(key, i) // 2**11 >= rate * 2**53:
            mask.flat[i] = 1.0 / (1.0 - rate)
    return mask


# Joins: (output), and what goes back


def rezero(z, source, alpha):
    """Bachlechner et al. 2021."""
    return source + alpha * z


def rezero_backward(delta, z, alpha):
    """(dL/dz, dL/dsource, dL/dalpha)."""
    return alpha * delta, delta, (delta * z).sum()


def highway(gate, h, x):
    """Srivastava, Greff & Schmidhuber 2015."""
    return naive.sigmoid(gate)[0] * h + naive.sigmoid(-gate)[0] * x


def highway_backward(delta, gate, h, x):
    """(dL/dh, dL/dx, dL/dgate)."""
    t, slope = naive.sigmoid(gate)
    return delta * t, delta * naive.sigmoid(-gate)[0], delta * (h - x) * slope


# Norms


def group_norm(z, gamma, beta, groups, eps):
    """z (batch, positions, units): example by example and group by group (Wu & He 2018)."""
    y = np.empty_like(z)
    width = z.shape[2] // groups
    for b in range(len(z)):
        for g in range(groups):
            channels = slice(g * width, (g + 1) * width)
            values = z[b, :, channels]
            normal = (values - values.mean()) / np.sqrt(values.var() + eps)
            y[b, :, channels] = gamma[channels] * normal + beta[channels]
    return y


def weight_norm(direction, magnitude):
    """Salimans & Kingma 2016: each row gets the length that is asked for."""
    return np.array([m * row / naive.norm(row) for row, m in zip(direction, magnitude, strict=True)])
