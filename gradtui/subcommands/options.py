"""What commands share: options, and the sentence that ends them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import click

from gradtui.settings.table import ROWS, Row, SettingError, Value, from_text

if TYPE_CHECKING:
    from gradtui.scenario.model import Scenario

#: Exit codes beside 0: an expectation failed, wrong usage or a bad file, Ctrl-C, nobody reads the output.
FAILED, WRONG, INTERRUPTED, NO_READER = 1, 2, 130, 141

Command = TypeVar("Command", bound=Callable[..., Any])


class Problem(click.ClickException):
    """Sentences for the user, each on a line of its own on stderr; exit code 2."""

    exit_code = WRONG

    def show(self, file: Any = None) -> None:
        for line in self.message.splitlines():
            click.echo(f"gradtui: {line}", file=file or sys.stderr)


assignments_option = click.option(
    "--set",
    "assignments",
    metavar="KEY=VALUE",
    multiple=True,
    help="Change one setting, network.depth=10; repeatable.",
)
seed_option = click.option(
    "--seed", type=click.IntRange(0, 2**63 - 1), metavar="N", help="Another seed than the scenario's."
)
steps_option = click.option(
    "--steps", type=click.IntRange(min=0), metavar="N", help="Training steps; without it, the scenario's own."
)
output_option = click.option("-o", "--output", metavar="FILE", help="Write it there instead of printing it.")


def settings_options(command: Command) -> Command:
    """One option for each setting; its value is None where it was not given."""
    for row in reversed(ROWS):
        command = _option(row)(command)
    return command


def _option(row: Row) -> Callable[[Command], Command]:
    if row.allowed is None:
        return click.option(row.flag, row.name, default=None, help=f"{row.doc} ({'yes' if row.default else 'no'})")
    metavar = "N" if isinstance(row.allowed, range) else "NAME" if len(row.allowed) > 6 else "|".join(row.allowed)

    def read(context: click.Context, parameter: click.Parameter, text: str | None) -> Value | None:
        try:
            return None if text is None else from_text(row, text)
        except SettingError as error:
            raise click.BadParameter(str(error)) from None

    return click.option(row.flag, row.name, metavar=metavar, callback=read, help=f"{row.doc} ({row.default})")


def scenario_of(source: str, assignments: Sequence[str], seed: int | None) -> Scenario:
    """The scenario as loaded, with the changes of the command line."""
    from gradtui.scenario.model import Scenario

    changes = [*assignments, *([] if seed is None else [f"seed={seed}"])]
    scenario = Scenario.load(source)
    return scenario.replace(*changes) if changes else scenario
