"""Pictures that the network sees, two pixels a cell, each with its class and the network's answer."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import cache

from gradtui.lab.sight import UNDECIDED, Picture, Pictures
from gradtui.tui import class_marks
from gradtui.tui.blocks import beside, cut
from gradtui.tui.histogram import joined
from gradtui.tui.palette import GREYS, MUTED, Ink, Palette, Run, Runs

#: Without colours: from dark to bright.
SHADES = " ░▒▓█"

#: The widest and tallest a picture is drawn, in pixels; larger ones are thinned.
LARGEST = 32


def size(pictures: Pictures) -> tuple[int, int]:
    """(width, height) in cells that one picture takes with the line under it."""
    wide, tall = _shown(pictures)
    return max(wide, 8), -(-tall // 2) + 1


def draw(pictures: Pictures, classes: Sequence[str], palette: Palette, width: int, height: int) -> list[Runs]:
    """As many pictures as fit, the wrong ones first."""
    letters = class_marks.marks(classes)
    wide, tall = size(pictures)
    across, down = (width + 1) // (wide + 1), height // tall
    out: list[Runs] = []
    for row in range(down):
        shown = pictures.pictures[row * across : (row + 1) * across]
        if shown:
            out += beside([(wide, _one(picture, pictures, letters, palette, wide)) for picture in shown])
    return [cut(line, width) for line in out]


def image(pixels: Sequence[float], height: int, width: int, palette: Palette) -> list[Runs]:
    """One picture, two pixels a cell, thinned where it is large; a pixel that is no number is a question mark."""
    every = max(1, -(-max(height, width) // LARGEST))
    wide, tall = -(-width // every), -(-height // every)
    rows = [tuple(pixels[y * every * width : (y * every + 1) * width : every]) for y in range(tall)]
    rows += [(0.0,) * wide] * (tall % 2)
    lines: list[Runs] = []
    for above, below in zip(rows[::2], rows[1::2], strict=True):
        cells: list[Run] = []
        for upper, lower in zip(above, below, strict=True):
            if math.isnan(upper + lower):
                cells.append((class_marks.NONE, class_marks.ink(UNDECIDED)))
            elif palette.plain:
                cells.append((_shade((upper + lower) / 2), Ink()))
            else:
                cells.append(_pair(_step(upper), _step(lower)))
        lines.append(tuple(joined(cells)))
    return lines


def _shown(pictures: Pictures) -> tuple[int, int]:
    """(width, height) in pixels as drawn."""
    every = _every(pictures)
    return -(-pictures.width // every), -(-pictures.height // every)


def _every(pictures: Pictures) -> int:
    """One of so many pixels is drawn, in both directions."""
    return max(1, -(-max(pictures.width, pictures.height) // LARGEST))


def _one(picture: Picture, of: Pictures, letters: Sequence[str], palette: Palette, width: int) -> list[Runs]:
    lines = image(picture.pixels, of.height, of.width, palette)
    wrong = picture.predicted != picture.truth
    answer: list[Run] = [
        class_marks.mark(picture.truth, letters),
        ("✗" if wrong else "✓", Ink("warning" if wrong else "text", "", True)),
        class_marks.mark(picture.predicted, letters),
        (f" {round(100 * picture.confidence)}%", MUTED),
    ]
    return [*lines, cut(answer, width)]


def _shade(brightness: float) -> str:
    return SHADES[max(0, min(int(brightness * len(SHADES)), len(SHADES) - 1))]


def _step(brightness: float) -> int:
    return max(0, min(int(brightness * GREYS), GREYS - 1))


@cache
def _pair(upper: int, lower: int) -> Run:
    """Two pixels, one above the other."""
    return ("▀", Ink(f"grey{upper}", f"grey{lower}"))
