"""Lines: the base of every widget here. It owns its lines and repaints only the cells that changed."""

from __future__ import annotations

from typing import ClassVar

from rich.cells import cached_cell_len
from rich.segment import Segment
from rich.style import Style
from textual.geometry import Region, Size
from textual.strip import Strip
from textual.widget import Widget

from gradtui.tui.blocks import cut
from gradtui.tui.lean import LeanStrip
from gradtui.tui.palette import Ink, Palette, Run, Runs, palette_of

#: The ink of cells in which nothing stands.
BLANK = Ink("")


class Lines(Widget):
    """A widget made of lines of inked text.

    A subclass answers `lines(size)` with what it looks like now. `redraw` asks it and repaints only the lines
    that differ from what is there, each up to its last changed cell.
    """

    ALLOW_SELECT: ClassVar[bool] = False

    def __init__(self, *, id: str | None = None, classes: str | None = None) -> None:
        super().__init__(id=id, classes=classes)
        self._runs: list[Runs] = []
        self._strips: dict[int, Strip] = {}
        self._styles: dict[Ink, Style] = {}
        self._drawn_size = Size(0, 0)
        #: Whether there is a border or padding around the lines.
        self.framed = False

    def lines(self, size: Size) -> list[Runs]:
        """The lines at this size, from the top; missing ones are blank."""
        raise NotImplementedError

    @property
    def palette(self) -> Palette:
        """What the inks look like now."""
        return palette_of(self.app)

    @property
    def extent(self) -> Size:
        """The room for lines."""
        return self.content_size if self.framed else self.outer_size

    def redraw(self) -> None:
        """Bring the lines up to date and repaint those that changed."""
        size = self.extent
        if not size:
            return
        if size != self._drawn_size:
            # A resize repaints everything, and asks for the lines then.
            self.refresh()
            return
        fresh, before = self.lines(size), self._runs
        changed: list[Region] = []
        for y in range(min(max(len(fresh), len(before)), size.height)):
            old = before[y] if y < len(before) else ()
            new = fresh[y] if y < len(fresh) else ()
            if old is not new and old != new:
                self._strips.pop(y, None)
                changed.append(Region(0, y, _last_change(old, new, size.width), 1))
        self._runs = fresh
        if changed:
            self.refresh(*changed)

    def render_lines(self, crop: Region) -> list[Strip]:
        """The cropped lines. Without a frame around them they need none of Textual's styling, line by line."""
        if self.framed:
            return super().render_lines(crop)
        size = self.extent
        strips = [self._drawn(y, size) for y in crop.line_range]
        if crop.width != size.width:
            strips = [strip.crop(crop.x, crop.right) for strip in strips]
        return strips

    def render_line(self, y: int) -> Strip:
        """One line inside the frame."""
        return self._drawn(y, self.extent)

    def _drawn(self, y: int, size: Size) -> Strip:
        if size != self._drawn_size:
            self._drawn_size = size
            self._strips.clear()
            self._runs = self.lines(size)
        strip = self._strips.get(y)
        if strip is None:
            runs = self._runs[y] if y < len(self._runs) else ()
            strip = self._strips[y] = self._strip(runs, size.width)
        return strip

    def notify_style_update(self) -> None:
        """Forget the drawn lines: the theme, the focus or the hover has changed their colours."""
        super().notify_style_update()
        self._strips.clear()
        self._styles.clear()

    def _strip(self, runs: Runs, width: int) -> Strip:
        segments = [Segment(text, self._style(ink)) for text, ink in runs if text]
        length = sum(cached_cell_len(text) for text, _ in runs)
        if length < width:
            segments.append(Segment(" " * (width - length), self._style(BLANK)))
        return LeanStrip(segments, max(width, length)).crop(0, width)

    def _style(self, ink: Ink) -> Style:
        """The style of an ink on this widget's background."""
        style = self._styles.get(ink)
        if style is None:
            palette = self.palette
            ground = Style() if palette.plain else Style(bgcolor=self.rich_style.bgcolor)
            style = self._styles[ink] = ground + palette.style(ink)
        return style

    def text(self) -> list[str]:
        """What the widget shows, without colours."""
        return ["".join(text for text, _ in runs) for runs in self._runs]


class Area(Widget):
    """A part of the screen that holds others and draws nothing itself."""

    BLANK: ClassVar[bool] = True


class Rule(Lines):
    """A vertical line between two areas."""

    DEFAULT_CSS = "Rule { width: 1; }"

    def lines(self, size: Size) -> list[Runs]:
        return [(("│", Ink("faint")),)] * size.height


def _last_change(old: Runs, new: Runs, width: int) -> int:
    """The number of cells from the left edge to the end of the last one that differs."""
    if not old:
        return width
    same = 0
    for (old_text, old_ink), (new_text, new_ink) in zip(reversed(old), reversed(new), strict=False):
        if old_text != new_text or old_ink != new_ink:
            if old_ink == new_ink:
                same += _common_end(old_text, new_text)
            break
        same += len(new_text)
    old_length, new_length = _length(old), _length(new)
    return width if old_length != new_length else min(width, new_length - same)


def _length(runs: Runs) -> int:
    return sum(len(text) for text, _ in runs)


def _common_end(a: str, b: str) -> int:
    same = 0
    for x, y in zip(reversed(a), reversed(b), strict=False):
        if x != y:
            break
        same += 1
    return same


def ljust(runs: list[Run], width: int) -> Runs:
    """The runs cut or padded on the right to exactly `width` cells; what is added has the last one's background."""
    return cut(runs, width, runs[-1][1]._replace(fg="text", bold=False)) if runs else ()
