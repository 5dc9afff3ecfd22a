"""`gradtui explain`: what a word means, as the screen says it."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import TYPE_CHECKING

import click

from gradtui.subcommands.options import Problem

if TYPE_CHECKING:
    from gradtui.explain import Text

#: Columns of text, and of what stands left of a paragraph with a heading.
_WIDTH, _MARGIN = 80, 14


@click.command()
@click.argument("words", metavar="[WORD]...", nargs=-1)
@click.option("--json", "wants_json", is_flag=True, help="Print one JSON array and nothing else.")
def explain(words: tuple[str, ...], wants_json: bool) -> None:
    """Say what a verdict, gauge, remedy or choice means.

    Without a WORD it lists all there are; several words may be one: batch norm.
    """
    from gradtui import explain as glossary

    if words:
        found, unknown = glossary.explain(words)
        if unknown:
            raise Problem("\n".join(_unknown(word, glossary.nearest(word)) for word in unknown))
    else:
        found = glossary.texts()
    if wants_json:
        import json

        click.echo(json.dumps([as_row(text) for text in found], ensure_ascii=False, indent=1))
        return
    for line in _pages(found) if words else _contents(found):
        click.echo(line)


def as_row(text: Text) -> dict[str, object]:
    """An explanation for programs."""
    return {
        "word": text.word,
        "subject": text.subject,
        "label": text.label,
        "what": text.what,
        "why": text.why,
        "formula": text.formula,
        "source": text.source,
        "limits": list(text.limits),
        "advice": text.advice,
        "see": list(text.see),
        "scenarios": list(text.scenarios),
        "aliases": list(text.aliases),
    }


def _unknown(word: str, close: tuple[str, ...]) -> str:
    advice = f"did you mean {' or '.join(close)}?" if close else "`gradtui explain` lists all words"
    shown = word if word.strip() and word.isprintable() else repr(word)
    return f"nothing is known about {shown if len(shown) <= _WIDTH else shown[: _WIDTH - 3] + '...'}; {advice}"


def _pages(found: tuple[Text, ...]) -> Iterator[str]:
    """Explanations one below the other."""
    for number, text in enumerate(found):
        if number:
            yield ""
        yield f"{text.label.upper()}   {text.subject}"
        for heading, paragraph in text.parts():
            begin = f"  {heading}".ljust(_MARGIN) if heading else "  "
            yield from textwrap.wrap(
                paragraph,
                _WIDTH,
                initial_indent=begin,
                subsequent_indent=" " * len(begin),
                break_on_hyphens=False,
            )


def _contents(found: tuple[Text, ...]) -> Iterator[str]:
    """All words, subject by subject."""
    subject = None
    names: list[str] = []
    for text in (*found, None):
        if text is None or text.subject != subject:
            if subject is not None:
                yield subject
                yield from textwrap.wrap(
                    ", ".join(names), _WIDTH, initial_indent="  ", subsequent_indent="  ", break_on_hyphens=False
                )
            if text is None:
                return
            subject, names = text.subject, []
        names.append(text.word.removeprefix("remedy.").rpartition("=")[2])
