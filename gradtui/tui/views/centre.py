"""The middle of the lab: tabs, the view that is open, and what stands in its place while there is nothing to see."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual import on
from textual.app import ComposeResult
from textual.geometry import Size
from textual.message import Message

from gradtui.tui import groups
from gradtui.tui.layer_rows import LayerRows
from gradtui.tui.rows import Span
from gradtui.tui.views.bars import BarsView
from gradtui.tui.views.curves import CurvesView
from gradtui.tui.views.inspector import InspectorView
from gradtui.tui.views.ladder import LadderView
from gradtui.tui.views.layer_view import LayerView
from gradtui.tui.views.map import MapView
from gradtui.tui.views.task import TaskView
from gradtui.tui.views.view import View
from gradtui.tui.views.why import WhyView
from gradtui.tui.widgets.lines import Area
from gradtui.tui.widgets.notice import Notice, is_wanted
from gradtui.tui.widgets.tabs import Tabs

if TYPE_CHECKING:
    from gradtui.lab.snapshot import Snapshot

#: Lines from which a map under the bars is worth drawing.
LEAST_BELOW = 10


class Centre(Area):
    """Seven views of one run, of which one is shown. They share which layer is chosen and how the rows stand."""

    DEFAULT_CSS = """
    Centre { width: 1fr; layers: below above; }
    Centre #notice { height: 1fr; display: none; }
    """

    class Opened(Message):
        """Another view is shown."""

    class Arranged(Message):
        """Another layer was chosen, or the rows stand in another way."""

    def __init__(self, *, id: str = "centre") -> None:
        super().__init__(id=id)
        self.rows = LayerRows()
        self.bars = BarsView(self.rows)
        self.views: tuple[View, ...] = (
            self.bars,
            MapView(self.rows),
            InspectorView(self.rows),
            WhyView(self.rows),
            TaskView(self.rows),
            CurvesView(),
            LadderView(self.rows),
        )
        self.view: View = self.bars
        #: Where bars leave room the map stands under them; it has rows of its own, being less high. Of a recurrent
        #: network it is the ladder: its layers are few, its time steps many.
        self._map_below = MapView(LayerRows(), id="map-below")
        self._ladder_below = LadderView(self.rows, id="ladder-below")
        self._below: MapView | LadderView = self._map_below
        self._below_height = 0
        self._tabs = Tabs([view.title for view in self.views])
        self._notice = Notice(id="notice")
        self._shown: Snapshot | None = None
        for view in (*self.views[1:], self._map_below, self._ladder_below):
            view.display = False

    def compose(self) -> ComposeResult:
        yield self._tabs
        yield from self.views
        yield self._map_below
        yield self._ladder_below
        yield self._notice

    # Drawing

    def show(self, snapshot: Snapshot) -> None:
        """Draw a snapshot in the open view, or say why there is nothing to draw."""
        self._shown = snapshot
        wanted = is_wanted(snapshot)
        if self._notice.display != wanted:
            self._notice.display = wanted
            self.view.display = not wanted
        if wanted:
            self._notice.show(snapshot)
        else:
            self.view.show(snapshot)

    def show_text(self, snapshot: Snapshot) -> None:
        """Draw what is renewed less often."""
        if self.view.display:
            self.view.show_text(snapshot)

    def show_below(self, snapshot: Snapshot) -> None:
        """Draw the map, or the ladder, under the bars, where they leave room for it."""
        self._below_height = self._room_below(snapshot)
        wanted = self._ladder_below if snapshot.profile is not None and snapshot.profile.time else self._map_below
        if wanted is not self._below:
            self._below.display = False
            self._below = wanted
        self._below.display = self._below_height > 0
        if self._below_height:
            self._below.styles.height = self._below_height
            self._below.show(snapshot)
            self._below.show_text(snapshot)

    def _room_below(self, snapshot: Snapshot) -> int:
        """The lines that the bars leave; 0 where they are too few for anything, or the bars are not on screen."""
        if self.view is not self.bars or self._notice.display or snapshot.profile is None:
            return 0
        taps, room = snapshot.profile.taps, Size(self.outer_size.width, self.outer_size.height - 1)
        stacks = groups.networks(taps) if self.bars.beside(taps, room) else (Span(0, len(taps) - 1),)
        # The bars keep a heading and a legend.
        left = room.height - max(stack.last - stack.first + 1 for stack in stacks) - 2
        return left if left >= LEAST_BELOW else 0

    def on_resize(self) -> None:
        if self._shown is not None:
            self.show_below(self._shown)

    # Views

    def open(self, number: int) -> None:
        """Show another view of the same run."""
        chosen = self.views[number]
        if chosen is self.view:
            return
        self.view.display = False
        self.view = chosen
        self._tabs.open(number)
        chosen.display = not self._notice.display
        if self._shown is not None:
            # Its room is known before it is on screen: its first frame is the one that stays.
            self.show_below(self._shown)
            room = Size(self.outer_size.width, self.outer_size.height - 1 - self._below_height)
            chosen.prepare(self._shown, room)
            self.show(self._shown)
            self.show_text(self._shown)
        self.post_message(self.Opened())

    def open_next(self, places: int) -> None:
        """Show the next view, or the one before."""
        self.open((self.views.index(self.view) + places) % len(self.views))

    @on(Tabs.Clicked)
    def _click_tab(self, message: Tabs.Clicked) -> None:
        self.open(message.number)

    def swap(self) -> None:
        """Exchange the two gauges that are shown."""
        self.view.swap()
        if self._below.display:
            self._below.swap()

    # Layers

    def move(self, rows: int) -> None:
        """Choose the layer some rows further down."""
        self.rows.move(rows, single=self.view.single)
        self._arranged()

    @on(View.Moved)
    def _move(self, message: View.Moved) -> None:
        self.move(message.places)

    def page(self, pages: int) -> None:
        """Scroll by pages."""
        self.rows.page(pages, single=self.view.single)
        self._arranged()

    def edge(self, bottom: bool) -> None:
        """Go to the first or the last layers."""
        self.rows.edge(bottom, single=self.view.single)
        self._arranged()

    def zoom(self) -> None:
        """Change between all layers at a glance and every layer in a row of its own."""
        self.rows.zoom()
        self._arranged()

    @on(LayerView.Arranged)
    def _point(self, message: LayerView.Arranged) -> None:
        if message.view is self._map_below:
            self.rows.choose(self._map_below.rows.chosen)
        self._arranged()

    def _arranged(self) -> None:
        self.view.choose()
        self._map_below.rows.choose(self.rows.chosen)
        if self._below.display:
            self._below.choose()
        self.post_message(self.Arranged())
