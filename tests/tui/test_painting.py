"""Only what changed is painted; what stands still costs nothing."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from fake_runner import FakeRunner, staircase
from opened import lab
from textual.geometry import Region

from gradtui.lab.snapshot import State
from gradtui.tui.widgets.lines import Lines


class Painted:
    """The regions that widgets have asked to be repainted; None stands for a whole widget."""

    def __init__(self) -> None:
        self.asked: list[tuple[str | None, Region | None]] = []

    def lines(self, id: str) -> set[int]:
        return {region.y for widget, region in self.asked if widget == id and region is not None}


@pytest.fixture
def painted(monkeypatch: pytest.MonkeyPatch) -> Painted:
    seen = Painted()
    refresh = Lines.refresh

    def watching(self: Lines, *regions: Region, **how: bool) -> Lines:
        seen.asked += [(self.id, region) for region in regions or (None,)]
        return refresh(self, *regions, **how)

    monkeypatch.setattr(Lines, "refresh", watching)
    return seen


async def test_paused_nothing_is_painted_though_it_goes_on_looking(painted: Painted) -> None:
    async with lab((120, 36)) as opened:
        await opened.pilot.pause(0.3)
        painted.asked.clear()
        asked = opened.runner.asked
        await opened.until(lambda: opened.runner.asked > asked + 10)
        assert painted.asked == []


async def test_a_snapshot_that_looks_the_same_paints_nothing(painted: Painted) -> None:
    async with lab((120, 36)) as opened:
        painted.asked.clear()
        opened.runner.change()
        await opened.shown()
        assert painted.asked == []


#: The line of the picture on which the fitted decay is written: one layer that moves changes it.
NOTED = 2


async def test_one_layer_that_moves_paints_one_row(painted: Painted) -> None:
    gradients = staircase(30)
    async with lab((120, 36)) as opened:
        opened.runner.show(gradients)
        await opened.shown()
        painted.asked.clear()
        gradients[12] *= 40
        opened.runner.show(gradients, [3 * value for value in staircase(30)])
        await opened.shown()
        assert painted.lines("bars-picture") - {NOTED} == {13}
        assert painted.lines("bars-numbers") == {13}
        assert painted.lines("bars-names") == set()


async def test_a_row_is_painted_no_farther_than_its_last_change(painted: Painted) -> None:
    gradients = [1e-15] * 31
    async with lab((120, 36)) as opened:
        opened.runner.begin(gradients, gradients)
        await opened.shown()
        painted.asked.clear()
        gradients[4] = 1e-10
        opened.runner.show(gradients, [1e-15] * 31)
        await opened.shown()
        bars = opened.screen.centre.bars
        (region,) = [
            region for widget, region in painted.asked if region and region.y == 5 and widget == "bars-picture"
        ]
        assert region.right == bars.axis.cell(1e-10, bars.picture.extent.width) + (
            1 if bars.axis.eighths(1e-10, bars.picture.extent.width) % 8 else 0
        )


async def test_while_training_text_is_painted_seldom_and_bars_often(
    painted: Painted, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    monkeypatch.setattr("gradtui.tui.screens.lab.time", SimpleNamespace(monotonic=lambda: now))
    async with lab((120, 36), paused=False, runner=FakeRunner) as opened:
        numbers = opened.screen.centre.bars.numbers
        tracks = opened.screen.centre.bars.picture
        counts = {numbers.id: 0, tracks.id: 0}
        for turn in range(30):
            painted.asked.clear()
            now += 0.034
            opened.runner.show(staircase(30, 0.2 + 0.005 * turn))
            await opened.shown()
            for widget in counts:
                counts[widget] += bool(painted.lines(str(widget)))
        assert counts == {tracks.id: 30, numbers.id: 4}
        opened.runner.change(state=State.PAUSED)
        await opened.shown()
        assert opened.table()[0][2] == f"{staircase(30, 0.2 + 0.005 * 29)[0]:.2e}"
