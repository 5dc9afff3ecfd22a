"""Activation functions: value and slope together, and the kernels that they are poured into.

The forward pass leaves the slope phi'(z) where z stood: it has the exponential at hand already, the slope is accurate
in both tails (1 - y would lose every digit of it), and the backward pass becomes one multiplication for all of them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from gradtui.engine.kernel import Kernel, flat, kernel, real
from gradtui.engine.kernels.activations import rectified, smooth, squashing
from gradtui.engine.kernels.gauges import add_square

Function = Callable[..., Any]

#: Bound by each activation.
phi: Function


@kernel(z="inout real [batch, units]", bend="in float64 [1]", a="out real [batch, units]")
def activation_forward(z, bend, a):
    """a = phi(z), and z becomes the slope phi'(z). `bend` is for the twin below."""
    slopes, values = flat(z), flat(a)
    for i in range(slopes.shape[0]):
        value, slope = phi(slopes[i])
        values[i] = value
        slopes[i] = slope


@kernel(z="inout real [batch, units]", bend="in float64 [1]", a="out real [batch, units]")
def bent_activation_forward(z, bend, a):
    """The same for a phi(z, b) with a number b to choose, read at each step: who turns the knob needs no new code."""
    slopes, values = flat(z), flat(a)
    chosen = real(bend[0])
    for i in range(slopes.shape[0]):
        value, slope = phi(slopes[i], chosen)
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


@dataclass(frozen=True)
class Activation:
    """One row of the table.

    `flat`: the slope is exactly 0 on a stretch, so that a unit can die. `zeros`: the value is. `silent`: the value is 0
    wherever the slope is, and nowhere else. `saturates_below`: the slope under which a unit of a smooth squashing
    function counts as saturated; 0 where the word has no meaning. `bend`: the scenario's key of the number that the
    function takes besides x.
    """

    forward: Kernel
    backward: Kernel = activation_backward
    flat: bool = False
    zeros: bool = False
    silent: bool = True
    saturates_below: float = 0.0
    bend: str = ""


#: Share of the largest slope under which a unit counts as saturated.
SATURATED = 0.05


def activation(
    function: Function,
    *,
    bend: str = "",
    flat: bool = False,
    zeros: bool = False,
    silent: bool = True,
    squashing_slope: float = 0.0,
) -> Activation:
    """A row for `function`, phi(x) or, with a `bend`, phi(x, bend), that gives (value, slope).

    `squashing_slope` is the largest slope of a smooth squashing function. For the rest see `Activation`.
    """
    family = bent_activation_forward if bend else activation_forward
    forward = family.bind(f"{function.__name__}_forward", phi=function)
    return Activation(
        forward,
        flat=flat,
        zeros=zeros,
        silent=silent,
        saturates_below=SATURATED * squashing_slope,
        bend=bend,
    )


ACTIVATIONS: dict[str, Activation] = {
    "identity": activation(rectified.identity),
    "sigmoid": activation(squashing.sigmoid, squashing_slope=0.25),
    "hard_sigmoid": activation(squashing.hard_sigmoid, flat=True, zeros=True, silent=False),
    "tanh": activation(squashing.tanh, squashing_slope=1.0),
    "hard_tanh": activation(squashing.hard_tanh, flat=True, silent=False),
    "softsign": activation(squashing.softsign, squashing_slope=1.0),
    "softplus": activation(smooth.softplus, bend="beta"),
    "relu": activation(rectified.relu, flat=True, zeros=True),
    "leaky_relu": activation(rectified.leaky_relu, bend="negative_slope"),
    "elu": activation(rectified.elu, bend="alpha"),
    "selu": activation(rectified.selu),
    "celu": activation(rectified.celu, bend="alpha"),
    "gelu": activation(smooth.gelu),
    "gelu_tanh": activation(smooth.gelu_tanh),
    "silu": activation(smooth.silu),
    "mish": activation(smooth.mish),
}
