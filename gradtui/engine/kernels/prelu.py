"""PReLU: a leaky ReLU whose slope for negative inputs is trained along with the weights."""

from __future__ import annotations

import numpy as np

from gradtui.engine.kernel import kernel, real
from gradtui.engine.kernels.activation import Activation
from gradtui.engine.kernels.gauges import add_square

#: Bound by both members: whether each unit has a slope of its own, or the layer has one.
EACH_UNIT: bool


@kernel(z="in real [batch, units]", slope="in real [groups]", a="out real [batch, units]")
def learned_slope_forward(z, slope, a):
    """a = z for z > 0, slope z otherwise, with a slope that is learned (He, Zhang, Ren & Sun 2015).

    z stays: the slope's own gradient needs it. `groups` is 1, or as many as there are units (EACH_UNIT).
    """
    for i in range(z.shape[0]):
        for j in range(z.shape[1]):
            s = slope[j] if EACH_UNIT else slope[0]
            a[i, j] = s * z[i, j] if z[i, j] <= real(0.0) else z[i, j]


@kernel(
    z="in real [batch, units]",
    slope="in real [groups]",
    delta="inout real [batch, units]",
    column="out real [units]",
    slope_gradient="out real [groups]",
    sums="out float64 [6]",
)
def learned_slope_backward(z, slope, delta, column, slope_gradient, sums):
    """As `activation_backward`; besides, dL/dslope is the sum of dL/da z over all z <= 0 that share the slope.

    column: that sum for each unit.
    """
    small_a, middle_a, big_a = 0.0, 0.0, 0.0
    small_z, middle_z, big_z = 0.0, 0.0, 0.0
    for j in range(delta.shape[1]):
        column[j] = real(0.0)
    for i in range(delta.shape[0]):
        for j in range(delta.shape[1]):
            s = slope[j] if EACH_UNIT else slope[0]
            above = delta[i, j]
            below = above * s if z[i, j] <= real(0.0) else above
            delta[i, j] = below
            column[j] += above * z[i, j] if z[i, j] <= real(0.0) else real(0.0)
            small_a, middle_a, big_a = add_square(above, small_a, middle_a, big_a)
            small_z, middle_z, big_z = add_square(below, small_z, middle_z, big_z)
    if EACH_UNIT:
        for j in range(column.shape[0]):
            slope_gradient[j] = column[j]
    else:
        total = 0.0
        for j in range(column.shape[0]):
            total += np.float64(column[j])
        slope_gradient[0] = real(total)
    sums[0] = small_a
    sums[1] = middle_a
    sums[2] = big_a
    sums[3] = small_z
    sums[4] = middle_z
    sums[5] = big_z


def _prelu(name: str, each_unit: bool) -> Activation:
    return Activation(
        forward=learned_slope_forward.bind(f"{name}_forward", EACH_UNIT=each_unit),
        backward=learned_slope_backward.bind(f"{name}_backward", EACH_UNIT=each_unit),
    )


#: One row for each choice of `network.prelu_share`.
PRELU: dict[str, Activation] = {
    "layer": _prelu("prelu", each_unit=False),
    "unit": _prelu("prelu_each_unit", each_unit=True),
}
