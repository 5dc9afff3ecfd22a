"""The command line: parses, calls one function, prints.

Only click is imported here; everything else waits inside the commands, which keeps `--help` quick.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from gradtui import __version__
from gradtui.subcommands.check import check
from gradtui.subcommands.cure import cure
from gradtui.subcommands.explain import explain
from gradtui.subcommands.export import export
from gradtui.subcommands.options import (
    INTERRUPTED,
    NO_READER,
    Problem,
    assignments_option,
    scenario_of,
    seed_option,
    settings_options,
    steps_option,
)
from gradtui.subcommands.settings import settings
from gradtui.subcommands.theory import theory

if TYPE_CHECKING:
    from gradtui.settings.table import Value


class Commands(click.Group):
    """Turns what users can cause into sentences, and a scenario's name in a command's place into advice."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and self.get_command(ctx, args[0]) is None:
            raise Problem(_not_a_command(args[0], self.list_commands(ctx)))
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except ValueError as error:
            from gradtui.scenario.errors import ScenarioError

            if isinstance(error, ScenarioError):
                raise Problem(str(error)) from None
            raise
        except MemoryError:
            raise Problem("not enough memory; fewer or narrower layers, or a smaller batch, need less") from None
        except BrokenPipeError:
            _drop_output()
            raise click.exceptions.Exit(NO_READER) from None


def _not_a_command(word: str, commands: list[str]) -> str:
    from gradtui.scenario.errors import nearest
    from gradtui.scenario.files import names

    if word in names() or os.path.isfile(word):
        return f"{word} is a scenario, not a command; did you mean --scenario {word}, or run {word}?"
    text = f"there is no command {word}; the commands are {', '.join(commands)}"
    command, scenario = nearest(word, commands), nearest(word, names())
    if command is not None:
        return f"{text}; did you mean {command}?"
    return text if scenario is None else f"{text}; did you mean --scenario {scenario}?"


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="gradtui", message="%(prog)s %(version)s")
@click.option("--scenario", "source", metavar="NAME|FILE", help="Open this scenario instead of the gallery.")
@assignments_option
@seed_option
@click.option("--paused", is_flag=True, help="Open it standing still at step 0.")
@click.option("--steps", type=click.IntRange(min=0), metavar="N", help="With --plain: end after this many steps.")
@settings_options
@click.pass_context
def commands(
    context: click.Context,
    /,
    source: str | None,
    assignments: tuple[str, ...],
    seed: int | None,
    paused: bool,
    steps: int | None,
    **flags: Value | None,
) -> None:
    """Watch gradients vanish, explode or hold, layer by layer, while a network trains.

    Without a command it opens the gallery of scenarios, and then the lab.
    """
    changed = assignments or seed is not None or paused or steps is not None
    if context.invoked_subcommand is not None:
        if source is not None or changed or any(value is not None for value in flags.values()):
            raise click.UsageError(
                f"the screen's options go without a command; put options of {context.invoked_subcommand} after it"
            )
        return
    if source is None and changed:
        raise click.UsageError("--set, --seed, --paused and --steps need --scenario NAME|FILE")
    from gradtui.settings.choosing import load

    chosen = load(flags)
    for problem in chosen.problems:
        click.echo(f"gradtui: {problem}", err=True)
    if steps is not None and not chosen.settings.plain:
        raise click.UsageError("--steps needs --plain; `gradtui run NAME --steps N` ends by itself as well")
    scenario = None if source is None else scenario_of(source, assignments, seed)
    if chosen.settings.plain:
        from gradtui import plain

        plain.speak(scenario, steps=0 if paused else steps, every=chosen.settings.plain_every)
        return
    if not _is_terminal():
        raise Problem(
            "there is no terminal to draw on; `gradtui run NAME` trains without a screen, and --plain prints lines"
        )
    from gradtui.tui import launch

    context.exit(launch(scenario, paused=paused, chosen=chosen, source=source))


def _is_terminal() -> bool:
    """Whether a screen can be drawn: both ends are a terminal, and one that can move its cursor."""
    no_cursor = os.environ.get("TERM", "dumb" if os.name == "posix" else "") == "dumb"
    return sys.stdin.isatty() and sys.stdout.isatty() and not no_cursor


commands.add_command(cure)
commands.add_command(explain)
commands.add_command(check)
commands.add_command(export)
commands.add_command(settings)
commands.add_command(theory)


