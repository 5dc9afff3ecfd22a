"""Slow, obvious float64 twins of convolution and pooling; images are (batch, height, width, channels)."""

from __future__ import annotations

import numpy as np


def _places(size, kernel, stride, padding):
    """Pairs (output index, tap, input index) along one side, without those that fall into the padding."""
    outputs = (size + 2 * padding - kernel) // stride + 1
    pairs = [(o, k, o * stride + k - padding) for o in range(outputs) for k in range(kernel)]
    return outputs, [(o, k, i) for o, k, i in pairs if 0 <= i < size]


def convolution(x, weight, bias, kernel, stride, padding):
    """z[b, i, j, u] = bias[u] + the sum over kernel rows, kernel columns and channels of x weight."""
    batch, height, width, channels = x.shape
    out_height, downs = _places(height, kernel, stride, padding)
    out_width, acrosses = _places(width, kernel, stride, padding)
    taps = weight.reshape(-1, kernel, kernel, channels)
    z = np.zeros((batch, out_height, out_width, len(weight))) + bias
    for i, ky, y in downs:
        for j, kx, xx in acrosses:
            z[:, i, j] += x[:, y, xx] @ taps[:, ky, kx].T
    return z


def convolution_backward(delta, x, weight, kernel, stride, padding):
    """(dL/dx, dL/dweight)."""
    _, height, width, channels = x.shape
    _, downs = _places(height, kernel, stride, padding)
    _, acrosses = _places(width, kernel, stride, padding)
    taps = weight.reshape(-1, kernel, kernel, channels)
    below, gradient = np.zeros_like(x), np.zeros_like(taps)
    for i, ky, y in downs:
        for j, kx, xx in acrosses:
            below[:, y, xx] += delta[:, i, j] @ taps[:, ky, kx]
            gradient[:, ky, kx] += delta[:, i, j].T @ x[:, y, xx]
    return below, gradient.reshape(weight.shape)
