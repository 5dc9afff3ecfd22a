"""`gradtui check`: scenarios against their own expectations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gradtui.subcommands.options import FAILED, INTERRUPTED, Problem

if TYPE_CHECKING:
    from gradtui.check import Checked


@click.command()
@click.argument("sources", metavar="[NAME|FILE]...", nargs=-1)
@click.option("--seeds", type=click.IntRange(1, 1000), metavar="N", default=1, help="Check under this many seeds (1).")
@click.option("--jobs", type=click.IntRange(1, 1024), metavar="N", help="Runs at a time; without it, one a core.")
@click.option("--junit", metavar="FILE", help="Write the findings as JUnit XML as well.")
@click.option("--json", "wants_json", is_flag=True, help="Print one JSON object and nothing else.")
@click.pass_context
def check(
    context: click.Context, sources: tuple[str, ...], seeds: int, jobs: int | None, junit: str | None, wants_json: bool
) -> None:
    """Hold scenarios against their own expectations.

    Without a name it checks the whole library; NAME/VARIANT stands for the claims in which that variant has a part. The
    exit code is 1 when an expectation fails.
    """
    from gradtui.scenario.files import expected_of, library

    scenarios = [(source, expected_of(source)) for source in sources] if sources else list(library())
    from gradtui import check_report as report
    from gradtui.check import check as check_all
    from gradtui.progress import Progress

    if junit is not None:
        _write(junit, "")
    silent = [name for name, scenario in scenarios if not scenario.expect]
    if not wants_json:
        for name in silent:
            click.echo(f"{name}: expects nothing, so there is nothing to check")
    progress = Progress()
    results: list[Checked] = []
    complete = True
    try:
        asked = [pair for pair in scenarios if pair[1].expect]
        for checked in check_all(asked, seeds, progress.compiling, jobs, progress.checking):
            results.append(checked)
            if not wants_json:
                progress.close()
                for line in report.findings(checked, failed_only=not sources):
                    click.echo(line)
    except KeyboardInterrupt:
        complete = False
    finally:
        progress.close()
    if junit is not None:
        _write(junit, report.as_junit(results))
    if wants_json:
        click.echo(report.as_json(results, silent, complete))
    else:
        if len({checked.name for checked in results}) > 1:
            click.echo()
            for line in report.summary(results):
                click.echo(line)
            click.echo()
        click.echo(report.verdict(results) + ("" if complete else "; stopped before the end"))
    failed = any(not checked.passed for checked in results)
    context.exit(INTERRUPTED if not complete else FAILED if failed else 0)


def _write(path: str, text: str) -> None:
    """Problem where it cannot be written, which is better known before the runs than after them."""
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise Problem(f"{path} cannot be written: {error.strerror or error}") from None
