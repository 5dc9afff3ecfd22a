"""The bands: ordered, and every value has one."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from gradtui.tui.bands import BANDS, COLDEST, HOTTEST, band


def test_there_are_between_eight_and_sixteen() -> None:
    assert 8 <= len(BANDS) <= 16


def test_they_rise() -> None:
    decades = [row.decade for row in BANDS]
    assert decades == sorted(decades)


def test_the_ends() -> None:
    assert band(0.0) == COLDEST
    assert band(math.inf) == band(math.nan) == HOTTEST


@given(st.floats(1e-320, 1e300), st.floats(1e-320, 1e300))
def test_a_larger_value_is_never_colder(a: float, b: float) -> None:
    assert band(min(a, b)) <= band(max(a, b))


def test_edges_belong_to_the_hotter_band() -> None:
    for number, row in enumerate(BANDS[1:], start=1):
        assert band(10.0**row.decade * 1.000001) == number
        assert band(10.0**row.decade * 0.999999) == number - 1
