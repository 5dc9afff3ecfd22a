"""The plane of two inputs: which class the network sees where, how sure it is, and the training points."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from gradtui.lab.sight import UNDECIDED, Boundary, Point
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
    guess = 1.0 / max(len(classes), 2)
    least = guess + SURE * (1.0 - guess)
    grounds = [
        _ground(label, confidence > least, palette)
        for label, confidence in zip(boundary.predicted, boundary.confidence, strict=True)
    ]
    cells = _fields(boundary, grounds, palette, width, rows)
    for point, field in sorted(_placed(boundary), key=lambda each: boundary.predicted[each[1]] != each[0].label):
        column, row = _place(boundary, point, width, rows)
        ground = "" if palette.plain else grounds[field]
        cells[row][column] = (letters[point.label], _point(point.label % 10, ground, palette))
    out: list[Runs] = [cut(joined(line), width) for line in cells]
    return [*out, _axis(boundary, width), cut(key, width)]


def _place(boundary: Boundary, point: Point, columns: int, rows: int) -> tuple[int, int]:
    """The column and the row, of so many, in which a point stands."""
    across = (point.x - boundary.left) / (boundary.right - boundary.left)
    down = (boundary.top - point.y) / (boundary.top - boundary.bottom)
    return min(int(across * columns), columns - 1), min(int(down * rows), rows - 1)


def _placed(boundary: Boundary) -> Iterator[tuple[Point, int]]:
    """Each training point with the number of its field."""
    for point in boundary.points:
        column, row = _place(boundary, point, boundary.columns, boundary.rows)
        yield point, row * boundary.columns + column


def _fields(boundary: Boundary, grounds: Sequence[str], palette: Palette, width: int, rows: int) -> list[list[Run]]:
    """The ground: two fields a cell, one above the other; without colours one, as a texture."""
    halves = (0.5,) if palette.plain else (0.25, 0.75)
    across = [int((column + 0.5) / width * boundary.columns) for column in range(width)]
    # There are few pairs and many cells.
    known: dict[tuple[str, ...], Run] = {}
    out: list[list[Run]] = []
    for row in range(rows):
        starts = [int((row + part) / rows * boundary.rows) * boundary.columns for part in halves]
        line: list[Run] = []
        for column in across:
            pair = tuple(grounds[start + column] for start in starts)
            if pair not in known:
                known[pair] = _cell(pair)
            line.append(known[pair])
        out.append(line)
    return out


def _cell(pair: tuple[str, ...]) -> Run:
    if class_marks.NONE in pair:
        return (class_marks.NONE, class_marks.ink(UNDECIDED))
    if len(pair) == 1:
        return (pair[0], Ink())
    upper, lower = pair
    if upper == lower:
        return (" ", Ink("", upper))
    return ("▀", Ink(upper, lower)) if upper else ("▄", Ink(lower))


def _point(label: int, ground: str, palette: Palette) -> Ink:
    """The ink of a training point: one in the field of another class brings its own colour along."""
    if not ground:
        return Ink(f"class{label}", "", True)
    if not ground.endswith(str(label)):
        return Ink(f"over{label}", f"class{label}", True)
    return Ink("text" if palette.shades else f"over{label}", ground, True)


def _ground(label: int, sure: bool, palette: Palette) -> str:
    """A field's texture without colours, else the role of its colour: empty where the network is unsure and there are
    no shades to say so."""
    if label == UNDECIDED:
        return class_marks.NONE
    if palette.plain:
        return TEXTURES[label % 10] if sure else " "
    if palette.shades:
        return f"{'deep' if sure else 'pale'}{label % 10}"
    return f"class{label % 10}" if sure else ""


def _axis(boundary: Boundary, width: int) -> Runs:
    first, second = boundary.axes
    left, right = format.tick(boundary.left), format.tick(boundary.right)
    names = f"{first} →  {second} ↑ {format.tick(boundary.bottom)} to {format.tick(boundary.top)}"
    room = max(0, width - len(left) - len(right) - 2)
    return cut([(f"{left} {names[:room]:^{room}} {right}", MUTED)], width)
