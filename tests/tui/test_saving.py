"""Saving from the screen: the menu, the files, the clipboard."""

from __future__ import annotations

import base64
import csv
import math
import tomllib
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import numpy as np
import pytest
from fake_runner import staircase
from opened import Opened, lab, whole

from gradtui import Scenario
from gradtui.export import picture
from gradtui.gauges import GAUGES
from gradtui.lab.snapshot import Curves
from gradtui.tui import bindings
from gradtui.tui.clipboard import sequence
from gradtui.tui.saving import KINDS
from gradtui.tui.screens.lab import LabScreen
from gradtui.tui.screens.save import SaveScreen


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder is an empty one."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


async def status(opened: Opened, words: str) -> str:
    """Wait until the status line says so."""
    await opened.until(lambda: words in whole(opened.app)[-2])
    return whole(opened.app)[-2]


@pytest.mark.parametrize("size", [(60, 16), (80, 24), (120, 36)])
async def test_the_menu_lists_everything_and_what_it_would_give(size: tuple[int, int]) -> None:
    async with lab(size) as opened:
        opened.runner.change(step=1240)
        await opened.shown()
        await opened.press("s")
        text = "\n".join(whole(opened.app))
        for kind in KINDS:
            assert kind.title in text
        assert "sigmoid-deep-step1240.svg" in text
        await opened.press("down", "down")
        assert "sigmoid-deep-step1240.csv" in "\n".join(whole(opened.app))
        await opened.press("escape")
        assert isinstance(opened.app.screen, LabScreen)


async def test_the_lab_is_seen_behind_the_menu_and_nothing_is_saved_by_leaving_it(folder: Path) -> None:
    async with lab((120, 36)) as opened:
        await opened.press("s")
        assert isinstance(opened.app.screen, SaveScreen)
        assert "VANISHING" in "\n".join(whole(opened.app))
        await opened.press("s")
        assert isinstance(opened.app.screen, LabScreen)
    assert list(folder.iterdir()) == []


def test_the_menus_letters_are_those_of_the_table_of_keys() -> None:
    names = {press.names for key in bindings.of("save") for press in key.presses}
    assert {kind.key for kind in KINDS} <= names
    assert len({kind.key for kind in KINDS}) == len(KINDS)


