"""Every verdict can be seen: some shipped scenario has it first, at some step of its own."""

from __future__ import annotations

import pytest

from gradtui import Scenario, Simulation
from gradtui.diagnosis import verdicts
from gradtui.diagnosis.verdict import KINDS
from gradtui.lab.past import PastKeeper, watched

#: Kind -> a scenario, and after how many of its steps it has the verdict.
SHOWN = {
    "nonfinite": ("overflow", 0),
    "symmetric": ("all-zeros", 0),
    "dying": ("dead-second-layer", 0),
    "exploding": ("exploding-init", 0),
    "vanishing": ("sigmoid-deep", 0),
    "starved": ("gan-frozen", 100),
    "short_memory": ("truncated-memory", 0),
    "small_batch": ("batch-norm-of-two", 0),
    "warm_up": ("transformer-post-ln", 90),
    "identical": ("depth-wall/five", 100),
    "saturated": ("saturated-tanh", 0),
    "underflow": ("too-small-to-hold", 0),
    "masked": ("adam-masks", 20),
    "rate_high": ("too-fast", 20),
    "rate_low": ("too-slow", 100),
    "stalled": ("xor-no-hidden", 400),
    "healthy": ("shallow-sigmoid", 100),
}


def test_all_are_there() -> None:
    assert set(SHOWN) == set(KINDS)


# Ninety steps of a transformer are the one run here that takes its time.
@pytest.mark.parametrize(
    "kind", [pytest.param(kind, marks=pytest.mark.long if kind == "warm_up" else ()) for kind in KINDS]
)
def test_a_shipped_scenario_shows_it(kind: str) -> None:
    name, step = SHOWN[kind]
    scenario = Scenario.load(name)
    assert step <= scenario.steps
    simulation, keeper = Simulation(scenario), PastKeeper()
    list(watched(simulation, keeper, iter([step] if step else [])))
    if step:
        keeper.evaluate(simulation)
    assert verdicts(simulation.profile(), scenario, keeper.past())[0].kind == kind
