"""`python -m benchmarks`: microseconds a step, all sides on one core, taken in turn, best of several rounds."""

from __future__ import annotations

import json
import os
import platform
import sys
import time
from datetime import date

import click

from benchmarks.cases import SHAPES, VARIANTS, Case
from benchmarks.sides import SIDES, Steps

ROUNDS = 9
#: Seconds of one side in one round, and steps run before anything is timed.
ROUND_SECONDS, WARM_UP_STEPS = 0.25, 5


def best_of_rounds(sides: dict[str, Steps]) -> dict[str, float]:
    """Microseconds a step for each side: the quickest round. The sides take turns, so that a slow moment of the machine
    hits all of them."""
    counts = {}
    for name, steps in sides.items():
        steps(WARM_UP_STEPS)
        began = time.perf_counter()
        steps(WARM_UP_STEPS)
        each = (time.perf_counter() - began) / WARM_UP_STEPS
        counts[name] = max(3, int(ROUND_SECONDS / each))
    best = dict.fromkeys(sides, float("inf"))
    for _ in range(ROUNDS):
        for name, steps in sides.items():
            began = time.perf_counter()
            steps(counts[name])
            best[name] = min(best[name], (time.perf_counter() - began) / counts[name] * 1e6)
    return best


def measure(case: Case, names: tuple[str, ...]) -> list[dict[str, object]]:
    """One result a side; a side whose library is missing is reported as such."""
    sides: dict[str, Steps] = {}
    missing: dict[str, str] = {}
    for name in names:
        try:
            sides[name] = SIDES[name](case)
        except ImportError as error:
            missing[name] = str(error)
    best = best_of_rounds(sides)
    rows: list[dict[str, object]] = []
    for name in names:
        row: dict[str, object] = {"shape": case.shape, "variant": case.variant, "side": name}
        if name in missing:
            rows.append({**row, "us_per_step": None, "missing": missing[name]})
        else:
            rows.append({**row, "us_per_step": round(best[name], 2)})
    return rows


@click.command()
@click.option("--shape", "shapes", multiple=True, metavar="LxW,B", help=f"Default: {' '.join(SHAPES)}.")
@click.option("--variant", "variants", multiple=True, type=click.Choice(VARIANTS), help="Default: all.")
@click.option("--side", "sides", multiple=True, type=click.Choice(list(SIDES)), help="Default: all.")
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects instead of a table.")
def main(shapes: tuple[str, ...], variants: tuple[str, ...], sides: tuple[str, ...], as_json: bool) -> None:
    """Microseconds a training step, side by side, on one core."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {max(os.sched_getaffinity(0))})
    names = sides or tuple(SIDES)
    try:
        cases = [Case.parse(shape, variant) for shape in shapes or SHAPES for variant in variants or VARIANTS]
    except ValueError as error:
        raise click.UsageError(str(error)) from None
    rows: list[dict[str, object]] = []
    if not as_json:
        print(f"{date.today()}, {platform.machine()}, Python {platform.python_version()}, one core; us a step")
        print(f"{'shape':12}{'variant':10}" + "".join(f"{name:>12}" for name in names), "    gradtui is")
    for case in cases:
        found = measure(case, names)
        rows += found
        if not as_json:
            print(_line(case, names, found), flush=True)
    if as_json:
        json.dump(rows, sys.stdout, indent=1)
        print()


def _line(case: Case, names: tuple[str, ...], found: list[dict[str, object]]) -> str:
    times = {str(row["side"]): row["us_per_step"] for row in found}
    cells = []
    for name in names:
        value = times[name]
        cells.append(f"{value:12.1f}" if isinstance(value, float) else f"{'missing':>12}")
    own = times.get("gradtui")
    ratios = [
        f"{value / own:.1f} x {name}"
        for name, value in times.items()
        if name != "gradtui" and isinstance(value, float) and isinstance(own, float)
    ]
    return f"{case.shape:12}{case.variant:10}" + "".join(cells) + "     " + ", ".join(ratios)


if __name__ == "__main__":
    main()
