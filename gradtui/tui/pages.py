"""Explanations as inked lines: of a word, and of a verdict with its evidence."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING, Any

from gradtui.explain import Text, about_kind
from gradtui.explain.verdicts import title_of
from gradtui.tui import format
from gradtui.tui.limits import UPRIGHT
from gradtui.tui.palette import KEY, MUTED, STRONG, Ink, Run, Runs

if TYPE_CHECKING:
    from gradtui.lab.snapshot import Judged

#: Verdicts and the band whose colour they share; others are plain.
_BAND_OF_KIND = {
    "nonfinite": 11,
    "exploding": 10,
    "rate_high": 9,
    "healthy": 7,
    "rate_low": 5,
    "saturated": 4,
    "vanishing": 3,
    "short_memory": 3,
    "starved": 3,
    "dying": 2,
    "underflow": 1,
}

#: Cells of the headings left of a paragraph.
_HEADINGS = 12


def kind_ink(kind: str) -> Ink:
    """The ink of a verdict's name."""
    return Ink(f"band{_BAND_OF_KIND[kind]}" if kind in _BAND_OF_KIND else "accent", "", True)


#: A verdict's name as the screens say it.
kind_text = title_of


def place_and_time(verdict: Judged) -> str:
    """Where a verdict began, and when: `layer 3, since step 120`."""
    layer, since = getattr(verdict, "layer", ""), getattr(verdict, "since", None)
    named = f"layer {layer}" if layer.isdigit() else layer
    parts = [named, "" if since is None else f"since step {format.count(since)}"]
    return ", ".join(part for part in parts if part)


def factor_text(verdict: Judged) -> str:
    """What a layer does to the signal, where the verdict knows."""
    factor = getattr(verdict, "factor", math.nan)
    return f"×{factor:#.3g}" if math.isfinite(factor) else ""


def evidence(verdict: Judged, width: int) -> list[Runs]:
    """The numbers that a verdict rests on, each beside what it is held against."""
    rows: tuple[Any, ...] = getattr(verdict, "evidence", ())
    out: list[Runs] = []
    for row in rows:
        value, limit = _figure(row.value), "" if math.isnan(row.threshold) else f" {UPRIGHT} {_limit(row.threshold)}"
        name = format.fitted(row.name, max(4, width - len(value) - len(limit) - 1))
        out.append(((f"{name} ", MUTED), (value, STRONG), (limit, MUTED)))
    return out


def _figure(value: float) -> str:
    """A number of any size in a few cells."""
    if math.isfinite(value) and value == round(value) and 1.0 <= abs(value) < 1e6:
        return format.count(round(value))
    return format.steady(value) if value == 0.0 or 1e-2 <= abs(value) < 1e4 else format.tick(value)


def _limit(value: float) -> str:
    return format.tick(value) if math.isfinite(value) else format.number(value)


def full(verdict: Judged, width: int) -> list[Runs]:
    """A verdict, its evidence in words, and what it means."""
    head: list[Run] = [(kind_text(verdict.kind), kind_ink(verdict.kind))]
    for part in (factor_text(verdict), place_and_time(verdict)):
        if part:
            head.append((f"   {part}", MUTED))
    out: list[Runs] = [tuple(head), *lines(_sentence(verdict.sentence), width, STRONG)]
    rows: tuple[Any, ...] = getattr(verdict, "evidence", ())
    if rows:
        out += [(), (("evidence", KEY),)]
        for row, drawn in zip(rows, evidence(verdict, min(width, 60) - 2), strict=True):
            out.append((("  ", MUTED), *drawn))
            out += lines(row.in_words, width, MUTED, "    ")
    confidence = getattr(verdict, "confidence", math.nan)
    if math.isfinite(confidence):
        said = f"A straight line on the log axis explains {format.percent(confidence)} of how the layers differ."
        out += lines(said, width, MUTED, "  ")
    return [*out, (), *body(about_kind(verdict.kind), width)]


def page(text: Text, width: int) -> list[Runs]:
    """A word and all that there is to read about it."""
    return [((text.label, STRONG), (f"   {text.subject}", MUTED)), (), *body(text, width)]


def body(text: Text, width: int) -> list[Runs]:
    """What a word means, why it matters, its formula and source, what to do."""
    out: list[Runs] = []
    for heading, paragraph in text.parts():
        if not heading:
            out += [*lines(paragraph, width), ()]
            continue
        ink = Ink("key") if heading == "formula" else MUTED if heading in ("source", "limit") else Ink()
        wrapped = textwrap.wrap(paragraph, max(10, width - _HEADINGS), break_on_hyphens=False)
        for row, line in enumerate(wrapped):
            out.append((((heading if row == 0 else "").ljust(_HEADINGS), MUTED), (line, ink)))
    return out


def lines(text: str, width: int, ink: Ink | None = None, indent: str = "") -> list[Runs]:
    """A paragraph, broken to this width."""
    wrapped = textwrap.wrap(text, max(8, width - len(indent)), break_on_hyphens=False)
    return [((indent + line, ink or Ink()),) for line in wrapped]


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}" + ("" if text.endswith((".", "?", "!", ")")) else ".")
