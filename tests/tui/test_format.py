"""Numbers as text."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradtui.tui import format

finite = st.floats(allow_nan=False, allow_infinity=False)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (math.nan, "NaN"),
        (math.inf, "inf"),
        (-math.inf, "-inf"),
        (2.3614e-20, "2.36e-20"),
        (5e-324, "4.94e-324"),
        (1.0, "1.00e+00"),
    ],
)
def test_number(value: float, text: str) -> None:
    assert format.number(value) == text


@given(finite, st.integers(1, 6))
def test_a_number_reads_back_to_its_digits(value: float, digits: int) -> None:
    back = float(format.number(value, digits))
    assert math.isclose(back, value, rel_tol=0.51 * 10 ** (1 - digits), abs_tol=1e-320) or math.isinf(back)


@given(st.floats(1e-99, 1e99))
def test_a_number_keeps_its_width(value: float) -> None:
    assert len(format.number(value)) == 8


@pytest.mark.parametrize(
    ("value", "underflow", "word"),
    [
        (0.0, 0.0, "0"),
        (0.0, 1.0, "underflow"),
        (math.nan, 0.0, "NaN"),
        (math.inf, 0.0, "inf"),
        (1e-30, 0.5, ""),
    ],
)
def test_word(value: float, underflow: float, word: str) -> None:
    assert format.word(value, underflow) == word


@given(st.floats(0, 9e5))
def test_a_rate_is_short(rate: float) -> None:
    assert len(format.rate(rate)) <= 5


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.0, "0"), (math.nan, "0"), (0.42, "0.4"), (812.4, "812"), (1240, "1,240"), (12400, "12.4k")],
)
def test_rate(value: float, text: str) -> None:
    assert format.rate(value) == text


@pytest.mark.parametrize(
    ("share", "text"),
    [(0.0, "0 %"), (0.004, "0.4 %"), (0.0996, "10 %"), (0.123, "12 %"), (1.0, "100 %"), (math.nan, "NaN")],
)
def test_percent(share: float, text: str) -> None:
    assert format.percent(share) == text


@given(st.text(max_size=30), st.integers(0, 40))
def test_fitted_text_has_the_width_asked_for(text: str, width: int) -> None:
    assert len(format.fitted(text, width)) == width


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (1.8, "1.80"),
        (0.04, "0.0400"),
        (0.0, "0.00"),
        (123.4, "123"),
        (2302.6, "2303"),
        (25500.0, "2.6e4"),
        (6e-5, "6.0e-5"),
        (math.nan, "NaN"),
        (math.inf, "inf"),
    ],
)
def test_steady(value: float, text: str) -> None:
    assert format.steady(value) == text


@given(st.floats(1e-300, 1e300))
def test_a_steady_value_is_short_and_true(value: float) -> None:
    text = format.steady(value)
    assert len(text) <= (6 if 1e-9 < value < 1e9 else 8)
    assert math.isclose(float(text), value, rel_tol=0.051)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"),
        (0.5, "0.5"),
        (20.0, "20"),
        (100.0, "100"),
        (5e3, "5000"),
        (31622.0, "3.2e4"),
        (1e12, "1e12"),
        (0.001, "0.001"),
        (5e-4, "5e-4"),
        (-1e-4, "-1e-4"),
        (2e-5, "2e-5"),
    ],
)
def test_tick(value: float, text: str) -> None:
    assert format.tick(value) == text


@given(st.integers(-2, 60))
def test_what_is_too_long_ends_with_a_whole_word(width: int) -> None:
    text = "×0.679 a layer: layer 1 hears 9.2e-06 of what the output hears"
    shown = format.begun(text, width)
    assert len(shown) == max(0, width)
    words = shown.split()
    assert words[:-1] == text.split()[: max(0, len(words) - 1)]
    assert width <= 0 or words[-1] == "…"
    assert format.begun(text, 70) == text.ljust(70)


@given(st.sampled_from((1, 2, 5)), st.integers(-99, 99))
def test_a_round_number_fits_beside_a_chart(first: int, decade: int) -> None:
    text = format.tick(float(f"{first}e{decade}"))
    assert len(text) <= 5
    assert float(text) == float(f"{first}e{decade}")
