"""What is explained on screen: verdicts with their evidence, and every word, by keys, by typing and by mouse."""

from __future__ import annotations

import math

import pytest
from fake_race import FakeRace
from full_runner import FullRunner
from opened import Opened, drawn, lab, whole

from gradtui.diagnosis import KINDS, Evidence, Verdict
from gradtui.diagnosis.thresholds import THRESHOLDS
from gradtui.explain import find, texts
from gradtui.tui import limits, pages
from gradtui.tui.gauge_chart import GAUGES, _chart
from gradtui.tui.limits import UPRIGHT
from gradtui.tui.screens.diagnosis import DiagnosisScreen
from gradtui.tui.screens.lab import LabScreen
from gradtui.tui.screens.race import RaceScreen
from gradtui.tui.screens.words import WordsScreen

FOUND = (
    Verdict(
        "vanishing",
        "×0.236 a layer: layer 1 hears 1.6e-19 of what the output hears",
        0.236,
        (
            Evidence("signal that arrives", 1.6e-19, 1e-3, "of what the output layer hears"),
            Evidence("decay", 0.236, math.nan, "fitted over all hidden layers"),
        ),
        layer="1",
        since=0,
        confidence=0.998,
    ),
    Verdict("stalled", "the loss stands at chance", 0.236, since=400),
    Verdict("identical", "every input looks alike at layer 30", 0.236, layer="30"),
)


def give(opened: Opened, found: tuple[Verdict, ...] = FOUND) -> None:
    opened.runner.change(verdicts=found, verdict=found[0].sentence, verdict_kind=found[0].kind)


def text(opened: Opened) -> str:
    return "\n".join(whole(opened.app))


async def test_the_panel_has_the_first_verdict_its_numbers_and_the_others() -> None:
    async with lab((120, 36), runner=FullRunner) as opened:
        give(opened)
        await opened.shown()
        panel = drawn(opened.screen.query_one("#verdict"))
        assert panel[0].split() == ["VANISHING", "×0.236"]
        assert panel[1].strip() == "layer 1, since step 0"
        flat = " ".join(" ".join(panel).split())
        assert "1.6e-19 ╎ 0.001" in flat
        assert "+ stalled" in flat
        assert "+ identical outputs" in flat
        assert "v all of it F race cures" in flat
        healthy = Verdict("healthy", "the signal reaches layer 1 at ×1.01 a layer", 1.01)
        give(opened, (healthy,))
        await opened.shown()
        assert "race cures" not in " ".join(drawn(opened.screen.query_one("#verdict")))


async def test_a_narrow_screen_counts_the_other_verdicts() -> None:
    async with lab((80, 24)) as opened:
        give(opened)
        await opened.shown()
        assert whole(opened.app)[1].startswith(" VANISHING (+2)  ×0.236 a layer: layer 1 hears")


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (60, 16)])
async def test_the_diagnosis_has_every_verdict_with_its_evidence(size: tuple[int, int]) -> None:
    async with lab(size) as opened:
        give(opened)
        await opened.shown()
        await opened.press("v")
        assert isinstance(opened.app.screen, DiagnosisScreen)
        page = text(opened)
        for part in ("3 findings", "1 VANISHING", "2 STALLED", "3 IDENTICAL OUTPUTS", "layer 1, since step 0"):
            assert part in page
        assert "1.6e-19 ╎ 0.001" in page
        await opened.press("down")
        assert "since step 400" in text(opened)
        before = text(opened)
        await opened.press("pagedown")
        assert "↓ more" not in before or text(opened) != before
        await opened.press("enter")
        screen = opened.app.screen
        assert isinstance(screen, WordsScreen)
        assert screen.words.current in find("stalled")
        await opened.press("escape", "escape")
        assert isinstance(opened.app.screen, LabScreen)


async def test_the_diagnosis_follows_the_run_and_keeps_its_place() -> None:
    async with lab((80, 24)) as opened:
        give(opened)
        await opened.shown()
        await opened.press("v", "down")
        give(opened, (*FOUND[:1], FOUND[2], FOUND[1]))
        screen = opened.app.screen
        assert isinstance(screen, DiagnosisScreen)
        await opened.until(lambda: screen.ranking.at == 2)
        assert screen.finding.verdict is FOUND[1]


async def test_the_gravest_verdict_is_read_until_another_is_chosen() -> None:
    async with lab((80, 24)) as opened:
        give(opened, FOUND[1:])
        await opened.shown()
        await opened.press("v")
        screen = opened.app.screen
        assert isinstance(screen, DiagnosisScreen)
        assert screen.finding.verdict is FOUND[1]
        give(opened)
        await opened.until(lambda: screen.finding.verdict is FOUND[0])


async def test_the_diagnosis_leads_to_the_race_whose_changes_are_explained() -> None:
    FakeRace.made.clear()
    async with lab((120, 36), runner=FullRunner) as opened:
        opened.app._make_race = FakeRace
        await opened.press("v", "F")
        await opened.until(lambda: isinstance(opened.app.screen, RaceScreen))
        race = opened.app.screen
        assert isinstance(race, RaceScreen)
        row = race.table.current
        assert row is not None
        await opened.press("i")
        screen = opened.app.screen
        assert isinstance(screen, WordsScreen)
        assert screen.words.current is not None
        assert screen.words.current.word == f"remedy.{row.remedy}"
        await opened.press("escape", "escape")
        assert isinstance(opened.app.screen, LabScreen)


