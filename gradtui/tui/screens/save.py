"""The menu for saving: what can be saved of the run, and what that gives."""

from __future__ import annotations

import textwrap
from typing import ClassVar

from textual.app import ComposeResult
from textual.events import Click
from textual.geometry import Size
from textual.screen import ModalScreen

from gradtui.tui import bindings
from gradtui.tui.palette import MUTED, Ink, Runs
from gradtui.tui.saving import KINDS, Kind, Saver
from gradtui.tui.widgets.lines import Lines, ljust

_WIDTH = 64

#: Lines that tell what the kind under the cursor gives.
_PREVIEW = 6


class SaveMenu(Lines):
    """The kinds, and below them what the one under the cursor gives."""

    DEFAULT_CSS = """
    SaveMenu { width: 64; max-width: 100%; border: round $primary; background: $surface; padding: 0 1; }
    """

    def __init__(self, saver: Saver, *, id: str) -> None:
        super().__init__(id=id)
        self.framed = True
        self.at = 0
        self._saver = saver
        self.border_title = "save"
        self.styles.height = len(KINDS) + _PREVIEW + 3

    def move(self, rows: int) -> None:
        """Move the cursor; it stops at the ends."""
        self.at = max(0, min(self.at + rows, len(KINDS) - 1))
        self.redraw()

    def lines(self, size: Size) -> list[Runs]:
        out: list[Runs] = []
        for at, kind in enumerate(KINDS):
            back = "chosen" if at == self.at else ""
            runs = [
                ("▸ " if back else "  ", Ink("key", back, True)),
                (kind.key, Ink("key", back, True)),
                (f"  {kind.title}", Ink("text", back, bool(back))),
            ]
            out.append(ljust(runs, size.width))
        out.append((("─" * size.width, Ink("faint")),))
        kind = KINDS[self.at]
        for text, ink in ((kind.meaning, MUTED), (self._saver.preview(kind), Ink())):
            out += [((line, ink),) for line in textwrap.wrap(text, size.width, break_on_hyphens=False)]
        return out[: size.height]

    def on_click(self, event: Click) -> None:
        offset = event.get_content_offset(self)
        if offset is not None and offset.y < len(KINDS):
            event.stop()
            self.screen.dismiss(KINDS[offset.y])


class SaveScreen(ModalScreen[Kind | None]):
    """Over the lab; answers with the kind that was chosen, or with None."""

    BINDINGS = bindings.textual("save")
    AUTO_FOCUS: ClassVar[str | None] = ""

    DEFAULT_CSS = "SaveScreen { align: center middle; }"

    def __init__(self, saver: Saver) -> None:
        super().__init__()
        self.menu = SaveMenu(saver, id="save")
        # The app's own rule for screens is stronger than one of this class; the lab is to be seen behind.
        self.styles.background = "transparent"

    def compose(self) -> ComposeResult:
        yield self.menu

    def action_move(self, rows: int) -> None:
        self.menu.move(rows)

    def action_take(self, key: str = "") -> None:
        self.dismiss(next((kind for kind in KINDS if kind.key == key), KINDS[self.menu.at]))

    def action_close(self) -> None:
        self.dismiss(None)
