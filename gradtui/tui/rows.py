"""Which layers share a row, and what the row says about them. Pure arithmetic over plain floats."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from gradtui.tui import format
from gradtui.tui.axis import Axis
from gradtui.tui.bands import band


class Span(NamedTuple):
    """The taps that share one row: from `first` to `last`, both included."""

    first: int
    last: int

    @property
    def single(self) -> bool:
        return self.first == self.last


def spans(taps: int, height: int) -> list[Span]:
    """All taps in at most `height` rows: one each when they fit, else neighbours share a row.

    The first and the last tap keep a row to themselves, because the ratio between them is what one looks for;
    the rest is shared out evenly. Every tap is in exactly one row.
    """
    if taps <= height:
        return [Span(tap, tap) for tap in range(taps)]
    if height < 3:
        return _shared(0, taps, height)
    return [Span(0, 0), *_shared(1, taps - 1, height - 2), Span(taps - 1, taps - 1)]


def _shared(start: int, stop: int, rows: int) -> list[Span]:
    count = stop - start
    return [Span(start + row * count // rows, start + (row + 1) * count // rows - 1) for row in range(max(0, rows))]


def name(span: Span, taps: Sequence[str]) -> str:
    """The row's name: `12`, or `12-15` when taps share it."""
    return taps[span.first] if span.single else f"{taps[span.first]}-{taps[span.last]}"


@dataclass(frozen=True)
class Values:
    """What the bars are drawn from, one float a tap. `ghost` is `bar` at step 0, `theory` what it
    was predicted to be there; both empty when unknown."""

    bar: Sequence[float]
    mark: Sequence[float]
    ghost: Sequence[float] = ()
    theory: Sequence[float] = ()
    underflow: Sequence[float] = ()


class Track(NamedTuple):
    """One row's picture, rounded to what a terminal can show: two equal tracks look the same.

    The bar fills the eighths `start` to `stop`, in the colour of `band`; `lead` shades the way to `start`.
    `arrow` points to where a value lies off the axis; `word` stands in place of the bar. `ghosts`, `marks` and
    `theories` are cells; `far_marks` are the edge cells beyond which a mark lies. `note` stands at the right end;
    thin lines stand in the cells `limits` as far as these are empty, `names` say from which cell on they are named.
    """

    start: int = 0
    stop: int = 0
    band: int = 0
    lead: bool = False
    arrow: str = ""
    word: str = ""
    ghosts: tuple[int, ...] = ()
    marks: tuple[int, ...] = ()
    far_marks: tuple[int, ...] = ()
    theories: tuple[int, ...] = ()
    note: str = ""
    limits: tuple[int, ...] = ()
    names: tuple[tuple[int, str], ...] = ()

    def free(self, width: int) -> int:
        """Cells to the right of everything that stands on `width` ones."""
        if self.arrow == "▸":
            return 0
        last = (*self.ghosts, *self.marks, *self.far_marks, *self.theories, -(-self.stop // 8) - 1, len(self.word))
        return width - 1 - max(last)


def track(span: Span, values: Values, axis: Axis, width: int, *, sharing: bool = False) -> Track:
    """The picture of a row on `width` cells.

    `sharing`: there are rows that layers share, so that a layer alone is drawn as they are, from its smallest to
    its largest; else its bar would look like more than theirs.
    """
    first, stop = span.first, span.last + 1
    bars = values.bar[first:stop]
    ghosts = _fixed(tuple(values.ghost[first:stop]), axis, width)
    theories = _fixed(tuple(values.theory[first:stop]), axis, width)
    marks = _ticks(values.mark[first:stop], axis, width)
    near = tuple(cell for cell in marks if 0 <= cell < width)
    far = tuple(0 if cell < 0 else width - 1 for cell in marks if not 0 <= cell < width)
    whole = all(0.0 < value < math.inf for value in bars)
    if not whole and (word := _word(span, values)):
        broken = next(value for value in bars if format.word(value))
        return Track(band=band(broken), word=word, ghosts=ghosts, marks=near, far_marks=far, theories=theories)
    low, high = (bars[0], bars[0]) if len(bars) == 1 else (min(bars), max(bars))
    at = axis.fraction(high)
    arrow = "▸" if at > 1.0 else "◂" if (at if low == high else axis.fraction(low)) < 0.0 else ""
    end = axis.eighths(high, width)
    colour = band(high if high >= 1.0 else low)
    if len(bars) == 1 and not sharing:
        return Track(0, end, colour, False, arrow, "", ghosts, near, far, theories)
    start = 8 * axis.cell(low, width)
    return Track(start, max(end, start + 8), colour, True, arrow, "", ghosts, near, far, theories)


def _word(span: Span, values: Values) -> str:
    """The word for the row: of a group, the word for most of its broken members and how many there are."""
    found = [
        format.word(values.bar[tap], values.underflow[tap] if values.underflow else 0.0)
        for tap in range(span.first, span.last + 1)
    ]
    words = [text for text in found if text]
    if not words or span.single:
        return words[0] if words else ""
    worst = min(words, key=("NaN", "inf", "underflow", "0").index)
    return worst if words.count(worst) == len(found) else f"{worst} in {words.count(worst)} of {len(found)}"


@lru_cache(4096)
def _fixed(values: tuple[float, ...], axis: Axis, width: int) -> tuple[int, ...]:
    """The cells, on the axis, of what a whole run leaves where it is."""
    return tuple(cell for cell in _ticks(values, axis, width) if 0 <= cell < width)


def _ticks(values: Sequence[float], axis: Axis, width: int) -> tuple[int, ...]:
    """The cells of the smallest and the largest value; -1 and `width` stand for off the axis."""
    if len(values) > 1:
        drawable = [value for value in values if 0.0 < value < math.inf]
        values = (min(drawable), max(drawable)) if drawable else ()
    cells: tuple[int, ...] = ()
    for value in values:
        if 0.0 < value < math.inf:
            at = axis.fraction(value)
            cell = -1 if at < 0.0 else width if at > 1.0 else min(width - 1, int(at * width))
            if cell not in cells:
                cells += (cell,)
    return cells


def reading(span: Span, values: Sequence[float]) -> str:
    """The number of a row: `2.36e-20`, or `2.4e-20…5.1e-18` from the smallest to the largest of a group."""
    bars = values[span.first : span.last + 1]
    if span.single:
        return format.number(bars[0])
    comparable = [value for value in bars if value == value]
    if len(comparable) < len(bars):
        return "NaN" if not comparable else f"{format.number(min(comparable), 2)}…NaN"
    low, high = format.number(min(bars), 2), format.number(max(bars), 2)
    return low if low == high else f"{low}…{high}"


def worst(values: Sequence[float]) -> int:
    """The tap in the worst state: zero or not finite, else farthest from 0.01 in decades; -1 for no taps."""

    def badness(tap: int) -> float:
        value = values[tap]
        if value != value or value == math.inf:
            return math.inf
        return math.inf if value <= 0.0 else abs(math.log10(value) + 2.0)

    return max(range(len(values)), key=badness, default=-1)
