"""The installed command on a real terminal: it draws, it obeys, it leaves everything as it found it."""

from __future__ import annotations

import os
import re
import signal
import sys
import textwrap
import time
from pathlib import Path

import pytest
from terminal import Terminal, gradtui

LAB = gradtui("--scenario", "sigmoid-deep", "--set", "network.depth=12", "--set", "network.width=16")

#: A small app whose runner needs no engine, on which `%s` is done to it.
SCRIPT = """
import sys
sys.path.insert(0, {folder!r})
from fake_runner import FakeRunner, scenario
from gradtui.tui.app import GradtuiApp

class Runner(FakeRunner):
    def snapshot(self):
        found = super().snapshot()
        {act}
        return found

app = GradtuiApp(scenario(), make=Runner)
try:
    app.run()
finally:
    app.join()
sys.exit(app.return_code)
"""


def fake(act: str = "pass") -> list[str]:
    """A command that shows the lab without an engine."""
    folder = str(Path(__file__).parents[1] / "tui")
    return [sys.executable, "-c", textwrap.dedent(SCRIPT).format(folder=folder, act=act)]


def step(text: str) -> int:
    """The step that the header shows."""
    found = re.search(r"step ([\d,]+)", text)
    return int(found[1].replace(",", "")) if found else -1


def test_it_trains_and_obeys_and_leaves_the_terminal_as_it_was() -> None:
    with Terminal(LAB, 120, 36) as terminal:
        terminal.wait_for("grad_rms")
        began = step(terminal.text())
        terminal.wait_for(lambda text: step(text) > began)
        assert {1049, 1000, 1006, 2004} <= {mode for mode, on in terminal.modes().items() if on}

        terminal.press(" ")
        terminal.wait_for("paused")
        stood = step(terminal.wait_still())

        terminal.press(".")
        terminal.wait_for(lambda text: step(text) == stood + 1)
        terminal.press("k\x1b[B\x1b[B\x1b[C")
        terminal.wait_for("‹tanh›*")
        terminal.wait_for("sigmoid → tanh")
        terminal.press("r")
        terminal.wait_for(lambda text: step(text) == 0)
        terminal.press(" ")
        terminal.wait_for("running")

        terminal.press("q")
        assert terminal.wait_end() == 0
        terminal.assert_restored()


def test_the_gallery_opens_a_scenario_and_is_there_again_afterwards() -> None:
    with Terminal(gradtui(), 110, 30) as terminal:
        terminal.wait_for("Deep sigmoid network")
        terminal.press("shallow\r")
        terminal.wait_for("grad_rms")
        terminal.press("\x1b")
        terminal.wait_for("▸ Shallow")
        terminal.press("q")
        assert terminal.wait_end() == 0
        terminal.assert_restored()


