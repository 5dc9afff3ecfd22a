"""A shell in a window of tmux: types what a person types, reads what a person reads."""

from __future__ import annotations

import os
import shlex
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from programs import find

#: Seconds in which anything has to happen, and those in which a first start compiles its kernels.
PATIENCE, FIRST_START = 120.0, 180.0

#: What the shell says when it waits for a command.
PROMPT = "ready>"

#: What a terminal is left with: main screen, cursor seen, no mouse reports, usual cursor keys.
_QUIET = "alternate 0 cursor 1 mouse 0 application 0"
_STATE = "alternate #{alternate_on} cursor #{cursor_flag} mouse #{mouse_any_flag} application #{keypad_cursor_flag}"


class Tmux:
    """A shell that knows `gradtui`, in a window of this size, in a folder of its own."""

    def __init__(self, folder: Path, columns: int, lines: int) -> None:
        self._tmux = [find("tmux", "tmux"), "-S", str(folder / "socket"), "-f", os.devnull, "-u"]
        self._folder, self._size = folder, (columns, lines)

    def __enter__(self) -> Tmux:
        commands, settings = self._folder / "bin", self._folder / "shell"
        commands.mkdir()
        command = commands / "gradtui"
        command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -m gradtui "$@"\n')
        command.chmod(0o755)
        settings.write_text(f"PS1='{PROMPT} '\n")
        away = ("TEXTUAL_", "NO_COLOR", "TMUX", "TERM")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(away)}
        kept |= {
            "PATH": f"{commands}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(Path(__file__).parents[2]),
            "COLORTERM": "truecolor",
            "LC_ALL": "C.UTF-8",
            # What an interactive shell reads first; some do not take a prompt from elsewhere.
            "ENV": str(settings),
        }
        columns, lines = map(str, self._size)
        start = ["new-session", "-d", "-x", columns, "-y", lines, "-c", str(self._folder), "/bin/sh"]
        subprocess.run([*self._tmux, *start], check=True, env=kept)
        self.run("set-option", "-g", "window-size", "manual")
        try:
            self.wait_for(PROMPT)
            self.before = self.line_discipline()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        subprocess.run([*self._tmux, "kill-server"], capture_output=True)

    def run(self, *command: str) -> str:
        """Tell tmux something; its answer."""
        return subprocess.run([*self._tmux, *command], check=True, capture_output=True, text=True).stdout

    # Keys and windows

    def type(self, text: str) -> None:
        """Type letters."""
        self.run("send-keys", "-l", text)

    def press(self, *keys: str) -> None:
        """Press keys by tmux's names of them."""
        self.run("send-keys", *keys)

    def enter(self, line: str) -> None:
        """Type a line and end it."""
        self.type(line)
        self.press("Enter")

    def resize(self, columns: int, lines: int) -> None:
        """Change the size of the window."""
        self.run("resize-window", "-x", str(columns), "-y", str(lines))

    # What is seen

    def text(self) -> str:
        """All that is on the screen, each line without the blanks at its end."""
        return self.run("capture-pane", "-p")

    def joined(self) -> str:
        """The same, with lines that went on in the next one made whole."""
        return self.run("capture-pane", "-p", "-J")

    def cells(self) -> list[str]:
        """The screen, line by line, with the blanks at the ends that were drawn."""
        return self.run("capture-pane", "-p", "-N").splitlines()

    def wait_for(self, wanted: str | Callable[[str], object], seconds: float = PATIENCE) -> str:
        """Look until a text, or what a function looks for, is on the screen."""
        seen = (lambda text: wanted in text) if isinstance(wanted, str) else wanted
        end = time.monotonic() + seconds
        while not seen(text := self.text()):
            if time.monotonic() > end:
                raise AssertionError(f"waited in vain for {wanted!r}; the screen is\n{text}")
            time.sleep(0.03)
        return text

    def line_discipline(self) -> str:
        """How the terminal treats what is typed, as `stty` names it."""
        tty = self.run("display-message", "-p", "#{pane_tty}").strip()
        return subprocess.run(["stty", "-a", "-F", tty], check=True, capture_output=True, text=True).stdout

    def assert_restored(self) -> None:
        """The shell is back, and the terminal is as it was before."""
        self.wait_for(lambda text: text.rstrip().endswith(PROMPT))
        assert self.run("display-message", "-p", _STATE).strip() == _QUIET
        assert self.line_discipline() == self.before
