"""Samples beside the data that they imitate: points in a plane, or images; and what the discriminator says of both."""

from __future__ import annotations

import math
from collections.abc import Sequence

from gradtui.lab.sight import Forged, Imitated, Judged
from gradtui.tui import format, pictures
from gradtui.tui.blocks import beside, cut
from gradtui.tui.braille import Canvas, Scale
from gradtui.tui.palette import MUTED, STRONG, Ink, Palette, Run, Runs
from gradtui.tui.track import merged

#: A cell with data in it, and one with data and samples; samples alone are braille dots.
DATA, BOTH = "○", "◉"
DATA_INK, SAMPLE_INK, BOTH_INK = Ink("text"), Ink("accent"), Ink("accent", "", True)
FAULT = Ink("error", "", True)
#: From this width on images of the data stand beside samples, else above them.
WIDE, GAP = 90, 2


def headline(judged: Judged, width: int) -> Runs:
    """How well the discriminator tells the two apart."""
    what = "D says data: " if judged.probability else "D's score: "
    reading = format.percent if judged.probability else format.steady
    runs: list[Run] = [
        (what, MUTED),
        (reading(judged.data), STRONG),
        (" of data, ", MUTED),
        (reading(judged.samples), SAMPLE_INK._replace(bold=True)),
        (" of samples", MUTED),
    ]
    if not math.isnan(judged.sample_mse):
        room = width - sum(len(text) for text, _ in runs)
        figure = format.steady(judged.sample_mse)
        texts = ("   mean sample, mean squared error ", "   mse of means ", "  mse ")
        fitting = next((text for text in texts if len(text) + len(figure) <= room), None)
        runs += [(fitting, MUTED), (figure, STRONG)] if fitting else []
    return cut(runs, width)


def plane(seen: Imitated, width: int, height: int) -> list[Runs]:
    """Data and samples where they lie, as much of the plane for a cell across as for half a cell down."""
    rows = height - 2
    if rows < 2 or width < 8:
        return []
    across, down = seen.right - seen.left, seen.top - seen.bottom
    columns = max(4, min(width, round(2 * rows * across / down)))
    rows = max(2, min(rows, round(columns * down / across / 2)))
    x, y = Scale(seen.left, seen.right), Scale(seen.bottom, seen.top)
    canvas, outside = Canvas(columns, rows), 0
    for sample in seen.samples:
        if seen.left <= sample[0] <= seen.right and seen.bottom <= sample[1] <= seen.top:
            canvas.curve([sample[0]], [sample[1]], x, y)
        else:
            outside += 1
    marked = {_cell(x, y, point, columns, rows) for point in seen.data}
    margin: Run = (" " * ((width - columns) // 2), MUTED)
    out: list[Runs] = []
    for row, line in enumerate(canvas.lines()):
        cells: list[Run] = []
        for column, dots in enumerate(line):
            if (column, row) in marked:
                cells.append((DATA, DATA_INK) if dots == " " else (BOTH, BOTH_INK))
            else:
                cells.append((dots, SAMPLE_INK))
        out.append(cut([margin, *merged(cells)], width))
    left, right = format.tick(seen.left), format.tick(seen.right)
    room = max(0, columns - len(left) - len(right) - 2)
    name = f"{seen.axes[0]} →  {seen.axes[1]} ↑ {format.tick(seen.bottom)} to {format.tick(seen.top)}"
    if len(name) > room:
        name = f"{seen.axes[0]} →  {seen.axes[1]} ↑"
    out.append(cut([margin, (f"{left} {name[:room]:^{room}} {right}", MUTED)], width))
    return [*out, cut(_key(seen, outside), width)]


def _cell(x: Scale, y: Scale, point: tuple[float, float], columns: int, rows: int) -> tuple[int, int]:
    """The cell in which a dot at this point stands, the same as that of a sample there."""
    lowest = 4 * rows - 1
    (across,), (up,) = x.dots([point[0]], 2 * columns - 1), y.dots([point[1]], lowest)
    return (across or 0) // 2, (lowest - (up or 0)) // 4


def _key(seen: Imitated, outside: int) -> list[Run]:
    runs: list[Run] = [
        (f"{DATA} ", DATA_INK),
        ("data   ", MUTED),
        ("⠿ ", SAMPLE_INK),
        ("samples   ", MUTED),
        (f"{BOTH} ", BOTH_INK),
        ("both", MUTED),
    ]
    if seen.nonfinite:
        runs.append((f"   {format.count(seen.nonfinite)} NaN or inf", FAULT))
    if outside:
        runs.append((f"   {format.count(outside)} outside", MUTED))
    return runs


def images(seen: Forged, palette: Palette, width: int, height: int) -> list[Runs]:
    """Images of the data, and as many samples as fit."""
    if width >= WIDE:
        left = (width - GAP) // 3
        right = width - GAP - left
        blocks = [
            (left, _gallery("data", STRONG, seen.data, seen, palette, left, height)),
            (right, _gallery("samples", BOTH_INK, seen.samples, seen, palette, right, height)),
        ]
        return beside(blocks, GAP)
    tall = _tall(seen)
    above = 1 + tall if height >= 2 * (1 + tall) else 0
    data = _gallery("data", STRONG, seen.data, seen, palette, width, above) if above else []
    return [*data, *_gallery("samples", BOTH_INK, seen.samples, seen, palette, width, height - above)]


def _tall(seen: Forged) -> int:
    return -(-min(seen.height, pictures.LARGEST) // 2)


def _gallery(
    title: str, ink: Ink, shown: Sequence[Sequence[float]], of: Forged, palette: Palette, width: int, height: int
) -> list[Runs]:
    drawn = [pictures.image(pixels, of.height, of.width, palette) for pixels in shown]
    if not drawn:
        return [cut([(title, ink), ("   none", MUTED)], width)]
    wide, tall = sum(len(text) for text, _ in drawn[0][0]), len(drawn[0])
    across = max(1, (width + 1) // (wide + 1))
    out: list[Runs] = [cut([(title, ink)], width)]
    for first in range(0, len(drawn), across):
        if len(out) + tall > height:
            break
        out += [cut(line, width) for line in beside([(wide, lines) for lines in drawn[first : first + across]])]
        # A line of air between two rows, where there is room for all the same.
        if len(out) + tall + 1 <= height:
            out.append(())
    return out
