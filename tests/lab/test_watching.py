"""Watching: measured when somebody looks, at once when something has changed, and never too often."""

from __future__ import annotations

from gradtui import Scenario, Simulation
from gradtui.lab.snapshot import Watch
from gradtui.lab.watching import LOOK_EVERY, LOOK_SHARE, Seen, Watching

SMALL = Scenario.from_dict({"network": {"depth": 3, "width": 16}, "seed": 5})


class Clock:
    """Stands still but for what each reading costs."""

    def __init__(self):
        self.now = 100.0
        self.cost = 0.0

    def __call__(self):
        self.now += self.cost
        return self.now


def _watching(watch):
    clock = Clock()
    watching = Watching(clock)
    watching.turn(watch)
    return clock, watching


def test_what_is_not_watched_is_not_measured():
    simulation = Simulation(SMALL)
    _, watching = _watching(Watch())
    assert watching.look(simulation) == Seen()
    _, watching = _watching(Watch(layer=2))
    seen = watching.look(simulation)
    assert seen.sight is None
    assert seen.inspection.layer == 2
    _, watching = _watching(Watch(task=True))
    seen = watching.look(simulation)
    assert seen.inspection is None
    assert seen.sight.title == "digits 8x8"


def test_it_looks_again_when_it_is_due():
    simulation = Simulation(SMALL)
    clock, watching = _watching(Watch(layer=0))
    first = watching.look(simulation)
    simulation.step(1)
    clock.now += 0.9 * LOOK_EVERY
    assert watching.look(simulation) is first
    clock.now += 0.2 * LOOK_EVERY
    assert watching.look(simulation).inspection.step == 1
    simulation.step(1)
    assert watching.look(simulation, at_once=True).inspection.step == 2


def test_a_slow_look_comes_less_often():
    simulation = Simulation(SMALL)
    clock, watching = _watching(Watch(layer=0))
    clock.cost = 0.5
    first = watching.look(simulation)
    clock.cost = 0.0
    simulation.step(1)
    clock.now += 0.9 * 0.5 / LOOK_SHARE
    assert watching.look(simulation) is first
    clock.now += 0.2 * 0.5 / LOOK_SHARE
    assert watching.look(simulation) is not first


def test_another_watch_is_answered_at_once():
    simulation = Simulation(SMALL)
    _, watching = _watching(Watch(layer=0))
    watching.look(simulation)
    watching.turn(Watch(layer=1))
    assert watching.look(simulation).inspection.tap == "2"


def test_a_layer_that_is_not_there_any_more_is_the_last_one():
    _, watching = _watching(Watch(layer=30))
    assert watching.look(Simulation(SMALL)).inspection.tap == "out"


def test_axes_are_kept_within_a_run_and_not_beyond():
    simulation = Simulation(SMALL)
    _, watching = _watching(Watch(layer=0))
    wide = watching.look(simulation).inspection.preactivations
    parameters = simulation.parameters()
    simulation.load_parameters({name: values * 0.01 for name, values in parameters.items()})
    assert watching.look(simulation, at_once=True).inspection.preactivations.high == wide.high
    watching.forget()
    assert watching.look(simulation).inspection.preactivations.high < wide.high
