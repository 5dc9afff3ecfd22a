"""What theory predicts of step 0 beside what the network has there."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from gradtui.lab.simulation import Simulation
from gradtui.profile import GradientProfile
from gradtui.theory import Prediction, unrolled

Floats = NDArray[np.float64]

#: Gauges that are predicted for each tap.
GAUGES = ("delta_rms", "grad_rms")


@dataclass(frozen=True)
class Comparison:
    """A prediction and the profile of step 0."""

    theory: Prediction
    profile: GradientProfile

    @cached_property
    def predicted(self) -> dict[str, Floats]:
        """Both gauges tap by tap, on the scale of what was measured at the output; empty without a prediction."""
        found = {}
        for gauge, ratios in zip(GAUGES, (self.theory.delta, self.theory.grad), strict=True):
            if len(ratios) == len(self.profile.taps):
                found[gauge] = np.array(self.theory.measured(ratios, self.profile[gauge].tolist()))
        return found

    @cached_property
    def time(self) -> dict[str, Floats]:
        """Signals over time, (layers, steps), on the same scale; empty in networks without time steps."""
        top = self.profile["delta_rms"][-1]
        tables = {"delta_rms": self.theory.time, "cell_delta_rms": self.theory.cell_time}
        return {gauge: np.array(rows) * top for gauge, rows in tables.items() if rows}

    def deviation(self, gauge: str) -> Floats:
        """Measured over predicted, less 1, tap by tap."""
        return _off(self.profile[gauge], self.predicted[gauge])

    @property
    def factor(self) -> float:
        """What was measured in the place of the prediction's factor."""
        if self.theory.per == "step":
            return unrolled.per_step(self.profile.time["delta_rms"][0])
        delta, top = self.profile["delta_rms"], self.theory.top
        if not top or not delta[0] > 0.0 or not delta[top] > 0.0:
            return math.nan
        return float(np.exp((np.log(delta[0]) - np.log(delta[top])) / top))

    @property
    def factor_deviation(self) -> float:
        """The measured factor over the predicted one, less 1."""
        return self.factor / self.theory.factor - 1.0 if self.theory.factor > 0.0 else math.nan


def _off(measured: Floats, predicted: Floats) -> Floats:
    with np.errstate(all="ignore"):
        return measured / predicted - 1.0


def compare(simulation: Simulation) -> Comparison:
    """Of a simulation that has not been stepped."""
    return Comparison(simulation.theory(), simulation.profile(count_dead=False))
