"""The knobs: which there are, how they step, and what turning them sends."""

from __future__ import annotations

import pytest
from fake_runner import scenario
from hypothesis import given
from hypothesis import strategies as st
from opened import Opened, drawn, lab, whole

from gradtui.lab.snapshot import Change
from gradtui.scenario import menu
from gradtui.tui.knobs import KNOBS, Knob, in_use
from gradtui.tui.widgets.knobs import KnobsPanel
from gradtui.tui.widgets.picklist import PickList

BY_KEY = {knob.key: knob for knob in KNOBS}


def panel(opened: Opened) -> KnobsPanel:
    return opened.screen.query_one(KnobsPanel)


def line(opened: Opened, label: str) -> str:
    """A knob's line."""
    return next(text for text in drawn(panel(opened)) if label in text.split("‹")[0])


async def go_to(opened: Opened, label: str) -> None:
    """Walk the cursor to a knob."""
    for _ in KNOBS:
        if line(opened, label).strip("│ ").startswith("▸"):
            return
        await opened.press("down")
    raise AssertionError(f"the cursor never came to {label}")


@pytest.mark.parametrize("knob", KNOBS, ids=lambda knob: knob.key)
def test_every_value_on_offer_is_one_a_scenario_accepts(knob: Knob) -> None:
    base = scenario(1)
    for option in knob.options(base):
        assert knob.value(base.replace(knob.assignment(option.value))) == option.value


@given(st.sampled_from([knob for knob in KNOBS if knob.ladder]), st.floats(0, 1e4), st.sampled_from([-1, 1]))
def test_a_step_goes_to_the_next_rung_or_stays_at_the_end(knob: Knob, value: float, direction: int) -> None:
    rungs = [float(rung) for rung in knob.ladder]
    there = float(knob.next(scenario(), value, direction))
    beyond = [rung for rung in rungs if (rung > value if direction > 0 else rung < value)]
    assert there == (min(beyond) if direction > 0 else max(beyond)) if beyond else there == value


def test_choices_go_round() -> None:
    knob, base = BY_KEY["network.activation"], scenario()
    names = [row.name for row in menu.choices("activation")]
    seen, value = [], knob.value(base)
    for _ in names:
        seen.append(value)
        value = knob.next(base, value, 1)
    assert sorted(map(str, seen)) == sorted(names)
    assert value == knob.value(base)


def test_learning_rates_are_1_2_5() -> None:
    knob, base = BY_KEY["optimizer.lr"], scenario()
    assert [knob.next(base, value, 1) for value in (0.1, 0.2, 0.3, 0.5)] == [0.2, 0.5, 0.5, 1.0]
    assert [knob.next(base, value, -1) for value in (0.1, 0.2, 0.3, 0.5)] == [0.05, 0.1, 0.2, 0.2]


def test_a_knob_that_nothing_reads_is_not_there() -> None:
    base = scenario()
    assert "optimizer.momentum" not in {knob.key for knob in in_use(base)}
    assert "network.kind" not in {knob.key for knob in in_use(base)} or len(menu.choices("kind")) > 1
    turned = base.replace("optimizer.name=momentum", "network.init=normal")
    assert {"optimizer.momentum", "network.init_std"} <= {knob.key for knob in in_use(turned)}


async def test_the_panel_shows_every_knob_in_use_with_its_value() -> None:
    async with lab((120, 36)) as opened:
        chosen = scenario()
        for knob in in_use(chosen):
            assert f"‹{knob.shown(knob.value(chosen))}›" in line(opened, knob.label)


async def test_turning_by_keys() -> None:
    async with lab((120, 36)) as opened:
        await opened.press("k")
        assert panel(opened).has_focus
        await go_to(opened, "lr")
        await opened.press("right", "right", "left")
        assert opened.runner.sent == [Change((f"optimizer.lr={value}",)) for value in ("0.2", "0.5", "0.2")]
        assert "‹0.2›*" in line(opened, "lr")
        await opened.press("escape")
        assert not panel(opened).has_focus


async def test_a_change_by_hand_is_marked_until_it_is_taken_back() -> None:
    async with lab((120, 36)) as opened:
        assert "*" not in line(opened, "activation")
        opened.runner.change(scenario=scenario(activation="relu"))
        await opened.shown()
        assert "‹relu›*" in line(opened, "activation")
        opened.runner.change(scenario=scenario())
        await opened.shown()
        assert "‹sigmoid›" in line(opened, "activation")
        assert "*" not in line(opened, "activation")


async def test_a_refused_change_shows_the_old_value_again() -> None:
    async with lab((120, 36)) as opened:
        await opened.press("k", "right")
        assert "‹40›" in line(opened, "depth")
        opened.runner.change(message="not enough memory for this network", refused=True)
        await opened.shown()
        assert "‹30›" in line(opened, "depth")
        assert "not enough memory" in whole(opened.app)[-2]


async def test_the_list_explains_and_picks() -> None:
    async with lab((120, 36)) as opened:
        await opened.press("k")
        await go_to(opened, "init")
        await opened.press("enter")
        pick = opened.screen.query_one(PickList)
        text = "\n".join(drawn(pick))
        for row in menu.choices("init"):
            assert row.label in text
        here = menu.choice("init", "xavier_normal")
        assert here.formula in text
        assert here.paper in text
        await opened.press("h")
        assert menu.choice("init", "he_normal").paper in "\n".join(drawn(pick))
        await opened.press("enter")
        assert opened.runner.sent == [Change(("network.init=he_normal",))]
        assert not pick.display
        assert panel(opened).has_focus


async def test_leaving_the_list_changes_nothing() -> None:
    async with lab((80, 24)) as opened:
        await opened.press("k", "enter", "down", "escape", "escape")
        assert opened.runner.sent == []
        assert not panel(opened).display


async def test_on_a_narrow_screen_the_knobs_open_over_the_bars() -> None:
    async with lab((80, 24)) as opened:
        assert not panel(opened).display
        await opened.press("k")
        assert "depth      ‹30›" in "\n".join(whole(opened.app))
        await opened.press("right")
        assert opened.runner.sent == [Change(("network.depth=40",))]
        await opened.press("escape")
        assert "depth" not in "\n".join(whole(opened.app)[:-2])


async def test_turning_by_mouse() -> None:
    async with lab((120, 36)) as opened:
        knobs = panel(opened)
        lines = drawn(knobs)
        y = next(y for y, text in enumerate(lines) if "width" in text)
        await opened.pilot.click(knobs, offset=(lines[y].index("›"), y))
        await opened.pilot.click(knobs, offset=(lines[y].index("‹"), y))
        assert opened.runner.sent == [Change(("network.width=128",)), Change(("network.width=64",))]
        y = next(y for y, text in enumerate(lines) if "activation" in text)
        await opened.pilot.click(knobs, offset=(lines[y].index("‹") + 3, y))
        await opened.pilot.pause()
        pick = opened.screen.query_one(PickList)
        assert pick.display
        at = next(at for at, text in enumerate(drawn(pick)) if "ReLU" in text)
        await opened.pilot.click(pick, offset=(8, at))
        assert opened.runner.sent[-1] == Change(("network.activation=relu",))
