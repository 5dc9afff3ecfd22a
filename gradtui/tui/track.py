"""A track as inked text: the bar, its marks, and a word or an arrow where the axis ends."""

from __future__ import annotations

from gradtui.tui.palette import Ink, Run, Runs
from gradtui.tui.rows import Track

GHOST, MARK, FAR_MARK, BOTH = "┆", "◆", "◇", "◈"

#: The end of a bar to an eighth of a cell; index 0 is an empty cell.
PARTS = " ▏▎▍▌▋▊▉"


def draw(track: Track, width: int, *, chosen: bool = False, fill: str = " ", shade: str = "░") -> Runs:
    """The track on `width` cells, in as few runs as possible.

    `fill` is what the bar's full cells hold, `shade` the cells that lead to a bar with a start of its own.
    """
    back = "chosen" if chosen else ""
    empty = Ink("", back)
    bar = Ink("", f"band{track.band}")
    colour = Ink(f"band{track.band}", back)
    start, (full, part) = track.start // 8, divmod(0 if track.word else track.stop, 8)
    special: dict[int, Run] = {}

    def mark(cell: int, glyph: str, ink: Ink) -> None:
        filled = start <= cell < full or (cell == full and part >= 4)
        special[cell] = (glyph, ink._replace(fg=f"on{track.band}", bg=bar.bg) if filled else ink)

    if part and full < width:
        special[full] = (PARTS[part], colour)
    for cell in track.ghosts:
        mark(cell, GHOST, Ink("text", back))
    for cell in track.marks:
        mark(cell, BOTH if cell in track.ghosts else MARK, Ink("accent", back))
    for cell in track.far_marks:
        mark(cell, FAR_MARK, Ink("accent", back))
    if track.arrow:
        mark(0 if track.arrow == "◂" else width - 1, track.arrow, colour._replace(bold=True))
    for cell, letter in enumerate(track.word[:width]):
        special[cell] = (letter, colour._replace(bold=True))
    if track.word:
        special[len(track.word)] = (" ", empty)

    lead = (shade, Ink(colour.fg if shade.strip() else "", f"dim{track.band}"))
    ground = [(lead, start if track.lead else 0), ((fill, bar), full), ((" ", empty), width)]
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
