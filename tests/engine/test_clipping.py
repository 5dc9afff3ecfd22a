"""Clipping by value and by unit, and the gauge that says how much was clipped."""

from __future__ import annotations

import naive
import naive_optimizers
import numpy as np
import pytest
from alone import DTYPES, both_ways, close, resolution, run
from hypothesis import given
from hypothesis import strategies as st

from gradtui import Scenario, Simulation
from gradtui.engine.kernels.clipping import clip_locally
from gradtui.engine.knobs import CLIP_AGC, CLIP_VALUE, KNOBS
from gradtui.engine.readout import root

LIMITS = st.one_of(st.just(0.0), st.floats(1e-3, 10.0))


def _clipped(way, dtype, g, p, value=0.0, agc=0.0):
    knobs = np.zeros(len(KNOBS))
    knobs[CLIP_VALUE], knobs[CLIP_AGC] = value, agc
    return way(clip_locally, dtype, g=g, p=p, knobs=knobs)


@pytest.mark.parametrize("dtype", DTYPES)
@given(
    units=st.integers(1, 9),
    inputs=st.integers(1, 20),
    seed=st.integers(0, 2**32),
    scale=st.sampled_from([1e-12, 1e-3, 1.0, 1e3]),
    value=LIMITS,
    agc=LIMITS,
)
def test_units_then_entries(dtype, units, inputs, seed, scale, value, agc):
    random = np.random.default_rng(seed)
    g = (random.standard_normal((units, inputs)) * scale).astype(dtype)
    p = (random.standard_normal((units, inputs)) * random.choice([0.0, 1e-6, 1.0], (units, 1))).astype(dtype)
    found = _clipped(both_ways, dtype, g, p, value, agc)
    wanted = naive_optimizers.clip_value(naive_optimizers.clip_agc(g, p, agc), value)
    close(found["clipped"], wanted, 4 * resolution(dtype))
    assert root(found["sums"][None])[0] == pytest.approx(naive.norm(found["clipped"]), rel=1e-12)
    if not value:  # a shortened row points where it pointed
        for before, after in zip(g, found["clipped"], strict=True):
            assert naive.cosine(before, after) == pytest.approx(1.0, abs=4 * resolution(dtype))
    if not value and not agc:
        assert found["clipped"].tobytes() == g.tobytes()


@pytest.mark.parametrize("dtype", DTYPES)
def test_nan_is_not_clipped_away(dtype):
    g = np.array([[1.0, np.nan, -3.0], [np.inf, -np.inf, 0.5]], dtype)
    clipped = _clipped(run, dtype, g, np.ones_like(g), value=2.0)["clipped"]
    np.testing.assert_array_equal(clipped, np.array([[1.0, np.nan, -2.0], [2.0, -2.0, 0.5]], dtype))
    assert np.isnan(_clipped(run, dtype, g, np.ones_like(g), agc=0.1)["clipped"][0, 1])


SMALL = {"task": {"batch": 16}, "network": {"depth": 3, "width": 16, "activation": "tanh", "dtype": "float64"}}


def _simulation(**optimizer):
    return Simulation(Scenario.from_dict({**SMALL, "optimizer": {"lr": 0.1, **optimizer}}))


@pytest.mark.parametrize(
    "clipping",
    [
        {},
        {"clip_norm": 0.5},
        {"clip_norm": 1e6},
        {"clip_value": 0.01},
        {"clip_agc": 0.02},
        {"clip_value": 0.02, "clip_agc": 0.05, "clip_norm": 0.1},
    ],
)
def test_the_gauge_is_the_share_of_the_norm_that_went(clipping):
    """Told from the way the weights went: SGD without decay goes lr times the clipped gradient."""
    simulation = _simulation(**clipping)
    assert np.isnan(simulation.profile()["clipped"]).all()
    for _ in range(3):
        before = simulation.parameters()
        simulation.step()
        after, gradients = simulation.parameters(), simulation.gradients()
        profile = simulation.profile()
        for tap, key in enumerate(name for name in before if name.endswith("weight")):
            got = naive.norm(after[key] - before[key]) / 0.1
            assert profile["clipped"][tap] == pytest.approx(1.0 - got / naive.norm(gradients[key]), abs=1e-9)
            way = naive.norm(after[key] - before[key]) / naive.norm(before[key])
            assert profile["update_ratio"][tap] == pytest.approx(way, rel=1e-9)
        if clipping in ({}, {"clip_norm": 1e6}):
            assert (profile["clipped"] == 0.0).all()
        else:
            assert (profile["clipped"] > 0.0).any()


def test_clipping_is_switched_live_and_what_is_shown_belongs_to_the_step_that_was_made():
    simulation = _simulation()
    simulation.step()
    simulation.change(simulation.scenario.replace("optimizer.clip_value=0.001"))
    assert (simulation.profile()["clipped"] == 0.0).all()
    simulation.step()
    assert (simulation.profile()["clipped"] > 0.5).all()
    simulation.change(simulation.scenario.replace("optimizer.clip_value=0.0"))
    simulation.step()
    assert (simulation.profile()["clipped"] == 0.0).all()


def test_clipping_raises_no_gradient():
    """A vanished gradient is below every threshold: with and without clipping the runs are equal, bit for bit."""
    runs = []
    for clipping in ({}, {"clip_norm": 1e3, "clip_value": 1e3, "clip_agc": 1e3}):
        simulation = _simulation(**clipping)
        simulation.step(20)
        runs.append(simulation.parameters())
    for name, value in runs[0].items():
        assert value.tobytes() == runs[1][name].tobytes()
