"""Profiles as CSV and JSON lines: what is read back is what was measured, to the last bit."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

import gradtui
from gradtui import cli
from gradtui.export.tables import as_csv, as_jsonl
from gradtui.gauges import GAUGES
from gradtui.profile import GradientProfile

QUICK = ("xor-first", "--set", "network.depth=2", "--set", "network.width=4")


def profile() -> GradientProfile:
    """Three taps with every kind of number; one tap's name needs quoting."""
    values = np.array([1e-308, math.nan, -math.inf])
    return GradientProfile(7, ("1", 'b, "q"', "out"), dict.fromkeys(GAUGES, values * 1), 1.0, 0.5)


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(cli.commands, ["export", *arguments], prog_name="gradtui")


def test_csv_keeps_every_number_and_name() -> None:
    rows = list(csv.DictReader(io.StringIO(as_csv([profile(), profile()]))))
    assert [row["tap"] for row in rows] == ["1", 'b, "q"', "out"] * 2
    assert list(rows[0]) == ["step", "tap", *GAUGES]
    for gauge in GAUGES:
        read = [float(row[gauge]) for row in rows[:3]]
        assert read[0] == 1e-308
        assert math.isnan(read[1])
        assert read[2] == -math.inf


def test_json_lines_hold_words_for_what_json_has_no_number_for() -> None:
    rows = [json.loads(line, parse_constant=pytest.fail) for line in as_jsonl([profile()]).splitlines()]
    assert [row["grad_rms"] for row in rows] == [1e-308, "nan", "-inf"]
    assert rows[1]["tap"] == 'b, "q"'
    assert list(rows[0]) == ["step", "tap", *GAUGES]


@pytest.mark.parametrize("form", ["csv", "jsonl"])
def test_the_command_writes_the_simulations_own_numbers(form: str, tmp_path: Path) -> None:
    path = tmp_path / "profile"
    result = invoke(form, *QUICK, "--steps", "12", "-o", str(path))
    assert result.exit_code == 0
    assert result.stdout == ""
    simulation = gradtui.Simulation(gradtui.Scenario.load("xor-first").replace("network.depth=2", "network.width=4"))
    simulation.step(12)
    measured = simulation.profile()
    text = path.read_text()
    rows = (
        list(csv.DictReader(io.StringIO(text))) if form == "csv" else [json.loads(line) for line in text.splitlines()]
    )
    assert [row["tap"] for row in rows] == list(measured.taps)
    assert [float(row["grad_rms"]) for row in rows] == measured["grad_rms"].tolist()
    assert {int(row["step"]) for row in rows} == {measured.step}


def test_every_so_many_steps_there_is_a_profile() -> None:
    rows = [json.loads(line) for line in invoke("jsonl", *QUICK, "--steps", "10", "--every", "4").stdout.splitlines()]
    assert [row["step"] for row in rows if row["tap"] == "out"] == [0, 3, 7, 9]
    single = [json.loads(line) for line in invoke("jsonl", *QUICK, "--steps", "10").stdout.splitlines()]
    assert rows[-3:] == single


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["cvs", "xor-first"], "did you mean csv?"),
        (["torch", "xor-first", "--steps", "3"], "--steps"),
        (["csv", *QUICK, "--steps", "0", "-o", "/nowhere/at/all.csv"], "there is no folder /nowhere/at"),
        (["csv", *QUICK, "--steps", "0", "-o", "/"], "is a folder"),
    ],
)
def test_wrong_usage_is_a_sentence(arguments: list[str], words: str) -> None:
    result = invoke(*arguments)
    assert result.exit_code == 2
    assert words in result.stderr
    assert result.stdout == ""
