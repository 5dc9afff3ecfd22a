"""The base of views with a row a layer: names on the left, a picture, numbers, and where one has scrolled to."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.events import Click, MouseScrollDown, MouseScrollUp
from textual.geometry import Size
from textual.message import Message
from textual.widget import Widget

from gradtui.tui import format, rows
from gradtui.tui.bands import band
from gradtui.tui.layer_rows import LayerRows
from gradtui.tui.palette import MUTED, STRONG, Ink, Runs
from gradtui.tui.rows import Span
from gradtui.tui.views.view import View
from gradtui.tui.widgets.lines import Area, Lines

if TYPE_CHECKING:
    from gradtui.lab.snapshot import Snapshot
    from gradtui.profile import GradientProfile
    from gradtui.tui.app import GradtuiApp


class Column(Lines):
    """One column of a view: a heading, then one line for each row."""

    def __init__(self, view: LayerView, source: Callable[[Size], list[Runs]], *, classes: str) -> None:
        super().__init__(id=f"{view.id}-{classes}", classes=classes)
        self._view = view
        self._source = source

    def lines(self, size: Size) -> list[Runs]:
        return self._source(size)

    def on_resize(self) -> None:
        # How many rows there are decides whether layers share them, and that how wide names and numbers are.
        self._view.fit()

    def on_click(self, event: Click) -> None:
        if self._view.rows.choose_row(event.y - 1):
            self._view.post_message(LayerView.Arranged(self._view))

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        self._view.scroll(3)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        self._view.scroll(-3)


class LayerView(View):
    """Names, a picture, numbers. A subclass draws the picture (`heading`, `picture`) and says the numbers."""

    DEFAULT_CSS = """
    LayerView { layout: vertical; }
    LayerView .columns { layout: horizontal; height: 1fr; }
    LayerView .picture { width: 1fr; }
    LayerView .overview { width: 2; display: none; }
    LayerView.-scrolling .overview { display: block; }
    LayerView .legend { height: 1; display: none; }
    LayerView.-scrolling .legend { display: block; }
    LayerView.-full .legend { display: none; }
    """

    app: GradtuiApp

    class Arranged(Message):
        """A layer was chosen with the mouse, or the rows were scrolled."""

        def __init__(self, view: LayerView) -> None:
            super().__init__()
            self.view = view

    def __init__(self, shared: LayerRows, *, id: str) -> None:
        super().__init__(id=id)
        self.rows = shared
        self.profile: GradientProfile | None = None
        self.names = Column(self, self._name_lines, classes="names")
        self.picture = Column(self, self._picture_lines, classes="picture")
        self.numbers = Column(self, self._number_lines, classes="numbers")
        self.overview = Column(self, self._overview_lines, classes="overview")
        self.legend = Column(self, self._legend_lines, classes="legend")
        self.names.styles.width, self.numbers.styles.width = 7, 11

    def compose(self) -> ComposeResult:
        with Area(classes="columns"):
            yield from self.columns()
        yield from self.below()

    # What a subclass says

    def columns(self) -> list[Widget]:
        """What stands side by side, from left to right."""
        return [self.names, self.picture, self.numbers, self.overview]

    def below(self) -> list[Widget]:
        """The lines below the columns."""
        return [self.legend]

    def number(self, span: Span) -> str:
        """The number at the end of a row."""
        raise NotImplementedError

    def number_heading(self) -> str:
        """What the numbers are."""
        raise NotImplementedError

    def number_width(self, grouped: bool) -> int:
        """Cells for the numbers; `grouped`: some rows stand for several layers."""
        return 17 if grouped else 11

    def draw_heading(self, width: int) -> Runs:
        """The line above the picture."""
        raise NotImplementedError

    def draw_rows(self, visible: list[Span], width: int) -> list[Runs]:
        """The picture, one line a row."""
        raise NotImplementedError

    def draw_legend(self, width: int) -> Runs:
        """The line below, where there is room for one."""
        raise NotImplementedError

    def measure(self, snapshot: Snapshot) -> None:
        """Take from a snapshot with a new profile what the picture is drawn from."""
        raise NotImplementedError

    # Drawing

    def show(self, snapshot: Snapshot) -> None:
        """Draw a snapshot's picture. Names and numbers wait for `show_text`, unless there are others now."""
        profile = snapshot.profile
        if profile is None:
            return
        if profile is not self.profile:
            self.profile = profile
            self.rows.values = profile["grad_rms"].tolist()
        self.measure(snapshot)
        if profile.taps != self.rows.taps:
            self.fit()
            self._redraw_text()
        self.picture.redraw()

    def show_text(self, snapshot: Snapshot) -> None:
        """Draw the names and numbers of the snapshot whose picture is shown."""
        self._redraw_text()

    def choose(self) -> None:
        self.fit()
        self.picture.redraw()
        self._redraw_text()

    def scroll(self, lines: int) -> None:
        """Scroll the single layers."""
        self.rows.scroll(lines)
        self.post_message(self.Arranged(self))

    def fit(self) -> None:
        """Take note of the room, and give the text columns the width that their longest line needs."""
        room = self.picture.extent
        if not room or not self.display:
            return
        taps = self.profile.taps if self.profile is not None else ()
        settled = self.rows.settle(taps, room.height - 1)
        visible = self.rows.spans()
        longest = max((len(rows.name(span, taps)) for span in visible), default=0)
        self.names.styles.width = max(7, min(14, longest + 3))
        self.numbers.styles.width = self.number_width(any(not span.single for span in visible))
        self.set_class(self.rows.scrolling, "-scrolling")
        # A legend must not take the row that the last layer needs.
        self.set_class(len(taps) == self.outer_size.height - 1, "-full")
        if settled:
            # While a run stands still nothing else would draw what had no room before.
            self.picture.redraw()
            self._redraw_text()

    def _redraw_text(self) -> None:
        for column in (self.names, self.numbers, self.overview, self.legend):
            if column.display:
                column.redraw()

    def back(self, span: Span) -> str:
        """The background of a row's text."""
        return "chosen" if self.rows.is_chosen(span) else ""

    def _name_lines(self, size: Size) -> list[Runs]:
        out: list[Runs] = [(("layer".rjust(size.width - 2) + "  ", MUTED),)]
        for span in self.rows.spans():
            back = self.back(span)
            name = rows.name(span, self.rows.taps)[: size.width - 3].rjust(size.width - 3)
            out.append(
                (
                    (("▸" if back else " "), Ink("key", back, True)),
                    (name + "  ", Ink("text", back, bool(back))),
                )
            )
        return out

    def _number_lines(self, size: Size) -> list[Runs]:
        out: list[Runs] = [((self.number_heading().rjust(size.width - 1) + " ", MUTED),)]
        for span in self.rows.spans():
            out.append(((self.number(span).rjust(size.width - 1) + " ", Ink("text", self.back(span))),))
        return out

    def _picture_lines(self, size: Size) -> list[Runs]:
        return [self.draw_heading(size.width), *self.draw_rows(self.rows.spans(), size.width)]

    def _overview_lines(self, size: Size) -> list[Runs]:
        """Every layer in one narrow column, the ones on screen marked beside it."""
        out: list[Runs] = [((" ", MUTED),)]
        visible, values = self.rows.spans(), self.rows.values
        for span in self.rows.overview():
            worst = span.first + rows.worst(values[span.first : span.last + 1])
            here = span.first <= visible[-1].last and visible[0].first <= span.last
            out.append(
                (("▐" if here else " ", STRONG), (self.picture.palette.fill, Ink("", f"band{band(values[worst])}")))
            )
        return out

    def _legend_lines(self, size: Size) -> list[Runs]:
        if not self.rows.scrolling:
            return [self.draw_legend(size.width)]
        worst, visible, taps = rows.worst(self.rows.values), self.rows.spans(), self.rows.taps
        reading = rows.reading(Span(worst, worst), self.rows.values)
        where = f"{taps[visible[0].first]} to {taps[visible[-1].last]} of {format.count(len(taps))}"
        text = f" layers {where}   worst: {taps[worst]} at {reading}   z all layers"
        return [((text[: size.width], MUTED),)]
