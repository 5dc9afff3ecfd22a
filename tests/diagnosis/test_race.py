"""The race: what is run, under what conditions, and what counts as a cure."""

import math
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from gradtui import Scenario, Simulation
from gradtui.diagnosis import race as racing
from gradtui.diagnosis import verdicts
from gradtui.diagnosis.race import Race
from gradtui.diagnosis.remedies import REMEDIES
from gradtui.diagnosis.standing import Row, Stage, aim, ranked

#: Ten sigmoid layers of 16 units: as sick as thirty of 64, and a hundredth of the work.
SICK = Scenario.from_dict(
    {
        "task": {"batch": 32},
        "network": {"depth": 12, "width": 16, "activation": "sigmoid", "init": "xavier_normal"},
        "optimizer": {"lr": 0.1},
    }
)
FIELD = ("relu_he", "selu_lecun", "batch_norm", "momentum", "clip_norm", "dropout", "slower")
STEPS = 120


@pytest.fixture(scope="module")
def few():
    """A race of a few remedies, run once, with all standings that were posted."""
    patch = pytest.MonkeyPatch()
    chosen = tuple(each for each in REMEDIES if each.key in FIELD)
    patch.setattr("gradtui.diagnosis.remedies.REMEDIES", chosen)
    race = Race(SICK, steps=STEPS, threads=2)
    seen = []
    post = race._post

    def watched(**changes):
        post(**changes)
        seen.append(race.standing())

    race._post = watched
    race.run()
    patch.undo()
    return seen


@pytest.fixture(scope="module")
def standing(few):
    return few[-1]


def row(standing, key):
    return next(each for each in standing.rows if each.remedy == key)


def test_what_is_wrong_is_found_and_treated(standing):
    assert standing.stage is Stage.DONE
    assert standing.kinds[0] == "vanishing"
    assert {each.remedy for each in standing.rows} == {"", *FIELD}


def test_all_make_the_same_number_of_steps(standing):
    assert {each.steps for each in standing.rows if not each.diverged} == {STEPS}
    assert standing.steps == STEPS


def test_cures_stand_above_what_cures_nothing(standing):
    order = [each.remedy for each in standing.rows]
    assert set(order[:2]) == {"selu_lecun", "batch_norm"}
    for cure in ("selu_lecun", "batch_norm"):
        assert row(standing, cure).cure
        for none in ("momentum", "clip_norm", "dropout", "slower", ""):
            assert order.index(cure) < order.index(none)
    for none in ("momentum", "clip_norm", "dropout", "slower", ""):
        assert not row(standing, none).cure


def test_a_non_cure_says_what_was_measured_and_why(standing):
    note = row(standing, "clip_norm").note
    assert note.startswith("no cure: loss 2.3")
    assert "the first layer moved" in note
    assert "it only ever makes a gradient smaller" in note


def test_the_unchanged_scenario_runs_as_it_is(standing):
    simulation = Simulation(SICK)
    simulation.step(STEPS)
    window = racing_window(STEPS)
    unchanged = standing.unchanged
    assert unchanged.assignments == ()
    assert unchanged.loss == np.mean(simulation.history(STEPS - window)[1][:, 0])
    assert unchanged.accuracy == simulation.evaluate()["accuracy"]
    assert unchanged.moved == simulation.profile()["distance"][0]


