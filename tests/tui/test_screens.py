"""Every view as it stands on the screen, kept as text; and what holds at every size: nothing cut, nothing covered."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from itertools import combinations

import pytest
from full_runner import FullRunner, measured
from kind_runner import opened_kind
from opened import Opened, lab, whole
from rich.color import Color
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from textual.geometry import Region

from gradtui.tui.heat import GLYPHS
from gradtui.tui.themes import DARK
from gradtui.tui.widgets.lines import Lines

VIEWS = ("bars", "map", "inspect", "why", "task", "curves", "time")
SIZES = ((80, 24), (120, 36), (200, 60))
DEPTHS = (0, 2, 200, 1000)

#: A number that goes on behind the cut; `1e-3…2e-3` is a range, not a cut.
CUT_NUMBER = re.compile(r"\d[\d.,e+-]*…(?!\d)")


class Screens(SingleFileSnapshotExtension):
    """One text file a screen."""

    _write_mode = WriteMode.TEXT
    file_extension = "txt"


@pytest.fixture(autouse=True)
def _same_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same colours, whatever terminal the tests are run from."""
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.delenv("NO_COLOR", raising=False)


@asynccontextmanager
async def full(size: tuple[int, int], depth: int = 30) -> AsyncIterator[Opened]:
    """The lab with numbers in every view."""
    async with lab(size, depth, runner=FullRunner) as opened:
        yield opened


async def look(opened: Opened, view: int) -> None:
    """Open a view and wait for what it asks for."""
    await opened.press(str(view + 1))
    await opened.shown()


def picture(opened: Opened) -> str:
    """The screen as text; cells that are only a band's colour are that band's letter."""
    letters = {Color.from_rgb(*colour): letter for colour, letter in zip(DARK.bands.fine, GLYPHS, strict=True)}
    lines = []
    for strip in opened.app.screen._compositor.render_strips():
        line = ""
        for segment in strip:
            band = letters.get(segment.style.bgcolor) if segment.style and segment.style.bgcolor else None
            line += segment.text.replace(" ", band) if band else segment.text
        lines.append(line.rstrip())
    return "\n".join(lines) + "\n"


