"""Judges of the past: what came of it, since when, and what was the cause of what."""

from __future__ import annotations

import math

import numpy as np
import pytest
from made_profiles import CHANCE, first, lived, made, of, staircase

from gradtui import Scenario, Simulation
from gradtui.diagnosis import verdicts
from gradtui.lab.chance import chance_of
from gradtui.lab.past import PastKeeper, watched
from gradtui.progress import portions

NOISE = 0.02 * np.random.default_rng(0).standard_normal(400)
STILL = list(CHANCE + NOISE)
LEARNS = list(np.linspace(CHANCE, 0.1, 400) + NOISE)


def run(steps, seed=0, **tables):
    """(verdicts, past) of a real run, as `gradtui run` gathers it."""
    scenario = Scenario.from_dict({"seed": seed, **tables})
    simulation, keeper = Simulation(scenario), PastKeeper()
    for _ in watched(simulation, keeper, portions(steps)):
        pass
    profile = simulation.profile()
    keeper.evaluate(simulation)
    return verdicts(profile, scenario, keeper.past()), keeper.past()


def test_a_net_that_learns_is_healthy_whatever_its_picture() -> None:
    pictures = {"delta_rms": staircase(0.1), "saturated": 0.9, "dead": 0.9, "update_ratio": 1e-7, "similarity": 1.0}
    for gauge, value in pictures.items():
        profile = made(step=399, **{gauge: value})
        assert first(profile, lived(LEARNS, made())).kind == "healthy"
        assert first(profile, lived(STILL, made())).kind != "healthy"
    found = first(made(step=399), lived(LEARNS, made()))
    assert "it learns: the loss is" in found.sentence


def test_stalled_at_chance_and_since_when() -> None:
    found = first(made(step=399), lived(STILL, made(), favourite=1.0))
    assert found.kind == "stalled"
    assert found.since == 0
    assert "one class is named for all inputs" in found.sentence
    fell = list(np.linspace(1.5, 1.6, 100)) + STILL[100:]
    assert first(made(step=399), lived(fell, made())).since == 100
    assert first(made(step=99), lived(STILL[:100], made())).kind == "healthy"  # too early to tell
    slowly = list(np.linspace(CHANCE, 0.96 * CHANCE, 400))
    assert first(made(step=399), lived(slowly, made())).kind == "healthy"
    assert first(made(step=399), lived([0.8 * CHANCE] * 400, made())).kind == "healthy"


def test_since_is_the_earliest_step_without_a_break() -> None:
    lost = staircase(0.3)
    past = [made(step=0, delta_rms=lost), made(step=5), *(made(step=s, delta_rms=lost) for s in (8, 20, 50))]
    assert first(made(step=60, delta_rms=lost), lived([2.5] * 10, *past)).since == 8
    assert first(made(step=60, delta_rms=lost), lived([2.5] * 10, *past[2:])).since == 8
    assert first(made(step=60, delta_rms=lost)).since == 60


def test_what_was_there_from_the_start_comes_before_what_came_later() -> None:
    lost, dead = staircase(0.3), [*[0.0] * 9, 0.9, 0.0]
    begin = made(delta_rms=lost)
    found = of(made(step=100, delta_rms=lost, dead=dead), lived([2.4] * 30, begin))
    assert list(found) == ["vanishing", "dying"]
    both = made(delta_rms=lost, dead=dead)
    assert list(of(made(step=100, delta_rms=lost, dead=dead), lived([2.4] * 30, both))) == ["dying", "vanishing"]
    # A rate too high that lost the signal is the cause of its loss.
    raised = [2.3] * 5 + [50.0] * 45
    assert list(of(made(step=49, delta_rms=lost), lived(raised, made())))[:2] == ["rate_high", "vanishing"]


@pytest.mark.parametrize(
    ("ratio", "loss", "kind"),
    [(0.25, 3.0, "rate_high"), (0.15, 3.0, "healthy"), (0.25, CHANCE, "healthy"), (1e-3, 4.0, "rate_high")],
)
def test_steps_too_large(ratio: float, loss: float, kind: str) -> None:
    losses = [CHANCE] * 10 + [loss] * 90
    assert first(made(step=99, update_ratio=ratio), lived(losses, made())).kind == kind


