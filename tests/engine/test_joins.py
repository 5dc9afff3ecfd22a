"""Learned residual scales, highway gates and concatenation: by their formulas, by PyTorch, by central differences."""

from __future__ import annotations

import naive_layers
import numpy as np
import pytest
from alone import DTYPES, both_ways, close, resolution
from hypothesis import given
from hypothesis import strategies as st

from gradtui.engine.kernels.concatenate import concat, split
from gradtui.engine.kernels.highway import highway_mix, highway_unmix
from gradtui.engine.kernels.skip import rezero_join, rezero_part

SIZES = st.one_of(st.integers(1, 9), st.sampled_from([16, 31]))
SEEDS = st.integers(0, 2**32)
#: Roundings in one formula.
FEW = 8


def _drawn(dtype, seed, *shapes):
    random = np.random.default_rng(seed)
    return [random.standard_normal(shape).astype(dtype) for shape in shapes]


def _wide(*arrays):
    return [array.astype(np.float64) for array in arrays]


def _derivative(loss, at, h=1e-6):
    """Central differences, entry by entry."""
    slopes = np.empty_like(at)
    for i in np.ndindex(at.shape):
        step = np.zeros_like(at)
        step[i] = h
        slopes[i] = (loss(at + step) - loss(at - step)) / (2 * h)
    return slopes


# ReZero


def _rezero(dtype, z, source, alpha, delta):
    joined = both_ways(rezero_join, dtype, z=z, source=source, alpha=alpha)
    return joined, both_ways(rezero_part, dtype, delta=delta, branch=joined["branch"], alpha=alpha)


@pytest.mark.parametrize("dtype", DTYPES)
@given(rows=SIZES, units=SIZES, seed=SEEDS)
def test_rezero(dtype, rows, units, seed):
    z, source, delta, alpha = _drawn(dtype, seed, *[(rows, units)] * 3, 1)
    joined, parted = _rezero(dtype, z, source, alpha, delta)
    wide_z, wide_source, wide_delta, wide_alpha = _wide(z, source, delta, alpha)
    step = resolution(dtype)
    magnitude = naive_layers.rezero(abs(wide_z), abs(wide_source), abs(wide_alpha))
    close(joined["z"], naive_layers.rezero(wide_z, wide_source, wide_alpha), 2 * step, magnitude)
    np.testing.assert_array_equal(joined["branch"], z)
    branch, direct, slope = naive_layers.rezero_backward(wide_delta, wide_z, wide_alpha)
    close(parted["delta"], branch, step)
    close(parted["direct"], direct, 0.0)
    # Summed in float64: only the last rounding is the format's.
    close(parted["alpha_gradient"], [slope], rows * units * 2.0**-52 + step, abs(wide_delta * wide_z).sum())


@pytest.mark.parametrize("dtype", DTYPES)
def test_rezero_is_pytorchs(dtype):
    torch = pytest.importorskip("torch")
    z, source, delta, alpha = _drawn(dtype, 3, (7, 5), (7, 5), (7, 5), 1)
    joined, parted = _rezero(dtype, z, source, alpha, delta)
    there = [torch.tensor(each, requires_grad=True) for each in (z, source, alpha)]
    output = there[1] + there[2] * there[0]
    output.backward(torch.tensor(delta))
    tolerance = {"float32": 1e-6, "float64": 1e-14}[dtype]
    gradients = [parted["delta"], parted["direct"], parted["alpha_gradient"]]
    for found, wanted in zip([joined["z"], *gradients], [output.detach(), *(t.grad for t in there)], strict=True):
        close(found, wanted.numpy(), tolerance, 10.0)


def test_a_branch_at_scale_zero_learns_its_scale():
    """ReZero starts with alpha = 0: the branch hears nothing, the scale does."""
    z, source, delta = _drawn("float64", 5, (4, 3), (4, 3), (4, 3))
    joined, parted = _rezero("float64", z, source, np.zeros(1), delta)
    assert (joined["z"] == source).all()
    assert (parted["delta"] == 0.0).all()
    assert parted["alpha_gradient"][0] != 0.0


# Highway


def _highway(dtype, gate, h, x, delta):
    mixed = both_ways(highway_mix, dtype, gate=gate, h=h, x=x)
    return mixed, both_ways(highway_unmix, dtype, delta=delta, gate=mixed["gate"], carry=mixed["carry"], h=h, x=x)


