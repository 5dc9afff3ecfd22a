"""`python -m benchmarks.start`: how soon the screen is there, how soon the bars move, how soon a key is answered.

The installed command runs on a pty of 120 x 40, with its kernels compiled beforehand. A key's answer is the time from
the press of space, at full speed, until the word "paused" or "running" arrives at the terminal.
"""

from __future__ import annotations

import json
import random
import re
import time

import click

from benchmarks.session import Session, percentile


def start_times(*arguments: str) -> tuple[float, float]:
    """Seconds until the first words are on screen, and until the step on screen has moved."""
    session = Session(*arguments)
    session.until(re.compile(rb"gradtui  "))
    painted = session.age()
    session.until_training()
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
    session.until_training()
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