def racing_window(steps):
    return min(50, steps // 4)


def test_a_row_can_be_run_again_from_its_assignments(standing):
    for key in ("batch_norm", "selu_lecun"):
        found = row(standing, key)
        again = SICK.replace(*found.assignments)
        assert again == found.scenario
        assert again.optimizer.lr == found.rate
        simulation = Simulation(again)
        simulation.step(STEPS)
        assert found.loss == np.mean(simulation.history(STEPS - racing_window(STEPS))[1][:, 0])


def test_every_remedy_but_a_rate_gets_a_tenth_of_its_rate_too(standing):
    tenth = row(standing, "slower")
    assert not tenth.tenth
    assert tenth.rate == pytest.approx(0.01)
    for found in standing.rows:
        if found.tenth:
            assert found.rate == pytest.approx(0.01)
            assert "optimizer.lr=0.01" in found.assignments
            assert "at lr 0.01" in found.note


def test_the_decay_before_is_that_of_step_0(standing):
    for key in ("", "batch_norm", "selu_lecun"):
        found = standing.unchanged if not key else row(standing, key)
        profile = Simulation(found.scenario).profile()
        share = profile["delta_rms"][0] / profile["delta_rms"][-1]
        assert found.factor_before == pytest.approx(share ** (1 / 12), rel=1e-5)
    assert row(standing, "batch_norm").factor_after > 0.9
    assert standing.unchanged.factor_after < 0.3


def test_guessing_is_known(standing):
    assert standing.chance == pytest.approx(math.log(10), abs=0.01)


def test_results_come_while_it_runs(few):
    assert few[0].rows == ()
    steps = [each.steps for each in few if each.rows]
    assert steps == sorted(steps)
    assert len(set(steps)) > 3
    assert all(not each.over for each in few[:-1])


def test_the_same_seed_gives_the_same_ranking(standing):
    found = Race(SICK, steps=STEPS, threads=1, found=verdicts(Simulation(SICK).profile(), SICK))
    ready = [each for each in REMEDIES if each.key in ("batch_norm", "momentum")]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("gradtui.diagnosis.remedies.REMEDIES", tuple(ready))
        again = found.run()
    for key in ("", "batch_norm", "momentum"):
        assert row(again, key).loss == row(standing, key).loss


def test_a_healthy_network_is_told_so():
    well = SICK.replace("network.depth=1", "network.activation=tanh")
    standing = Race(well, steps=100).run()
    assert standing.stage is Stage.DONE
    assert standing.rows == ()
    assert standing.verdicts[0].kind == "healthy"


@pytest.fixture
def worked(monkeypatch):
    """A clock by which a step takes a millisecond and all else no time, whatever this machine is busy with."""
    now = [0.0]

    class Stepped(Simulation):
        def step(self, count=1):
            super().step(count)
            now[0] += 1e-3 * count

    clock = SimpleNamespace(perf_counter=lambda: now[0], thread_time=lambda: now[0])
    monkeypatch.setattr("gradtui.diagnosis.entrant.time", clock)
    monkeypatch.setattr("gradtui.diagnosis.entrant.Simulation", Stepped)
    monkeypatch.setattr("gradtui.diagnosis.examination.Simulation", Stepped)
    return now


def test_a_budget_is_kept_and_all_make_the_same_steps(monkeypatch, worked):
    long = SICK.replace("steps=1000000")
    ready = [each for each in REMEDIES if each.key in ("batch_norm", "momentum")]
    monkeypatch.setattr("gradtui.diagnosis.remedies.REMEDIES", tuple(ready))
    standing = Race(long, budget=0.6, threads=1, clock=lambda: worked[0]).run()
    assert len({each.steps for each in standing.rows}) == 1
    # 600 steps in all: three runs, and for about a fifth of theirs two more, at a tenth of the rate.
    assert 600 / 4 < standing.steps < 600 / 3
    assert 0.5 < standing.seconds <= 0.6


def test_a_budget_is_in_seconds_of_whoever_waits(monkeypatch):
    ready = [each for each in REMEDIES if each.key in ("batch_norm", "momentum")]
    monkeypatch.setattr("gradtui.diagnosis.remedies.REMEDIES", tuple(ready))
    standing = Race(SICK.replace("steps=100000000"), budget=0.6, threads=1).run()
    assert 0 < standing.steps < 100_000_000
    assert standing.seconds < 30.0


def test_it_can_be_stopped():
    race = Race(SICK, steps=10**9)
    race.start()
    while not race.standing().rows:
        assert not race.wait(0.01)
    race.stop()
    race.join()
    assert race.standing().stage is Stage.STOPPED


def test_a_remedy_that_the_data_refuse_is_left_out(monkeypatch):
    build = racing.Entrant.build

    def refusing(self, on_compile, made=None):
        if self.row.remedy == "batch_norm":
            raise racing.ScenarioError("not with these data")
        build(self, on_compile, made)

    monkeypatch.setattr(racing.Entrant, "build", refusing)
    ready = [each for each in REMEDIES if each.key in ("batch_norm", "momentum")]
    monkeypatch.setattr("gradtui.diagnosis.remedies.REMEDIES", tuple(ready))
    standing = Race(SICK, steps=20).run()
    assert ("batch norm", "not with these data") in standing.left_out
    assert {each.remedy for each in standing.rows} == {"", "momentum"}


@pytest.mark.parametrize(
    ("budget", "tried"),
    [
        (0.5, {"batch_norm", "residual", "relu_he", "clip_norm"}),
        (5.5, {"batch_norm", "residual", "relu_he", "clip_norm", "highway"}),
    ],
)
def test_what_there_is_no_time_to_begin_is_left_out(monkeypatch, worked, budget, tried):
    now = worked
    build = racing.Entrant.build

    def slowly(self, on_compile, made=None):
        build(self, on_compile, made)
        now[0] += 1.0

    monkeypatch.setattr(racing.Entrant, "build", slowly)
    keys = ("relu_he", "layer_norm", "batch_norm", "residual", "highway", "momentum", "clip_norm")
    ready = [each for each in REMEDIES if each.key in keys]
    monkeypatch.setattr("gradtui.diagnosis.remedies.REMEDIES", tuple(ready))
    standing = Race(SICK, budget=budget, threads=1, clock=lambda: now[0]).run()
    # The likeliest ones are those that run, four at least, and not so shortly that nothing can be said of them.
    assert {row.remedy for row in standing.rows if not row.unchanged} == tried
    assert {row.steps for row in standing.rows} == {racing._FIRST}
    assert len(standing.left_out) == len(keys) - len(tried)
    assert all("no time to begin it" in reason for _, reason in standing.left_out)
    assert not standing.tenths


@pytest.mark.parametrize(("patience", "steps"), [(1.0, 12), (2.0, 60)])
def test_a_patient_race_goes_on_until_its_ranking_is_worth_something(monkeypatch, worked, patience, steps):
    now = worked
    look = racing.Entrant.look

    def time_is_up(self, clock):
        now[0] = 1.0
        return look(self, clock)

    monkeypatch.setattr(racing.Entrant, "look", time_is_up)
    ready = [each for each in REMEDIES if each.key in ("batch_norm", "momentum")]
    monkeypatch.setattr("gradtui.diagnosis.remedies.REMEDIES", tuple(ready))
    standing = Race(SICK, budget=1.0, threads=1, patience=patience, clock=lambda: now[0]).run()
    assert standing.steps == steps
    assert {row.steps for row in standing.rows} == {steps}


def test_without_time_for_two_rates_what_diverged_runs_at_a_tenth(monkeypatch):
    monkeypatch.setattr(racing, "_BEGINNING", -1.0)
    ready = [each for each in REMEDIES if each.key in ("relu_he", "clip_norm")]
    monkeypatch.setattr("gradtui.diagnosis.remedies.REMEDIES", tuple(ready))
    fast = SICK.replace("optimizer.lr=8.0", "steps=40")
    standing = Race(fast, steps=40, budget=60.0, threads=1, clock=lambda: 0.0).run()
    assert not standing.tenths
    assert not row(standing, "clip_norm").tenth
    found = row(standing, "relu_he")
    assert found.tenth
    assert "optimizer.lr=0.8" in found.assignments
    alone = Simulation(fast.replace(*found.assignments))
    alone.step(40)
    assert found.steps == 40
    assert found.loss == np.mean(alone.history(40 - racing_window(40))[1][:, 0])
    assert found.factor_before == pytest.approx(0.9, abs=0.3)


@pytest.mark.parametrize(("since", "steps"), [(0, 12), (80, 80)])
def test_what_shows_only_later_is_raced_until_then(monkeypatch, worked, since, steps):
    look = racing.Entrant.look

    def time_is_up(self, clock):
        worked[0] = 1.05
        return look(self, clock)

    def diagnosed(self):
        self._post(since=since, chance=2.3)
        return ("vanishing",)

    monkeypatch.setattr(racing.Entrant, "look", time_is_up)
    monkeypatch.setattr(Race, "_diagnose", diagnosed)
    ready = [each for each in REMEDIES if each.key in ("batch_norm", "momentum")]
    monkeypatch.setattr("gradtui.diagnosis.remedies.REMEDIES", tuple(ready))
    standing = Race(SICK, budget=1.0, threads=1, patience=1.05, clock=lambda: worked[0]).run()
    assert standing.steps == steps


def test_what_diverges_at_both_rates_says_so(monkeypatch):
    monkeypatch.setattr(racing, "_BEGINNING", -1.0)
    ready = [each for each in REMEDIES if each.key in ("relu_he", "clip_norm")]
    monkeypatch.setattr("gradtui.diagnosis.remedies.REMEDIES", tuple(ready))
    standing = Race(SICK.replace("optimizer.lr=1e8"), steps=40, budget=60.0, threads=1, clock=lambda: 0.0).run()
    found = row(standing, "relu_he")
    assert found.diverged
    assert found.verdict == "nonfinite"
    assert found.note.startswith("diverged: after ")
    assert "at lr 1e+07 as at 1e+08" in found.note


def test_no_more_networks_are_built_than_there_is_memory_for(monkeypatch):
    ready = [each for each in REMEDIES if each.key in ("batch_norm", "momentum", "clip_norm", "layer_norm")]
    monkeypatch.setattr("gradtui.diagnosis.remedies.REMEDIES", tuple(ready))
    monkeypatch.setattr(racing, "free_memory", lambda: 2 * 3 * Simulation(SICK).memory)
    standing = Race(SICK, steps=20).run()
    assert len(standing.rows) == 3
    assert not standing.tenths
    assert [reason for _, reason in standing.left_out] == ["there is no memory for one more network"] * 2


def test_a_scenario_that_cannot_be_built_says_why():
    broken = Scenario.from_dict({"task": {"name": "file", "path": "nowhere.csv"}})
    standing = Race(broken, steps=10).run()
    assert standing.stage is Stage.FAILED
    assert "nowhere.csv" in standing.problem


# What counts as a cure, on rows made by hand.


def made(key="x", loss=2.3, **more):
    return Row(key, key or "unchanged", (), SICK, steps=100, loss=loss, verdict="vanishing", **more)


def test_where_nothing_is_learned_a_cure_lies_below_guessing_and_below_the_unchanged():
    assert aim(2.31, 2.30) == pytest.approx(0.98 * 2.30)
    assert aim(2.20, 2.30) == pytest.approx(0.98 * 2.20)
    assert aim(math.nan, 2.30) == pytest.approx(0.98 * 2.30)


def test_where_something_is_learned_a_cure_is_a_good_deal_better():
    assert aim(1.0, 2.3) == pytest.approx(0.8)


def test_without_anything_to_hold_it_against_nothing_is_a_cure():
    assert math.isnan(aim(math.nan, math.nan))
    assert not ranked([made(loss=0.1)], math.nan, ("vanishing",))[0].cure


def test_a_few_easy_batches_are_no_cure():
    rows = [made("", 2.31), made("lucky", 2.24, spread=0.1), made("sure", 2.24, spread=0.01)]
    assert [(each.remedy, each.cure) for each in ranked(rows, 2.3, ("vanishing",))][:2] == [
        ("sure", True),
        ("lucky", False),
    ]


def test_what_diverged_stands_last_and_is_no_cure():
    rows = [made("a", math.nan, diverged=True), made("", 2.31), made("b", 2.30), made("c", 0.5)]
    found = ranked(rows, 2.3, ("vanishing",))
    assert [each.remedy for each in found] == ["c", "b", "", "a"]
    assert [each.cure for each in found] == [True, False, False, False]
    assert "diverged" in found[-1].note


def test_a_signal_that_comes_through_stands_above_one_that_does_not():
    rows = [made("", 2.31), made("a", 2.300), made("b", 2.305, relieved=True)]
    found = ranked(rows, 2.3, ("vanishing",))
    assert [(each.remedy, each.outcome) for each in found] == [("b", "signal back"), ("a", "no cure"), ("", "as it is")]


def test_a_cure_of_the_loss_alone_says_so():
    found = ranked([made("", 2.31), made("adam", 1.0)], 2.3, ("vanishing",))
    assert found[0].note == "learns although still vanishing"


def test_a_cure_that_a_smaller_rate_alone_is_too_stands_behind_the_others():
    rows = [made("", 2.8), made("clip", 1.5, tenth=True, rate=0.01), made("slower", 1.7), made("norm", 1.9)]
    found = ranked(rows, 2.77, ("warm_up",))
    assert [(each.remedy, each.cure) for each in found] == [
        ("slower", True),
        ("norm", True),
        ("clip", True),
        ("", False),
    ]
    assert "0.01 alone comes to 1.7" in found[2].note
    # Much better than the rate alone: the remedy's own.
    rows[1] = made("clip", 0.4, tenth=True, rate=0.01)
    assert ranked(rows, 2.77, ("warm_up",))[0].remedy == "clip"


def test_what_cures_nothing_says_what_is_wrong_with_it_now():
    rows = [made("", 2.31), made("a", 2.3), replace(made("b", 2.31), verdict="rate_high")]
    notes = {each.remedy: each.note for each in ranked(rows, 2.3, ("vanishing",))}
    assert notes["a"].endswith("still vanishing")
    assert notes["b"].endswith("now at too high a rate")
