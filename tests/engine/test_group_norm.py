"""Group normalisation by its formula, by PyTorch and by central differences; its two ends by their own kernels."""

from __future__ import annotations

import naive
import naive_layers
import numpy as np
import pytest
from alone import DTYPES, both_ways, close
from hypothesis import assume, given
from hypothesis import strategies as st

from gradtui.engine.kernels.group_norm import (
    dense_group_norm_backward,
    dense_group_norm_forward,
    group_norm_backward,
    group_norm_forward,
)
from gradtui.engine.kernels.normalisation import LAYER_NORM
from gradtui.engine.readout import root

EPS = 1e-5
SETTINGS = np.array([EPS, 0.1])
TOLERANCE = {"float32": 3e-5, "float64": 1e-11}
SHAPES = st.tuples(st.integers(1, 4), st.sampled_from([1, 2, 5, 16]), st.integers(1, 6), st.integers(1, 5))
SEEDS = st.integers(0, 2**32)


def _drawn(dtype, seed, batch, positions, units):
    random = np.random.default_rng(seed)
    shapes = [(batch, positions, units), (units,), (units,), (batch, positions, units)]
    return [random.normal(1.5, 2.0, shape).astype(dtype) for shape in shapes]


def _through(dtype, z, gamma, beta, delta, groups):
    """What both passes leave behind."""
    sizes = {"groups": groups}
    forward = both_ways(group_norm_forward, dtype, z=z, gamma=gamma, beta=beta, settings=SETTINGS, sizes=sizes)
    kept = {name: forward[name] for name in ("x_hat", "inverse")}
    return forward, both_ways(group_norm_backward, dtype, delta=delta, gamma=gamma, **kept)


@pytest.mark.parametrize("dtype", DTYPES)
@given(shape=SHAPES, seed=SEEDS)
def test_forward_is_the_formula(dtype, shape, seed):
    batch, positions, groups, width = shape
    assume(positions * width > 2)  # one or two numbers become 0 or +-1: what goes back is the noise of a cancellation
    z, gamma, beta, delta = _drawn(dtype, seed, batch, positions, groups * width)
    forward, _ = _through(dtype, z, gamma, beta, delta, groups)
    wide = [each.astype(np.float64) for each in (z, gamma, beta)]
    wanted = naive_layers.group_norm(*wide, groups, EPS)
    # Values that nearly agree are normalised by a difference of which few digits are left.
    worst = np.abs(z).max() * forward["inverse"].max()
    close(forward["z"], wanted, TOLERANCE[dtype], max(np.abs(wanted).max(), 1.0) * max(worst, 1.0))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    ("groups", "size"),
    [
        (groups, size) for groups in (1, 2, 6) for size in (1, 3, 8) if (groups, size) != (6, 1)
    ],  # one number: no variance
)
def test_value_and_gradients_are_pytorchs(dtype, groups, size):
    torch = pytest.importorskip("torch")
    z, gamma, beta, delta = _drawn(dtype, 3, 5, size * size, 6)

    def there(image):
        return torch.tensor(image.reshape(5, size, size, 6).transpose(0, 3, 1, 2).copy())

    module = torch.nn.GroupNorm(groups, 6, dtype=getattr(torch, dtype))
    with torch.no_grad():
        module.weight.copy_(torch.tensor(gamma))
        module.bias.copy_(torch.tensor(beta))
    x = there(z).requires_grad_()
    y = module(x)
    y.backward(there(delta))
    forward, backward = _through(dtype, z, gamma, beta, delta, groups)
    tolerance = {"float32": 3e-5, "float64": 1e-12}[dtype]
    for found, wanted in [(forward["z"], y.detach()), (backward["delta"], x.grad)]:
        back = wanted.numpy().transpose(0, 2, 3, 1).reshape(z.shape)
        close(found, back, tolerance, 10.0)
    close(backward["gamma_gradient"], module.weight.grad.numpy(), tolerance, 100.0)
    close(backward["beta_gradient"], module.bias.grad.numpy(), tolerance, 100.0)


