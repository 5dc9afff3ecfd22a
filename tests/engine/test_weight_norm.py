"""Weight normalisation by its formula, by PyTorch and by central differences."""

from __future__ import annotations

import naive_layers
import numpy as np
import pytest
from alone import DTYPES, both_ways, close, resolution
from hypothesis import given
from hypothesis import strategies as st

from gradtui.engine.kernels.weight_norm import weight_norm_backward, weight_norm_forward

SIZES = st.one_of(st.integers(2, 9), st.sampled_from([16, 31, 144]))


def _drawn(dtype, seed, fan_out, fan_in):
    random = np.random.default_rng(seed)
    shapes = [(fan_out, fan_in), (fan_out,), (fan_out, fan_in)]
    return [random.standard_normal(shape).astype(dtype) for shape in shapes]


def _through(dtype, direction, magnitude, gradient):
    """What both passes leave behind."""
    forward = both_ways(weight_norm_forward, dtype, direction=direction, magnitude=magnitude)
    backward = both_ways(
        weight_norm_backward,
        dtype,
        weight_gradient=gradient,
        direction=direction,
        magnitude=magnitude,
        inverse=forward["inverse"],
    )
    return {**forward, **backward}


@pytest.mark.parametrize("dtype", DTYPES)
@given(fan_out=SIZES, fan_in=SIZES, seed=st.integers(0, 2**32), exponent=st.integers(-15, 15))
def test_forward(dtype, fan_out, fan_in, seed, exponent):
    """However short or long the direction: its squares are summed in float64."""
    direction, magnitude, gradient = _drawn(dtype, seed, fan_out, fan_in)
    direction *= np.array(10.0**exponent, dtype)
    found = _through(dtype, direction, magnitude, gradient)
    wanted = naive_layers.weight_norm(direction.astype(np.float64), magnitude.astype(np.float64))
    close(found["weight"], wanted, (fan_in + 8) * 2.0**-52 + 3 * resolution(dtype))
    # What goes back never lengthens or shortens the direction.
    along = (found["direction_gradient"].astype(np.float64) * direction).sum(axis=1)
    size = np.abs(found["direction_gradient"].astype(np.float64) * direction).sum(axis=1)
    length = np.abs(magnitude) * np.abs(gradient).astype(np.float64).sum(axis=1)
    assert (np.abs(along) <= 8 * fan_in * resolution(dtype) * (size + length)).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("fan_out", "fan_in"), [(1, 2), (5, 7), (16, 144)])
def test_value_and_gradients_are_pytorchs(dtype, fan_out, fan_in):
    torch = pytest.importorskip("torch")
    direction, magnitude, gradient = _drawn(dtype, 4, fan_out, fan_in)
    module = torch.nn.Linear(fan_in, fan_out, bias=False, dtype=getattr(torch, dtype))
    module = torch.nn.utils.parametrizations.weight_norm(module)
    with torch.no_grad():
        module.parametrizations.weight.original0.copy_(torch.tensor(magnitude)[:, None])
        module.parametrizations.weight.original1.copy_(torch.tensor(direction))
    module.weight.backward(torch.tensor(gradient))
    found = _through(dtype, direction, magnitude, gradient)
    tolerance = {"float32": 2e-5, "float64": 1e-12}[dtype]
    close(found["weight"], module.weight.detach().numpy(), tolerance, 1.0)
    there = module.parametrizations.weight
    close(found["magnitude_gradient"], there.original0.grad.numpy()[:, 0], tolerance, 10.0)
    close(found["direction_gradient"], there.original1.grad.numpy(), tolerance, 10.0)


def test_by_finite_differences():
    direction, magnitude, gradient = _drawn("float64", 7, 3, 4)
    found = _through("float64", direction, magnitude, gradient)
    h = 1e-6
    for o, i in np.ndindex(3, 4):
        step = np.zeros((3, 4))
        step[o, i] = h
        up, down = (naive_layers.weight_norm(direction + s, magnitude) for s in (step, -step))
        slope = ((up - down) * gradient).sum() / (2 * h)
        assert found["direction_gradient"][o, i] == pytest.approx(slope, rel=1e-6, abs=1e-8)
    unit = naive_layers.weight_norm(direction, np.ones(3))
    np.testing.assert_allclose(found["magnitude_gradient"], (unit * gradient).sum(axis=1), rtol=1e-12)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_what_is_not_finite_shows_in_its_row_and_nowhere_else(dtype, bad):
    """As does a direction without a length: 0 / 0, in PyTorch too."""
    direction, magnitude, gradient = _drawn(dtype, 5, 4, 6)
    direction[1, 2] = bad
    direction[2] = 0.0
    found = _through(dtype, direction, magnitude, gradient)
    for name in ("weight", "direction_gradient"):
        finite = np.isfinite(found[name])
        assert not finite[1, 2]
        assert not finite[2].any()
        assert finite[[0, 3]].all()
