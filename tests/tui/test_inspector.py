"""The inspector: what it draws is what was measured, at every size."""

from __future__ import annotations

import numpy as np
import pytest
from measured import show_layer, simulation
from opened import Opened, drawn, lab
from rich.cells import cell_len

from gradtui import Simulation
from gradtui.lab.inspection import BINS, FLAT
from gradtui.lab.snapshot import Watch
from gradtui.tui import blocks, format
from gradtui.tui.histogram import heights, resampled
from gradtui.tui.palette import Ink
from gradtui.tui.views.inspector import InspectorView

_BUILT: dict[str, Simulation] = {}


def _built(**network: object) -> Simulation:
    """A network as drawn, made once for all sizes of the screen."""
    if str(network) not in _BUILT:
        _BUILT[str(network)] = simulation(network=network)
    return _BUILT[str(network)]


SIZES = [(60, 16), (80, 24), (100, 30), (120, 36), (160, 50), (200, 60)]


def _view(opened: Opened) -> InspectorView:
    view = opened.screen.centre.view
    assert isinstance(view, InspectorView)
    return view


def _lines(opened: Opened) -> list[str]:
    return drawn(_view(opened).near)


@pytest.mark.parametrize("size", SIZES)
async def test_the_numbers_are_the_simulations_own(size: tuple[int, int]) -> None:
    made = simulation(5, "network.init_std=2", network={"depth": 2, "width": 16, "init": "normal"})
    z = made.close_up(1).activity(4).z.astype(float)
    slope = 1.0 / (1.0 + np.exp(-z)) * (1.0 - 1.0 / (1.0 + np.exp(-z)))
    async with lab(size, depth=2) as opened:
        await opened.press("3", "down")
        seen = await show_layer(opened, made, 1)
        lines = _lines(opened)
        text = "\n".join(lines)
        assert lines[0].startswith(" layer 2  2 of 3  sigmoid")
        assert "weights 16×16" in lines[0]
        share = (slope < FLAT * 0.25).mean()
        assert seen.flat == pytest.approx(share)
        assert lines[1].startswith(f" {format.percent(float(share))} of z")
        assert f"mean {format.steady(seen.preactivations.mean)}" in text
        end = format.tick(seen.preactivations.high)
        assert any(line.startswith(f"      -{end}") and "0" in line for line in lines), "the axis and its two ends"
        assert "0.25" in text, "the height of phi'"
        assert f"1e{seen.gradient.low:.0f}" in text
        assert f"1e{seen.gradient.high:.0f}" in text
        assert {cell_len(line) for line in lines} == {_view(opened).near.outer_size.width}


async def test_bars_are_as_high_as_their_counts() -> None:
    async with lab((160, 50), depth=2) as opened:
        await opened.press("3")
        seen = await show_layer(opened, simulation(), 0)
        lines = _lines(opened)
        head = next(at for at, line in enumerate(lines) if line.startswith(" z → sigmoid"))
        axis = next(at for at, line in enumerate(lines) if at > head and line.startswith("      -"))
        cells = len(lines[axis].rstrip()) - 6
        shown = resampled(seen.preactivations.counts, cells)
        for cell, value in enumerate(shown):
            column = [lines[row][6 + cell] for row in range(head + 1, axis)]
            eighths = sum(" ▁▂▃▄▅▆▇█".index(letter) for letter in column)
            rows = axis - head - 1
            assert eighths == pytest.approx(max(value / max(shown) * rows * 8, float(value > 0)), abs=1)


async def test_the_flat_part_has_an_ink_of_its_own() -> None:
    """The bars over the flat part of phi' and the axis below them say where units saturate."""
    async with lab((160, 50), depth=2) as opened:
        await opened.press("3")
        made = simulation(0, "network.init_std=4", network={"depth": 2, "width": 16, "init": "normal"})
        seen = await show_layer(opened, made, 1)
        z = seen.preactivations
        assert 0.3 < seen.flat < 1.0
        runs = _view(opened).near._runs
        axis = next(line for line in runs if "┄" in "".join(text for text, _ in line))
        cells = [(letter, ink) for text, ink in axis for letter in text][6:]
        steep = [cell for cell, (_, ink) in enumerate(cells) if ink != Ink("band3")]
        dotted = [cell for cell, (letter, _) in enumerate(cells) if letter == "┄"]
        edge = np.arccosh(np.sqrt(1 / FLAT)) * 2
        width = len("".join(text for text, _ in axis).rstrip()) - 6
        for cell in dotted:
            assert abs(z.low + (cell + 0.5) * (z.high - z.low) / width) > 0.9 * edge
        assert set(steep).isdisjoint(dotted)


@pytest.mark.parametrize("size", SIZES)
async def test_what_is_no_number_is_said(size: tuple[int, int]) -> None:
    made = simulation()
    made.load_parameters({name: values * np.nan for name, values in made.parameters().items()})
    async with lab(size, depth=2) as opened:
        await opened.press("3")
        seen = await show_layer(opened, made, 1)
        text = "\n".join(_lines(opened))
        assert "100 % of what sigmoid reads is NaN or infinite" in text
        assert f"NaN {seen.preactivations.nan:,}" in text
        assert "█" not in text


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("network", "layer", "words"),
    [
        ({"depth": 0}, 0, ["layer out", "1 of 1", "weights 10×64", "φ' is 1 everywhere here"]),
        ({"depth": 1000, "width": 4}, 499, ["layer 500", "500 of 1,001", "weights 4×4"]),
        ({"kind": "cnn", "depth": 2, "width": 3}, 1, ["layer 2", "weights 3×3×3×3", "sigmoid"]),
        ({"depth": 2, "width": 8, "norm": "batch", "activation": "relu"}, 0, ["ReLU", "behind batch norm"]),
    ],
)
async def test_networks_of_every_kind(
    size: tuple[int, int], network: dict[str, object], layer: int, words: list[str]
) -> None:
    async with lab(size, depth=2) as opened:
        await opened.press("3")
        await show_layer(opened, _built(**network), layer)
        lines = _lines(opened)
        text = "\n".join(lines)
        for word in words:
            assert word in text
        assert {cell_len(line) for line in lines} == {_view(opened).near.outer_size.width}