@pytest.mark.parametrize(("name", "code"), [("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_ends_it_cleanly(name: str, code: int) -> None:
    with Terminal(LAB, 80, 24) as terminal:
        terminal.wait_for("grad_rms")
        os.kill(terminal.pid, signal.Signals[name])
        assert terminal.wait_end() == code
        terminal.assert_restored()


def test_ctrl_c_ends_it_cleanly() -> None:
    with Terminal(LAB, 80, 24) as terminal:
        terminal.wait_for("grad_rms")
        terminal.press("\x03")
        assert terminal.wait_end() == 0
        terminal.assert_restored()


def test_back_from_the_shell_everything_is_drawn_again() -> None:
    with Terminal(fake(), 80, 24) as terminal:
        terminal.wait_for("VANISHING")
        os.kill(terminal.pid, signal.SIGTSTP)
        terminal.wait_stopped()
        assert terminal.modes()[1049] is False
        terminal.screen.reset()
        os.kill(terminal.pid, signal.SIGCONT)
        terminal.wait_for(lambda text: "VANISHING" in text and "6.00e-02" in text and "pause" in text)
        terminal.press("q")
        assert terminal.wait_end() == 0


def test_an_exception_restores_the_terminal_and_tells_what_it_was() -> None:
    act = "if self.asked > 20: raise RuntimeError('the sky has fallen')"
    with Terminal(fake(act), 80, 24) as terminal:
        assert terminal.wait_end() == 1
        assert b"the sky has fallen" in terminal.received
        terminal.assert_restored()


@pytest.mark.parametrize("answers_after", [None, 0.0, 0.3], ids=["never", "at once", "late"])
def test_however_a_terminal_answers_nothing_of_it_is_seen_or_left_over(answers_after: float | None) -> None:
    """It trains, it obeys, and neither the suspended nor the ended program leaves answers to the shell."""
    with Terminal(LAB, 80, 24, answers_after=answers_after) as terminal:
        terminal.wait_for(lambda text: step(text) > 0)
        terminal.wait_for(lambda _: terminal.questions() >= 1)
        terminal.read(1.0)
        os.kill(terminal.pid, signal.SIGTSTP)
        terminal.wait_stopped()
        assert not terminal.modes()[1049]
        terminal.read(0.5)
        assert terminal.left_for_the_shell() == 0
        # It may have asked for a last answer: a silent terminal is known to be one only after a while.
        asked = terminal.questions()
        os.kill(terminal.pid, signal.SIGCONT)
        terminal.wait_for(lambda _: terminal.questions() > asked)
        asked = terminal.questions()
        for _ in range(3):
            before = step(terminal.text())
            terminal.wait_for(lambda text, before=before: step(text) > before)
        if answers_after is None:
            # Once it has not answered, a terminal is not asked again and again.
            assert terminal.questions() == asked
        else:
            terminal.wait_for(lambda _: terminal.questions() > asked)
        terminal.press(" ")
        terminal.wait_for("paused")
        terminal.wait_still()
        terminal.press("q")
        assert terminal.wait_end() == 0
        assert terminal.left_for_the_shell() == 0
        terminal.assert_restored()


def test_it_may_be_stopped_at_any_moment_while_it_draws() -> None:
    with Terminal(LAB, 80, 24) as terminal:
        terminal.wait_for("steps/s")
        for turn in range(12):
            time.sleep(0.05 + 0.013 * turn)
            os.kill(terminal.pid, signal.SIGTSTP)
            terminal.wait_stopped()
            assert not terminal.modes()[1049]
            os.kill(terminal.pid, signal.SIGCONT)
            terminal.wait_for(lambda _: terminal.modes()[1049])
        terminal.press("q")
        assert terminal.wait_end() == 0
        terminal.assert_restored()


@pytest.mark.parametrize("controlling", [True, False], ids=["told", "not told"])
def test_it_ends_when_its_terminal_is_gone(controlling: bool) -> None:
    with Terminal(LAB, 80, 24, controlling=controlling) as terminal:
        terminal.wait_for("grad_rms")
        terminal.vanish()
        assert terminal.wait_end() in (1, 129)


def test_not_even_the_first_frame_believes_an_exported_size() -> None:
    with Terminal(fake(), 80, 24, COLUMNS="120", LINES="36") as terminal:
        terminal.wait_for("VANISHING")
        rows = {int(row) for row in re.findall(rb"\x1b\[(\d+);\d+H", terminal.received)}
        assert max(rows) == 24
        terminal.press("q")
        assert terminal.wait_end() == 0


@pytest.mark.parametrize("exported", [{}, {"COLUMNS": "80", "LINES": "24"}], ids=["", "exported"])
def test_the_window_may_change_its_size_at_any_time(exported: dict[str, str]) -> None:
    """Whatever size the environment claims, the terminal's own counts."""
    with Terminal(LAB, 120, 36, **exported) as terminal:
        terminal.wait_for("NETWORK")
        terminal.resize(80, 24)
        terminal.wait_for(lambda text: "NETWORK" not in text and "grad_rms" in text)
        terminal.resize(40, 10)
        terminal.wait_for("gradtui needs 60 columns")
        terminal.resize(120, 36)
        terminal.wait_for(lambda text: "NETWORK" in text and "grad_rms" in text)
        terminal.press("q")
        assert terminal.wait_end() == 0


@pytest.mark.parametrize(
    "environment",
    [
        {"NO_COLOR": "1"},
        {"COLORTERM": "", "TERM": "xterm"},
        {"COLORTERM": "", "TERM": "linux"},
        {"COLORTERM": "", "TERM": "screen-256color"},
    ],
    ids=["no colour", "16 colours", "console", "256 colours"],
)
def test_every_kind_of_terminal_shows_names_and_numbers(environment: dict[str, str]) -> None:
    with Terminal(fake(), 80, 24, **environment) as terminal:
        terminal.wait_for("6.00e-02")
        text = terminal.wait_for("VANISHING")
        assert "┆" in text
        colours = set(
            re.findall(rb"\x1b\[(?:[\d;]*;)?([34]8;[25]|[39][0-7](?=[;m])|4[0-7](?=[;m]))", terminal.received)
        )
        if "NO_COLOR" in environment:
            assert colours == set()
            # Where layers share a row its bar is led to by a lighter block.
            assert "█" in text or "░" in text
        elif environment["TERM"] in ("xterm", "linux"):
            assert not any(code.startswith((b"38", b"48")) for code in colours)
        terminal.press("q")
        assert terminal.wait_end() == 0
        terminal.assert_restored()
