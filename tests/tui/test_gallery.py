"""The gallery: what is on the shelf, finding it, opening it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from fake_runner import FakeRunner
from opened import drawn, until, whole
from textual.pilot import Pilot

from gradtui.scenario import files
from gradtui.scenario.model import Network, Scenario, Variant
from gradtui.tui.app import GradtuiApp
from gradtui.tui.screens.gallery import GalleryScreen
from gradtui.tui.screens.help import HelpScreen
from gradtui.tui.screens.lab import LabScreen
from gradtui.tui.widgets.story import paragraphs, recipe

SHELF = [
    (
        name,
        Scenario(name=name, title=title, group=group, promise=f"about {name}", story=story, network=network),
    )
    for name, title, group, story, network in (
        ("sigmoid-deep", "Deep sigmoid", "Why it vanishes", "A **quarter** at most.", Network()),
        ("quiet-relu", "Dying ReLU", "Why it vanishes", "Silent units.", Network(activation="relu")),
        ("exploding", "Explosion", "Why it explodes", "Too large.", Network(init="normal")),
    )
]


@asynccontextmanager
async def gallery(size: tuple[int, int] = (120, 36), shelf: object = SHELF) -> AsyncIterator[Pilot[None]]:
    app = GradtuiApp(make=lambda scenario, paused: FakeRunner(scenario, paused), library=lambda: shelf)  # type: ignore[arg-type, return-value]
    async with app.run_test(size=size) as pilot:
        await until(pilot, lambda: isinstance(app.screen, GalleryScreen) and any(drawn(app.screen.shelf)))
        await pilot.pause()
        yield pilot
    app.join()


def text(pilot: Pilot[None]) -> str:
    app = pilot.app
    assert isinstance(app, GradtuiApp)
    return "\n".join(whole(app))


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 60)])
async def test_it_lists_groups_titles_and_promises(size: tuple[int, int]) -> None:
    async with gallery(size) as pilot:
        for name, scenario in SHELF:
            for part in (scenario.group, scenario.title, f"about {name}"):
                assert part in text(pilot)
        assert ("A quarter at most." in text(pilot)) == (size[0] >= 100)


async def test_the_story_follows_the_cursor() -> None:
    async with gallery() as pilot:
        await pilot.press("down")
        await pilot.pause()
        assert "Silent units." in text(pilot)
        assert "30 hidden layers of 64" in text(pilot)
        await pilot.press("home")
        await pilot.pause()
        assert "A quarter at most." in text(pilot)


async def test_typing_narrows_the_list() -> None:
    async with gallery() as pilot:
        await pilot.press(*"relu")
        await pilot.pause()
        assert "search: relu" in text(pilot)
        assert "1 of 3" in text(pilot)
        assert "Dying ReLU" in text(pilot)
        assert "Explosion" not in text(pilot)
        await pilot.press(*["backspace"] * 4)
        await pilot.pause()
        assert "Explosion" in text(pilot)
        await pilot.press(*"zzz")
        await pilot.pause()
        assert "no scenario matches" in text(pilot)
        await pilot.press("escape")
        await pilot.pause()
        assert "Explosion" in text(pilot)


async def test_q_and_question_mark_are_letters_once_something_is_typed() -> None:
    async with gallery() as pilot:
        await pilot.press("question_mark")
        await pilot.pause()
        assert isinstance(pilot.app.screen, HelpScreen)
        await pilot.press("escape")
        await pilot.pause()
        await pilot.press("s", "q", "question_mark")
        await pilot.pause()
        assert "search: sq?" in text(pilot)
        await pilot.press("escape", "q")
    assert pilot.app.return_code == 0


async def test_enter_opens_and_escape_comes_back_to_the_same_place() -> None:
    async with gallery() as pilot:
        await pilot.press(*"relu", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, LabScreen) and "quiet-relu" in text(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, GalleryScreen) and "Explosion" in text(pilot))
        screen = pilot.app.screen
        assert isinstance(screen, GalleryScreen)
        assert screen.shelf.current == SHELF[1]
        assert "search:" not in text(pilot).splitlines()[0]


async def test_mouse() -> None:
    async with gallery() as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, GalleryScreen)
        y = next(y for y, line in enumerate(drawn(screen.shelf)) if "Explosion" in line)
        await pilot.click(screen.shelf, offset=(6, y))
        assert screen.shelf.current == SHELF[2]
        await pilot.click(screen.shelf, offset=(6, y))
        await until(pilot, lambda: isinstance(pilot.app.screen, LabScreen))


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_the_shipped_library_can_be_walked_from_end_to_end(size: tuple[int, int]) -> None:
    shelf = files.library()
    async with gallery(size, shelf) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, GalleryScreen)
        for name, scenario in shelf:
            assert screen.shelf.current == (name, scenario)
            row = [line for line in drawn(screen.shelf) if line.startswith("  ▸")]
            assert len(row) == 1
            assert scenario.title[:20] in row[0]
            screen.shelf.move(1)


async def test_an_empty_shelf_says_so() -> None:
    async with gallery(shelf=[]) as pilot:
        assert "no scenarios are installed" in text(pilot)
        await pilot.press("enter", "down")


FAMILY = [
    *SHELF[:2],
    (
        "depth",
        Scenario(
            name="depth",
            title="How deep",
            group="Depth",
            promise="about depth",
            variant=(
                Variant(name="shallow", why="two layers learn", set=("network.depth=2",)),
                Variant(name="with-he", why="ReLU and He weights", set=("network.init=he_normal",)),
            ),
        ),
    ),
]


@pytest.mark.parametrize("size", [(80, 24), (120, 36)])
async def test_a_family_is_unfolded_and_a_variant_opened(size: tuple[int, int]) -> None:
    async with gallery(size, FAMILY) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, GalleryScreen)
        assert "2 variants" in text(pilot)
        assert "· shallow" not in text(pilot)
        await pilot.press("end", "right")
        await pilot.pause()
        assert "· shallow  two layers learn" in text(pilot)
        await pilot.press("down", "down", "left")
        await pilot.pause()
        assert screen.shelf.current == FAMILY[2]
        await pilot.press("right", "down", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, LabScreen) and "depth/shallow" in text(pilot))
        lab = pilot.app.screen
        assert isinstance(lab, LabScreen)
        assert lab.link.snapshot().scenario.network.depth == 2


async def test_a_search_finds_variants_and_whole_short_words() -> None:
    async with gallery(shelf=FAMILY) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, GalleryScreen)
        await pilot.press("slash", *"he")
        await pilot.pause()
        assert "1 of 5" in text(pilot)
        assert screen.shelf.current is not None
        assert screen.shelf.current[0] == "depth/with-he"
        await pilot.press("escape", *"silent")
        await pilot.pause()
        assert screen.shelf.current[0] == "quiet-relu"
        await pilot.press("escape", *"deep")
        await pilot.pause()
        assert screen.shelf.current[0] == "sigmoid-deep"
        await pilot.press("escape", *"learn")
        await pilot.pause()
        assert screen.shelf.current[0] == "depth/shallow"


async def test_a_search_does_not_show_what_was_unfolded_before_it() -> None:
    async with gallery(shelf=FAMILY) as pilot:
        await pilot.press("end", "right", "slash", *"silent")
        await pilot.pause()
        assert "1 of 5" in text(pilot)
        assert "shallow" not in text(pilot)


async def test_a_narrow_gallery_still_says_that_typing_searches() -> None:
    async with gallery((60, 16), FAMILY) as pilot:
        assert "type to search" in text(pilot).splitlines()[0]


async def test_groups_are_gone_to_by_keys_and_by_mouse() -> None:
    async with gallery((80, 24), FAMILY) as pilot:
        screen = pilot.app.screen
        assert isinstance(screen, GalleryScreen)
        await pilot.press("tab")
        assert screen.shelf.current == FAMILY[2]
        await pilot.press("tab")
        assert screen.shelf.current == FAMILY[0]
        await pilot.press("shift+tab")
        assert screen.shelf.group == "Depth"
        line = drawn(screen.group_line)[0]
        assert "Why it vanishes 2" in line
        await pilot.click(screen.group_line, offset=(line.index("vanishes"), 0))
        await pilot.pause()
        assert screen.shelf.current == FAMILY[0]


def test_markdown_becomes_plain_lines() -> None:
    story = "One **bold\nword** and `code`.\n\n- a list\n- of *two*\n\n2 * 3 * 4"
    assert paragraphs(story, 40) == ["One bold word and code.", "", "- a list", "- of two", "", "2 * 3 * 4"]


def test_a_recipe_says_how_long_a_sequence_is() -> None:
    def task_of(**task: object) -> str:
        return recipe(Scenario.from_dict({"task": task}))[-1]

    assert task_of(name="latch", length=200) == "latching of length 200, batches of 64"
    assert task_of(name="row-digits") == "digits, row by row, batches of 64"
    assert task_of(name="digits") == "digits 8x8, batches of 64"


def test_a_recipe_says_what_a_network_is_made_of() -> None:
    def lines(**network: object) -> list[str]:
        return recipe(Scenario.from_dict({"network": network}))

    assert lines(depth=5, width=32)[0] == "5 hidden layers of 32"
    assert lines(kind="cnn", depth=7, width=8, stages=3)[0] == "7 convolutions of 8 channels in 3 stages"
    listed = lines(
        kind="cnn", layer=[{"repeat": 29}, {"kind": "max_pool"}, {"kind": "dense"}], norm="batch", dropout=0.1
    )
    assert listed[0] == "30 hidden layers, listed one by one"
    assert "batch norm, dropout 0.1" in listed
