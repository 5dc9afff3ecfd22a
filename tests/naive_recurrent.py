"""Slow, obvious float64 twins of the recurrent layers: one example, one unit at a time, as the books write them.

Weights are (gates * units, inputs) in PyTorch's order, x (steps, batch, inputs), states (steps + 1, batch, units).
`above` (steps, batch, units) is what comes to h_t from the layer above; `truncation` detaches the state every so many
steps, counted back from the last.
"""

from __future__ import annotations

import numpy as np
from naive import ACTIVATIONS, sigmoid


def cut(t, steps, truncation):
    """Whether what step t reads of the past is detached."""
    return t == 0 or (truncation > 0 and (steps - t) % truncation == 0)


def rnn(x, w_ih, w_hh, b_ih, b_hh, activation):
    """h_t = phi(W_ih x_t + b_ih + W_hh h_(t-1) + b_hh): (h, slopes)."""
    steps, batch, _ = x.shape
    h, slopes = np.zeros((steps + 1, batch, len(w_hh))), np.zeros((steps, batch, len(w_hh)))
    for t in range(steps):
        for b in range(batch):
            h[t + 1, b], slopes[t, b] = ACTIVATIONS[activation](w_ih @ x[t, b] + b_ih + w_hh @ h[t, b] + b_hh)
    return h, slopes


def rnn_backward(slopes, w_hh, above, truncation):
    """(dL/dh_t, dL/dz_t)."""
    steps = len(above)
    delta, inner = above.copy(), np.zeros_like(above)
    for t in reversed(range(steps)):
        inner[t] = delta[t] * slopes[t]
        if not cut(t, steps, truncation):
            delta[t - 1] += inner[t] @ w_hh
    return delta, inner


def lstm(x, w_ih, w_hh, b_ih, b_hh):
    """Gates i, f, g, o: (h, c, gates (steps, batch, 4, units))."""
    steps, batch, _ = x.shape
    units = w_hh.shape[1]
    h, c = np.zeros((steps + 1, batch, units)), np.zeros((steps + 1, batch, units))
    gates = np.zeros((steps, batch, 4, units))
    for t in range(steps):
        for b in range(batch):
            i, f, g, o = np.split(w_ih @ x[t, b] + b_ih + w_hh @ h[t, b] + b_hh, 4)
            i, f, g, o = sigmoid(i)[0], sigmoid(f)[0], np.tanh(g), sigmoid(o)[0]
            gates[t, b] = i, f, g, o
            c[t + 1, b] = f * c[t, b] + i * g
            h[t + 1, b] = o * np.tanh(c[t + 1, b])
    return h, c, gates


def lstm_backward(c, gates, w_hh, above, truncation):
    """(dL/dh_t, dL/dc_t, gradient of the gates' pre-activations (steps, batch, 4 units))."""
    steps, batch, units = above.shape
    delta, cell = above.copy(), np.zeros_like(above)
    inner = np.zeros((steps, batch, 4 * units))
    for t in reversed(range(steps)):
        for b in range(batch):
            i, f, g, o = gates[t, b]
            out = np.tanh(c[t + 1, b])
            cell[t, b] += delta[t, b] * o * (1.0 - out**2)
            d = cell[t, b]
            inner[t, b] = np.concatenate(
                [
                    d * g * i * (1.0 - i),
                    d * c[t, b] * f * (1.0 - f),
                    d * i * (1.0 - g**2),
                    delta[t, b] * out * o * (1.0 - o),
                ]
            )
            if not cut(t, steps, truncation):
                cell[t - 1, b] += d * f
                delta[t - 1, b] += inner[t, b] @ w_hh
    return delta, cell, inner


def gru(x, w_ih, w_hh, b_ih, b_hh):
    """Gates r, z and candidate n: (h, gates (steps, batch, 3, units))."""
    steps, batch, _ = x.shape
    units = w_hh.shape[1]
    h, gates = np.zeros((steps + 1, batch, units)), np.zeros((steps, batch, 3, units))
    for t in range(steps):
        for b in range(batch):
            r, z, n = np.split(w_ih @ x[t, b] + b_ih, 3)
            r_said, z_said, n_said = np.split(w_hh @ h[t, b] + b_hh, 3)
            r, z = sigmoid(r + r_said)[0], sigmoid(z + z_said)[0]
            n = np.tanh(n + r * n_said)
            gates[t, b] = r, z, n
            h[t + 1, b] = (1.0 - z) * n + z * h[t, b]
    return h, gates


def gru_backward(h, gates, w_hh, b_hh, above, truncation):
    """(dL/dh_t, gradient of what the input says (steps, batch, 3 units), of what the state says)."""
    steps, batch, units = above.shape
    delta = above.copy()
    inner, hidden = np.zeros((steps, batch, 3 * units)), np.zeros((steps, batch, 3 * units))
    for t in reversed(range(steps)):
        for b in range(batch):
            r, z, n = gates[t, b]
            n_said = (w_hh @ h[t, b] + b_hh)[2 * units :]
            d = delta[t, b]
            d_n = d * (1.0 - z) * (1.0 - n**2)
            d_z = d * (h[t, b] - n) * z * (1.0 - z)
            d_r = d_n * n_said * r * (1.0 - r)
            inner[t, b] = np.concatenate([d_r, d_z, d_n])
            hidden[t, b] = np.concatenate([d_r, d_z, d_n * r])
            if not cut(t, steps, truncation):
                delta[t - 1, b] += hidden[t, b] @ w_hh + d * z
    return delta, inner, hidden
