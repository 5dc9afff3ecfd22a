"""The views: one key each, the same layer chosen in all of them, and numbers that are the profile's own."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from fake_runner import FakeRunner, scenario, staircase, taps
from opened import backgrounds, drawn, lab, whole
from rich.color import Color
from textual.geometry import Size

from gradtui.lab.snapshot import Curves, History
from gradtui.tui import format, heat
from gradtui.tui.bands import band
from gradtui.tui.palette import MUTED
from gradtui.tui.themes import DARK
from gradtui.tui.views.map import MapView
from gradtui.tui.widgets.curve import HELD_OUT, LossChart

TITLES = ("Bars", "Map", "Inspect", "Why", "Task", "Curves", "Time")


def past(rows: list[list[float]], steps: list[int]) -> History:
    """Past profiles with these values of both gauges."""
    values = np.array(rows)
    return History(np.array(steps), {"grad_rms": values, "delta_rms": 3 * values})


def train(runner: FakeRunner, rows: list[list[float]], steps: list[int]) -> None:
    """Let a run have had these gradients, the last of them now."""
    runner.begin(rows[0])
    runner.show(rows[-1])
    snapshot = runner.snapshot()
    assert snapshot.profile is not None
    profile = type(snapshot.profile)(
        steps[-1], snapshot.profile.taps, snapshot.profile.gauges, snapshot.profile.loss, snapshot.profile.accuracy
    )
    runner.change(profile=profile, step=steps[-1], history=past(rows, steps))


@pytest.mark.parametrize("number", range(7))
async def test_a_key_or_a_click_opens_each_view(number: int) -> None:
    async with lab((80, 24)) as opened:
        await opened.press(str(number + 1))
        assert opened.screen.centre.view is opened.screen.centre.views[number]
        assert [view.display for view in opened.screen.centre.views] == [
            view is opened.screen.centre.view for view in opened.screen.centre.views
        ]
        line = whole(opened.app)[2]
        assert f"▸{number + 1} {TITLES[number]}" in line
        assert all(f"{place} {title}" in line for place, title in enumerate(TITLES, 1))
        column = line.index(f"{7 - number} {TITLES[6 - number]}")
        await opened.pilot.click("#tabs", offset=(column, 0))
        assert opened.screen.centre.view is opened.screen.centre.views[6 - number]
        await opened.press("tab")
        assert opened.screen.centre.view is opened.screen.centre.views[(7 - number) % 7]
        await opened.press("shift+tab", "shift+tab")
        assert opened.screen.centre.view is opened.screen.centre.views[(5 - number) % 7]


async def test_the_chosen_layer_is_the_same_in_every_view() -> None:
    async with lab((120, 36), 10) as opened:
        train(opened.runner, [staircase(10), staircase(10)], [0, 10])
        await opened.shown()
        await opened.press("down", "down", "down", "2")
        view = opened.screen.centre.view
        assert isinstance(view, MapView)
        assert drawn(view.names)[3].strip(" ▸") == "3"
        assert drawn(view.names)[3].startswith("▸")
        await opened.press("down", "1")
        assert drawn(opened.screen.centre.bars.names)[4].startswith("▸")


def colours(value: float) -> set[Color]:
    """What a value's band looks like, with many and with few colours."""
    return {Color.from_rgb(*row[band(value)]) for row in DARK.bands}


