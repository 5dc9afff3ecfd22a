"""Transformers and GANs on screen: names, stacks, numbers, what a view must not say about them."""

from __future__ import annotations

import math

import numpy as np
import pytest
from full_runner import FullRunner
from kind_runner import NETS, opened_kind, scenario_of
from kinds import Floats, gan
from opened import Opened, drawn, lab, whole
from textual.app import App
from textual.widget import Widget

from gradtui.lab.snapshot import Curves
from gradtui.tui import format, groups
from gradtui.tui.views.layer_view import LayerView

SIZES = [(60, 16), (80, 24), (120, 36), (200, 60)]


def table(names: Widget, numbers: Widget) -> list[tuple[str, str]]:
    """Name and number of every row of a stack."""
    pairs = zip(drawn(names)[1:], drawn(numbers)[1:], strict=True)
    return [(name[1:].rstrip(), number.strip()) for name, number in pairs if name[1:].strip()]


def stacks(opened: Opened) -> list[list[tuple[str, str]]]:
    """The rows of the bars, stack by stack."""
    bars = opened.screen.centre.bars
    found = [table(bars.names, bars.numbers)]
    if bars.second_names.display:
        found.append(table(bars.second_names, bars.second_numbers))
    return found


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("name", ["pre-2", "post-6", "pre-24", "gan-3", "gan-40"])
async def test_every_row_says_which_taps_it_is_of(name: str, size: tuple[int, int]) -> None:
    profile = NETS[name][1](step=1240)
    async with opened_kind(name, size) as opened:
        for view in ("1", "2", "4"):
            await opened.press(view)
            assert [len(line) for line in whole(opened.app)] == [size[0]] * size[1]
            shared = opened.screen.centre.rows
            for number in range(len(shared.stacks)):
                shown = opened.screen.centre.view
                assert isinstance(shown, LayerView)
                rows = stacks(opened)[number] if view == "1" else table(shown.names, shown.numbers)
                visible = shared.stack(number)
                assert [row for row, _ in rows] == groups.names(visible, profile.taps)
                gauge = profile["gain" if view == "4" else "grad_rms"]
                for span, (_, said) in zip(visible, rows, strict=True):
                    assert said == reading(gauge[span.first : span.last + 1], view)


def reading(values: Floats, view: str) -> str:
    """What stands at the end of a row with these values."""
    if view == "4":
        gains = values[np.isfinite(values)]
        return f"×{10 ** gains.mean():.3g}" if len(gains) else "–"
    if len(values) == 1:
        return format.number(values[0])
    low, high = format.number(values.min(), 2), format.number(values.max(), 2)
    return low if low == high else f"{low}…{high}"


async def test_a_block_has_its_number_once_and_zoomed_in_each_tap_a_row() -> None:
    async with opened_kind("pre-24", (80, 24)) as opened:
        assert ["23-24" in name for name, _ in stacks(opened)[0]].count(True) == 1
        await opened.press("z", "home")
        parts = ("  q", "  k", "  v", "  o", "  norm2", "  ff1", "  ff2")
        names = [name for name, _ in stacks(opened)[0]]
        assert names[:10] == ["embed", "1 norm1", *parts, "2 norm1"]
        await opened.press("down", "down", "down")
        assert "layer 1.q" in whole(opened.app)[-2]


async def test_what_a_block_does_is_fitted_over_the_blocks() -> None:
    async with opened_kind("pre-24", (200, 60)) as opened:
        profile = NETS["pre-24"][1](step=1240)
        means = np.array(groups.means(profile["grad_rms"].tolist(), profile.taps))
        factor = 10 ** -np.polyfit(np.arange(24), np.log10(means), 1)[0]
        assert f"×{factor:#.3g} a block" in "\n".join(drawn(opened.screen.centre.bars.picture))


@pytest.mark.parametrize(
    ("size", "name", "beside"),
    [
        ((80, 24), "gan-3", True),
        ((120, 36), "gan-3", True),
        ((200, 60), "gan-40", True),
        ((80, 24), "gan-40", True),
        ((60, 16), "gan-3", False),
        ((60, 16), "gan-40", False),
    ],
)
async def test_two_networks_stand_side_by_side_where_there_is_room(
    size: tuple[int, int], name: str, beside: bool
) -> None:
    async with opened_kind(name, size) as opened:
        bars = opened.screen.centre.bars
        found = stacks(opened)
        assert len(found) == (2 if beside else 1)
        assert found[0][0][0].split() == ["G", "1"]
        if beside:
            assert found[1][0][0].split() == ["D", "1"]
            # One axis for both: the same decades stand in the same cells.
            assert bars.picture.extent.width - bars.second_picture.extent.width in (-1, 0, 1)
            labels = [drawn(picture)[0].split() for picture in (bars.picture, bars.second_picture)]
            assert labels[0] == labels[1] != []
        else:
            assert any(row.split()[:1] == ["D"] for row, _ in found[0])
        for key in ("2", "4", "1"):
            await opened.press(key)
        assert stacks(opened) == found


async def test_a_click_chooses_a_layer_of_the_discriminator() -> None:
    async with opened_kind("gan-3", (120, 36)) as opened:
        await opened.pilot.click("#bars-picture-second", offset=(2, 2))
        await opened.shown()
        assert opened.screen.centre.rows.taps[opened.screen.centre.rows.chosen or 0] == "D.2"
        assert drawn(opened.screen.centre.bars.second_names)[2].startswith("▸")
        assert "layer D.2" in whole(opened.app)[-2]


