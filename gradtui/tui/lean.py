"""A strip that says in as few bytes as it can what it looks like: only what changes from run to run is sent.

Textual's own strips reset and restate both colours for every run. A row of the bars has five runs and is sent up
to thirty times a second, over a slow line too.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from rich.cells import cached_cell_len
from rich.color import Color, ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

_RESET = "\x1b[0m"

_SYSTEMS = {
    "standard": ColorSystem.STANDARD,
    "256": ColorSystem.EIGHT_BIT,
    "truecolor": ColorSystem.TRUECOLOR,
    "windows": ColorSystem.WINDOWS,
}


@lru_cache(1024)
def _codes(color: Color | None, system: ColorSystem, foreground: bool) -> str:
    """The SGR parameters of a colour; of none, those of the terminal's own."""
    if color is None:
        return "39" if foreground else "49"
    return ";".join(color.downgrade(system).get_ansi_codes(foreground))


@lru_cache(1024)
def _attributes(style: Style) -> str:
    """The SGR parameters of what is not a colour."""
    flags = (
        (style.bold, "1"),
        (style.dim, "2"),
        (style.italic, "3"),
        (style.underline, "4"),
        (style.reverse, "7"),
    )
    return ";".join(code for flag, code in flags if flag)


def sequence(segments: Iterable[Segment], system: ColorSystem | None) -> str:
    """The segments as text with escape sequences; without a colour system only attributes are sent."""
    out: list[str] = []
    attributes, fore, back = "", "39", "49"
    for text, style, _ in segments:
        style = style or Style.null()
        wanted = _attributes(style)
        changes: list[str] = []
        if wanted != attributes:
            if attributes:
                # Attributes can only be taken back all together, and the colours with them.
                changes.append("0")
                fore, back = "39", "49"
            changes.append(wanted)
            attributes = wanted
        blank = not wanted and not text.strip(" ")
        new_fore = fore if blank or system is None else _codes(style.color, system, True)
        new_back = back if system is None else _codes(style.bgcolor, system, False)
        changes += [new_fore if new_fore != fore else "", new_back if new_back != back else ""]
        fore, back = new_fore, new_back
        if parameters := ";".join(filter(None, changes)):
            out.append(f"\x1b[{parameters}m")
        out.append(text)
    if attributes or (fore, back) != ("39", "49"):
        out.append(_RESET)
    return "".join(out)


class LeanStrip(Strip):
    """A strip that renders itself by `sequence`."""

    __slots__ = ()

    def __init__(self, segments: Iterable[Segment], cell_length: int | None = None) -> None:
        # Making the caches of a strip that is drawn once takes longer than drawing it: they are made when asked for.
        self._segments = list(segments)
        self._cell_length = cell_length
        self._render_cache = None

    def __getattr__(self, name: str) -> Any:
        value = getattr(Strip(()), name)
        setattr(self, name, value)
        return value

    def crop(self, start: int, end: int | None = None) -> Strip:
        if start > 0 or end is None or not 0 < end < self.cell_length:
            return super().crop(start, end)
        kept: list[Segment] = []
        room = end
        for segment in self:
            text = segment.text
            if cached_cell_len(text) != len(text):
                # Letters two cells wide may have to be cut in half.
                return super().crop(start, end)
            kept.append(segment if len(text) <= room else Segment(text[:room], segment.style))
            room -= len(text)
            if room <= 0:
                break
        return LeanStrip(kept, end)

    def render(self, console: Console) -> str:
        if self._render_cache is None:
            self._render_cache = sequence(self, _SYSTEMS.get(console.color_system or ""))
        return self._render_cache
