"""The convolution's three products, by sums written out, by PyTorch and by central differences."""

from __future__ import annotations

import naive_convolution as naive
import numpy as np
import pytest
from alone import DTYPES, both_ways, close, resolution, run
from hypothesis import given
from hypothesis import strategies as st

from gradtui.engine.kernels.convolution import conv_forward, conv_input_gradient, conv_weight_gradient, scratch

SEEDS = st.integers(0, 2**32)


@st.composite
def shapes(draw):
    """(batch, height, width, channels, units, side, stride, padding) of which at least one output comes."""
    side, stride = draw(st.integers(1, 5)), draw(st.integers(1, 3))
    padding = draw(st.integers(0, side))
    least = max(side - 2 * padding, 1)
    height, width = (draw(st.integers(least, least + 6)) for _ in range(2))
    channels, units = (draw(st.sampled_from([1, 3, 8, 16, 19, 32])) for _ in range(2))
    return draw(st.sampled_from([1, 2, 5, 33])), height, width, channels, units, side, stride, padding


#: Each for something: small images in great number, a kernel as large as the image, steps that leave pixels out, steps
#: longer than the kernel, one pixel, and the layers that networks are made of.
CASES = {
    "block": (5, 8, 8, 16, 16, 3, 1, 1),
    "first": (3, 8, 8, 1, 16, 3, 1, 1),
    "colour": (2, 12, 10, 3, 8, 5, 1, 2),
    "halving": (4, 8, 8, 16, 32, 3, 2, 1),
    "projection": (4, 8, 8, 16, 32, 1, 2, 0),
    "pixel": (7, 1, 1, 5, 6, 1, 1, 0),
    "framed_pixel": (100, 1, 1, 5, 6, 3, 1, 1),
    "many_small": (130, 2, 2, 4, 20, 3, 1, 1),
    "whole_image": (3, 4, 4, 3, 5, 4, 1, 0),
    "left_out": (2, 10, 9, 3, 17, 3, 3, 0),
    "long_steps": (2, 9, 9, 3, 20, 2, 3, 2),
    "wide_frame": (2, 3, 3, 2, 2, 3, 1, 3),
    "one_round_and_a_bit": (1, 12, 11, 2, 2, 3, 1, 1),
}


