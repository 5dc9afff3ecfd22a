"""Plain text: paragraphs while the network trains, on any kind of output."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from itertools import count
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import gradtui
from gradtui import cli, plain
from gradtui.diagnosis import diagnose
from gradtui.explain.verdicts import title_of
from gradtui.lab.past import PastKeeper, watched
from gradtui.tui.bands import BANDS, band

QUICK = ["--scenario", "xor-first", "--set", "network.depth=3", "--set", "network.width=4"]


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(cli.commands, list(arguments), prog_name="gradtui")


def test_step_0_and_the_end_are_the_simulations_own_numbers() -> None:
    result = invoke(*QUICK, "--plain", "--steps", "40")
    assert result.exit_code == 0
    heading, start, end = result.stdout.strip().split("\n\n")
    assert heading.startswith("xor-first, ")
    simulation = gradtui.Simulation(gradtui.Scenario.load("xor-first").replace("network.depth=3", "network.width=4"))
    keeper = PastKeeper()
    for text, begins in ((start, "At step 0."), (end, "The end, step 40.")):
        lines = text.splitlines()
        assert lines[0].startswith(begins)
        assert [line.split(":")[0] for line in lines[2:]] == ["layer 1", "layer 2", "layer 3", "output layer"]
        profile = simulation.profile()
        keeper.evaluate(simulation)
        verdict = diagnose(profile, simulation.scenario, keeper.past())
        assert lines[1] == f"{title_of(verdict.kind)}: {verdict.sentence}."
        for line, value, signal_rms in zip(lines[2:], profile["grad_rms"], profile["delta_rms"], strict=True):
            assert f": gradient {value:.2e}, {BANDS[band(value)].name}, signal {signal_rms:.2e}" in line
        for _ in watched(simulation, keeper, iter([40])):
            pass


def test_no_escape_codes_and_nothing_on_stderr() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "gradtui", *QUICK, "--plain", "--steps", "5"],
        capture_output=True,
        timeout=300,
        env={**os.environ, "TERM": "dumb"},
    )
    assert result.returncode == 0
    assert b"\x1b" not in result.stdout
    assert b"\r" not in result.stdout
    assert result.stderr == b""


def test_reports_come_as_often_as_was_asked() -> None:
    scenario = gradtui.Scenario.load("xor-first").replace("network.depth=1", "network.width=4")
    ticks = count()
    often = list(plain.reports(scenario, steps=200, every=1, clock=lambda: next(ticks)))
    never = list(plain.reports(scenario, steps=200, every=1e9))
    assert len(never) == 3
    assert len(often) > 4
    steps = [int(found[1]) for text in often[2:-1] if (found := re.match(r"Step (\d+)\.", text))]
    assert len(steps) == len(often) - 3
    assert steps == sorted(steps)
    assert "at step 0 gradient" in often[-1]


def test_words_stand_for_what_has_no_number() -> None:
    *_, end = plain.reports(gradtui.Scenario.load("exploding-init"), steps=5)
    assert "gradient NaN" in end
    assert "NOT FINITE" in end
    _, start = plain.reports(gradtui.Scenario.load("sigmoid-deep").replace("network.depth=80"), steps=0)
    assert "layer 1: gradient underflow, vanished" in start


def test_paused_tells_step_0_only() -> None:
    assert invoke(*QUICK, "--plain", "--paused").stdout.count("Loss") == 1


def test_without_a_scenario_it_lists_the_gallery() -> None:
    result = invoke("--plain")
    assert result.exit_code == 0
    assert "sigmoid-deep" in result.stdout
    assert result.stdout.endswith("gradtui --scenario NAME --plain\n")


def test_steps_are_for_plain_text_only() -> None:
    result = invoke(*QUICK, "--steps", "5")
    assert result.exit_code == 2
    assert "--plain" in result.stderr


def test_whoever_reads_a_part_of_it_gets_that_part_at_once(tmp_path: Path) -> None:
    """As in `gradtui --plain | head`: it goes on for ever, and ends without a word when nobody reads."""
    with subprocess.Popen(
        [sys.executable, "-m", "gradtui", *QUICK, "--plain", "--steps", "1000000000", "--plain-every", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            assert process.stdout.readline().startswith("xor-first, ")
            process.stdout.close()
            assert process.wait(180) == cli.NO_READER
            assert process.stderr.read() == ""
        finally:
            process.kill()


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_ctrl_c_ends_it_with_a_word() -> None:
    with subprocess.Popen(
        [sys.executable, "-m", "gradtui", *QUICK, "--plain", "--steps", "1000000000"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        # A shell's background jobs, and what they start, would not hear it.
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        try:
            while not process.stdout.readline().startswith("output layer"):
                assert process.poll() is None
            process.send_signal(signal.SIGINT)
            assert process.wait(180) == 0
            assert process.stdout.read().endswith("Stopped.\n")
            assert process.stderr.read() == ""
        finally:
            process.kill()


def test_letters_that_a_terminal_lacks_do_not_end_it() -> None:
    result = subprocess.run(
        [sys.executable, "-m", "gradtui", *QUICK, "--plain", "--steps", "0"],
        capture_output=True,
        timeout=300,
        env={**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"},
    )
    assert result.returncode == 0
    assert b"output layer" in result.stdout
