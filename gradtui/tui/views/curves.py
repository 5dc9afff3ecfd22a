"""The curves: loss and accuracy, of the batches and of the held-out examples, as large as the screen allows."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.geometry import Size

from gradtui.tui.palette import KEY, MUTED, Run, Runs
from gradtui.tui.views.view import View
from gradtui.tui.widgets.curve import BATCH, GENERATOR, HELD_OUT, AccuracyChart, LossChart
from gradtui.tui.widgets.lines import Lines, ljust

if TYPE_CHECKING:
    from gradtui.lab.snapshot import Snapshot


class CurvesLegend(Lines):
    """What the two colours are, and the key that changes the axis."""

    DEFAULT_CSS = "CurvesLegend { height: 1; }"

    def __init__(self) -> None:
        super().__init__()
        self.log_steps = False
        #: Whether there are two networks with a loss each.
        self.two = False

    def lines(self, size: Size) -> list[Runs]:
        runs: list[Run] = [
            (" ⣀⣀ ", BATCH),
            ("each batch   ", MUTED),
            ("⣀⣀ ", HELD_OUT),
            ("held out   ", MUTED),
            *([("⣀⣀ ", GENERATOR), ("generator   ", MUTED)] if self.two else []),
            ("x", KEY),
        ]
        other = "linear" if self.log_steps else "log"
        text = f" steps on a {other} axis"
        room = size.width - sum(len(text) for text, _ in runs)
        runs.append((text if len(text) <= room else f" {other} steps", MUTED))
        return [ljust(runs, size.width)]


class CurvesView(View):
    """Two charts, one above the other."""

    title: ClassVar[str] = "Curves"
    period: ClassVar[float] = 0.25

    DEFAULT_CSS = """
    CurvesView { layout: vertical; }
    CurvesView LossChart, CurvesView AccuracyChart { height: 1fr; }
    """

    def __init__(self, *, id: str = "curves") -> None:
        super().__init__(id=id)
        self.loss, self.accuracy = LossChart("LOSS", id="big-loss"), AccuracyChart("ACCURACY", id="big-accuracy")
        self._legend = CurvesLegend()

    def compose(self) -> ComposeResult:
        yield self.loss
        yield self.accuracy
        yield self._legend

    @property
    def word(self) -> str:
        return "chance level"

    def show(self, snapshot: Snapshot) -> None:
        self.loss.show(snapshot)
        self.accuracy.show(snapshot)
        self._legend.two = bool(snapshot.curves.generator_loss)
        self._legend.redraw()

    def change_axis(self) -> None:
        """Change between linear and log steps."""
        self._legend.log_steps = not self._legend.log_steps
        for chart in (self.loss, self.accuracy):
            chart.log_steps = self._legend.log_steps
            chart.redraw()
        self._legend.redraw()
