"""The log axis: which decades, which cell."""

from __future__ import annotations

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradtui.tui.axis import BLOCK, LIMITS, Axis, pinned

positive = st.floats(1e-300, 1e300, allow_nan=False, allow_infinity=False)
axes = st.builds(
    lambda low, blocks: Axis(low * BLOCK, (low + blocks) * BLOCK), st.integers(-20, 10), st.integers(1, 12)
)
widths = st.integers(1, 300)


def test_the_default_spans_twenty_decades() -> None:
    assert pinned([1e-3, 0.5], "float32") == Axis(-20, 0)


def test_it_widens_in_blocks_of_four_decades() -> None:
    assert pinned([3e-21], "float32") == Axis(-24, 0)
    assert pinned([1.5], "float32") == Axis(-20, 4)
    assert pinned([1e-20, 1.0], "float32") == Axis(-20, 0)


def test_it_never_becomes_narrower_from_run_to_run() -> None:
    assert pinned([1e-2], "float32", Axis(-40, 4)) == Axis(-40, 4)


def test_zero_nan_and_infinity_do_not_move_it() -> None:
    assert pinned([0.0, math.nan, math.inf, -math.inf], "float64") == Axis(-20, 0)


@given(st.lists(positive), st.sampled_from(["float32", "float64"]))
def test_all_of_step_0_lies_on_the_axis_within_the_number_format(values: list[float], dtype: str) -> None:
    axis = pinned(values, dtype)
    assert axis.low % BLOCK == 0
    assert axis.high % BLOCK == 0
    assert axis.low <= -20
    assert axis.high >= 0
    low, high = LIMITS[dtype]
    for value in values:
        if 10.0**low <= value <= 10.0**high:
            assert not axis.is_below(value)
            assert not axis.is_above(value)


@given(positive, positive, axes, widths)
def test_a_larger_value_never_has_a_shorter_bar(a: float, b: float, axis: Axis, width: int) -> None:
    small, large = sorted((a, b))
    assert 0 <= axis.eighths(small, width) <= axis.eighths(large, width) <= 8 * width
    assert 0 <= axis.cell(small, width) <= axis.cell(large, width) < width


@given(axes, st.integers(8, 300), st.floats(0, 1))
def test_a_bar_is_as_long_as_its_value_says_to_an_eighth(axis: Axis, width: int, at: float) -> None:
    value = 10.0 ** (axis.low + at * (axis.high - axis.low))
    assert abs(axis.eighths(value, width) / 8 - at * width) <= 1 / 16 + 1e-6


@pytest.mark.parametrize("width", [10, 30, 46, 80, 150])
def test_labels_stand_where_their_decade_is_and_do_not_touch(width: int) -> None:
    axis = Axis(-24, 0)
    labels = axis.labels(width)
    assert labels[0] == (0, "1e-24")
    assert labels[-1][1] == "1"
    for (cell, text), (following, _) in pairwise(labels):
        assert cell + len(text) + 2 <= following
        assert cell == round((float(text[2:]) + 24) / 24 * width)


@given(axes, widths)
def test_labels_never_leave_the_axis(axis: Axis, width: int) -> None:
    for cell, text in axis.labels(width):
        assert cell >= 0
        assert cell + len(text) <= width
