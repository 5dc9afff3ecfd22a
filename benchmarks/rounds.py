"""All sides of one case, each in a process of its own, taking turns: a slow moment of the machine hits all of them, a
library's threads and flags none but itself, and a compiler that does not come to an end can be stopped."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import sys
import time
from multiprocessing.connection import Connection

from benchmarks import sides
from benchmarks.cases import Case
from benchmarks.one_core import stay_on_one_core

ROUNDS = 9
#: Seconds of one side in one round, and of one burst of steps within; the quickest burst counts.
ROUND_SECONDS, BURST_SECONDS = 0.3, 0.05
#: Seconds for building all sides, and for the whole case: rounds that do not fit in are left out, but for the first.
BUILD_SECONDS, CASE_SECONDS = 27.0, 36.0
#: Steps run before anything is timed.
WARM_UP_STEPS = 3

#: Microseconds a step, or why there is no such number.
Result = float | str


class Side:
    """The parent's end of a side's process."""

    def __init__(self, name: str, case: Case) -> None:
        context = multiprocessing.get_context("spawn")
        self._connection, theirs = context.Pipe()
        self._process = context.Process(target=_serve, args=(theirs, name, case.shape, case.variant), daemon=False)
        self._process.start()
        theirs.close()
        self.missing = ""
        self.best = float("inf")

    def await_built(self, deadline: float) -> None:
        """Wait until the side can step; `missing` says why it cannot."""
        found = self._receive(deadline)
        self.missing = found if isinstance(found, str) else ""

    def measure(self, seconds: float, deadline: float) -> None:
        """Let the side step for a while, and keep its best time."""
        self._connection.send(seconds)
        found = self._receive(deadline)
        if isinstance(found, str):
            self.missing = found
        else:
            self.best = min(self.best, found)

    def _receive(self, deadline: float) -> Result:
        """What the process has to say; also where it says nothing."""
        if not self._connection.poll(max(0.0, deadline - time.monotonic())):
            return f"not ready in time ({BUILD_SECONDS:.0f} s)"
        try:
            found: Result = self._connection.recv()
        except EOFError:
            self._process.join(1.0)
            return f"its process ended with exit code {self._process.exitcode}"
        return found

    def close(self) -> None:
        """End the process and the compilers that it has started: all of one process group."""
        self._connection.close()
        assert self._process.pid is not None
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.kill()
        self._process.join()


def measure(case: Case, names: tuple[str, ...]) -> dict[str, Result]:
    """The best time of each side, in microseconds a step, or why there is none."""
    began = time.monotonic()
    running = {name: Side(name, case) for name in names}
    try:
        for side in running.values():
            side.await_built(began + BUILD_SECONDS)
        for done in range(ROUNDS):
            left = CASE_SECONDS - (time.monotonic() - began)
            seconds = min(ROUND_SECONDS, left / ((ROUNDS - done) * len(running)))
            if done and seconds < BURST_SECONDS:
                break
            for side in running.values():
                if not side.missing:
                    side.measure(max(seconds, BURST_SECONDS), began + CASE_SECONDS + 2.0)
    finally:
        for side in running.values():
            side.close()
    return {name: side.missing or side.best for name, side in running.items()}


def _serve(connection: Connection, name: str, shape: str, variant: str) -> None:
    """What a side's process does: build, say so, and then step for as long as it is told each time."""
    if hasattr(os, "setsid"):
        os.setsid()
    quiet = os.open(os.devnull, os.O_WRONLY)
    for stream in (sys.stdout, sys.stderr):  # libraries that chat would spoil the table and the JSON
        os.dup2(quiet, stream.fileno())
    try:
        steps = sides.build(name, Case.parse(shape, variant))
        steps(WARM_UP_STEPS)
    except Exception as error:  # whatever a peer's library finds wrong with this machine: the others go on
        connection.send(_reason(error))
        return
    stay_on_one_core()
    each = _timed(steps, WARM_UP_STEPS)
    connection.send(each)
    with contextlib.suppress(EOFError):
        while True:
            seconds: float = connection.recv()
            end = time.perf_counter() + seconds
            best = float("inf")
            while time.perf_counter() < end:
                best = min(best, _timed(steps, max(1, int(BURST_SECONDS / each))))
            each = min(each, best)
            connection.send(best * 1e6)


def _timed(steps: sides.Steps, count: int) -> float:
    """Seconds a step."""
    began = time.perf_counter()
    made = steps(count)
    return (time.perf_counter() - began) / made


def _reason(error: BaseException) -> str:
    """One line of what went wrong."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0]}" if lines else type(error).__name__
