"""Repetition in a list: what a person would write as a loop."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import NamedTuple

#: A loop's body holds at most so many layers.
LONGEST = 32


class Run(NamedTuple):
    """`length` neighbours from `start` on, `times` times one after another."""

    start: int
    length: int
    times: int

    @property
    def stop(self) -> int:
        return self.start + self.length * self.times


def runs(items: Sequence[Hashable]) -> list[Run]:
    """The list from its beginning to its end as repetitions; where nothing repeats, a run of one item, once.

    At each place it takes the repetition that reaches furthest, and of several the one with the shortest body.
    """
    found: list[Run] = []
    at = 0
    while at < len(items):
        best = Run(at, 1, 1)
        for length in range(1, min(LONGEST, (len(items) - at) // 2) + 1):
            run = Run(at, length, _times(items, at, length))
            if run.times > 1 and run.stop > best.stop:
                best = run
        found.append(best)
        at = best.stop
    return found


def _times(items: Sequence[Hashable], start: int, length: int) -> int:
    times = 1
    while list(items[start + times * length : start + (times + 1) * length]) == list(items[start : start + length]):
        times += 1
    return times
