"""Activation functions: value and slope together, and the kernels that they are poured into.

The forward pass leaves the slope phi'(z) where z stood: it has the exponential at hand already, the slope is accurate
in both tails (1 - y would lose every digit of it), and the backward pass becomes one multiplication for all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gradtui.engine.kernel import Kernel, device, flat, kernel, real
from gradtui.engine.kernels.elementary import decay
from gradtui.engine.kernels.gauges import add_square

Function = Callable[..., Any]

#: Bound by each activation.
phi: Function


@kernel(z="inout real [batch, units]", a="out real [batch, units]")
def activation_forward(z, a):
    """a = phi(z), and z becomes the slope phi'(z)."""
    slopes, values = flat(z), flat(a)
    for i in range(slopes.shape[0]):
        value, slope = phi(slopes[i])
        values[i] = value
        slopes[i] = slope


@kernel(slope="in real [batch, units]", delta="inout real [batch, units]", sums="out float64 [6]")
def activation_backward(slope, delta, sums):
    """delta (dL/da) becomes dL/dz = dL/da * phi'(z). sums: squares of dL/da (three words), of dL/dz (three words)."""
    small_a, middle_a, big_a = 0.0, 0.0, 0.0
    small_z, middle_z, big_z = 0.0, 0.0, 0.0
    deltas, slopes = flat(delta), flat(slope)
    for i in range(deltas.shape[0]):
        above = deltas[i]
        below = above * slopes[i]
        deltas[i] = below
        small_a, middle_a, big_a = add_square(above, small_a, middle_a, big_a)
        small_z, middle_z, big_z = add_square(below, small_z, middle_z, big_z)
    sums[0] = small_a
    sums[1] = middle_a
    sums[2] = big_a
    sums[3] = small_z
    sums[4] = middle_z
    sums[5] = big_z


@kernel(values="in real [batch, units]", sums="out real [units]")
def column_sums(values, sums):
    """sums[u] = sum of values[b, u] over b: the bias gradient, from dL/dz."""
    for u in range(values.shape[1]):
        sums[u] = real(0.0)
    for b in range(values.shape[0]):
        for u in range(values.shape[1]):
            sums[u] += values[b, u]


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
    """One row of the table. `flat`: the slope is exactly 0 somewhere, so that a unit can die. `saturates_below`: the
    slope under which a unit of a squashing function counts as saturated; 0 where the word has no meaning."""

    forward: Kernel
    flat: bool
    saturates_below: float


def _activation(function: Function, *, flat: bool = False, squashing_slope: float = 0.0) -> Activation:
    return Activation(
        activation_forward.bind(f"{function.__name__}_forward", phi=function),
        flat,
        SATURATED * squashing_slope,
    )


#: Share of the largest slope under which a unit counts as saturated.
SATURATED = 0.05

ACTIVATIONS: dict[str, Activation] = {
    "identity": _activation(identity),
    "sigmoid": _activation(sigmoid, squashing_slope=0.25),
    "tanh": _activation(tanh, squashing_slope=1.0),
    "relu": _activation(relu, flat=True),
}
