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

#: Where the cursor is put to be asked for: never in row 1, because `CSI 1 ; 2 R` is also Shift+F3. The column tells the
#: questions apart.
ROW, COLUMNS = 2, 24
#: The column of the question at the end, after which nothing more is on its way.
LAST = COLUMNS + 1

#: Seconds that a frame may stand in a queue.
SLACK = 0.05
#: Frames on their way at first, and at most; further ones of keys, which are answered although others are under way.
FIRST, MOST, EXTRA = 3.0, 20.0, 2
#: What is left of the window once frames are late.
CUT = 0.7
#: Seconds after which an answer is given up: a line that stands still gets one frame each time.
LOST = 2.0
#: Seconds for which the shortest round trip is remembered: lines change.
MEMORY = 10.0
#: Seconds in which a terminal that answers at all has answered for the first time.
PROBE = 3.0


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
        self._last_cut = 0.0
        self._refused = False
        self.begin()

    def begin(self) -> None:
        """Start over with a terminal that has not answered yet."""
        self._flight.clear()
        self.answering = False
        self._began = self._clock()

    @property
    def in_flight(self) -> int:
        """Frames under way."""
        self._give_up()
        return len(self._flight)

    @property
    def silent(self) -> bool:
        """Whether the terminal has had time to answer and has not."""
        return not self.answering and self._clock() - self._began > PROBE

    def open(self) -> bool:
        """Whether one more frame may be drawn now."""
        free = not self.answering or self.in_flight < int(self.window)
        self._refused = self._refused or not free
        return free

    def open_for_key(self) -> bool:
        """Whether the answer to a key may be drawn now: it need not wait for frames, but for too many other answers."""
        return not self.answering or self.in_flight < int(self.window) + EXTRA

    def sent(self) -> int | None:
        """Note that a frame was drawn; the column to ask in, or None: one question is enough until one was answered."""
        if not self.answering and self._flight:
            return None
        self._column = self._column % COLUMNS + 1
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
        late = self.round_trip - min(self._shortest, self._shortest_before)
        if late > SLACK:
            # Frames that were under way at the last cut tell nothing new.
            if asked >= self._last_cut:
                self.window = max(1.0, self.window * CUT)
                self._last_cut = at
        elif self._refused:
            self.window = min(MOST, self.window + 1.0 / self.window)
        self._refused = False

    def _give_up(self) -> None:
        if self.answering and self._flight and self._clock() - self._flight[0].at > LOST:
            self._flight.clear()
            self.window = 1.0