async def test_a_click_on_the_verdict_opens_it() -> None:
    async with lab((80, 24)) as opened:
        give(opened)
        await opened.shown()
        await opened.pilot.click("#verdict-line")
        assert isinstance(opened.app.screen, DiagnosisScreen)
        await opened.pilot.click("#ranking", offset=(8, 3))
        assert opened.app.screen.finding.verdict is FOUND[2]


@pytest.mark.parametrize(
    ("view", "word"),
    [("1", "grad_rms"), ("2", "grad_rms"), ("3", "saturated gauge"), ("4", "gain"), ("5", "digits"), ("6", "chance")],
)
async def test_i_explains_what_the_view_shows(view: str, word: str) -> None:
    async with lab((80, 24), runner=FullRunner) as opened:
        await opened.press(view, "i")
        screen = opened.app.screen
        assert isinstance(screen, WordsScreen)
        assert screen.words.current in find(word)


async def test_i_explains_the_knob_with_the_text_of_the_terminal() -> None:
    async with lab((120, 36)) as opened:
        await opened.press("k", "down", "down", "i")
        screen = opened.app.screen
        assert isinstance(screen, WordsScreen)
        shown = screen.words.current
        assert shown is not None
        assert shown.word == "network.activation=sigmoid"
        flat = " ".join(" ".join(drawn(screen.reading)).split())
        for _, paragraph in shown.parts():
            assert paragraph in flat


async def test_words_are_found_by_typing() -> None:
    async with lab((80, 24)) as opened:
        await opened.press("question_mark", "w", *"kaiming")
        screen = opened.app.screen
        assert isinstance(screen, WordsScreen)
        assert screen.words.current is not None
        assert screen.words.current.label == "He normal"
        assert "2 / fan_in" in text(opened)
        await opened.press(*["backspace"] * 7, *"zzz")
        assert "nothing is known" in text(opened)
        await opened.press("escape")
        assert len(screen.words.shown) == len(texts())
        await opened.press("enter")
        assert not screen.words.display
        await opened.press("escape", "down")
        assert screen.words.current is texts()[1]


@pytest.mark.parametrize("width", [30, 58, 80])
def test_every_page_fits_its_width_and_ends(width: int) -> None:
    for each in texts():
        for runs in pages.page(each, width):
            assert sum(len(part) for part, _ in runs) <= max(width, len(each.label) + len(each.subject) + 3)
    for kind in KINDS:
        rows = pages.full(Verdict(kind, "it is so", 0.5, FOUND[0].evidence, "3", 12, 0.9), width)
        assert pages.kind_text(kind) in rows[0][0][0]
        assert "_" not in pages.kind_text(kind)


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_bars_show_where_the_signal_counts_as_vanished(size: tuple[int, int]) -> None:
    async with lab(size, 30, runner=FullRunner) as opened:
        bars = opened.screen.centre.bars
        picture = drawn(bars.picture)
        width = bars.picture.outer_size.width
        output = float(opened.runner.shown.profile["delta_rms"][-1])
        cell = int(bars.axis.fraction(1e-3 * output) * width)
        assert {line[cell] for line in picture} >= {UPRIGHT}
        assert any(f"◆ vanished {UPRIGHT}" in line for line in picture)
        await opened.press("g")
        assert any(f"vanished {UPRIGHT}" in line and "◆ v" not in line for line in drawn(bars.picture))


def test_a_line_stays_where_it_is_while_it_moves_by_less_than_a_cell() -> None:
    steady = limits.Steady()
    assert steady.cell("a", 7.9, 40) == 7
    assert steady.cell("a", 8.8, 40) == 7
    assert steady.cell("a", 9.0, 40) == 9
    assert steady.cell("a", 9.4, 80) == 9
    assert steady.cell("b", 3.2, 40) == 3


def test_gauges_are_drawn_with_their_limits() -> None:
    named = {gauge: [limit.name for limit in limits.of_gauge(gauge)] for gauge, _ in GAUGES}
    assert named["saturated"] == ["saturated"]
    assert named["dead"] == ["dying units"]
    assert named["update_ratio"] == ["rate too high", "rate too low"]
    assert named["similarity"] == ["identical outputs"]
    assert named["grad_rms"] == []
    assert limits.of_gauge("similarity")[0].value == pytest.approx(1 - THRESHOLDS["alike"].value)


@pytest.mark.parametrize(("share", "beside"), [(0.05, True), (0.95, True), (0.5, False)])
def test_the_past_of_a_gauge_has_the_line_beside_its_curve(share: float, beside: bool) -> None:
    drawn_rows = ["".join(text for text, _ in runs) for runs in _chart("saturated", [0, 20], [share] * 2, False)(40, 6)]
    lines = [at for at, text in enumerate(drawn_rows) if limits.ACROSS in text]
    # Half way up a chart of five rows below its heading; where the curve runs there is no room for it.
    assert lines == ([3] if beside else [])
    assert drawn_rows[3].endswith(" saturated") == beside


async def test_the_loss_of_chance_is_a_line_where_a_verdict_rests_on_it() -> None:
    chance = Verdict("stalled", "the loss stands at chance", 0.2, (Evidence("chance", 0.5),))
    async with lab((120, 36), runner=FullRunner) as opened:
        loss = opened.screen.query_one("#loss")
        assert not any("chance" in line for line in drawn(loss))
        give(opened, (chance,))
        await opened.shown()
        assert any(limits.ACROSS in line for line in drawn(loss))
