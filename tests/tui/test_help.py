"""The help and the key line come from the table of keys, and so do the bindings."""

from __future__ import annotations

import pytest
from opened import lab, whole

from gradtui.tui import bindings
from gradtui.tui.app import GradtuiApp
from gradtui.tui.bindings import KEYS, key_line
from gradtui.tui.screens.beside import BesideScreen
from gradtui.tui.screens.diagnosis import DiagnosisScreen
from gradtui.tui.screens.gallery import GalleryScreen
from gradtui.tui.screens.help import LEGEND, HelpScreen
from gradtui.tui.screens.lab import LabScreen
from gradtui.tui.screens.race import RaceScreen
from gradtui.tui.screens.save import SaveScreen
from gradtui.tui.screens.words import WordsScreen
from gradtui.tui.widgets.entry import Entry
from gradtui.tui.widgets.knobs import KnobsPanel
from gradtui.tui.widgets.picklist import PickList

LISTENERS = {
    "lab": LabScreen,
    "gallery": GalleryScreen,
    "help": HelpScreen,
    "knobs": KnobsPanel,
    "list": PickList,
    "save": SaveScreen,
    "entry": Entry,
    "diagnosis": DiagnosisScreen,
    "cures": RaceScreen,
    "beside": BesideScreen,
    "words": WordsScreen,
    "everywhere": GradtuiApp,
}


@pytest.mark.parametrize("width", [80, 120])
async def test_the_help_lists_every_key_and_every_sign(width: int) -> None:
    async with lab((width, 24)) as opened:
        await opened.press("question_mark")
        screen = opened.app.screen
        assert isinstance(screen, HelpScreen)
        page = "\n".join("".join(text for text, _ in runs) for runs in screen.text.page(width))
        flat = " ".join(page.split())
        assert max(map(len, page.splitlines())) <= width
        for key in KEYS:
            assert f"{key.shown} {key.help}" in flat
        for sign, meaning in LEGEND:
            assert f"{sign} {meaning}" in flat


async def test_the_help_scrolls_to_its_end_and_closes() -> None:
    async with lab((80, 24)) as opened:
        await opened.press("question_mark")
        assert "Reading the bars" in "\n".join(whole(opened.app))
        await opened.press(*["pagedown"] * 30)
        assert "Ctrl+Z" in "\n".join(whole(opened.app))
        await opened.press("question_mark")
        assert isinstance(opened.app.screen, LabScreen)


@pytest.mark.parametrize("key", KEYS, ids=lambda key: f"{key.where} {key.shown}")
def test_every_key_has_an_action_that_exists(key: bindings.Key) -> None:
    listener = LISTENERS[key.where]
    for press in key.presses:
        assert hasattr(listener, f"action_{press.action.partition('(')[0]}")


@pytest.mark.parametrize("where", bindings.PLACES)
def test_no_key_means_two_things_in_one_place(where: str) -> None:
    names = [name for key in bindings.of(where) for press in key.presses for name in press.names.split(",")]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("width", range(40, 200, 7))
def test_the_key_line_fits_and_keeps_help_and_quit(width: int) -> None:
    for where in bindings.PLACES:
        keys = key_line(where, width)
        assert sum(len(key.shown) + len(key.short) + 4 for key in keys) <= width
        assert ({"?", "q"} <= {key.shown for key in keys}) == (where not in bindings.TYPING)


async def test_a_click_on_the_key_line_presses_the_key() -> None:
    async with lab((140, 36)) as opened:
        line = whole(opened.app)[-1]
        await opened.pilot.click("#keys", offset=(line.index("zoom"), 0))
        assert opened.screen.centre.rows.detail
        await opened.pilot.click("#keys", offset=(line.index("help"), 0))
        assert isinstance(opened.app.screen, HelpScreen)


async def test_the_words_open_from_the_help_and_lead_back() -> None:
    async with lab((80, 24)) as opened:
        await opened.press("question_mark", "w")
        assert isinstance(opened.app.screen, WordsScreen)
        await opened.press("escape")
        assert isinstance(opened.app.screen, HelpScreen)
