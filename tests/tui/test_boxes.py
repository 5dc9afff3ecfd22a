"""The boxes over the lab: a list that is searched by typing, and a value that is typed."""

from __future__ import annotations

import pytest
from opened import Opened, drawn, lab, whole
from test_knobs_panel import go_to, line, panel
from textual.events import Paste

from gradtui.lab.snapshot import Change
from gradtui.scenario import menu
from gradtui.tui.widgets.entry import Entry
from gradtui.tui.widgets.explanation import track
from gradtui.tui.widgets.picklist import PickList

SIZES = [(60, 16), (80, 24), (120, 36)]


async def open_box(opened: Opened, label: str) -> PickList | Entry:
    """Press Enter on a knob."""
    await opened.press("k")
    await go_to(opened, label)
    await opened.press("enter")
    return next(box for box in (*opened.screen.query(PickList), *opened.screen.query(Entry)) if box.display)


def text_of(box: PickList | Entry) -> str:
    return "\n".join(drawn(box))


def flat(box: PickList | Entry) -> str:
    """What a box says, in one line."""
    return " ".join(" ".join(text.strip("│╭╮╰╯─ ") for text in drawn(box)).split())


@pytest.mark.parametrize("size", SIZES)
async def test_a_list_explains_what_is_under_the_cursor_and_picks(size: tuple[int, int]) -> None:
    async with lab(size) as opened:
        pick = await open_box(opened, "init")
        here = menu.choice("init", "xavier_normal")
        assert here.formula in flat(pick)
        assert "in the file" in text_of(pick)
        await opened.press(*"he", "down")
        assert "starts again at step 0, seed kept" in flat(pick)
        assert menu.choice("init", "he_uniform").formula in flat(pick)
        await opened.press("enter")
        assert opened.runner.sent == [Change(("network.init=he_uniform",))]
        assert not pick.display
        assert panel(opened).has_focus
        assert "‹he_uniform›*" in line(opened, "init")


async def test_typing_searches_names_and_meanings() -> None:
    async with lab((120, 36)) as opened:
        pick = await open_box(opened, "activation")
        for row in menu.choices("activation"):
            assert row.label in text_of(pick)
        await opened.press(*"relu")
        assert "▸ ReLU" in text_of(pick)
        assert "sigmoid" not in text_of(pick).split("─")[0]
        await opened.press(*["backspace"] * 4, *"swish")
        assert "1 of 17" in text_of(pick)
        assert "▸ SiLU (Swish)" in text_of(pick)
        await opened.press("escape", *"quarter")
        assert "nothing matches quarter; Esc clears" in text_of(pick)
        await opened.press("enter")
        assert pick.display, "there is nothing to take"
        await opened.press("escape")
        assert pick.display
        assert "sigmoid" in text_of(pick)
        await opened.press(*"flat", "space", *"exactly")
        assert "▸ hard sigmoid" in text_of(pick)
        await opened.press("enter")
        assert opened.runner.sent == [Change(("network.activation=hard_sigmoid",))]


async def test_what_cannot_be_taken_says_why() -> None:
    async with lab((80, 24)) as opened:
        pick = await open_box(opened, "optimizer")
        await opened.press(*"rprop")
        assert "not possible here" in flat(pick)
        assert "needs task.batch = 0" in flat(pick)
        await opened.press("backspace", "escape", "escape")
        assert opened.runner.sent == []
        assert not pick.display
        await opened.press("escape")
        assert not panel(opened).display


async def test_a_list_by_mouse() -> None:
    async with lab((120, 36)) as opened:
        lines = drawn(panel(opened))
        y = next(y for y, text in enumerate(lines) if "activation" in text)
        await opened.pilot.click(panel(opened), offset=(lines[y].index("‹") + 3, y))
        await opened.pilot.pause()
        pick = opened.screen.query_one(PickList)
        assert pick.display
        at = next(at for at, text in enumerate(drawn(pick)) if "ReLU" in text)
        await opened.pilot.click(pick, offset=(8, at))
        assert opened.runner.sent == [Change(("network.activation=relu",))]


async def test_a_click_on_the_panel_closes_a_box_without_taking_anything() -> None:
    async with lab((120, 36)) as opened:
        box = await open_box(opened, "lr")
        await opened.press("5")
        await opened.pilot.click(panel(opened), offset=(3, 1))
        await opened.pilot.pause()
        assert not box.display
        assert panel(opened).has_focus
        assert opened.runner.sent == []


@pytest.mark.parametrize("size", SIZES)
async def test_a_number_is_typed_and_checked(size: tuple[int, int]) -> None:
    async with lab(size) as opened:
        box = await open_box(opened, "lr")
        assert "▸ 0.1" in text_of(box)
        assert "the learning rate: how far a step goes" in flat(box)
        assert "a number above 0, not inf" in flat(box)
        await opened.press(*"-3")
        assert "-3 is not allowed; it must be a number above 0" in flat(box)
        await opened.press("enter")
        assert box.display, "what is not allowed is not taken"
        await opened.press("backspace", "backspace", *"3e-4")
        assert "▸ 3e-4" in text_of(box)
        assert "live, the run goes on" in flat(box)
        await opened.press("enter")
        assert opened.runner.sent == [Change(("optimizer.lr=0.0003",))]
        assert "‹0.0003›*" in line(opened, "lr")
        assert panel(opened).has_focus


async def test_what_does_not_fit_the_scenario_is_said_while_typing() -> None:
    async with lab((120, 36)) as opened:
        box = await open_box(opened, "width")
        await opened.press(*"4000")
        assert "480,000,000 weights; at most 100,000,000 are allowed" in flat(box)
        await opened.press("enter")
        assert opened.runner.sent == []
        await opened.press("escape")
        assert not box.display


async def test_arrows_and_the_slider_write_into_the_entry() -> None:
    async with lab((80, 24)) as opened:
        box = await open_box(opened, "lr")
        await opened.press("right")
        assert "▸ 0.2" in text_of(box)
        row = next(at for at, text in enumerate(drawn(box)) if "●" in text)
        cells = track(box.extent.width)
        # Inside the border and its padding.
        await opened.pilot.click(box, offset=(2 + cells.start, row))
        assert "▸ 1e-08" in text_of(box)
        await opened.pilot.click(box, offset=(2 + cells.stop - 1, row))
        assert "▸ 1000.0" in text_of(box)
        assert opened.runner.sent == []
        await opened.press("enter")
        assert opened.runner.sent == [Change(("optimizer.lr=1000.0",))]


async def test_a_number_can_be_pasted() -> None:
    async with lab((80, 24)) as opened:
        box = await open_box(opened, "seed")
        opened.app.post_message(Paste(" 12345\nand more"))
        await opened.pilot.pause()
        assert "▸ 12345" in text_of(box)
        assert "with another seed" in flat(box)
        await opened.press("enter")
        assert opened.runner.sent == [Change(("seed=12345",))]


async def test_letters_that_are_keys_elsewhere_are_typed() -> None:
    async with lab((80, 24)) as opened:
        box = await open_box(opened, "lr")
        await opened.press("q", "u", "d", "question_mark")
        assert "▸ qud?" in text_of(box)
        assert "qud? is no number" in flat(box)
        assert "▸ running" not in "\n".join(whole(opened.app))
        assert opened.runner.sent == []
