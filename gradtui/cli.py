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

if TYPE_CHECKING:
    from gradtui.check import Checked
    from gradtui.scenario.model import Scenario

#: Exit codes beside 0: an expectation failed, wrong usage or a bad file, Ctrl-C, nobody reads the output.
FAILED, WRONG, INTERRUPTED, NO_READER = 1, 2, 130, 141


class Problem(click.ClickException):
    """Sentences for the user, each on a line of its own on stderr; exit code 2."""

    exit_code = WRONG

    def show(self, file: Any = None) -> None:
        for line in self.message.splitlines():
            click.echo(f"gradtui: {line}", file=file or sys.stderr)


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


_setting = click.option(
    "--set",
    "assignments",
    metavar="KEY=VALUE",
    multiple=True,
    help="Change one setting, network.depth=10; repeatable.",
)
_seed = click.option("--seed", type=click.IntRange(0, 2**63 - 1), metavar="N", help="Another seed than the scenario's.")


@click.group(
    cls=Commands,
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="gradtui", message="%(prog)s %(version)s")
@click.option("--scenario", "source", metavar="NAME|FILE", help="Open this scenario instead of the gallery.")
@_setting
@_seed
@click.option("--paused", is_flag=True, help="Open it standing still at step 0.")
@click.option("--fps", type=click.IntRange(1, 120), metavar="N", help="Draw at most this many frames a second (30).")
@click.pass_context
def commands(
    context: click.Context,
    source: str | None,
    assignments: tuple[str, ...],
    seed: int | None,
    paused: bool,
    fps: int | None,
) -> None:
    """Watch gradients vanish, explode or hold, layer by layer, while a network trains.

    Without a command it opens the gallery of scenarios, and then the lab.
    """
    given = source is not None or assignments or seed is not None or paused or fps is not None
    if context.invoked_subcommand is not None:
        if given:
            raise click.UsageError(
                f"the screen's options go without a command; put options of {context.invoked_subcommand} after it"
            )
        return
    if source is None and (assignments or seed is not None or paused):
        raise click.UsageError("--set, --seed and --paused need --scenario NAME|FILE")
    scenario = None if source is None else _scenario(source, assignments, seed)
    if not _is_terminal():
        raise Problem("there is no terminal to draw on; `gradtui run NAME` trains without a screen")
    from gradtui.tui import launch

    context.exit(launch(scenario, paused=paused, fps=30 if fps is None else fps))


def _is_terminal() -> bool:
    """Whether a screen can be drawn: both ends are a terminal, and one that can move its cursor."""
    no_cursor = os.environ.get("TERM", "dumb" if os.name == "posix" else "") == "dumb"
    return sys.stdin.isatty() and sys.stdout.isatty() and not no_cursor


def _scenario(source: str, assignments: Sequence[str], seed: int | None) -> Scenario:
    """The scenario as loaded, with the changes of the command line."""
    from gradtui.scenario.model import Scenario

    changes = [*assignments, *([] if seed is None else [f"seed={seed}"])]
    scenario = Scenario.load(source)
    return scenario.replace(*changes) if changes else scenario


@commands.command()
@click.argument("source", metavar="NAME|FILE")
@click.option(
    "--steps", type=click.IntRange(min=0), metavar="N", help="Training steps; without it, the scenario's own."
)
@_setting
@_seed
@click.option("--json", "wants_json", is_flag=True, help="Print one JSON object and nothing else.")
def run(source: str, steps: int | None, assignments: tuple[str, ...], seed: int | None, wants_json: bool) -> None:
    """Train without a screen; print gauges and verdict."""
    import time

    scenario = _scenario(source, assignments, seed)
    from gradtui.diagnosis import diagnose
    from gradtui.lab.simulation import Simulation
    from gradtui.progress import Progress, portions
    from gradtui.report import Report, as_json, as_table

    total = scenario.steps if steps is None else steps
    progress = Progress()
    try:
        simulation = Simulation(scenario, progress.compiling)
        started = time.perf_counter()
        for portion in portions(total):
            simulation.step(portion)
            progress.stepping(simulation.step_count, total)
        seconds = time.perf_counter() - started
    finally:
        progress.close()
    profile = simulation.profile()
    verdict = diagnose(profile, scenario)
    report = Report(
        scenario=scenario,
        steps=total,
        loss=simulation.loss,
        evaluation=simulation.evaluate(),
        profile=profile,
        verdict_kind=verdict.kind,
        verdict=verdict.sentence,
        steps_per_second=total / seconds if total and seconds else 0.0,
    )
    click.echo(as_json(report) if wants_json else as_table(report))


