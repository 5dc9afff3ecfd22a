"""The bars on screen say what the profile says, at every size and depth."""

from __future__ import annotations

import math

import pytest
from fake_runner import staircase, taps
from opened import Opened, backgrounds, drawn, lab, whole
from rich.color import Color

from gradtui.lab.snapshot import State
from gradtui.theory import Prediction
from gradtui.tui import format
from gradtui.tui.bands import band
from gradtui.tui.themes import DARK

SIZES = [(80, 24), (120, 36), (200, 60)]


def tick(opened: Opened, value: float) -> int:
    """The cell in which a tick at a value has to stand."""
    bars = opened.screen.centre.bars
    return bars.axis.cell(value, bars.picture.extent.width)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("depth", [0, 2, 30, 200, 1000])
async def test_every_layer_is_read_out_in_order(size: tuple[int, int], depth: int) -> None:
    gradients = staircase(depth, 0.93)
    async with lab(size, depth) as opened:
        opened.runner.begin(gradients)
        await opened.shown()
        names, table = taps(depth), opened.table()
        layers = 0
        for name, _, number in table:
            first, _, last = name.partition("-")
            low, high = names.index(first), names.index(last or first)
            assert low == layers
            layers = high + 1
            wanted = [format.number(gradients[low]), *()]
            if low != high:
                ends = [format.number(gradients[low], 2), format.number(gradients[high], 2)]
                wanted = [ends[0] if ends[0] == ends[1] else "…".join(ends)]
            assert number == wanted[0]
        assert layers == depth + 1
        height = opened.screen.centre.bars.picture.extent.height - 1
        assert len(table) == min(height, depth + 1)


@pytest.mark.parametrize("size", SIZES)
async def test_nothing_is_wider_or_higher_than_the_screen(size: tuple[int, int]) -> None:
    async with lab(size) as opened:
        lines = whole(opened.app)
        assert len(lines) == size[1]
        assert {len(line) for line in lines} == {size[0]}


@pytest.mark.parametrize("size", SIZES)
async def test_a_bar_is_as_long_and_of_the_colour_its_value_says(size: tuple[int, int]) -> None:
    gradients = [10.0 ** (-18 + 1.9 * layer) for layer in range(11)]
    async with lab(size, 10) as opened:
        opened.runner.begin(gradients, [1e-30] * 11)
        opened.runner.show(gradients, [1e-30] * 11)
        await opened.shown()
        bars = opened.screen.centre.bars
        width = bars.picture.extent.width
        colours = [{Color.from_rgb(*row[band(g)]) for row in DARK.bands} for g in gradients]
        for row, value in enumerate(gradients, start=1):
            full = sum(colour in colours[row - 1] for colour in backgrounds(bars.picture, row))
            exact = bars.axis.fraction(value) * width
            # The ghost stands in the last cell, which is filled when at least half of it is.
            assert exact - 1.07 <= full <= exact + 0.57


async def test_ghost_and_mark_stand_at_step_0_and_at_the_signal() -> None:
    first, now, signal = staircase(9, 0.1), staircase(9, 0.01), staircase(9, 0.05)
    async with lab((120, 36), 9) as opened:
        opened.runner.begin(first)
        opened.runner.show(now, signal)
        await opened.shown()
        for layer, (_, track, number) in enumerate(opened.table()):
            ghost, mark = tick(opened, first[layer]), tick(opened, signal[layer])
            if ghost == mark:
                assert track[ghost] == "◈"
            else:
                assert (track[ghost], track[mark]) == ("┆", "◆")
            assert number == format.number(now[layer])


async def test_theory_stands_where_it_predicts_from_the_output() -> None:
    first = staircase(9, 0.1)
    factors = [0.08 ** (9 - layer) for layer in range(9)] + [1.0]
    prediction = Prediction(taps=taps(9), delta=tuple(factors), grad=tuple(factors), factor=0.08, anchors=(9,) * 10)
    async with lab((160, 36), 9) as opened:
        opened.runner.begin(first, [1e-19] * 10)
        opened.runner.change(theory=prediction)
        await opened.shown()
        for layer, (_, track, _) in enumerate(opened.table()):
            ghost, theory = tick(opened, first[layer]), tick(opened, first[-1] * factors[layer])
            if ghost == theory:
                assert track[ghost] == "◎"
            else:
                assert (track[ghost], track[theory]) == ("┆", "○")
        assert "theory ×0.0800" in "".join(drawn(opened.screen.centre.bars.picture))
        opened.runner.change(theory=Prediction(reason="theory here is of fully connected layers"))
        await opened.shown()
        assert not any(glyph in track for _, track, _ in opened.table() for glyph in "○◎")


async def test_g_swaps_the_bar_and_the_mark() -> None:
    first, signal = staircase(5, 0.1), staircase(5, 0.5, top=0.9)
    async with lab((120, 36), 5) as opened:
        opened.runner.begin(first, signal)
        await opened.shown()
        assert drawn(opened.screen.centre.bars.numbers)[0].strip() == "grad_rms"
        await opened.press("g")
        assert drawn(opened.screen.centre.bars.numbers)[0].strip() == "delta_rms"
        for layer, (_, track, number) in enumerate(opened.table()):
            assert number == format.number(signal[layer])
            assert track[tick(opened, first[layer])] in "◆◈"
        await opened.press("g")
        assert [number for _, _, number in opened.table()] == [format.number(value) for value in first]


