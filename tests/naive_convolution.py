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


def _windows(x, tall, wide, stride):
    """Output position and window, one after the other."""
    for i in range((x.shape[1] - tall) // stride + 1):
        for j in range((x.shape[2] - wide) // stride + 1):
            yield (i, j), (slice(i * stride, i * stride + tall), slice(j * stride, j * stride + wide))


def _pooled_shape(x, tall, wide, stride):
    return len(x), (x.shape[1] - tall) // stride + 1, (x.shape[2] - wide) // stride + 1, x.shape[3]


def max_pool(x, tall, wide, stride):
    """(y, winner): the largest of each window and its place in it, the first of equals."""
    y, winner = (np.empty(_pooled_shape(x, tall, wide, stride)) for _ in range(2))
    for (i, j), (rows, columns) in _windows(x, tall, wide, stride):
        window = x[:, rows, columns].reshape(len(x), -1, x.shape[3])
        y[:, i, j], winner[:, i, j] = window.max(axis=1), window.argmax(axis=1)
    return y, winner


def max_pool_backward(delta, x, tall, wide, stride):
    """dL/dx: what each window got goes to its winner."""
    below = np.zeros_like(x)
    _, winner = max_pool(x, tall, wide, stride)
    for (i, j), (rows, columns) in _windows(x, tall, wide, stride):
        for b, c in np.ndindex(len(x), x.shape[3]):
            dy, dx = divmod(int(winner[b, i, j, c]), wide)
            below[b, rows.start + dy, columns.start + dx, c] += delta[b, i, j, c]
    return below


def average_pool(x, tall, wide, stride):
    """The mean of each window."""
    y = np.empty(_pooled_shape(x, tall, wide, stride))
    for (i, j), (rows, columns) in _windows(x, tall, wide, stride):
        y[:, i, j] = x[:, rows, columns].mean(axis=(1, 2))
    return y


def average_pool_backward(delta, x, tall, wide, stride):
    """dL/dx: in equal parts."""
    below = np.zeros_like(x)
    for (i, j), (rows, columns) in _windows(x, tall, wide, stride):
        below[:, rows, columns] += delta[:, None, None, i, j] / (tall * wide)
    return below
