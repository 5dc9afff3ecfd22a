"""The ladder of time: how far back in time the gradient of a recurrent network reaches."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.events import Click, MouseScrollDown, MouseScrollUp
from textual.geometry import Size

from gradtui.tui import ladder
from gradtui.tui.axis import Axis, of_run
from gradtui.tui.braille import bracket
from gradtui.tui.ladder import CELL, HIDDEN, Ladder, Table
from gradtui.tui.layer_rows import LayerRows
from gradtui.tui.palette import MUTED, STRONG, Ink, Runs
from gradtui.tui.views.view import View
from gradtui.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from gradtui.lab.snapshot import Snapshot
    from gradtui.profile import GradientProfile
    from gradtui.theory import Prediction

_AT_ONCE = "This network has no time steps: every layer sees the whole example at once."
_TO_ALL = "A transformer looks at all time steps at once: no gradient goes from one to the one before it."
_BELONGS = (
    "The ladder belongs to recurrent networks, where the gradient travels back through time, one column for each time "
    "step."
)


class LadderPicture(Lines):
    """The ladder, or why there is none."""

    DEFAULT_CSS = "LadderPicture { height: 1fr; }"

    def __init__(self, view: LadderView) -> None:
        super().__init__(id=f"{view.id}-picture")
        self._view = view

    def lines(self, size: Size) -> list[Runs]:
        seen = self._view.seen
        if seen is not None:
            return ladder.draw(seen, self.palette, size.width, size.height)
        if self._view.recurrent:
            return [((" nothing measured yet", MUTED),)]
        width = max(20, min(64, size.width - 4))
        heading, why = ("no ladder here", _TO_ALL) if self._view.attends else ("no time steps here", _AT_ONCE)
        paragraph: list[Runs] = [((f"  {heading}", STRONG),), ()]
        paragraph += [(("  " + line, Ink()),) for line in textwrap.wrap(f"{why} {_BELONGS}", width)]
        paragraph += [(), (("  1 goes back to the bars", MUTED),)]
        return [(), *paragraph][: size.height]

    def on_click(self, event: Click) -> None:
        self._view.point(event.y, self.extent.height)


class LadderView(View):
    """One column a time step, newest on the right; without time steps it says so."""

    title: ClassVar[str] = "Time"
    period: ClassVar[float] = 0.25

    def __init__(self, shared: LayerRows, *, id: str = "ladder") -> None:
        super().__init__(id=id)
        self.rows = shared
        self.recurrent = self.attends = False
        self.picture = LadderPicture(self)
        self._profile: GradientProfile | None = None
        self._first: GradientProfile | None = None
        self._now: Table = {}
        self._ghost: Table = {}
        self._theory: Prediction | None = None
        self._expected: Table = {}
        self._axis = Axis()
        self._pinned: Axis | None = None
        self._bounds: dict[int, tuple[float, float]] = {}
        self._swapped = False

    @property
    def word(self) -> str:
        return f"step_{CELL if self._swapped and CELL in self._now else HIDDEN}"

    def compose(self) -> ComposeResult:
        yield self.picture

    # What is shown

    def show(self, snapshot: Snapshot) -> None:
        kind = snapshot.scenario.network.kind
        self.recurrent = self.single = kind == "rnn"
        self.attends = kind == "transformer"
        profile, first = snapshot.profile, snapshot.first
        if first is not None and (first is not self._first or snapshot.theory is not self._theory):
            self._theory, self._expected = snapshot.theory, _expected(first, snapshot.theory)
        if first is not None and first is not self._first:
            self._first, self._ghost, self._bounds = first, _lists(first), {}
            self._axis = self._pinned = of_run(first, snapshot.scenario.network.dtype, self._pinned)
        if profile is not None and profile is not self._profile:
            self._profile, self._now = profile, _lists(profile)
            self.rows.settle(profile.taps, self.rows.height)
        self.picture.redraw()

    @property
    def near(self) -> int:
        """The layer seen from near by: the chosen one, the last one for the output."""
        return max(0, min(self.rows.chosen or 0, len(self._now.get(HIDDEN, ())) - 1))

    @property
    def seen(self) -> Ladder | None:
        """What there is to draw; None without time steps."""
        table = self._now.get(HIDDEN)
        if self._profile is None or not table or not table[0]:
            return None
        shown = CELL if self._swapped and CELL in self._now else HIDDEN
        ghost = self._ghost if _sizes(self._ghost) == _sizes(self._now) else {}
        names = self._profile.taps[: len(table)]
        bounds = self._widened(self.near, ghost)
        return Ladder(names, self._now, ghost, self._axis, bounds, self.near, shown, self._expected)

    def _widened(self, layer: int, ghost: Table) -> tuple[float, float]:
        """The chart's axis in round numbers: it is only ever widened while a run lasts."""
        tables = (ghost.get(HIDDEN), self._now[HIDDEN], self._now.get(CELL))
        values = [value for table in tables if table for value in table[layer] if 0.0 < value < math.inf]
        low, high = bracket(min(values), max(values)) if values else (1e-3, 1.0)
        if layer in self._bounds:
            low, high = min(low, self._bounds[layer][0]), max(high, self._bounds[layer][1])
        self._bounds[layer] = low, high
        return low, high

    def choose(self) -> None:
        self.picture.redraw()

    def swap(self) -> None:
        """Exchange the gradients of the hidden state and of the cell, where there is one."""
        self._swapped = not self._swapped
        self.picture.redraw()

    # The mouse

    def point(self, line: int, height: int) -> None:
        """Choose the layer on a line."""
        if self.seen is None:
            return
        lines = ladder.lines_of(self.seen, height)
        layer = lines[line] if line < len(lines) else None
        if layer is not None:
            self.rows.choose(layer)
            self.post_message(self.Moved(0))

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        self.post_message(self.Moved(1))

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        self.post_message(self.Moved(-1))


def _lists(profile: GradientProfile) -> Table:
    return {gauge: tuple(map(tuple, values.tolist())) for gauge, values in profile.time.items()}


def _expected(first: GradientProfile, theory: Prediction | None) -> Table:
    """What theory says of each step beside the output, on the scale of what was measured there at step 0."""
    if theory is None or theory.taps != first.taps:
        return {}
    top = float(first[HIDDEN][-1])
    tables = {HIDDEN: theory.time, CELL: theory.cell_time}
    return {gauge: tuple(tuple(top * ratio for ratio in row) for row in rows) for gauge, rows in tables.items() if rows}


def _sizes(table: Table) -> tuple[int, int]:
    rows = table.get(HIDDEN, ())
    return len(rows), len(rows[0]) if rows else 0