@commands.command()
@click.argument("source", metavar="NAME|FILE")
@steps_option
@assignments_option
@seed_option
@click.option("--json", "wants_json", is_flag=True, help="Print one JSON object and nothing else.")
def run(source: str, steps: int | None, assignments: tuple[str, ...], seed: int | None, wants_json: bool) -> None:
    """Train without a screen; print gauges and verdicts."""
    scenario = scenario_of(source, assignments, seed)
    from gradtui.diagnosis import verdicts
    from gradtui.lab.past import PastKeeper, watched
    from gradtui.lab.simulation import Simulation
    from gradtui.progress import Progress, portions
    from gradtui.report import Report, as_json, as_table

    total = scenario.steps if steps is None else steps
    progress = Progress()
    try:
        simulation = Simulation(scenario, progress.compiling)
        keeper = PastKeeper()
        for done in watched(simulation, keeper, portions(total)):
            progress.stepping(done, total)
    finally:
        progress.close()
    profile = simulation.profile()
    evaluation = keeper.evaluate(simulation)
    report = Report(
        scenario=scenario,
        steps=total,
        loss=simulation.loss,
        evaluation=evaluation,
        profile=profile,
        verdicts=verdicts(profile, scenario, keeper.past()),
        steps_per_second=total / keeper.stepping if total and keeper.stepping else 0.0,
        effective_rank=tuple(simulation.effective_rank().tolist()),
    )
    click.echo(as_json(report) if wants_json else as_table(report))


@commands.group(invoke_without_command=True)
@click.option("--json", "wants_json", is_flag=True, help="Print one JSON array and nothing else.")
@click.pass_context
def scenarios(context: click.Context, wants_json: bool) -> None:
    """List the shipped scenarios."""
    if context.invoked_subcommand is not None:
        return
    from gradtui.scenario.files import library

    if wants_json:
        import json

        rows = [
            {
                "name": name,
                "title": scenario.title,
                "group": scenario.group,
                "promise": scenario.promise,
                "source": scenario.source,
                "steps": scenario.steps,
                "variants": [{"name": variant.name, "why": variant.why} for variant in scenario.variant],
                "expectations": len(scenario.expect),
                "lessons": len(scenario.lesson),
            }
            for name, scenario in library()
        ]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    from gradtui.plain import gallery

    for line in gallery(library()):
        click.echo(line)


@scenarios.command()
@click.argument("source", metavar="NAME|FILE")
def show(source: str) -> None:
    """Print a scenario's file: a beginning for one of your own."""
    from gradtui.scenario.files import source_text

    click.echo(source_text(source), nl=False)


@scenarios.command()
@click.argument("key", required=False)
@click.option("--json", "wants_json", is_flag=True, help="Print JSON instead of text.")
@click.option("--markdown", is_flag=True, help="Print the page docs/choices.md.")
def choices(key: str | None, wants_json: bool, markdown: bool) -> None:
    """List what a scenario may choose, and every number in it.

    KEY is one of them, such as network.activation or just activation, or lr.
    """
    from gradtui import catalogue

    keys = catalogue.keys_of(key)
    if markdown:
        click.echo(catalogue.page(), nl=False)
    elif wants_json:
        import json

        click.echo(json.dumps(catalogue.rows(keys), ensure_ascii=False, indent=1))
    else:
        for line in catalogue.lines(keys):
            click.echo(line)


@commands.command()
def warmup() -> None:
    """Compile every kernel now, so nothing waits later."""
    import time

    from gradtui import locations
    from gradtui.engine.compile import warm_up
    from gradtui.progress import Progress

    progress = Progress()
    started = time.perf_counter()
    try:
        warm_up(progress.compiling)
    finally:
        progress.close()
    click.echo(f"every kernel is ready ({time.perf_counter() - started:.1f} s), kept in {locations.cache_folder()}")


@commands.command()
def doctor() -> None:
    """Look at terminal, cache and libraries; say what to do."""
    from gradtui.doctor import report

    for topic, finding, advice in report():
        click.echo(f"{topic:<10} {finding}")
        if advice:
            click.echo(f"{'':<10} -> {advice}")


def _drop_output() -> None:
    """Nobody reads stdout any more: keep Python from complaining when it closes it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def main(arguments: Sequence[str] | None = None) -> None:
    """The `gradtui` command. Exits 0, 1 (an expectation failed), 2 (wrong usage, bad file), 130 (Ctrl-C)."""
    try:
        code = commands.main(args=arguments, prog_name="gradtui", standalone_mode=False)
        sys.stdout.flush()
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except (click.Abort, KeyboardInterrupt):
        code = INTERRUPTED
    except BrokenPipeError:
        _drop_output()
        code = NO_READER
    sys.exit(code if isinstance(code, int) else 0)
