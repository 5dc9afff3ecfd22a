"""The bars: one row per layer, its gradient on a pinned log axis, next to where it stood at step 0."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.events import Click, MouseScrollDown, MouseScrollUp
from textual.geometry import Size
from textual.message import Message

from gradtui.tui import rows
from gradtui.tui.axis import Axis, pinned
from gradtui.tui.bands import band
from gradtui.tui.palette import MUTED, STRONG, Ink, Run, Runs
from gradtui.tui.track import draw, merged
from gradtui.tui.widgets.lines import Area, Lines, ljust

if TYPE_CHECKING:
    from gradtui.lab.snapshot import Snapshot
    from gradtui.profile import GradientProfile

GRADIENT, SIGNAL = "grad_rms", "delta_rms"


class Column(Lines):
    """One column of the bars: a heading, then one line for each row."""

    def __init__(self, view: BarsView, source: Callable[[Size], list[Runs]], id: str) -> None:
        super().__init__(id=id)
        self._view = view
        self._source = source

    def lines(self, size: Size) -> list[Runs]:
        return self._source(size)

    def on_resize(self) -> None:
        # How many rows there are decides whether layers share them, and that how wide names and numbers are.
        self._view.fit()

    def on_click(self, event: Click) -> None:
        self._view.choose_row(event.y - 1)

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        self._view.scroll_rows(3)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        self._view.scroll_rows(-3)


class BarsView(Area):
    """All layers: names, bars, numbers. Those that do not fit share rows, or scroll in full detail."""

    DEFAULT_CSS = """
    BarsView { layout: vertical; }
    BarsView #columns { layout: horizontal; height: 1fr; }
    BarsView #tracks { width: 1fr; }
    BarsView #map { width: 2; display: none; }
    BarsView.-scrolling #map { display: block; }
    BarsView #legend { height: 1; display: none; }
    BarsView.-scrolling #legend { display: block; }
    """

    class Chosen(Message):
        """Another layer was chosen."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.axis = Axis()
        self.chosen: int | None = None
        self.swapped = False
        self.detail = False
        self._offset = 0
        self._taps: tuple[str, ...] = ()
        self._values = rows.Values((), ())
        self._profile: GradientProfile | None = None
        self._first: GradientProfile | None = None
        self._ghosts: dict[str, list[float]] = {}
        self._drawn: list[tuple[rows.Track, bool, Runs]] = []
        self.names = Column(self, self._name_lines, "names")
        self.tracks = Column(self, self._track_lines, "tracks")
        self.numbers = Column(self, self._number_lines, "numbers")
        self.map = Column(self, self._map_lines, "map")
        self.legend = Column(self, self._legend_lines, "legend")
        self.names.styles.width, self.numbers.styles.width = 7, 11

    def compose(self) -> ComposeResult:
        with Area(id="columns"):
            yield self.names
            yield self.tracks
            yield self.numbers
            yield self.map
        yield self.legend

    # ------------------------------------------------------------------ what is shown

    def show(self, snapshot: Snapshot) -> None:
        """Draw a snapshot's bars. Names and numbers wait for `show_text`, unless there are others now."""
        profile, first = snapshot.profile, snapshot.first
        if profile is None:
            return
        if first is not None and first is not self._first:
            self._begin(first, snapshot.scenario.network.dtype)
        if profile is not self._profile:
            self._profile = profile
            self._measure()
        if profile.taps != self._taps:
            self._taps = profile.taps
            self.fit()
            self._redraw_text()
        self.tracks.redraw()

    def show_text(self, snapshot: Snapshot) -> None:
        """Draw the names and numbers of the snapshot whose bars are shown."""
        self._redraw_text()

    def swap(self) -> None:
        """Exchange the two gauges: what was the mark becomes the bar."""
        self.swapped = not self.swapped
        self._measure()
        self.tracks.redraw()
        self._redraw_text()

    @property
    def gauge(self) -> str:
        """The gauge that the bars show."""
        return SIGNAL if self.swapped else GRADIENT

    @property
    def _marked(self) -> str:
        return GRADIENT if self.swapped else SIGNAL

    def _begin(self, first: GradientProfile, dtype: str) -> None:
        self._first = first
        self._ghosts = {gauge: first[gauge].tolist() for gauge in (GRADIENT, SIGNAL)}
        self.axis = pinned(self._ghosts[GRADIENT] + self._ghosts[SIGNAL], dtype, self._pinned_axis)
        self._pinned_axis = self.axis

    #: The axis that step 0 has pinned; none before the first profile.
    _pinned_axis: Axis | None = None

    def _measure(self) -> None:
        if self._profile is None:
            return
        ghosts = self._ghosts.get(self.gauge, [])
        self._values = rows.Values(
            bar=self._profile[self.gauge].tolist(),
            mark=self._profile[self._marked].tolist(),
            ghost=ghosts if len(ghosts) == len(self._profile.taps) else (),
            underflow=() if self.swapped else self._profile["underflow"].tolist(),
        )

    # ------------------------------------------------------------------ which rows

    @property
    def height(self) -> int:
        """Rows for layers: the columns without their heading."""
        return max(1, self.tracks.extent.height - 1)

    @property
    def scrolling(self) -> bool:
        """Whether single layers are shown although not all of them fit."""
        return self.detail and len(self._taps) > self.height

    def spans(self) -> list[rows.Span]:
        """The rows on screen."""
        if not self.scrolling:
            return rows.spans(len(self._taps), self.height)
        self._offset = max(0, min(self._offset, len(self._taps) - self.height))
        return [rows.Span(tap, tap) for tap in range(self._offset, self._offset + self.height)]

    def fit(self) -> None:
        """Give the text columns the width that their longest line needs."""
        if not self.tracks.extent:
            return
        if self.chosen is not None and self.chosen >= len(self._taps):
            self.chosen = None
        visible = self.spans()
        grouped = any(not span.single for span in visible)
        longest = max((len(rows.name(span, self._taps)) for span in visible), default=0)
        self.names.styles.width = max(7, min(14, longest + 3))
        longer = 1 if self.axis.low <= -100 else 0
        self.numbers.styles.width = 17 + 2 * longer if grouped else 11 + longer
        self.set_class(self.scrolling, "-scrolling")

    def _redraw_text(self) -> None:
        for column in (self.names, self.numbers, self.map, self.legend):
            if column.display:
                column.redraw()

    def _redraw_all(self) -> None:
        self.tracks.redraw()
        self._redraw_text()

    # ------------------------------------------------------------------ choosing and scrolling

    def choose(self, tap: int | None) -> None:
        """Highlight a layer and bring it into view."""
        self.chosen = None if tap is None or not self._taps else max(0, min(tap, len(self._taps) - 1))
        if self.chosen is not None and self.scrolling:
            self._offset = min(self._offset, self.chosen)
            self._offset = max(self._offset, self.chosen - self.height + 1)
        self._redraw_all()
        self.post_message(self.Chosen())

    def choose_row(self, row: int) -> None:
        """Choose the layer that a row on screen begins with."""
        visible = self.spans()
        if 0 <= row < len(visible):
            self.choose(visible[row].first)

    def move(self, rows_down: int) -> None:
        """Choose the layer some rows further down; the first or the last one when none is chosen yet."""
        visible = self.spans()
        if not visible:
            return
        if self.chosen is None:
            self.choose(visible[0].first if rows_down > 0 else visible[-1].first)
        elif self.scrolling:
            self.choose(self.chosen + rows_down)
        else:
            at = next(i for i, span in enumerate(visible) if span.first <= self.chosen <= span.last)
            self.choose(visible[max(0, min(at + rows_down, len(visible) - 1))].first)

    def zoom(self) -> None:
        """Change between all layers at a glance and every layer in a row of its own."""
        self.detail = not self.detail
        centre = self.chosen if self.chosen is not None else max(0, rows.worst(self._values.bar))
        self._offset = centre - self.height // 2
        self._rearranged()

    def page(self, pages: int) -> None:
        """Scroll by whole pages in full detail; from the overview it opens the first or the last page."""
        if not self.scrolling:
            self.detail = True
            self._offset = 0 if pages > 0 else len(self._taps)
            self._rearranged()
        else:
            self.scroll_rows(pages * self.height)

    def edge(self, bottom: bool) -> None:
        """Show the first or the last layers in full detail."""
        self.detail = True
        self._offset = len(self._taps) if bottom else 0
        self._rearranged()

    def scroll_rows(self, lines: int) -> None:
        """Scroll the single layers; does nothing when all are on screen."""
        if self.scrolling:
            self._offset += lines
            self._redraw_all()

    def _rearranged(self) -> None:
        self.fit()
        self._redraw_all()

    # ------------------------------------------------------------------ drawing

    def _back(self, span: rows.Span) -> str:
        return "chosen" if self.chosen is not None and span.first <= self.chosen <= span.last else ""

    def _name_lines(self, size: Size) -> list[Runs]:
        out: list[Runs] = [(("layer".rjust(size.width - 2) + "  ", MUTED),)]
        for span in self.spans():
            back = self._back(span)
            name = rows.name(span, self._taps)[: size.width - 3].rjust(size.width - 3)
            out.append(
                (
                    (("▸" if back else " "), Ink("key", back, True)),
                    (name + "  ", Ink("text", back, bool(back))),
                )
            )
        return out

    def _number_lines(self, size: Size) -> list[Runs]:
        out: list[Runs] = [((self.gauge.rjust(size.width - 1) + " ", MUTED),)]
        for span in self.spans():
            text = rows.reading(span, self._values.bar)
            out.append(((text.rjust(size.width - 1) + " ", Ink("text", self._back(span))),))
        return out

    def _track_lines(self, size: Size) -> list[Runs]:
        heading: list[Run] = [(" ", MUTED)] * size.width
        for cell, text in self.axis.labels(size.width):
            heading[cell : cell + len(text)] = [(letter, MUTED) for letter in text]
        out: list[Runs] = [merged(heading)]
        drawn: list[tuple[rows.Track, bool, Runs]] = []
        palette = self.tracks.palette
        visible = self.spans()
        sharing = len(visible) < len(self._taps) and not self.scrolling
        for row, span in enumerate(visible):
            track = rows.track(span, self._values, self.axis, size.width, sharing=sharing)
            chosen = bool(self._back(span))
            before = self._drawn[row] if row < len(self._drawn) else None
            if before is None or before[0] != track or before[1] != chosen or self._drawn_width != size.width:
                before = (
                    track,
                    chosen,
                    draw(track, size.width, chosen=chosen, fill=palette.fill, shade=palette.shade),
                )
            drawn.append(before)
            out.append(before[2])
        self._drawn, self._drawn_width = drawn, size.width
        return out

    _drawn_width = 0

    def _map_lines(self, size: Size) -> list[Runs]:
        """Every layer in one narrow column, the ones on screen marked beside it."""
        out: list[Runs] = [((" ", MUTED),)]
        visible = self.spans()
        for span in rows.spans(len(self._taps), self.height):
            worst = span.first + rows.worst(self._values.bar[span.first : span.last + 1])
            here = span.first <= visible[-1].last and visible[0].first <= span.last
            colour = f"band{band(self._values.bar[worst])}"
            out.append((("▐" if here else " ", STRONG), (self.tracks.palette.fill, Ink("", colour))))
        return out

    def _legend_lines(self, size: Size) -> list[Runs]:
        if self.scrolling:
            worst, visible = rows.worst(self._values.bar), self.spans()
            reading = rows.reading(rows.Span(worst, worst), self._values.bar)
            where = f"{self._taps[visible[0].first]} to {self._taps[visible[-1].last]} of {len(self._taps)}"
            text = f" layers {where}   worst: {self._taps[worst]} at {reading}   z all layers"
            return [((text[: size.width], MUTED),)]
        runs: list[Run] = [
            (" ━ ", Ink("band6", "", True)),
            (f"{self.gauge}   ", MUTED),
            ("┆ ", Ink()),
            ("at step 0   ", MUTED),
            ("◆ ", Ink("accent")),
            (f"{self._marked}   ", MUTED),
            ("g", Ink("key", "", True)),
            (" swaps", MUTED),
        ]
        return [ljust(runs, size.width)]
