"""The gradient over time as upright bars: every step in a column, nothing broken hidden, heights on the axis."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradtui.tui import rungs
from gradtui.tui.axis import Axis
from gradtui.tui.bands import band
from gradtui.tui.palette import Palette, Runs
from gradtui.tui.rungs import GHOST, PARTS
from gradtui.tui.themes import DARK

PALETTE = Palette(DARK.theme, few_colours=False, plain=False)
PLAIN = Palette(DARK.theme, few_colours=False, plain=True)
gradients = st.floats(1e-19, 0.9)
broken = st.sampled_from([0.0, math.nan, math.inf])


def texts(lines: list[Runs]) -> list[str]:
    return ["".join(text for text, _ in line) for line in lines]


def inks(line: Runs) -> list[str]:
    """The background role of every cell."""
    return [ink.bg for text, ink in line for _ in text]


@given(st.integers(1, 1000), st.integers(3, 200))
def test_every_step_stands_in_exactly_one_column_and_the_newest_at_the_right_edge(steps: int, width: int) -> None:
    where = rungs.columns(steps, width)
    assert [step for span in where.spans for step in range(span.first, span.last + 1)] == list(range(steps))
    assert where.start + where.cells * len(where.spans) == width
    assert where.shared == (steps > width)
    if steps <= width:
        assert len(where.spans) == steps
        assert where.cells == min(rungs.WIDEST, width // steps)
    elif width >= 3:
        assert where.spans[0].single
        assert where.spans[-1].single


@given(st.lists(gradients, min_size=1, max_size=30), st.integers(1, 8))
def test_a_column_is_as_high_as_its_value_says(values: list[float], height: int) -> None:
    where, axis = rungs.columns(len(values), 40), Axis()
    lines = rungs.draw(tuple(values), (), axis, where, height, PLAIN)
    for place, value in enumerate(values):
        cell = where.start + place * where.cells
        column = [line[cell] for line in texts(lines)][::-1]
        eighths = sum(8 if glyph == "█" else PARTS.index(glyph) for glyph in column)
        assert eighths == max(1, axis.eighths(value, height))


@given(st.lists(gradients, min_size=41, max_size=200), st.integers(1, 6))
def test_a_shared_column_is_full_to_its_smallest_and_pale_to_its_largest(values: list[float], height: int) -> None:
    where, axis = rungs.columns(len(values), 40), Axis()
    lines = rungs.draw(tuple(values), (), axis, where, height, PALETTE)
    for cell, span in enumerate(where.spans):
        held = values[span.first : span.last + 1]
        grounds = [inks(line)[cell] for line in lines][::-1]
        colour = f"band{band(min(held))}"
        assert grounds.count(colour) == max(1, axis.eighths(min(held), height)) // 8
        top = max(1, math.ceil(axis.eighths(max(held), height) / 8))
        reached = [ground for ground in grounds if ground]
        assert len(reached) in (top, top - 1)
        assert all(ground in (colour, f"dim{band(min(held))}") for ground in reached)


@given(st.lists(st.one_of(gradients, broken), min_size=1, max_size=300), st.integers(3, 50), st.integers(1, 5))
def test_what_is_no_number_is_never_hidden(values: list[float], width: int, height: int) -> None:
    where = rungs.columns(len(values), width)
    foot = texts(rungs.draw(tuple(values), (), Axis(), where, height, PALETTE))[-1]
    marked = {cell: letter for cell, letter, _ in rungs.letters(tuple(values), where)}
    for place, span in enumerate(where.spans):
        held = values[span.first : span.last + 1]
        cell = where.start + place * where.cells
        if any(map(math.isinf, held)):
            assert foot[cell] == marked[cell] == "∞"
        elif any(map(math.isnan, held)):
            assert foot[cell] == marked[cell] == "N"
        elif 0.0 in held:
            assert foot[cell] == marked[cell] == "0"
        else:
            assert cell not in marked
            assert foot[cell] not in "N0∞"


def test_step_0_is_a_tick_where_the_bar_does_not_end() -> None:
    where = rungs.columns(1, 1)
    (cell,) = {
        line.index(GHOST) for line in texts(rungs.draw((1e-18,), (1e-1,), Axis(), where, 5, PALETTE)) if GHOST in line
    }
    assert cell == 0
    assert texts(rungs.draw((1e-18,), (1e-1,), Axis(), where, 5, PALETTE))[0] == GHOST
    # Inside a bar it is drawn on the bar; at its end there is nothing to see.
    inside = rungs.draw((0.9,), (1e-17,), Axis(), where, 5, PALETTE)
    assert texts(inside)[-1] == GHOST
    assert inside[-1][0][1].bg == f"band{band(0.9)}"
    assert GHOST not in "".join(texts(rungs.draw((1e-3,), (1e-3,), Axis(), where, 5, PALETTE)))


@pytest.mark.parametrize(("value", "line", "glyph"), [(1e5, 0, "▴"), (1e-30, -1, "▾")])
def test_a_value_beyond_the_axis_has_an_arrow(value: float, line: int, glyph: str) -> None:
    drawn = texts(rungs.draw((value,), (), Axis(), rungs.columns(1, 1), 3, PALETTE))
    assert drawn[line] == glyph


def test_shares_stand_in_eighths_and_a_nan_is_seen() -> None:
    where = rungs.columns(5, 5)
    ink = PALETTE and rungs.Ink()
    line = rungs.shares([0.0, 0.5, 1.0, math.nan, 0.01], where, ink)
    assert "".join(text for text, _ in line) == "·▄█N·"
