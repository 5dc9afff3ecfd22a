"""The activation kernels: values, slopes, what is sent back, and bias gradients."""

from __future__ import annotations

import naive
import numpy as np
import pytest
from alone import DTYPES, both_ways, close, resolution, run
from hypothesis import given
from hypothesis import strategies as st

from gradtui.engine.kernels.activation import ACTIVATIONS, activation_backward, column_sums
from gradtui.engine.readout import root

SIZES = st.one_of(st.integers(1, 9), st.sampled_from([16, 31, 64]))
SEEDS = st.integers(0, 2**32)
CASES = [(name, bend) for name in ACTIVATIONS for bend in naive.BENT.get(name, (None,))]


def _drawn(dtype, seed, *shape, spread=3.0):
    return (np.random.default_rng(seed).standard_normal(shape) * spread).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("name", "bend"), CASES)
@given(batch=SIZES, units=SIZES, seed=SEEDS, spread=st.sampled_from([1e-6, 0.1, 3.0, 8.0]))
def test_forward(name, bend, dtype, batch, units, seed, spread):
    """Value and slope entry by entry, at 0 and on both sides of it."""
    z = _drawn(dtype, seed, batch, units, spread=spread)
    z[0, 0] = 0.0
    found = both_ways(ACTIVATIONS[name].forward, dtype, z=z, bend=np.array([bend or 0.0]))
    rounded = [np.float64(np.dtype(dtype).type(bend))] if bend else []
    value, slope = naive.ACTIVATIONS[name](z.astype(np.float64), *rounded)
    # The books' formulas lose digits in the tails: `test_elementary` looks there, this is for the middle.
    close(found["a"], value, 8 * resolution(dtype), np.abs(value) + 0.1)
    close(found["z"], slope, 8 * resolution(dtype), np.abs(slope) + 0.1)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("name", "bend"), CASES)
def test_the_slope_is_the_derivative_of_the_value(name, bend, dtype):
    """By central differences, away from kinks; and at a kink the slope is that of the left side, as in PyTorch."""
    points = np.linspace(-5.0, 5.0, 64)
    kinks = np.array([0.0, -1.0, 1.0, -3.0, 3.0])
    points = points[np.abs(points[:, None] - kinks).min(axis=1) > 1e-2]
    step = 1e-3
    bends = np.array([bend or 0.0])
    left, right, here = (
        run(ACTIVATIONS[name].forward, "float64", z=(points + shift)[None], bend=bends) for shift in (-step, step, 0.0)
    )
    close(here["z"], (right["a"] - left["a"]) / (2.0 * step), 1.0, np.full(points.shape, 2e-5)[None])
    narrow = run(ACTIVATIONS[name].forward, dtype, z=points[None].astype(dtype), bend=bends)
    close(narrow["z"], here["z"], 1.0, np.full(points.shape, 2e-6)[None])


#: Largest slope and where it is (Klambauer et al. 2017 for SELU; the others from their own derivatives).
STEEPEST_AT = {
    "sigmoid": (0.25, 0.0),
    "hard_sigmoid": (1.0 / 6.0, 0.0),
    "tanh": (1.0, 0.0),
    "softsign": (1.0, 0.0),
    "gelu": (1.128904, 1.4142),
    "silu": (1.099839, 2.3994),
    "mish": (1.088498, 1.4906),
    "selu": (1.758099, 0.0),
}


@pytest.mark.parametrize("name", STEEPEST_AT)
def test_largest_slopes(name):
    comb = np.unique(np.concatenate([np.linspace(-8.0, 8.0, 160001), [0.0]]))
    slopes = run(ACTIVATIONS[name].forward, "float64", z=comb[None], bend=np.zeros(1))["z"][0]
    size, at = STEEPEST_AT[name]
    assert slopes.max() == pytest.approx(size, abs=6e-7)
    found = comb[slopes > slopes.max() * (1.0 - 1e-12)]
    assert np.abs(found - at).min() < 2e-4


@pytest.mark.parametrize(("name", "slope"), [("gelu", 0.5), ("gelu_tanh", 0.5), ("silu", 0.5), ("mish", 0.6)])
def test_slopes_at_the_origin(name, slope):
    found = run(ACTIVATIONS[name].forward, "float64", z=np.zeros((1, 1)), bend=np.zeros(1))["z"]
    assert found[0, 0] == pytest.approx(slope, rel=1e-15)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_what_is_said_about_an_activation(name):
    """Who can die, who saturates, and where the value is 0: read off the functions themselves."""
    value, slope = naive.ACTIVATIONS[name](np.linspace(-30.0, -20.0, 9), *naive.BENT.get(name, ())[:1])
    assert ACTIVATIONS[name].zeros == (value == 0.0).all()
    if ACTIVATIONS[name].flat and ACTIVATIONS[name].silent:
        x = np.linspace(-9.0, 9.0, 1000)
        value, slope = naive.ACTIVATIONS[name](x)
        assert ((value == 0.0) == (slope == 0.0)).all()
    assert bool(ACTIVATIONS[name].bend) == (name in naive.BENT)
    assert ACTIVATIONS[name].flat == (name in naive.FLAT)
    assert ACTIVATIONS[name].saturates_below == pytest.approx(0.05 * naive.STEEPEST.get(name, 0.0), rel=1e-15)


@pytest.mark.parametrize("dtype", DTYPES)
@given(batch=SIZES, units=SIZES, seed=SEEDS, size=st.sampled_from([1.0, 1e-9, 1e9]))
def test_backward(dtype, batch, units, seed, size):
    """delta times slope, the lengths of both, and the column sums of the product."""
    slope = np.maximum(_drawn(dtype, seed, batch, units), 0.0)
    delta = _drawn(dtype, seed + 1, batch, units, spread=size)
    found = both_ways(activation_backward, dtype, slope=slope, delta=delta)
    exact = delta.astype(np.float64) * slope
    step = resolution(dtype)
    close(found["delta"], exact, step)
    summed = both_ways(column_sums, dtype, values=found["delta"])["sums"]
    close(summed, exact.sum(axis=0), (batch + 1) * step, np.abs(exact).sum(axis=0))
    above, below = root(found["sums"].reshape(2, 3))
    assert above == pytest.approx(naive.norm(delta), rel=1e-12)
    assert below == pytest.approx(naive.norm(found["delta"]), rel=1e-12)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_nan_passes_forward_and_backward(name, dtype):
    """A NaN is never turned into a number, and harms no neighbour."""
    z = np.full((3, 16), 0.5, dtype)
    z[1, 7] = np.nan
    found = run(ACTIVATIONS[name].forward, dtype, z=z, bend=np.ones(1))
    assert np.argwhere(np.isnan(found["a"])).tolist() == [[1, 7]]
    delta = np.ones((3, 16), dtype)
    delta[1, 7] = np.nan
    found = run(activation_backward, dtype, slope=found["z"], delta=delta)
    assert np.argwhere(np.isnan(found["delta"])).tolist() == [[1, 7]]
    assert np.flatnonzero(np.isnan(run(column_sums, dtype, values=found["delta"])["sums"])).tolist() == [7]
    assert np.isnan(root(found["sums"].reshape(2, 3))).all()
