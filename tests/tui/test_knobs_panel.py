"""The knobs panel: what it shows and says, and what turning sends, by keys and by mouse."""

from __future__ import annotations

import pytest
from fake_runner import scenario
from opened import Opened, drawn, lab, whole
from textual.events import MouseScrollDown, MouseScrollUp

from gradtui.lab.snapshot import Change, Redo, Reset, State, Undo
from gradtui.tui.knob_table import BY_KEY, in_use
from gradtui.tui.widgets.explanation import track
from gradtui.tui.widgets.knobs import KnobsPanel
from gradtui.tui.widgets.picklist import PickList


def panel(opened: Opened) -> KnobsPanel:
    return opened.screen.query_one(KnobsPanel)


def line(opened: Opened, label: str) -> str:
    """A knob's line."""
    return next(text for text in drawn(panel(opened)) if label in text.split("‹")[0])


def explained(opened: Opened) -> str:
    """What stands below the list, in one line."""
    lines = [text.strip("│╰╯─ ") for text in drawn(panel(opened))]
    at = next(at for at, text in enumerate(drawn(panel(opened))) if text.strip("│").startswith("─ "))
    return " ".join(" ".join(lines[at + 1 :]).split())


async def go_to(opened: Opened, label: str) -> None:
    """Walk the cursor to a knob, the shorter way round."""
    assert opened.screen.shown is not None
    knobs = in_use(opened.screen.shown.scenario)
    there = next(at for at, knob in enumerate(knobs) if knob.label == label)
    here = knobs.index(panel(opened).current)
    down, up = (there - here) % len(knobs), (here - there) % len(knobs)
    await opened.press(*["down"] * down if down <= up else ["up"] * up)
    assert panel(opened).current is knobs[there]


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


async def test_a_refused_change_is_said_beside_the_knob_and_shows_the_old_value_again() -> None:
    async with lab((120, 36)) as opened:
        await opened.press("k")
        await go_to(opened, "depth")
        await opened.press("right")
        assert "‹40›" in line(opened, "depth")
        opened.runner.refuse("not enough memory for this network")
        await opened.shown()
        assert "‹30›" in line(opened, "depth")
        assert "not enough memory" in explained(opened)
        assert "starts again" not in explained(opened)
        await opened.press("left")
        assert opened.runner.sent[-1] == Change(("network.depth=25",))
        assert "not enough memory" not in explained(opened)


async def test_several_turns_on_their_way_are_answered_one_by_one() -> None:
    async with lab((120, 36)) as opened:
        await opened.press("k")
        await go_to(opened, "width")
        await opened.press("right")
        await go_to(opened, "lr")
        await opened.press("right", "right")
        opened.runner.refuse("too wide")
        await opened.shown()
        assert "‹64›" in line(opened, "width")
        assert "‹0.5›*" in line(opened, "lr"), "still on its way"
        opened.runner.refuse("too fast")
        await opened.shown()
        assert "‹0.5›*" in line(opened, "lr"), "the second turn is still on its way"
        opened.runner.change(state=State.FAILED, problem="the thread has ended")
        await opened.shown()
        assert "‹0.1›" in line(opened, "lr"), "nobody will answer"


async def test_a_refused_choice_is_stepped_over() -> None:
    async with lab((120, 36)) as opened:
        await opened.press("k")
        await go_to(opened, "norm")
        await opened.press("right")
        opened.runner.refuse("no batch norm here")
        await opened.shown()
        assert "‹none›" in line(opened, "norm")
        await opened.press("right")
        assert opened.runner.sent == [Change(("network.norm=batch",)), Change(("network.norm=layer",))]


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 36)])
async def test_the_knob_under_the_cursor_is_explained(size: tuple[int, int]) -> None:
    async with lab(size) as opened:
        await opened.press("k")
        await go_to(opened, "activation")
        assert "another program, the weights go on" in explained(opened)
        assert "squashes into 0..1; its slope is" in explained(opened)
        await go_to(opened, "depth")
        assert "starts again at step 0, seed kept" in explained(opened)
        assert "●" in explained(opened)
        await go_to(opened, "lr")
        assert "live, the run goes on" in explained(opened)
        if size[1] > 16:
            assert "the learning rate: how far a step goes" in explained(opened)
            assert "w = w - lr g" in explained(opened)
        if size[1] > 24:
            assert "default 0.1; PyTorch 0.001 (SGD.lr)" in explained(opened)


async def test_what_up_and_down_would_do_is_said_where_it_differs() -> None:
    async with lab((120, 36), dropout=0.05) as opened:
        await opened.press("k")
        await go_to(opened, "dropout")
        assert "← another program, the weights go on; → live, the run goes on" in explained(opened)


async def test_knobs_that_start_again_are_marked() -> None:
    async with lab((120, 36)) as opened:
        for label in ("depth", "init", "seed"):
            assert line(opened, label).rstrip().endswith("↻")
        for label in ("activation", "lr", "clip"):
            assert "↻" not in line(opened, label)


@pytest.mark.parametrize("key", ["d", "backspace"])
async def test_one_key_takes_a_knob_back_to_the_file(key: str) -> None:
    async with lab((120, 36)) as opened:
        opened.runner.change(scenario=scenario(activation="relu", width=8))
        await opened.shown()
        await opened.press("k")
        await go_to(opened, "activation")
        assert "* d resets" in "\n".join(drawn(panel(opened)))
        await opened.press(key)
        assert opened.runner.sent == [Change(("network.activation=sigmoid",))]
        assert "*" not in line(opened, "activation")
        await opened.press("D")
        assert opened.runner.sent[-1] == Reset()


