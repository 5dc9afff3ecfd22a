"""`python -m benchmarks.start`: how soon the screen is there, how soon the bars move, how soon a key is answered.

The installed command runs on a pty of 120 x 40, with its kernels compiled beforehand. A key's answer is the time from
the press of space, at full speed, until the word "paused" or "running" arrives at the terminal.
"""

from __future__ import annotations

import fcntl
import json
import math
import os
import pty
import random
import re
import select
import struct
import sys
import termios
import time

import click

COLUMNS, LINES = 120, 40

#: Seconds to wait for anything: the first start on a machine compiles the kernels.
PATIENCE = 300.0

_STEP = re.compile(rb"step ([\d,]+)")


class Session:
    """The command on a pty, and the time since it was started."""

    def __init__(self, *arguments: str) -> None:
        self._began = time.perf_counter()
        self._pid, self._file = pty.fork()
        if self._pid == 0:
            os.environ.update(TERM="xterm-256color", COLORTERM="truecolor")
            fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
            os.execv(sys.executable, [sys.executable, "-m", "gradtui", *arguments])
        fcntl.ioctl(self._file, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        self._unread = b""

    def age(self) -> float:
        """Seconds since the start."""
        return time.perf_counter() - self._began

    def until(self, wanted: re.Pattern[bytes]) -> bytes:
        """Read up to what is wanted; the first group of it, or all of it."""
        end = time.perf_counter() + PATIENCE
        while not (found := wanted.search(self._unread)):
            if time.perf_counter() > end:
                raise click.ClickException(f"waited in vain for {wanted.pattern!r}")
            select.select([self._file], [], [], 1.0)
            try:
                self._unread += os.read(self._file, 65536)
            except OSError:
                raise click.ClickException("gradtui ended before it was asked to") from None
        self._unread = self._unread[found.end() :]
        return found[1] if wanted.groups else found[0]

    def press(self, keys: str) -> None:
        """Send keys; what was drawn before them no longer counts."""
        while select.select([self._file], [], [], 0)[0]:
            os.read(self._file, 65536)
        self._unread = b""
        os.write(self._file, keys.encode())

    def rest(self, seconds: float) -> None:
        """Go on reading for a while."""
        end = time.perf_counter() + seconds
        while (left := end - time.perf_counter()) > 0:
            if select.select([self._file], [], [], left)[0]:
                os.read(self._file, 65536)

    def quit(self) -> None:
        """Press q and wait for the end."""
        os.write(self._file, b"q")
        while True:
            try:
                if not os.read(self._file, 65536):
                    break
            except OSError:
                break
        os.waitpid(self._pid, 0)
        os.close(self._file)


def start_times(*arguments: str) -> tuple[float, float]:
    """Seconds until the first words are on screen, and until the step on screen has moved."""
    session = Session(*arguments)
    session.until(re.compile(rb"gradtui  "))
    painted = session.age()
    while session.until(_STEP) == b"0":
        continue
    moving = session.age()
    session.quit()
    return painted, moving


def gallery_time() -> float:
    """Seconds until the gallery's list is on screen."""
    session = Session()
    session.until(re.compile("▸".encode()))
    painted = session.age()
    session.quit()
    return painted


def answer_times(presses: int, *arguments: str) -> list[float]:
    """Seconds from each press of space to its answer, with the network training at full speed."""
    session = Session(*arguments)
    while session.until(_STEP) == b"0":
        continue
    answers = []
    gaps = random.Random(0)
    for _ in range(presses):
        session.rest(gaps.uniform(0.1, 0.3))
        for answer in (b"paused", b"running"):
            session.press(" ")
            began = time.perf_counter()
            session.until(re.compile(answer))
            answers.append(time.perf_counter() - began)
            session.rest(0.05)
    session.quit()
    return answers


def percentile(values: list[float], share: float) -> float:
    """The smallest value that at least this share of the values does not exceed."""
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]


@click.command()
@click.option("--scenario", default="sigmoid-deep", show_default=True, help="What trains.")
@click.option("--rounds", default=5, show_default=True, help="Starts of each kind; the median is told.")
@click.option("--presses", default=100, show_default=True, help="Pairs of pause and go.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def main(scenario: str, rounds: int, presses: int, as_json: bool) -> None:
    """Measure the start and the answers of the installed command."""
    arguments = ("--scenario", scenario)
    start_times(*arguments)
    starts = [start_times(*arguments) for _ in range(rounds)]
    galleries = [gallery_time() for _ in range(rounds)]
    answers = answer_times(presses, *arguments)
    figures = {
        "first_paint_seconds": percentile([painted for painted, _ in starts], 0.5),
        "bars_moving_seconds": percentile([moving for _, moving in starts], 0.5),
        "gallery_seconds": percentile(galleries, 0.5),
        "answer_median_ms": percentile(answers, 0.5) * 1000,
        "answer_p99_ms": percentile(answers, 0.99) * 1000,
    }
    if as_json:
        print(json.dumps({"scenario": scenario, **{name: round(value, 4) for name, value in figures.items()}}))
        return
    for name, value in figures.items():
        print(f"{name:<22} {value:8.3f}")


if __name__ == "__main__":
    main()
