"""Which layers stand on which rows and which of them is chosen: one state, shared by every view with a row a layer."""

from __future__ import annotations

from collections.abc import Sequence

from gradtui.tui import groups, rows
from gradtui.tui.rows import Span


class LayerRows:
    """All taps on the rows that there are. Those that do not fit share rows, or scroll in full detail.

    `height` is the number of rows, as the view on screen has measured it; `values` are the newest of each tap, by which
    the worst one is found. `stacks` are the taps that stand one below the other: all of them, or those of each of two
    networks that stand side by side.
    """

    def __init__(self) -> None:
        self.taps: tuple[str, ...] = ()
        self.height = 1
        self.stacks: tuple[Span, ...] = (Span(0, -1),)
        self.chosen: int | None = None
        self.detail = False
        self.values: Sequence[float] = ()
        self._offset = 0

    @property
    def beside(self) -> bool:
        """Whether two networks stand side by side."""
        return len(self.stacks) > 1

    @property
    def _tallest(self) -> int:
        return max(stack.last - stack.first + 1 for stack in self.stacks)

    @property
    def scrolling(self) -> bool:
        """Whether single layers are shown although not all of them fit."""
        return self.detail and self._tallest > self.height

    def spans(self) -> list[Span]:
        """The rows on screen, stack after stack."""
        return [span for stack in range(len(self.stacks)) for span in self.stack(stack)]

    def stack(self, number: int) -> list[Span]:
        """The rows on screen of one stack; none where there is no such stack."""
        if number >= len(self.stacks):
            return []
        first, last = self.stacks[number]
        if not self.scrolling:
            return self._overview(self.stacks[number])
        self._offset = max(0, min(self._offset, self._tallest - self.height))
        top = max(first, min(first + self._offset, last + 1 - self.height))
        return [Span(tap, tap) for tap in range(top, min(top + self.height, last + 1))]

    def overview(self) -> list[Span]:
        """All taps at a glance, whatever is on screen."""
        return [span for stack in self.stacks for span in self._overview(stack)]

    def _overview(self, stack: Span) -> list[Span]:
        first = stack.first
        taps = self.taps[first : stack.last + 1]
        return [Span(first + span.first, first + span.last) for span in groups.spans(taps, self.height)]

    @property
    def sharing(self) -> bool:
        """Whether there are rows that layers share."""
        return self._tallest > self.height and not self.scrolling

    def is_chosen(self, span: Span) -> bool:
        """Whether the chosen layer stands on this row."""
        return self.chosen is not None and span.first <= self.chosen <= span.last

    def settle(self, taps: tuple[str, ...], height: int, *, beside: bool = False) -> bool:
        """Take note of the layers and of the room for them, and whether two networks stand side by side; whether
        anything is different now."""
        if (taps, max(1, height), beside) == (self.taps, self.height, self.beside):
            return False
        self.taps, self.height = taps, max(1, height)
        self.stacks = groups.networks(taps) if beside else (Span(0, len(taps) - 1),)
        if self.chosen is not None and self.chosen >= len(taps):
            self.chosen = None
        return True

    # Choosing and scrolling

    def choose(self, tap: int | None) -> None:
        """Choose a layer and bring it into view."""
        self.chosen = None if tap is None or not self.taps else max(0, min(tap, len(self.taps) - 1))
        if self.chosen is not None and self.scrolling:
            place = self.chosen - next(stack.first for stack in self.stacks if self.chosen <= stack.last)
            self._offset = max(min(self._offset, place), place - self.height + 1)

    def choose_row(self, row: int, stack: int = 0) -> bool:
        """Choose the layer that a row of a stack on screen begins with; False where no layer stands."""
        visible = self.stack(stack)
        if not 0 <= row < len(visible):
            return False
        self.choose(visible[row].first)
        return True

    def move(self, rows_down: int, *, single: bool = False) -> None:
        """Choose the layer some rows further down, or so many layers further down (`single`); the first or the last one
        when none is chosen yet."""
        if single:
            self.choose((self.chosen or 0) + rows_down)
            return
        visible = self.spans()
        if not visible:
            return
        if self.chosen is None:
            self.choose(visible[0].first if rows_down > 0 else visible[-1].first)
        elif self.scrolling:
            self.choose(self.chosen + rows_down)
        else:
            at = next(i for i, span in enumerate(visible) if self.is_chosen(span))
            self.choose(visible[max(0, min(at + rows_down, len(visible) - 1))].first)

    def zoom(self) -> None:
        """Change between all layers at a glance and every layer in a row of its own."""
        self.detail = not self.detail
        centre = self.chosen if self.chosen is not None else max(0, rows.worst(self.values))
        first = next((stack.first for stack in self.stacks if centre <= stack.last), 0)
        self._offset = centre - first - self.height // 2

    def page(self, pages: int, *, single: bool = False) -> None:
        """Scroll by whole pages in full detail; from the overview it opens the first or the last page. `single`: choose
        the layer so many tens further down."""
        if single:
            self.move(10 * pages, single=True)
        elif self.scrolling:
            self.scroll(pages * self.height)
        else:
            self.edge(pages < 0)

    def edge(self, bottom: bool, *, single: bool = False) -> None:
        """Go to the first or the last layers in full detail; `single`: choose the first or the last one."""
        if single:
            self.choose(len(self.taps) - 1 if bottom else 0)
            return
        self.detail = True
        self._offset = len(self.taps) if bottom else 0

    def scroll(self, lines: int) -> None:
        """Scroll the single layers; without effect when all are on screen."""
        if self.scrolling:
            self._offset += lines
