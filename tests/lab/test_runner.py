"""The runner, driven as a screen drives it: commands in, snapshots out."""

import os
import subprocess
import sys
import time

import pytest

from gradtui import Scenario, Simulation
from gradtui.diagnosis import verdicts
from gradtui.lab.inspecting import inspect
from gradtui.lab.runner import Runner
from gradtui.lab.sighting import see
from gradtui.lab.snapshot import Change, Pace, Pause, Restart, Resume, State, StepOnce, Watch

SMALL = Scenario.from_dict({"network": {"depth": 3, "width": 16}, "seed": 5})


@pytest.fixture
def start():
    """Starts runners and closes them."""
    runners = []

    def make(scenario=SMALL, **options):
        runner = Runner(scenario, **{"judge": verdicts, **options})
        runners.append(runner)
        runner.start()
        return runner

    yield make
    for runner in runners:
        runner.close()
        assert not runner._thread.is_alive()


def until(runner, condition, seconds=120.0):
    """The first snapshot that meets the condition."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        snapshot = runner.snapshot()
        if condition(snapshot):
            return snapshot
        time.sleep(0.002)
    raise AssertionError(f"never came to it; last: {runner.snapshot()}")


def paused(snapshot):
    return snapshot.state is State.PAUSED


def test_it_trains_and_hands_out_what_a_simulation_measures(start):
    runner = start()
    until(runner, lambda s: s.step > 50)
    runner.send(Pause())
    snapshot = until(runner, paused)
    twin = Simulation(SMALL)
    first = twin.profile()
    twin.step(snapshot.step)
    assert snapshot.first["grad_rms"].tolist() == first["grad_rms"].tolist()
    assert snapshot.profile["grad_rms"].tolist() == twin.profile()["grad_rms"].tolist()
    assert snapshot.profile.step == snapshot.step - 1
    assert snapshot.evaluation == twin.evaluate()
    assert snapshot.verdict
    assert (snapshot.verdict_kind, snapshot.verdict) == (snapshot.verdicts[0].kind, snapshot.verdicts[0].sentence)
    assert snapshot.verdicts[-1].since is None or snapshot.verdicts[-1].since <= snapshot.step
    _, losses = twin.history()
    stride = snapshot.curves.steps[1] - snapshot.curves.steps[0]
    assert snapshot.curves.loss[0] == pytest.approx(losses[:stride, 0].mean())


def test_paused_it_stands_still_and_posts_nothing(start):
    runner = start(paused=True)
    snapshot = until(runner, lambda s: paused(s) and s.theory is not None)
    assert snapshot.step == 0
    assert snapshot.profile is not None, "the network as drawn is measured"
    time.sleep(0.1)
    assert runner.snapshot() is snapshot


def test_steps_one_by_one(start):
    runner = start(paused=True)
    until(runner, paused)
    runner.send(StepOnce())
    assert until(runner, lambda s: s.step == 1).state is State.PAUSED
    runner.send(StepOnce(10))
    snapshot = until(runner, lambda s: s.step == 11)
    twin = Simulation(SMALL)
    twin.step(11)
    assert snapshot.profile.loss == twin.loss


def test_what_is_watched_comes_with_the_snapshots(start):
    runner = start(paused=True)
    before = until(runner, paused)
    assert before.inspection is None
    assert before.sight is None
    runner.send(Watch(layer=1, task=True))
    seen = until(runner, lambda s: s.inspection is not None)
    twin = Simulation(SMALL)
    assert seen.inspection == inspect(twin, 1)
    assert seen.sight == see(twin)
    assert seen.profile is before.profile, "looking closer is no reason to measure the rest again"
    runner.send(StepOnce(3))
    seen = until(runner, lambda s: s.step == 3)
    assert seen.inspection.step == seen.sight.step == 3
    runner.send(Resume())
    until(runner, lambda s: s.state is State.RUNNING and s.inspection.step > 3 and s.sight.step > 3)
    runner.send(Watch())
    until(runner, lambda s: s.inspection is None and s.sight is None)


def test_a_watch_outlives_a_rebuild(start):
    runner = start(paused=True)
    runner.send(Watch(layer=3))
    until(runner, lambda s: s.inspection is not None and s.inspection.tap == "out")
    runner.send(Change(("network.depth=1",)))
    assert until(runner, lambda s: s.scenario.network.depth == 1).inspection.tap == "out"
    runner.send(Change(("network.depth=6",)))
    assert until(runner, lambda s: s.scenario.network.depth == 6).inspection.tap == "4"
    runner.send(Restart())
    assert until(runner, lambda s: "restarted" in s.message).inspection.tap == "4"


def test_a_live_change_keeps_the_step_and_a_restart_begins_the_same_run(start):
    runner = start(paused=True)
    until(runner, paused)
    runner.send(StepOnce(5))
    before = until(runner, lambda s: s.step == 5)
    runner.send(Change(("optimizer.lr=0.5",)))
    changed = until(runner, lambda s: s.scenario.optimizer.lr == 0.5)
    assert changed.step == 5
    assert "changed live" in changed.message
    assert changed.loaded.optimizer.lr == 0.1, "what the file said is still known"
    runner.send(Restart())
    again = until(runner, lambda s: s.step == 0)
    assert again.profile["grad_rms"].tolist() == before.first["grad_rms"].tolist()
    runner.send(Change(("optimizer.lr=0.1",)))
    runner.send(StepOnce(5))
    repeated = until(runner, lambda s: s.step == 5)
    assert repeated.profile["grad_rms"].tolist() == before.profile["grad_rms"].tolist()


def test_another_activation_takes_the_weights_over(start):
    runner = start(paused=True)
    until(runner, paused)
    runner.send(StepOnce(5))
    runner.send(Change(("network.activation=tanh",)))
    snapshot = until(runner, lambda s: s.scenario.network.activation == "tanh")
    assert snapshot.step == 5
    runner.send(StepOnce(1))
    after = until(runner, lambda s: s.step == 6)
    twin = Simulation(SMALL)
    twin.step(5)
    weights = twin.parameters()
    twin.change(SMALL.replace("network.activation=tanh"))
    assert all((twin.parameters()[name] == weights[name]).all() for name in weights)
    twin.step(1)
    assert after.profile.loss == twin.loss


def test_depth_restarts_and_says_so(start):
    runner = start(paused=True)
    until(runner, paused)
    runner.send(StepOnce(5))
    runner.send(Change(("network.depth=1",)))
    snapshot = until(runner, lambda s: s.scenario.network.depth == 1)
    assert snapshot.step == 0
    assert snapshot.profile.taps == ("1", "out")
    assert "restarted" in snapshot.message


@pytest.mark.parametrize("assignment", ["network.depth=-5", "task.batch=100000", "network.activation=sgmoid"])
def test_the_impossible_is_refused_in_words_and_the_run_goes_on(start, assignment):
    runner = start()
    until(runner, lambda s: s.step > 5)
    runner.send(Change((assignment,)))
    refused = until(runner, lambda s: s.refused)
    assert assignment.partition("=")[0] in refused.message
    assert refused.scenario == SMALL
    later = until(runner, lambda s: s.step > refused.step + 5)
    assert later.state is State.RUNNING


def test_a_scenario_that_cannot_be_built_says_why_and_can_be_mended(start):
    runner = start(SMALL.replace("task.name=file", "task.path=/nowhere/at-all.csv"))
    failed = until(runner, lambda s: s.state is State.FAILED)
    assert "at-all.csv" in failed.problem
    runner.send(Change(("task.name=digits",)))
    until(runner, lambda s: s.state is State.RUNNING and s.step > 0)


def test_the_pace_can_be_limited(start):
    runner = start()
    until(runner, lambda s: s.step > 5)
    runner.send(Pace(20))
    slow = until(runner, lambda s: 0 < s.steps_per_second < 40)
    runner.send(Pace(None))
    until(runner, lambda s: s.steps_per_second > 200 and s.step > slow.step)


def test_commands_are_answered_within_50_ms_while_training_at_full_speed(start):
    runner = start(Scenario.from_dict({}))
    until(runner, lambda s: s.step > 100)
    waits = []
    # The machine may be busy with other things; nine answers of which most come in time come soon.
    end = time.monotonic() + 120.0
    while len(waits) < 9 or sorted(waits[-9:])[4] >= 0.05:
        lr = 0.1 + 0.001 * len(waits)
        assert time.monotonic() < end, waits
        sent = time.monotonic()
        runner.send(Change((f"optimizer.lr={lr:g}",)))
        until(runner, lambda s, lr=lr: s.scenario.optimizer.lr == float(f"{lr:g}"))
        waits.append(time.monotonic() - sent)


def test_resume_after_pause(start):
    runner = start(paused=True)
    until(runner, paused)
    runner.send(Resume())
    until(runner, lambda s: s.state is State.RUNNING and s.step > 10)


def test_close_before_start_is_no_harm():
    Runner(SMALL).close()


def test_close_does_not_wait_for_kernels_to_be_compiled(tmp_path):
    """In a process of its own, with an empty cache: most kernels are not compiled yet when it has closed."""
    script = """
import time
from gradtui import Scenario
from gradtui.lab.inspecting import inspect
from gradtui.lab.runner import Runner
from gradtui.lab.sighting import see
from gradtui.lab.snapshot import State
runner = Runner(Scenario.from_dict({}))
runner.start()
while runner.snapshot().state is not State.COMPILING:
    time.sleep(0.01)
runner.close()
compiling = runner.snapshot().compiling
print(compiling.done, compiling.total)
"""
    environment = {**os.environ, "GRADTUI_CACHE_DIR": str(tmp_path)}
    finished = subprocess.run(
        [sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True, timeout=300
    )
    done, total = map(int, finished.stdout.split())
    assert done < total / 2
    assert not list(tmp_path.rglob("small_linear_forward*")), "nobody goes on compiling"


def test_a_snapshot_says_what_was_to_be_expected(start):
    runner = start(paused=True)
    snapshot = until(runner, lambda s: s.theory is not None)
    assert snapshot.theory == Simulation(SMALL).theory()
    runner.send(Change(("network.depth=5",)))
    deeper = until(runner, lambda s: s.scenario.network.depth == 5 and s.theory is not None)
    assert len(deeper.theory.taps) == 6
