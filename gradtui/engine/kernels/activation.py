"""Activation functions: value and slope together, and the two kernels every one of them is poured into.

The forward pass leaves the slope phi'(z) where z stood: it has the exponential at hand already, the slope is accurate
in both tails (1 - y would lose every digit of it), and the backward pass becomes one multiplication for all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from gradtui.engine.kernel import Kernel, device, flat, kernel, real
from gradtui.engine.kernels.elementary import decay
from gradtui.engine.kernels.gauges import add_square

Function = Callable[..., Any]

#: Bound by each activation: the function, whether its slope is exactly 0 somewhere (a unit can die), and the
#: slope below which a unit counts as saturated (0: it is no squashing function).
phi: Function
FLAT: bool
SATURATED_BELOW: float


@kernel(
    z="inout real [batch, units]",
    a="out real [batch, units]",
    alive="out real [units]",
    sums="out float64 [5]",
)
def activation_forward(z, a, alive, sums):
    """a = phi(z), and z becomes the slope phi'(z).

    sums: sum and sum of squares of (a - pivot), the pivot, the count of saturated slopes, the count of silent units.
    The pivot a[0, 0] keeps the variance exact when a layer says nearly the same to everything.
    """
    slopes, values = flat(z), flat(a)
    for i in range(slopes.shape[0]):
        value, slope = phi(slopes[i])
        values[i] = value
        slopes[i] = slope
    pivot = values[0]
    total = 0.0
    squares = 0.0
    saturated = real(0.0)  # counted in the type of the slopes: a whole number would keep the loop from vectorising
    for i in range(slopes.shape[0]):
        centred = np.float64(values[i] - pivot)
        total += centred
        squares += centred * centred
        if SATURATED_BELOW > 0.0:
            saturated += real(1.0) if abs(slopes[i]) < real(SATURATED_BELOW) else real(0.0)
    silent = 0
    for j in range(z.shape[1]):
        alive[j] = real(0.0) if FLAT else real(1.0)
    if FLAT:
        for i in range(z.shape[0]):
            for j in range(z.shape[1]):
                alive[j] = max(alive[j], abs(z[i, j]))
        for j in range(z.shape[1]):
            silent += alive[j] == real(0.0)
    sums[0] = total
    sums[1] = squares
    sums[2] = np.float64(pivot)
    sums[3] = np.float64(saturated)
    sums[4] = np.float64(silent)


@kernel(
    slope="in real [batch, units]",
    delta="inout real [batch, units]",
    bias_gradient="out real [units]",
    live="inout real [batch]",
    sums="out float64 [6]",
)
def activation_backward(slope, delta, bias_gradient, live, sums):
    """delta (dL/da) becomes dL/dz = dL/da * phi'(z); its column sums are the bias gradient.

    sums: squares of dL/da (three words), squares of dL/dz (three words). `live[b]` stays 1 while some path of
    non-zero slopes leads from the loss back to here for example b.
    """
    small_a, middle_a, big_a = 0.0, 0.0, 0.0
    small_z, middle_z, big_z = 0.0, 0.0, 0.0
    for j in range(delta.shape[1]):
        bias_gradient[j] = real(0.0)
    for i in range(delta.shape[0]):
        for j in range(delta.shape[1]):
            above = delta[i, j]
            below = above * slope[i, j]
            delta[i, j] = below
            bias_gradient[j] += below
            small_a, middle_a, big_a = add_square(above, small_a, middle_a, big_a)
            small_z, middle_z, big_z = add_square(below, small_z, middle_z, big_z)
        if FLAT:
            steepest = real(0.0)
            for j in range(delta.shape[1]):
                steepest = max(steepest, abs(slope[i, j]))
            if steepest == real(0.0):
                live[i] = real(0.0)
    sums[0] = small_a
    sums[1] = middle_a
    sums[2] = big_a
    sums[3] = small_z
    sums[4] = middle_z
    sums[5] = big_z


@kernel(values="out real [size]")
def fill_zero(values):
    """values = 0."""
    for i in range(values.shape[0]):
        values[i] = real(0.0)


@kernel(values="in real [batch, units]", alive="inout real [units]")
def mark_alive(values, alive):
    """alive[j] > 0 once column j has held anything but 0; for slopes, once unit j has answered an example."""
    for i in range(values.shape[0]):
        for j in range(values.shape[1]):
            alive[j] = max(alive[j], abs(values[i, j]))


@device()
def identity(x):
    """phi(x) = x, phi' = 1."""
    return x, real(1.0)


@device()
def sigmoid(x):
    """phi(x) = 1 / (1 + e^-x), phi' = phi (1 - phi), at most 1/4; both from e^-|x|, so no digit is lost."""
    e, _ = decay(-abs(x))
    q = real(1.0) / (real(1.0) + e)
    value = q if x >= real(0.0) else e * q
    # NaN fails every comparison and would come out as e * q: NaN as well.
    return value, e * q * q


@device()
def tanh(x):
    """phi(x) = tanh x, phi' = 1 / cosh^2 x; from e^-2|x| and e^-2|x| - 1, so no digit is lost at either end."""
    e, expm1 = decay(real(-2.0) * abs(x))
    q = real(1.0) / (real(2.0) + expm1)
    size = -expm1 * q
    value = size if x >= real(0.0) else -size
    return value, real(4.0) * e * q * q


@device()
def relu(x):
    """phi(x) = max(x, 0), phi' = 1 for x > 0 and 0 otherwise (also at 0, as PyTorch has it)."""
    value = real(0.0) if x <= real(0.0) else x
    slope = real(0.0) if x <= real(0.0) else real(1.0)  # written so that NaN passes in both
    return value, slope


@dataclass(frozen=True)
class Activation:
    """One row of the table: the kernels, whether units can die, and the largest slope of a squashing function."""

    forward: Kernel
    backward: Kernel
    flat: bool


def _activation(function: Function, *, flat: bool = False, squashing_slope: float = 0.0) -> Activation:
    name = function.__name__
    return Activation(
        activation_forward.bind(f"{name}_forward", phi=function, FLAT=flat, SATURATED_BELOW=0.05 * squashing_slope),
        activation_backward.bind("flat_backward" if flat else "smooth_backward", FLAT=flat),
        flat,
    )


ACTIVATIONS: dict[str, Activation] = {
    "identity": _activation(identity),
    "sigmoid": _activation(sigmoid, squashing_slope=0.25),
    "tanh": _activation(tanh, squashing_slope=1.0),
    "relu": _activation(relu, flat=True),
}
