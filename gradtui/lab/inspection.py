"""Inspection: one tap from near by, as plain numbers that a screen may keep and draw."""

from __future__ import annotations

import math
from dataclasses import dataclass

#: Bins of every histogram.
BINS = 96

#: Places of the pre-activation axis, its two ends among them, at which phi' is sampled.
SAMPLES = 129

#: A pre-activation lies in the flat part where |phi'| is below this share of its largest.
FLAT = 0.05


@dataclass(frozen=True)
class Histogram:
    """Counts in equal steps from `low` to `high`; on a `log` axis these are decades of the size, sign left out.

    What has no place on the axis is counted by itself: `nan`, `infinite`, and on a log axis the exact `zeros`. `mean`
    and `deviation` are those of the finite entries; NaN where there are none.
    """

    low: float
    high: float
    counts: tuple[int, ...]
    mean: float
    deviation: float
    nan: int = 0
    infinite: int = 0
    zeros: int = 0
    log: bool = False

    @property
    def total(self) -> int:
        """Every entry there is."""
        return sum(self.counts) + self.nan + self.infinite + self.zeros


@dataclass(frozen=True)
class Inspection:
    """One tap: its last batch through the weights as they are after `step` updates, and its last gradient.

    `shape` is that of the weights. `activation` is the label of phi, `norm` the name of a normalisation that stands
    before it, else empty. `slopes` are SAMPLES values of phi'(x), evenly from preactivations.low to .high, `steepest`
    the largest |phi'| anywhere, `flat` the share of pre-activations in the flat part. `radii` are the spectral radii of
    the matrices that hand a state on, one for each gate of a recurrent layer. `effective_rank` is the participation
    ratio of the singular values of what the layer made of the last batch, over its width. `learned` are the least, the
    mean and the largest of the slopes that the layer learns, empty where its slopes are no weights.
    """

    step: int
    layer: int
    tap: str
    shape: tuple[int, ...]
    parameters: int
    activation: str
    norm: str
    preactivations: Histogram
    activations: Histogram
    weights: Histogram
    gradient: Histogram
    slopes: tuple[float, ...]
    steepest: float
    flat: float
    radii: tuple[float, ...] = ()
    effective_rank: float = math.nan
    learned: tuple[float, ...] = ()