@pytest.mark.parametrize(
    ("ratio", "schedule", "kind"),
    [(2e-5, {}, "rate_low"), (4e-5, {}, "healthy"), (2e-5, {"schedule": "cosine", "schedule_steps": 100}, "healthy")],
)
def test_steps_too_small(ratio: float, schedule: dict[str, object], kind: str) -> None:
    profile = made(step=99, update_ratio=ratio)
    assert first(profile, lived([3.0] * 100, made()), optimizer=schedule).kind == kind
    assert first(made(step=99, update_ratio=ratio, delta_rms=staircase(0.3)), lived([3.0] * 100)).kind == "vanishing"
    if kind == "rate_low":
        slow = [made(step=step, update_ratio=ratio) for step in (1, 2, 50)]
        assert first(profile, lived([3.0] * 100, made(), *slow)).since == 1


def test_an_explosion_that_threw_the_weights_away_is_remembered() -> None:
    begin = made(delta_rms=staircase(2.0))
    thrown = made(step=399, distance=[67.0, *[0.5] * 10])
    found = first(thrown, lived(STILL, begin))
    assert (found.kind, found.layer, found.since) == ("exploding", "1", 0)
    assert first(thrown, lived(STILL, made())).kind == "stalled"
    assert first(made(step=399, distance=0.5), lived(STILL, begin)).kind == "stalled"


@pytest.mark.parametrize(
    ("share", "loss", "kind"), [(50.0, 30.0, "exploding"), (50.0, 3.0, "healthy"), (20.0, 30.0, "healthy")]
)
def test_a_smaller_explosion_counts_where_the_answers_are_far_out(share: float, loss: float, kind: str) -> None:
    profile = made(loss=loss, delta_rms=staircase(share**0.1))
    assert first(profile, lived([loss], profile)).kind == kind
    assert first(profile).kind == kind  # the task alone tells what chance is


POST = {
    "network": {"kind": "transformer", "depth": 2, "width": 16, "skip_form": "post"},
    "task": {"name": "recall", "length": 5},
    "optimizer": {"name": "adam", "lr": 0.005},
}


def test_post_ln_needs_a_warm_up() -> None:
    found = first(made(step=399, similarity=[0.1, *[1.0] * 10]), lived(STILL, made()), **POST)
    assert found.kind == "warm_up"
    warmed = {"optimizer": {**POST["optimizer"], "warmup_steps": 50}}
    before = {"network": {**POST["network"], "skip_form": "pre"}}
    for change in (warmed, before):
        assert first(made(step=399), lived(STILL, made()), **{**POST, **change}).kind == "stalled"
    assert first(made(step=50), lived(STILL[:50], made()), **POST).kind == "healthy"
    assert first(made(step=399), lived(LEARNS, made()), **POST).kind == "healthy"


@pytest.mark.parametrize(
    ("gauges", "words", "layer"),
    [
        ({"activation_mean": [0.0, math.nan, math.nan, math.nan]}, "the forward pass, at layer 2", "2"),
        ({"nonfinite": [5.0, 5.0, 0.0, 0.0]}, "the backward pass, at layer 2", "2"),
        ({"activation_mean": math.nan}, "the update of the weights", "3"),
        ({"loss": math.inf}, "the loss;", ""),
    ],
)
def test_where_numbers_that_are_none_came_from(gauges: dict[str, object], words: str, layer: str) -> None:
    begin = made(3, step=0, update_ratio=[0.1, 0.2, 5.0, 0.3])
    ruined = made(3, step=20, activation_mean=math.nan, nonfinite=64.0, loss=math.nan)
    past = lived([CHANCE, math.nan], begin, made(3, **{"step": 8, **gauges}), nonfinite_loss=8)
    found = first(ruined, past)
    assert (found.kind, found.layer, found.since) == ("nonfinite", layer, 8)
    assert f"it came from {words}" in found.sentence


# Real runs


