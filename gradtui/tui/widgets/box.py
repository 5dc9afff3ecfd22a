"""A box over the lab that asks for one value and goes away."""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

from textual.events import Key

from gradtui.tui.knobs import Value
from gradtui.tui.widgets.lines import Lines

#: Told the value that was picked; None: the box was left without one.
Done = Callable[[Value | None], None]


class Box(Lines, can_focus=True):
    """Typed letters are its own; `done` is called once, when it has closed."""

    DEFAULT_CSS = """
    Box {
        layer: above;
        display: none;
        width: 64;
        max-width: 100%;
        border: round $primary;
        background: $surface;
        padding: 0 1;
    }
    """

    #: Which keys the key line shows.
    place: ClassVar[str] = ""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.framed = True
        self.typed = ""
        self._done: Done | None = None

    def show_up(self, title: str, width: int, height: int, done: Done) -> None:
        """Appear in the middle of the screen, with room for so many lines, as far as it goes."""
        self._done = done
        self.border_title = title
        room = self.app.size
        width, height = min(width + 4, room.width), min(height + 2, room.height - 2)
        self.styles.width, self.styles.height = width, height
        self.styles.offset = ((room.width - width) // 2, (room.height - height) // 2)
        self.display = True
        # At once, not with the next message: keys that are already on their way are meant for the box.
        self.screen.set_focus(self)
        self.redraw()

    def close(self, value: Value | None = None) -> None:
        """Go away and tell what was picked."""
        done, self._done = self._done, None
        self.display = False
        if done is not None:
            done(value)

    def typing(self, text: str) -> None:
        """`typed` is now this text."""
        self.typed = text
        self.redraw()

    def on_key(self, event: Key) -> None:
        if event.is_printable and event.character and (self.typed or event.character != " "):
            event.stop()
            event.prevent_default()
            self.typing(self.typed + event.character)

    def action_shorten(self) -> None:
        if self.typed:
            self.typing(self.typed[:-1])

    def action_close(self) -> None:
        self.close()
