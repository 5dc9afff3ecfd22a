"""The line of tabs: which views there are, which one is shown, and the key of each; a click opens it."""

from __future__ import annotations

from collections.abc import Sequence

from textual.events import Click
from textual.geometry import Size
from textual.message import Message

from gradtui.tui.palette import KEY, MUTED, Ink, Run, Runs
from gradtui.tui.widgets.lines import Lines, ljust


class Tabs(Lines):
    """One tab a view."""

    DEFAULT_CSS = "Tabs { height: 1; }"

    class Clicked(Message):
        """A tab was clicked."""

        def __init__(self, number: int) -> None:
            super().__init__()
            self.number = number

    def __init__(self, titles: Sequence[str], *, id: str = "tabs") -> None:
        super().__init__(id=id)
        self._titles = titles
        self.active = 0

    def open(self, number: int) -> None:
        """Mark another tab as the one shown."""
        self.active = number
        self.redraw()

    def _gap(self, width: int) -> int:
        """Cells between two tabs: two where there is room, else one."""
        return 2 if sum(len(title) + 4 for title in self._titles) + 1 <= width else 1

    def lines(self, size: Size) -> list[Runs]:
        runs: list[Run] = []
        for number, title in enumerate(self._titles):
            here = number == self.active
            back = "chosen" if here else ""
            runs += [
                ("▸" if here else " ", Ink("key", back, True)),
                (str(number + 1), KEY._replace(bg=back)),
                (f" {title}", Ink("text", back, True) if here else MUTED),
                (" " * (self._gap(size.width) - 1), Ink("")),
            ]
        return [ljust(runs, size.width)]

    def on_click(self, event: Click) -> None:
        left, gap = 0, self._gap(self.extent.width)
        for number, title in enumerate(self._titles):
            right = left + 3 + len(title) + gap - 1
            if left <= event.x < right:
                self.post_message(self.Clicked(number))
                return
            left = right
