"""The ladder: how far back in time the gradient of a recurrent network reaches."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.geometry import Size

from gradtui.tui.palette import MUTED, STRONG, Ink, Runs
from gradtui.tui.views.view import View
from gradtui.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from gradtui.lab.snapshot import Snapshot

_ABSENT = (
    "This network has no time steps: every layer sees the whole example at once. The ladder belongs to recurrent "
    "networks, where the gradient travels back through time, one column for each time step."
)


class Absence(Lines):
    """Says why there is nothing to draw."""

    DEFAULT_CSS = "Absence { height: 1fr; }"

    def lines(self, size: Size) -> list[Runs]:
        width = max(20, min(64, size.width - 4))
        paragraph: list[Runs] = [(("  no time steps here", STRONG),), ()]
        paragraph += [(("  " + line, Ink()),) for line in textwrap.wrap(_ABSENT, width)]
        paragraph += [(), (("  1 goes back to the bars", MUTED),)]
        return [(), *paragraph][: size.height]


class LadderView(View):
    """One rung a time step, newest on the right; without time steps it says so."""

    title: ClassVar[str] = "Time"
    period: ClassVar[float] = 0.25

    def __init__(self, *, id: str = "ladder") -> None:
        super().__init__(id=id)
        self._absence = Absence()

    def compose(self) -> ComposeResult:
        yield self._absence

    def show(self, snapshot: Snapshot) -> None:
        self._absence.redraw()
