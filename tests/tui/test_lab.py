"""The lab: keys become commands, snapshots become text."""

from __future__ import annotations

import math

import pytest
from fake_runner import FakeRunner, scenario, staircase
from opened import Opened, drawn, lab, until, whole
from rich.cells import cell_len
from textual.command import Command as Listed
from textual.command import CommandInput, CommandList, CommandPalette

from gradtui.lab.snapshot import (
    Change,
    Command,
    Compiling,
    Curves,
    Pace,
    Pause,
    Restart,
    Resume,
    State,
    StepOnce,
)
from gradtui.tui.screens.gallery import GalleryScreen
from gradtui.tui.screens.help import HelpScreen


@pytest.mark.parametrize(
    ("keys", "commands"),
    [
        (["space"], [Resume()]),
        (["space", "space"], [Resume(), Pause()]),
        (["full_stop"], [StepOnce(1)]),
        (["space", "full_stop", "space"], [Resume(), StepOnce(1), Resume()]),
        (["r"], [Restart()]),
        (["minus", "minus"], [Pace(500), Pace(100)]),
        (["minus", "plus"], [Pace(500), Pace(None)]),
        (["plus"], [Pace(None)]),
        (["minus"] * 8, [Pace(pace) for pace in (500, 100, 30, 10, 3, 1, 1, 1)]),
    ],
)
async def test_keys_send_commands(keys: list[str], commands: list[Command]) -> None:
    async with lab() as opened:
        await opened.press(*keys)
        assert opened.runner.sent == commands


async def test_space_follows_what_the_runner_does() -> None:
    async with lab(paused=False) as opened:
        await opened.press("space")
        opened.runner.change(state=State.RUNNING)
        await opened.shown()
        await opened.press("space")
        assert opened.runner.sent == [Pause(), Pause()]


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 60)])
async def test_the_header_says_what_runs_and_how_fast(size: tuple[int, int]) -> None:
    async with lab(size, paused=False) as opened:
        opened.runner.change(step=1240)
        facts = ("gradtui", "sigmoid-deep", "▶ running", "step 1,240", "812 steps/s", "seed 0")
        await opened.until(lambda: all(fact in whole(opened.app)[0] for fact in facts))
        await opened.press("space")
        await opened.shown()
        assert "⏸ paused" in whole(opened.app)[0]
        await opened.press("minus", "minus")
        assert "at most 100" in whole(opened.app)[0]


async def test_a_message_too_long_for_its_line_shows_that_it_goes_on() -> None:
    async with lab((60, 16)) as opened:
        opened.runner.change(message="a sentence that fits", refused=True)
        await opened.shown()
        assert drawn(opened.screen.query_one("#status"))[0].strip() == "a sentence that fits"
        opened.runner.change(message="a sentence that does not fit " * 3)
        await opened.shown()
        assert drawn(opened.screen.query_one("#status"))[0].endswith("…")


async def test_letters_two_cells_wide_push_nothing_off_the_screen() -> None:
    title = "消える勾配 — 深いシグモイド網の第一層には何も届かない"
    async with lab((120, 36), title=title) as opened:
        opened.runner.change(message=title * 3, verdict=title * 5)
        await opened.shown()
        assert {cell_len(line) for line in whole(opened.app)} == {120}
        await opened.pilot.resize_terminal(80, 24)
        await opened.shown()
        assert {cell_len(line) for line in whole(opened.app)} == {80}


async def test_a_wide_screen_has_knobs_verdict_and_curves() -> None:
    curves = Curves((0, 50, 100), (2.5, 2.0, 1.5), (0.1, 0.4, 0.5), (0, 100), (2.4, 1.6), (0.12, 0.45))
    async with lab((120, 36)) as opened:
        opened.runner.change(curves=curves)
        await opened.shown()
        text = "\n".join(whole(opened.app))
        for part in (
            "VANISHING",
            "activation ‹sigmoid›",
            "LOSS 1.50 held out 1.60",
            "ACCURACY 50% held out 45%",
        ):
            assert part in text
        assert "shrinks to 0.236" in " ".join(" ".join(drawn(opened.screen.query_one("#verdict"))).split())


async def test_a_narrow_screen_has_the_verdict_in_its_second_line() -> None:
    async with lab((80, 24)) as opened:
        line = whole(opened.app)[1]
        assert line.startswith(" VANISHING  The gradient shrinks to 0.236")
        assert line.rstrip().endswith("loss 2.30")
        assert "NETWORK" not in "\n".join(whole(opened.app))


