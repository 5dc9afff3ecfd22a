"""A compositor that paints what one widget has changed without putting the whole screen together for it.

Textual's cuts every line at the edges of all widgets and asks each of them for all of its lines, thirty times a second
although a few rows of one widget have moved. Here a changed region is painted by the widget that it lies in alone; when
widgets overlap there, Textual's way is taken.
"""

from __future__ import annotations

from rich.console import Console
from textual._compositor import ChopsUpdate, Compositor, CompositorUpdate
from textual.geometry import Region
from textual.strip import Strip
from textual.widget import Widget

#: Regions whose owners are remembered.
REMEMBERED = 4096

#: A widget and where its top left cell is on the screen.
Owner = tuple[Widget, int, int]


class StripsUpdate(CompositorUpdate):
    """Strips to be written from a cell on: (column, line, strip)."""

    def __init__(self, strips: list[tuple[int, int, Strip]]) -> None:
        self.strips = strips

    def render_segments(self, console: Console) -> str:
        return "".join(f"\x1b[{y + 1};{x + 1}H{strip.render(console)}" for x, y, strip in self.strips)


class LeanCompositor(Compositor):
    """Paints changed regions by their owners."""

    def __init__(self) -> None:
        super().__init__()
        self._owners: dict[Region, Owner | None] = {}
        self._arrangement: object = None

    def render_partial_update(self) -> ChopsUpdate | None:
        update = self._strips_update()
        if update is None:
            return super().render_partial_update()
        self._dirty_regions.clear()
        # Textual asks of either kind of update nothing but `render_segments`.
        return update  # type: ignore[return-value]

    def _strips_update(self) -> StripsUpdate | None:
        """What the owners of all changed regions draw; None where a region has not one owner, or nothing changed."""
        strips: list[tuple[int, int, Strip]] = []
        for region in sorted(self._dirty_regions, key=lambda region: (region.y, region.x)):
            owner = self._owner(region)
            if owner is None:
                return None
            widget, x, y = owner
            drawn = widget.render_lines(Region(region.x - x, region.y - y, region.width, region.height))
            strips += [(region.x, line, strip) for line, strip in enumerate(drawn, region.y)]
        return StripsUpdate(strips) if strips else None

    def _owner(self, region: Region) -> Owner | None:
        """The widget that alone draws this region."""
        visible = self.visible_widgets
        if visible is not self._arrangement or len(self._owners) > REMEMBERED:
            self._arrangement = visible
            self._owners.clear()
        elif region in self._owners:
            return self._owners[region]
        owner = None
        for widget, (place, clip) in visible.items():  # from front to back
            seen = place.intersection(clip)
            if seen.overlaps(region):
                owner = (widget, place.x, place.y) if seen.contains_region(region) else None
                break
        self._owners[region] = owner
        return owner
