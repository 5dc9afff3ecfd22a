"""Small charts of one layer's gauges over the steps."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from gradtui.tui import format, limits
from gradtui.tui.bands import band
from gradtui.tui.blocks import cut
from gradtui.tui.braille import Canvas, Scale, bracket
from gradtui.tui.palette import MUTED, STRONG, Ink, Run, Runs
from gradtui.tui.track import merged

if TYPE_CHECKING:
    from gradtui.lab.snapshot import History
    from gradtui.profile import GradientProfile

#: Cells left of a chart.
MARGIN = 6

#: Gauges from the most telling on, and whether their axis is logarithmic; shares stand between 0 and 1.
GAUGES = (
    ("grad_rms", True),
    ("delta_rms", True),
    ("clipped", False),
    ("slope_grad_rms", True),
    ("saturated", False),
    ("update_ratio", True),
    ("similarity", False),
    ("distance", True),
    ("dead", False),
    ("zero_batch", False),
    ("activation_std", True),
    ("activation_mean", False),
)
#: What is not there in every layer: saturation, slopes that are learned; shown where it has ever had a number.
SOMETIMES = frozenset({"slope_grad_rms", "saturated"})


def charts(
    history: History | None, profile: GradientProfile | None, layer: int, clipping: bool = False
) -> Iterator[Callable[[int, int], list[Runs]]]:
    """A chart for each gauge whose past is known, for drawing in any width and height; `clipping`: gradients may be
    clipped."""
    if history is None or profile is None or layer >= len(profile.taps):
        return
    for gauge, log in GAUGES:
        if gauge in history.values and history[gauge].shape[1:] == (len(profile.taps),):
            steps = [*history.steps.tolist(), profile.step]
            values = [*history[gauge][:, layer].tolist(), float(profile[gauge][layer])]
            if gauge in SOMETIMES and not any(map(math.isfinite, values)):
                continue
            if gauge != "clipped" or clipping:
                yield _chart(gauge, steps, values, log)


def _chart(gauge: str, steps: list[int], values: list[float], log: bool) -> Callable[[int, int], list[Runs]]:
    now = values[-1]
    reading = format.number(now) if log else format.steady(now)
    ink = Ink(f"band{band(now)}", "", True) if gauge in ("grad_rms", "delta_rms") else Ink("key", "", True)
    scale = _scale(values, log)

    def draw(width: int, height: int) -> list[Runs]:
        out = [cut([(gauge, STRONG), (f" {reading}", ink)], width)]
        rows, cells = height - 1, width - MARGIN
        if scale is None or rows < 1 or cells < 4:
            return out
        canvas = Canvas(cells, rows)
        canvas.curve(steps, values, Scale(min(steps[0], 0), max(steps[-1], 1)), scale)
        labels = {rows - 1: format.tick(scale.low), 0: format.tick(scale.high)}
        marked = _limits(gauge, scale, rows)
        for row, text in enumerate(canvas.lines()):
            drawn = across(text, marked[row], Ink("key")) if row in marked else [(text, Ink("key"))]
            out.append(cut([(f"{labels.get(row, ''):>{MARGIN - 1}} ", MUTED), *drawn], width))
        return out

    return draw


def _limits(gauge: str, scale: Scale, rows: int) -> dict[int, str]:
    """The rows of a chart through which a limit goes, with its name."""
    marked = {}
    for limit in limits.of_gauge(gauge):
        if scale.low <= limit.value <= scale.high:
            up = scale.dots([limit.value], 4 * rows - 1)[0]
            if up is not None:
                marked[rows - 1 - up // 4] = limit.name
    return marked


def across(text: str, name: str, ink: Ink) -> list[Run]:
    """A row of dots with a limit's line where no dots are, and its name at the end if there is room."""
    said = f" {name}"
    cells = list(text)
    start = len(cells) - len(said)
    named = start > 2 and not "".join(cells[start:]).strip()
    runs: list[Run] = []
    for at, cell in enumerate(cells):
        if named and at >= start:
            runs.append((said[at - start], MUTED))
        else:
            runs.append((cell, ink) if cell != " " else (limits.ACROSS, Ink("faint")))
    return list(merged(runs))


def _scale(values: list[float], log: bool) -> Scale | None:
    """The axis around all values in round numbers; None where there is none to show."""
    shown = [value for value in values if math.isfinite(value) and (value > 0.0 or not log)]
    if not shown:
        return None
    if log:
        return Scale(*bracket(min(shown), max(shown)), log=True)
    low, high = min(shown), max(shown)
    if low >= 0.0 and high <= 1.0:
        return Scale(0.0, 1.0)
    end = bracket(max(-low, high), max(-low, high))[1]
    return Scale(-end if low < 0.0 else 0.0, end)
