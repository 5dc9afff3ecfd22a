"""Silent units and unexplained zeros over time, against every path written out."""

from __future__ import annotations

import numpy as np
import pytest
from alone import DTYPES, both_ways
from hypothesis import given
from hypothesis import strategies as st
from naive_recurrent import cut

from gradtui.engine.kernels.recurrent import copy_row, zero_out
from gradtui.engine.kernels.recurrent_inspection import count_silent_units, explain_zeros_over_time, follow_signal


def _sparse(random, *shape):
    """Numbers of which half are exactly 0."""
    return random.standard_normal(shape) * (random.random(shape) < 0.5)


@pytest.mark.parametrize("dtype", DTYPES)
@given(seed=st.integers(0, 2**32), rows=st.integers(1, 6), units=st.integers(1, 5))
def test_silent_units(dtype, seed, rows, units):
    slope = _sparse(np.random.default_rng(seed), rows, units)
    found = both_ways(count_silent_units, dtype, slope=slope)["count"]
    assert found.tolist() == [(slope == 0.0).all(axis=0).sum()]


@pytest.mark.parametrize("flat", [0, 1])
@given(seed=st.integers(0, 2**32), steps=st.integers(1, 6), truncation=st.integers(0, 3))
def test_a_signal_is_followed_through_open_units_and_uncut_steps(flat, seed, steps, truncation):
    random = np.random.default_rng(seed)
    above, slope = random.integers(0, 2, (steps, 3)), _sparse(random, steps, 3, 2)
    found = both_ways(
        follow_signal,
        "float64",
        above=above,
        slope=slope,
        flat_slopes=flat,
        truncation=np.array([truncation]),
    )["through"]
    for b in range(3):
        for t in range(steps):
            # From which later steps a signal could come, walking back as long as every step lets it through.
            goes = False
            for source in range(t, steps):
                way = range(t, source + 1)
                is_open = all(not flat or (slope[at, b] != 0.0).any() for at in way)
                uncut = not any(cut(at, steps, truncation) for at in way if at > t)
                goes = goes or (above[source, b] and is_open and uncut)
            assert bool(found[t, b]) == bool(goes)


@pytest.mark.parametrize("flat", [0, 1])
@pytest.mark.parametrize("late", [-1, 0, 1])
@given(seed=st.integers(0, 2**32), steps=st.integers(1, 4))
def test_unexplained_zeros(late, flat, seed, steps):
    random = np.random.default_rng(seed)
    batch, units, fan_in = 2, 2, 3
    g, x = _sparse(random, 2 * units, fan_in), _sparse(random, steps, batch, fan_in)
    slope, through = _sparse(random, steps, batch, units), random.integers(0, 2, (steps, batch))
    found = both_ways(
        explain_zeros_over_time, "float64", g=g, slope=slope, x=x, through=through, flat_slopes=flat, late=late
    )["count"]
    count = 0
    for o, i in np.argwhere(g == 0.0):
        count += any(
            through[t, b] and (not flat or slope[t, b, o % units] != 0.0) and x[t, b, i] != 0.0
            for t in range(int(o // units == late), steps)
            for b in range(batch)
        )
    assert found.tolist() == [count]


@pytest.mark.parametrize("dtype", DTYPES)
def test_rows_are_cleared_and_copied(dtype):
    row = np.arange(5.0)
    assert both_ways(copy_row, dtype, source=row)["target"].tolist() == row.tolist()
    assert both_ways(zero_out, dtype, sizes={"size": 5})["row"].tolist() == [0.0] * 5
