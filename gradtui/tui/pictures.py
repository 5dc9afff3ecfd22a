"""Pictures that the network sees, two pixels a cell, each with its class and the network's answer."""

from __future__ import annotations

from collections.abc import Sequence

from gradtui.lab.sight import Picture, Pictures
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


def _shown(pictures: Pictures) -> tuple[int, int]:
    """(width, height) in pixels as drawn."""
    every = _every(pictures)
    return -(-pictures.width // every), -(-pictures.height // every)


def _every(pictures: Pictures) -> int:
    """One of so many pixels is drawn, in both directions."""
    return max(1, -(-max(pictures.width, pictures.height) // LARGEST))


def _one(picture: Picture, of: Pictures, letters: Sequence[str], palette: Palette, width: int) -> list[Runs]:
    wide, tall = _shown(of)
    every = _every(of)

    def brightness(x: int, y: int) -> float:
        return picture.pixels[min(y * every, of.height - 1) * of.width + x * every] if y < tall else 0.0

    lines: list[Runs] = []
    for y in range(0, tall, 2):
        cells: list[Run] = []
        for x in range(wide):
            upper, lower = brightness(x, y), brightness(x, y + 1)
            if palette.plain:
                cells.append((SHADES[min(int((upper + lower) / 2 * len(SHADES)), len(SHADES) - 1)], Ink()))
            else:
                cells.append(("▀", Ink(_grey(upper), _grey(lower))))
        lines.append(tuple(joined(cells)))
    wrong = picture.predicted != picture.truth
    answer: list[Run] = [
        class_marks.mark(picture.truth, letters),
        ("✗" if wrong else "✓", Ink("warning" if wrong else "success", "", True)),
        class_marks.mark(picture.predicted, letters),
        (f" {round(100 * picture.confidence)}%", MUTED),
    ]
    return [*lines, cut(answer, width)]


def _grey(brightness: float) -> str:
    return f"grey{min(int(brightness * GREYS), GREYS - 1)}"