async def test_words_stand_in_place_of_the_bar() -> None:
    gradients = [0.0, 0.0, math.nan, math.inf, 1e-30, 50.0, 1e-2]
    async with lab((80, 24), 6) as opened:
        opened.runner.begin(staircase(6))
        opened.runner.show(gradients, [1e-3] * 7, underflow=[0, 1, 0, 0, 0, 0, 0])
        await opened.shown()
        table = opened.table()
        words = [track.split()[0] if track[0] != " " else "" for _, track, _ in table]
        assert words[:5] == ["0", "underflow", "NaN", "inf", "◂"]
        assert table[5][1].endswith("▸")
        assert [number for _, _, number in table] == [format.number(value) for value in gradients]


async def test_a_broken_layer_in_a_group_is_not_hidden() -> None:
    gradients = [1e-3] * 201
    gradients[77] = math.nan
    async with lab((80, 24), 200) as opened:
        opened.runner.show(gradients)
        await opened.shown()
        row = next(
            row
            for row in opened.table()
            if "-" in row[0] and int(row[0].split("-")[0]) <= 78 <= int(row[0].split("-")[1])
        )
        assert row[1].startswith("NaN in 1 of ")
        assert row[2].endswith("…NaN")


async def test_the_axis_is_chosen_at_step_0_and_stands_still_while_training() -> None:
    async with lab((120, 36), 4) as opened:
        opened.runner.begin(staircase(4))
        await opened.shown()
        heading = drawn(opened.screen.centre.bars.picture)[0]
        assert heading.startswith("1e-20")
        assert heading.rstrip().endswith("1")
        opened.runner.show([1e-30, 1e-25, 1.0, 1e10, 1e20])
        await opened.shown()
        assert drawn(opened.screen.centre.bars.picture)[0] == heading
        opened.runner.begin([1e-30, 1e-25, 1.0, 1e3, 1e3])
        await opened.shown()
        assert drawn(opened.screen.centre.bars.picture)[0].startswith("1e-32")


async def test_layers_are_chosen_by_key_and_by_mouse() -> None:
    async with lab((80, 24), 5) as opened:
        bars = opened.screen.centre.bars
        await opened.press("down")
        assert opened.screen.centre.rows.chosen == 0
        await opened.press("down", "down", "up")
        assert opened.screen.centre.rows.chosen == 1
        assert [line[0] for line in drawn(bars.names)[1:4]] == [" ", "▸", " "]
        assert "layer 2" in whole(opened.app)[-2]
        assert format.number(staircase(5)[1]) in whole(opened.app)[-2]
        await opened.pilot.click(bars.picture, offset=(3, 4))
        assert opened.screen.centre.rows.chosen == 3
        await opened.press(*["down"] * 9)
        assert opened.screen.centre.rows.chosen == 5


async def test_layers_that_share_a_row_scroll_in_full_detail() -> None:
    async with lab((80, 24), 200) as opened:
        opened.runner.begin(staircase(200, 0.93))
        await opened.shown()
        bars = opened.screen.centre.bars
        assert any("-" in name for name, _, _ in opened.table())
        await opened.press("pagedown")
        names = [name for name, _, _ in opened.table()]
        assert names == [str(layer) for layer in range(1, len(names) + 1)]
        assert "worst: 1 at" in drawn(bars.legend)[0]
        await opened.press("pagedown")
        assert opened.table()[0][0] == str(len(names) + 1)
        await opened.press("end")
        assert opened.table()[-1][0] == "out"
        await opened.press("home")
        assert opened.table()[0][0] == "1"
        await opened.press("z")
        assert any("-" in name for name, _, _ in opened.table())
        await opened.press("z")
        # Full detail opens around the worst layer.
        assert "1" in [name for name, _, _ in opened.table()]


async def test_a_chosen_layer_stays_in_view() -> None:
    async with lab((80, 24), 200) as opened:
        await opened.press("end", "up", *["up"] * 40)
        chosen = opened.screen.centre.rows.chosen
        assert chosen is not None
        assert taps(200)[chosen] in [name for name, _, _ in opened.table()]


async def test_a_change_of_depth_changes_the_rows() -> None:
    async with lab((80, 24), 30) as opened:
        await opened.press("end")
        for depth in (3, 0, 400, 12):
            opened.runner.begin(staircase(depth))
            await opened.shown()
            names = [name for name, _, _ in opened.table()]
            assert names[-1] == "out" or opened.screen.centre.rows.scrolling
            if depth < 15:
                assert names == list(taps(depth))


async def test_resizing_while_it_trains_breaks_nothing() -> None:
    from fake_runner import TrainingRunner

    async with lab((120, 36), 40, paused=False, runner=TrainingRunner) as opened:
        for size in [
            (80, 24),
            (200, 60),
            (61, 16),
            (20, 5),
            (112, 20),
            (90, 26),
            (60, 16),
            (1, 1),
            (300, 90),
            (80, 24),
        ]:
            await opened.pilot.resize_terminal(*size)
            await opened.until(lambda width=size[0]: {len(line) for line in whole(opened.app)} <= {width})
        opened.runner.change(state=State.PAUSED)
        await opened.shown()
        assert opened.table()[0][0] == "1"
        assert opened.table()[-1][0] == "out"


async def test_too_small_a_terminal_is_asked_for_more_room() -> None:
    async with lab((59, 16)) as opened:
        assert "gradtui needs 60 columns and 16 lines; this terminal has 59 by 16" in " ".join(
            " ".join(whole(opened.app)).split()
        )
        await opened.pilot.resize_terminal(60, 16)
        await opened.until(lambda: (table := opened.table()) and table[0][0] == "1")
