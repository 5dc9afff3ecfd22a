"""The past of a run, as little of it as a diagnosis needs: early profiles and recent ones, losses, evaluations."""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from gradtui.lab.chance import Chance, chance_of, favourite
from gradtui.lab.curves import CurveKeeper
from gradtui.lab.simulation import Simulation
from gradtui.lab.snapshot import Curves
from gradtui.profile import GradientProfile

#: From one kept profile to the next the step grows by this factor: some twenty profiles in the first 5,000 steps.
SPACING = 1.5
#: Share of a layer's units that are silent on a batch from which on it is looked whether they are dead.
SILENT = 0.75


NO_CURVES = Curves()
NO_CHANCE = Chance()


@dataclass(frozen=True, eq=False)
class Past:
    """What is known of a run up to now. `profiles` are kept at steps 0, 1, 2, 3, 5, 8, 12 and so on, oldest first, each
    measured before the update of its step; `curves` has the loss of every batch and the held-out evaluations, thinned.
    `nonfinite_loss` is the first step whose loss was no number, None where all were. `chance` is what a network comes
    to that learns nothing, `favourite` the share of held-out answers that name the one class named most often."""

    profiles: tuple[GradientProfile, ...] = ()
    curves: Curves = NO_CURVES
    nonfinite_loss: int | None = None
    chance: Chance = NO_CHANCE
    favourite: float = math.nan


class PastKeeper:
    """Gathers the past of one run while it goes on. `stepping` counts the seconds that its steps took."""

    def __init__(self, curves: CurveKeeper | None = None) -> None:
        self.curves = curves or CurveKeeper()
        self._profiles: list[GradientProfile] = []
        self._next = 0
        self._nonfinite_loss: int | None = None
        self._chance: Chance | None = None
        self._favourite = math.nan
        self.stepping = 0.0

    @property
    def next_step(self) -> int:
        """From this step on the next profile is kept."""
        return self._next

    def add(self, profile: GradientProfile) -> None:
        """Keep a profile, unless it is too close to the last one that was kept."""
        if profile.step >= self._next:
            self._profiles.append(profile)
            self._next = max(profile.step + 1, math.ceil(profile.step * SPACING))

    def look(self, simulation: Simulation) -> None:
        """Take in the losses that have come since the last look."""
        if self._chance is None:
            self._chance = chance_of(simulation.dataset, simulation.scenario.task.label_smoothing)
        start, rows = simulation.history(self.curves.next_step)
        if self._nonfinite_loss is None:
            bad = np.flatnonzero(~np.isfinite(rows[:, 0]))
            if len(bad):
                self._nonfinite_loss = start + int(bad[0])
        self.curves.add_batches(start, rows)

    def evaluate(self, simulation: Simulation) -> dict[str, float]:
        """Take in a pass over the held-out examples, and return what it found."""
        found = simulation.evaluate()
        self.evaluated(simulation.step_count, found)
        self._favourite = favourite(simulation)
        return found

    def evaluated(self, step: int, evaluation: Mapping[str, float]) -> None:
        """Take in what a pass over the held-out examples has found after `step` steps."""
        self.curves.add_evaluation(step, dict(evaluation))

    def past(self, curves: Curves | None = None) -> Past:
        """What is known up to now; `curves` spares it making them again."""
        return Past(
            tuple(self._profiles),
            curves or self.curves.curves(),
            self._nonfinite_loss,
            self._chance or NO_CHANCE,
            self._favourite,
        )


def measured(simulation: Simulation) -> GradientProfile:
    """The profile, with the dead units counted where a batch leaves so many silent that it might be worth it."""
    found = simulation.profile(count_dead=False)
    silent = found["zero_batch"][:-1]
    return simulation.profile() if len(silent) and np.nanmax(silent) >= SILENT else found


def watched(simulation: Simulation, keeper: PastKeeper, portions: Iterator[int]) -> Iterator[int]:
    """Step `simulation` in portions, cut where a profile is to be kept, and yield the number of steps made."""
    keeper.look(simulation)
    keeper.add(simulation.profile())
    for portion in portions:
        end = simulation.step_count + portion
        while simulation.step_count < end:
            # The profile of step n is known once the update of step n is made.
            wanted = keeper.next_step + 1
            began = time.perf_counter()
            simulation.step(min(end, max(wanted, simulation.step_count + 1)) - simulation.step_count)
            keeper.stepping += time.perf_counter() - began
            if simulation.step_count >= wanted:
                keeper.add(measured(simulation))
        keeper.look(simulation)
        yield simulation.step_count
