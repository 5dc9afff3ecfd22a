"""Reduced motion, counted in what is written to a terminal while a network trains."""

from __future__ import annotations

import re
import sys
import textwrap
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from terminal import PATIENCE, Terminal, gradtui

#: The lab with a runner that never stands still.
SCRIPT = """
import sys
sys.path.insert(0, {folder!r})
from fake_runner import TrainingRunner, scenario
from gradtui.settings.table import Settings
from gradtui.tui.app import GradtuiApp

app = GradtuiApp(scenario(), make=TrainingRunner, settings=Settings(reduced_motion={reduced}))
app.run()
app.join()
"""


@contextmanager
def training(reduced: bool) -> Iterator[Terminal]:
    """The lab, training; after the first seconds, in which it is drawn and asks whether the terminal answers."""
    folder = str(Path(__file__).parents[1] / "tui")
    script = textwrap.dedent(SCRIPT).format(folder=folder, reduced=reduced)
    with Terminal([sys.executable, "-c", script], 120, 36) as terminal:
        terminal.wait_for("VANISHING")
        terminal.read(2.0)
        yield terminal
        assert ("past" in terminal.text()) is not reduced
        terminal.press("q")
        assert terminal.wait_end() == 0


def frames(terminal: Terminal) -> tuple[int, float]:
    """Frames that were drawn in some two seconds, and what these seconds came to."""
    began, before = time.monotonic(), terminal.questions()
    terminal.read(2.0)
    return terminal.questions() - before, time.monotonic() - began


def test_reduced_motion_draws_two_frames_a_second() -> None:
    with training(reduced=True) as terminal:
        before = terminal.questions()
        drawn, seconds = frames(terminal)
        assert drawn <= 2 * seconds + 2
        terminal.wait_for(lambda _: terminal.questions() >= before + 2)
    with training(reduced=False) as terminal:
        # A busy machine draws fewer, but not all the time.
        end = time.monotonic() + PATIENCE
        while (drawn := frames(terminal)[0]) <= 18:
            assert time.monotonic() < end, f"{drawn} frames in two seconds"


@pytest.mark.parametrize(("colours", "kinds"), [("none", set()), ("16", {b"3", b"4"}), ("256", {b"38;5", b"48;5"})])
def test_the_setting_says_which_colours_are_sent(colours: str, kinds: set[bytes]) -> None:
    """Whatever the terminal's own variables say."""
    command = gradtui("--scenario", "sigmoid-deep", "--set", "network.depth=5", "--paused", "--colours", colours)
    other = {"NO_COLOR": "1"} if colours == "256" else {"COLORTERM": "truecolor"}
    with Terminal(command, 80, 24, **other) as terminal:
        terminal.wait_for("grad_rms")
        terminal.wait_for(lambda text: re.search(r"5 .* \d\.\d\de-\d\d", text))
        assert ("█" in terminal.text()) is (colours == "none")
        terminal.press("q")
        assert terminal.wait_end() == 0
    found: set[bytes] = set()
    for code in re.findall(rb"\x1b\[([\d;]+)m", terminal.received):
        found |= set(re.findall(rb"[34]8;[25]", code))
        single = re.sub(rb"[34]8;[25](;\d+)+", b"", code)
        bright = {b"9": b"3", b"10": b"4"}
        found |= {bright.get(digits, digits) for digits in re.findall(rb"(?:^|;)([349]|10)[0-7](?=;|$)", single)}
    assert found == kinds


def test_a_theme_chosen_on_screen_is_there_again_at_the_next_start(tmp_path: Path) -> None:
    command = gradtui("--scenario", "sigmoid-deep", "--set", "network.depth=5", "--paused")
    chosen = {"GRADTUI_CONFIG_DIR": str(tmp_path)}
    with Terminal(command, 80, 24, **chosen) as terminal:
        terminal.wait_for("grad_rms")
        terminal.press("\x10")
        terminal.wait_for("Search")
        terminal.press("theme")
        # What is typed is searched for meanwhile: Enter takes what is listed when it comes.
        terminal.wait_for(lambda text: "change the colours" in text and "Copy command line" not in text)
        terminal.press("\r")
        terminal.wait_for("blue-orange")
        terminal.press("teal-red")
        terminal.wait_for(lambda text: text.count("teal-red") == 2 and "blue-orange" not in text)
        terminal.press("\r")
        terminal.wait_for("grad_rms")
        terminal.read(0.5)
        terminal.press("q")
        assert terminal.wait_end() == 0
    assert (tmp_path / "settings.toml").read_text() == 'theme = "teal-red"\n'
    with Terminal(command, 80, 24, **chosen) as terminal:
        terminal.wait_for("grad_rms")
        terminal.press("q")
        assert terminal.wait_end() == 0
        # The colour of the keys, #5fd7d7, is number 80 of the 256.
        assert b"38;5;80" in terminal.received


def test_a_broken_file_is_told_on_screen_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "settings.toml"
    path.write_text('theme = "darc"\n')
    with Terminal(gradtui(), 100, 30, GRADTUI_CONFIG_DIR=str(tmp_path)) as terminal:
        text = terminal.wait_for("passed over")
        assert "Deep sigmoid network" in terminal.wait_for("Deep sigmoid")
        assert "did you mean dark?" in " ".join(text.split())
        terminal.press("q")
        assert terminal.wait_end() == 0
    assert path.read_text() == 'theme = "darc"\n'
