"""`gradtui cure`: race everything that may cure a scenario, and show what did."""

from __future__ import annotations

import math
import sys
import time

import click

from gradtui.subcommands.options import (
    Problem,
    assignments_option,
    scenario_of,
    seed_option,
    steps_option,
)

#: Seconds between two drawings of the live table.
_PACE = 0.2
#: So many times its budget a race may take on a busy machine, when nobody has said how long it may take.
_PATIENCE = 1.15


@click.command()
@click.argument("source", metavar="NAME|FILE")
@click.option(
    "--budget",
    type=click.FloatRange(min=0.1, max=86_400.0),
    metavar="SECONDS",
    help="How long the race may take, compiling apart (7.5).",
)
@steps_option
@assignments_option
@seed_option
@click.option("--json", "wants_json", is_flag=True, help="Print one JSON object and nothing else.")
def cure(
    source: str,
    budget: float | None,
    steps: int | None,
    assignments: tuple[str, ...],
    seed: int | None,
    wants_json: bool,
) -> None:
    """Race the cures of a scenario; show which one works.

    Every change that may help against what is wrong runs beside the unchanged scenario, from the same draws and on the
    same batches, and they are ranked by what they have learned.
    """
    began = time.monotonic()
    if budget is not None and math.isnan(budget):
        raise Problem("--budget nan is no number of seconds")
    if steps == 0:
        raise Problem("a race of 0 steps has nothing to rank; give --steps 1 or more")
    scenario = scenario_of(source, assignments, seed)
    from gradtui.diagnosis.race import BUDGET, Race
    from gradtui.diagnosis.standing import Stage
    from gradtui.subcommands.cure_table import Live, advice, as_json, conditions, heading, left_out, lines

    patience = _PATIENCE if budget is None and steps is None else 1.0
    if patience > 1.0:
        # A machine that is slow to get here has less time to race, not more to wait.
        budget = max(1.0, BUDGET - (time.monotonic() - began))
    race = Race(scenario, budget=budget, steps=steps, patience=patience)
    live = Live(sys.stderr)
    race.start()
    try:
        while not race.wait(_PACE):
            live.show(race.standing())
    finally:
        live.close()
        race.stop()
        race.join()
    standing = race.standing()
    if standing.stage is Stage.FAILED:
        raise Problem(standing.problem)
    if wants_json:
        click.echo(as_json(standing))
        return
    for line in heading(standing):
        click.echo(line)
    if not standing.rows:
        click.echo("nothing to cure: `gradtui run` trains it, and a deeper network or other weights make it worse")
        return
    click.echo("")
    for line in lines(standing):
        click.echo(line)
    click.echo("")
    for line in (*conditions(standing), *left_out(standing), *advice(standing, source)):
        click.echo(line)
