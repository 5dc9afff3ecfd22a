"""`python -m benchmarks.soak --minutes 60`: whether memory stays flat however long the lab is open.

A small network trains as fast as it can, which makes the most snapshots, curves and history; every few seconds another
view is opened.
"""

from __future__ import annotations

import json
from itertools import cycle
from pathlib import Path
from typing import NamedTuple

import click

from benchmarks.session import Session

#: A network whose steps cost next to nothing.
SMALL = ("--set", "network.depth=3", "--set", "network.width=8", "--set", "task.batch=8")
#: Keys that open the views, and seconds that each is looked at.
VIEWS, LOOK = "1234567", 3.0
#: The share of the time in which caches and histories may fill.
WARM_UP = 0.3
#: MB that the lab may take, and that it may take more at the end than after the warm-up.
MOST, GROWTH = 250.0, 4.0


class Sample(NamedTuple):
    """Memory in use after so many seconds."""

    seconds: float
    megabytes: float


def resident(pid: int) -> float:
    """MB of memory that a process has in use. Linux only."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1000
    raise click.ClickException("the system does not say how much memory a process uses")


def soak(minutes: float, scenario: str = "sigmoid-deep") -> list[Sample]:
    """Samples of the memory in use, one for each view that was opened."""
    session = Session("--scenario", scenario, *SMALL)
    session.until_training()
    began = session.age()
    samples = []
    for view in cycle(VIEWS):
        session.press(view)
        session.rest(LOOK)
        samples.append(Sample(session.age() - began, resident(session.pid)))
        if samples[-1].seconds >= minutes * 60:
            break
    session.quit()
    return samples


def growth(samples: list[Sample]) -> float:
    """MB by which the last third of what came after the warm-up lies above its first third; the highest of each."""
    settled = [sample.megabytes for sample in samples[int(len(samples) * WARM_UP) :]]
    third = max(1, len(settled) // 3)
    return max(settled[-third:]) - max(settled[:third])


@click.command()
@click.option("--minutes", default=10.0, show_default=True, help="How long the lab is open; an hour is 60.")
@click.option("--scenario", default="sigmoid-deep", show_default=True, help="What trains, made small.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object on stdout.")
def main(minutes: float, scenario: str, as_json: bool) -> None:
    """Watch the memory of the lab while it trains."""
    samples = soak(minutes, scenario)
    figures = {"minutes": minutes, "most_mb": max(sample.megabytes for sample in samples), "growth_mb": growth(samples)}
    if as_json:
        print(json.dumps({name: round(value, 2) for name, value in figures.items()}))
        return
    for sample in samples[:: max(1, len(samples) // 20)]:
        print(f"{sample.seconds:8.0f} s {sample.megabytes:8.1f} MB")
    print(f"{'most':>10} {figures['most_mb']:8.1f} MB   goal <= {MOST:g}")
    print(f"{'growth':>10} {figures['growth_mb']:8.1f} MB   goal <= {GROWTH:g}")


if __name__ == "__main__":
    main()
