"""Pacing: as many frames on their way as the line to the terminal carries without a queue, and no more.

After a frame the terminal is asked where its cursor is. It answers when it has drawn everything before the question, so
the answer tells how long a frame takes, however much the line, sshd and the kernel hold in between. What is late shows
as a round trip longer than the shortest one, and then fewer frames are let onto the line (the idea of TCP Vegas:
Brakmo & Peterson 1995). Nothing is lost: whoever may not draw now draws what is newest later.
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

#: The cursor is put into one of so many columns to be asked for: that tells the questions apart.
COLUMNS = 24
#: The column of the question at the end, after which nothing more is on its way.
LAST = COLUMNS + 1

#: Seconds that a frame may stand in a queue; so many in a row must have been late: a busy machine delays single ones.
SLACK, IN_A_ROW = 0.05, 3
#: Frames on their way at first, and at most; further ones of keys, which are answered although others are under way.
FIRST, MOST, EXTRA = 3.0, 20.0, 2
#: What is left of the window once frames are late.
CUT = 0.7
#: Seconds after which an answer is no longer waited for: a line that stands still gets one frame each time.
LOST = 2.0
#: Seconds for which the shortest round trip is remembered: lines change.
MEMORY = 10.0
#: Seconds in which a terminal that answers at all has answered for the first time; frames a second until then.
PROBE, PROBE_FPS = 3.0, 5.0


class Sent(NamedTuple):
    """A question under way."""

    column: int
    at: float


class Pacing:
    """How many frames may be under way, learnt from the answers. A terminal that never answers may have them all.

    To be used from one thread. `clock` counts seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._flight: deque[Sent] = deque()
        self._column = 0
        self.window = FIRST
        #: Seconds of the last round trip.
        self.round_trip = 0.0
        self._shortest = self._shortest_before = float("inf")
        self._memory_until = 0.0
        self._recent: deque[float] = deque(maxlen=IN_A_ROW)
        self._last_cut = 0.0
        self._refused = 0.0
        self._learning = True
        self.begin()

    def begin(self) -> None:
        """Start over with a terminal that has not answered yet."""
        self._flight.clear()
        self.answering = False
        self._unasked = 0
        self._began = self._clock()

    @property
    def in_flight(self) -> int:
        """Frames under way."""
        return len(self._flight)

    @property
    def silent(self) -> bool:
        """Whether the terminal has had time to answer and has not."""
        return not self.answering and self._clock() - self._began > PROBE

    def open(self) -> bool:
        """Whether one more frame may be drawn now."""
        if self.answering:
            free = self._fits(0)
        else:
            # What is drawn before the first answer stands in no window, but may stand in a queue.
            age = self._clock() - self._began
            free = age > PROBE or self._unasked < FIRST + age * PROBE_FPS
        if not free:
            self._refused = self._clock()
        return free

    def open_for_key(self) -> bool:
        """Whether the answer to a key may be drawn now: it need not wait for frames, but for too many other answers."""
        return not self.answering or self._fits(EXTRA)

    def _fits(self, extra: int) -> bool:
        flight = self._flight
        return len(flight) < int(self.window) + extra or self._clock() - flight[-1].at > LOST

    def sent(self) -> int | None:
        """Note that a frame was drawn; the column to ask in, or None: one question is enough until one was answered."""
        if not self.answering and self._flight:
            self._unasked += 1
            return None
        self._column = self._column % COLUMNS + 1
        if len(self._flight) == COLUMNS:
            self._flight.popleft()
        self._flight.append(Sent(self._column, self._clock()))
        return self._column

    def answered(self, column: int, at: float) -> None:
        """Take an answer that arrived at this time. Terminals answer in turn: what was asked before got lost."""
        if not self._flight:
            return
        # A narrow terminal gives its last column for all beyond.
        known = any(sent.column == column for sent in self._flight)
        while self._flight:
            sent = self._flight.popleft()
            if not known or sent.column == column:
                break
        self.answering = True
        self._adapt(sent.at, at)

    def _adapt(self, asked: float, at: float) -> None:
        self.round_trip = max(0.0, at - asked)
        if at >= self._memory_until:
            self._shortest_before, self._shortest = self._shortest, float("inf")
            self._memory_until = at + MEMORY
        self._shortest = min(self._shortest, self.round_trip)
        self._recent.append(self.round_trip)
        late = min(self._recent) - min(self._shortest, self._shortest_before)
        if late > SLACK:
            # Frames that were under way at the last cut tell nothing new.
            if asked >= self._last_cut:
                self.window = max(1.0, self.window * CUT)
                self._last_cut = at
                self._learning = False
        elif self._refused >= asked:
            # Twice as many with each round trip until frames are late for the first time, then one more with each.
            self.window = min(MOST, self.window + (1.0 if self._learning else 1.0 / self.window))
