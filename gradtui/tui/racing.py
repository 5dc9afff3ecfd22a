"""Races and pairs as the screen sees them: begun in a thread, after the engine's imports, and ended again."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from gradtui.diagnosis.standing import Standing
    from gradtui.diagnosis.verdict import Verdict
    from gradtui.lab.pairing import PairCommand, PairSnapshot
    from gradtui.scenario.model import Scenario

#: Seconds that a race may take beside a run that goes on, and how many times that when it is asked to go on for longer.
BUDGET, LONGER = 20.0, 4.0
#: So many times its budget a race may take there: nobody waits for it.
PATIENCE = 2.0


class Racer(Protocol):
    """What the screen needs of a race."""

    def start(self) -> None: ...
    def stop(self) -> None: ...
    def join(self) -> None: ...
    def standing(self) -> Standing: ...


class Twosome(Protocol):
    """What the screen needs of a pair."""

    def start(self) -> None: ...
    def close(self) -> None: ...
    def join(self) -> None: ...
    def send(self, command: PairCommand) -> None: ...
    def snapshot(self) -> PairSnapshot: ...


MakeRace = Callable[["Scenario", Sequence["Verdict"], float], Racer]
MakePair = Callable[["Scenario", "Scenario"], Twosome]


def make_race(scenario: Scenario, found: Sequence[Verdict], budget: float) -> Racer:
    """The real race, on all cores but the one that the run on screen has, and at a low priority."""
    from gradtui.diagnosis.race import Race
    from gradtui.processors import cores

    return Race(scenario, found=found, budget=budget, threads=max(1, cores() - 1), gently=True, patience=PATIENCE)


def make_pair(left: Scenario, right: Scenario) -> Twosome:
    """The real pair."""
    from gradtui.diagnosis import verdicts
    from gradtui.lab.pairing import Pair

    return Pair(left, right, judge=verdicts)


class Contest:
    """The race of one scenario: begun at once, and again for longer when asked. It goes on while nobody looks."""

    def __init__(self, scenario: Scenario, found: Sequence[Verdict], make: MakeRace = make_race) -> None:
        self.scenario = scenario
        self._found, self._make = tuple(found), make
        self._budget = BUDGET
        self._past: list[Racer] = []
        self._racer = make(scenario, self._found, self._budget)
        self._racer.start()

    def standing(self) -> Standing:
        """How it stands; the same object until something has changed."""
        return self._racer.standing()

    def longer(self) -> None:
        """Race again, with several times the time."""
        self._racer.stop()
        self._past.append(self._racer)
        self._budget *= LONGER
        self._racer = self._make(self.scenario, self._found, self._budget)
        self._racer.start()

    def stop(self) -> None:
        """End it soon; what is known stands."""
        self._racer.stop()

    def join(self) -> None:
        """Wait until it has ended."""
        for racer in (*self._past, self._racer):
            racer.join()
