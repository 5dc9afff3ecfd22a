"""The view why: numbers of a real simulation, and where theory places it."""

from __future__ import annotations

import math
from typing import Any

import pytest
from fake_runner import staircase
from opened import Opened, drawn, lab, whole

from gradtui import Scenario, Simulation
from gradtui.tui import causes
from gradtui.tui.causes import CAUSES
from gradtui.tui.limits import UPRIGHT
from gradtui.tui.phase_plane import HERE
from gradtui.tui.views.why import WhyView


def simulated(**network: Any) -> Simulation:
    """A small network after a few steps."""
    document = {"network": {"width": 16, **network}, "task": {"name": "moons", "batch": 16}}
    simulation = Simulation(Scenario.from_dict(document))
    simulation.theory()
    simulation.step(3)
    return simulation


async def show(opened: Opened, simulation: Simulation) -> WhyView:
    """Open the view on a simulation's present state."""
    profile = simulation.profile()
    opened.runner.change(
        profile=profile, first=profile, theory=simulation.theory(), scenario=simulation.scenario, step=profile.step
    )
    await opened.shown()
    await opened.press("4")
    await opened.until(lambda: isinstance(opened.screen.centre.view, WhyView))
    await opened.shown()
    view = opened.screen.centre.view
    assert isinstance(view, WhyView)
    return view


def readings(view: WhyView) -> list[tuple[str, str, str]]:
    """Name, picture and number of each row."""
    columns = [drawn(column)[1:] for column in (view.names, view.picture, view.numbers)]
    rows = [(name.strip(" ▸"), picture, number.strip()) for name, picture, number in zip(*columns, strict=True)]
    return [row for row in rows if row[0]]


@pytest.mark.parametrize(
    "network",
    [
        {"depth": 5},
        {"depth": 7, "skip": "residual", "norm": "batch", "activation": "relu"},
        {"depth": 4, "skip": "highway", "activation": "tanh"},
    ],
)
async def test_every_layer_says_its_gain_and_its_parts(network: dict[str, Any]) -> None:
    simulation = simulated(**network)
    profile = simulation.profile()
    async with lab((120, 36), network["depth"]) as opened:
        view = await show(opened, simulation)
        table = readings(view)
        assert [name for name, _, _ in table] == list(profile.taps)
        assert "no gain" in table[0][1]
        for tap, (_, picture, number) in enumerate(table[1:], 1):
            assert number == causes.factor(profile["gain"][tap])
            for cause in CAUSES:
                if profile[cause.gauge][tap] == 0.0:
                    assert cause.letter not in picture
            assert causes.TOTAL in picture
            mark = picture.index(causes.TOTAL)
            scale, width = view._scale, len(picture)
            assert mark == min(width - 1, scale.half(profile["gain"][tap], width) // 2)
        await opened.press("down", "down", "down")
        line = drawn(view.parts)[0]
        assert line.startswith(" layer 3")
        for cause in CAUSES:
            assert (f" {cause.letter} " in line) == (cause.letter in "φw" or bool((profile[cause.gauge] != 0.0).any()))
        assert causes.factor(profile["gain_slope"][2]) in line
        assert causes.factor(profile["gain_weight"][2]) in line
        assert f"{causes.TOTAL} {causes.factor(profile['gain'][2])}" in line


@pytest.mark.parametrize(
    ("activation", "words", "marked"),
    [("sigmoid", "φ' at most 0.25", True), ("tanh", "φ' at most 1", False), ("prelu", "", False)],
)
async def test_the_largest_slope_there_is_stands_beside_the_measured_one(
    activation: str, words: str, marked: bool
) -> None:
    simulation = simulated(depth=4, activation=activation, init="normal", init_std=0.6)
    async with lab((200, 60), 4) as opened:
        view = await show(opened, simulation)
        legend = "\n".join(whole(opened.app))
        assert words in legend
        assert ("φ' at most" in legend) == bool(words)
        rows = {name: picture for name, picture, _ in readings(view)[1:]}
        assert UPRIGHT not in rows.pop("out"), "behind it stands no activation"
        assert [UPRIGHT in picture for picture in rows.values()] == [marked] * 3


async def test_the_mean_of_all_layers_stands_below() -> None:
    simulation = simulated(depth=6)
    gains = simulation.profile()["gain"][1:]
    async with lab((80, 24), 6) as opened:
        view = await show(opened, simulation)
        line = drawn(view.parts)[0]
        assert line.startswith(" mean")
        assert f"{causes.TOTAL} {causes.factor(math.fsum(gains) / len(gains))}" in line


@pytest.mark.parametrize("depth", [0, 2, 200])
@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 36), (200, 60)])
async def test_what_was_not_measured_is_said_at_every_size(size: tuple[int, int], depth: int) -> None:
    """The runner of these tests measures no gains."""
    async with lab(size, depth) as opened:
        opened.runner.begin(staircase(depth, 0.9))
        await opened.shown()
        await opened.press("4")
        view = opened.screen.centre.view
        assert isinstance(view, WhyView)
        table = readings(view)
        assert "no gain" in table[0][1]
        assert all("NaN" in picture for _, picture, _ in table[1:])
        await opened.press("p")
        assert {len(line) for line in whole(opened.app)} == {size[0]}


