"""The plane of two inputs: which class the network sees where, how sure it is, and the training points."""

from __future__ import annotations

from collections.abc import Sequence

from gradtui.lab.sight import UNDECIDED, Boundary
from gradtui.tui import class_marks, format
from gradtui.tui.blocks import cut
from gradtui.tui.histogram import joined
from gradtui.tui.palette import MUTED, Ink, Palette, Run, Runs

#: The confidence, from 0 for a guess to 1, above which a field is drawn as sure.
SURE = 0.5

#: Without colours: the fields of the classes, where the network is sure of them.
TEXTURES = ".▒░:▓-+=*%"


def draw(boundary: Boundary, classes: Sequence[str], palette: Palette, width: int, height: int) -> list[Runs]:
    """The plane in lines, and below it which letter is which class."""
    letters = class_marks.marks(classes)
    key = class_marks.key(classes, letters, width)
    rows = height - 2
    if rows < 1 or width < 2:
        return []
    cells = [
        [_field(boundary, len(classes), palette, column, row, width, rows) for column in range(width)]
        for row in range(rows)
    ]
    for point in boundary.points:
        column = int((point.x - boundary.left) / (boundary.right - boundary.left) * width)
        row = int((boundary.top - point.y) / (boundary.top - boundary.bottom) * rows)
        column, row = min(column, width - 1), min(row, rows - 1)
        ground = cells[row][column][1].bg
        own = Ink(f"class{point.label % 10}" if palette.shades or not ground else f"over{ground[5:]}", ground, True)
        cells[row][column] = (letters[point.label], own)
    out: list[Runs] = [cut(joined(line), width) for line in cells]
    return [*out, _axis(boundary, width), cut(key, width)]


def _field(boundary: Boundary, classes: int, palette: Palette, column: int, row: int, width: int, rows: int) -> Run:
    """One cell: two fields, one above the other; without colours one, as a texture."""
    if palette.plain:
        label, sure = _at(boundary, classes, (column + 0.5) / width, (row + 0.5) / rows)
        if label == UNDECIDED:
            return (class_marks.NONE, Ink())
        return (TEXTURES[label % 10] if sure else " ", Ink())
    halves = [_at(boundary, classes, (column + 0.5) / width, (row + part) / rows) for part in (0.25, 0.75)]
    if UNDECIDED in (halves[0][0], halves[1][0]):
        return (class_marks.NONE, class_marks.ink(UNDECIDED))
    upper, lower = (_role(label, sure, palette) for label, sure in halves)
    if upper == lower:
        return (" ", Ink("", upper))
    if not upper:
        return ("▄", Ink(lower))
    return ("▀", Ink(upper, lower))


def _role(label: int, sure: bool, palette: Palette) -> str:
    """The role of a field; empty where it is unsure and there are no shades to say so."""
    if palette.shades:
        return f"{'deep' if sure else 'pale'}{label % 10}"
    return f"class{label % 10}" if sure else ""


def _at(boundary: Boundary, classes: int, across: float, down: float) -> tuple[int, bool]:
    """The class at a place of the plane, both 0..1 from the top left, and whether the network is sure of it."""
    at = min(int(down * boundary.rows), boundary.rows - 1) * boundary.columns
    at += min(int(across * boundary.columns), boundary.columns - 1)
    guess = 1.0 / max(classes, 2)
    return boundary.predicted[at], (boundary.confidence[at] - guess) / (1.0 - guess) > SURE


def _axis(boundary: Boundary, width: int) -> Runs:
    first, second = boundary.axes
    left, right = format.tick(boundary.left), format.tick(boundary.right)
    names = f"{first} →  {second} ↑ {format.tick(boundary.bottom)} to {format.tick(boundary.top)}"
    room = max(0, width - len(left) - len(right) - 2)
    return cut([(f"{left} {names[:room]:^{room}} {right}", MUTED)], width)
