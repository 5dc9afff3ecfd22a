"""The driver for terminals that may vanish or change: a closed window or a cut line ends the program instead of hanging
it, and the size is the terminal's own.

Textual writes from a thread that dies with the first failed write, and whoever writes next waits for it for ever. And
it believes exported COLUMNS and LINES before the terminal, which then could not be resized.
"""

from __future__ import annotations

import os
import signal
from typing import IO, Any, cast

from textual.drivers.linux_driver import LinuxDriver


class Outlet:
    """The terminal as a file. Once it is gone, what is written is dropped, and this process is hung up."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self._gone = False

    def write(self, text: str) -> None:
        """Write, if there is still somebody to read."""
        self._attempt(lambda: self._file.write(text))

    def flush(self) -> None:
        """Flush, if there is still somebody to read."""
        self._attempt(self._file.flush)

    def fileno(self) -> int:
        """The number of the terminal's file."""
        return self._file.fileno()

    def _attempt(self, action: Any) -> None:
        if self._gone:
            return
        try:
            action()
        except OSError:
            self._gone = True
            os.kill(os.getpid(), signal.SIGHUP)


class TerminalDriver(LinuxDriver):
    """Textual's driver, writing through an `Outlet`."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._outlet = Outlet(cast("IO[str]", self._file))
        self._file = cast("Any", self._outlet)

    def _get_terminal_size(self) -> tuple[int, int]:
        try:
            columns, lines = os.get_terminal_size(self._outlet.fileno())
        except OSError:
            columns = lines = 0
        # Some serial lines do not know their size: then what is exported is all there is.
        return (columns, lines) if columns and lines else super()._get_terminal_size()
