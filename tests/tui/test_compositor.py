"""What the lean compositor paints of a change is what the whole screen would show there."""

from __future__ import annotations

import pyte
import pytest
from fake_runner import TrainingRunner
from opened import lab
from rich.console import Console
from textual.geometry import Region
from textual.widget import Widget

from gradtui.tui.compositor import LeanCompositor, StripsUpdate

REGIONS = [
    Region(0, 0, 120, 1),
    Region(30, 3, 1, 1),
    Region(29, 5, 40, 3),
    Region(110, 2, 10, 20),
    Region(0, 35, 50, 1),
]


def cells(data: str, region: Region) -> list[list[tuple[str, str]]]:
    """Characters and backgrounds that a terminal shows in a region."""
    screen = pyte.Screen(120, 36)
    pyte.Stream(screen).feed(data)
    return [
        [(screen.buffer[y][x].data, screen.buffer[y][x].bg) for x in region.column_range] for y in region.line_range
    ]


@pytest.mark.parametrize("region", REGIONS)
async def test_a_region_looks_as_in_the_whole(region: Region) -> None:
    console = Console(color_system="256", force_terminal=True, width=120, height=36)
    async with lab((120, 36)) as opened:
        compositor = opened.screen._compositor
        assert isinstance(compositor, LeanCompositor)
        compositor._dirty_regions = {region}
        update = compositor.render_partial_update()
        assert update is not None
        assert compositor._dirty_regions == set()
        whole = compositor.render_full_update().render_segments(console)
        assert cells(update.render_segments(console), region) == cells(whole, region)


async def test_changed_rows_are_painted_by_their_owners_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: set[Widget] = set()
    async with lab((120, 36), runner=TrainingRunner) as opened:
        header, bars = opened.screen.query_one("#header", Widget), opened.screen.centre.bars.picture
        for widget in opened.screen.walk_children(Widget):
            render = widget.render_lines

            def asking(crop: Region, widget: Widget = widget, render: object = render) -> object:
                asked.add(widget)
                return render(crop)  # type: ignore[operator]

            monkeypatch.setattr(widget, "render_lines", asking)
        compositor = opened.screen._compositor
        compositor._dirty_regions = {Region(header.region.x, header.region.y, 20, 1), bars.region}
        assert isinstance(compositor.render_partial_update(), StripsUpdate)
        assert asked == {header, bars}
