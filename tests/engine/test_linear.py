"""The linear layer's three products, by BLAS and by register blocks, against sums written out."""

from __future__ import annotations

import naive
import numpy as np
import pytest
from alone import DTYPES, both_ways, close, resolution, run
from hypothesis import given
from hypothesis import strategies as st

from gradtui.engine.kernels.linear import BY_BLAS, BY_BLOCKS, choose

BATCHES = st.one_of(st.integers(1, 9), st.sampled_from([16, 33, 64, 70]))
SIDES = {
    "blas": st.one_of(st.integers(1, 9), st.sampled_from([16, 31, 64, 65])),
    "blocks": st.sampled_from([16, 32, 48, 64, 144, 256]),
}
WAYS = {"blas": BY_BLAS, "blocks": BY_BLOCKS}


def _arrays(dtype, seed, batch, fan_in, fan_out):
    """x, weight, bias and delta of very different sizes."""
    random = np.random.default_rng(seed)

    def drawn(*shape):
        return (random.standard_normal(shape) * 10.0 ** random.integers(-6, 6)).astype(dtype)

    return drawn(batch, fan_in), drawn(fan_out, fan_in), drawn(fan_out), drawn(batch, fan_out)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("way", WAYS)
@given(draw=st.data(), batch=BATCHES, seed=st.integers(0, 2**32))
def test_products_are_right_to_rounding(way, dtype, draw, batch, seed):
    """Each entry is off by at most as many roundings as it has terms, and no operand is changed."""
    fan_in, fan_out = draw.draw(SIDES[way]), draw.draw(SIDES[way])
    x, weight, bias, delta = _arrays(dtype, seed, batch, fan_in, fan_out)
    kernels, step = WAYS[way], resolution(dtype)

    z = both_ways(kernels.forward, dtype, x=x, weight=weight, bias=bias)["z"]
    close(z, naive.linear(x, weight, bias), (fan_in + 1) * step, naive.linear_magnitude(x, weight, bias))

    g = both_ways(kernels.weight_gradient, dtype, delta=delta, x=x)["weight_gradient"]
    close(g, naive.weight_gradient(delta, x), batch * step, naive.weight_gradient(abs(delta), abs(x)))

    below = both_ways(kernels.input_gradient, dtype, delta=delta, weight=weight)["below"]
    close(below, naive.input_gradient(delta, weight), fan_out * step, naive.input_gradient(abs(delta), abs(weight)))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_what_is_not_finite_shows_in_its_row_and_nowhere_else(way, dtype, bad):
    x, weight, bias, _ = _arrays(dtype, 1, 8, 16, 16)
    x[3, 5] = bad
    z = run(WAYS[way].forward, dtype, x=x, weight=weight, bias=bias)["z"]
    finite = np.isfinite(z)
    assert not finite[3].any()
    assert finite[[0, 1, 2, 4, 5, 6, 7]].all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_blocks_are_chosen_only_for_sizes_they_can_do(dtype):
    """Blocks need sides that are multiples of 16; whatever is chosen for a size must be right for it."""
    assert choose(64, 64, 64) is BY_BLOCKS
    assert choose(64, 64, 10) is BY_BLAS
    assert choose(64, 24, 64) is BY_BLAS
    assert choose(128, 256, 256) is BY_BLOCKS
    assert choose(64, 528, 256) is BY_BLAS
    assert choose(1000, 64, 64) is BY_BLAS
    for batch, fan_in, fan_out in [
        (1, 16, 128),
        (256, 128, 16),
        (257, 128, 128),
        (5, 144, 16),
        (7, 1, 1),
        (70, 256, 256),
    ]:
        x, weight, bias, _ = _arrays(dtype, 2, batch, fan_in, fan_out)
        z = run(choose(batch, fan_in, fan_out).forward, dtype, x=x, weight=weight, bias=bias)["z"]
        magnitude = naive.linear_magnitude(x, weight, bias)
        close(z, naive.linear(x, weight, bias), (fan_in + 1) * resolution(dtype), magnitude)
