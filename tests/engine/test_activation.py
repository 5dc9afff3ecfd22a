"""The activation kernels: values, slopes, what is sent back, and bias gradients."""

from __future__ import annotations

import naive
import numpy as np
import pytest
from alone import DTYPES, both_ways, close, resolution, run
from hypothesis import given
from hypothesis import strategies as st

from gradtui.engine.kernels.activation import ACTIVATIONS, activation_backward
from gradtui.engine.readout import root

SIZES = st.one_of(st.integers(1, 9), st.sampled_from([16, 31, 64]))
SEEDS = st.integers(0, 2**32)


def _drawn(dtype, seed, *shape, spread=3.0):
    return (np.random.default_rng(seed).standard_normal(shape) * spread).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ACTIVATIONS)
@given(batch=SIZES, units=SIZES, seed=SEEDS, spread=st.sampled_from([1e-6, 0.1, 3.0, 30.0]))
def test_forward(name, dtype, batch, units, seed, spread):
    """Value and slope entry by entry, at 0 and on both sides of it."""
    z = _drawn(dtype, seed, batch, units, spread=spread)
    z[0, 0] = 0.0
    found = both_ways(ACTIVATIONS[name].forward, dtype, z=z)
    value, slope = naive.ACTIVATIONS[name](z.astype(np.float64))
    # Below a few times the smallest normal number either may have been flushed to 0.
    tiny = 4.0 * np.finfo(dtype).tiny / resolution(dtype)
    close(found["a"], value, 8 * resolution(dtype), np.abs(value) + tiny)
    close(found["z"], slope, 8 * resolution(dtype), np.abs(slope) + tiny)


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_what_is_said_about_an_activation(name):
    assert ACTIVATIONS[name].flat == (name in naive.FLAT)
    assert ACTIVATIONS[name].saturates_below == pytest.approx(0.05 * naive.STEEPEST.get(name, 0.0), rel=1e-15)


@pytest.mark.parametrize("dtype", DTYPES)
@given(batch=SIZES, units=SIZES, seed=SEEDS, size=st.sampled_from([1.0, 1e-9, 1e9]))
def test_backward(dtype, batch, units, seed, size):
    """delta times slope, its column sums, and the lengths of both."""
    slope = np.maximum(_drawn(dtype, seed, batch, units), 0.0)
    delta = _drawn(dtype, seed + 1, batch, units, spread=size)
    found = both_ways(activation_backward, dtype, slope=slope, delta=delta)
    exact = delta.astype(np.float64) * slope
    step = resolution(dtype)
    close(found["delta"], exact, step)
    close(found["bias_gradient"], exact.sum(axis=0), (batch + 1) * step, np.abs(exact).sum(axis=0))
    above, below = root(found["sums"].reshape(2, 3))
    assert above == pytest.approx(naive.norm(delta), rel=1e-12)
    assert below == pytest.approx(naive.norm(found["delta"]), rel=1e-12)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_nan_passes_forward_and_backward(name, dtype):
    """A NaN is never turned into a number, and harms no neighbour."""
    z = np.full((3, 16), 0.5, dtype)
    z[1, 7] = np.nan
    found = run(ACTIVATIONS[name].forward, dtype, z=z)
    assert np.argwhere(np.isnan(found["a"])).tolist() == [[1, 7]]
    delta = np.ones((3, 16), dtype)
    delta[1, 7] = np.nan
    found = run(activation_backward, dtype, slope=found["z"], delta=delta)
    assert np.argwhere(np.isnan(found["delta"])).tolist() == [[1, 7]]
    assert np.flatnonzero(np.isnan(found["bias_gradient"])).tolist() == [7]
    assert np.isnan(root(found["sums"].reshape(2, 3))).all()
