"""Blocks of inked lines, put beside and below each other. Pure arithmetic."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gradtui.tui.palette import Ink, Run, Runs

_BLANK = Ink("")


@dataclass(frozen=True)
class Panel:
    """What can be drawn at any width in at least `least` lines and has use for `most`."""

    draw: Callable[[int, int], list[Runs]]
    least: int
    most: int = 999


def cut(runs: Sequence[Run], width: int, fill: Ink = _BLANK) -> Runs:
    """The runs in exactly `width` cells; what is added is drawn in `fill`."""
    out: list[Run] = []
    room = width
    for text, ink in runs:
        if room > 0 and text:
            out.append((text[:room], ink))
            room -= min(room, len(text))
    if room > 0:
        out.append((" " * room, fill))
    return tuple(out)


def beside(blocks: Sequence[tuple[int, list[Runs]]], gap: int = 1) -> list[Runs]:
    """Blocks of (width, lines) from left to right, as tall as the tallest."""
    height = max((len(lines) for _, lines in blocks), default=0)
    out: list[Runs] = []
    for row in range(height):
        line: list[Run] = []
        for number, (width, lines) in enumerate(blocks):
            if number:
                line.append((" " * gap, _BLANK))
            line += cut(lines[row] if row < len(lines) else (), width)
        out.append(tuple(line))
    return out


def stack(panels: Sequence[Panel], width: int, height: int) -> list[Runs]:
    """As many of the panels as fit, the first ones first, one below the other; they share what room is left."""
    heights = fitting(panels, height)
    out: list[Runs] = []
    for panel, lines in zip(panels, heights, strict=False):
        drawn = panel.draw(width, lines)[:lines]
        out += drawn + [()] * (lines - len(drawn))
    return out


def fitting(panels: Sequence[Panel], height: int) -> list[int]:
    """The heights of as many panels as fit."""
    heights: list[int] = []
    for panel in panels:
        if sum(heights) + panel.least > height:
            break
        heights.append(panel.least)
    spare = height - sum(heights)
    while spare > 0:
        growing = [at for at in range(len(heights)) if heights[at] < panels[at].most]
        if not growing:
            break
        for at in growing[:spare]:
            heights[at] += 1
        spare -= min(spare, len(growing))
    return heights
