"""Which layers share a row, and what the row says."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradtui.tui import rows
from gradtui.tui.axis import Axis
from gradtui.tui.rows import Span, Values

values = st.one_of(st.floats(1e-60, 1e10), st.sampled_from([0.0, math.nan, math.inf]))


@given(st.integers(0, 1001), st.integers(1, 100))
def test_every_layer_is_in_exactly_one_row(taps: int, height: int) -> None:
    spans = rows.spans(taps, height)
    assert [tap for span in spans for tap in range(span.first, span.last + 1)] == list(range(taps))
    assert len(spans) <= height


@given(st.integers(5, 1001), st.integers(3, 100))
def test_first_and_last_layer_have_a_row_to_themselves_and_the_rest_shares_evenly(taps: int, height: int) -> None:
    spans = rows.spans(taps, height)
    assert spans[0].single
    assert spans[-1].single
    if taps > height:
        sizes = {span.last - span.first for span in spans[1:-1]}
        assert max(sizes) - min(sizes) <= 1


def test_names() -> None:
    taps = ["1", "2", "3", "out"]
    assert rows.name(Span(1, 1), taps) == "2"
    assert rows.name(Span(0, 2), taps) == "1-3"


@given(st.lists(values, min_size=1, max_size=8), st.integers(4, 80))
def test_a_group_shows_its_smallest_and_its_largest(bars: list[float], width: int) -> None:
    axis, span = Axis(), Span(0, len(bars) - 1)
    track = rows.track(span, Values(bars, bars), axis, width)
    broken = [bar for bar in bars if not 0.0 < bar < math.inf]
    assert bool(track.word) == bool(broken)
    if broken:
        assert (track.start, track.stop) == (0, 0)
    elif len(bars) > 1:
        assert track.start == 8 * axis.cell(min(bars), width)
        assert track.stop == max(axis.eighths(max(bars), width), track.start + 8)
    for cell in (*track.ghosts, *track.marks, *track.far_marks):
        assert 0 <= cell < width


def test_a_layer_alone_among_shared_rows_is_drawn_like_them() -> None:
    alone, shared = Values([1e-5], [1e-5]), Values([1e-5, 1e-5], [1e-5, 1e-5])
    assert rows.track(Span(0, 0), alone, Axis(), 40, sharing=True) == rows.track(Span(0, 1), shared, Axis(), 40)
    assert rows.track(Span(0, 0), alone, Axis(), 40).start == 0


@pytest.mark.parametrize(
    ("bars", "word"),
    [
        ([0.0, 0.0], "0"),
        ([0.0, 1e-30], "0 in 1 of 2"),
        ([math.nan, 0.0, 1.0], "NaN in 1 of 3"),
        ([math.inf, math.inf, 1.0], "inf in 2 of 3"),
    ],
)
def test_a_broken_layer_in_a_group_is_named(bars: list[float], word: str) -> None:
    assert rows.track(Span(0, len(bars) - 1), Values(bars, bars), Axis(), 40).word == word


def test_an_underflow_is_told_from_a_zero() -> None:
    seen = Values([0.0, 0.0], [1.0, 1.0], underflow=[1.0, 0.0])
    assert rows.track(Span(0, 0), seen, Axis(), 40).word == "underflow"
    assert rows.track(Span(1, 1), seen, Axis(), 40).word == "0"


def test_values_off_the_axis_point_to_where_they_are() -> None:
    small, large = Values([1e-30], [1e5]), Values([1e3], [1e-30])
    below, above = (rows.track(Span(0, 0), seen, Axis(), 40) for seen in (small, large))
    assert (below.arrow, below.stop, below.marks, below.far_marks) == ("◂", 0, (), (39,))
    assert (above.arrow, above.stop, above.marks, above.far_marks) == ("▸", 320, (), (0,))


@pytest.mark.parametrize(
    ("span", "text"),
    [
        (Span(0, 0), "2.36e-20"),
        (Span(0, 1), "2.4e-20…5.1e-18"),
        (Span(2, 2), "NaN"),
        (Span(1, 2), "5.1e-18…NaN"),
        (Span(3, 4), "0…inf"),
        (Span(5, 6), "1.0e+00"),
    ],
)
def test_reading(span: Span, text: str) -> None:
    assert rows.reading(span, [2.36e-20, 5.1e-18, math.nan, 0.0, math.inf, 1.0, 1.0]) == text


def test_the_worst_layer() -> None:
    assert rows.worst([1e-2, 1e-20, 1e-3]) == 1
    assert rows.worst([1e-2, 1e30, 1e-20]) == 1
    assert rows.worst([1e-2, 1e30, math.nan]) == 2
    assert rows.worst([1e-2, 0.0, 1e30]) == 1
    assert rows.worst([]) == -1
