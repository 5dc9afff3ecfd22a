"""How many steps to run before looking up again: short bursts keep the commands' answers quick."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

#: Seconds that a burst of steps may take.
BURST = 0.012
#: Steps of one burst when each of them is next to nothing.
MOST_STEPS = 4096
#: Seconds over which the steps per second are averaged.
WINDOW = 1.0


class Pacer:
    """Deals out steps: as many as fit in a burst, or as many as a limit of steps per second has made due."""

    def __init__(self, clock: Callable[[], float], sleep: Callable[[float], None] = time.sleep) -> None:
        self._clock = clock
        self._sleep = sleep
        self._limit: float | None = None
        self._seconds_per_step = BURST
        self.reset()

    def limit(self, steps_per_second: float | None) -> None:
        """At most so many steps a second from now on; None: as many as there can be."""
        self._limit = steps_per_second
        self.reset()

    def reset(self) -> None:
        """Forget what was due and how fast it went: after a pause or a change."""
        self._due_from = self._clock()
        self._taken = 0
        self._recent: deque[tuple[float, int]] = deque([(self._clock(), 0)])

    def steps_due(self) -> int:
        """Steps to run now."""
        most = max(1, min(MOST_STEPS, int(BURST / self._seconds_per_step)))
        if self._limit is None:
            return most
        due = int((self._clock() - self._due_from) * self._limit) + 1 - self._taken
        if due > most:  # the machine is slower than the limit: what is missed is not caught up
            self._due_from, self._taken = self._clock(), 0
        return max(0, min(most, due))

    def stepped(self, count: int, seconds: float) -> None:
        """Record a burst."""
        now = self._clock()
        self._taken += count
        self._seconds_per_step = max(seconds / count, 1e-9)
        self._recent.append((now, count))
        while len(self._recent) > 2 and self._recent[1][0] < now - WINDOW:
            self._recent.popleft()

    def doze(self) -> None:
        """Wait a little for the next step to become due."""
        assert self._limit is not None
        wait = self._due_from + self._taken / self._limit - self._clock()
        self._sleep(min(max(wait, 0.001), BURST))

    def rate(self) -> float:
        """Steps a second over the last moments."""
        passed = self._recent[-1][0] - self._recent[0][0]
        # The first entry marks where the time begins; its own steps came before.
        steps = sum(count for _, count in list(self._recent)[1:])
        return steps / passed if passed > 0 else 0.0
