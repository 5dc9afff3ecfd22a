"""An examination: what is wrong with a scenario at step 0, or after some training if nothing is wrong there."""

from __future__ import annotations

from collections.abc import Callable

from gradtui.diagnosis.verdict import Verdict, verdicts
from gradtui.engine.compile import OnCompile
from gradtui.lab.past import PastKeeper
from gradtui.lab.simulation import Simulation
from gradtui.scenario.model import Scenario

#: Seconds of training between two looks.
_PORTION = 0.1


def examined(
    scenario: Scenario,
    on_compile: OnCompile,
    goes_on: Callable[[float], bool],
    steps: int,
    elapsed: Callable[[], float],
) -> tuple[Simulation, tuple[Verdict, ...]]:
    """The simulation as far as it was trained, and the verdicts on it, the gravest first.

    It is trained while it is healthy, for `steps` at most and as long as `goes_on` says so of the seconds since its
    first step; `elapsed` is the clock.
    """
    keeper = PastKeeper()
    simulation = Simulation(scenario, on_compile)
    profile = simulation.profile()
    keeper.add(profile)
    found = verdicts(profile, scenario, keeper.past())
    portion, began = 1, elapsed()
    while found[0].kind == "healthy" and simulation.step_count < steps:
        at = elapsed()
        if not goes_on(at - began):
            break
        simulation.step(min(portion, steps - simulation.step_count))
        keeper.look(simulation)
        keeper.add(simulation.profile(count_dead=False))
        portion = max(1, int(portion * min(4.0, _PORTION / max(elapsed() - at, 1e-6))))
    if simulation.step_count:
        keeper.evaluate(simulation)
        found = verdicts(simulation.profile(), scenario, keeper.past())
    return simulation, found
