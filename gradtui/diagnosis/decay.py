"""The decay: what one layer does to a gradient on its way back, fitted over all of them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Decay:
    """A straight line through log10(value) over places: `factor` is what one place towards the input does to the value,
    `confidence` the share of the variance that the line explains (R^2), `error` the standard error of log10(factor).
    NaN where the `points` are too few: two for a factor, three for the others."""

    factor: float
    confidence: float
    error: float
    points: int


def fit(places: NDArray[np.int64], values: Floats) -> Decay:
    """The least-squares line over (n,) places, from the input upwards. Values that are 0 or no number have no logarithm
    and are left out."""
    with np.errstate(invalid="ignore"):
        usable = (values > 0.0) & np.isfinite(values)
    x, y = places[usable].astype(np.float64), np.log10(values[usable])
    count = len(x)
    if count < 2:
        return Decay(math.nan, math.nan, math.nan, count)
    x, y = x - x.mean(), y - y.mean()
    spread = float(x @ x)
    slope = float(x @ y) / spread
    # Beyond the range of numbers a layer multiplies by inf, or by 0.
    factor = math.inf if slope < -300.0 else 10.0**-slope
    if count < 3:
        return Decay(factor, math.nan, math.nan, count)
    total, left = float(y @ y), float(((y - slope * x) ** 2).sum())
    confidence = 1.0 - left / total if total > 0.0 else math.nan
    return Decay(factor, confidence, math.sqrt(left / (count - 2) / spread), count)


def fitted_factor(values: Sequence[float]) -> float:
    """The factor by which `values`, one a tap from the input to the output, change with each layer towards the input,
    fitted over the hidden layers; NaN where fewer than two of them have a logarithm."""
    return (
        fit(np.arange(len(values) - 1), np.asarray(values[:-1], dtype=np.float64)).factor if len(values) else math.nan
    )


def in_words(decay: Decay) -> str:
    """How well the line fits, as people say it."""
    if math.isnan(decay.confidence):
        return "too few layers to tell how evenly"
    evenly = "very evenly" if decay.confidence > 0.98 else "evenly" if decay.confidence > 0.9 else "unevenly"
    return f"{evenly} (R² = {decay.confidence:.2f})"
