"""Generator and discriminator: their losses, their noise, and weights held in bounds."""

from __future__ import annotations

import math

import naive_adversaries as naive
import numpy as np
import pytest
from alone import DTYPES, both_ways, close, resolution, run
from hypothesis import given
from hypothesis import strategies as st

from gradtui.engine.kernels.adversarial_losses import GAMES
from gradtui.engine.kernels.adversaries import draw_noise, hand_over, hold_in_bounds
from gradtui.engine.randomness import Stream, step_normals

SIZES = st.integers(1, 20)
SEEDS = st.integers(0, 2**63 - 1)
SPREADS = st.sampled_from([1e-3, 1.0, 10.0, 300.0])
SIDES = ("discriminator", "generator")


def _outputs(dtype, side, seed, half, outputs, spread):
    rows = 2 * half if side == "discriminator" else half
    return (np.random.default_rng(seed).standard_normal((rows, outputs)) * spread).astype(dtype)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("name", GAMES)
@given(half=SIZES, outputs=st.integers(1, 3), seed=st.integers(0, 2**32), spread=SPREADS)
def test_losses(dtype, side, name, half, outputs, seed, spread):
    a = _outputs(dtype, side, seed, half, outputs, spread)
    found = both_ways(getattr(GAMES[name], side), dtype, a=a)
    loss, right, delta = getattr(naive, side)(name, a.astype(np.float64))
    assert found["report"][0] == pytest.approx(loss, rel=1e-12, abs=1e-12 * max(1.0, spread**2))
    assert found["report"][1] == pytest.approx(right, nan_ok=True)
    # What is below the smallest normal number is flushed to 0.
    close(found["delta"], delta, 4 * resolution(dtype), np.abs(delta) + np.finfo(dtype).tiny / resolution(dtype))


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("name", GAMES)
def test_the_gradient_is_the_slope_of_the_loss(side, name):
    a = _outputs("float64", side, 3, 4, 2, 2.0)
    kernel, h = getattr(GAMES[name], side), 1e-5
    delta = run(kernel, "float64", a=a)["delta"]
    for at in np.ndindex(*a.shape):
        losses = []
        for shift in (h, -h):
            moved = a.copy()
            moved[at] += shift
            losses.append(run(kernel, "float64", a=moved)["report"][0])
        assert delta[at] == pytest.approx((losses[0] - losses[1]) / (2.0 * h), abs=1e-8)


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("name", GAMES)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_shows(side, name, bad):
    """NaN and the infinite reach the loss or are its limit, as PyTorch's own functions have it."""
    a = _outputs("float64", side, 3, 4, 1, 2.0)
    a[1, 0] = bad
    found = both_ways(getattr(GAMES[name], side), "float64", a=a)
    if np.isnan(bad):
        assert np.isnan(found["report"][0])
        if name != "wasserstein":
            assert np.isnan(found["delta"][1, 0])
    others = np.delete(found["delta"], 1)
    assert np.isfinite(others).all()


@given(logit=st.floats(-700.0, 700.0))
def test_ratio_of_minimax_and_non_saturating(logit):
    """|grad of log(1 - D)| / |grad of -log D| = D / (1 - D) = exp(logit), in the same direction, for one sample."""
    a = np.array([[logit]])
    slopes = [run(GAMES[name].generator, "float64", a=a)["delta"][0, 0] for name in ("minimax", "non_saturating")]
    assert slopes[0] < 0.0
    assert slopes[1] < 0.0
    assert slopes[0] / slopes[1] == pytest.approx(math.exp(logit), rel=1e-12)


@pytest.mark.parametrize("dtype", DTYPES)
@given(rows=SIZES, latent=SIZES, seed=SEEDS, place=st.integers(0, 2**40), step=st.integers(0, 2**40))
def test_noise(dtype, rows, latent, seed, place, step):
    """The kernel's numbers, Python's whole numbers', and the array function's."""
    clock = np.array([step, 0, 0, 0])
    shape = (rows, latent)
    sizes = {"batch": rows, "latent": latent}
    wanted = naive.noise(seed, place, step, shape)
    for checked in (False, True) if dtype == "float64" else (False,):
        found = run(draw_noise, dtype, checked=checked, sizes=sizes, clock=clock, seed=seed, place=place)["noise"]
        close(found, wanted, 10 * resolution(dtype), np.abs(wanted) + 1.0)
    drawn = step_normals(seed, Stream.LATENT, place, step, rows * latent).reshape(shape)
    close(drawn, wanted, 1e-13, np.abs(wanted) + 1.0)


def test_noise_is_normal():
    """Moments of 200,000 numbers, at one chance in a million; other steps and places are other numbers."""
    drawn = [step_normals(0, Stream.LATENT, place, step, 200_000) for place, step in [(0, 1), (1, 0), (0, 2)]]
    assert abs(drawn[0].mean()) < 5 / math.sqrt(200_000)
    assert abs(drawn[0].var() - 1.0) < 5 * math.sqrt(2 / 200_000)
    assert abs((drawn[0] ** 4).mean() - 3.0) < 5 * math.sqrt(96 / 200_000)
    assert np.abs(np.corrcoef(drawn) - np.eye(3)).max() < 5 / math.sqrt(200_000)


@pytest.mark.parametrize("dtype", DTYPES)
@given(rows=SIZES, columns=SIZES, seed=st.integers(0, 2**32))
def test_handing_over(dtype, rows, columns, seed):
    source = np.random.default_rng(seed).standard_normal((rows, columns)).astype(dtype)
    np.testing.assert_array_equal(both_ways(hand_over, dtype, source=source)["copied"], source)


@pytest.mark.parametrize("dtype", DTYPES)
@given(size=SIZES, bound=st.sampled_from([0.01, 0.5, 3.0]), seed=st.integers(0, 2**32))
def test_bounds(dtype, size, bound, seed):
    random = np.random.default_rng(seed)
    before, p = (random.standard_normal(size).astype(dtype) for _ in range(2))
    found = both_ways(hold_in_bounds, dtype, p=p, before=before, bound=np.array([bound]))
    bound = float(np.dtype(dtype).type(bound))
    wanted = np.clip(p, -bound, bound)
    np.testing.assert_array_equal(found["p"], wanted)
    for word, values in ((1, wanted - before), (4, before)):
        assert found["sums"][word] == pytest.approx((values.astype(np.float64) ** 2).sum(), rel=1e-6)


def test_bounds_keep_nan():
    found = both_ways(
        hold_in_bounds, "float64", p=np.array([np.nan, np.inf, -np.inf]), before=np.zeros(3), bound=np.ones(1)
    )
    np.testing.assert_array_equal(found["p"], [np.nan, 1.0, -1.0])
