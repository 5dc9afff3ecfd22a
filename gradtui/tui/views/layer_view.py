"""The base of views with a row a layer: names on the left, a picture, numbers, and where one has scrolled to."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.events import Click, MouseScrollDown, MouseScrollUp
from textual.geometry import Size
from textual.message import Message
from textual.widget import Widget

from gradtui.tui import format, groups, rows
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


#: Cells that names take where there are groups; where they are longer, more.
NAMED = 8


class Column(Lines):
    """One column of a view: a heading, then one line for each row."""

    def __init__(self, view: LayerView, source: Callable[[Size], list[Runs]], *, classes: str, stack: int = 0) -> None:
        super().__init__(id=f"{view.id}-{classes.replace(' ', '-')}", classes=classes)
        self._view = view
        self._source = source
        self._stack = stack

    def lines(self, size: Size) -> list[Runs]:
        return self._source(size)

    def on_resize(self) -> None:
        # How many rows there are decides whether layers share them, and that how wide names and numbers are.
        self._view.fit()

    def on_click(self, event: Click) -> None:
        if self._view.rows.choose_row(event.y - 1, self._stack):
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
    LayerView.-legend .legend { display: block; }
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
        """The lines below the columns, the legend last."""
        return [self.legend]

    def texts(self) -> list[Lines]:
        """What is drawn anew with the names and numbers."""
        return [self.names, self.numbers, self.overview, self.legend]

    def beside(self, taps: tuple[str, ...], room: Size) -> bool:
        """Whether two networks stand side by side in so much room."""
        return False

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

    def draw_rows(self, visible: list[Span], width: int, stack: int) -> list[Runs]:
        """The picture, one line a row of a stack."""
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
        self._redraw_picture()

    def prepare(self, snapshot: Snapshot, room: Size) -> None:
        if snapshot.profile is not None:
            self.profile = snapshot.profile
            self.rows.values = snapshot.profile["grad_rms"].tolist()
            # Fitting draws: the picture must not be of the network that was here before.
            self.measure(snapshot)
            self.fit(room)

    def show_text(self, snapshot: Snapshot) -> None:
        """Draw the names and numbers of the snapshot whose picture is shown."""
        self._redraw_text()

    def choose(self) -> None:
        self.fit()
        self._redraw_picture()
        self._redraw_text()

    def scroll(self, lines: int) -> None:
        """Scroll the single layers."""
        self.rows.scroll(lines)
        self.post_message(self.Arranged(self))

    def fit(self, room: Size | None = None) -> None:
        """Take note of the room, and give the text columns the width that their longest line needs. `room` is what the
        view will have, where it is not on screen yet."""
        if room is None:
            room = self.outer_size if self.display else Size()
        if not room:
            return
        taps = self.profile.taps if self.profile is not None else ()
        settled = self._settle(taps, room)
        stacks = [groups.names(self.rows.stack(stack), taps) for stack in range(len(self.rows.stacks))]
        longest = max((len(name) for names in stacks for name in names), default=0)
        self.lay_out(
            max(7, min(14, longest + 3)), self.number_width(any(not span.single for span in self.rows.spans()))
        )
        if settled:
            # While a run stands still nothing else would draw what had no room before.
            self._redraw_picture()
            self._redraw_text()

    def _settle(self, taps: tuple[str, ...], room: Size) -> bool:
        """Share the room out between rows and legend; whether the rows stand in another way now."""
        beside = self.beside(taps, room)
        tallest = (
            max((span.last - span.first + 1 for span in groups.networks(taps)), default=0) if beside else len(taps)
        )
        # A legend must not take the row that the last layer needs.
        full = tallest == room.height - 1
        legend = self.screen.has_class("-tall") and not full
        # Above the rows stands a heading, below them what `below` has beside the legend.
        height = room.height - 1 - (len(self.below()) - 1) - (1 if legend else 0)
        settled = self.rows.settle(taps, height, beside=beside)
        if self.rows.scrolling and not legend and not full:
            legend = True
            settled = self.rows.settle(taps, height - 1, beside=beside) or settled
        self.set_class(legend, "-legend")
        self.set_class(self.rows.scrolling and not beside, "-scrolling")
        return settled

    def lay_out(self, names: int, numbers: int) -> None:
        """Give the text columns these widths."""
        self.names.styles.width, self.numbers.styles.width = names, numbers

    def _redraw_picture(self) -> None:
        self.picture.redraw()

    def _redraw_text(self) -> None:
        for column in self.texts():
            if column.display:
                column.redraw()

    def back(self, span: Span) -> str:
        """The background of a row's text."""
        return "chosen" if self.rows.is_chosen(span) else ""

    def _name_lines(self, size: Size, stack: int = 0) -> list[Runs]:
        taps = self.rows.taps
        apart = groups.grouped(taps)
        heading = "  layer" if apart else "layer".rjust(size.width - 2)
        out: list[Runs] = [((heading.ljust(size.width), MUTED),)]
        visible = self.rows.stack(stack)
        for span, name in zip(visible, groups.names(visible, taps), strict=True):
            back = self.back(span)
            room = size.width - 3
            name = name[:room].ljust(room) if apart else name[:room].rjust(room)
            out.append(
                (
                    (("▸" if back else " "), Ink("key", back, True)),
                    (name + "  ", Ink("text", back, bool(back))),
                )
            )
        return out

    def _number_lines(self, size: Size, stack: int = 0) -> list[Runs]:
        out: list[Runs] = [((self.number_heading().rjust(size.width - 1) + " ", MUTED),)]
        for span in self.rows.stack(stack):
            out.append(((self.number(span).rjust(size.width - 1) + " ", Ink("text", self.back(span))),))
        return out

    def _picture_lines(self, size: Size, stack: int = 0) -> list[Runs]:
        return [self.draw_heading(size.width), *self.draw_rows(self.rows.stack(stack), size.width, stack)]

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
        worst, taps = rows.worst(self.rows.values), self.rows.taps
        reading = rows.reading(Span(worst, worst), self.rows.values)
        stacks = [self.rows.stack(number) for number in range(len(self.rows.stacks))]
        shown = ", ".join(f"{taps[stack[0].first]} to {taps[stack[-1].last]}" for stack in stacks)
        where = f"{shown} of {format.count(len(taps))}"
        text = f" layers {where}   worst: {taps[worst]} at {reading}   z all layers"
        return [((text[: size.width], MUTED),)]
