"""Reduced motion, counted in what is written to a terminal while a network trains."""

from __future__ import annotations

import re
import sys
import textwrap
from pathlib import Path

import pytest
from terminal import Terminal, gradtui

#: The lab with a runner that never stands still; it writes down how often a second the screen was drawn.
SCRIPT = """
import sys, time
sys.path.insert(0, {folder!r})
from fake_runner import TrainingRunner, scenario
from gradtui.settings.table import Settings
from gradtui.tui.app import GradtuiApp
from gradtui.tui.driver import Outlet

moments = []
write = Outlet.write

def counting(outlet, text):
    moments.append(time.monotonic())
    write(outlet, text)

Outlet.write = counting
app = GradtuiApp(scenario(), make=TrainingRunner, settings=Settings(reduced_motion={reduced}))
app.run()
app.join()
last = moments[-1] - 1.0
within = [moment for moment in moments if last - 2.0 <= moment < last]
# Pieces of one frame are written in one go.
frames = sum(later - sooner > 0.02 for sooner, later in zip([0.0, *within], within))
print("frames", frames)
"""


def frames(reduced: bool) -> int:
    """Frames in two seconds of training."""
    folder = str(Path(__file__).parents[1] / "tui")
    script = textwrap.dedent(SCRIPT).format(folder=folder, reduced=reduced)
    with Terminal([sys.executable, "-c", script], 120, 36) as terminal:
        terminal.wait_for("VANISHING")
        terminal.read(4.0)
        assert ("past" in terminal.text()) is not reduced
        terminal.press("q")
        assert terminal.wait_end() == 0
        found = re.search(rb"frames (\d+)", terminal.received)
        assert found is not None
        return int(found[1])


def test_reduced_motion_draws_two_frames_a_second() -> None:
    calm = frames(reduced=True)
    assert 2 <= calm <= 6
    assert frames(reduced=False) > 3 * calm


@pytest.mark.parametrize(("colours", "kinds"), [("none", set()), ("16", {b"3", b"4"}), ("256", {b"38;5", b"48;5"})])
def test_the_setting_says_which_colours_are_sent(colours: str, kinds: set[bytes]) -> None:
    """Whatever the terminal's own variables say."""
    command = gradtui("--scenario", "sigmoid-deep", "--set", "network.depth=5", "--paused", "--colours", colours)
    other = {"NO_COLOR": "1"} if colours == "256" else {"COLORTERM": "truecolor"}
    with Terminal(command, 80, 24, **other) as terminal:
        terminal.wait_for("grad_rms")
        terminal.wait_for(lambda text: re.search(r"5 .* \d\.\d\de-\d\d", text), 60)
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
        terminal.press("theme\r")
        terminal.wait_for("blue-orange")
        terminal.press("teal-red")
        terminal.wait_for(lambda text: "textual-dark" not in text)
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
