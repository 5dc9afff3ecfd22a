"""A view: one way to look at a run; the lab shows one at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.geometry import Size
from textual.message import Message

from gradtui.lab.snapshot import Watch
from gradtui.tui.widgets.lines import Area

if TYPE_CHECKING:
    from gradtui.lab.snapshot import Snapshot


class View(Area):
    """Draws snapshots while it is the one on screen.

    `title` stands in the line of tabs; `period` is the least number of seconds between two repaints while training;
    `single`: it shows one layer, so the arrows go from layer to layer, whatever rows they share elsewhere.
    """

    DEFAULT_CSS = "View { height: 1fr; }"

    title: ClassVar[str]
    period: ClassVar[float] = 0.0
    single: bool = False

    class Moved(Message):
        """A layer some places further down is wanted."""

        def __init__(self, places: int) -> None:
            super().__init__()
            self.places = places

    @property
    def word(self) -> str:
        """What `gradtui explain` calls that which is drawn here."""
        raise NotImplementedError

    def show(self, snapshot: Snapshot) -> None:
        """Draw a snapshot."""
        raise NotImplementedError

    def prepare(self, snapshot: Snapshot, room: Size) -> None:
        """Lay out what is to be shown in so much room, before it is on screen."""

    def show_text(self, snapshot: Snapshot) -> None:
        """Draw what is renewed less often, because nobody could read it faster; nothing in most views."""

    def watched(self) -> Watch:
        """What must be measured for this view, beside the profile."""
        return Watch()

    def choose(self) -> None:
        """Another layer was chosen, or the rows were arranged in another way."""

    def swap(self) -> None:
        """Show the other one of two gauges; nothing in a view that has no two."""

    def change_axis(self) -> None:
        """Change between a linear and a log axis; nothing in a view whose axes are fixed."""

    def change_plane(self) -> None:
        """Show or hide the plane of order and chaos; nothing in a view that has none."""
