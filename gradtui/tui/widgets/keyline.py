"""The last line: the keys that work here, as many as fit; a click presses them."""

from __future__ import annotations

from textual.events import Click
from textual.geometry import Size

from gradtui.tui import bindings
from gradtui.tui.palette import KEY, MUTED, Run, Runs
from gradtui.tui.widgets.lines import Lines


class KeyLine(Lines):
    """Keys of the place that has the focus."""

    DEFAULT_CSS = "KeyLine { height: 1; }"

    def __init__(self, where: str, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._where = where

    def listen(self, where: str) -> None:
        """Show the keys of another place."""
        self._where = where
        self.redraw()

    def lines(self, size: Size) -> list[Runs]:
        runs: list[Run] = [(" ", MUTED)]
        for key in bindings.key_line(self._where, size.width - 1):
            runs += [(key.shown, KEY), (f" {key.short}   ", MUTED)]
        return [tuple(runs)]

    async def on_click(self, event: Click) -> None:
        left = 1
        for key in bindings.key_line(self._where, self.extent.width - 1):
            right = left + len(key.shown) + len(key.short) + 4
            if left <= event.x < right:
                # Of a pair of keys shown as `+ -` the half that was hit is pressed.
                second = event.x - left >= (len(key.shown) + 1) // 2 and event.x - left < len(key.shown)
                action = key.presses[-1 if second else 0].action
                # The keys of a panel or a box belong to it, and it has the focus.
                widget = self.screen.focused
                inside = widget is not None and getattr(widget, "place", "") == key.where
                owner = self.app if key.where == "everywhere" else widget if inside else self.screen
                await self.app.run_action(action, default_namespace=owner)
                return
            left = right