async def test_the_map_has_the_colour_of_each_layer_at_each_time() -> None:
    first, middle, last = [1e-1] * 6, [1e-9] * 6, [1e-15, 1e-12, 1e-9, 1e-7, 1e-5, 1e-3]
    async with lab((80, 24), 5) as opened:
        train(opened.runner, [first, middle, last], [0, 50, 99])
        await opened.shown()
        await opened.press("2")
        view = opened.screen.centre.view
        assert isinstance(view, MapView)
        width = view.picture.extent.width
        assert drawn(view.picture)[0].split() == ["0", "steps", "100"]
        for tap in range(6):
            row = backgrounds(view.picture, tap + 1)
            assert row[1] in colours(first[tap])
            assert row[width // 2 + 2] in colours(middle[tap])
            assert row[width - 1] in colours(last[tap])
            assert drawn(view.numbers)[tap + 1].strip() == format.number(last[tap])
        await opened.press("g")
        assert drawn(view.numbers)[1].strip() == format.number(3 * last[0])


async def test_the_map_hides_neither_zero_nor_nan_in_a_crowd_of_layers() -> None:
    depth = 200
    rows = [[1e-3] * (depth + 1) for _ in range(2)]
    rows[1][100], rows[1][150] = float("nan"), 0.0
    async with lab((80, 24), depth) as opened:
        train(opened.runner, rows, [0, 15])
        await opened.shown()
        await opened.press("2")
        view = opened.screen.centre.view
        assert isinstance(view, MapView)
        text = drawn(view.picture)
        names, spans = taps(depth), opened.screen.centre.rows.spans()
        for span, line in zip(spans, text[1:], strict=False):
            held = {names[tap] for tap in range(span.first, span.last + 1)}
            assert ("N" in line) == ("101" in held)
            assert ("0" in line) == ("151" in held)


async def test_without_colours_the_map_is_made_of_letters(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with lab((80, 24), 5) as opened:
        train(opened.runner, [[1e-1] * 6, [1e-9] * 6], [0, 15])
        await opened.shown()
        await opened.press("2")
        view = opened.screen.centre.view
        assert isinstance(view, MapView)
        line = drawn(view.picture)[1]
        assert heat.GLYPHS[band(1e-1)] in line
        assert heat.GLYPHS[band(1e-9)] in line


async def test_each_bar_has_its_past_beside_it() -> None:
    falling = [[10.0 ** -(step / 64)] * 6 for step in range(0, 513, 8)]
    async with lab((120, 36), 5) as opened:
        train(opened.runner, falling, list(range(0, 513, 8)))
        await opened.shown()
        lines = drawn(opened.screen.centre.bars.past)
        assert lines[0].strip() == "past"
        assert len(lines[1].strip()) == 4
        # 128, 64 and 32 steps ago and now, all more than two decades below step 0.
        assert lines[1].strip() == "▁▁▁▁"
    async with lab((80, 24), 5) as opened:
        train(opened.runner, [[1.0] * 6, [1.0] * 6, [1.0] * 6], [0, 40, 72])
        await opened.shown()
        assert drawn(opened.screen.centre.bars.past)[1].strip() == "▄▄▄"


async def test_the_curves_can_stand_on_a_log_axis() -> None:
    steps = tuple(range(0, 1001, 100))
    loss = tuple(2.0 / (1 + at) for at in steps)
    async with lab((80, 24)) as opened:
        opened.runner.change(curves=Curves(steps, loss, (0.5,) * 11, (0, 1000), (2.0, 0.1), (0.1, 0.9)), step=1000)
        await opened.shown()
        await opened.press("6")
        text = drawn(opened.screen.query_one("#big-loss"))
        assert text[0].startswith("LOSS 0.00200 held out 0.100")
        assert text[-1].split() == ["0", "1,000"]
        await opened.press("x")
        assert drawn(opened.screen.query_one("#big-loss"))[-1].split() == ["1", "1,000"]
        accuracy = drawn(opened.screen.query_one("#big-accuracy"))
        assert accuracy[0].startswith("ACCURACY 50% held out 90%")


@pytest.mark.parametrize(("width", "word"), [(78, " at step 0"), (30, " at 0"), (28, "")])
def test_a_held_out_number_that_the_batches_have_left_behind_says_its_step(width: int, word: str) -> None:
    chart = LossChart("LOSS", id="loss")
    losses = (2.3, 1.0, 0.2)
    for held_out, said in ((0, word), (80, "")):
        curves = Curves((0, 40, 89), losses, (0.1, 0.5, 0.95), (held_out,), (90.0,), (0.075,))
        chart.show(replace(FakeRunner(scenario(2)).snapshot(), curves=curves))
        heading = chart.lines(Size(width, 8))[0]
        assert "".join(text for text, _ in heading).rstrip() == f"LOSS 0.200 held out 90.0{said}"
        assert next(ink for text, ink in heading if text == "90.0") == (HELD_OUT if held_out else MUTED)


async def test_without_time_steps_the_ladder_says_so() -> None:
    async with lab((60, 16)) as opened:
        await opened.press("7")
        text = " ".join(" ".join(whole(opened.app)).split())
        assert "no time steps here" in text
        assert "recurrent networks" in text


async def test_a_view_that_was_hidden_shows_the_newest_snapshot_at_once() -> None:
    async with lab((80, 24), 4) as opened:
        for turn in range(3):
            rows: list[Any] = [[1e-1] * 5, [10.0 ** -(turn + 2)] * 5]
            train(opened.runner, rows, [0, 20 + turn])
            await opened.shown()
            await opened.press("2" if turn % 2 == 0 else "1")
            view: Any = opened.screen.centre.view
            assert drawn(view.numbers)[1].strip() == format.number(10.0 ** -(turn + 2))


@pytest.mark.parametrize(("size", "stands"), [((200, 60), True), ((120, 36), False), ((200, 40), False)])
async def test_on_a_tall_screen_the_map_stands_under_the_bars(size: tuple[int, int], stands: bool) -> None:
    async with lab(size, 30) as opened:
        train(opened.runner, [staircase(30), staircase(30, 0.5)], [0, 40])
        await opened.shown()
        below = opened.screen.query_one("#map-below", MapView)
        assert below.display is stands
        if not stands:
            return
        assert len(opened.table()) == 31
        text = drawn(below.numbers)
        assert text[1].strip() == format.number(staircase(30, 0.5)[0])
        await opened.pilot.click(below.names, offset=(2, 1))
        assert drawn(opened.screen.centre.bars.names)[1].startswith("▸")
        await opened.press("g")
        assert drawn(below.numbers)[0].strip() == "delta_rms"
        await opened.press("2")
        assert not below.display


async def test_the_fitted_decay_is_written_beside_the_shortest_bars() -> None:
    async with lab((120, 36), 30) as opened:
        opened.runner.begin(staircase(30, 0.236))
        await opened.shown()
        assert "×0.236 a layer" in drawn(opened.screen.centre.bars.picture)[2]
        opened.runner.show(staircase(30, 0.3))
        await opened.shown()
        assert "×0.300 a layer" in drawn(opened.screen.centre.bars.picture)[2]
        opened.runner.show([0.0] * 31)
        await opened.shown()
        assert "a layer" not in "".join(drawn(opened.screen.centre.bars.picture))
