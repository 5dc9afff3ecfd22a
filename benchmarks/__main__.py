"""`python -m benchmarks`: microseconds a step, all sides on one core, taken in turn, best of several rounds."""

from __future__ import annotations

import json
import platform
import sys
from datetime import date

import click

from benchmarks.cases import ALSO, SHAPES, USUAL, Case
from benchmarks.rounds import Result, measure
from benchmarks.sides import SIDES


@click.command()
@click.option("--shape", "shapes", multiple=True, metavar="LxW,B", help=f"Default: {' '.join(SHAPES)}.")
@click.option(
    "--variant",
    "variants",
    multiple=True,
    metavar="NAME",
    help=f"Default: {' '.join(USUAL)}; or cnn, rnn, lstm, gru, transformer.",
)
@click.option("--side", "sides", multiple=True, metavar="NAME", help=f"Default: {' '.join(SIDES)}.")
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects instead of a table.")
def main(shapes: tuple[str, ...], variants: tuple[str, ...], sides: tuple[str, ...], as_json: bool) -> None:
    """Microseconds a training step, side by side, on one core."""
    names = tuple(dict.fromkeys(sides)) or tuple(SIDES)
    try:
        for name in names:
            if name not in SIDES:
                raise ValueError(f"--side is {name!r}, but must be one of {', '.join(SIDES)}")
        chosen = [(shape, variant) for shape in shapes or SHAPES for variant in variants or USUAL]
        if not shapes and not variants:
            chosen += ALSO
        cases = [Case.parse(shape, variant) for shape, variant in chosen]
    except ValueError as error:
        click.echo(f"Error: {error}", err=True)
        sys.exit(2)
    rows: list[dict[str, object]] = []
    if not as_json:
        print(f"{date.today()}, {platform.machine()}, Python {platform.python_version()}, one core; us a step")
        print(f"{'shape':12}{'variant':12}" + "".join(f"{name:>15}" for name in names))
    for case in cases:
        found = measure(case, names)
        rows += [_row(case, name, result) for name, result in found.items()]
        if not as_json:
            print(_line(case, found), flush=True)
    if as_json:
        json.dump(rows, sys.stdout, indent=1)
        print()
        return
    reasons = dict.fromkeys(f"{row['side']}: {row['missing']}" for row in rows if "missing" in row)
    print("\n".join(reasons))


def _row(case: Case, name: str, result: Result) -> dict[str, object]:
    row: dict[str, object] = {"shape": case.shape, "variant": case.variant, "side": name}
    if isinstance(result, str):
        return {**row, "us_per_step": None, "missing": result}
    return {**row, "us_per_step": round(result, 2)}


def _line(case: Case, found: dict[str, Result]) -> str:
    """Each side's time, and in brackets how often gradtui's goes into it."""
    own = found.get("gradtui")
    cells = []
    for name, result in found.items():
        if isinstance(result, str):
            cells.append(f"{'missing':>15}")
        elif isinstance(own, float) and name != "gradtui":
            cells.append(f"{result:9,.0f}{result / own:5.1f}x")
        else:
            cells.append(f"{result:15,.0f}")
    return f"{case.shape:12}{case.variant:12}" + "".join(cells)


if __name__ == "__main__":
    main()
