"""The view of time: dL/dh_t of each layer and step, its numbers, its chart, the gates; at every size and length."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import pytest
from kind_runner import NETS, opened_kind
from kinds import fading, gates_of, recurrent
from opened import Opened, drawn, whole

from gradtui.tui import format, ladder
from gradtui.tui.axis import Axis
from gradtui.tui.palette import Palette
from gradtui.tui.themes import DARK
from gradtui.tui.track import THEORY
from gradtui.tui.views.ladder import LadderView

PALETTE = Palette(DARK.theme, few_colours=False, plain=False)
SIZES = [(60, 16), (80, 24), (120, 36), (200, 60)]


def lines(opened: Opened) -> list[str]:
    view = opened.screen.centre.view
    assert isinstance(view, LadderView)
    return drawn(view.picture)


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["lstm-1", "lstm-4", "rnn-1000", "gru-12", "rnn-1"])
async def test_each_layer_says_its_first_and_last_step_and_its_factor(name: str, size: tuple[int, int]) -> None:
    hidden = NETS[name][1](step=1240).time["delta_rms"]
    async with opened_kind(name, size, "7") as opened:
        text = lines(opened)
        assert [len(line) for line in whole(opened.app)] == [size[0]] * size[1]
        said = [line for line in text if "×" in line or "–" in line]
        assert len(said) == len(hidden)
        for number, (values, line) in enumerate(zip(hidden, said, strict=True), start=1):
            words = line.replace("▸", " ").split()
            assert words[:2] == [str(number), format.number(values[0])]
            assert format.number(values[-1]) in line
            factor = ladder.factor(tuple(values.tolist()))
            assert words[-1] == (f"×{factor:.3g}" if math.isfinite(factor) else "–")
        steps = hidden.shape[1]
        assert f"at t={format.count(steps)}" in text[1]
        shared = steps > len(text[1]) - ladder.LEFT - ladder.RIGHT
        assert ("steps a column" in text[0]) == shared


def test_the_factor_a_step_is_the_slope_over_all_steps() -> None:
    values = [0.3 * 0.9**back for back in range(50)][::-1]
    assert ladder.factor(tuple(values)) == pytest.approx(0.9)
    assert ladder.factor((0.0, 0.0, *values)) == pytest.approx(0.9)
    assert math.isnan(ladder.factor((1.0,)))


async def test_the_gates_stand_below_with_their_first_and_last_mean() -> None:
    async with opened_kind("lstm-4", (120, 36), "7", "down", "down") as opened:
        text = lines(opened)
        gates = gates_of("lstm", 4, 100, 1240)
        for name in ("input", "forget", "output"):
            (line,) = [line for line in text if line.strip().startswith(name)]
            first, last = gates[f"gate_{name}"][2, [0, -1]]
            assert line.split()[1] == format.steady(first)
            assert line.split()[-1] == format.steady(last)
        assert "layer 3" in "\n".join(text)
    async with opened_kind("rnn-1000", (120, 36), "7") as opened:
        assert not any(name in "\n".join(lines(opened)) for name in ("input", "forget", "update"))


async def test_the_arrows_and_a_click_choose_the_layer() -> None:
    async with opened_kind("lstm-4", (120, 36), "7") as opened:
        assert any(line.startswith("▸   1") for line in lines(opened))
        await opened.press("down")
        (chosen,) = [line for line in lines(opened) if line.startswith("▸")]
        assert chosen.split()[1] == "2"
        row = next(at for at, line in enumerate(lines(opened)) if line[:6].split() == ["4"])
        await opened.pilot.click("#ladder-picture", offset=(20, row))
        await opened.shown()
        (chosen,) = [line for line in lines(opened) if line.startswith("▸")]
        assert chosen.split()[1] == "4"
        assert "layer 4" in "\n".join(lines(opened))
        # The output has no state of its own: the last layer stays on screen.
        await opened.press("down")
        assert opened.screen.centre.rows.chosen == 4
        assert "layer 4" in "\n".join(lines(opened))


async def test_g_shows_what_the_cell_hears() -> None:
    cell = NETS["lstm-1"][1](step=1240).time["cell_delta_rms"]
    async with opened_kind("lstm-1", (80, 24), "7") as opened:
        assert lines(opened)[0].startswith(" dL/dh_t")
        await opened.press("g")
        text = lines(opened)
        assert text[0].startswith(" dL/dc_t")
        (said,) = [line for line in text if line.startswith("▸")]
        assert format.number(cell[0, 0]) in said
        assert format.number(cell[0, -1]) in said
    async with opened_kind("gru-12", (80, 24), "7", "g") as opened:
        assert lines(opened)[0].startswith(" dL/dh_t")


async def test_zero_nan_and_inf_are_seen_wherever_they_are() -> None:
    hidden = fading(1, 1000, 0.99)
    hidden[0, 300], hidden[0, 600], hidden[0, 900] = 0.0, math.nan, math.inf
    async with opened_kind("rnn-1000", (80, 24), "7") as opened:
        opened.runner.change(profile=recurrent("rnn", 1, 1000, delta_rms=hidden, step=1241))
        await opened.shown()
        text = lines(opened)
        for letter in "0N∞":
            assert any(letter in line[ladder.LEFT : -ladder.RIGHT] for line in text[2:])
    dead = np.zeros((1, 20))
    async with opened_kind("rnn-1", (80, 24), "7") as opened:
        opened.runner.change(profile=recurrent("rnn", 1, 20, delta_rms=dead, step=1241))
        await opened.shown()
        (said,) = [line for line in lines(opened) if line.startswith("▸")]
        assert said.split()[2] == "0"
        assert "–" in said


async def test_an_exploding_net_widens_the_axis_at_step_0_only() -> None:
    exploding = partial(recurrent, "rnn", 1, 50, factor=1.5)
    async with opened_kind("rnn-1", (80, 24), "7") as opened:
        first = exploding(step=0)
        opened.runner.change(profile=first, first=first)
        await opened.shown()
        assert "1e-20 to 1e12, log" in lines(opened)[0]
        opened.runner.change(profile=recurrent("rnn", 1, 50, factor=5.0, step=1))
        await opened.shown()
        text = lines(opened)
        assert "1e-20 to 1e12, log" in text[0]
        assert any("▴" in line for line in text)
        # The layers' bars stand on the same axis.
        await opened.press("1")
        axis = opened.screen.centre.bars.axis
        assert (axis.low, axis.high) == (-20, 12)


async def test_other_networks_have_no_ladder() -> None:
    said = {"pre-2": "looks at all time steps at once", "gan-3": "no time steps here"}
    for name, words in said.items():
        async with opened_kind(name, (80, 24), "7") as opened:
            assert words in "\n".join(lines(opened))


@pytest.mark.parametrize(("layers", "gates"), [(1, 3), (4, 3), (2, 0), (4, 2)])
@pytest.mark.parametrize("height", range(5, 60))
def test_nothing_is_drawn_higher_than_there_is_room(layers: int, gates: int, height: int) -> None:
    bars, chart = ladder.heights(layers, gates, height)
    assert bars >= 1
    if height >= 2 + layers + gates:
        used = 2 + layers * bars + gates + (chart + 2 if chart else 0)
        assert used <= height
        assert chart == 0 or chart >= ladder.LEAST_CHART


@pytest.mark.parametrize(("size", "stands"), [((80, 24), True), ((120, 36), True), ((60, 16), False)])
async def test_under_the_bars_of_a_recurrent_network_stands_its_ladder(size: tuple[int, int], stands: bool) -> None:
    hidden = NETS["lstm-4"][1](step=1240).time["delta_rms"]
    async with opened_kind("lstm-4", size) as opened:
        below = opened.screen.query_one("#ladder-below", LadderView)
        assert below.display is stands
        assert len(opened.table()) == 5
        if not stands:
            return
        text = drawn(below.picture)
        said = [line for line in text if "×" in line]
        assert [line.replace("▸", " ").split()[1] for line in said] == [format.number(row[0]) for row in hidden]
        await opened.pilot.click("#ladder-below-picture", offset=(20, text.index(said[2])))
        await opened.shown()
        assert opened.screen.centre.rows.chosen == 2
        assert drawn(opened.screen.centre.bars.names)[3].startswith("▸")
        assert any(line.startswith("▸   3") for line in drawn(below.picture))
        await opened.press("2")
        assert not below.display


def _drawn(theory: float, now: float = 1e-4, steps: int = 5) -> list[str]:
    """A ladder of one layer whose steps are all alike, with what theory expected of them."""
    table, expected = {ladder.HIDDEN: ((now,) * steps,)}, {ladder.HIDDEN: ((theory,) * steps,)}
    seen = ladder.Ladder(("1",), table, table, Axis(), (1e-8, 1.0), theory=expected)
    return ["".join(text for text, _ in line) for line in ladder.draw(seen, PALETTE, 80, 20)]


@pytest.mark.parametrize(("theory", "above"), [(1.0, True), (1e-19, False)])
def test_theory_marks_each_step_where_it_expected_the_bar(theory: float, above: bool) -> None:
    """One mark a step, in the middle of its column, above the bar or upon it."""
    text = _drawn(theory)
    assert f"{THEORY} theory ×1 a step" in text[0]
    bars = text[2 : next(number for number, line in enumerate(text) if line.startswith(" layer 1"))]
    marked = [number for number, line in enumerate(bars) if line.count(THEORY) == 5]
    assert len(marked) == 1
    named = next(number for number, line in enumerate(bars) if line.split()[:2] == ["▸", "1"])
    assert (marked[0] < named) == above


def test_theory_stands_in_the_chart_beside_step_0() -> None:
    """On the way it expected; where the curve now is, that one is seen."""
    hit, apart = _drawn(1e-4), _drawn(1e-2)
    for text in (hit, apart):
        assert any(f"{THEORY * 2} theory" in line for line in text)
    chart = next(number for number, line in enumerate(apart) if line.startswith(" layer 1")) + 1
    assert not any(THEORY in line for line in hit[chart:])
    assert sum(line.count(THEORY) for line in apart[chart:]) >= 5


async def test_the_curves_of_state_and_cell_are_told_apart_without_colours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    async with opened_kind("lstm-1", (80, 24), "7") as opened:
        text = lines(opened)
        begins = next(at for at, line in enumerate(text) if line.startswith(" layer 1")) + 1
        assert "⣀h⣀ dL/dh_t   ⣀c⣀ dL/dc_t   ·· at step 0" in text[begins - 1]
        chart = [line[ladder.LEFT : -ladder.RIGHT] for line in text[begins:-3]]
        rows = {letter: [row for row, line in enumerate(chart) if letter in line] for letter in "hc"}
        # The cell hears more than the state at the same step.
        assert len(rows["h"]) == len(rows["c"]) == 1
        assert any("·" in line for line in chart)
    async with opened_kind("gru-12", (80, 24), "7") as opened:
        assert "⣀⣀ dL/dh_t   ·· at step 0" in "\n".join(lines(opened))
