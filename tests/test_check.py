"""When and against what `gradtui check` holds a claim."""

from __future__ import annotations

import json
import re
import threading
from itertools import pairwise
from xml.etree import ElementTree

import pytest
from msgspec import structs

from gradtui import Scenario, Simulation
from gradtui.check import Checked, Finding, OnCompile, State, check, run
from gradtui.check_report import as_json, as_junit, summary
from gradtui.scenario.model import Expect

TINY = {
    "steps": 6,
    "task": {"name": "xor", "examples": 40, "batch": 8},
    "network": {"depth": 2, "width": 4},
}


def quiet(done: int, total: int, kernel: str) -> None:
    pass


def expecting(*expect: dict[str, object]) -> Scenario:
    return Scenario.from_dict({**TINY, "expect": list(expect)})


def measured(scenario: Scenario) -> list[dict[str, float]]:
    checked = run("tiny", scenario, scenario.seed, quiet, threading.Event())
    assert not checked.problem
    sides = [re.split(r", (?![^()]*\))", finding.measured) for finding in checked.findings]
    return [{name: float(value) for name, value in (side.split(" = ") for side in row)} for row in sides]


def test_a_step_and_the_end() -> None:
    claim = "loss > 0 and held_out_loss > 0 and grad_rms[1] > 0 and update_ratio[1] > 0 and distance[1] >= 0"
    found = measured(expecting({"claim": claim, "at": 0}, {"claim": claim, "at": 4}, {"claim": claim}))
    simulation = Simulation(Scenario.from_dict(TINY))
    for row, before, after in zip(found, (0, 4, 6), (1, 5, 6), strict=True):
        simulation.step(before - simulation.step_count)
        held_out, distance = simulation.evaluate()["loss"], simulation.profile()["distance"][0]
        simulation.step(after - before)
        profile = simulation.profile()
        expected = [profile.loss, held_out, profile["grad_rms"][0], profile["update_ratio"][0], distance]
        assert list(row.values()) == pytest.approx(expected, rel=1e-3)
    assert found[0]["distance[1]"] == 0.0


def test_a_step_past_the_end() -> None:
    found = measured(expecting({"claim": "loss > 0", "at": 9}, {"claim": "loss > 0", "at": "end"}))
    simulation = Simulation(Scenario.from_dict(TINY))
    simulation.step(6)
    end = simulation.profile().loss
    simulation.step(4)
    assert [row["loss"] for row in found] == pytest.approx([end, simulation.profile().loss], rel=1e-3)


def test_results_keep_their_order_and_their_seeds() -> None:
    first, second = expecting({"claim": "loss > 0"}), expecting({"claim": "loss < 0", "at": 1})
    found = list(check([("a", first), ("b", second)], 3, quiet))
    assert [(checked.name, checked.seed) for checked in found] == [(name, seed) for name in "ab" for seed in range(3)]
    assert [checked.passed for checked in found] == [True] * 3 + [False] * 3


def test_a_scenario_that_cannot_run_is_a_problem() -> None:
    scenario = Scenario.from_dict({**TINY, "task": {"name": "file", "path": "/nowhere.csv"}, "expect": []})
    checked = run("tiny", scenario, 0, quiet, threading.Event())
    assert "there is no such file" in checked.problem
    assert not checked.passed


def test_it_can_be_stopped() -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(KeyboardInterrupt):
        run("tiny", expecting({"claim": "loss > 0", "at": 3}), 0, quiet, stop)


def test_it_can_be_stopped_between_two_kernels(monkeypatch: pytest.MonkeyPatch) -> None:
    stop, heard = threading.Event(), []

    def compiles(scenario: Scenario, on_compile: OnCompile) -> Simulation:
        for done in range(3):
            on_compile(done, 3, "adam")
            stop.set()
        return Simulation(scenario)

    monkeypatch.setattr("gradtui.check.Simulation", compiles)
    with pytest.raises(KeyboardInterrupt):
        run("tiny", expecting({"claim": "loss > 0", "at": 3}), 0, lambda done, *_: heard.append(done), stop)
    assert heard == [0]


WIDE = [{"name": "wide", "set": ["network.width=8"], "steps": 9}]


