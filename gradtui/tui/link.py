"""The link between screen and runner: starts it in a thread, after the first paint, and closes it again.

The engine's imports are heavy, so nothing of it is imported before the thread runs. Until the runner is there
the link answers for it: with a snapshot that says so, and by keeping the commands.
"""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Protocol

from gradtui.lab.snapshot import Command, Snapshot, State

if TYPE_CHECKING:
    from gradtui.scenario.model import Scenario


class Runner(Protocol):
    """What the screen needs of a runner."""

    def start(self) -> None:
        """Begin stepping in a thread of its own."""

    def close(self) -> None:
        """Stop and join that thread."""

    def send(self, command: Command) -> None:
        """Pass a command on; from any thread."""

    def snapshot(self) -> Snapshot:
        """The newest snapshot; the same object until something has changed."""


MakeRunner = Callable[["Scenario", bool], Runner]


def make_runner(scenario: Scenario, paused: bool) -> Runner:
    """The real runner."""
    from gradtui.diagnosis import verdicts
    from gradtui.lab.runner import Runner as LabRunner

    # What the engine's imports have made stays; looking through it for garbage would hold the screen up for long.
    gc.freeze()
    return LabRunner(scenario, paused=paused, judge=verdicts)


class Link:
    """One run as the screen sees it. All methods return at once."""

    def __init__(self, scenario: Scenario, *, paused: bool = False, make: MakeRunner = make_runner) -> None:
        self._scenario, self._paused, self._make = scenario, paused, make
        self._lock = threading.Lock()
        self._runner: Runner | None = None
        self._waiting: list[Command] = []
        self._closed = False
        self._before = Snapshot(0, State.STARTING, scenario, scenario)
        self._starter = threading.Thread(target=self._start, name="gradtui-start")
        self._closer = threading.Thread(target=self._close, name="gradtui-close")

    def start(self) -> None:
        """Make the runner and start it, in the background."""
        if not self._closed:
            self._starter.start()

    def snapshot(self) -> Snapshot:
        """The runner's newest snapshot; the same object until something has changed."""
        runner = self._runner
        return self._before if runner is None else runner.snapshot()

    def send(self, command: Command) -> None:
        """Pass a command on, or keep it until the runner is there."""
        with self._lock:
            if self._runner is None:
                self._waiting.append(command)
            else:
                self._runner.send(command)

    def close(self) -> None:
        """Stop the run. `join` waits until its thread is gone."""
        if not self._closed:
            self._closed = True
            self._closer.start()

    def join(self) -> None:
        """Wait until everything that `close` stopped has ended."""
        if self._closed:
            self._closer.join()

    def _start(self) -> None:
        try:
            runner = self._make(self._scenario, self._paused)
            runner.start()
        except Exception as error:
            problem = str(error) or type(error).__name__
            self._before = replace(self._before, revision=1, state=State.FAILED, problem=problem)
            return
        with self._lock:
            self._runner = runner
            for command in self._waiting:
                runner.send(command)
            self._waiting.clear()

    def _close(self) -> None:
        if self._starter.ident is not None:
            self._starter.join()
        if self._runner is not None:
            self._runner.close()
