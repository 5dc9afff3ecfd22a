"""Dropout: which values it drops, how often, and that the gradient takes the same way."""

from __future__ import annotations

import math

import naive_layers
import numpy as np
import pytest
from alone import DTYPES, both_ways, close, resolution, run
from hypothesis import given
from hypothesis import strategies as st

from gradtui.engine.kernels.dropout import dropout_backward, dropout_forward
from gradtui.engine.randomness import dropout_keeps

SIZES = st.integers(1, 20)
SEEDS = st.integers(0, 2**63 - 1)
RATES = st.one_of(st.sampled_from([0.0, 0.5, 1.0]), st.floats(0.0, 1.0))


def _forward(dtype, a, rate, seed=0, place=1, step=0, way=both_ways):
    clock = np.array([step, 0, 0, 0])
    return way(dropout_forward, dtype, a=a, rate=np.array([rate]), clock=clock, seed=seed, place=place)


@pytest.mark.parametrize("dtype", DTYPES)
@given(rows=SIZES, units=SIZES, rate=RATES, seed=SEEDS, place=st.integers(0, 2**40), step=st.integers(0, 2**40))
def test_what_is_dropped(dtype, rows, units, rate, seed, place, step):
    """As drawn by Python's whole numbers, and as the array function says."""
    a = np.random.default_rng(0).standard_normal((rows, units)).astype(dtype)
    found = _forward(dtype, a, rate, seed, place, step)
    wanted = naive_layers.dropout_mask(seed, place, step, (rows, units), rate)
    close(found["mask"], wanted, resolution(dtype))
    close(found["a"], a * wanted, 2 * resolution(dtype))
    keeps = dropout_keeps(seed, place, step, rows * units, rate)
    assert ((found["mask"] != 0.0).ravel() == keeps).all()


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_the_share_and_the_mean(rate):
    """Over 200,000 values, at one chance in a million; the mean stays what it was."""
    count = 200_000
    mask = _forward("float32", np.ones((200, 1000)), rate, way=run)["mask"]
    assert abs((mask == 0.0).mean() - rate) < 5 * math.sqrt(rate * (1 - rate) / count)
    assert abs(mask.mean() - 1.0) < 5 * math.sqrt(rate / (1 - rate) / count)


def test_steps_places_and_seeds_draw_apart():
    drawn = [dropout_keeps(s, p, t, 100_000, 0.5) - 0.5 for s, p, t in [(0, 1, 2), (0, 2, 1), (1, 0, 2), (2, 1, 0)]]
    cross = np.corrcoef(drawn) - np.eye(4)
    assert np.abs(cross).max() < 5 / math.sqrt(100_000)


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_gradient_takes_the_same_way(dtype):
    """The operation is linear: what comes back through it is the mask itself, as it is in PyTorch."""
    torch = pytest.importorskip("torch")
    random = np.random.default_rng(1)
    a, delta = (random.standard_normal((5, 7)).astype(dtype) for _ in range(2))
    mask = _forward(dtype, a, 0.3)["mask"]
    x = torch.tensor(a, requires_grad=True)
    (x * torch.tensor(mask)).backward(torch.tensor(delta))
    found = both_ways(dropout_backward, dtype, delta=delta, mask=mask)["delta"]
    np.testing.assert_array_equal(found, x.grad.numpy())


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_shows(dtype, bad):
    """Kept or dropped (0 times inf is NaN, in PyTorch too), and nowhere else."""
    a = np.ones((4, 6))
    a[1, 2] = bad
    for rate in (0.0, 0.5, 1.0):
        found = ~np.isfinite(_forward(dtype, a, rate)["a"])
        assert found[1, 2]
        assert found.sum() == 1
