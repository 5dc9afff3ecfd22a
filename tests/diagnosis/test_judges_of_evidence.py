"""Judges of what a doctor would look at: slopes of the loss, ways gone, paces as measured, places of a jump."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from made_profiles import CHANCE, first, lived, made, of, staircase

from gradtui import Scenario, Simulation
from gradtui.diagnosis import verdicts
from gradtui.diagnosis.case import amount
from gradtui.diagnosis.thresholds import THRESHOLDS
from gradtui.lab.past import PastKeeper, watched

NOISE = 0.05 * np.random.default_rng(1).standard_normal(400)
STILL = list(CHANCE + NOISE)
COMES_DOWN = list(np.linspace(1.2 * CHANCE, 1.01 * CHANCE, 400) + NOISE)
SIGMOID = {"network": {"depth": 5, "width": 64, "activation": "sigmoid"}}


def run(steps, **tables):
    scenario = Scenario.from_dict(tables)
    simulation, keeper = Simulation(scenario), PastKeeper()
    for _ in watched(simulation, keeper, iter([steps] if steps else [])):
        pass
    keeper.evaluate(simulation)
    return verdicts(simulation.profile(), scenario, keeper.past())


@pytest.mark.parametrize(
    ("losses", "distance", "similarity", "kind"),
    [
        (COMES_DOWN, 0.01, 0.5, "rate_low"),
        (COMES_DOWN, 1.0, 0.5, "stalled"),  # it has gone a long way to come to nothing
        (COMES_DOWN, 0.01, 0.999, "stalled"),  # of inputs that look alike only their mean is learned
        (STILL, 0.01, 0.5, "stalled"),
    ],
)
def test_slow_is_not_stalled(losses, distance, similarity, kind) -> None:
    profile = made(step=399, distance=distance, similarity=similarity)
    assert first(profile, lived(losses, made())).kind == kind


@pytest.mark.parametrize(
    ("schedule", "since", "kind"),
    [
        ({"schedule": "step", "step_size": 2, "gamma": 0.1}, 12, "rate_low"),
        ({"schedule": "step", "step_size": 200, "gamma": 0.01}, 300, "stalled"),
        ({"warmup_steps": 100_000}, 1, "rate_low"),
    ],
)
def test_a_rate_that_is_nil_by_schedule(schedule, since, kind) -> None:
    steps = [1, 5, 12, 40, 90, 180, 300]
    kept = [made(step=step, update_ratio=1e-8 if step >= since else 1e-3) for step in steps]
    profile = made(step=399, update_ratio=1e-8)
    assert first(profile, lived(STILL, made(), *kept), optimizer=schedule).kind == kind
    learned = list(np.linspace(CHANCE, 0.2, 400))
    assert first(profile, lived(learned, made(), *kept), optimizer=schedule).kind == "healthy"


def test_weights_thrown_away() -> None:
    gone = made(step=399, delta_rms=[0.0] * 10 + [1.0], distance=40.0)
    leapt = [CHANCE] * 3 + [1e6] * 5 + STILL[8:]
    found = first(gone, lived(leapt, made()))
    assert (found.kind, found.since) == ("rate_high", 3)
    assert "times what it was" in found.sentence
    torn = [made(step=1, update_ratio=0.5), made(step=2, update_ratio=0.3)]
    assert first(gone, lived(STILL, made(), *torn)).kind == "rate_high"
    # It was gone before a step was made: that is the cause.
    assert first(gone, lived(leapt, made(delta_rms=[0.0] * 10 + [1.0]))).kind == "vanishing"


@pytest.mark.parametrize(("steps", "kinds"), [(0, ["vanishing"]), (40, ["vanishing", "identical"])])
def test_five_sigmoid_layers_are_sick_before_they_have_stood_still(steps, kinds) -> None:
    assert [verdict.kind for verdict in run(steps, **SIGMOID)] == kinds


def test_three_sigmoid_layers_are_not() -> None:
    assert run(0, network={**SIGMOID["network"], "depth": 3})[0].kind == "healthy"


@pytest.mark.parametrize("name", ["adam", "rmsprop", "muon"])
def test_masked_in_five_sigmoid_layers(name) -> None:
    lr = {"adam": 0.005, "rmsprop": 0.001, "muon": 0.02}[name]
    assert run(12, **SIGMOID, optimizer={"name": name, "lr": lr})[0].kind == "masked"


@pytest.mark.parametrize(
    ("batch", "share", "kind"), [(2, 1e-3, "small_batch"), (2, 0.5, "healthy"), (4, 1e-3, "healthy")]
)
def test_what_learns_on_top_of_a_batch_of_two(batch, share, kind) -> None:
    profile = made(step=399, delta_rms=staircase(share**0.1))
    tables = {"network": {"norm": "batch"}, "task": {"batch": batch}}
    assert first(profile, lived(list(np.linspace(CHANCE, 0.2, 400)), made()), **tables).kind == kind


def test_one_saturated_layer_that_takes_all_of_the_signal() -> None:
    signal = [1e-5, *[1.0] * 10]
    slopes = [0.0, -5.0, *[0.0] * 9]
    flat = [0.0, 1.0, *[0.0] * 9]
    found = of(made(delta_rms=signal, gain_slope=slopes, saturated=flat))
    assert list(found) == ["saturated", "vanishing"]
    assert "layer 2 alone" in found["vanishing"].sentence
    evenly = of(made(delta_rms=staircase(0.3), gain_slope=-0.5, saturated=flat))
    assert list(evenly) == ["vanishing", "saturated"]


def test_words_of_ways_that_end() -> None:
    blocked = made(delta_rms=[0.0, 0.0, *[1.0] * 9], gain_slope=[0.0, math.nan, -math.inf, *[0.0] * 8])
    assert first(blocked).sentence.endswith("comes back to layer 1 (φ' is 0 in layer 3)")
    stuck = made(dead=[1.0, *[0.0] * 10], activation_mean=1.0)
    hard = {"activation": "hard_sigmoid"}
    assert "stuck where φ is flat" in first(stuck, network=hard).sentence
    assert "are dead" in first(made(dead=[1.0, *[0.0] * 10], zero_batch=[1.0, *[0.0] * 10])).sentence
    shrunk = made(step=399, delta_rms=staircase(0.01), gain_weight=-2.0)
    assert "weight decay 0.5 has eaten" in first(shrunk, lived(STILL, made()), optimizer={"weight_decay": 0.5}).sentence


@pytest.mark.parametrize(
    ("value", "words"), [(1523.0, "1,500"), (138.2, "140"), (22_345.0, "22,000"), (0.00171, "0.0017"), (3e9, "3e+09")]
)
def test_numbers_as_people_write_them(value, words) -> None:
    assert amount(value) == words


def test_alike_and_far_out_is_seen_before_a_step_is_made() -> None:
    alike = made(loss=80.0, similarity=[0.9, *[0.9999] * 10])
    assert first(alike, lived([], alike)).kind == "identical"
    assert first(made(loss=80.0), lived([], made(loss=80.0))).kind == "healthy"
    assert first(made(loss=3.0, similarity=[0.9, *[0.9999] * 10]), lived([], made())).kind == "healthy"


def test_activations_that_shrink_to_nothing() -> None:
    sizes = [10.0 ** (-7 * place) for place in range(6)] + [0.0] * 5
    shrunk = made(activation_std=sizes, activation_mean=0.0, delta_rms=[0.0] * 10 + [1.0], dead=[0.0] * 6 + [1.0] * 5)
    found = of(shrunk)
    assert found["underflow"].layer == "7"
    assert "layers 7 to 10 are exactly 0" in found["underflow"].sentence
    assert "underflow" not in of(made(activation_std=[1.0] * 6 + [0.0] * 5, dead=[0.0] * 6 + [1.0] * 5))


def test_what_began_sound_and_faded_came_of_the_training() -> None:
    faded = made(step=399, delta_rms=staircase(0.01**0.1))
    assert first(faded, lived(STILL, made())).kind == "stalled"
    assert first(faded, lived(STILL, faded)).kind == "vanishing"


def test_on_the_way_by_the_slope_of_most_of_the_run() -> None:
    lost = made(step=399, delta_rms=staircase(0.4))
    slowly = list(np.linspace(0.8 * CHANCE, 0.7 * CHANCE, 400) + NOISE)
    assert first(lost, lived(slowly, made())).kind == "healthy"
    assert first(lost, lived(list(0.75 * CHANCE + NOISE), made())).kind == "vanishing"
    assert not math.isnan(first(lost, lived(slowly, made())).factor)


@pytest.mark.parametrize("steps", [0, 20])
@pytest.mark.parametrize(
    ("network", "kind"),
    [
        ({"depth": 1, "activation": "tanh"}, "symmetric"),
        ({"depth": 3, "activation": "relu"}, "symmetric"),
        ({"depth": 3, "activation": "relu", "dropout": 0.2}, ""),  # chance tells the units apart
    ],
)
def test_loaded_weights_that_are_all_the_same(network, kind, steps) -> None:
    scenario = Scenario.from_dict({"network": {"width": 16, **network}, "optimizer": {"lr": 0.01}})
    simulation = Simulation(scenario)
    drawn = simulation.parameters()
    simulation.load_parameters({k: np.full_like(v, 0.1) if "weight" in k else v for k, v in drawn.items()})
    simulation.step(steps)
    found = verdicts(simulation.profile(), scenario)[0]
    assert (found.kind == "symmetric") == (kind == "symmetric")
    if kind:
        assert "the same weights" in found.sentence
        weight = simulation.parameters()["hidden.0.weight"]
        assert weight == pytest.approx(np.broadcast_to(weight[:1], weight.shape), abs=1e-5)
    # Where the weights that read them differ, so do the gradients of the units.
    simulation.load_parameters({k: np.full_like(v, 0.1) if "hidden" in k else drawn[k] for k, v in drawn.items()})
    assert not simulation.profile().twins
    simulation.restart()
    assert not simulation.profile().twins


@pytest.mark.parametrize(
    ("network", "kind"),
    [
        ({"depth": 5, "skip": "none"}, "identical"),
        ({"depth": 5, "skip": "residual"}, "healthy"),
        ({"depth": 1, "skip": "none"}, "healthy"),
    ],
)
def test_attention_without_skips_is_deaf_before_the_first_step(network, kind) -> None:
    scenario = Scenario.from_dict(
        {
            "task": {"name": "recall", "length": 9, "symbols": 8, "batch": 32, "examples": 200},
            "network": {"kind": "transformer", "width": 16, "heads": 2, "activation": "relu", **network},
        }
    )
    simulation = Simulation(scenario)
    profile = simulation.profile()
    found = verdicts(profile, scenario)[0]
    assert found.kind == kind
    if kind == "identical":
        assert found.layer.endswith(".q")
        assert "queries" in found.sentence
        heard = dict(zip(profile.taps, profile["grad_rms"], strict=True))
        assert found.evidence[0].value == min(heard[f"{block}.q"] / heard[f"{block}.v"] for block in range(1, 6))
        assert THRESHOLDS["deaf"].crossed(found.evidence[0].value)


def test_a_loss_that_fell_at_first_and_stands_since_needs_no_higher_rate() -> None:
    fell = np.concatenate([np.linspace(0.99 * CHANCE, 0.87 * CHANCE, 100), np.full(500, 0.87 * CHANCE)])
    falls = np.linspace(0.99 * CHANCE, 0.87 * CHANCE, 600)
    noise = 0.02 * np.random.default_rng(2).standard_normal(600)
    profile = made(step=599, distance=0.1)
    assert first(profile, lived(list(fell + noise), made())).kind == "stalled"
    assert first(profile, lived(list(falls + noise), made())).kind in ("healthy", "rate_low")


@pytest.mark.parametrize("activation", ["relu", "tanh", "sigmoid"])
@pytest.mark.parametrize("steps", [0, 60])
def test_inputs_that_are_all_the_same_say_nothing(activation, steps, tmp_path) -> None:
    path = tmp_path / "constant.csv"
    path.write_text("a,b,y\n" + "".join(f"3,1,{'pq'[place % 2]}\n" for place in range(100)))
    found = run(
        steps,
        task={"name": "file", "path": str(path), "target": "y", "batch": 16},
        network={"depth": 3, "width": 8, "activation": activation},
    )
    assert {verdict.kind for verdict in found} <= {"identical", "stalled"}
    assert "the data say nothing" in found[0].sentence


def test_zeros_made_by_weights_of_zero_are_no_underflow() -> None:
    drawn = {"width": 16}
    layers = [drawn, {"width": 16, "init": "zeros"}, drawn, drawn]
    found = run(0, network={"activation": "tanh", "layer": layers})
    assert [verdict.kind for verdict in found] == ["vanishing"]
    assert "the weights are 0 in layer 2" in found[0].sentence


def test_a_gradient_of_exactly_nothing_is_not_hidden_but_gone() -> None:
    adam = {"optimizer": {"name": "adam"}}
    gone = made(step=19, delta_rms=[0.0] * 10 + [1.0], grad_rms=[0.0] * 10 + [1.0])
    assert list(of(gone, lived([CHANCE] * 20, made()), **adam)) == ["vanishing"]
    small = made(step=19, delta_rms=staircase(0.1), grad_rms=[1e-12] * 10 + [1.0])
    assert "is above its gradients" in of(small, lived([CHANCE] * 20, made()), **adam)["masked"].sentence


def test_one_layer_that_is_half_flat_does_not_outrank_a_signal_that_adam_hides() -> None:
    profile = made(step=19, delta_rms=staircase(0.4), saturated=[0.1] * 9 + [0.51, 0.0])
    adam = {"optimizer": {"name": "adam"}}
    assert list(of(profile, lived([CHANCE] * 20, profile), **adam)) == ["masked", "saturated"]


def test_many_layers_need_not_come_far_each() -> None:
    loss = list(np.linspace(1.1 * CHANCE, 0.99 * CHANCE, 400) + 0.02 * np.random.default_rng(3).standard_normal(400))
    shallow, deep = (made(hidden, step=399, distance=0.02) for hidden in (3, 60))
    assert first(shallow, lived(loss, made(3))).kind == "rate_low"
    assert first(deep, lived(loss, made(60))).kind == "healthy"


def test_a_net_that_knows_something_and_goes_on_does_not_stand() -> None:
    """The loss of a deep net swings from batch to batch by more than it falls from quarter to quarter."""
    swings = np.repeat(np.tile([0.98, 0.86], 20), 10) * CHANCE
    loss = list(swings + np.linspace(0.12, 0.0, 400))
    profile = made(step=399, distance=0.5)
    known = lived(loss, made())
    kinds = {right: first(profile, with_accuracy(known, right)).kind for right in (0.1, 0.3)}
    assert kinds == {0.1: "stalled", 0.3: "healthy"}


def with_accuracy(past, right):
    return replace(past, curves=replace(past.curves, held_out_steps=(400,), held_out_accuracy=(right,)))


def test_what_adam_hides_is_named_until_the_net_has_learned_well() -> None:
    adam = {"optimizer": {"name": "adam"}}
    lost = made(step=399, delta_rms=staircase(0.3))
    little, well = (list(np.linspace(CHANCE, share * CHANCE, 400) + NOISE) for share in (0.7, 0.2))
    assert list(of(lost, lived(little, made(delta_rms=staircase(0.3))), **adam)) == ["masked"]
    assert list(of(lost, lived(well, made(delta_rms=staircase(0.3))), **adam)) == ["healthy"]
    # What faded while it learned has not kept it from that.
    assert list(of(lost, lived(little, made()), **adam)) == ["healthy"]
