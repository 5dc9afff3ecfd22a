"""Progress on stderr: a bar on a terminal, at most one line anywhere else."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from gradtui.check import State

_WIDTH = 30
#: Seconds between two drawings, and between two looks at Ctrl-C.
_PACE = 0.1


class Progress:
    """Reports compiling and stepping. `stream` is stderr unless a test says otherwise."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stderr
        self._live = self._stream.isatty()
        self._drawn = 0
        self._told = False
        self._last = 0.0

    def compiling(self, done: int, total: int, kernel: str) -> None:
        """The engine's `on_compile`: kernel number `done + 1` of `total` is being compiled."""
        if self._live:
            self._draw(done, total, f"compiling {kernel or 'done'}, once on this machine", force=True)
        elif not self._told:
            self._told = True
            self._stream.write(f"compiling {total} kernels, once on this machine\n")
            self._stream.flush()

    def stepping(self, done: int, total: int) -> None:
        """`done` of `total` training steps are made."""
        if self._live:
            self._draw(done, total, f"step {done:,} of {total:,}")

    def checking(self, state: State) -> None:
        """So far has a check come."""
        if self._live:
            failed = f", {state.failed} failed" if state.failed else ""
            running = ", ".join(state.running)
            self._draw(state.done, state.total, f"{state.done} of {state.total} runs{failed}: {running}")

    def close(self) -> None:
        """Wipe the bar, so that what follows starts on a clean line."""
        if self._drawn:
            self._stream.write("\r" + " " * self._drawn + "\r")
            self._stream.flush()
            self._drawn = 0

    def _draw(self, done: int, total: int, text: str, force: bool = False) -> None:
        now = time.monotonic()
        if not force and now - self._last < _PACE:
            return
        self._last = now
        filled = _WIDTH * done // max(total, 1)
        line = f"[{'#' * filled}{'.' * (_WIDTH - filled)}] {text}"
        # A line that wraps cannot be wiped.
        room = max(shutil.get_terminal_size().columns - 1, 1)
        line = line if len(line) <= room else line[: room - 1] + "…"
        self._stream.write("\r" + line.ljust(self._drawn))
        self._stream.flush()
        self._drawn = len(line)


def portions(total: int) -> Iterator[int]:
    """`total` steps in portions of about a tenth of a second, so that Ctrl-C and the bar get their turn."""
    portion = 1
    while total > 0:
        portion = min(portion, total)
        started = time.monotonic()
        yield portion
        took = max(time.monotonic() - started, 1e-6)
        total -= portion
        portion = max(1, min(portion * 4, int(portion * _PACE / took)))
