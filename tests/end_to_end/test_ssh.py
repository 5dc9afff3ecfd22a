"""The lab on another machine: through a real OpenSSH server, on a fast line, on a slow one, and on one that is cut."""

from __future__ import annotations

import re
import shlex
import statistics
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from slow_line import SlowLine
from ssh_server import Missing, SshServer
from terminal import PATIENCE, Terminal, gradtui

LAB = gradtui("--scenario", "sigmoid-deep")

#: Bytes a second, and seconds each way: a round trip of 150 ms.
RATE, DELAY = 100_000, 0.075


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SshServer]:
    try:
        made = SshServer(tmp_path_factory.mktemp("ssh"))
    except Missing as missing:
        pytest.skip(str(missing))
    yield made
    made.close()


@pytest.fixture
def slow(server: SshServer) -> Iterator[SlowLine]:
    line = SlowLine(server.port, RATE, DELAY)
    yield line
    line.close()


def there(*arguments: str) -> str:
    """The lab as a command for the shell at the other end."""
    return shlex.join([*LAB, *arguments])


def step(text: str) -> int:
    """The step that the header shows."""
    found = re.search(r"step ([\d,]+)", text)
    return int(found[1].replace(",", "")) if found else -1


def bars(text: str) -> list[str]:
    """The rows of the layers."""
    return [line for line in text.splitlines() if re.search(r"\d\.\d\de-\d\d", line)]


def running(marker: str) -> list[int]:
    """The processes that have this among their arguments, those of ssh and of shells left out."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            arguments = (place / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if marker.encode() in arguments and b"gradtui" in arguments:
            found.append(int(place.name))
    return found


def test_it_is_there_trains_obeys_and_leaves_the_terminal_as_it_was(server: SshServer) -> None:
    with Terminal(server.command(there()), 120, 36) as terminal:
        terminal.wait_for("grad_rms")
        before = bars(terminal.wait_for(lambda text: step(text) > 0 and len(bars(text)) > 25))
        terminal.wait_for(lambda text: bars(text) != before)
        terminal.press("k\x1b[B\x1b[B\x1b[C")
        terminal.wait_for("sigmoid → tanh")
        terminal.press("q")
        assert terminal.wait_end() == 0
        assert terminal.left_for_the_shell() == 0
        terminal.assert_restored()


def answer_time(terminal: Terminal) -> float:
    """Seconds from the press of space to the word that answers it; the median."""
    times = []
    for word in ["paused", "running"] * 3:
        terminal.read(0.3)
        pressed = time.monotonic()
        terminal.press(" ")
        terminal.wait_for(word)
        times.append(time.monotonic() - pressed)
    return statistics.median(times)


def age(terminal: Terminal, delay: float) -> float:
    """How many seconds behind the truth the step on screen is: all but one look in twenty see a younger one.

    At 100 steps a second, the step at which it stops tells when each of the others was made.
    """
    terminal.press("--")
    terminal.wait_for("(at most 100)")
    terminal.read(1.0)
    seen = []
    for _ in range(40):
        terminal.read(0.03)
        seen.append((time.monotonic(), step(terminal.text())))
    stopped = time.monotonic() + delay
    terminal.press(" ")
    terminal.wait_for("paused")
    last = step(terminal.wait_still())
    if len({made for _, made in seen}) <= 3:
        return float("inf")  # this machine stood still meanwhile
    ages = sorted(at - (stopped - (last - made) / 100) for at, made in seen)
    return ages[len(ages) * 19 // 20]


def measured(command: list[str], delay: float) -> tuple[float, float]:
    """Answer time and age on this way to the server."""
    with Terminal(command, 120, 36) as terminal:
        terminal.wait_for(lambda text: step(text) > 0)
        terminal.read(1.0)
        found = answer_time(terminal), age(terminal, delay)
        terminal.press("q")
        assert terminal.wait_end() == 0
        assert terminal.left_for_the_shell() == 0
        terminal.assert_restored()
    return found


def test_on_a_slow_line_keys_are_answered_and_frames_are_fresh(server: SshServer, slow: SlowLine) -> None:
    """A key within 300 ms, 150 of which are on the way; no frame more than 500 ms behind.

    A machine too busy for that even without the line is granted what it takes there, and the way. It may also stand
    still at any moment: frames that queue up are late each time that one looks.
    """
    near_answer, near_age = measured(server.command(there()), 0.0)
    near_age = 0.0 if near_age == float("inf") else near_age
    looks = []
    for _ in range(6):
        answer, behind = measured(server.command(there(), port=slow.port), DELAY)
        looks.append((answer, behind))
        if answer < max(0.3, near_answer + 2 * DELAY + 0.15) and behind < max(0.5, 2 * near_age + DELAY + 0.3):
            break
    else:
        raise AssertionError(f"answers and ages, each time too late: {looks}")


def test_a_cut_line_leaves_no_process_behind(server: SshServer, slow: SlowLine) -> None:
    seed = str(900_000 + time.monotonic_ns() % 100_000)
    with Terminal(server.command(there("--seed", seed), port=slow.port), 80, 24) as terminal:
        terminal.wait_for(lambda text: step(text) > 0)
        assert len(running(seed)) == 1
        slow.cut()
        end = time.monotonic() + PATIENCE
        while running(seed) and time.monotonic() < end:
            time.sleep(0.05)
        assert running(seed) == []
        assert terminal.wait_end() == 255
