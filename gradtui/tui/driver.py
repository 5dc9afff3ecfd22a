"""The driver for terminals that may vanish, change or lie at the end of a slow line: a closed window or a cut line ends
the program instead of hanging it, the size is the terminal's own, and frames do not queue up on their way.

Textual writes from a thread that dies with the first failed write, and whoever writes next waits for it for ever. And
it believes exported COLUMNS and LINES before the terminal, which then could not be resized.
"""

from __future__ import annotations

import os
import select
import signal
import threading
import time
from codecs import getincrementaldecoder
from typing import IO, Any, cast

from textual._xterm_parser import XTermParser
from textual.drivers.linux_driver import LinuxDriver
from textual.events import CursorPosition
from textual.message import Message

from gradtui.tui import pacing
from gradtui.tui.answers import ROW, Answers
from gradtui.tui.pacing import Pacing

#: Seconds between two looks whether the terminal is still there, while its last answer is awaited.
PATIENCE = 0.02
#: Seconds that the last answer is awaited, at most; of a terminal that has not answered yet.
FAREWELL, SHORT_FAREWELL = 2.0, 0.5

#: Seconds between two looks whether to go on reading; for the rest of what may be an answer.
LOOK, REST = 0.1, 0.02

#: No more reports of mouse and focus.
_QUIET = "\x1b[?1000l\x1b[?1003l\x1b[?1015l\x1b[?1006l\x1b[?1004l"


class Outlet:
    """The terminal as a file. Once it is gone, what is written is dropped, and this process is hung up."""

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self.gone = False

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
        if self.gone:
            return
        try:
            action()
        except OSError:
            self.hang_up()

    def hang_up(self) -> None:
        """The terminal is gone: end this process as a cut line does."""
        if not self.gone:
            self.gone = True
            os.kill(os.getpid(), signal.SIGHUP)


def question(column: int) -> str:
    """Put the cursor, which is hidden, into this column and ask where it is."""
    return f"\x1b[{ROW};{column}H\x1b[6n"


class TerminalDriver(LinuxDriver):
    """Textual's driver, writing through an `Outlet` and asking after each frame whether it has arrived."""

    def __init__(self, *arguments: Any, **settings: Any) -> None:
        super().__init__(*arguments, **settings)
        self._outlet = Outlet(cast("IO[str]", self._file))
        self._file = cast("Any", self._outlet)
        self.pacing = Pacing()
        self._asking = False
        self._last_answer = threading.Event()
        # Textual's own handlers run between any two instructions: also inside the queue that they write to, which then
        # waits for itself.
        for number, handler in (
            (signal.SIGTSTP, self._sigtstp_application),
            (signal.SIGCONT, self._sigcont_application),
        ):
            self._loop.add_signal_handler(number, handler)

    def _get_terminal_size(self) -> tuple[int, int]:
        try:
            columns, lines = os.get_terminal_size(self._outlet.fileno())
        except OSError:
            columns = lines = 0
        # Some serial lines do not know their size: then what is exported is all there is.
        return (columns, lines) if columns and lines else super()._get_terminal_size()

    # ------------------------------------------------------------------ questions and answers

    def start_application_mode(self) -> None:
        super().start_application_mode()  # type: ignore[no-untyped-call]
        self._last_answer.clear()
        self.pacing.begin()
        self._asking = self.input_tty

    def flush(self) -> None:
        """The end of a frame."""
        super().flush()
        if self._asking and (column := self.pacing.sent()) is not None:
            x, y = self._app.cursor_position
            # Where text is being typed, input methods look for the cursor.
            back = f"\x1b[{y + 1};{x + 1}H" if (x, y) != (0, 0) else ""
            self.write(question(column) + back)

    def run_input_thread(self) -> None:
        """Read the terminal until it is enough: answers are taken out, all else goes to Textual's parser."""
        parser, answers, decoder = XTermParser(self._debug), Answers(), getincrementaldecoder("utf-8")("replace")
        while not self.exit_event.is_set():
            text = ""
            if select.select([self.fileno], [], [], REST if answers.held else LOOK)[0]:
                try:
                    received = os.read(self.fileno, 4096)
                except OSError:
                    received = b""
                if not received:
                    self._outlet.hang_up()
                    return
                text, columns = answers.sift(decoder.decode(received))
                for column in columns:
                    self._take(column)
            elif answers.held:
                text = answers.release()
            for event in (*(parser.feed(text) if text else ()), *parser.tick()):
                self.process_message(event)

    def process_message(self, message: Message) -> None:
        """Hand on what the terminal has sent. Called by the thread that reads it."""
        if isinstance(message, CursorPosition) and message.y == ROW - 1:
            self._take(message.x + 1)  # in pieces that were too far apart
        else:
            super().process_message(message)

    def _take(self, column: int) -> None:
        if column == pacing.LAST:
            self._last_answer.set()
        else:
            self._loop.call_soon_threadsafe(self.pacing.answered, column, time.monotonic())

    # ------------------------------------------------------------------ the end

    def disable_input(self) -> None:
        """Stop reading once everything that the terminal had to say has been read: else the shell would get it."""
        if self._asking:
            self._asking = False
            if not self.pacing.silent:
                self._await_last_answer()
        super().disable_input()

    def _await_last_answer(self) -> None:
        self.write(_QUIET + question(pacing.LAST))
        # Counted in looks, not in time: a machine that stands still for a while does not read the answer meanwhile.
        looks = round((FAREWELL if self.pacing.answering else SHORT_FAREWELL) / PATIENCE)
        while looks and not self._last_answer.wait(PATIENCE) and not self._outlet.gone:
            looks -= 1
