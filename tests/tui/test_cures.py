"""The race of cures and the two networks beside each other, on screens in memory, without training anything."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import pytest
from fake_race import FakePair, FakeRace, standing
from fake_runner import scenario
from full_runner import FullRunner, measured
from opened import Opened, lab, whole
from syrupy.assertion import SnapshotAssertion
from test_screens import Screens, picture

from gradtui.diagnosis.standing import Stage
from gradtui.lab.snapshot import Change, Pause, Restart, Resume, StepOnce
from gradtui.tui import beside_rows
from gradtui.tui.beside_rows import ratio
from gradtui.tui.race_table import Columns, line
from gradtui.tui.screens.beside import BesideScreen, spark
from gradtui.tui.screens.lab import LabScreen
from gradtui.tui.screens.race import RaceScreen

SIZES = ((80, 24), (120, 36))


@pytest.fixture(autouse=True)
def _same_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.delenv("NO_COLOR", raising=False)


@asynccontextmanager
async def racing(size: tuple[int, int] = (80, 24), depth: int = 30) -> AsyncIterator[Opened]:
    """The race, opened by its key."""
    FakeRace.made.clear()
    FakePair.made.clear()
    async with lab(size, depth, runner=FullRunner) as opened:
        opened.app._make_race, opened.app._make_pair = FakeRace, FakePair
        await opened.press("F")
        await opened.until(lambda: isinstance(opened.app.screen, RaceScreen))
        await opened.pilot.pause()
        yield opened


def text(opened: Opened) -> str:
    return "\n".join(whole(opened.app))


@pytest.mark.parametrize("size", SIZES, ids="{0[0]}x{0[1]}".format)
async def test_the_race_as_it_stands(size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    async with racing(size) as opened:
        await opened.press("down", "down")
        assert picture(opened) == snapshot(extension_class=Screens)


@pytest.mark.parametrize("loss", [7.02e-3, 0.0486, 4.86, 4860.0, 4.9e4, 1e-12, float("nan")])
@pytest.mark.parametrize("width", [60, 80])
def test_a_loss_never_touches_the_column_before_it(loss: float, width: int) -> None:
    columns = Columns(width)
    now = standing(scenario(30))
    row = replace(now.rows[0], loss=loss)
    drawn = "".join(text for text, _ in line(row, 1, now, columns, chosen=False))
    end = 4 + sum(columns.cells[name] for name in ("label", "decay", "moved", "loss"))
    cell = drawn[end - columns.cells["loss"] : end]
    assert cell[0] == " "
    assert cell[-1] != " "


async def test_a_narrow_race_still_shows_outcomes() -> None:
    async with racing((60, 16)) as opened:
        assert "outcome" in text(opened)
        assert "CURE" in text(opened)
        assert "µs" not in text(opened)


@pytest.mark.parametrize("size", SIZES, ids="{0[0]}x{0[1]}".format)
async def test_two_beside_each_other(size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    async with racing(size) as opened:
        await opened.press("b")
        await opened.until(lambda: isinstance(opened.app.screen, BesideScreen))
        await opened.pilot.pause()
        assert picture(opened) == snapshot(extension_class=Screens)


async def test_the_race_treats_what_the_lab_has_found() -> None:
    async with racing() as opened:
        assert len(FakeRace.made) == 1
        assert FakeRace.made[0].started
        assert FakeRace.made[0].scenario == opened.runner.shown.scenario
        # While the list is on screen its run goes on.
        assert not opened.runner.closed


async def test_a_cure_is_adopted_as_one_change() -> None:
    async with racing() as opened:
        best = standing(scenario()).rows[0]
        assert best.remedy == "selu_lecun"
        await opened.press("enter")
        assert isinstance(opened.app.screen, LabScreen)
        assert opened.runner.sent[-1] == Change(best.assignments)


async def test_the_unchanged_network_is_not_adopted() -> None:
    async with racing() as opened:
        place = [row.remedy for row in standing(scenario()).rows].index("")
        await opened.press(*["down"] * place, "enter")
        assert isinstance(opened.app.screen, RaceScreen)
        assert not any(isinstance(command, Change) for command in opened.runner.sent)


async def test_the_cursor_stays_on_its_remedy_when_the_ranking_changes() -> None:
    async with racing() as opened:
        await opened.press("down")
        table = opened.app.screen.table
        before = table.current.remedy
        race = FakeRace.made[0]
        race.now = replace(race.now, rows=race.now.rows[::-1])
        await opened.until(lambda: table.standing is race.now)
        assert table.current.remedy == before


async def test_it_goes_on_while_nobody_looks_and_is_found_again() -> None:
    async with racing() as opened:
        await opened.press("escape")
        assert isinstance(opened.app.screen, LabScreen)
        assert not FakeRace.made[0].stopped
        await opened.press("F")
        assert isinstance(opened.app.screen, RaceScreen)
        assert len(FakeRace.made) == 1
    assert FakeRace.made[0].stopped
    assert FakeRace.made[0].joined


async def test_longer_races_again_with_more_time() -> None:
    async with racing() as opened:
        await opened.press("+")
        first, second = FakeRace.made
        assert first.stopped
        assert second.budget == 4 * first.budget


async def test_what_a_race_says_before_there_are_results() -> None:
    async with racing() as opened:
        race = FakeRace.made[0]
        for stage, said in (
            (Stage.DIAGNOSING, "looking for what is wrong"),
            (Stage.RACING, "the first results"),
            (Stage.DONE, "nothing to cure"),
        ):
            race.now = replace(race.now, stage=stage, rows=(), steps=0)
            await opened.says(said)
        race.now = replace(race.now, stage=Stage.FAILED, problem="not enough memory for these networks")
        await opened.says("not enough memory")


async def test_outcomes_stand_in_words() -> None:
    async with racing((80, 40)) as opened:
        lines = whole(opened.app)
        outcome = {line[4:24].strip(): line for line in lines}
        assert "CURE" in outcome["batch norm"]
        assert "no cure" in outcome["clip norm 1"]
        assert "diverged" in outcome["learning rate x 10"]
        assert "as it is" in outcome["unchanged"]


async def test_beside_obeys_its_keys_and_ends_with_its_screen() -> None:
    async with racing() as opened:
        await opened.press("b")
        pair = FakePair.made[0]
        assert isinstance(opened.app.screen, BesideScreen)
        assert pair.started
        assert pair.scenarios[0] == opened.runner.shown.scenario
        assert pair.scenarios[1].network.activation == "selu"
        await opened.press("space", "space", "full_stop", "r")
        assert pair.sent == [Pause(), Resume(), StepOnce(), Restart()]
        await opened.press("g")
        assert "delta_rms" in text(opened)
        await opened.press("escape")
        await opened.until(lambda: isinstance(opened.app.screen, RaceScreen) and pair.closed)


async def test_what_stands_on_the_right_is_adopted() -> None:
    async with racing() as opened:
        await opened.press("b", "enter")
        await opened.until(lambda: isinstance(opened.app.screen, LabScreen))
        assert isinstance(opened.runner.sent[-1], Change)


@pytest.mark.parametrize("depth", [0, 200])
async def test_any_depth_fits(depth: int) -> None:
    async with racing((80, 24), depth) as opened:
        await opened.press("down", "b")
        await opened.until(lambda: isinstance(opened.app.screen, BesideScreen))
        await opened.says(" out ")


def test_layers_that_only_one_of_them_has_are_left_blank() -> None:
    pair = FakePair(scenario(30), scenario(2))
    right = replace(pair.now.right, profile=measured(2, 9), first=measured(2, 0))
    now = replace(pair.now, right=right)
    axis = beside_rows.common_axis(now.left, now.right)
    drawn = ["".join(text for text, _ in runs) for runs in beside_rows.lines(now, axis, "grad_rms", 80, 9, "#", ".")]
    assert all(len(line) == 80 for line in drawn)
    assert not any("NaN" in line for line in drawn)
    # Layer 2 shares a row with layers that the right one lacks; those below it have rows of their own.
    assert "e-" in drawn[2].split()[-1]
    assert drawn[4].split()[-1] == "-"


@pytest.mark.parametrize(
    ("left", "right", "said"),
    [(1e-20, 1e-4, "+16.0"), (1e-2, 1e-3, "-1.0"), (0.0, 1e-3, "from 0"), (1.0, 0.0, "to 0"), (0.0, 0.0, "=")],
)
def test_the_ratio_between_two_layers(left: float, right: float, said: str) -> None:
    assert ratio(left, right) == said


def test_a_ratio_of_what_is_no_number() -> None:
    assert ratio(float("nan"), 1.0) == "-"
    assert ratio(1.0, float("inf")) == "-"


def test_losses_off_the_axis_and_those_that_are_no_number_are_seen() -> None:
    assert spark((0.0, 1.0, 5.0, float("nan")), 4, 2.0) == "▁▅▸!"
    assert len(spark(tuple([1.0] * 500), 20, 2.0)) == 20