async def test_the_numbers_are_those_on_screen(folder: Path) -> None:
    async with lab((80, 24), 9) as opened:
        opened.runner.show([*staircase(8), math.nan])
        await opened.shown()
        await opened.press("s", "n")
        await status(opened, "saved sigmoid-deep-step1.csv")
    with open(folder / "sigmoid-deep-step1.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["step", "tap", *GAUGES]
    assert [row["tap"] for row in rows] == [*map(str, range(1, 10)), "out"][: len(rows)]
    assert [float(row["grad_rms"]) for row in rows[:-1]] == staircase(8)
    assert rows[-1]["grad_rms"] == "nan"


async def test_a_second_file_gets_a_number(folder: Path) -> None:
    async with lab() as opened:
        for name in ("sigmoid-deep-step0.csv", "sigmoid-deep-step0-2.csv"):
            await opened.press("s", "down", "down", "enter")
            await status(opened, f"saved {name}")
    assert len(list(folder.iterdir())) == 2


async def test_the_scenario_holds_what_was_changed_by_hand(folder: Path) -> None:
    async with lab() as opened:
        changed = opened.runner.snapshot().scenario.replace("network.depth=7", "optimizer.name=adam", "seed=3")
        opened.runner.change(scenario=changed)
        await opened.shown()
        await opened.press("s", "t")
        await status(opened, "saved sigmoid-deep-step0.toml")
    path = folder / "sigmoid-deep-step0.toml"
    assert tomllib.loads(path.read_text())["network"]["depth"] == 7
    assert Scenario.load(path) == changed


async def test_the_picture_of_the_screen_is_the_lab_without_the_menu(folder: Path) -> None:
    async with lab((100, 30)) as opened:
        await opened.press("s", "v")
        await status(opened, "saved sigmoid-deep-step0.svg")
    root = ElementTree.parse(folder / "sigmoid-deep-step0.svg").getroot()
    text = "".join(root.itertext()).replace("\N{NO-BREAK SPACE}", " ")
    assert "VANISHING" in text
    assert "grad_rms" in text
    assert "screen as SVG" not in text


async def test_the_graph_is_a_png(folder: Path) -> None:
    pytest.importorskip("matplotlib")
    async with lab((80, 24), 40) as opened:
        curves = Curves((0, 5, 9), (2.3, 2.0, math.nan), (0.1, 0.2, 0.3), (0, 9), (2.3, 1.9), (0.1, 0.4))
        opened.runner.show([0.0, math.nan, math.inf, *staircase(37)])
        opened.runner.change(curves=curves)
        await opened.shown()
        await opened.press("s", "p")
        await status(opened, "saved sigmoid-deep-step1.png")
    content = (folder / "sigmoid-deep-step1.png").read_bytes()
    assert content.startswith(b"\x89PNG\r\n")


async def test_bars_of_the_graph_are_as_long_and_of_the_colour_as_their_values_say() -> None:
    pytest.importorskip("matplotlib")
    from matplotlib.image import imread

    async with lab((80, 24), 3) as opened:
        opened.runner.begin([1e-15, 1e-10, 1e-5, 1e-1], [1e-19] * 4)
        await opened.shown()
        snapshot = opened.runner.snapshot()
        inks = {1e-15: "#ff0000", 1e-10: "#00ff00", 1e-5: "#0000ff", 1e-1: "#ff00ff"}
        drawn = picture.draw(snapshot, (-20, 0), lambda value: inks[value])
    Path("graph.png").write_bytes(drawn)
    pixels = np.asarray(imread("graph.png"))[..., :3]
    lengths = {}
    for value, ink in inks.items():
        wanted = np.array([int(ink[at : at + 2], 16) / 255 for at in (1, 3, 5)])
        columns = np.flatnonzero((np.abs(pixels - wanted) < 0.01).all(axis=2).any(axis=0))
        lengths[value] = int(columns[-1] - columns[0])
    unit = lengths[1e-1] / 19
    for value, length in lengths.items():
        # The ghost's tick stands at the end of its bar and hides a few pixels of it.
        assert length == pytest.approx(unit * (math.log10(value) + 20), abs=6)


async def test_without_matplotlib_a_sentence_says_how_to_get_it(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(picture, "is_available", lambda: False)
    async with lab((120, 36)) as opened:
        await opened.press("s", "down")
        assert "pip install 'gradtui[plot]'" in "\n".join(whole(opened.app))
        await opened.press("enter")
        await status(opened, "pip install 'gradtui[plot]'")
    assert list(folder.iterdir()) == []


async def test_before_anything_is_measured_there_are_no_numbers(folder: Path) -> None:
    async with lab((120, 36)) as opened:
        opened.runner.change(profile=None, first=None)
        await opened.shown()
        for key in ("n", "p"):
            await opened.press("s", key)
            await status(opened, "no step has been measured")
    assert list(folder.iterdir()) == []


async def test_a_folder_that_cannot_be_written_is_a_sentence(folder: Path) -> None:
    async with lab((120, 36)) as opened:
        folder.rmdir()
        await opened.press("s", "n")
        await status(opened, "nothing was saved")
        folder.mkdir()


async def test_the_command_is_shown_and_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TMUX", raising=False)
    sent: list[str] = []
    async with lab((120, 36)) as opened:
        monkeypatch.setattr(opened.app, "send", sent.append)
        loaded = Scenario.load("sigmoid-deep")
        opened.app.source = "sigmoid-deep"
        opened.runner.change(loaded=loaded, scenario=loaded.replace("network.depth=7"))
        await opened.shown()
        await opened.press("s", *["down"] * 4)
        command = "gradtui --scenario sigmoid-deep --set network.depth=7"
        assert command in "\n".join(whole(opened.app))
        await opened.press("enter")
        await status(opened, f"copied: {command}")
    assert sent == [f"\x1b]52;c;{base64.b64encode(command.encode()).decode()}\a"]


async def test_where_no_options_lead_there_it_says_what_does() -> None:
    async with lab((120, 36)) as opened:
        await opened.press("s", "c")
        await status(opened, "save it as TOML")


def test_inside_tmux_the_terminal_outside_is_asked_too() -> None:
    text = "gradtui --scenario 深い"
    code = base64.b64encode(text.encode()).decode()
    assert sequence(text, {"TMUX": "/tmp/tmux-0/default,1,0"}) == (
        f"\x1b]52;c;{code}\a\x1bPtmux;\x1b\x1b]52;c;{code}\a\x1b\\"
    )


async def test_the_command_palette_saves_too(folder: Path) -> None:
    async with lab((120, 36)) as opened:
        commands = {command.title: command.callback for command in opened.app.get_system_commands(opened.screen)}
        assert {"Save screen as svg", "Save graph as png", "Copy command line"} <= set(commands)
        commands["Save numbers as csv"]()
        await status(opened, "saved sigmoid-deep-step0.csv")


async def test_a_command_too_long_for_the_status_line_is_shown_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    async with lab((80, 24)) as opened:
        loaded = Scenario.load("sigmoid-deep")
        opened.app.source = "sigmoid-deep"
        changes = ("network.depth=7", "network.activation=leaky_relu", "optimizer.name=adam", "optimizer.lr=0.0123")
        opened.runner.change(loaded=loaded, scenario=loaded.replace(*changes))
        await opened.shown()
        await opened.press("s", "c")
        await status(opened, "copied: gradtui")
        await opened.until(lambda: "optimizer.lr=0.0123" in "".join("".join(whole(opened.app)).split()))
