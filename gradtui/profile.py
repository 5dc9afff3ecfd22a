"""GradientProfile: the one value that every view reads."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class GradientProfile:
    """A table of gauges x taps, measured at one step.

    `step` is the number of updates made before the gradient was measured: 0 is the network as initialised.
    `taps` names the places of measurement from the input to the output; `gauges` maps each name of `gauges.GAUGES`
    to float64 values of shape (taps,). NaN stands where a gauge has no meaning (the turn at step 0).
    `time` maps a gauge over time to float64 values of shape (layers, steps), in recurrent networks only: `delta_rms`
    of dL/dh_t, `cell_delta_rms` of an LSTM's dL/dc_t, and the mean of each gate (`gate_input`, `gate_forget`, ...).
    `heard` is, of two adversaries, the root mean square over samples of the derivative of the generator's loss by the
    discriminator's answer to a sample: what the generator hears before any layer; NaN elsewhere.
    `twins` tells that the weights were loaded, and that no two units of any layer differ in them.
    """

    step: int
    taps: tuple[str, ...]
    gauges: Mapping[str, NDArray[np.float64]]
    loss: float
    accuracy: float
    time: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    heard: float = math.nan
    twins: bool = False

    def __getitem__(self, gauge: str) -> NDArray[np.float64]:
        return self.gauges[gauge]
