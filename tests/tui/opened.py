"""The app on a screen in memory, with a fake runner behind it, and eyes to read what is drawn."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from fake_runner import FakeRunner, scenario
from msgspec.structs import replace
from textual.geometry import Region
from textual.pilot import Pilot
from textual.widget import Widget

from gradtui.tui.app import GradtuiApp
from gradtui.tui.screens.lab import LabScreen

#: Seconds in which anything has to come; a machine that is busy with other things may stand still for some of them.
PATIENCE = 180.0


def drawn(widget: Widget) -> list[str]:
    """The text of a widget's strips, line by line."""
    return [strip.text for strip in widget.render_lines(Region(0, 0, *widget.outer_size))]


def backgrounds(widget: Widget, line: int) -> list[object]:
    """The background colour of every cell of one of a widget's lines."""
    strip = widget.render_lines(Region(0, 0, *widget.outer_size))[line]
    return [segment.style.bgcolor if segment.style else None for segment in strip for _ in segment.text]


def whole(app: GradtuiApp) -> list[str]:
    """The text of the whole screen as the compositor puts it together."""
    return [strip.text for strip in app.screen._compositor.render_strips()]


async def until(pilot: Pilot[Any], holds: Callable[[], object]) -> None:
    """Wait until it holds, however long that takes on this machine."""
    end = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > end:
            raise AssertionError("it never came; the screen is\n" + "\n".join(whole(pilot.app)))
        await pilot.pause(0.01)


@dataclass
class Opened:
    """A lab that is open."""

    app: GradtuiApp
    pilot: Pilot[None]
    runner: FakeRunner

    @property
    def screen(self) -> LabScreen:
        return next(screen for screen in self.app.screen_stack if isinstance(screen, LabScreen))

    async def shown(self) -> None:
        """Wait until the runner's present snapshot is on the screen."""
        await self.until(lambda: self.screen.shown is not None and self.screen.shown.revision == self.runner.revision)
        await self.pilot.pause()

    async def until(self, holds: Callable[[], object]) -> None:
        """Wait until it holds."""
        await until(self.pilot, holds)

    async def says(self, *words: str) -> None:
        """Wait until these words are on the screen."""
        await self.until(lambda: all(word in "\n".join(whole(self.app)) for word in words))

    async def press(self, *keys: str) -> None:
        await self.pilot.press(*keys)
        await self.pilot.pause()

    def table(self) -> list[tuple[str, str, str]]:
        """What the bars say, row by row: name, track, number."""
        bars = self.screen.centre.bars
        columns = [drawn(column)[1:] for column in (bars.names, bars.picture, bars.numbers)]
        rows = [(name.strip(" ▸"), track, text.strip()) for name, track, text in zip(*columns, strict=True)]
        return [row for row in rows if row[0]]


@asynccontextmanager
async def lab(
    size: tuple[int, int] = (80, 24),
    depth: int = 30,
    *,
    paused: bool = True,
    runner: type[FakeRunner] = FakeRunner,
    title: str = "Deep sigmoid network",
    **network: Any,
) -> AsyncIterator[Opened]:
    """Open the lab on a scenario of this depth."""
    made: list[FakeRunner] = []

    def make(chosen: Any, starts_paused: bool) -> FakeRunner:
        made.append(runner(chosen, starts_paused))
        return made[-1]

    app = GradtuiApp(replace(scenario(depth, **network), title=title), paused=paused, make=make)
    async with app.run_test(size=size, notifications=True) as pilot:
        await until(pilot, lambda: made and made[0].asked)
        opened = Opened(app, pilot, made[0])
        await opened.shown()
        yield opened
    app.join()
