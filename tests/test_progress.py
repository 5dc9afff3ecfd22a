"""Progress on stderr: a bar on a terminal, next to nothing elsewhere."""

from __future__ import annotations

import io
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradtui.progress import Progress, portions


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_bar_on_a_terminal_and_wiped_at_the_end() -> None:
    stream = Terminal()
    progress = Progress(stream)
    progress.compiling(1, 4, "adam")
    assert "compiling adam" in stream.getvalue()
    assert "#######......................." in stream.getvalue()
    progress.close()
    width = len(stream.getvalue().split("\r")[1])
    assert stream.getvalue().endswith("\r" + " " * width + "\r")


def test_a_narrow_terminal_wraps_no_line(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    stream = Terminal()
    progress = Progress(stream)
    progress.compiling(1, 40, "conv_forward")
    assert max(map(len, stream.getvalue().split("\r"))) == 59


def test_one_line_elsewhere() -> None:
    stream = io.StringIO()
    progress = Progress(stream)
    for done in range(3):
        progress.compiling(done, 3, "adam")
        progress.stepping(done, 3)
    progress.close()
    assert stream.getvalue() == "compiling 3 kernels, once on this machine\n"


def test_steps_are_drawn_at_a_gentle_pace(monkeypatch: pytest.MonkeyPatch) -> None:
    stream = Terminal()
    clock = iter([10.0, 10.01, 10.2])
    monkeypatch.setattr("gradtui.progress.time", SimpleNamespace(monotonic=lambda: next(clock)))
    progress = Progress(stream)
    for done in (1, 2, 3):
        progress.stepping(done, 4)
    assert "step 1 of 4" in stream.getvalue()
    assert "step 2 of 4" not in stream.getvalue()
    assert "step 3 of 4" in stream.getvalue()


@given(st.integers(-5, 3000))
def test_portions_add_up(total: int) -> None:
    made = list(portions(total))
    assert sum(made) == max(total, 0)
    assert all(portion > 0 for portion in made)


def test_portions_follow_the_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("gradtui.progress.time", SimpleNamespace(monotonic=lambda: now))
    made = []
    for portion in portions(1000):
        made.append(portion)
        now += portion * 0.01
    assert made[:3] == [1, 4, 10]
    assert all(9 <= portion <= 10 for portion in made[2:-1])
