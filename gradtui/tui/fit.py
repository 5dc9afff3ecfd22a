"""The fit of a regression: predicted over true numbers; on the diagonal they are the same."""

from __future__ import annotations

import math

from gradtui.lab.sight import Fit
from gradtui.tui import format
from gradtui.tui.blocks import cut
from gradtui.tui.braille import Canvas, Scale
from gradtui.tui.palette import MUTED, STRONG, Ink, Run, Runs

MARGIN = 8
POINTS, SAME = Ink("key"), Ink("faint")


def headline(fit: Fit, width: int) -> Runs:
    """How far off the predictions are."""
    runs: list[Run] = []
    if fit.nonfinite:
        count, total = format.count(fit.nonfinite), format.count(fit.total)
        runs.append((f"{count} of {total} predictions are NaN or inf  ", Ink("error", "", True)))
    runs += [("rms error ", MUTED), (format.steady(fit.rms_error), STRONG)]
    if math.isfinite(fit.explained):
        runs += [("  R² ", MUTED), (format.steady(fit.explained), STRONG)]
    runs.append((f"  {format.count(fit.total)} held out", MUTED))
    if fit.outputs > 1:
        runs.append((f", {fit.outputs} outputs together", MUTED))
    return cut(runs, width)


def draw(fit: Fit, width: int, height: int) -> list[Runs]:
    """The points, and the diagonal where prediction and truth agree."""
    cells, rows = width - MARGIN, height - 1
    finite = [value for value in (*fit.truths, *fit.predicted) if math.isfinite(value)]
    if cells < 4 or rows < 2 or not finite:
        return [cut([("no number to draw", MUTED)], width)]
    low, high = min(finite), max(finite)
    if low == high:
        low, high = low - 1.0, high + 1.0
    scale = Scale(low, high)
    same, points = Canvas(cells, rows), Canvas(cells, rows)
    same.curve([low, high], [low, high], scale, scale)
    for truth, predicted in zip(fit.truths, fit.predicted, strict=True):
        points.curve([truth], [predicted], scale, scale)
    out: list[Runs] = []
    labels = {0: format.tick(high), rows // 2: "predict.", rows - 1: format.tick(low)}
    for row, (line, dots) in enumerate(zip(same.lines(), points.lines(), strict=True)):
        cells_drawn: list[Run] = [(line[at], SAME) if dot == " " else (dot, POINTS) for at, dot in enumerate(dots)]
        out.append(cut([(f"{labels.get(row, ''):>{MARGIN - 1}} ", MUTED), *cells_drawn], width))
    left, right = format.tick(low), format.tick(high)
    room = max(0, cells - len(left) - len(right))
    return [*out, cut([(" " * MARGIN, MUTED), (left + f"{'true'[:room]:^{room}}" + right, MUTED)], width)]
