"""A track as inked text: the bar, its marks, and a word or an arrow where the axis ends."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from gradtui.tui.limits import UPRIGHT
from gradtui.tui.palette import Ink, Run, Runs
from gradtui.tui.rows import Track

GHOST, MARK, FAR_MARK, BOTH = "┆", "◆", "◇", "◈"
#: What theory predicts for step 0, and where the ghost stands just there.
THEORY, AS_PREDICTED = "○", "◎"

#: The end of a bar to an eighth of a cell; index 0 is an empty cell.
PARTS = " ▏▎▍▌▋▊▉"


class _Inks(NamedTuple):
    """What the parts of a track are drawn in."""

    empty: Ink
    bar: Ink
    edge: Ink
    lead: Ink
    on_bar: Ink
    ghost: Ink
    mark: Ink
    word: Ink
    note: Ink
    limit: Ink


@lru_cache(64)
def _inks(band: int, chosen: bool) -> _Inks:
    back = "chosen" if chosen else ""
    return _Inks(
        empty=Ink("", back),
        bar=Ink("", f"band{band}"),
        edge=Ink(f"band{band}", back),
        lead=Ink(f"band{band}", f"dim{band}"),
        on_bar=Ink(f"on{band}", f"band{band}"),
        ghost=Ink("text", back),
        mark=Ink("accent", back),
        word=Ink(f"band{band}", back, True),
        note=Ink("muted", back),
        limit=Ink("faint", back),
    )


def draw(track: Track, width: int, *, chosen: bool = False, fill: str = " ", shade: str = "░") -> Runs:
    """The track on `width` cells, in as few runs as possible.

    `fill` is what the bar's full cells hold, `shade` the cells that lead to a bar with a start of its own.
    """
    inks = _inks(track.band, chosen)
    start, (full, part) = track.start // 8, divmod(0 if track.word else track.stop, 8)
    special: dict[int, Run] = {}

    def mark(cell: int, glyph: str, ink: Ink) -> None:
        filled = start <= cell < full or (cell == full and part >= 4)
        special[cell] = (glyph, inks.on_bar if filled else ink)

    for cell in track.limits:
        if cell >= (full if full >= start else start):
            special[cell] = (UPRIGHT, inks.limit)
    for first, text in track.names:
        special |= {cell: (letter, inks.note) for cell, letter in enumerate(text, first)}
    if part and full < width:
        special[full] = (PARTS[part], inks.edge)
    for cell in track.theories:
        mark(cell, THEORY, inks.ghost)
    for cell in track.ghosts:
        mark(cell, AS_PREDICTED if cell in track.theories else GHOST, inks.ghost)
    for cell in track.marks:
        mark(cell, BOTH if cell in track.ghosts else MARK, inks.mark)
    for cell in track.far_marks:
        mark(cell, FAR_MARK, inks.mark)
    if track.arrow:
        mark(0 if track.arrow == "◂" else width - 1, track.arrow, inks.word)
    for cell, letter in enumerate(track.word[:width]):
        special[cell] = (letter, inks.word)
    if track.word:
        special[len(track.word)] = (" ", inks.empty)
    for cell, letter in enumerate(track.note, width - len(track.note) - 1):
        special[cell] = (letter, inks.note)

    lead = (shade, inks.lead if shade.strip() else inks.lead._replace(fg=""))
    ground = [(lead, start if track.lead else 0), ((fill, inks.bar), full), ((" ", inks.empty), width)]
    cells: list[Run] = []
    at = 0
    for cell in [*sorted(special), width]:
        for (glyph, ink), stop in ground:
            if (length := min(stop, cell) - at) > 0:
                cells.append((glyph * length, ink))
                at += length
        if cell < width:
            cells.append(special[cell])
            at += 1
    return merged(cells)


def merged(cells: list[Run]) -> Runs:
    """Neighbours of the same ink as one run."""
    runs: list[Run] = []
    text, ink = "", Ink()
    for piece, this in cells:
        if this is ink or this == ink:
            text += piece
        else:
            if text:
                runs.append((text, ink))
            text, ink = piece, this
    if text:
        runs.append((text, ink))
    return tuple(runs)
