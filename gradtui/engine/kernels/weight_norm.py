"""Weight normalisation: each unit's weights as a direction and a length, both trained."""

from __future__ import annotations

import numpy as np

from gradtui.engine.kernel import kernel, real


@kernel(
    direction="in real [fan_out, fan_in]",
    magnitude="in real [fan_out]",
    inverse="out real [fan_out]",
    weight="out real [fan_out, fan_in]",
)
def weight_norm_forward(direction, magnitude, inverse, weight):
    """weight[o] = magnitude[o] direction[o] / |direction[o]| (Salimans & Kingma 2016), as PyTorch's weight_norm with
    dim=0. inverse = 1 / |direction[o]|."""
    for o in range(direction.shape[0]):
        squares = 0.0
        for i in range(direction.shape[1]):
            entry = np.float64(direction[o, i])
            squares += entry * entry
        length = 1.0 / np.sqrt(squares)
        inverse[o] = real(length)
        factor = real(np.float64(magnitude[o]) * length)
        for i in range(direction.shape[1]):
            weight[o, i] = factor * direction[o, i]


@kernel(
    weight_gradient="in real [fan_out, fan_in]",
    direction="in real [fan_out, fan_in]",
    magnitude="in real [fan_out]",
    inverse="in real [fan_out]",
    direction_gradient="out real [fan_out, fan_in]",
    magnitude_gradient="out real [fan_out]",
)
def weight_norm_backward(weight_gradient, direction, magnitude, inverse, direction_gradient, magnitude_gradient):
    """From dL/dw: dL/dmagnitude = dL/dw . v / |v|, the part along the direction v; dL/dv = magnitude / |v| times the
    rest, which stands at a right angle to v (equation 3 of the paper)."""
    for o in range(direction.shape[0]):
        dot = 0.0
        for i in range(direction.shape[1]):
            dot += np.float64(weight_gradient[o, i]) * np.float64(direction[o, i])
        length = np.float64(inverse[o])
        magnitude_gradient[o] = real(dot * length)
        factor = real(np.float64(magnitude[o]) * length)
        along = real(dot * length * length)
        for i in range(direction.shape[1]):
            direction_gradient[o, i] = factor * (weight_gradient[o, i] - along * direction[o, i])