@pytest.mark.parametrize("dtype", DTYPES)
@given(rows=SIZES, units=SIZES, seed=SEEDS, spread=st.sampled_from([0.1, 1.0, 20.0]))
def test_highway(dtype, rows, units, seed, spread):
    """Also for gates that are nearly shut or nearly open: neither t nor 1 - t loses digits."""
    gate, h, x, delta = _drawn(dtype, seed, *[(rows, units)] * 4)
    gate *= np.array(spread, dtype)
    mixed, parted = _highway(dtype, gate, h, x, delta)
    gate, h, x, delta = _wide(gate, h, x, delta)
    step = FEW * resolution(dtype)
    close(mixed["a"], naive_layers.highway(gate, h, x), step, naive_layers.highway(gate, abs(h), abs(x)))
    branch, direct, under = naive_layers.highway_backward(delta, gate, h, x)
    close(parted["delta"], branch, step)
    close(parted["direct"], direct, step)
    size = naive_layers.highway_backward(abs(delta), gate, abs(h), -abs(x))[2]
    close(parted["gate_delta"], under, step, size)


@pytest.mark.parametrize("dtype", DTYPES)
def test_highway_is_pytorchs(dtype):
    torch = pytest.importorskip("torch")
    gate, h, x, delta = _drawn(dtype, 3, *[(7, 5)] * 4)
    mixed, parted = _highway(dtype, gate, h, x, delta)
    there = [torch.tensor(each, requires_grad=True) for each in (gate, h, x)]
    t = torch.sigmoid(there[0])
    output = t * there[1] + (1 - t) * there[2]
    output.backward(torch.tensor(delta))
    tolerance = {"float32": 1e-6, "float64": 1e-14}[dtype]
    gradients = [parted["gate_delta"], parted["delta"], parted["direct"]]
    for found, wanted in zip([mixed["a"], *gradients], [output.detach(), *(t.grad for t in there)], strict=True):
        close(found, wanted.numpy(), tolerance, 10.0)


def test_highway_by_finite_differences():
    gate, h, x, delta = _drawn("float64", 4, *[(3, 4)] * 4)
    _, parted = _highway("float64", gate, h, x, delta)
    slopes = [
        _derivative(lambda at: (naive_layers.highway(at, h, x) * delta).sum(), gate),
        _derivative(lambda at: (naive_layers.highway(gate, at, x) * delta).sum(), h),
        _derivative(lambda at: (naive_layers.highway(gate, h, at) * delta).sum(), x),
    ]
    for name, slope in zip(["gate_delta", "delta", "direct"], slopes, strict=True):
        np.testing.assert_allclose(parted[name], slope, rtol=1e-7, atol=1e-8)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_shows(dtype, bad):
    """Where it stands and nowhere else; a gate of inf is wholly open, as the sigmoid's limit says."""
    gate, h, x, delta = _drawn(dtype, 6, *[(3, 4)] * 4)
    h[1, 2] = bad
    gate[0, 1] = np.inf
    mixed, parted = _highway(dtype, gate, h, x, delta)
    assert np.argwhere(~np.isfinite(mixed["a"])).tolist() == [[1, 2]]
    assert np.argwhere(~np.isfinite(parted["gate_delta"])).tolist() == [[1, 2]]
    assert mixed["a"][0, 1] == h[0, 1]
    joined, parted = _rezero(dtype, h, x, np.ones(1), delta)
    assert np.argwhere(~np.isfinite(joined["z"])).tolist() == [[1, 2]]
    assert not np.isfinite(parted["alpha_gradient"]).any()


# Concatenation


@pytest.mark.parametrize("dtype", DTYPES)
@given(rows=SIZES, left=SIZES, right=SIZES, seed=SEEDS)
def test_concatenation_and_its_cut(dtype, rows, left, right, seed):
    first, second = _drawn(dtype, seed, (rows, left), (rows, right))
    first[0, 0] = np.nan
    joined = both_ways(concat, dtype, first=first, second=second, sizes={"both": left + right})["joined"]
    np.testing.assert_array_equal(joined, np.concatenate([first, second], axis=1))
    cut = both_ways(split, dtype, joined=joined, sizes={"left": left, "right": right})
    np.testing.assert_array_equal(cut["first"], first)
    np.testing.assert_array_equal(cut["second"], second)
