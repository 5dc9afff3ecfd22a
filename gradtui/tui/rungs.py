"""The gradient at each time step, drawn as upright bars on the log axis of the layers' bars: one column a step, or one
for several where they do not fit. Pure arithmetic."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

from gradtui.tui import format, rows
from gradtui.tui.axis import Axis
from gradtui.tui.bands import band
from gradtui.tui.heat import LETTERS, broken_code
from gradtui.tui.palette import Ink, Palette, Run, Runs
from gradtui.tui.rows import Span
from gradtui.tui.track import AS_PREDICTED, THEORY, merged

#: A column of few steps is at most so many cells wide.
WIDEST = 6

#: The upper end of a bar to an eighth of a cell; index 0 is an empty cell.
PARTS = " ▁▂▃▄▅▆▇"
GHOST, ABOVE, BELOW = "─", "▴", "▾"


@dataclass(frozen=True)
class Columns:
    """How time steps stand on `width` cells: each of `spans` shares a column, `cells` wide, the newest at the right."""

    spans: tuple[Span, ...]
    cells: int
    width: int

    @property
    def start(self) -> int:
        """The empty cells left of the first column."""
        return self.width - self.cells * len(self.spans)

    @property
    def shared(self) -> bool:
        """Whether steps share columns."""
        return any(not span.single for span in self.spans)

    @property
    def in_words(self) -> str:
        """How many steps a column stands for."""
        widest = max((span.last - span.first + 1 for span in self.spans), default=1)
        return f"≤ {widest} steps a column" if self.shared else "one column a step"

    def numbers(self, steps: int) -> str:
        """The first and the last step's number above the columns."""
        last, inner = format.count(steps), self.width - self.start
        both = f"1{last:>{inner - 1}}" if steps > 1 and inner > len(last) + 2 else f"{last:>{inner}}"
        return f"{'':{self.start}}{both}"


def columns(steps: int, width: int) -> Columns:
    """One column a step where they fit; else neighbours share one, but for the first and the last step."""
    spans = tuple(rows.spans(steps, width))
    return Columns(spans, max(1, min(WIDEST, width // max(1, len(spans)))), width)


class Rung(NamedTuple):
    """One column: from the smallest to the largest of its values, or the letter of the worst that is no number."""

    low: float
    high: float
    letter: str = ""
    band: int = 0


@lru_cache(32)
def rungs(values: tuple[float, ...], spans: tuple[Span, ...]) -> list[Rung]:
    """The columns of a gauge over time."""
    out: list[Rung] = []
    for span in spans:
        held = values[span.first : span.last + 1]
        broken = [value for value in held if not 0.0 < value < math.inf]
        if broken:
            codes = [broken_code(value) for value in broken]
            code = max(codes)
            out.append(Rung(0.0, 0.0, LETTERS[code], band(broken[codes.index(code)])))
        else:
            low, high = min(held), max(held)
            out.append(Rung(low, high, "", band(high if high >= 1.0 else low)))
    return out


def letters(values: tuple[float, ...], where: Columns) -> list[tuple[int, str, int]]:
    """The columns that hold what no axis can show: (cell, letter, band)."""
    found = rungs(values, where.spans)
    return [
        (where.start + place * where.cells, rung.letter, rung.band) for place, rung in enumerate(found) if rung.letter
    ]


def draw(
    values: tuple[float, ...],
    ghost: tuple[float, ...],
    axis: Axis,
    where: Columns,
    height: int,
    palette: Palette,
    back: str = "",
    theory: tuple[float, ...] = (),
) -> list[Runs]:
    """The bars of one layer in so many lines; `ghost` are the values at step 0, `theory` what was to be expected there,
    empty when unknown. Theory's mark is one cell wide, in the middle of its column."""
    ghosts = rungs(ghost, where.spans) if len(ghost) == len(values) else []
    upright = [
        _column(rung, ghosts[place] if ghosts else None, axis, height, palette, back)
        for place, rung in enumerate(rungs(values, where.spans))
    ]
    theories = rungs(theory, where.spans) if len(theory) == len(values) and height > 1 else []
    blank: Run = (" ", Ink("", back))
    out: list[Runs] = []
    for line in range(height):
        level = height - 1 - line
        cells = [blank] * where.start
        for place, column in enumerate(upright):
            wide = [column[level]] * where.cells
            if theories and not theories[place].letter and _level(theories[place], axis, height) == level:
                wide[where.cells // 2] = _expected(column[level], back)
            cells += wide
        out.append(merged(cells))
    return out


def _level(rung: Rung, axis: Axis, height: int) -> int:
    """The line, from the lowest up, on which the end of a column stands that has shrunk or grown to there."""
    return axis.cell(rung.high if rung.high < 1.0 else rung.low, height)


def _expected(here: Run, back: str) -> Run:
    """Theory's mark on a cell: where the ghost stands, upon a bar, or alone."""
    glyph, ink = here
    if glyph == GHOST:
        return AS_PREDICTED, ink
    if ink.bg.startswith("band"):
        return THEORY, Ink(ink.bg.replace("band", "on"), ink.bg)
    return THEORY, Ink("text", ink.bg or back)


def _column(rung: Rung, ghost: Rung | None, axis: Axis, height: int, palette: Palette, back: str) -> list[Run]:
    """The cells of one column, from the lowest up: full to the smallest value, pale from there to the largest."""
    empty: Run = (" ", Ink("", back))
    cells = [empty] * height
    colour = f"band{rung.band}"
    full = 0
    if rung.letter:
        cells[0] = (rung.letter, Ink(colour, back, True))
    else:
        full, part = divmod(max(1, axis.eighths(rung.low, height)), 8)
        pale = palette.shade, Ink(colour if palette.shade.strip() else "", f"dim{rung.band}")
        top = -(-axis.eighths(rung.high, height) // 8)
        for level in range(height):
            if level < full:
                cells[level] = (palette.fill, Ink("", colour))
            elif level == full and part:
                cells[level] = (PARTS[part], Ink(colour, f"dim{rung.band}" if level < top - 1 else back))
            elif level < top:
                cells[level] = pale
        if axis.is_above(rung.high):
            cells[-1] = (ABOVE, Ink(f"on{rung.band}", colour))
        elif axis.is_below(rung.low):
            cells[0] = (BELOW, Ink(colour, back, True))
    if ghost is not None and not ghost.letter and height > 1:
        level = _level(ghost, axis, height)
        if cells[level] == empty:
            cells[level] = (GHOST, Ink("text", back))
        elif level < full - 1 and cells[level][0] == palette.fill:
            cells[level] = (GHOST, Ink(f"on{rung.band}", colour))
    return cells


def shares(values: Sequence[float], where: Columns, ink: Ink) -> Runs:
    """A gauge between 0 and 1 in one line: the mean of each column's steps, in eighths; N where one is no number."""
    cells: list[Run] = [(" ", ink)] * where.start
    for span in where.spans:
        held = values[span.first : span.last + 1]
        mean = math.fsum(held) / len(held) if all(map(math.isfinite, held)) else math.nan
        glyph = "N" if mean != mean else "·▁▂▃▄▅▆▇█"[max(0, min(8, round(8 * mean)))]
        cells += [(glyph, ink)] * where.cells
    return merged(cells)
