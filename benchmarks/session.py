"""The installed command on a pseudo-terminal, read and answered as a terminal would."""

from __future__ import annotations

import fcntl
import math
import os
import pty
import re
import select
import struct
import sys
import termios
import time

import click

#: Seconds to wait for anything: the first start on a machine compiles the kernels.
PATIENCE = 300.0

STEP = re.compile(rb"step ([\d,]+)")

#: What a frame begins with on a terminal that can hold it back until it is whole.
FRAME = b"\x1b[?2026h"

_HOLDS_FRAMES = b"\x1b[?2026$p"
_QUERY = re.compile(rb"\x1b\[(\d+);(\d+)H\x1b\[6n|\x1b\[\?2026\$p")


class Session:
    """The command on a pty of this size, and the time since it was started.

    It answers where the cursor is, at once, unless it is `silent`.
    """

    def __init__(self, *arguments: str, columns: int = 120, lines: int = 40, silent: bool = False) -> None:
        self._began = time.perf_counter()
        self._silent = silent
        size = struct.pack("HHHH", lines, columns, 0, 0)
        self.pid, self._file = pty.fork()
        if self.pid == 0:
            for name in [name for name in os.environ if name.startswith("TEXTUAL_") or name == "NO_COLOR"]:
                del os.environ[name]
            os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
            fcntl.ioctl(0, termios.TIOCSWINSZ, size)
            os.execv(sys.executable, [sys.executable, "-m", "gradtui", *arguments])
        fcntl.ioctl(self._file, termios.TIOCSWINSZ, size)
        self.unread = b""
        self._unanswered = b""
        #: Bytes and frames that have arrived.
        self.received = self.frames = 0

    def age(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self._began

    def read(self, seconds: float) -> bytes:
        """What has arrived within this time, as soon as there is anything; queries in it are answered."""
        if not select.select([self._file], [], [], max(0.0, seconds))[0]:
            return b""
        try:
            chunk = os.read(self._file, 65536)
        except OSError:
            raise click.ClickException("gradtui ended before it was asked to") from None
        self.received += len(chunk)
        self._answer(chunk)
        return chunk

    def _answer(self, chunk: bytes) -> None:
        self._unanswered += chunk
        self.frames += self._unanswered.count(FRAME)
        end = 0
        for found in _QUERY.finditer(self._unanswered):
            end = found.end()
            if found[0] == _HOLDS_FRAMES:
                os.write(self._file, b"\x1b[?2026;2$y")
            elif not self._silent:
                os.write(self._file, b"\x1b[%s;%sR" % (found[1], found[2]))
        # A query may arrive in two pieces; a frame's beginning must not be counted twice.
        if FRAME in self._unanswered:
            end = max(end, self._unanswered.rfind(FRAME) + len(FRAME))
        self._unanswered = self._unanswered[max(end, len(self._unanswered) - 24) :]

    def until(self, wanted: re.Pattern[bytes]) -> bytes:
        """Read up to what is wanted; the first group of it, or all of it."""
        end = time.perf_counter() + PATIENCE
        while not (found := wanted.search(self.unread)):
            if time.perf_counter() > end:
                raise click.ClickException(f"waited in vain for {wanted.pattern!r}")
            self.unread += self.read(1.0)
        self.unread = self.unread[found.end() :]
        return found[1] if wanted.groups else found[0]

    def until_training(self) -> None:
        """Wait until the step on screen has moved."""
        while self.until(STEP) == b"0":
            continue

    def press(self, keys: str) -> None:
        """Send keys; what was drawn before them no longer counts."""
        while self.read(0.0):
            continue
        self.unread = b""
        os.write(self._file, keys.encode())

    def rest(self, seconds: float) -> bytes:
        """Go on reading for a while."""
        out, end = b"", time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            out += self.read(left)
        return out

    def quit(self) -> None:
        """Press q and wait for the end."""
        os.write(self._file, b"q")
        try:
            while self.read(PATIENCE):
                continue
        except click.ClickException:
            os.waitpid(self.pid, 0)
            os.close(self._file)


def percentile(values: list[float], share: float) -> float:
    """The smallest value that at least this share of the values does not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]
