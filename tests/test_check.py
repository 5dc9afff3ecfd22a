"""When and against what `gradtui check` holds a claim."""

from __future__ import annotations

import threading

import pytest

from gradtui import Scenario, Simulation
from gradtui.check import check, run

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
    sides = [finding.measured.split(", ") for finding in checked.findings]
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
