"""Pacing on lines that are simulated, second by second, without waiting for any."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, field

import pytest

from gradtui.tui.pacing import COLUMNS, FIRST, LAST, LOST, PROBE, PROBE_FPS, Pacing

FPS, FRAME = 30, 2000


class Clock:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Line:
    """A line that carries `rate` bytes a second, holds whatever it is given, and takes `delay` seconds each way."""

    pacing: Pacing
    clock: Clock
    rate: float
    delay: float
    free_at: float = 0.0
    answers: list[tuple[float, int]] = field(default_factory=list)
    #: (drawn, seen) of every frame.
    frames: list[tuple[float, float]] = field(default_factory=list)

    def draw(self, size: int = FRAME) -> float:
        """Send a frame; when it is seen."""
        column = self.pacing.sent()
        self.free_at = max(self.free_at, self.clock.now) + size / self.rate
        seen = self.free_at + self.delay
        self.frames.append((self.clock.now, seen))
        if column is not None:
            heapq.heappush(self.answers, (seen + self.delay, column))
        return seen

    def run(self, seconds: float) -> None:
        """Train for so long: a frame each time that one is due and may be drawn."""
        end = self.clock.now + seconds
        due = self.clock.now
        while self.clock.now < end:
            self.clock.now += 0.001
            while self.answers and self.answers[0][0] <= self.clock.now:
                at, column = heapq.heappop(self.answers)
                self.pacing.answered(column, at)
            if self.clock.now >= due:
                due += 1 / FPS
                if self.pacing.open():
                    self.draw()


def line(rate: float, delay: float) -> Line:
    clock = Clock()
    return Line(Pacing(clock), clock, rate, delay)


@pytest.mark.parametrize("delay", [0.0005, 0.02, 0.075, 0.15, 0.4])
@pytest.mark.parametrize("rate", [5_000, 20_000, 50_000, 100_000, 10_000_000])
def test_frames_are_seen_soon_and_the_line_is_used(rate: float, delay: float) -> None:
    """After a few seconds nothing waits long before a bottleneck, and what the line carries is drawn."""
    it = line(rate, delay)
    it.run(20.0)
    settled = [(drawn, seen) for drawn, seen in it.frames if drawn > 110.0]
    transmission = FRAME / rate
    waits = sorted(seen - drawn - delay - transmission for drawn, seen in settled)
    assert waits[len(waits) // 2] <= 0.06 + transmission
    assert waits[-1] <= 0.15 + 2 * transmission
    # 20 frames under way are the most.
    possible = min(FPS, rate / FRAME, 20 / (2 * delay + transmission))
    assert len(settled) / 10.0 >= (0.9 if rate >= 100_000 else 0.35) * possible


def test_a_line_that_gets_slow_is_noticed() -> None:
    it = line(1_000_000, 0.05)
    it.run(15.0)
    assert len(it.frames) > 0.9 * 15 * FPS
    it.rate = 20_000
    it.run(20.0)
    late = [seen - drawn for drawn, seen in it.frames if drawn > 125.0]
    assert max(late) < 0.05 + 0.15 + 2 * FRAME / 20_000


def test_a_line_that_gets_longer_is_learnt_anew() -> None:
    """The shortest round trip is forgotten: a longer way is no queue."""
    it = line(1_000_000, 0.02)
    it.run(10.0)
    it.delay = 0.2
    it.run(40.0)
    assert len([drawn for drawn, _ in it.frames if drawn > 140.0]) > 0.7 * 10 * FPS


def test_without_any_answer_frames_are_drawn_all_the_same_and_one_question_is_asked() -> None:
    clock = Clock()
    pacing = Pacing(clock)
    asked = []
    for _ in range(300):
        assert pacing.open_for_key()
        if pacing.open():
            asked.append(pacing.sent())
        clock.now += 1 / FPS
    assert asked[0] is not None
    assert set(asked[1:]) == {None}
    # Few until it is clear that there will be no answer, then all.
    assert PROBE <= (300 - len(asked)) / FPS + PROBE_FPS * PROBE / FPS + FIRST / FPS <= PROBE + 0.2
    assert pacing.silent


def test_silent_is_only_who_had_time_to_answer() -> None:
    clock = Clock()
    pacing = Pacing(clock)
    column = pacing.sent()
    clock.now += PROBE / 2
    assert not pacing.silent
    clock.now += PROBE
    assert pacing.silent
    assert column is not None
    pacing.answered(column, clock.now)
    assert not pacing.silent


def answering() -> tuple[Pacing, Clock]:
    """A terminal that has answered its first question."""
    clock = Clock()
    pacing = Pacing(clock)
    column = pacing.sent()
    clock.now += 0.01
    assert column is not None
    pacing.answered(column, clock.now)
    return pacing, clock


def test_answers_to_keys_may_overtake_frames_but_not_pile_up() -> None:
    pacing, _ = answering()
    drawn = 0
    while pacing.open():
        pacing.sent()
        drawn += 1
    assert drawn == int(FIRST)
    keys = 0
    while pacing.open_for_key():
        pacing.sent()
        keys += 1
    assert 1 <= keys <= 3


def test_a_terminal_that_answers_no_more_gets_a_frame_now_and_then() -> None:
    pacing, clock = answering()
    drawn = 0
    for _ in range(int(10 * LOST * 100)):
        clock.now += 0.01
        if pacing.open():
            pacing.sent()
            drawn += 1
    assert 8 <= drawn <= 10 + FIRST


def test_a_lost_answer_is_made_up_for_by_the_next() -> None:
    pacing, clock = answering()
    columns = [pacing.sent() for _ in range(3)]
    clock.now += 0.01
    assert columns[2] is not None
    pacing.answered(columns[2], clock.now)
    assert pacing.in_flight == 0


def test_an_answer_that_nobody_waits_for_changes_nothing() -> None:
    pacing, clock = answering()
    window = pacing.window
    pacing.answered(5, clock.now)
    assert (pacing.in_flight, pacing.window) == (0, window)


def test_a_narrow_terminal_answers_in_turn() -> None:
    """It gives its last column for all that lie beyond."""
    pacing, clock = answering()
    for _ in range(COLUMNS):
        column = pacing.sent()
        assert column is not None
        clock.now += 0.01
        pacing.answered(min(column, 7), clock.now)
        assert pacing.in_flight == 0


def test_questions_under_way_are_told_apart_and_none_is_the_last_one() -> None:
    pacing, _ = answering()
    columns = [pacing.sent() for _ in range(COLUMNS)]
    assert len(set(columns)) == COLUMNS
    assert LAST not in columns