@commands.command()
@click.argument("sources", metavar="[NAME|FILE]...", nargs=-1)
@click.option("--seeds", type=click.IntRange(1, 1000), metavar="N", default=1, help="Check under this many seeds (1).")
@click.pass_context
def check(context: click.Context, sources: tuple[str, ...], seeds: int) -> None:
    """Hold scenarios against their own expectations.

    Without a name it checks the whole library. The exit code is 1 when an expectation fails.
    """
    from gradtui.scenario.files import library
    from gradtui.scenario.model import Scenario

    scenarios = [(source, Scenario.load(source)) for source in sources] if sources else list(library())
    from gradtui.check import check as check_all
    from gradtui.progress import Progress

    progress = Progress()
    counts = {"passed": 0, "failed": 0}
    silent = [name for name, scenario in scenarios if not scenario.expect]
    for name in silent:
        click.echo(f"{name}: expects nothing, so there is nothing to check")
    try:
        for checked in check_all([pair for pair in scenarios if pair[1].expect], seeds, progress.compiling):
            progress.close()
            _print_checked(checked, counts)
    finally:
        progress.close()
    click.echo(f"{counts['passed']} expectations held, {counts['failed']} failed")
    context.exit(FAILED if counts["failed"] else 0)


def _print_checked(checked: Checked, counts: dict[str, int]) -> None:
    click.echo(f"{checked.name}, seed {checked.seed}")
    if checked.problem:
        counts["failed"] += 1
        click.echo(f"  FAILED  {checked.problem}")
    for finding in checked.findings:
        counts["passed" if finding.passed else "failed"] += 1
        expect = finding.expect
        when = "at the end" if expect.at == "end" else f"at step {expect.at:,}"
        click.echo(f"  {'held  ' if finding.passed else 'FAILED'}  {when}: {expect.claim}")
        click.echo(f"          measured: {finding.measured}")
        if expect.why and not finding.passed:
            click.echo(f"          claimed because: {expect.why}")


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
                "expectations": len(scenario.expect),
                "lessons": len(scenario.lesson),
            }
            for name, scenario in library()
        ]
        click.echo(json.dumps(rows, ensure_ascii=False, indent=1))
        return
    shown = library()
    width = max((len(name) for name, _ in shown), default=0)
    group = None
    for name, scenario in shown:
        if scenario.group != group:
            click.echo(("" if group is None else "\n") + (scenario.group or "Others"))
            group = scenario.group
        click.echo(f"  {name.ljust(width)}  {scenario.promise or scenario.title}")


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
    """List what a scenario may choose: activations, norms and all else, and every number.

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


#: What `export` can write.
FORMATS = ("torch",)


@commands.command()
@click.argument("form", metavar="FORMAT")
@click.argument("source", metavar="NAME|FILE")
@click.option("-o", "--output", metavar="FILE", help="Write it there instead of printing it.")
@_setting
@_seed
def export(form: str, source: str, output: str | None, assignments: tuple[str, ...], seed: int | None) -> None:
    """Write a scenario as a program or file of another kind.

    torch: a PyTorch script with the same network, weights and batches.
    """
    if form not in FORMATS:
        from gradtui.scenario.errors import did_you_mean

        raise Problem(
            f"there is no format {form} to export to; there is {', '.join(FORMATS)}{did_you_mean(form, FORMATS)}"
        )
    scenario = _scenario(source, assignments, seed)
    from gradtui.export.pytorch import program
    from gradtui.lab.simulation import Simulation
    from gradtui.progress import Progress

    progress = Progress()
    try:
        simulation = Simulation(scenario, progress.compiling)
    finally:
        progress.close()
    text = program(scenario, simulation.dataset, simulation.parameters())
    if output is None:
        click.echo(text, nl=False)
        return
    try:
        with open(output, "w", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except OSError as error:
        raise Problem(_not_written(output, error)) from None


def _not_written(path: str, error: OSError) -> str:
    """Why a file could not be written, and what to do."""
    folder = os.path.dirname(path)
    if os.path.isdir(path):
        return f"{path} is a folder; name a file in it"
    if folder and not os.path.isdir(folder):
        return f"{path} cannot be written: there is no folder {folder}"
    return f"{path} cannot be written: {error.strerror or error}"


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