def _drawn(dtype, seed, shape):
    batch, height, width, channels, units, side, stride, padding = shape
    random = np.random.default_rng(seed)
    out = [(size + 2 * padding - side) // stride + 1 for size in (height, width)]
    wanted = [(batch, height, width, channels), (units, side * side * channels), (units,), (batch, *out, units)]
    return [random.standard_normal(each).astype(dtype) for each in wanted]


def _through(dtype, shape, x, weight, bias, delta):
    """What the three kernels leave: z, dL/dweight, dL/dx."""
    _, height, width, channels, _, side, stride, padding = shape
    room, places = scratch(*shape)
    how = {"side": side, "stride": stride, "padding": padding}
    sizes = {"room": room, "places": places, "out_height": delta.shape[1], "out_width": delta.shape[2]}
    z = both_ways(conv_forward, dtype, x=x, weight=weight, bias=bias, **how, sizes=sizes)["z"]
    sizes = {"room": room, "places": places, "patch": weight.shape[1]}
    gradient = both_ways(conv_weight_gradient, dtype, delta=delta, x=x, **how, sizes=sizes)["weight_gradient"]
    sizes = {"room": room, "places": places, "height": height, "width": width, "channels": channels}
    below = both_ways(conv_input_gradient, dtype, delta=delta, weight=weight, **how, sizes=sizes)["below"]
    return z, gradient, below


def _check(dtype, shape, seed):
    arrays = _drawn(dtype, seed, shape)
    z, gradient, below = _through(dtype, shape, *arrays)
    x, weight, bias, delta = (each.astype(np.float64) for each in arrays)
    how, step = shape[-3:], resolution(dtype)
    terms = weight.shape[1] + 1
    close(
        z, naive.convolution(x, weight, bias, *how), terms * step, naive.convolution(*map(abs, (x, weight, bias)), *how)
    )
    wanted = naive.convolution_backward(delta, x, weight, *how)
    magnitudes = naive.convolution_backward(abs(delta), abs(x), abs(weight), *how)
    terms = (delta.shape[-1] * how[0] ** 2 + 1, delta[..., 0].size)
    for found, exact, count, magnitude in zip((below, gradient), wanted, terms, magnitudes, strict=True):
        close(found, exact, count * step, magnitude)


@pytest.mark.parametrize("dtype", DTYPES)
@given(shape=shapes(), seed=SEEDS)
def test_products_are_right_to_rounding(dtype, shape, seed):
    """Each entry is off by at most as many roundings as it has terms; all that surrounds the arrays stays."""
    _check(dtype, shape, seed)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", CASES)
def test_cases(case, dtype):
    _check(dtype, CASES[case], 1)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("case", CASES)
def test_value_and_gradients_are_pytorchs(case, dtype):
    torch = pytest.importorskip("torch")
    shape = CASES[case]
    _, _, _, channels, units, side, stride, padding = shape
    x, weight, bias, delta = _drawn(dtype, 2, shape)

    def there(image):
        return torch.tensor(np.ascontiguousarray(image.transpose(0, 3, 1, 2)), requires_grad=True)

    inputs = there(x)
    filters = there(weight.reshape(units, side, side, channels))
    output = torch.nn.functional.conv2d(inputs, filters, torch.tensor(bias), stride, padding)
    output.backward(there(delta).detach())
    found = _through(dtype, shape, x, weight, bias, delta)
    wanted = [output.detach(), filters.grad, inputs.grad]
    for mine, torchs in zip(found, wanted, strict=True):
        exact = torchs.numpy().transpose(0, 2, 3, 1).reshape(mine.shape)
        close(mine, exact, {"float32": 1e-5, "float64": 1e-12}[dtype], max(np.abs(exact).max(), 1.0))


def test_by_finite_differences():
    """The loss sum(z * delta) is linear in x and in the weights: a difference quotient is exact but for rounding."""
    shape = (2, 5, 4, 2, 3, 3, 2, 1)
    x, weight, bias, delta = _drawn("float64", 3, shape)
    _, gradient, below = _through("float64", shape, x, weight, bias, delta)

    def loss(x, weight):
        return (naive.convolution(x, weight, bias, *shape[-3:]) * delta).sum()

    for array, slopes in ((x, below), (weight, gradient)):
        for i in np.ndindex(array.shape):
            step = np.zeros_like(array)
            step[i] = 0.5
            up, down = (loss(*(a + s if a is array else a for a in (x, weight))) for s in (step, -step))
            assert slopes[i] == pytest.approx(up - down, rel=1e-10, abs=1e-12)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("case", ["block", "halving", "left_out"])
def test_what_is_not_finite_shows_where_it_reaches_and_nowhere_else(case, dtype, bad):
    """In every output whose patch holds it, in every input and weight that heard of it."""
    shape = CASES[case]
    how = shape[-3:]
    x, weight, bias, delta = _drawn(dtype, 4, shape)
    reach_x, reach_delta = np.zeros_like(x, np.float64), np.zeros_like(delta, np.float64)
    reach_x[1, 2, 3, 1] = reach_delta[1, 2, 1, 4] = 1.0
    ones = np.ones_like(weight, np.float64)
    reached = naive.convolution(reach_x, ones, np.zeros(shape[4]), *how)
    heard, learnt = naive.convolution_backward(reach_delta, np.ones_like(reach_x), ones, *how)
    x[1, 2, 3, 1] = bad
    z, _, _ = _through(dtype, shape, x, weight, bias, delta)
    np.testing.assert_array_equal(~np.isfinite(z), reached != 0.0)
    x[1, 2, 3, 1] = 1.0
    delta[1, 2, 1, 4] = bad
    _, gradient, below = _through(dtype, shape, x, weight, bias, delta)
    np.testing.assert_array_equal(~np.isfinite(below), heard != 0.0)
    np.testing.assert_array_equal(~np.isfinite(gradient), learnt != 0.0)


@given(shape=shapes())
def test_scratch_that_is_too_small_is_found_when_bounds_are_checked(shape):
    """Uncompiled, cutting a region up asks whether it is long enough."""
    x, weight, bias, delta = _drawn("float64", 5, shape)
    room, places = scratch(*shape)
    how = {"side": shape[-3], "stride": shape[-2], "padding": shape[-1]}
    sizes = {"room": room, "places": shape[-3] ** 2 - 1, "out_height": delta.shape[1], "out_width": delta.shape[2]}
    with pytest.raises(IndexError):
        run(conv_forward, "float64", checked=True, x=x, weight=weight, bias=bias, **how, sizes=sizes)
    sizes = {"room": 7, "places": places, "out_height": delta.shape[1], "out_width": delta.shape[2]}
    with pytest.raises(IndexError):
        run(conv_forward, "float64", checked=True, x=x, weight=weight, bias=bias, **how, sizes=sizes)
