"""Watching: what a screen looks at beyond the profile, and when it is measured again."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

from gradtui.lab.inspecting import inspect
from gradtui.lab.inspection import Inspection
from gradtui.lab.sight import Sight
from gradtui.lab.sighting import see
from gradtui.lab.simulation import Simulation
from gradtui.lab.snapshot import Watch

#: Seconds between two looks: at least so many, and so many that looking takes at most a twentieth of the time.
LOOK_EVERY, LOOK_SHARE = 0.2, 0.05


@dataclass(frozen=True)
class Seen:
    """What a look has brought; None for what is not watched."""

    inspection: Inspection | None = None
    sight: Sight | None = None


class Watching:
    """Looks at a simulation as a `Watch` asks, but not too often."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._watch = Watch()
        self.forget()

    def turn(self, watch: Watch) -> None:
        """Look at this from now on."""
        self._watch, self._due = watch, 0.0

    def forget(self) -> None:
        """Another run begins: its axes are its own."""
        self.seen = Seen()
        self._due = 0.0

    def look(self, simulation: Simulation, *, at_once: bool = False) -> Seen:
        """What there is to see: measured now if that is due, else what was seen last."""
        began = self._clock()
        if at_once or began >= self._due:
            self.seen = Seen(self._inspection(simulation), see(simulation) if self._watch.task else None)
            passed = self._clock() - began
            self._due = began + passed + max(LOOK_EVERY, passed / LOOK_SHARE)
        return self.seen

    def _inspection(self, simulation: Simulation) -> Inspection | None:
        """The watched tap; the last one where there are fewer."""
        if self._watch.layer is None:
            return None
        layer = max(0, min(self._watch.layer, len(simulation.taps) - 1))
        before = self.seen.inspection
        return inspect(simulation, layer, before if before and before.layer == layer else None)
