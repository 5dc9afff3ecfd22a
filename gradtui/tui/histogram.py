"""Histograms as bars of eighths, with phi' under one on the same axis. Pure arithmetic."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import groupby

from gradtui.lab.inspection import FLAT, Histogram, Inspection
from gradtui.tui import format
from gradtui.tui.bands import band
from gradtui.tui.blocks import cut
from gradtui.tui.braille import Canvas, Scale
from gradtui.tui.palette import MUTED, STRONG, Ink, Run, Runs

#: Cells left of the bars: the share of the highest one.
MARGIN = 5

_EIGHTHS = " ▁▂▃▄▅▆▇█"

#: The inks of what lies where phi' is steep, and where it is flat: healthy and vanishing, as in every view.
STEEP, FLAT_INK = Ink("band6"), Ink("band3")
PLAIN, FAULT = Ink("key"), Ink("error", "", True)


def resampled(counts: Sequence[int], cells: int) -> list[float]:
    """The same counts over another number of equal steps: each step gives its share to the cells it lies over."""
    out = [0.0] * cells
    width = cells / len(counts)
    for step, count in enumerate(counts):
        if not count:
            continue
        left, right = step * width, (step + 1) * width
        for cell in range(int(left), min(cells, math.ceil(right - 1e-9))):
            out[cell] += count * (min(right, cell + 1) - max(left, cell)) / width
    return out


def heights(values: Sequence[float], rows: int) -> list[int]:
    """Each bar's height in eighths of a line; the highest one fills `rows`, what is not 0 is seen."""
    highest = max(values, default=0.0)
    if highest <= 0.0:
        return [0] * len(values)
    return [max(1, round(value / highest * rows * 8)) if value > 0.0 else 0 for value in values]


def bars(histogram: Histogram, width: int, rows: int, inks: Sequence[Ink]) -> list[Runs]:
    """The bars, `rows` lines, with the highest one's share of all entries on the left; an ink a cell."""
    values = resampled(histogram.counts, len(inks))
    tall = heights(values, rows)
    share = max(values, default=0.0) / histogram.total if histogram.total else 0.0
    out: list[Runs] = []
    for row in range(rows):
        floor = (rows - 1 - row) * 8
        cells = [(_EIGHTHS[max(0, min(8, eighths - floor))], ink) for eighths, ink in zip(tall, inks, strict=True)]
        label = format.percent(share).replace(" ", "") if row == 0 and share else ""
        out.append(cut([(f"{label:>{MARGIN - 1}} ", MUTED), *joined(cells)], width))
    return out


def joined(cells: Sequence[Run]) -> list[Run]:
    """Neighbouring cells of one ink in one run."""
    return [("".join(text for text, _ in run), ink) for ink, run in groupby(cells, key=lambda cell: cell[1])]


def axis(histogram: Histogram, width: int, flat: Sequence[bool] = ()) -> Runs:
    """The line under the bars: both ends, and 0 where it lies between; dots where phi is flat."""
    cells = width - MARGIN
    line = [
        ("┄" if flat[cell] else "─", FLAT_INK if flat[cell] else MUTED) if flat else ("─", MUTED)
        for cell in range(cells)
    ]
    ends = [_end(value, histogram.log) for value in (histogram.low, histogram.high)]
    labels = [(0, ends[0]), (cells - len(ends[1]), ends[1])]
    if not histogram.log and histogram.low < 0.0 < histogram.high:
        labels.append((min(cells - 1, int(cells * -histogram.low / (histogram.high - histogram.low))), "0"))
    for left, text in labels:
        for place, letter in enumerate(text):
            if 0 <= left + place < cells:
                line[left + place] = (letter, MUTED)
    return cut([(" " * MARGIN, MUTED), *joined(line)], width)


def _end(value: float, log: bool) -> str:
    if log:
        return f"1e{value:.0f}"
    return f"{value:g}" if 1.0 <= abs(value) < 1e4 else format.tick(value)


def title(name: str, histogram: Histogram, width: int) -> Runs:
    """The name, what is no number, and as many figures as fit."""
    faults = [
        f"{word} {format.count(count)}"
        for word, count in (("NaN", histogram.nan), ("inf", histogram.infinite), ("zero", histogram.zeros))
        if count
    ]
    runs: list[Run] = [(name, STRONG)]
    for text in faults:
        runs.append((f"  {text}", FAULT if not text.startswith("zero") else Ink("warning")))
    figures = [f"  mean {format.steady(histogram.mean)}", f"  std {format.steady(histogram.deviation)}"]
    for figure in figures if math.isfinite(histogram.mean) else ():
        if sum(len(text) for text, _ in runs) + len(figure) <= width:
            runs.append((figure, MUTED))
    return cut(runs, width)


def plain(name: str, histogram: Histogram) -> Callable[[int, int], list[Runs]]:
    """A histogram in lines: title, bars, axis."""

    def draw(width: int, height: int) -> list[Runs]:
        if not any(histogram.counts):
            said = "every entry is exactly 0" if histogram.zeros == histogram.total else "nothing here has a size"
            return [title(name, histogram, width), (), cut([(" " * MARGIN, MUTED), (said, MUTED)], width)]
        cells = width - MARGIN
        inks = [PLAIN] * cells
        if histogram.log:
            span = (histogram.high - histogram.low) / cells
            inks = [Ink(f"band{_band(histogram.low + (cell + 0.5) * span)}") for cell in range(cells)]
        rows = max(1, height - 2)
        return [title(name, histogram, width), *bars(histogram, width, rows, inks), axis(histogram, width)]

    return draw


def _band(decade: float) -> int:
    """The band of 10**decade, whose power may be no float any more."""
    return band(10.0 ** max(-320.0, min(decade, 308.0)))


def preactivations(inspection: Inspection) -> Callable[[int, int], list[Runs]]:
    """What the activation reads, and under it phi' on the same axis: bars over the flat part are saturated."""

    def draw(width: int, height: int) -> list[Runs]:
        histogram, cells = inspection.preactivations, width - MARGIN
        slopes = inspection.slopes
        steepest = inspection.steepest or 1.0
        at = [slopes[round((cell + 0.5) / cells * (len(slopes) - 1))] for cell in range(cells)]
        flat = [abs(slope) < FLAT * steepest for slope in at]
        inks = [FLAT_INK if low else STEEP for low in flat]
        below = max(1, (height - 2) * 2 // 5)
        rows = max(1, height - 2 - below)
        name = f"z → {inspection.activation}"
        low = min(0.0, *(slope for slope in slopes if math.isfinite(slope)), 0.0)
        canvas = Canvas(cells, below)
        places = [place / (len(slopes) - 1) for place in range(len(slopes))]
        canvas.curve(places, slopes, Scale(0.0, 1.0), Scale(low, steepest))
        labels = {below - 1: "φ' 0", 0: format.tick(steepest)} if below > 1 else {0: f"φ'{format.tick(steepest)[:3]}"}
        curve: list[Runs] = []
        for row, text in enumerate(canvas.lines()):
            label = f"{labels.get(row, ''):>{MARGIN - 1}} "
            curve.append(cut([(label, MUTED), *joined(list(zip(text, inks, strict=True)))], width))
        return [
            title(name, histogram, width),
            *bars(histogram, width, rows, inks),
            axis(histogram, width, flat),
            *curve,
        ]

    return draw
