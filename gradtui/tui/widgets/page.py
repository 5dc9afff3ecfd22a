"""A page of inked lines that scrolls."""

from __future__ import annotations

from textual.events import MouseScrollDown, MouseScrollUp
from textual.geometry import Size

from gradtui.tui.palette import MUTED, Runs
from gradtui.tui.widgets.lines import Lines

#: Shown in the last line where a page goes on.
_MORE = " ↓ more"


class Page(Lines):
    """A subclass answers `page(width)`; here it is scrolled, and the last line says where it goes on."""

    DEFAULT_CSS = "Page { height: 1fr; }"

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._top = 0

    def page(self, width: int) -> list[Runs]:
        """The whole page."""
        raise NotImplementedError

    def scroll_lines(self, lines: int) -> None:
        """Scroll; it stops at the ends."""
        size = self.extent
        self._top = max(0, min(self._top + lines, len(self.page(size.width)) - size.height))
        self.redraw()

    def rewind(self) -> None:
        """Back to the first line."""
        self._top = 0
        self.redraw()

    def lines(self, size: Size) -> list[Runs]:
        whole = self.page(size.width)
        self._top = max(0, min(self._top, len(whole) - size.height))
        shown = whole[self._top : self._top + size.height]
        if self._top + size.height < len(whole):
            shown[-1] = ((_MORE, MUTED),)
        return shown

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        self.scroll_lines(2)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        self.scroll_lines(-2)
