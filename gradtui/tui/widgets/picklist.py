"""The pick list: all values of one knob with what they mean, narrowed by typing."""

from __future__ import annotations

from collections.abc import Callable

from textual.events import Click, MouseScrollDown, MouseScrollUp
from textual.geometry import Size

from gradtui.tui import bindings
from gradtui.tui.knobs import Option, Value
from gradtui.tui.palette import KEY, MUTED, Ink, Runs
from gradtui.tui.widgets.box import Box, Done
from gradtui.tui.widgets.explanation import wrapped
from gradtui.tui.widgets.lines import ljust

#: Lines below the list that explain the option under the cursor, and cells of the whole.
_EXPLANATION, _WIDTH = 8, 68
#: Explained options are left so many lines, however small the screen is.
_LEAST = 4


class PickList(Box):
    """Choose one of some options; what it means, its formula and its paper stand below.

    `objection` tells why an option cannot be taken here; empty: it can.
    """

    BINDINGS = bindings.textual("list")
    place = "list"

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._all: list[Option] = []
        self._options: list[Option] = []
        self._objection: Callable[[Value], str] = lambda value: ""
        self._at = 0
        self._top = 0

    def open(
        self, title: str, options: list[Option], value: Value, done: Done, objection: Callable[[Value], str]
    ) -> None:
        """Show the options with the cursor on the present value."""
        self._all = self._options = options
        self._objection = objection
        self.typed = ""
        self._at = next((at for at, option in enumerate(options) if option.value == value), 0)
        self.show_up(title, _WIDTH, len(options) + 1 + _EXPLANATION, done)

    @property
    def _rows(self) -> int:
        """Lines for options: without the search line above and the explanation below."""
        return max(min(_LEAST, self.extent.height - 1), self.extent.height - 1 - _EXPLANATION)

    # ------------------------------------------------------------------ keys and mouse

    def typing(self, text: str) -> None:
        here = self._options[self._at] if self._options else None
        self._options = [option for option in self._all if option.matches(text)]
        begins = [option for option in self._options if option.label.lower().startswith(text.lower())]
        best = begins[0] if text and begins and here not in begins else here
        self._at = self._options.index(best) if best in self._options else 0
        super().typing(text)

    def action_move(self, rows: int) -> None:
        self._at = max(0, min(self._at + rows, len(self._options) - 1))
        self.redraw()

    def action_pick(self) -> None:
        if self._options:
            self.close(self._options[self._at].value)

    def action_close(self) -> None:
        if self.typed:
            self.typing("")
        else:
            super().action_close()

    def on_click(self, event: Click) -> None:
        offset = event.get_content_offset(self)
        row = offset.y - 1 if offset else -1
        if 0 <= row < self._rows and row + self._top < len(self._options):
            self._at = row + self._top
            self.action_pick()

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        self.action_move(1)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        self.action_move(-1)

    # ------------------------------------------------------------------ drawing

    def lines(self, size: Size) -> list[Runs]:
        rows = self._rows
        self._top = max(0, min(self._at - rows // 2, len(self._options) - rows))
        out: list[Runs] = [self._search_line(size.width)]
        if not self._options:
            return [*out, ((f"  nothing matches {self.typed}; Esc clears", MUTED),)]
        for at in range(self._top, min(self._top + rows, len(self._options))):
            out.append(self._line(self._options[at], at == self._at, size.width))
        out += [()] * (rows + 1 - len(out))
        option = self._options[self._at]
        objection = self._objection(option.value)
        parts = [
            (objection and f"not possible here: {objection}", Ink("error")),
            (option.effect, Ink("accent")),
            (option.meaning, Ink()),
            (option.formula, Ink("key")),
            (option.paper, MUTED),
        ]
        out.append((("─" * size.width, Ink("faint")),))
        return (out + wrapped(parts, size.width))[: size.height]

    def _search_line(self, width: int) -> Runs:
        if not self.typed:
            return ljust([(f"  type to search {len(self._all)}", MUTED)], width)
        found = f"   {len(self._options)} of {len(self._all)}"
        return ljust([("  ", MUTED), (self.typed, KEY), ("▏", KEY), (found, MUTED)], width)

    def _line(self, option: Option, here: bool, width: int) -> Runs:
        back = "chosen" if here else ""
        mark = ("▸ " if here else "  ", Ink("key", back, True))
        label = option.label[: width - 2]
        note = f"{option.note:>{width - 2 - len(label)}}"[: width - 2 - len(label)]
        return ljust([mark, (label, Ink("text", back, here)), (note, Ink("muted", back))], width)
