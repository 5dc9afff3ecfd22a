"""Timeline: the history of profiles, which thins itself, so that the longest run fits in a fixed memory."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gradtui.lab.snapshot import History
from gradtui.profile import GradientProfile

#: Gauges whose past is kept.
KEPT = (
    "grad_rms",
    "delta_rms",
    "update_ratio",
    "activation_mean",
    "activation_std",
    "saturated",
    "dead",
    "zero_batch",
    "similarity",
    "distance",
    "clipped",
    "slope_grad_rms",
)

#: At most so many profiles are kept; when there are more, every second one goes.
POINTS = 400


class Timeline:
    """Profiles of one run, at least `stride` steps apart; the first one stays for ever.

    They are kept as they were measured, never averaged: a NaN in the past is still seen.
    """

    def __init__(self, points: int = POINTS) -> None:
        self.stride = 1
        self._points = points
        self._count = 0
        self._steps: NDArray[np.int64] = np.empty(0, np.int64)
        self._values: NDArray[np.float64] = np.empty((0, 0, 0))

    def add(self, profile: GradientProfile) -> None:
        """Keep a profile, unless it is too close to the last one."""
        if self._count and profile.step - self._steps[self._count - 1] < self.stride:
            return
        if not self._count:
            self._steps = np.empty(self._points, np.int64)
            self._values = np.empty((len(KEPT), self._points, len(profile.taps)))
        if self._count == self._points:
            self._thin()
        self._steps[self._count] = profile.step
        for row, gauge in enumerate(KEPT):
            self._values[row, self._count] = profile[gauge]
        self._count += 1

    def _thin(self) -> None:
        """Let every second profile go. What was handed out keeps the memory that it shows."""
        steps, values = np.empty_like(self._steps), np.empty_like(self._values)
        kept = (self._count + 1) // 2
        steps[:kept], values[:, :kept] = self._steps[: self._count : 2], self._values[:, : self._count : 2]
        self._steps, self._values, self._count = steps, values, kept
        self.stride = max(2 * self.stride, int(steps[kept - 1] - steps[0]) // max(1, kept - 1))

    def history(self) -> History:
        """What is kept, as views: later profiles are written behind them."""
        steps = self._steps[: self._count]
        return History(
            steps, {gauge: self._values[row, : self._count] for row, gauge in enumerate(KEPT) if self._count}
        )
