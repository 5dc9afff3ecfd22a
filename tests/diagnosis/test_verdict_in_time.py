"""Verdicts on networks with time, and on two that play against each other, from profiles made by hand."""

import math

import numpy as np
import pytest

from gradtui import Scenario, Simulation
from gradtui.diagnosis import diagnose
from gradtui.diagnosis.verdict import through
from gradtui.gauges import GAUGES
from gradtui.profile import GradientProfile


def profile(taps, time=None, **gauges):
    rows = {name: np.zeros(len(taps)) for name in GAUGES}
    rows["delta_rms"] = np.ones(len(taps))
    rows |= {name: np.array(row, dtype=float) for name, row in gauges.items()}
    return GradientProfile(0, tuple(taps), rows, 1.0, math.nan, time or {})


def recurrent(**network):
    return Scenario.from_dict({"task": {"name": "adding"}, "network": {"kind": "rnn", "depth": 1, **network}})


def ladder(factor, steps=50):
    return factor ** np.arange(steps - 1, -1, -1.0)


@pytest.mark.parametrize(
    ("factor", "kind"), [(0.8, "vanishing"), (1.0, "healthy"), (0.95, "healthy"), (1.2, "exploding")]
)
def test_the_way_through_time_is_judged(factor, kind):
    found = diagnose(profile(["1", "out"], {"delta_rms": ladder(factor)[None]}), recurrent())
    assert found.kind == kind
    assert f"×{factor:.3g} a" in found.sentence


def test_what_has_no_saturation_is_not_saturated():
    nothing = {"saturated": [math.nan, math.nan], "dead": [math.nan, math.nan]}
    assert diagnose(profile(["1", "out"], {"delta_rms": ladder(1.0)[None]}, **nothing), recurrent()).kind == "healthy"


def test_an_lstm_is_judged_along_its_cells():
    time = {"delta_rms": ladder(0.5)[None], "cell_delta_rms": ladder(0.99)[None]}
    assert diagnose(profile(["1", "out"], time), recurrent(cell="lstm")).kind == "healthy"


def test_the_layer_that_hears_least_is_named():
    time = {"delta_rms": np.stack([ladder(0.99), ladder(0.7)])}
    found = diagnose(profile(["1", "2", "out"], time), recurrent(depth=2))
    assert found.kind == "vanishing"
    assert found.sentence == "×0.7 a time step: step 1 hears 2.6e-08 of what step 50 hears in layer 2"


def test_where_back_propagation_is_cut_nothing_is_expected_below():
    signal = ladder(0.9)
    signal[:40] = 0.0
    scenario = recurrent(truncation=10)
    found = through(profile(["1", "out"], {"delta_rms": signal[None]}), scenario)
    assert (found.first, found.last) == (41, 50)
    assert found.factor == pytest.approx(0.9)
    cut = diagnose(profile(["1", "out"], {"delta_rms": signal[None]}), scenario)
    assert cut.kind == "short_memory"
    assert "goes back 10 time steps at most, the task asks for 49" in cut.sentence


def test_nothing_comes_back():
    signal = ladder(0.9)
    signal[:10] = 0.0
    found = diagnose(profile(["1", "out"], {"delta_rms": signal[None]}), recurrent())
    assert found.sentence == "nothing of what time step 50 hears comes back to step 1"


def test_generator_and_discriminator_are_judged_apart():
    taps = ["G.1", "G.2", "G.out", "D.1", "D.2", "D.out"]
    scenario = Scenario.from_dict({"task": {"name": "gan-digits"}, "network": {"kind": "gan", "depth": 2}})
    # The generator hears a millionth of what the discriminator does: no fault of either's layers.
    assert diagnose(profile(taps, delta_rms=[1e-6, 1e-6, 1e-6, 1, 1, 1]), scenario).kind == "healthy"
    found = diagnose(profile(taps, delta_rms=[1e-6, 1e-3, 1, 1, 1, 1]), scenario)
    assert found.kind == "vanishing"
    assert found.sentence.startswith("generator: ×0.001 a layer: G.1 hears 1e-06")


@pytest.mark.parametrize(("game", "kind"), [("minimax", "starved"), ("non_saturating", "healthy")])
def test_a_generator_starves_under_minimax_when_the_discriminator_is_sure(game, kind):
    scenario = Scenario.load("gan-frozen").replace(f"task.loss={game}")
    simulation = Simulation(scenario)
    simulation.step(1)
    assert diagnose(simulation.profile(), scenario).kind == "healthy"
    simulation.step(scenario.steps - 1)
    found = simulation.profile()
    assert diagnose(found, scenario).kind == kind
    # Of a sample x = G(z), minimax has D and non-saturating 1 - D.
    answers = simulation.judged(simulation.outputs(simulation.latent_points))
    sure = 1.0 / (1.0 + np.exp(-answers.astype(np.float64)))
    heard = np.sqrt(np.mean((sure if game == "minimax" else 1.0 - sure) ** 2))
    assert found.heard == pytest.approx(heard, rel=0.5)
