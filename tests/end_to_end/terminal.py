"""A terminal in memory: runs a command on a pty, reads what it draws, presses its keys."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import signal
import struct
import sys
import termios
import time
from collections import deque
from collections.abc import Callable, Sequence
from types import TracebackType

import pyte

#: Seconds in which anything has to happen; the first start on a machine compiles the kernels.
PATIENCE = 180.0

_MODE = re.compile(rb"\x1b\[\?([\d;]+)([hl])")


class Terminal:
    """A child process on a pty of this size. `screen` is what a person would see.

    Without `controlling` the system does not tell the process when its terminal goes. Asked where its cursor is, it
    answers after `answers_after` seconds; None: never.
    """

    def __init__(
        self,
        command: Sequence[str],
        columns: int = 100,
        lines: int = 30,
        *,
        controlling: bool = True,
        answers_after: float | None = 0.0,
        **environment: str,
    ) -> None:
        self.screen = pyte.Screen(columns, lines)
        self._stream = pyte.ByteStream(self.screen)
        self._answers_after = answers_after
        #: (when, what) of the answers that are still to be given.
        self.unanswered: deque[tuple[float, str]] = deque()
        self.screen.write_process_input = self._answer  # type: ignore[method-assign]
        self.received = b""
        self.code: int | None = None
        master, slave = pty.openpty()
        self.before = termios.tcgetattr(slave)
        self._resize(master, columns, lines)
        self.pid = os.fork()
        if self.pid == 0:
            os.close(master)
            if controlling:
                os.login_tty(slave)
            else:
                os.setsid()
                for standard in range(3):
                    os.dup2(slave, standard)
            kept = {name: value for name, value in os.environ.items() if not name.startswith(("TEXTUAL_", "NO_COLOR"))}
            kept |= {"TERM": "xterm-256color", "COLORTERM": "truecolor", **environment}
            os.execvpe(command[0], list(command), kept)
        self._slave, self.master = slave, master

    def __enter__(self) -> Terminal:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self.code is None:
            os.kill(self.pid, signal.SIGKILL)
            os.waitpid(self.pid, 0)
        for file in (self.master, self._slave):
            try:
                os.close(file)
            except OSError:
                continue

    @staticmethod
    def _resize(file: int, columns: int, lines: int) -> None:
        fcntl.ioctl(file, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def resize(self, columns: int, lines: int) -> None:
        """Change the size of the window."""
        self._resize(self.master, columns, lines)
        self.screen.resize(lines, columns)
        os.kill(self.pid, signal.SIGWINCH)

    def vanish(self) -> None:
        """Take the terminal away, as when a window is closed or a line is cut."""
        os.close(self.master)
        os.close(self._slave)
        self.master = -1

    def read(self, seconds: float) -> bytes:
        """Take in what is drawn in this time."""
        if self.master < 0:
            time.sleep(seconds)
            return b""
        out, end, left = b"", time.monotonic() + seconds, seconds
        # One look more when time is up: whoever got no core all the while has not looked yet.
        while left > 0:
            left = end - time.monotonic()
            while self.unanswered and self.unanswered[0][0] <= time.monotonic():
                os.write(self.master, self.unanswered.popleft()[1].encode())
            due = self.unanswered[0][0] - time.monotonic() if self.unanswered else left
            if not select.select([self.master], [], [], max(0.0, min(left, due)))[0]:
                continue
            try:
                chunk = os.read(self.master, 65536)
            except OSError:
                break
            out += chunk
            try:
                self._stream.feed(chunk)
            except TypeError:
                # A sequence that a cut line has left unfinished: other terminals ignore it, this one cannot.
                self._stream = pyte.ByteStream(self.screen)
        self.received += out
        return out

    def _answer(self, text: str) -> None:
        if self._answers_after is not None:
            self.unanswered.append((time.monotonic() + self._answers_after, text))

    def left_for_the_shell(self) -> int:
        """Bytes of input that nobody has read yet, or that are still to come."""
        waiting = bytearray(4)
        fcntl.ioctl(self._slave, termios.FIONREAD, waiting)
        return int.from_bytes(waiting, sys.byteorder) + sum(len(text) for _, text in self.unanswered)

    def press(self, keys: str) -> None:
        """Send keys as a terminal does."""
        os.write(self.master, keys.encode())

    def text(self) -> str:
        """All that is on the screen."""
        return "\n".join(self.screen.display)

    def wait_for(self, wanted: str | Callable[[str], object], seconds: float = PATIENCE) -> str:
        """Read until a text, or what a function looks for, is on the screen."""
        seen = (lambda text: wanted in text) if isinstance(wanted, str) else wanted
        end = time.monotonic() + seconds
        while not seen(self.text()):
            if time.monotonic() > end or self._ended():
                raise AssertionError(f"waited in vain for {wanted!r}; the screen is\n{self.text()}")
            self.read(0.02)
        return self.text()

    def wait_still(self) -> str:
        """Read until for a whole second nothing is drawn; the screen then."""
        end = time.monotonic() + PATIENCE
        while self.read(1.0):
            if time.monotonic() > end:
                raise AssertionError(f"it never stands still; the screen is\n{self.text()}")
        return self.text()

    def wait_stopped(self) -> None:
        """Read until the process has stopped itself: what is to wake it before that is lost."""
        end = time.monotonic() + PATIENCE
        while True:
            pid, status = os.waitpid(self.pid, os.WNOHANG | os.WUNTRACED)
            if pid and os.WIFSTOPPED(status):
                while self.read(0.05):
                    continue
                return
            if pid:
                self.code = os.waitstatus_to_exitcode(status)
            if pid or time.monotonic() > end:
                raise AssertionError(f"it does not stop; the screen is\n{self.text()}")
            self.read(0.02)

    def wait_end(self, seconds: float = PATIENCE) -> int:
        """Read until the process has ended; its exit code, as a shell gives it."""
        end = time.monotonic() + seconds
        while not self._ended():
            if time.monotonic() > end:
                raise AssertionError(f"it does not end; the screen is\n{self.text()}")
            self.read(0.02)
        self.read(0.05)
        assert self.code is not None
        return self.code

    def _ended(self) -> bool:
        if self.code is None:
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            if pid:
                self.code = os.waitstatus_to_exitcode(status)
        return self.code is not None

    def questions(self) -> int:
        """How often it has asked where the cursor is: once a frame, of a terminal that answers."""
        return self.received.count(b"\x1b[6n")

    def modes(self) -> dict[int, bool]:
        """The terminal's private modes as the process has left them."""
        state: dict[int, bool] = {}
        for numbers, switch in _MODE.findall(self.received):
            state |= {int(number): switch == b"h" for number in numbers.split(b";")}
        return state

    def assert_restored(self) -> None:
        """Line discipline, alternate screen, cursor, mouse, focus reports and bracketed paste are as before."""
        assert termios.tcgetattr(self._slave) == self.before
        modes = self.modes()
        assert modes.pop(25) is True
        assert modes.pop(7, True) is True
        assert modes[1049] is False
        assert {mode for mode, on in modes.items() if on} == set()


def gradtui(*arguments: str) -> list[str]:
    """The installed command."""
    return [sys.executable, "-m", "gradtui", *arguments]
