"""The link: a run that starts in the background and ends when asked."""

from __future__ import annotations

import threading

from fake_runner import FakeRunner, scenario

from gradtui.lab.snapshot import Pause, Restart, State
from gradtui.tui.link import Link


def test_commands_wait_for_the_runner() -> None:
    ready, made = threading.Event(), FakeRunner(scenario())

    def make(*_: object) -> FakeRunner:
        ready.wait(60)
        return made

    link = Link(scenario(), make=make)
    assert link.snapshot().state is State.STARTING
    assert link.snapshot() is link.snapshot()
    link.start()
    link.send(Pause())
    link.send(Restart())
    ready.set()
    link.close()
    link.join()
    assert made.started
    assert made.closed
    assert made.sent == [Pause(), Restart()]
    assert link.snapshot() is made.snapshot()


def test_a_runner_that_cannot_be_made_says_why() -> None:
    def make(*_: object) -> FakeRunner:
        raise OSError("no room for kernels")

    link = Link(scenario(), make=make)
    link.start()
    link.close()
    link.join()
    assert link.snapshot().state is State.FAILED
    assert link.snapshot().problem == "no room for kernels"


def test_closing_before_starting_starts_nothing() -> None:
    made = []
    link = Link(scenario(), make=lambda *_: made.append(1))  # type: ignore[arg-type, return-value, func-returns-value]
    link.close()
    link.start()
    link.close()
    link.join()
    assert made == []
