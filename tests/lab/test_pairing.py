"""A pair: the same steps on the same batches, each as if it were alone."""

import time

import numpy as np
import pytest

from gradtui import Scenario, Simulation
from gradtui.diagnosis import verdicts
from gradtui.lab.pairing import Pair
from gradtui.lab.snapshot import Pause, Restart, Resume, State, StepOnce

LEFT = Scenario.from_dict({"task": {"batch": 16}, "network": {"depth": 4, "width": 8}})
RIGHT = LEFT.replace("network.activation=relu", "network.init=he_normal")


def until(pair, holds):
    end = time.monotonic() + 120.0
    while time.monotonic() < end:
        if holds(now := pair.snapshot()):
            return now
        time.sleep(0.005)
    raise AssertionError(f"it never came: {pair.snapshot()}")


@pytest.fixture
def pair():
    made = Pair(LEFT, RIGHT, paused=True, judge=verdicts)
    made.start()
    yield made
    made.close()
    made.join()


def test_both_are_where_each_would_be_alone(pair):
    until(pair, lambda now: now.state is State.PAUSED)
    pair.send(StepOnce(7))
    now = until(pair, lambda now: now.step == 7)
    for side, scenario in ((now.left, LEFT), (now.right, RIGHT)):
        alone = Simulation(scenario)
        alone.step(7)
        assert np.array_equal(side.profile["grad_rms"], alone.profile()["grad_rms"])
        assert side.profile.step == 6
        assert side.accuracy == alone.evaluate()["accuracy"]
        assert side.verdict
        assert np.array_equal(side.first["grad_rms"], Simulation(scenario).profile()["grad_rms"])


def test_they_go_on_together_and_stand_still_together(pair):
    pair.send(Resume())
    until(pair, lambda now: now.step > 20)
    pair.send(Pause())
    now = until(pair, lambda now: now.state is State.PAUSED)
    assert now.left.profile.step == now.right.profile.step == now.step - 1
    assert len(now.left.losses) == len(now.right.losses) > 0


def test_they_begin_again(pair):
    pair.send(StepOnce(5))
    until(pair, lambda now: now.step == 5)
    pair.send(Restart())
    now = until(pair, lambda now: now.step == 0 and now.state is State.PAUSED)
    assert now.left.losses == ()


def test_what_cannot_be_built_is_said():
    broken = LEFT.replace("task.name=file", "task.path=nowhere.csv")
    pair = Pair(LEFT, broken)
    pair.start()
    now = until(pair, lambda now: now.state is State.FAILED)
    assert "nowhere.csv" in now.problem
    pair.close()
    pair.join()