@pytest.mark.parametrize("size", SIZES, ids="{0[0]}x{0[1]}".format)
@pytest.mark.parametrize("view", VIEWS)
async def test_a_view(view: str, size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    async with full(size) as opened:
        await look(opened, VIEWS.index(view))
        await opened.press("down", "down")
        await opened.shown()
        assert picture(opened) == snapshot(extension_class=Screens)


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("view", ["bars", "map", "why"])
async def test_a_view_of_any_depth(view: str, depth: int, snapshot: SnapshotAssertion) -> None:
    async with full((80, 24), depth) as opened:
        await look(opened, VIEWS.index(view))
        assert picture(opened) == snapshot(extension_class=Screens)


#: A network of each kind, and the views that draw it in a way of their own.
KINDS = (
    ("lstm-4", "time"),
    ("rnn-1000", "time"),
    ("gru-12", "time"),
    ("lstm-1", "task"),
    ("pre-2", "task"),
    ("post-6", "bars"),
    ("pre-24", "bars"),
    ("pre-24", "why"),
    ("gan-3", "bars"),
    ("gan-40", "bars"),
    ("gan-40", "map"),
    ("gan-3", "task"),
    ("gan-3", "curves"),
)


@pytest.mark.parametrize("size", SIZES, ids="{0[0]}x{0[1]}".format)
@pytest.mark.parametrize(("name", "view"), KINDS)
async def test_a_kind_of_network(name: str, view: str, size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    async with opened_kind(name, size) as opened:
        await look(opened, VIEWS.index(view))
        await opened.press("down", "down")
        await opened.shown()
        assert centre(opened) == snapshot(extension_class=Screens)


def centre(opened: Opened) -> str:
    """The open view alone: the knobs beside it are those of every network."""
    region = opened.screen.centre.region
    lines = picture(opened).splitlines()[region.y : region.bottom]
    return "\n".join(line[region.x : region.right].rstrip() for line in lines) + "\n"


def drawing(opened: Opened) -> list[tuple[Lines, Region]]:
    """The widgets that draw, with the cells that each may draw into; not those that lie above others on purpose."""
    found = []
    for widget, geometry in opened.app.screen._compositor.visible_widgets.items():
        if isinstance(widget, Lines) and widget.styles.layer != "above":
            found.append((widget, geometry[0]))
    return found


def readings(opened: Opened) -> dict[str, str]:
    """The number at the end of each row of the view that is open."""
    view = opened.screen.centre.view
    pairs = zip(view.names.text()[1:], view.numbers.text()[1:], strict=True)  # type: ignore[attr-defined]
    return {name.strip(" ▸"): number.strip() for name, number in pairs}


#: What stands in the views that have no row for each layer.
WORDS = {
    "inspect": ("layer ", "weights 64×64", "3.1 %", "mean -0.700"),
    "task": ("digits 8x8", "after 1,240 steps", "of 360"),
    "curves": ("LOSS", "ACCURACY", "held out"),
    "time": ("no time steps here",),
}


@pytest.mark.parametrize("depth", DEPTHS)
@pytest.mark.parametrize("size", [(60, 16), *SIZES], ids="{0[0]}x{0[1]}".format)
async def test_at_every_size_each_view_says_all_of_what_it_has_to_say(size: tuple[int, int], depth: int) -> None:
    now = measured(depth, 1240)
    async with full(size, depth) as opened:
        for number, name in enumerate(VIEWS):
            await look(opened, number)
            if depth == 200:  # a window that was larger for a moment leaves nothing behind
                await opened.pilot.resize_terminal(size[0] + 7, size[1] + 3)
                await opened.pilot.resize_terminal(*size)
                await opened.pilot.pause()
            lines = whole(opened.app)
            text = "\n".join(lines)
            assert [len(line) for line in lines] == [size[0]] * size[1], name
            assert f"▸{number + 1} {name.capitalize()}" in text
            assert CUT_NUMBER.search(text) is None, text

            parts = drawing(opened)
            assert sum(region.area for _, region in parts) == size[0] * size[1], name
            for (one, here), (other, there) in combinations(parts, 2):
                assert not here.overlaps(there), (name, one, other)

            for word in WORDS.get(name, ()):
                assert word in text, (name, text)
            if name in WORDS:
                continue
            rows = readings(opened)
            assert len(rows) == min(depth + 1, opened.screen.centre.rows.height)
            for tap, said in rows.items():
                first, _, last = tap.partition("-")
                held = now["grad_rms"][now.taps.index(first) : now.taps.index(last or first) + 1]
                gain = now["gain"][max(1, now.taps.index(first)) : now.taps.index(last or first) + 1]
                if name == "why":
                    assert said == (f"×{10 ** gain.mean():.3g}" if len(gain) else "–")
                else:
                    assert said == (f"{held.min():.1e}…{held.max():.1e}" if last else f"{held[0]:.2e}")


@pytest.mark.parametrize("size", [(59, 24), (80, 15), (24, 6)], ids="{0[0]}x{0[1]}".format)
async def test_on_a_screen_too_small_for_it_each_view_is_one_sentence(size: tuple[int, int]) -> None:
    async with full((80, 24)) as opened:
        for number in range(len(VIEWS)):
            await look(opened, number)
            await opened.pilot.resize_terminal(*size)
            await opened.pilot.pause()
            lines = whole(opened.app)
            assert [len(line) for line in lines] == [size[0]] * size[1]
            assert " ".join(" ".join(lines).split()) == (
                f"gradtui needs 60 columns and 16 lines; this terminal has {size[0]} by {size[1]}. "
                "Make it larger: the run goes on."
            )
            await opened.pilot.resize_terminal(80, 24)
            await opened.pilot.pause()
            assert f"▸{number + 1} " in "\n".join(whole(opened.app))