async def test_a_curve_is_drawn_where_its_values_are() -> None:
    steps = tuple(range(0, 101, 10))
    async with lab((120, 36)) as opened:
        opened.runner.change(curves=Curves(steps, tuple(10.0 / 10 ** (at / 50) for at in steps), (math.nan,) * 11))
        await opened.shown()
        chart = drawn(opened.screen.query_one("#loss"))
        assert chart[1].split()[0] == "10"
        assert chart[-2].split()[0] == "0.1"
        assert chart[-1].split() == ["0", "100"]
        filled = [
            (line, column)
            for line, text in enumerate(chart[1:-1])
            for column, letter in enumerate(text[6:])
            if 0x2800 < ord(letter) < 0x2900
        ]
        # A steady decay is a straight line on a log axis, from the top left to the bottom right.
        height, width = len(chart) - 2, 21
        assert all(abs(line / (height - 1) - column / (width - 1)) < 0.15 for line, column in filled)
        assert "no classes" in "\n".join(drawn(opened.screen.query_one("#accuracy")))


async def test_messages_and_the_chosen_layer_share_the_status_line() -> None:
    async with lab() as opened:
        opened.runner.change(message="restarted with seed 0 because depth changed")
        await opened.shown()
        assert whole(opened.app)[-2].strip() == "restarted with seed 0 because depth changed"
        await opened.press("down")
        assert whole(opened.app)[-2].startswith(" layer 1   grad_rms")
        opened.runner.change(message="the batch must be a whole number", refused=True)
        await opened.shown()
        assert whole(opened.app)[-2].strip() == "the batch must be a whole number"


async def test_compiling_shows_its_progress_in_place_of_the_bars() -> None:
    async with lab() as opened:
        opened.runner.change(state=State.COMPILING, compiling=Compiling(2, 14, "adam_update"), profile=None)
        await opened.shown()
        text = "\n".join(whole(opened.app))
        assert "compiling kernel 3 of 14: adam_update" in text
        assert "once per machine" in text
        assert "grad_rms" not in text
        opened.runner.begin(staircase(30))
        opened.runner.change(state=State.RUNNING, compiling=None)
        await opened.shown()
        assert "grad_rms" in "\n".join(whole(opened.app))


async def test_a_failure_is_told_and_the_keys_still_work() -> None:
    async with lab() as opened:
        opened.runner.change(state=State.FAILED, problem="there is no column `speciess` in flowers.csv")
        await opened.shown()
        assert "there is no column `speciess` in flowers.csv" in "\n".join(whole(opened.app))
        await opened.press("r")
        assert opened.runner.sent == [Restart()]


async def test_a_runner_that_cannot_be_made_is_a_failure_too() -> None:
    from gradtui.tui.app import GradtuiApp

    def make(*_: object) -> FakeRunner:
        raise ImportError("no engine here")

    app = GradtuiApp(scenario(), make=make)
    async with app.run_test(size=(80, 24)) as pilot:
        await until(pilot, lambda: "no engine here" in "\n".join(whole(app)))
        await pilot.press("question_mark")
        assert isinstance(app.screen, HelpScreen)
    app.join()


async def test_escape_goes_to_the_gallery_and_ends_the_run() -> None:
    async with lab() as opened:
        await opened.press("escape")
        assert isinstance(opened.app.screen, GalleryScreen)
        opened.app.join()
        assert opened.runner.closed


async def test_q_quits_and_the_runner_is_closed() -> None:
    async with lab() as opened:
        await opened.press("q")
    assert opened.runner.closed
    assert opened.app.return_code == 0


def listed(opened: Opened, typed: str) -> str:
    """The command that Enter would choose, once all that was typed has been searched for."""
    palette = opened.app.screen
    commands = palette.query_one(CommandList)
    searched = palette.query_one(CommandInput).value == typed and all(each.is_finished for each in opened.app.workers)
    if not searched or commands.highlighted is None:
        return ""
    chosen = commands.get_option_at_index(commands.highlighted)
    assert isinstance(chosen, Listed)
    return str(chosen.hit.text)


async def test_the_palette_knows_our_commands() -> None:
    async with lab() as opened:
        await opened.press("ctrl+p")
        await opened.until(lambda: isinstance(opened.app.screen, CommandPalette))
        await opened.pilot.press(*"restart")
        await opened.until(lambda: listed(opened, "restart") == "Restart")
        await opened.pilot.press("enter")
        await opened.until(lambda: Restart() in opened.runner.sent)


async def test_knob_changes_go_out_as_assignments() -> None:
    async with lab((120, 36)) as opened:
        await opened.press("k", "right")
        assert opened.runner.sent == [Change(("network.depth=40",))]
