"""What is measured inside a step: sums of squares and cosines, at ordinary sizes and at the ends of each format."""

from __future__ import annotations

import math

import naive
import numpy as np
import pytest
from alone import DTYPES, both_ways, run
from hypothesis import given
from hypothesis import strategies as st

from gradtui.engine.kernels.gauges import gradient_gauges, square_sum
from gradtui.engine.readout import root

SEEDS = st.integers(0, 2**32)
#: Decimal exponents of the entries' size: float32 as far as its normal numbers go, float64 as far as its own.
EXPONENTS = {"float32": st.integers(-36, 37), "float64": st.integers(-300, 300)}
#: Where float64 entries change from one word to the next: 2**-400 and 2**400.
SEAMS = (2.0**-400, 2.0**400)


def _length(sums):
    return float(root(np.asarray(sums)[None, :3])[0])


@pytest.mark.parametrize("dtype", DTYPES)
@given(draw=st.data(), size=st.integers(1, 70), seed=SEEDS)
def test_square_sum_at_any_scale(dtype, draw, size, seed):
    scale = 10.0 ** draw.draw(EXPONENTS[dtype])
    g = (np.random.default_rng(seed).uniform(-1.0, 1.0, size) * scale).astype(dtype)
    found = both_ways(square_sum, dtype, g=g)["sums"]
    assert _length(found) == pytest.approx(naive.norm(g), rel=1e-12)


@pytest.mark.parametrize("seam", SEAMS)
@given(size=st.integers(1, 200), seed=SEEDS, spread=st.sampled_from([1.0, 4.0, 64.0, 1e30]))
def test_lengths_across_a_seam(seam, size, seed, spread):
    """Entries on both sides of the place where the word changes: neither side is lost."""
    random = np.random.default_rng(seed)
    g = random.standard_normal(size) * seam * spread ** random.uniform(-1.0, 1.0, size)
    assert _length(run(square_sum, "float64", g=g)["sums"]) == pytest.approx(naive.norm(g), rel=1e-12)
    found = _measured("float64", g, g)
    assert found["last_norm"][0] == pytest.approx(naive.norm(g), rel=1e-12)
    assert found["sums"][5] == pytest.approx(1.0, rel=1e-12)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("bad", [[np.nan], [np.inf], [-np.inf], [np.inf, np.nan]])
def test_square_sum_shows_what_is_not_finite(dtype, bad):
    g = np.array([1.0, *bad, 2.0], dtype)
    found = _length(run(square_sum, dtype, g=g)["sums"])
    assert math.isnan(found) if np.isnan(bad).any() else found == math.inf


def _measured(dtype, g, previous, *, last=None, way=run):
    """`gradient_gauges` of one gradient."""
    last = naive.norm(previous) if last is None else last
    return way(gradient_gauges, dtype, g=g, previous=previous, last_norm=np.array([last]))


def _pair(seed, size):
    """A gradient and the one before."""
    return np.random.default_rng(seed).standard_normal((2, size))


@pytest.mark.parametrize("dtype", DTYPES)
@given(size=st.integers(1, 70), seed=SEEDS)
def test_gradient_gauges(dtype, size, seed):
    """Length, cosine to the last gradient, and the gradient kept for the next step."""
    g, previous = _pair(seed, size).astype(dtype)
    found = _measured(dtype, g, previous, way=both_ways)
    assert _length(found["sums"]) == pytest.approx(naive.norm(g), rel=1e-12)
    assert found["last_norm"][0] == pytest.approx(naive.norm(g), rel=1e-12)
    assert found["sums"][3] == 0.0
    assert found["sums"][5] == pytest.approx(naive.cosine(g, previous), rel=1e-9, abs=1e-12, nan_ok=True)
    assert (found["previous"] == g).all()


@pytest.mark.parametrize(
    ("dtype", "exponent"), [("float32", -36), ("float32", 36), ("float64", -290), ("float64", 290)]
)
@pytest.mark.parametrize("ratio", [1.0, 1e-3, 1e3])
def test_turn_has_no_scale(dtype, exponent, ratio):
    """The cosine is the same for gradients of any size."""
    g, previous = _pair(5, 30)
    wanted = naive.cosine(g, previous)
    scaled = (g * 10.0**exponent).astype(dtype), (previous * 10.0 ** (exponent / 1.2) * ratio).astype(dtype)
    assert _measured(dtype, *scaled)["sums"][5] == pytest.approx(wanted, rel=1e-5 if dtype == "float32" else 1e-12)


@pytest.mark.parametrize("dtype", DTYPES)
def test_turn_is_unknown_without_a_gradient(dtype):
    g, previous = _pair(6, 30).astype(dtype)
    assert math.isnan(_measured(dtype, g, previous, last=0.0)["sums"][5])
    assert math.isnan(_measured(dtype, np.zeros_like(g), previous)["sums"][5])


@pytest.mark.parametrize("dtype", DTYPES)
@given(seed=SEEDS, bad=st.lists(st.sampled_from([np.nan, np.inf, -np.inf]), max_size=5))
def test_every_entry_that_is_not_finite_is_counted(dtype, seed, bad):
    g, previous = _pair(seed, 50).astype(dtype)
    g[: len(bad)] = bad
    assert _measured(dtype, g, previous)["sums"][3] == len(bad)


@pytest.mark.parametrize("dtype", DTYPES)
def test_huge_entries_are_finite(dtype):
    """A length beyond the format is no reason to call its entries infinite."""
    g = np.full(50, np.finfo(dtype).max, dtype)
    assert _measured(dtype, g, g)["sums"][3] == 0.0
