"""What is explained on screen: verdicts with their evidence, and every word, by keys, by typing and by mouse."""

from __future__ import annotations

import math

import pytest
from full_runner import FullRunner
from opened import Opened, drawn, lab, whole

from gradtui.diagnosis.verdict import KINDS, Evidence, Verdict
from gradtui.explain import find, texts
from gradtui.tui import pages
from gradtui.tui.screens.diagnosis import DiagnosisScreen
from gradtui.tui.screens.lab import LabScreen
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
        await opened.pilot.pause(0.7)
        screen = opened.app.screen
        assert isinstance(screen, DiagnosisScreen)
        assert screen.finding.verdict is FOUND[1]
        assert screen.ranking.at == 2


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
