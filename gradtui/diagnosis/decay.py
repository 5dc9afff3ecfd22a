"""The decay: what one layer does to a gradient on its way back, fitted over all of them."""

from __future__ import annotations

import math
from collections.abc import Sequence


def fitted_factor(values: Sequence[float]) -> float:
    """The factor by which `values`, one a tap from the input to the output, change with each layer towards the input:
    10 ** -slope of the least-squares line through log10(value) of the hidden layers.

    Layers whose value is 0 or no number have no logarithm and are left out; NaN where fewer than two are left.
    """
    points = [(tap, math.log10(value)) for tap, value in enumerate(values[:-1]) if 0.0 < value < math.inf]
    if len(points) < 2:
        return math.nan
    centre = sum(tap for tap, _ in points) / len(points)
    spread = sum((tap - centre) ** 2 for tap, _ in points)
    return float(10.0 ** -(sum((tap - centre) * exponent for tap, exponent in points) / spread))