async def test_what_differs_is_listed_and_taken_back() -> None:
    async with lab((80, 24)) as opened:
        await opened.press("k", "c")
        assert "every knob is as in the file" in explained(opened)
        changed = scenario(activation="relu").replace("optimizer.lr=0.5")
        opened.runner.change(scenario=changed)
        await opened.shown()
        await opened.press("c")
        pick = opened.screen.query_one(PickList)
        text = "\n".join(drawn(pick))
        assert "activation  sigmoid → relu" in text
        assert "lr          0.1 → 0.5" in text
        assert "width" not in text
        await opened.press(*"lr", "enter")
        assert opened.runner.sent == [Change(("optimizer.lr=0.1",))]
        await opened.press("c", "end")
        await opened.press("enter")
        assert opened.runner.sent[-1] == Reset()


async def test_undo_and_redo_by_keys() -> None:
    async with lab((80, 24)) as opened:
        await opened.press("u", "U", "ctrl+r", "k", "u")
        assert opened.runner.sent == [Undo(), Redo(), Redo(), Undo()]


async def test_an_undo_shows_what_the_runner_has_then() -> None:
    async with lab((120, 36)) as opened:
        await opened.press("k")
        await go_to(opened, "lr")
        await opened.press("right", "right")
        opened.runner.obey()
        await opened.shown()
        assert "‹0.5›*" in line(opened, "lr")
        await opened.press("u")
        opened.runner.change(scenario=scenario().replace("optimizer.lr=0.2"), message="undone: lr 0.5 → 0.2")
        await opened.shown()
        assert "‹0.2›*" in line(opened, "lr")
        assert "undone: lr 0.5 → 0.2" in whole(opened.app)[-2]


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


async def test_a_click_hits_the_row_that_was_there_although_the_focus_makes_room_for_the_explanation() -> None:
    async with lab((120, 36)) as opened:
        lines = drawn(panel(opened))
        y = next(y for y, text in enumerate(lines) if "batch" in text)
        assert y > 0.6 * len(lines)
        await opened.pilot.click(panel(opened), offset=(lines[y].index("›"), y))
        assert opened.runner.sent == [Change(("task.batch=128",))]
        assert line(opened, "batch").startswith("▸")


async def slider_of(opened: Opened, label: str) -> tuple[int, int]:
    """The column at which a knob's slider begins, and its line; the cursor stands on the knob then."""
    await opened.press("k")
    await go_to(opened, label)
    y = next(y for y, text in enumerate(drawn(panel(opened))) if "●" in text)
    return 1 + track(panel(opened).extent.width - 2).start, y


async def test_a_slider_is_drawn_live_and_undone_as_one() -> None:
    async with lab((120, 36)) as opened:
        left, y = await slider_of(opened, "lr")
        knobs = panel(opened)
        await opened.pilot.mouse_down(knobs, offset=(left, y))
        await opened.pilot.hover(knobs, offset=(left + 3, y))
        await opened.pilot.hover(knobs, offset=(2, y + 3))
        await opened.pilot.mouse_up(knobs, offset=(2, y + 3))
        sent = opened.runner.sent
        assert len(sent) == 3
        assert sent[0].assignments == sent[2].assignments == ("optimizer.lr=1e-08",), "beside the slider is its end"
        assert sent[1].assignments != sent[0].assignments
        assert len({change.movement for change in sent}) == 1
        assert sent[0].movement > 0
        assert drawn(knobs)[y].index("●") == left
        await opened.pilot.hover(knobs, offset=(left + 5, y))
        assert len(sent) == 3, "the button has been let go"
        await opened.pilot.click(knobs, offset=(left + 4, y))
        assert len(sent) == 4
        assert sent[3].movement not in (0, sent[0].movement)


async def test_a_slider_that_starts_again_waits_for_the_button() -> None:
    async with lab((120, 36)) as opened:
        left, y = await slider_of(opened, "depth")
        knobs = panel(opened)
        await opened.pilot.mouse_down(knobs, offset=(left + 2, y))
        await opened.pilot.hover(knobs, offset=(left, y))
        assert opened.runner.sent == []
        assert "‹0›*" in line(opened, "depth")
        await opened.pilot.mouse_up(knobs, offset=(left, y))
        assert [change.assignments for change in opened.runner.sent] == [("network.depth=0",)]


async def test_the_wheel_moves_the_cursor_and_turns_on_the_slider() -> None:
    async with lab((120, 36)) as opened:
        left, y = await slider_of(opened, "width")
        knobs = panel(opened)
        await opened.pilot._post_mouse_events([MouseScrollUp], knobs, (left, y))
        assert opened.runner.sent == [Change(("network.width=128",))]
        await opened.pilot._post_mouse_events([MouseScrollDown], knobs, (left, 2))
        await opened.pilot.pause()
        assert knobs.current is BY_KEY["network.activation"]
        assert len(opened.runner.sent) == 1


async def test_the_key_line_is_pressed_by_mouse() -> None:
    async with lab((80, 24)) as opened:
        await opened.press("k")
        text = whole(opened.app)[-1]
        for short in ("knob", "turn", "set", "file", "help", "quit"):
            assert short in text
        await opened.pilot.click("#keys", offset=(text.index("← →") + 2, 0))
        assert opened.runner.sent == [Change(("network.depth=40",))]
        await opened.pilot.click("#keys", offset=(text.index("set"), 0))
        await opened.pilot.pause()
        text = whole(opened.app)[-1]
        assert "take" in text
        assert "quit" not in text, "q is a letter here"
        await opened.pilot.click("#keys", offset=(text.index("cancel"), 0))
        await opened.pilot.pause()
        assert panel(opened).has_focus
