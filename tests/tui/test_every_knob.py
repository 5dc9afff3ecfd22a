"""Every knob, at both ends of its numbers and at each choice, on networks that train: measured, or refused."""

from __future__ import annotations

import warnings

import pytest

from gradtui import Scenario, Simulation
from gradtui.diagnosis import diagnose
from gradtui.scenario.errors import ScenarioError
from gradtui.scenario.ranges import RANGES
from gradtui.tui.knob_table import in_use
from gradtui.tui.knobs import Knob, Value

SMALL = {"depth": 3, "width": 4}
TRAINED = (
    {"network": {**SMALL, "init": "normal"}, "optimizer": {"name": "adam", "warmup_steps": 2}},
    {"network": {**SMALL, "skip": "residual", "activation": "elu", "dropout": 0.2}, "optimizer": {"name": "momentum"}},
    {"network": {**SMALL, "norm": "batch"}, "optimizer": {"name": "muon", "schedule": "cosine"}},
    {"task": {"name": "moons", "batch": 0, "examples": 50}, "network": SMALL, "optimizer": {"name": "rprop"}},
)
#: Their upper ends are a matter of time and memory.
LARGE = ("network.depth", "network.width", "task.examples")


def ends(knob: Knob) -> list[Value]:
    """The first and the last rung, and the ends of the range or numbers near them."""
    allowed = RANGES[knob.key]
    if knob.key in LARGE:
        return [knob.ladder[0], allowed.low]
    near = (max(allowed.low, -1e300), min(allowed.high, 1e300))
    return [knob.ladder[0], knob.ladder[-1], *(end for end in near if allowed.holds(end))]


def refused(simulation: Simulation, assignment: str) -> bool:
    """Turn a knob; a refusal leaves the simulation as it was."""
    before = simulation.scenario
    try:
        simulation.change(before.replace(assignment))
    except ScenarioError as error:
        return bool(str(error)) and simulation.scenario is before
    return False


def turn_all(base: Scenario, turns: list[tuple[Knob, Value]]) -> int:
    """Turn knobs and turn them back, with two steps and all measurements between; how many were not refused."""
    simulation = Simulation(base)
    made = 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for knob, value in turns:
            if refused(simulation, knob.assignment(value)):
                continue
            simulation.step(2)
            profile = simulation.profile()
            assert len(profile["grad_rms"]) == len(profile.taps)
            assert diagnose(profile, simulation.scenario).sentence
            assert "loss" in simulation.evaluate()
            simulation.change(base)
            made += 1
    simulation.restart()
    simulation.step(1)
    assert 0.0 < simulation.loss < 10.0
    return made


@pytest.mark.parametrize("table", TRAINED)
def test_no_end_of_any_number_stops_the_lab(table: dict[str, object]) -> None:
    base = Scenario.from_dict(table)
    knobs = [knob for knob in in_use(base) if knob.is_number]
    assert turn_all(base, [(knob, value) for knob in knobs for value in ends(knob)]) > 40


def test_no_choice_stops_the_lab() -> None:
    base = Scenario.from_dict(TRAINED[0])
    knobs = [knob for knob in in_use(base) if not knob.is_number]
    assert turn_all(base, [(knob, option.value) for knob in knobs for option in knob.options()]) > 60
