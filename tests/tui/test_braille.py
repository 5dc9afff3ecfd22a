"""The braille chart."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from gradtui.tui.braille import Canvas, Scale, bracket

UNIT = Scale(0, 1)


def dots(canvas: Canvas) -> set[tuple[int, int]]:
    """The dots that are set, as (column, row) from the top left."""
    order = ((0, 0), (0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (0, 3), (1, 3))
    return {
        (2 * x + order[bit][0], 4 * y + order[bit][1])
        for y, line in enumerate(canvas.lines())
        for x, cell in enumerate(line)
        if cell != " "
        for bit in range(8)
        if ord(cell) - 0x2800 >> bit & 1
    }


def test_the_corners() -> None:
    canvas = Canvas(3, 2)
    for x, y in ((0, 0), (0, 1), (1, 0), (1, 1)):
        canvas.curve([x], [y], UNIT, UNIT)
    assert dots(canvas) == {(0, 7), (0, 0), (5, 7), (5, 0)}


@given(st.lists(st.floats(0, 1), min_size=2, max_size=20), st.integers(1, 30), st.integers(1, 10))
def test_a_curve_has_a_dot_for_each_value_and_no_gap(ys: list[float], width: int, height: int) -> None:
    canvas = Canvas(width, height)
    xs = [at / (len(ys) - 1) for at in range(len(ys))]
    canvas.curve(xs, ys, UNIT, UNIT)
    found = dots(canvas)
    for x, y in zip(xs, ys, strict=True):
        assert (round(x * (2 * width - 1)), 4 * height - 1 - round(y * (4 * height - 1))) in found
    assert {x for x, _ in found} == set(range(2 * width))


def test_what_is_no_number_leaves_a_gap() -> None:
    canvas = Canvas(4, 1)
    canvas.curve([0.0, 0.5, 1.0], [0.5, math.nan, 0.5], UNIT, UNIT)
    assert len(dots(canvas)) == 2


def test_zero_and_below_have_no_place_on_a_log_axis() -> None:
    scale = Scale(1e-3, 10, log=True)
    assert scale.dots([0.0, -1.0, math.nan, math.inf], 8) == [None] * 4
    assert scale.dots([1e-3, 0.1, 10, 1e-9, 1e9], 8) == [0, 4, 8, 0, 8]


@given(st.floats(1e-12, 1e12), st.floats(1e-12, 1e12))
def test_bracket_is_close_and_round(a: float, b: float) -> None:
    low, high = bracket(min(a, b), max(a, b))
    assert low <= min(a, b) * (1 + 1e-9)
    assert max(a, b) <= high * (1 + 1e-9)
    assert low < high
    assert low * 2.5 >= min(a, b) * (1 - 1e-9)
    for bound in (low, high):
        assert f"{bound:e}"[0] in "125"
