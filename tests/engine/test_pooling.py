"""Pooling window by window, by PyTorch and by central differences."""

from __future__ import annotations

import naive_convolution as naive
import numpy as np
import pytest
from alone import DTYPES, both_ways, close, resolution
from hypothesis import given
from hypothesis import strategies as st

from gradtui.engine.kernels.pooling import (
    average_pool_backward,
    average_pool_forward,
    max_pool_backward,
    max_pool_forward,
)

SEEDS = st.integers(0, 2**32)


@st.composite
def windows(draw):
    """(shape of x, tall, wide, stride) of which at least one output comes."""
    tall, wide, stride = (draw(st.integers(1, 4)) for _ in range(3))
    height, width = draw(st.integers(tall, tall + 5)), draw(st.integers(wide, wide + 5))
    return (draw(st.integers(1, 4)), height, width, draw(st.sampled_from([1, 3, 16, 19]))), tall, wide, stride


#: Halves, overlaps, what is left over, steps past pixels, the whole image, one pixel.
CASES = {
    "halves": ((3, 8, 8, 16), 2, 2, 2),
    "overlaps": ((2, 7, 9, 5), 3, 3, 2),
    "left_over": ((2, 5, 7, 3), 2, 2, 2),
    "long_steps": ((2, 9, 9, 4), 2, 2, 3),
    "whole_image": ((3, 4, 6, 5), 4, 6, 1),
    "pixel": ((4, 1, 1, 3), 1, 1, 1),
}


def _drawn(dtype, seed, shape, tall, wide, stride):
    """x with many equal values in it, and delta."""
    random = np.random.default_rng(seed)
    x = np.round(random.standard_normal(shape) * 2.0)
    delta = random.standard_normal(naive.average_pool(x, tall, wide, stride).shape)
    return x.astype(dtype), delta.astype(dtype)


def _max(dtype, x, delta, tall, wide, stride):
    how = {"tall": tall, "wide": wide, "stride": stride}
    out, inside = _sizes(x, delta)
    found = both_ways(max_pool_forward, dtype, x=x, **how, sizes=out)
    return found, both_ways(max_pool_backward, dtype, delta=delta, winner=found["winner"], **how, sizes=inside)["below"]


def _average(dtype, x, delta, tall, wide, stride):
    how = {"tall": tall, "wide": wide, "stride": stride}
    out, inside = _sizes(x, delta)
    found = both_ways(average_pool_forward, dtype, x=x, **how, sizes=out)["y"]
    return found, both_ways(average_pool_backward, dtype, delta=delta, **how, sizes=inside)["below"]


def _sizes(x, delta):
    return {"out_height": delta.shape[1], "out_width": delta.shape[2]}, {"height": x.shape[1], "width": x.shape[2]}


@pytest.mark.parametrize("dtype", DTYPES)
@given(window=windows(), seed=SEEDS)
def test_max_pool(dtype, window, seed):
    shape, *how = window
    x, delta = _drawn(dtype, seed, shape, *how)
    found, below = _max(dtype, x, delta, *how)
    y, winner = naive.max_pool(x, *how)
    np.testing.assert_array_equal(found["y"], y)
    np.testing.assert_array_equal(found["winner"], winner)
    exact, size = (
        naive.max_pool_backward(d.astype(np.float64), x.astype(np.float64), *how) for d in (delta, abs(delta))
    )
    close(below, exact, how[0] * how[1] * resolution(dtype), size)


@pytest.mark.parametrize("dtype", DTYPES)
@given(window=windows(), seed=SEEDS)
def test_average_pool(dtype, window, seed):
    shape, *how = window
    x, delta = _drawn(dtype, seed, shape, *how)
    y, below = _average(dtype, x, delta, *how)
    step = (how[0] * how[1] + 2) * resolution(dtype)
    x, delta = x.astype(np.float64), delta.astype(np.float64)
    close(y, naive.average_pool(x, *how), step, naive.average_pool(abs(x), *how))
    size = naive.average_pool_backward(abs(delta), x, *how)
    close(below, naive.average_pool_backward(delta, x, *how), step, size)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("bad", [0.0, np.nan, -np.inf])
def test_value_and_gradients_are_pytorchs(case, dtype, bad):
    """The winner among equals too, and where NaN and -inf stand among the values."""
    torch = pytest.importorskip("torch")
    shape, *how = CASES[case]
    x, delta = _drawn(dtype, 2, shape, *how)
    x[0, 0, 0, 1] = x[-1, -1, -1, 0] = bad
    x[1, :, :, 2] = bad

    def there(image):
        return torch.tensor(np.ascontiguousarray(image.transpose(0, 3, 1, 2)), requires_grad=True)

    tall, wide, stride = how
    pooled = torch.nn.functional
    for mine, torchs in ((_max, pooled.max_pool2d), (_average, pooled.avg_pool2d)):
        inputs = there(x)
        output = torchs(inputs, (tall, wide), stride)
        output.backward(there(delta).detach())
        found, below = mine(dtype, x, delta, *how)
        y = found["y"] if mine is _max else found
        tolerance = {"float32": 1e-6, "float64": 1e-14}[dtype]
        close(y, output.detach().numpy().transpose(0, 2, 3, 1), tolerance, 10.0)
        close(below, inputs.grad.numpy().transpose(0, 2, 3, 1), tolerance, 10.0)


@pytest.mark.parametrize("case", CASES)
def test_by_finite_differences(case):
    """Along one direction through all values at once; no two values are so near that a step changes the winner."""
    shape, *how = CASES[case]
    _, delta = _drawn("float64", 3, shape, *how)
    random = np.random.default_rng(3)
    x = random.permutation(float(np.prod(shape)) * np.linspace(-1.0, 1.0, int(np.prod(shape)))).reshape(shape)
    direction = random.standard_normal(shape) * 1e-3
    for mine, forward in (
        (_max, lambda at: naive.max_pool(at, *how)[0]),
        (_average, lambda at: naive.average_pool(at, *how)),
    ):
        _, below = mine("float64", x, delta, *how)
        slope = ((forward(x + direction) - forward(x - direction)) * delta).sum() / 2.0
        assert (below * direction).sum() == pytest.approx(slope, rel=1e-7)
