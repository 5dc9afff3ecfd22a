"""What a run's scenario has been, to go back to and forth."""

from __future__ import annotations

from collections import deque

from gradtui.scenario.model import Scenario

#: Changes that can be taken back; the oldest are forgotten.
_LONGEST = 1000


class Turns:
    """Scenarios before the present one and, after going back, those that came behind it."""

    def __init__(self) -> None:
        self._past: deque[Scenario] = deque(maxlen=_LONGEST)
        self._future: list[Scenario] = []
        self._movement = 0

    def changed(self, before: Scenario, movement: int = 0) -> None:
        """The scenario is no longer `before`. All changes of one movement, 0 being none, are one to go back over."""
        if not movement or movement != self._movement:
            self._past.append(before)
        self._movement = movement
        self._future.clear()

    @property
    def previous(self) -> Scenario | None:
        """What going back leads to."""
        return self._past[-1] if self._past else None

    @property
    def following(self) -> Scenario | None:
        """What going forth again leads to."""
        return self._future[-1] if self._future else None

    def went_back(self, before: Scenario) -> None:
        """The scenario, which was `before`, is now the previous one."""
        self._past.pop()
        self._future.append(before)
        self._movement = 0

    def went_forth(self, before: Scenario) -> None:
        """The scenario, which was `before`, is now the following one."""
        self._future.pop()
        self._past.append(before)
        self._movement = 0
