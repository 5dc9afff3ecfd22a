"""How widely the heads of a transformer look: a row a block, a cell a head. Pure arithmetic."""

from __future__ import annotations

import math

from gradtui.lab.sight import Attention
from gradtui.tui import format
from gradtui.tui.blocks import Panel, cut
from gradtui.tui.palette import MUTED, STRONG, Ink, Run, Runs

#: Cells of a block's name, and of a head: a bar, a number, a gap.
NAME, BAR, HEAD = 9, 4, 11
#: Below this share of the entropy of looking at all alike a head looks at one step alone.
SHARP = 0.05
#: A block's name, and the least and the most entropy of the heads in each of its cells.
Row = tuple[str, list[tuple[float, float]]]

_EIGHTHS = " ▏▎▍▌▋▊▉█"


def panel(seen: Attention) -> Panel:
    """The heading and a row for each block; where there are fewer rows, neighbouring blocks share them."""
    blocks = len(seen.entropy)

    def draw(width: int, height: int) -> list[Runs]:
        columns = max(1, (width - NAME) // HEAD)
        shown = rows(seen, max(1, height - 1), columns)
        shares = len(shown) < blocks or len(shown[0][1]) < len(seen.entropy[0])
        return [_heading(seen, shares, width), *(_row(row, seen.uniform, width) for row in shown)]

    return Panel(draw, 2 if blocks == 1 else 3, 1 + blocks)


def rows(seen: Attention, most: int, columns: int) -> list[Row]:
    """At most `most` rows of at most `columns` cells; what shares a cell is told by its least and its most."""
    blocks, heads = len(seen.entropy), len(seen.entropy[0])
    found: list[Row] = []
    for first, last in _shared(blocks, most):
        cells = []
        for left, right in _shared(heads, columns):
            values = [value for block in seen.entropy[first : last + 1] for value in block[left : right + 1]]
            broken = any(map(math.isnan, values))
            cells.append((math.nan, math.nan) if broken else (min(values), max(values)))
        found.append((f"block {first + 1}" if first == last else f"{first + 1}-{last + 1}", cells))
    return found


def _shared(count: int, most: int) -> list[tuple[int, int]]:
    """`count` things on at most `most` places, first and last of each place."""
    places = min(count, most)
    return [(count * at // places, count * (at + 1) // places - 1) for at in range(places)]


def _heading(seen: Attention, shares: bool, width: int) -> Runs:
    uniform = format.steady(seen.uniform)
    said = f"nats, least of each; {uniform}: all alike" if shares else f"nats a head; {uniform}: looks at all alike"
    runs: list[Run] = [("attention entropy", STRONG), (f"  {said}", MUTED)]
    more = ", 0: at one step alone"
    if sum(len(text) for text, _ in runs) + len(more) <= width:
        runs.append((more, MUTED))
    return cut(runs, width)


def _row(row: Row, uniform: float, width: int) -> Runs:
    name, cells = row
    runs: list[Run] = [(format.fitted(name, NAME), MUTED)]
    for low, high in cells:
        if math.isnan(low):
            runs.append((format.fitted("NaN", HEAD), Ink("error", "", True)))
            continue
        share = low / uniform if uniform > 0.0 else 1.0
        ink = Ink("warning", "", True) if share < SHARP else Ink("key")
        numbers = f"{low:.2f}" if f"{low:.2f}" == f"{high:.2f}" or len(cells) > 1 else f"{low:.2f} to {high:.2f}"
        runs += [(_bar(share), ink), (format.fitted(f" {numbers}", max(HEAD - BAR, len(numbers) + 2)), ink)]
    return cut(runs, width)


def _bar(share: float) -> str:
    eighths = max(0, min(BAR * 8, round(share * BAR * 8)))
    full, rest = divmod(eighths, 8)
    return ("█" * full + (_EIGHTHS[rest] if rest else "")).ljust(BAR, "·")