async def test_from_near_by_a_layer_says_which_network_it_is_of() -> None:
    async with opened_kind("gan-3", (80, 24), "3", *["down"] * 5) as opened:
        assert "layer D.2  6 of 7" in whole(opened.app)[3]


async def test_g_swaps_both_networks() -> None:
    profile = NETS["gan-3"][1](step=1240)
    async with opened_kind("gan-3", (120, 36), "g") as opened:
        said = [number for rows in stacks(opened) for _, number in rows]
        assert said == [format.number(value) for value in profile["delta_rms"]]


async def test_there_is_no_gain_from_one_network_to_the_other() -> None:
    async with opened_kind("gan-3", (80, 24), "4") as opened:
        text = "\n".join(whole(opened.app))
        assert "nothing lies below layer G.1: no gain" in text
        assert "nothing lies below layer D.1: no gain" in text


async def test_a_dead_generator_beside_a_discriminator_that_is_well() -> None:
    first = gan(3, 2)
    dead = first["grad_rms"].copy()
    dead[:2], dead[2] = 0.0, math.nan
    gauges = {**first.gauges, "grad_rms": dead}
    async with opened_kind("gan-3", (120, 36)) as opened:
        opened.runner.change(profile=type(first)(1, first.taps, gauges, 0.1, math.nan))
        await opened.shown()
        assert [number for _, number in stacks(opened)[0]][:3] == ["0", "0", "NaN"]
        assert drawn(opened.screen.centre.bars.picture)[1].startswith("0")
        assert drawn(opened.screen.centre.bars.picture)[3].startswith("NaN")


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_a_gan_has_two_losses(size: tuple[int, int]) -> None:
    async with opened_kind("gan-3", size, "6") as opened:
        text = drawn(opened.screen.query_one("#big-loss"))
        curves = opened.runner.snapshot().curves
        assert f"D {format.steady(curves.loss[-1])} G {format.steady(curves.generator_loss[-1])}" in text[0]
        assert "generator" in "\n".join(whole(opened.app))
        assert "no classes, no accuracy" in "\n".join(drawn(opened.screen.query_one("#big-accuracy")))


async def test_losses_below_0_have_a_linear_axis_which_stays() -> None:
    async with opened_kind("gan-3", (80, 24), "6") as opened:
        steps = tuple(range(0, 1000, 100))
        falling = tuple(-0.004 * step for step in steps)
        opened.runner.change(curves=Curves(steps, (1.3,) * 10, (), steps, (1.4,) * 10, (), falling))
        await opened.shown()
        text = drawn(opened.screen.query_one("#big-loss"))
        assert text[1].split()[0] == "5"
        assert text[-2].split()[0] == "-5"
        opened.runner.change(curves=Curves(steps, (1.3,) * 10, (), steps, (1.4,) * 10, (), (1.0,) * 10))
        await opened.shown()
        assert drawn(opened.screen.query_one("#big-loss"))[-2].split()[0] == "-5"


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("lstm-1", ("adding problem", "rms error", "held out", "asked", "said")),
        ("pre-2", ("copy memory", "right: ", "asked", "said", "right at each step")),
        ("gan-3", ("8 Gaussians", "D says data: 93 % of data, 4.0 % of samples", "○ data", "3 NaN or inf")),
    ],
)
async def test_the_task_of_each_kind(name: str, words: tuple[str, ...], size: tuple[int, int]) -> None:
    async with opened_kind(name, size, "5") as opened:
        text = "\n".join(whole(opened.app))
        for word in words:
            if size != (60, 16) or word not in ("asked", "said", "held out", "right at each step"):
                assert word in text, text


@pytest.mark.parametrize("keys", ["4", "2", "7", "4 1", "2 4 2", "5 3 4"])
@pytest.mark.parametrize("size", [(120, 36), (80, 24)])
async def test_a_view_that_is_opened_is_drawn_once(
    keys: str, size: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    frames: list[list[str]] = []
    display = App._display

    def kept(self: App[None], screen: object, renderable: object) -> None:
        display(self, screen, renderable)  # type: ignore[arg-type]
        frames.append(["".join(strip.text) for strip in self.screen._compositor.render_strips()])

    async with lab(size, 30, runner=FullRunner) as opened:
        monkeypatch.setattr(App, "_display", kept)

        async def still() -> None:
            # What is under way is drawn first, however long that takes on a busy machine.
            known = -1
            while known != len(frames):
                known = len(frames)
                await opened.pilot.pause(0.15)

        for key in keys.split():
            await still()
            frames.clear()
            await opened.press(key)
            await opened.shown()
            await still()
            if key in "1247":
                different = {tuple(frame) for frame in frames}
                assert len(different) == 1, "\n\n".join("\n".join(frame) for frame in different)


@pytest.mark.parametrize("view", ["1", "2", "4"])
async def test_a_view_opened_after_the_kind_has_changed_draws_the_new_network(view: str) -> None:
    """While another view was open the recurrent net of two taps became a transformer of nineteen, and back."""
    async with opened_kind("lstm-1", (120, 36), view) as opened:
        for name in ("pre-2", "lstm-1"):
            await opened.press("6")
            measured = NETS[name][1]
            changed = measured(step=1241)
            opened.runner.change(scenario=scenario_of(name), profile=changed, first=measured(step=0))
            await opened.shown()
            await opened.press(view)
            shared = opened.screen.centre.rows
            assert shared.taps == changed.taps
            shown = opened.screen.centre.view
            assert isinstance(shown, LayerView)
            names = [name.strip() for name, _ in table(shown.names, shown.numbers)]
            assert names == [name.strip() for name in groups.names(shared.stack(0), changed.taps)]