@pytest.mark.parametrize(
    ("kind", "steps", "tables"),
    [
        ("stalled", 300, {"task": {"name": "xor"}, "network": {"depth": 0}}),
        ("symmetric", 50, {"network": {"depth": 3, "init": "zeros"}}),
        (
            "healthy",
            150,
            {
                "network": {"layer": [{"width": 32, "init": "he_normal", "repeat": 2}], "init": "zeros"},
                "optimizer": {"lr": 0.5},
            },
        ),
        ("rate_low", 200, {"network": {"depth": 2, "width": 16, "activation": "tanh"}, "optimizer": {"lr": 1e-7}}),
        ("masked", 15, {"network": {"depth": 8}, "optimizer": {"name": "adam", "lr": 0.001}}),
        ("small_batch", 20, {"network": {"depth": 4, "norm": "batch"}, "task": {"batch": 2}}),
        ("vanishing", 200, {"network": {"depth": 20, "width": 16, "norm": "layer"}}),
        ("dying", 60, {"network": {"depth": 3, "activation": "relu", "init_bias": -10.0}}),
        ("healthy", 400, {"network": {"depth": 2}, "optimizer": {"lr": 0.5}}),
        ("healthy", 150, {"network": {"depth": 20, "norm": "batch"}, "optimizer": {"lr": 0.1}}),
        (
            "healthy",
            150,
            {
                "network": {"depth": 21, "width": 32, "activation": "relu", "skip": "rezero", "skip_form": "pre"},
                "optimizer": {"lr": 0.05},
            },
        ),
    ],
)
def test_real_runs(kind, steps, tables) -> None:
    found, past = run(steps, **tables)
    assert found[0].kind == kind
    if kind not in ("healthy", "rate_high"):
        assert found[0].evidence
        assert found[0].since is not None
        assert 0 <= found[0].since < steps
    assert past.profiles[0].step == 0
    kept = [profile.step for profile in past.profiles]
    assert kept[:4] == [0, 1, 2, 3]
    assert len(kept) < 20


def test_a_watched_run_is_the_same_run() -> None:
    scenario = Scenario.from_dict({"network": {"depth": 3, "width": 8, "activation": "relu", "init_bias": -1.0}})
    plain, seen, keeper = Simulation(scenario), Simulation(scenario), PastKeeper()
    plain.step(77)
    assert [*watched(seen, keeper, portions(77))][-1] == 77
    for name, values in plain.parameters().items():
        assert values.tolist() == seen.parameters()[name].tolist()
    assert len(keeper.past().curves.loss) == 77


def test_nan_is_dated_exactly_between_two_kept_profiles() -> None:
    diverging = {"network": {"depth": 8, "activation": "identity"}, "optimizer": {"lr": 1e6}}
    found, past = run(40, **diverging)
    simulation = Simulation(Scenario.from_dict(diverging))
    simulation.step(40)
    _, rows = simulation.history()
    exact = int(np.flatnonzero(~np.isfinite(rows[:, 0]))[0])
    assert past.nonfinite_loss == exact
    assert found[0].since <= exact


@pytest.mark.parametrize(
    ("task", "loss", "accuracy"),
    [
        ({"name": "digits"}, math.log(10.0), 0.1),
        ({"name": "xor"}, math.log(2.0), 0.5),
        ({"name": "latch", "length": 10}, math.log(2.0), 0.5),
        ({"name": "temporal-order", "length": 10}, math.log(4.0), 0.25),
        ({"name": "adding", "length": 10, "examples": 4000}, 1 / 6, math.nan),
    ],
)
def test_chance_is_what_the_papers_say(task, loss, accuracy) -> None:
    kind = "mlp" if task["name"] in ("digits", "xor") else "rnn"
    simulation = Simulation(Scenario.from_dict({"task": task, "network": {"kind": kind, "depth": 1, "width": 8}}))
    found = chance_of(simulation.dataset)
    assert found.loss == pytest.approx(loss, rel=0.05)
    assert found.accuracy == pytest.approx(accuracy, abs=0.03, nan_ok=True)


def test_a_thousand_layers_take_no_time() -> None:
    """Five verdicts a second must cost next to nothing: the shortest of many, since others use the machine too."""
    import time

    scenario = Scenario.from_dict({"network": {"depth": 1000}})
    past = lived(STILL, *(made(1000, step=int(1.5**n), delta_rms=staircase(0.9, 1000)) for n in range(18)))
    profile = made(1000, step=2000, delta_rms=staircase(0.9, 1000))
    took = [math.inf]
    while min(took) >= 0.02 and len(took) < 300:
        began = time.thread_time()
        found = verdicts(profile, scenario, past)
        took.append(time.thread_time() - began)
        assert found[0].kind == "vanishing"
    assert min(took) < 0.02