def test_backward_is_the_derivative():
    z, gamma, beta, delta = _drawn("float64", 8, 2, 3, 4)
    _, found = _through("float64", z, gamma, beta, delta, 2)

    def loss(z=z, gamma=gamma, beta=beta):
        return (naive_layers.group_norm(z, gamma, beta, 2, EPS) * delta).sum()

    h = 1e-6
    for i in np.ndindex(z.shape):
        step = np.zeros_like(z)
        step[i] = h
        assert found["delta"][i] == pytest.approx((loss(z=z + step) - loss(z=z - step)) / (2 * h), rel=1e-5, abs=1e-7)
    for u, step in enumerate(np.eye(4) * h):
        by_gamma = (loss(gamma=gamma + step) - loss(gamma=gamma - step)) / (2 * h)
        by_beta = (loss(beta=beta + step) - loss(beta=beta - step)) / (2 * h)
        assert found["gamma_gradient"][u] == pytest.approx(by_gamma, rel=1e-6)
        assert found["beta_gradient"][u] == pytest.approx(by_beta, rel=1e-6)
    assert root(found["sums"].reshape(2, 3)) == pytest.approx([naive.norm(delta), naive.norm(found["delta"])])


@pytest.mark.parametrize("dtype", DTYPES)
def test_one_group_of_one_position_is_layer_norm(dtype):
    z, gamma, beta, delta = _drawn(dtype, 2, 5, 1, 7)
    forward, backward = _through(dtype, z, gamma, beta, delta, 1)
    there = both_ways(LAYER_NORM[0], dtype, z=z[:, 0], gamma=gamma, beta=beta, settings=SETTINGS)
    close(forward["z"][:, 0], there["z"], TOLERANCE[dtype], 10.0)
    kept = {name: there[name] for name in ("x_hat", "inverse")}
    back = both_ways(LAYER_NORM[1], dtype, delta=delta[:, 0], gamma=gamma, **kept)
    close(backward["delta"][:, 0], back["delta"], TOLERANCE[dtype], 10.0)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_shows_in_its_group_and_nowhere_else(dtype, bad):
    z, gamma, beta, delta = _drawn(dtype, 9, 3, 4, 6)
    z[1, 2, 3] = bad
    forward, backward = _through(dtype, z, gamma, beta, delta, 3)
    for found in (forward["z"], backward["delta"]):
        finite = np.isfinite(found)
        assert not finite[1, 2, 3]
        finite[1, :, 2:4] = True
        assert finite.all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_equal_values_stay_finite(dtype):
    z = np.full((2, 3, 4), 2.0)
    forward, _ = _through(dtype, z, np.ones(4), np.zeros(4), z, 2)
    assert (forward["z"] == 0.0).all()


@pytest.mark.parametrize("dtype", DTYPES)
@given(batch=st.integers(1, 5), groups=st.integers(1, 6), width=st.sampled_from([3, 8, 16, 21]), seed=SEEDS)
def test_one_position_by_the_kernels_for_dense_networks(dtype, batch, groups, width, seed):
    """They say what the kernels for images say."""
    z, gamma, beta, delta = _drawn(dtype, seed, batch, 1, groups * width)
    wanted, back = _through(dtype, z, gamma, beta, delta, groups)
    sizes = {"groups": groups}
    found = both_ways(
        dense_group_norm_forward, dtype, z=z[:, 0], gamma=gamma, beta=beta, settings=SETTINGS, sizes=sizes
    )
    worst = max(np.abs(z).max() * wanted["inverse"].max(), 10.0)
    close(found["z"], wanted["z"][:, 0], TOLERANCE[dtype], worst * np.abs(gamma).max())
    close(found["inverse"], wanted["inverse"], TOLERANCE[dtype] * worst)
    kept = {name: found[name] for name in ("x_hat", "inverse")}
    there = both_ways(dense_group_norm_backward, dtype, delta=delta[:, 0], gamma=gamma, **kept)
    size = worst * max(np.abs(back["delta"]).max(), wanted["inverse"].max()) * 10.0
    close(there["delta"], back["delta"][:, 0], TOLERANCE[dtype], size)
    for name in ("gamma_gradient", "beta_gradient"):
        close(there[name], back[name], TOLERANCE[dtype], worst * 10.0)
    lengths = [naive.norm(delta), naive.norm(there["delta"])]
    assert root(there["sums"].reshape(2, 3)) == pytest.approx(lengths)
