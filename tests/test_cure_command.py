"""`gradtui cure`: what it prints, for people and for programs."""

import io
import json

import pytest
from click.testing import CliRunner

from gradtui import Scenario
from gradtui.cli import commands
from gradtui.diagnosis.remedies import REMEDIES
from gradtui.diagnosis.standing import Row, Standing
from gradtui.subcommands.cure_table import Live, advice

SMALL = ("--set", "network.depth=12", "--set", "network.width=16", "--set", "task.batch=32")


@pytest.fixture(autouse=True)
def _few(monkeypatch):
    chosen = tuple(each for each in REMEDIES if each.key in ("batch_norm", "clip_norm", "momentum", "smaller_eps"))
    monkeypatch.setattr("gradtui.diagnosis.remedies.REMEDIES", chosen)


def run(*arguments):
    return CliRunner().invoke(commands, ["cure", *arguments])


def test_json_is_one_object_with_everything_in_it():
    result = run("sigmoid-deep", *SMALL, "--steps", "100", "--seed", "3", "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["scenario"] == "sigmoid-deep"
    assert found["seed"] == 3
    assert found["verdict"]["kind"] == "vanishing"
    assert found["baseline"]["remedy"] == ""
    rows = found["rows"]
    assert rows[0]["remedy"] == "batch_norm"
    assert rows[0]["cure"]
    assert rows[0]["set"][0] == "network.norm=batch"
    assert not rows[1]["cure"]
    assert {row["steps"] for row in rows} == {100}
    keys = "remedy label set cure steps loss accuracy factor_before factor_after first_layer_moved verdict note"
    assert {*keys.split(), "microseconds_per_step"} <= set(rows[0])
    assert found["left_out"] == [{"label": "eps 1e-16", "reason": "sgd divides by no root of a mean square"}]


def test_the_table_ranks_and_says_what_to_do():
    result = run("sigmoid-deep", *SMALL, "--steps", "100", "--seed", "3")
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[1].startswith("VANISHING: ")
    ranks = [line.split()[0] for line in lines if "×" in line and line[:2].strip().isdigit()]
    assert ranks == ["1", "2", "3", "4"]
    best = next(line for line in lines if line.strip().startswith("1 "))
    assert "batch norm" in best
    assert "CURE" in best
    assert any("clip norm 1" in line and "no cure" in line for line in lines)
    assert lines[-1].startswith("gradtui --scenario sigmoid-deep --seed 3 ")
    assert {"network.depth=12", "network.width=16", "task.batch=32", "network.norm=batch"} <= set(lines[-1].split())


def test_a_healthy_scenario_is_told_so():
    result = run("shallow-sigmoid", "--steps", "60")
    assert result.exit_code == 0, result.output
    assert "HEALTHY" in result.stdout
    assert "nothing to cure" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("sigmoid-dep",), "sigmoid-deep"),
        (("sigmoid-deep", "--set", "network.depht=3"), "network.depth"),
        (("sigmoid-deep", "--steps", "0"), "0 steps"),
        (("sigmoid-deep", "--budget", "0"), "0.1"),
        (("sigmoid-deep", "--budget", "nan"), "no number"),
        (("sigmoid-deep", "--set", "task.name=file", "--set", "task.path=nowhere.csv"), "nowhere.csv"),
    ],
)
def test_bad_input_is_one_clear_sentence(arguments, said):
    result = run(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"cure": True}, ["best here: batch norm (every unit has mean 0", "--set network.norm=batch"]),
        ({"promising": True}, ["nearest to a cure: batch norm", "longer", "--set network.norm=batch"]),
        ({}, ["nothing cured it in this time"]),
        ({"steps": 0}, []),
    ],
)
def test_the_last_lines_say_what_to_do(more, said):
    scenario = Scenario.load("sigmoid-deep")
    changed = scenario.replace("network.norm=batch")
    row = Row("batch_norm", "batch norm", ("network.norm=batch",), changed, **{"steps": 40, **more})
    lines = advice(Standing(scenario, rows=(row,)), "sigmoid-deep")
    assert len(lines) == len(said)
    assert all(part in line for part, line in zip(said, lines, strict=True))


def test_who_waits_without_a_terminal_hears_of_compiling_from_time_to_time(monkeypatch):
    now = [100.0]
    monkeypatch.setattr("gradtui.subcommands.cure_table.time.monotonic", lambda: now[0])
    stream = io.StringIO()
    live = Live(stream)
    scenario = Scenario.load("rnn-long")
    for done in range(12):
        live.show(Standing(scenario, compiling=(done, 31, "walk")))
        now[0] += 2.0
    live.show(Standing(scenario))
    told = stream.getvalue().splitlines()
    assert [line.split(",")[1].strip() for line in told] == ["0 of 31", "5 of 31", "10 of 31"]
