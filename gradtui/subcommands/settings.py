"""`gradtui settings`: what holds for every run, and how to change it."""

from __future__ import annotations

import click

from gradtui.settings.table import SettingError
from gradtui.subcommands.options import Problem


@click.group(invoke_without_command=True)
@click.option("--json", "wants_json", is_flag=True, help="Print one JSON array and nothing else.")
@click.option("--markdown", is_flag=True, help="Print the page docs/settings.md.")
@click.pass_context
def settings(context: click.Context, wants_json: bool, markdown: bool) -> None:
    """List what holds for every run and where it comes from."""
    if context.invoked_subcommand is not None:
        return
    from gradtui.settings import text
    from gradtui.settings.choosing import load

    if markdown:
        click.echo(text.page(), nl=False)
        return
    chosen = load()
    if wants_json:
        import json

        click.echo(json.dumps(text.rows(chosen), ensure_ascii=False, indent=1))
    else:
        for line in text.lines(chosen):
            click.echo(line)
    if chosen.problems:
        raise Problem("\n".join(chosen.problems))


@settings.command("set")
@click.argument("key", metavar="KEY")
@click.argument("text", metavar="VALUE")
def keep(key: str, text: str) -> None:
    """Keep a value for every run to come."""
    from gradtui.settings.file import path, write
    from gradtui.settings.table import as_toml, from_text, row_of

    try:
        value = from_text(row_of(key), text)
        write(key, value)
    except SettingError as error:
        raise Problem(str(error)) from None
    click.echo(f"{key} is {as_toml(value)} from now on, kept in {path()}")


@settings.command()
@click.argument("key", metavar="[KEY]", required=False)
def reset(key: str | None) -> None:
    """Forget the kept value of KEY, or all of them."""
    from gradtui.settings import file

    try:
        file.reset(key)
    except SettingError as error:
        raise Problem(str(error)) from None
    click.echo(f"{key or 'every setting'} is at its default again in {file.path()}")
