"""Judges of one profile: each speaks on its side of its threshold and is silent on the other."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from made_profiles import CHANCE, first, lived, made, of, staircase

from gradtui import Scenario
from gradtui.diagnosis import KINDS, verdicts
from gradtui.diagnosis.decay import fit, in_words
from gradtui.diagnosis.thresholds import THRESHOLDS, limit

STILL = [CHANCE] * 200
LEARNS = list(np.linspace(CHANCE, 0.1, 200))


@pytest.mark.parametrize(
    ("share", "kind"),
    [(0.9e-3, "vanishing"), (1.1e-3, "healthy"), (0.9e3, "healthy"), (1.1e3, "exploding"), (0.0, "vanishing")],
)
def test_the_signal_against_its_thresholds(share: float, kind: str) -> None:
    signal = staircase(share ** (1 / 10)) if share else [0.0, *staircase(0.9)[1:]]
    found = first(made(delta_rms=signal))
    assert found.kind == kind
    if share:
        assert found.factor == pytest.approx(share ** (1 / 10))
        assert found.confidence == pytest.approx(1.0)
        assert {each.name: each.value for each in found.evidence}["share"] == pytest.approx(share)


def test_it_began_where_a_thousandth_was_left() -> None:
    found = first(made(delta_rms=staircase(0.1)))
    # 10^-4 is left at layer 7 of 10, 10^-3 at layer 8.
    assert found.layer == "7"
    assert first(made(delta_rms=staircase(20.0))).layer == "8"


def test_a_fainter_signal_counts_where_nothing_comes_of_it() -> None:
    weak = made(step=199, delta_rms=staircase(0.01 ** (1 / 10)))
    assert set(of(weak, lived(STILL, weak))) == {"vanishing", "stalled"}
    # What was sound at first and faded under way came of the training.
    assert set(of(weak, lived(STILL, made()))) == {"stalled"}
    assert first(weak).kind == "vanishing"  # after 199 steps, the loss of its batch is that of chance
    assert first(replace(weak, step=19)).kind == "healthy"
    assert first(weak, lived(LEARNS, made())).kind == "healthy"


def test_the_fit_says_how_sure_it_is() -> None:
    places = np.arange(30)
    noise = np.random.default_rng(0).standard_normal(30)
    for spread, words in ((0.0, "very evenly"), (0.3, "evenly"), (3.0, "unevenly")):
        line = fit(places, 10.0 ** (0.1 * places + spread * noise))
        assert in_words(line).startswith(words)
        assert line.error == pytest.approx(spread * noise.std() / math.sqrt(28 / 30 * 30 * (30**2 - 1) / 12), rel=0.3)
    assert math.isnan(fit(places[:2], np.array([1.0, 2.0])).confidence)


def test_a_signal_inside_branches_is_no_signal_of_the_stream() -> None:
    post = {"network": {"depth": 9, "skip": "residual", "activation": "relu"}}
    inside = [1.0, 1e-6, 1.0, 1e-6, 1.0, 1e-6, 1.0, 1e-6, 1.0, 1.0]
    assert first(made(9, delta_rms=inside), **post).kind == "healthy"
    assert first(made(9, delta_rms=inside)).kind == "healthy"  # its first layer hears all
    lost = [1e-6, *inside[1:]]
    assert first(made(9, delta_rms=lost), **post).kind == "vanishing"
    # In the pre form the sum has no tap: what met the branch's part there is known by its share of the gain.
    pre = {"network": {"depth": 9, "skip": "residual", "skip_form": "pre", "activation": "relu"}}
    met = [6.0, *[0.0] * 9]
    assert first(made(9, delta_rms=lost, gain_skip=met), **pre).kind == "healthy"
    assert first(made(9, delta_rms=lost), **pre).kind == "vanishing"


def test_closed_branches_are_no_fault() -> None:
    tables = {"network": {"depth": 9, "skip": "rezero", "skip_form": "pre", "activation": "relu"}}
    profile = made(9, delta_rms=[*[0.0] * 8, 1.0, 1.0], gain_skip=math.inf)
    assert first(profile, **tables).kind == "healthy"


def test_queries_and_keys_stand_beside_the_way() -> None:
    taps = ("embed", "1.q", "1.k", "1.v", "1.o", "1.ff1", "1.ff2", "norm", "out")
    profile = made(8, delta_rms=[1.0, 1e-6, 1e-6, 1e-6, 1.0, 1e-6, 1.0, 1.0, 1.0])
    object.__setattr__(profile, "taps", taps)
    tables = {"network": {"kind": "transformer", "depth": 1, "width": 16}, "task": {"name": "recall", "length": 5}}
    assert first(profile, **tables).kind == "healthy"
    profile["delta_rms"][0] = 1e-6
    assert first(profile, **tables).kind == "vanishing"


@pytest.mark.parametrize(("dead", "kind"), [(0.74, "healthy"), (0.76, "dying"), (1.0, "dying")])
def test_dead_units_against_their_threshold(dead: float, kind: str) -> None:
    row = [0.0, dead, 0.3, 0.0]
    found = first(made(3, dead=row), network={"depth": 3, "activation": "relu"})
    assert found.kind == kind
    if kind == "dying":
        assert found.layer == "2"
        assert found.evidence[0].value == dead


def test_few_units_are_silent_by_chance() -> None:
    narrow = made(30, dead=[*[0.4] * 20, 0.875, *[0.4] * 10])
    assert first(narrow, network={"depth": 30, "width": 8, "activation": "relu"}).kind == "healthy"
    assert first(narrow, network={"depth": 30, "width": 64, "activation": "relu"}).kind == "dying"


def test_silence_of_numbers_too_small_is_no_death() -> None:
    sizes = [10.0 ** (-4 * place) for place in range(11)]
    silent = [0.0 if size > 1e-38 else 1.0 for size in sizes]
    lost = staircase(1e-4)
    found = first(made(dead=silent, delta_rms=lost, activation_std=sizes, activation_mean=0.0))
    assert found.kind == "vanishing"


@pytest.mark.parametrize(("flat", "kind"), [(0.49, "healthy"), (0.51, "saturated")])
def test_saturation_against_its_threshold(flat: float, kind: str) -> None:
    assert first(made(3, saturated=[0.1, 0.2, flat, 1.0])).kind == kind


def test_switches_come_before_what_follows_from_them() -> None:
    grown = staircase(10.0, 4)
    assert list(of(made(4, saturated=0.95, delta_rms=grown)))[:2] == ["saturated", "exploding"]
    assert list(of(made(4, saturated=0.6, delta_rms=grown)))[:2] == ["exploding", "saturated"]


@pytest.mark.parametrize(("dtype", "kind"), [("float32", "underflow"), ("float64", "healthy")])
def test_zeros_of_the_number_format(dtype: str, kind: str) -> None:
    profile = made(3, underflow=[0.0, 0.6, 0.0, 0.0], activation_std=[1e-37, 1.0, 1.0, 1.0])
    found = first(profile, network={"depth": 3, "dtype": dtype})
    assert found.kind == kind
    # Zeros below a wall were made by no rounding.
    assert first(made(3, underflow=0.6), network={"depth": 3, "dtype": dtype}).kind == "healthy"


@pytest.mark.parametrize(("batch", "kind"), [(2, "small_batch"), (4, "small_batch"), (5, "healthy"), (64, "healthy")])
def test_batch_norm_over_a_handful(batch: int, kind: str) -> None:
    tables = {"network": {"depth": 10, "norm": "batch"}, "task": {"batch": batch}}
    assert first(made(), **tables).kind == kind
    if batch == 2:
        assert first(made(delta_rms=staircase(1e-3)), **tables).kind == "small_batch"
        assert first(made(), network={"depth": 10, "norm": "layer"}, task={"batch": 2}).kind == "healthy"


def test_weights_of_zero_come_before_all_that_follows() -> None:
    profile = made(3, delta_rms=[0.0, 0.0, 0.0, 1.0], grad_rms=[0.0, 0.0, 0.0, 1.0], dead=[1.0, 1.0, 1.0, 0.0])
    assert list(of(profile, network={"depth": 3, "init": "zeros"})) == ["symmetric"]
    assert first(profile, network={"depth": 3}).kind == "dying"
    assert first(made(0), network={"depth": 0, "init": "zeros"}).kind == "healthy"  # logistic regression begins so


def test_masked_until_eps_bites() -> None:
    adam = {"optimizer": {"name": "adam", "lr": 0.001}}
    lost = staircase(0.4)
    even = of(made(step=20, delta_rms=lost), **adam)
    assert list(even) == ["masked"]
    assert list(of(made(step=20, delta_rms=lost))) == ["vanishing"]  # sgd hides nothing
    gradients = [10.0 ** (place - 11) for place in range(11)]
    ratios = [1e-7, 1e-6, 1e-5, *[1e-3] * 8]
    bitten = of(made(step=20, delta_rms=staircase(0.1), grad_rms=gradients, update_ratio=ratios), **adam)
    assert list(bitten) == ["vanishing", "masked"]
    assert "smaller than eps = 1e-08" in bitten["masked"].sentence
    assert bitten["masked"].layer == "3"


def test_the_ranking_is_the_kinds_own_where_all_was_there_from_the_start() -> None:
    profile = made(4, dead=[0.0, 1.0, 0.0, 0.0, 0.0], delta_rms=staircase(0.1, 4), saturated=0.6)
    found = list(of(profile, network={"depth": 4}))
    assert found == ["dying", "vanishing", "saturated"]
    assert found == sorted(found, key=KINDS.index)


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("hidden", [0, 1, 2, 10])
def test_no_number_upsets_a_judge(value: float, hidden: int) -> None:
    everything = dict.fromkeys(made().gauges, value)
    found = verdicts(made(hidden, loss=value, **everything), Scenario.from_dict({"network": {"depth": hidden}}))
    assert found[0].kind == "nonfinite"
    nothing = {name: math.nan for name in made().gauges if name not in ("activation_mean", "nonfinite")}
    assert verdicts(made(hidden, **nothing), Scenario.from_dict({"network": {"depth": hidden}}))[0].sentence


def test_the_same_twice() -> None:
    profile, past = made(step=199, delta_rms=staircase(0.3)), lived(STILL, made())
    assert of(profile, past) == of(profile, past)


def test_every_threshold_has_a_reason_and_a_kind() -> None:
    for name, threshold in THRESHOLDS.items():
        assert threshold.kind in KINDS, name
        assert len(threshold.reason) > 20
        assert not threshold.crossed(math.nan)
        assert threshold.crossed(limit(name) * (0.99 if threshold.below else 1.01))
        assert not threshold.crossed(limit(name) * (1.01 if threshold.below else 0.99))