async def test_p_opens_the_plane_and_closes_it() -> None:
    simulation = simulated(depth=5, activation="tanh")
    async with lab((80, 24), 5) as opened:
        view = await show(opened, simulation)
        assert not view.phase.display
        await opened.press("p")
        await opened.until(lambda: view.phase.display)
        assert not view.picture.display
        assert "ORDER AND CHAOS  tanh" in drawn(view.phase)[0]
        await opened.press("p")
        await opened.until(lambda: view.picture.display)
        assert not view.phase.display


async def test_on_a_wide_screen_both_stand_side_by_side() -> None:
    simulation = simulated(depth=5, activation="tanh", init_gain=1.5, init_bias_kind="torch")
    theory = simulation.theory()
    assert theory.settled is not None
    async with lab((200, 60), 5) as opened:
        view = await show(opened, simulation)
        assert view.phase.display
        assert view.picture.display
        lines = drawn(view.phase)
        text = "\n".join(lines)
        assert "CHAOS: the gradient explodes" in text
        assert f"{causes.times(theory.limit)} a layer, ever deeper" in text
        assert f"{causes.times(theory.factor)} a layer, at this depth" in text
        plane = lines[2 : next(row for row, line in enumerate(lines) if "σb" in line)]
        row = next(row for row, line in enumerate(plane) if HERE in line)
        edge = next(row for row, line in enumerate(plane) if "─" in line[6:9])
        assert row < edge  # σw is larger than where order ends
        await opened.press("p")
        await opened.until(lambda: not view.phase.display)


@pytest.mark.parametrize(
    ("network", "words"),
    [
        ({"depth": 3, "init": "identity"}, "theory is of random weights"),
        ({"depth": 3, "norm": "batch"}, "not plain and equal"),
    ],
)
async def test_where_there_is_no_plane_it_says_why(network: dict[str, Any], words: str) -> None:
    async with lab((200, 60), 3) as opened:
        view = await show(opened, simulated(**network))
        assert words in " ".join(" ".join(drawn(view.phase)).split())


async def test_rows_are_shared_out_anew_where_another_view_had_more_of_them() -> None:
    """The line of causes takes a row from the layers: names and numbers go by the same rows as the bars."""
    simulation = simulated(depth=29, activation="tanh")
    async with lab((80, 24), 29) as opened:
        view = await show(opened, simulation)
        for span, (name, _, number) in zip(view.rows.spans(), readings(view), strict=True):
            assert name == "-".join(simulation.profile().taps[tap] for tap in sorted({span.first, span.last}))
            assert number == view.number(span)


async def test_the_scale_widens_before_a_bar_is_cut() -> None:
    async with lab((120, 36), 3) as opened:
        view = await show(opened, simulated(depth=3))
        before = drawn(view.picture)[0].split()
        opened.runner.show(
            staircase(3),
            gain=[math.nan, -0.1, 4.0, 0.1],
            gain_slope=[0.0, -0.2, -3.0, 0.0],
            gain_weight=[0.0, 0.1, 7.0, 0.1],
            gain_norm=[0.0] * 4,
            gain_skip=[0.0] * 4,
        )
        await opened.shown()
        await opened.until(lambda: drawn(view.picture)[0].split() != before)
        heading = drawn(view.picture)[0].split()
        assert heading[-1] == causes.factor(10.0)
        assert readings(view)[2][2] == causes.factor(4.0)
        assert not any("▸" in picture or "◂" in picture for _, picture, _ in readings(view))
