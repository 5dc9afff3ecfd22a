"""Two recurrent networks beside each other: the ladders of time, without training anything."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fake_race import FakePair
from fake_runner import scenario
from full_runner import FullRunner
from kinds import recurrent
from opened import lab
from syrupy.assertion import SnapshotAssertion
from test_screens import Screens, picture

from gradtui.lab.pairing import PairSnapshot
from gradtui.profile import GradientProfile
from gradtui.tui import beside_rows, beside_time
from gradtui.tui.palette import Palette
from gradtui.tui.screens.beside import BesideScreen
from gradtui.tui.themes import DARK

SIZES = ((80, 24), (120, 36))
PLAIN = recurrent("rnn", 1, 50, factor=0.55)
COLOURS = Palette(DARK.theme, few_colours=False, plain=False)
OPEN = recurrent("lstm", 1, 50, factor=0.97)


@pytest.fixture(autouse=True)
def _same_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLORTERM", "truecolor")
    monkeypatch.delenv("NO_COLOR", raising=False)


def pair_of(left: GradientProfile, right: GradientProfile) -> FakePair:
    pair = FakePair(scenario(1), scenario(1))
    now = pair.now
    pair.now = replace(
        now,
        left=replace(now.left, profile=left, first=left, verdict="×0.55 a time step"),
        right=replace(now.right, profile=right, first=right, verdict="×0.97 a time step"),
    )
    return pair


def drawn(now: PairSnapshot, width: int = 80, height: int = 19) -> list[str]:
    axis = beside_rows.common_axis(now.left, now.right)
    times = beside_time.room(now, height)
    lines = beside_time.lines(now, axis, width, times, COLOURS)
    assert len(lines) == times
    return ["".join(text for text, _ in runs) for runs in lines]


@pytest.mark.parametrize("size", SIZES, ids="{0[0]}x{0[1]}".format)
async def test_time_beside_time(size: tuple[int, int], snapshot: SnapshotAssertion) -> None:
    pair = pair_of(PLAIN, OPEN)
    async with lab(size, 1, runner=FullRunner) as opened:
        await opened.app.push_screen(BesideScreen(pair, "LSTM, forget bias 3", adopt=lambda: None))
        await opened.says("dL/dh_t")
        await opened.pilot.pause()
        assert picture(opened) == snapshot(extension_class=Screens)


def test_what_the_first_step_hears_and_what_a_step_does_stand_beside_the_ladders() -> None:
    lines = drawn(pair_of(PLAIN, OPEN).now)
    at = next(place for place, line in enumerate(lines) if "+12." in line)
    left, between, right = (lines[at].split()[place] for place in (-3, -2, -1))
    assert float(left) == pytest.approx(PLAIN.time["delta_rms"][0, 0], rel=0.01)
    assert float(right) == pytest.approx(OPEN.time["delta_rms"][0, 0], rel=0.01)
    assert between == "+12.1"
    # The fit over all steps, which waver a little about the factor.
    fitted = [float(text.split()[0]) for text in lines[at + 1].split("×")[1:]]
    assert fitted == pytest.approx([0.55, 0.97], abs=0.002)


def test_a_cure_with_more_or_fewer_layers_leaves_blanks() -> None:
    two = recurrent("rnn", 2, 50, factor=0.55)
    for left, right in ((two, PLAIN), (PLAIN, two)):
        lines = drawn(pair_of(left, right).now)
        assert all(len(line) <= 80 for line in lines)
        assert sum("-" in line.split() for line in lines) == 1


@pytest.mark.parametrize("layers", [1, 4, 30])
@pytest.mark.parametrize("steps", [1, 12, 1000])
def test_layers_keep_their_half_of_the_screen(layers: int, steps: int) -> None:
    now = pair_of(recurrent("gru", layers, steps), recurrent("lstm", layers, steps)).now
    for height in (6, 9, 19, 31):
        times = beside_time.room(now, height)
        assert height - times >= min(layers + 2, height // 2)
        assert all(len(line) <= 60 for line in drawn(now, 60, height))


def test_networks_without_time_have_no_ladder() -> None:
    assert beside_time.room(FakePair(scenario(30), scenario(2)).now, 19) == 0
