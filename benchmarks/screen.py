"""`python -m benchmarks.screen`: what the screen costs while a network trains at full speed below it.

The installed command runs on a pseudo-terminal that answers its queries at once. Where there are two cores the thread
that trains has one for itself, and the screen's threads share the other with this program. The busiest thread is the
one that trains; the CPU time of all others is the screen's.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import click

from benchmarks.session import STEP, Session, percentile

#: Seconds for kernels, caches and the link's window to settle before anything is measured.
SETTLING = 2.0

#: Figure -> the goal at 120 x 40 with 30 layers, and whether less is better.
GOALS = {
    "fps": (30.0, False),
    "kb_per_s": (80.0, True),
    "core_share": (0.15, True),
    "key_ms_median": (50.0, True),
    "key_ms_p99": (50.0, True),
    "paused_bytes_per_s": (0.0, True),
    "training_slowdown": (0.05, True),
}
#: KB/s at most where the terminal is larger than 120 x 40.
LARGE_KB_PER_S = 200.0
#: What a measured rate may lack of its goal: the clock's grain, not a dropped frame.
GRAIN = 0.02


@dataclass(frozen=True)
class Cores:
    """A core for training, and the cores for everything else."""

    training: set[int]
    screen: set[int]

    @classmethod
    def found(cls) -> Cores:
        """The last core that may be used, and the rest; where there is but one, it for both."""
        all_of_them = os.sched_getaffinity(0)
        last = {max(all_of_them)}
        return cls(last, all_of_them - last or last)


def thread_seconds(pid: int) -> dict[int, float]:
    """Thread -> its CPU time so far, in seconds."""
    seconds = {}
    for task in Path(f"/proc/{pid}/task").iterdir():
        try:
            fields = (task / "stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue  # it has ended meanwhile
        seconds[int(task.name)] = (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return seconds


def spent(pid: int, before: dict[int, float]) -> dict[int, float]:
    """Thread -> the CPU time it took since `before`."""
    return {thread: seconds - before.get(thread, 0.0) for thread, seconds in thread_seconds(pid).items()}


def give_cores(session: Session, cores: Cores) -> int:
    """Put the thread that trains on its core and all others on theirs; which one trains."""
    before = thread_seconds(session.pid)
    session.rest(1.0)
    since = spent(session.pid, before)
    trainer = max(since, key=lambda thread: since[thread])
    for thread in since:
        os.sched_setaffinity(thread, cores.training if thread == trainer else cores.screen)
    return trainer


def step_seen(session: Session) -> tuple[float, int]:
    """(time, step) of the next step that the header shows."""
    session.unread = b""
    step = int(session.until(STEP).replace(b",", b""))
    return time.perf_counter(), step


def drawing(session: Session, trainer: int, seconds: float) -> dict[str, float]:
    """Frames, bytes, CPU time and training speed over some seconds of training."""
    began, first = step_seen(session)
    before, received, frames = thread_seconds(session.pid), session.received, session.frames
    start = time.perf_counter()
    session.rest(seconds)
    passed = time.perf_counter() - start
    since = spent(session.pid, before)
    figures = {
        "fps": (session.frames - frames) / passed,
        "kb_per_s": (session.received - received) / passed / 1000,
        "core_share": sum(used for thread, used in since.items() if thread != trainer) / passed,
    }
    ended, last = step_seen(session)
    return figures | {"steps_per_s": (last - first) / (ended - began)}


def answers(session: Session, presses: int) -> list[float]:
    """Milliseconds from each press of space until the word that answers it has arrived."""
    gaps = random.Random(0)
    times = []
    for _ in range(presses):
        for answer in (b"paused", b"running"):
            session.rest(gaps.uniform(0.1, 0.3))
            session.press(" ")
            began = time.perf_counter()
            session.until(re.compile(answer))
            times.append((time.perf_counter() - began) * 1000)
    return times


def paused_bytes(session: Session, seconds: float) -> float:
    """Bytes a second while the run stands still."""
    session.press(" ")
    session.until(re.compile(rb"paused"))
    session.rest(1.0)
    received = session.received
    session.rest(seconds)
    return (session.received - received) / seconds


def bare_speed(arguments: tuple[str, ...], steps: int, cores: Cores) -> float:
    """Steps a second of the same training without a screen, on the core that training has."""
    command = [sys.executable, "-m", "gradtui", "run", *arguments, "--steps", str(steps), "--json"]
    pin = f"import os; os.sched_setaffinity(0, {cores.training}); os.execv({command[0]!r}, {command!r})"
    out = subprocess.run([sys.executable, "-c", pin], check=True, capture_output=True).stdout
    return float(json.loads(out)["steps_per_second"])


def measure(
    scenario: str, layers: int, columns: int, lines: int, seconds: float, presses: int, rounds: int
) -> dict[str, float]:
    """All figures; those of speed and cost are medians over the rounds."""
    cores = Cores.found()
    os.sched_setaffinity(0, cores.screen)
    changes = ("--set", f"network.depth={layers}")
    drawn: list[dict[str, float]] = []
    slowdowns: list[float] = []
    for round_ in range(rounds):
        session = Session("--scenario", scenario, *changes, columns=columns, lines=lines)
        session.until_training()
        trainer = give_cores(session, cores)
        session.rest(SETTLING)
        drawn.append(drawing(session, trainer, seconds))
        if round_ == rounds - 1:
            times = answers(session, presses)
            still = paused_bytes(session, 5.0)
        session.quit()
        speed = drawn[-1]["steps_per_s"]
        slowdowns.append(1.0 - speed / bare_speed((scenario, *changes), max(1, round(speed * seconds)), cores))
    figures = {name: percentile([one[name] for one in drawn], 0.5) for name in drawn[0]}
    return figures | {
        "key_ms_median": percentile(times, 0.5),
        "key_ms_p99": percentile(times, 0.99),
        "paused_bytes_per_s": still,
        "training_slowdown": percentile(slowdowns, 0.5),
    }


def goal(name: str, columns: int, lines: int) -> tuple[float, bool] | None:
    """The goal of a figure, and whether less is better."""
    if columns * lines > 120 * 40 and name in ("kb_per_s", "core_share"):
        return (LARGE_KB_PER_S, True) if name == "kb_per_s" else None
    return GOALS.get(name)


def met(value: float, wanted: float, less: bool) -> bool:
    """Whether a figure reaches its goal."""
    return value <= wanted if less else value >= wanted * (1 - GRAIN)


@click.command()
@click.option("--scenario", default="sigmoid-deep", show_default=True, help="What trains.")
@click.option("--layers", default=30, show_default=True, help="Its depth.")
@click.option("--size", default="120x40", show_default=True, help="Columns x lines.")
@click.option("--seconds", default=8.0, show_default=True, help="How long each round is watched.")
@click.option("--presses", default=100, show_default=True, help="Pairs of pause and go.")
@click.option("--rounds", default=3, show_default=True, help="Runs with and without the screen; medians are told.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def main(scenario: str, layers: int, size: str, seconds: float, presses: int, rounds: int, as_json: bool) -> None:
    """Measure the screen's frames, bytes, CPU time and answers, and what it takes from training."""
    columns, lines = (int(part) for part in size.split("x"))
    figures = measure(scenario, layers, columns, lines, seconds, presses, rounds)
    if as_json:
        goals = {name: found[0] for name in figures if (found := goal(name, columns, lines))}
        head = {"scenario": scenario, "layers": layers, "columns": columns, "lines": lines}
        print(json.dumps(head | {name: round(value, 4) for name, value in figures.items()} | {"goals": goals}))
        return
    print(f"{scenario}, {layers} layers, {columns} x {lines}")
    for name, value in figures.items():
        told = ""
        if found := goal(name, columns, lines):
            wanted, less = found
            told = f"   goal {'<=' if less else '>='} {wanted:g}" + ("" if met(value, wanted, less) else "   MISSED")
        print(f"{name:<20} {value:12.3f}{told}")


if __name__ == "__main__":
    main()
