"""A curve over the steps: what the batches gave, what the held-out examples gave, and both numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from textual.geometry import Size

from gradtui.tui import format
from gradtui.tui.braille import Canvas, Scale, bracket, rounded
from gradtui.tui.limits import ACROSS
from gradtui.tui.palette import MUTED, STRONG, Ink, Run, Runs
from gradtui.tui.track import merged
from gradtui.tui.widgets.lines import Lines, ljust

if TYPE_CHECKING:
    from gradtui.lab.snapshot import Curves, Snapshot

BATCH, HELD_OUT, GENERATOR = Ink("key"), Ink("accent"), Ink("class2")

#: The inks of the curves, the last one in front.
INKS = (BATCH, HELD_OUT, GENERATOR)

#: Cells of the numbers left of the chart.
MARGIN = 6

#: Share of a run from which on the step of a held-out number is said, because the batches have left it behind.
STALE = 0.25


class CurveChart(Lines):
    """A braille chart of one quantity. Its axis is printed, in round numbers, and only ever widens."""

    def __init__(self, title: str, *, id: str) -> None:
        super().__init__(id=id)
        self._title = title
        self._xs: tuple[tuple[int, ...], ...] = ((), (), ())
        self._ys: tuple[tuple[float, ...], ...] = ((), (), ())
        self._first: object = None
        self._bounds: tuple[float, float] | None = None
        #: Whether the steps stand on a log axis, which then begins at step 1.
        self.log_steps = False
        #: A level to draw a thin line at, and its name; NaN: none.
        self.level = math.nan
        self.level_name = ""

    def series(self, curves: Curves) -> tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]:
        """The values of the batches, of the held-out examples, and of a generator, empty where there is none."""
        raise NotImplementedError

    def scale(self) -> Scale | None:
        """The vertical axis; None while nothing can be drawn."""
        raise NotImplementedError

    def reading(self, value: float) -> str:
        """A value as text."""
        return format.steady(value)

    def show(self, snapshot: Snapshot) -> None:
        """Draw the curves of a snapshot."""
        if snapshot.first is not self._first:
            self._first, self._bounds = snapshot.first, None
        curves = snapshot.curves
        self._ys = self.series(curves)
        self._xs = (curves.steps, curves.held_out_steps, curves.held_out_steps if self._ys[2] else ())
        self.redraw()

    def finite(self) -> list[float]:
        """All values that are numbers."""
        return [value for values in self._ys for value in values if math.isfinite(value)]

    def lines(self, size: Size) -> list[Runs]:
        title = self._heading(size.width)
        out: list[Runs] = [ljust(title, size.width)]
        scale, width, height = self.scale(), size.width - MARGIN - 1, size.height - 2
        if width < 4 or height < 1:
            return out
        if scale is None:
            return [*out, ((f"{self.absence():>{min(size.width, 24)}}", MUTED),)]
        steps = max((xs[-1] for xs in self._xs if xs), default=0)
        across = Scale(1, max(2, steps), log=True) if self.log_steps else Scale(0, max(1, steps))
        layers = []
        for xs, ys in zip(self._xs, self._ys, strict=True):
            canvas = Canvas(width, height)
            canvas.curve(xs, ys, across, scale)
            layers.append(canvas.lines())
        labels = self._labels(scale, height)
        marked = self._level_row(scale, height)
        for line in range(height):
            cells: list[Run] = []
            for dots in zip(*(layer[line] for layer in layers), strict=True):
                # Where curves pass through the same cell their dots are joined, in the last one's colour.
                drawn = [(dot, ink) for dot, ink in zip(dots, INKS, strict=True) if dot != " "]
                joined = 0
                for dot, _ in drawn:
                    joined |= ord(dot)
                cells.append((chr(joined), drawn[-1][1]) if drawn else (" ", BATCH))
            if line == marked:
                said = f" {self.level_name}"
                text = "".join(cell for cell, _ in cells)
                start = width - len(said) if not text[width - len(said) :].strip() else width
                cells = [
                    (said[at - start], MUTED) if at >= start else run if run[0] != " " else (ACROSS, Ink("faint"))
                    for at, run in enumerate(cells)
                ]
            out.append(((f"{labels.get(line, ''):>{MARGIN - 1}} ", MUTED), *merged(cells)))
        last, first = format.count(steps), "1" if self.log_steps else "0"
        out.append(((f"{'':{MARGIN}}{first}{last:>{width - 1}}", MUTED),))
        return out

    def _level_row(self, scale: Scale, height: int) -> int | None:
        """The row that the level's line goes through; None where it is not on the axis."""
        if not scale.low <= self.level <= scale.high:
            return None
        up = scale.dots([self.level], 4 * height - 1)[0]
        return None if up is None else height - 1 - up // 4

    def _heading(self, width: int) -> list[Run]:
        """The title and the last numbers; a held-out one that the batches have left behind is pale and says its
        step, where there is room. With a generator its loss stands beside the discriminator's."""
        runs: list[Run] = [(self._title, STRONG)]
        stale = bool(self._xs[0]) and bool(self._xs[1]) and self._xs[1][-1] < (1 - STALE) * self._xs[0][-1]
        two = bool(self._ys[2])
        order = ((0, " D ", BATCH), (2, " G ", GENERATOR)) if two else ((0, " ", BATCH),)
        for number, label, ink in (*order, (1, " held out ", MUTED if stale else HELD_OUT)):
            if self._ys[number] and self.is_said(self._ys[number]):
                said: list[Run] = [(label, MUTED), (self.reading(self._ys[number][-1]), ink)]
                if not two or _wide([*runs, *said]) <= width:
                    runs += said
        if stale:
            room = width - _wide(runs)
            step = format.count(self._xs[1][-1])
            runs.append((next((text for text in (f" at step {step}", f" at {step}") if len(text) <= room), ""), MUTED))
        return runs

    def is_said(self, values: tuple[float, ...]) -> bool:
        """Whether the last of these values stands beside the title."""
        return True

    def absence(self) -> str:
        """What stands in place of an empty chart."""
        return "nothing yet"

    def _labels(self, scale: Scale, height: int) -> dict[int, str]:
        labels = {height - 1: format.tick(scale.low), 0: format.tick(scale.high)}
        if height >= 5:
            middle = math.sqrt(scale.low * scale.high) if scale.log else (scale.low + scale.high) / 2
            labels[height // 2] = format.tick(middle)
        return labels


def _wide(runs: list[Run]) -> int:
    return sum(len(text) for text, _ in runs)


class LossChart(CurveChart):
    """The loss, on a log axis between round numbers; on a linear one where a game has losses below 0. Where a verdict
    rests on the loss of chance, a line stands there."""

    def show(self, snapshot: Snapshot) -> None:
        rows = [row for verdict in snapshot.verdicts for row in getattr(verdict, "evidence", ())]
        self.level = next((row.value for row in rows if row.name == "chance"), math.nan)
        self.level_name = "chance"
        super().show(snapshot)

    def series(self, curves: Curves) -> tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]:
        return curves.loss, curves.held_out_loss, curves.generator_loss

    def scale(self) -> Scale | None:
        finite = self.finite()
        if any(value < 0.0 for value in finite) or (finite and self._bounds is not None and self._bounds[0] < 0.0):
            return self._linear(min(finite), max(finite))
        values = [value for value in self.finite() if value > 0.0]
        if not values:
            return None
        low, high = bracket(min(values), max(values))
        if self._bounds is not None:
            low, high = min(low, self._bounds[0]), max(high, self._bounds[1])
        self._bounds = low, high
        return Scale(low, high, log=True)

    def _linear(self, low: float, high: float) -> Scale:
        """Round numbers around all values and 0."""
        if self._bounds is not None:
            low, high = min(low, self._bounds[0]), max(high, self._bounds[1])
        self._bounds = -rounded(-low, down=False), rounded(high, down=False) if high > 0.0 else 0.0
        return Scale(*self._bounds)

    def absence(self) -> str:
        values = self._ys[0] or self._ys[1]
        return f"the loss is {format.number(values[-1])}" if values else super().absence()


class AccuracyChart(CurveChart):
    """The share of right answers, from 0 to 1."""

    def series(self, curves: Curves) -> tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...]]:
        return curves.accuracy, curves.held_out_accuracy, ()

    def scale(self) -> Scale | None:
        return Scale(0.0, 1.0) if self.finite() else None

    def reading(self, value: float) -> str:
        return format.percent(value).replace(" ", "")

    def is_said(self, values: tuple[float, ...]) -> bool:
        # Where there are no classes it is NaN from the first to the last, which says nothing.
        return any(map(math.isfinite, values))

    def absence(self) -> str:
        return "no classes, no accuracy" if self._ys[0] else super().absence()