async def test_exact_zeros_of_the_gradient_are_counted() -> None:
    async with lab((80, 24), depth=2) as opened:
        await opened.press("3")
        seen = await show_layer(opened, simulation(network={"depth": 60, "width": 8}), 0)
        assert seen.gradient.zeros > 0
        text = "\n".join(_lines(opened))
        assert f"zero {seen.gradient.zeros}" in text
        assert ("every entry is exactly 0" in text) == (seen.gradient.zeros == seen.gradient.total)


async def test_gauges_stand_beside_it_over_the_steps() -> None:
    made = simulation()
    async with lab((120, 36), depth=2) as opened:
        await opened.press("3")
        await show_layer(opened, made, 1)
        text = "\n".join(_lines(opened))
        profile = made.profile()
        assert f"grad_rms {format.number(float(profile['grad_rms'][1]))}" in text
        assert f"saturated {format.steady(float(profile['saturated'][1]))}" in text


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_a_line_tells_what_is_silent_how_far_it_moved_and_what_is_clipped(size: tuple[int, int]) -> None:
    changes = ("optimizer.name=sgd", "optimizer.lr=0.1", "optimizer.clip_norm=0.01")
    made = simulation(3, *changes, network={"depth": 2, "width": 16, "activation": "relu"})
    async with lab(size, depth=2) as opened:
        opened.runner.change(scenario=made.scenario)
        await opened.press("3")
        seen = await show_layer(opened, made, 1)
        profile = made.profile()
        line = _lines(opened)[2]
        assert "clipped █████" in line
        assert f" {format.percent(float(profile['clipped'][1]))}" in line
        assert f"distance {format.tick(float(profile['distance'][1]))}" in line
        assert f"dead {format.percent(float(profile['dead'][1]))}" in line
        assert size[0] > 100 or f"zero_batch {format.percent(float(profile['zero_batch'][1]))}" in line
        assert size[0] > 100 or f"rank {format.percent(seen.effective_rank)}" in line


async def test_a_learned_slope_stands_beside_its_gradient() -> None:
    made = simulation(20, network={"depth": 2, "width": 16, "activation": "prelu"})
    slopes = made.parameters()["activation.0.weight"]
    async with lab((80, 24), depth=2) as opened:
        await opened.press("3")
        await show_layer(opened, made, 0)
        line = _lines(opened)[2]
        assert slopes.shape == (1,)
        assert f"slope {format.tick(float(slopes[0]))}  " in line
        assert f"slope_grad_rms {format.number(float(made.profile()['slope_grad_rms'][0]))}" in line
        await show_layer(opened, made, 2)
        assert "slope" not in _lines(opened)[2]


async def test_only_what_is_on_screen_is_watched() -> None:
    async with lab((80, 24), depth=30) as opened:
        assert opened.runner.sent == []
        await opened.press("3")
        assert opened.runner.sent == [Watch(layer=0)]
        await opened.press("down", "down", "up")
        assert opened.runner.sent[1:] == [Watch(layer=1), Watch(layer=2), Watch(layer=1)]
        await opened.press("5")
        assert opened.runner.sent[-1] == Watch(task=True)
        await opened.press("1")
        assert opened.runner.sent[-1] == Watch()


async def test_arrows_go_from_layer_to_layer_where_bars_share_rows() -> None:
    async with lab((80, 24), depth=1000) as opened:
        await opened.press("3", *["down"] * 3)
        assert opened.runner.sent[-1] == Watch(layer=3)
        for key, layer in (("end", 1000), ("up", 999), ("pageup", 989), ("home", 0), ("pagedown", 10)):
            await opened.press(key)
            assert opened.runner.sent[-1] == Watch(layer=layer), key


@pytest.mark.parametrize("cells", [1, 7, 24, 95, 96, 97, 300])
def test_no_count_is_lost_on_another_number_of_cells(cells: int) -> None:
    counts = [int(value) for value in np.random.default_rng(cells).integers(0, 50, BINS)]
    shown = resampled(counts, cells)
    assert len(shown) == cells
    assert sum(shown) == pytest.approx(sum(counts))
    one = [0] * BINS
    one[40] = 8
    middle = (40.5 / BINS) * cells
    spread = resampled(one, cells)
    assert sum(value * (at + 0.5) for at, value in enumerate(spread)) / 8 == pytest.approx(middle, abs=0.5)


def test_what_is_not_zero_is_seen() -> None:
    assert heights([0.0, 1e-9, 1.0], 4) == [0, 1, 32]
    assert heights([0.0, 0.0], 4) == [0, 0]


def test_panels_share_the_room_and_the_last_ones_give_way() -> None:
    def draw(width: int, height: int) -> list[blocks.Runs]:
        return [(("x" * width, Ink()),)] * height

    panels = [blocks.Panel(draw, 4, 6), blocks.Panel(draw, 3, 20), blocks.Panel(draw, 5)]
    for height in range(40):
        found = blocks.fitting(panels, height)
        assert sum(found) <= height
        assert all(panel.least <= lines <= panel.most for panel, lines in zip(panels, found, strict=False))
        assert len(found) == sum(height >= needed for needed in (4, 7, 12))
        assert len(blocks.stack(panels, 10, height)) == sum(found)
    assert blocks.fitting(panels, 40) == [6, 16, 18]
