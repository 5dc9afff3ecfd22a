"""A curve over the steps: what the batches gave, what the held-out examples gave, and both numbers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from textual.geometry import Size

from gradtui.tui import format
from gradtui.tui.braille import Canvas, Scale, bracket
from gradtui.tui.palette import MUTED, STRONG, Ink, Run, Runs
from gradtui.tui.track import merged
from gradtui.tui.widgets.lines import Lines, ljust

if TYPE_CHECKING:
    from gradtui.lab.snapshot import Curves, Snapshot

BATCH, HELD_OUT = Ink("key"), Ink("accent")

#: Cells of the numbers left of the chart.
MARGIN = 6

#: Share of a run from which on the step of a held-out number is said, because the batches have left it behind.
STALE = 0.25


class CurveChart(Lines):
    """A braille chart of one quantity. Its axis is printed, in round numbers, and only ever widens."""

    def __init__(self, title: str, *, id: str) -> None:
        super().__init__(id=id)
        self._title = title
        self._xs: tuple[tuple[int, ...], tuple[int, ...]] = ((), ())
        self._ys: tuple[tuple[float, ...], tuple[float, ...]] = ((), ())
        self._first: object = None
        self._bounds: tuple[float, float] | None = None
        #: Whether the steps stand on a log axis, which then begins at step 1.
        self.log_steps = False

    def series(self, curves: Curves) -> tuple[tuple[float, ...], tuple[float, ...]]:
        """The values of the batches and of the held-out examples."""
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
        self._xs = (curves.steps, curves.held_out_steps)
        self._ys = self.series(curves)
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
        for line in range(height):
            cells: list[Run] = []
            for batch, held_out in zip(layers[0][line], layers[1][line], strict=True):
                # Where both curves pass through a cell its dots are joined, in the held-out curve's colour.
                both = chr(ord(batch) | ord(held_out)) if " " not in (batch, held_out) else held_out
                cells.append((batch, BATCH) if held_out == " " else (both, HELD_OUT))
            out.append(((f"{labels.get(line, ''):>{MARGIN - 1}} ", MUTED), *merged(cells)))
        last, first = format.count(steps), "1" if self.log_steps else "0"
        out.append(((f"{'':{MARGIN}}{first}{last:>{width - 1}}", MUTED),))
        return out

    def _heading(self, width: int) -> list[Run]:
        """The title and both last numbers; a held-out one that the batches have left behind is pale and says its
        step, where there is room."""
        runs: list[Run] = [(self._title, STRONG)]
        stale = all(self._xs) and self._xs[1][-1] < (1 - STALE) * self._xs[0][-1]
        for values, label, ink in zip(self._ys, (" ", " held out "), (BATCH, HELD_OUT), strict=True):
            if values:
                runs += [(label, MUTED), (self.reading(values[-1]), MUTED if stale and ink is HELD_OUT else ink)]
        if stale:
            room = width - sum(len(text) for text, _ in runs)
            step = format.count(self._xs[1][-1])
            runs.append((next((text for text in (f" at step {step}", f" at {step}") if len(text) <= room), ""), MUTED))
        return runs

    def absence(self) -> str:
        """What stands in place of an empty chart."""
        return "nothing yet"

    def _labels(self, scale: Scale, height: int) -> dict[int, str]:
        labels = {height - 1: format.tick(scale.low), 0: format.tick(scale.high)}
        if height >= 5:
            middle = math.sqrt(scale.low * scale.high) if scale.log else (scale.low + scale.high) / 2
            labels[height // 2] = format.tick(middle)
        return labels


class LossChart(CurveChart):
    """The loss, on a log axis between round numbers."""

    def series(self, curves: Curves) -> tuple[tuple[float, ...], tuple[float, ...]]:
        return curves.loss, curves.held_out_loss

    def scale(self) -> Scale | None:
        values = [value for value in self.finite() if value > 0.0]
        if not values:
            return None
        low, high = bracket(min(values), max(values))
        if self._bounds is not None:
            low, high = min(low, self._bounds[0]), max(high, self._bounds[1])
        self._bounds = low, high
        return Scale(low, high, log=True)

    def absence(self) -> str:
        values = self._ys[0] or self._ys[1]
        return f"the loss is {format.number(values[-1])}" if values else super().absence()


class AccuracyChart(CurveChart):
    """The share of right answers, from 0 to 1."""

    def series(self, curves: Curves) -> tuple[tuple[float, ...], tuple[float, ...]]:
        return curves.accuracy, curves.held_out_accuracy

    def scale(self) -> Scale | None:
        return Scale(0.0, 1.0) if self.finite() else None

    def reading(self, value: float) -> str:
        return format.percent(value).replace(" ", "")

    def absence(self) -> str:
        return "no classes, no accuracy" if self._ys[0] else super().absence()
