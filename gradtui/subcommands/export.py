"""`gradtui export`: a scenario as a program, or what it measures as a table."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from gradtui.subcommands.options import (
    Problem,
    assignments_option,
    output_option,
    scenario_of,
    seed_option,
    steps_option,
)

if TYPE_CHECKING:
    from gradtui.scenario.model import Scenario

#: What it can write.
FORMATS = ("torch", "csv", "jsonl")


@click.command()
@click.argument("form", metavar="FORMAT")
@click.argument("source", metavar="NAME|FILE")
@steps_option
@click.option("--every", type=click.IntRange(min=1), metavar="N", help="A profile every N steps, not only the last.")
@output_option
@assignments_option
@seed_option
def export(
    form: str,
    source: str,
    steps: int | None,
    every: int | None,
    output: str | None,
    assignments: tuple[str, ...],
    seed: int | None,
) -> None:
    """Write a scenario as a program, or what it measures as a table.

    torch: a PyTorch script with the same network, weights and batches.
    csv, jsonl: every gauge of every layer, a row for each layer.
    """
    if form not in FORMATS:
        from gradtui.scenario.errors import did_you_mean

        raise Problem(
            f"there is no format {form} to export to; there is {', '.join(FORMATS)}{did_you_mean(form, FORMATS)}"
        )
    if form == "torch" and (steps, every) != (None, None):
        raise click.UsageError("--steps and --every are for csv and jsonl; the script has --steps of its own")
    scenario = scenario_of(source, assignments, seed)
    text = _script(scenario) if form == "torch" else _table(form, scenario, steps, every)
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        with open(output, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise Problem(_not_written(output, error)) from None


def _script(scenario: Scenario) -> str:
    from gradtui.export.pytorch import program
    from gradtui.lab.simulation import Simulation
    from gradtui.progress import Progress

    progress = Progress()
    try:
        simulation = Simulation(scenario, progress.compiling)
    finally:
        progress.close()
    return program(scenario, simulation.dataset, simulation.parameters())


def _table(form: str, scenario: Scenario, steps: int | None, every: int | None) -> str:
    """The profile after all steps; with `every` also the one at step 0 and those in between."""
    from gradtui.export.tables import WRITERS
    from gradtui.lab.simulation import Simulation
    from gradtui.progress import Progress, portions

    total = scenario.steps if steps is None else steps
    progress = Progress()
    profiles = []
    try:
        simulation = Simulation(scenario, progress.compiling)
        if every is not None and total:
            profiles.append(simulation.profile())
        while simulation.step_count < total:
            left = total - simulation.step_count
            for portion in portions(left if every is None else min(every, left)):
                simulation.step(portion)
                progress.stepping(simulation.step_count, total)
            if every is not None and simulation.step_count < total:
                profiles.append(simulation.profile())
        profiles.append(simulation.profile())
    finally:
        progress.close()
    return WRITERS[form](profiles)


def _not_written(path: str, error: OSError) -> str:
    """Why a file could not be written, and what to do."""
    folder = os.path.dirname(path)
    if os.path.isdir(path):
        return f"{path} is a folder; name a file in it"
    if folder and not os.path.isdir(folder):
        return f"{path} cannot be written: there is no folder {folder}"
    return f"{path} cannot be written: {error.strerror or error}"
