"""The pick list: all values of one knob with what they mean, over the lab."""

from __future__ import annotations

import textwrap

from textual.events import Click, Key, MouseScrollDown, MouseScrollUp
from textual.geometry import Size
from textual.message import Message

from gradtui.tui import bindings
from gradtui.tui.knobs import Knob, Option, Value
from gradtui.tui.palette import MUTED, Ink, Runs
from gradtui.tui.widgets.lines import Lines, ljust

#: Lines below the list that explain the option under the cursor.
_EXPLANATION = 6


class PickList(Lines, can_focus=True):
    """Choose one of a knob's options; what it means, its formula and its paper stand below."""

    BINDINGS = bindings.textual("list")

    DEFAULT_CSS = """
    PickList {
        layer: above;
        display: none;
        width: 64;
        max-width: 100%;
        border: round $primary;
        background: $surface;
        padding: 0 1;
    }
    """

    class Picked(Message):
        """An option was picked."""

        def __init__(self, knob: Knob, value: Value) -> None:
            super().__init__()
            self.knob, self.value = knob, value

    class Closed(Message):
        """The list was left without picking."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.framed = True
        self._knob: Knob | None = None
        self._options: list[Option] = []
        self._at = 0
        self._top = 0

    def open(self, knob: Knob, options: list[Option], value: Value, room: Size) -> None:
        """Show the options, with the cursor on the present value, in the middle of `room`."""
        self._knob, self._options = knob, options
        self._at = next((at for at, option in enumerate(options) if option.value == value), 0)
        self.border_title = knob.label
        explained = _EXPLANATION if any(option.meaning for option in options) else 0
        width = min(64 if explained else 24, room.width)
        height = min(len(options) + explained + 2, room.height - 2)
        self.styles.width, self.styles.height = width, height
        self.styles.offset = ((room.width - width) // 2, (room.height - height) // 2)
        self.display = True
        # At once, not with the next message: keys that are already on their way are meant for the list.
        self.screen.set_focus(self)
        self.redraw()

    @property
    def _room(self) -> int:
        """Lines for options."""
        explained = _EXPLANATION if any(option.meaning for option in self._options) else 0
        return max(1, self.extent.height - explained)

    # ------------------------------------------------------------------ keys and mouse

    def action_move(self, rows: int) -> None:
        self._at = max(0, min(self._at + rows, len(self._options) - 1))
        self.redraw()

    def action_pick(self) -> None:
        if self._knob is not None and self._options:
            self.post_message(self.Picked(self._knob, self._options[self._at].value))

    def action_close(self) -> None:
        self.post_message(self.Closed())

    def on_key(self, event: Key) -> None:
        """A letter goes to the next option that begins with it."""
        if not event.character or not event.character.isalnum():
            return
        event.stop()
        count = len(self._options)
        for at in ((self._at + step) % count for step in range(1, count + 1)):
            if self._options[at].label.lower().startswith(event.character.lower()):
                self._at = at
                self.redraw()
                return

    def on_click(self, event: Click) -> None:
        offset = event.get_content_offset(self)
        if offset is not None and offset.y < self._room and offset.y + self._top < len(self._options):
            self._at = offset.y + self._top
            self.action_pick()

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        self.action_move(1)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        self.action_move(-1)

    # ------------------------------------------------------------------ drawing

    def lines(self, size: Size) -> list[Runs]:
        room = self._room
        self._top = max(0, min(self._at - room // 2, len(self._options) - room))
        out: list[Runs] = []
        for at in range(self._top, min(self._top + room, len(self._options))):
            here = at == self._at
            back = "chosen" if here else ""
            mark = ("▸ " if here else "  ", Ink("key", back, True))
            out.append(ljust([mark, (self._options[at].label, Ink("text", back, here))], size.width))
        option = self._options[self._at] if self._options else None
        if option is None or not option.meaning:
            return out
        out += [()] * (room - len(out))
        out.append((("─" * size.width, Ink("faint")),))
        for text, ink in ((option.meaning, Ink()), (option.formula, Ink("key")), (option.paper, MUTED)):
            out += [((line, ink),) for line in textwrap.wrap(text, size.width)]
        return out[: size.height]