def test_variants_are_run_with_the_same_draws_and_held_against_the_baseline() -> None:
    family = Scenario.from_dict(
        {
            **TINY,
            "variant": WIDE,
            "expect": [
                {"claim": "wide.loss > 0 and baseline.loss > 0 and loss > 0"},
                {"claim": "loss > 0", "of": "wide", "at": 3},
                {"claim": "wide.mean_loss(0, 9) > 0 and mean_loss(0, 6) > 0 and wide.steps_to(loss, 9) == 0"},
            ],
        }
    )
    rows = measured(family)
    base, wide = Simulation(family), Simulation(family.family()[1])
    base.step(6)
    wide.step(4)
    assert rows[0]["loss"] == pytest.approx(wide.profile().loss, rel=1e-3)
    wide.step(5)
    assert rows[1] == pytest.approx(
        {"wide.loss": wide.profile().loss, "baseline.loss": base.profile().loss, "loss": base.profile().loss}, rel=1e-3
    )
    means = [each.history()[1][:, 0].mean() for each in (wide, base)]
    assert list(rows[2].values()) == pytest.approx([*means, 0.0], rel=1e-3)
    parallel = list(check([("tiny", family)], 2, quiet, jobs=2))
    assert parallel[0].findings == run("tiny", family, 0, quiet, threading.Event()).findings


def test_a_claim_of_a_variant_is_its_own_when_it_is_checked_alone() -> None:
    family = Scenario.from_dict(
        {**TINY, "name": "t", "variant": WIDE, "expect": [{"claim": "loss > 0", "of": "wide"}, {"claim": "loss < 0"}]}
    )
    (checked,) = check([("t/wide", family.family()[1])], 1, quiet)
    assert checked.passed
    assert [finding.expect.claim for finding in checked.findings] == ["loss > 0"]


def test_all_losses_of_a_long_run_are_known() -> None:
    found = measured(expecting({"claim": "mean_loss(0, 9000) > 0 and mean_loss(0, 10) > 0", "at": 9000}))
    simulation = Simulation(Scenario.from_dict(TINY))
    simulation.step(10)
    assert found[0]["mean_loss(0, 10)"] == pytest.approx(simulation.history()[1][:, 0].mean(), rel=1e-3)


def test_the_diagnosis_is_the_one_that_a_run_ends_with() -> None:
    from gradtui.diagnosis import diagnose
    from gradtui.lab.past import PastKeeper, watched

    scenario = Scenario.load("sigmoid-deep").replace("steps=40").replace("network.depth=8")
    scenario = structs.replace(
        scenario, expect=(Expect("verdict == 'vanishing'", at=0), Expect("verdict == 'vanishing'", at="end"))
    )
    (checked,) = check([("s", scenario)], 1, quiet)
    simulation, keeper = Simulation(scenario), PastKeeper()
    list(watched(simulation, keeper, iter([40])))
    keeper.evaluate(simulation)
    kind = diagnose(simulation.profile(), scenario, keeper.past()).kind
    assert [finding.measured for finding in checked.findings] == ["verdict = vanishing", f"verdict = {kind}"]


def test_it_says_how_far_it_has_come() -> None:
    states: list[State] = []
    failing = expecting({"claim": "loss < 0"})
    list(check([("a", failing), ("b", failing)], 2, quiet, 1, states.append))
    assert (states[-1].done, states[-1].total, states[-1].failed) == (4, 4, 4)
    assert all(before.done <= after.done for before, after in pairwise(states))


RESULTS = [
    Checked("a", 0, (Finding(Expect("loss < 1", why="small"), True, "loss = 0.5"),), seconds=1.0),
    Checked("a", 1, (Finding(Expect("loss < 1", of="he", at=3), False, "loss = 2 \x1b & <"),), seconds=2.0),
    Checked("b", 0, problem="no such file", seconds=0.0),
]


def test_a_line_for_each_scenario() -> None:
    lines = list(summary(RESULTS))
    assert [line.split() for line in lines[1:]] == [
        ["a", "1", "of", "2", "2", "3.0", "FAILED"],
        ["b", "0", "of", "1", "1", "0.0", "FAILED"],
    ]


def test_junit_names_every_claim_and_why_it_failed() -> None:
    root = ElementTree.fromstring(as_junit(RESULTS))
    suites = {suite.get("name"): suite for suite in root}
    assert (suites["a"].get("tests"), suites["a"].get("failures"), suites["a"].get("errors")) == ("2", "1", "0")
    assert (suites["b"].get("tests"), suites["b"].get("errors")) == ("1", "1")
    held, failed = suites["a"]
    assert len(held) == 0
    assert failed.get("name") == "seed 1, at step 3, of he: loss < 1"
    assert failed[0].get("message") == "measured: loss = 2 \N{REPLACEMENT CHARACTER} & <"
    assert suites["b"][0][0].get("message") == "no such file"


def test_json_holds_all_of_it() -> None:
    document = json.loads(as_json(RESULTS, ["c"], True))
    assert document["passed"] is False
    assert document["expect_nothing"] == ["c"]
    assert document["scenarios"][1]["claims"][0]["measured"].startswith("loss = 2")
    assert document["scenarios"][1]["claims"][0]["of"] == "he"
    assert json.loads(as_json(RESULTS[:1], [], False))["passed"] is False
