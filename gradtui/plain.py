"""Plain text in the screen's place: what a screen reader can say and a pipe can carry. No colours, no cursor."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, TextIO

import click

from gradtui.explain.verdicts import title_of
from gradtui.tui import format
from gradtui.tui.bands import BANDS, band

if TYPE_CHECKING:
    from gradtui.diagnosis.verdict import Verdict
    from gradtui.profile import GradientProfile
    from gradtui.scenario.model import Scenario

Library = Sequence[tuple[str, "Scenario"]]


def speak(
    scenario: Scenario | None,
    *,
    steps: int | None = None,
    every: float = 5.0,
    clock: Callable[[], float] = time.monotonic,
) -> None:
    """Train and report step 0, the state `every` so many seconds, and the end; without a scenario, list the library.

    It ends after `steps` steps, the scenario's own number when None, or at Ctrl+C.
    """
    for stream in (sys.stdout, sys.stderr):
        # A letter that the terminal lacks must not end the run.
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")
    if scenario is None:
        from gradtui.scenario.files import library

        for line in gallery(library()):
            click.echo(line)
        click.echo("\nTo open one: gradtui --scenario NAME --plain")
        return
    try:
        for text in reports(scenario, steps=steps, every=every, clock=clock):
            click.echo(text)
            # Whoever listens on a pipe wants to hear it now.
            sys.stdout.flush()
    except KeyboardInterrupt:
        click.echo("Stopped.")


def gallery(library: Library) -> Iterator[str]:
    """The scenarios, group by group, a line each."""
    width = max((len(name) for name, _ in library), default=0)
    width = max(width, *(len(each.name) + 2 for _, scenario in library for each in scenario.variant), 0)
    group = None
    for name, scenario in library:
        if scenario.group != group:
            yield ("" if group is None else "\n") + (scenario.group or "Others")
            group = scenario.group
        yield f"  {name.ljust(width)}  {scenario.promise or scenario.title}"
        for variant in scenario.variant:
            yield f"    {('/' + variant.name).ljust(width - 2)}  {variant.why or variant.title}".rstrip()


def reports(
    scenario: Scenario,
    *,
    steps: int | None = None,
    every: float = 5.0,
    clock: Callable[[], float] = time.monotonic,
    progress_to: TextIO | None = None,
) -> Iterator[str]:
    """Paragraphs while the scenario trains."""
    from gradtui.diagnosis import diagnose
    from gradtui.lab.past import PastKeeper, watched
    from gradtui.lab.simulation import Simulation
    from gradtui.progress import Progress, portions

    total = scenario.steps if steps is None else steps
    progress = Progress(progress_to)
    try:
        simulation = Simulation(scenario, progress.compiling)
    finally:
        progress.close()

    def report(heading: str) -> str:
        profile = simulation.profile()
        evaluation = keeper.evaluate(simulation)
        verdict = diagnose(profile, scenario, keeper.past())
        return paragraph(heading, simulation.loss, evaluation, verdict, profile, first)

    keeper = PastKeeper()
    first = simulation.profile()
    name = scenario.name or scenario.title or "A scenario of your own"
    title = f", {scenario.title}" if scenario.name and scenario.title else ""
    yield f"{name}{title}. {len(first.taps)} layers, seed {scenario.seed}, {scenario.network.dtype}.\n"
    yield report("At step 0")
    due = clock() + every
    for _ in watched(simulation, keeper, portions(total)):
        if clock() >= due and simulation.step_count < total:
            yield report(f"Step {format.count(simulation.step_count)}")
            due = clock() + every
    if total:
        yield report(f"The end, step {format.count(total)}")


def paragraph(
    heading: str,
    loss: float,
    evaluation: Mapping[str, float],
    verdict: Verdict,
    profile: GradientProfile,
    first: GradientProfile,
) -> str:
    """Loss and verdict in sentences, then a line for each layer."""
    held_out = [f"held-out loss {format.steady(evaluation['loss'])}"]
    if "accuracy" in evaluation:
        held_out.append(f"held-out accuracy {format.percent(evaluation['accuracy'])}")
    lines = [
        f"{heading}. Loss {format.steady(loss)}, {', '.join(held_out)}.",
        f"{title_of(verdict.kind)}: {verdict.sentence}.",
    ]
    for at, tap in enumerate(profile.taps):
        value, signal, before = (
            float(table[gauge][at])
            for table, gauge in ((profile, "grad_rms"), (profile, "delta_rms"), (first, "grad_rms"))
        )
        word = format.word(value, float(profile["underflow"][at])) or format.number(value)
        text = f"gradient {word}, {BANDS[band(value)].name}, signal {format.number(signal)}"
        if profile.step > first.step:
            text += f", at step 0 gradient {format.number(before)}"
        lines.append(f"{'output layer' if tap == 'out' else f'layer {tap}'}: {text}")
    return "\n".join(lines) + "\n"
