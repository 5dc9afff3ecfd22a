"""A gain split by cause, drawn: parts add up to the total by eye as they do in numbers."""

from __future__ import annotations

import math

import pytest

from gradtui.tui import causes
from gradtui.tui.causes import CAUSES, Scale, Split
from gradtui.tui.limits import UPRIGHT
from gradtui.tui.palette import Palette
from gradtui.tui.rows import Span
from gradtui.tui.themes import DARK

PLAIN = Palette(DARK.theme, few_colours=False, plain=True)
COLOURED = Palette(DARK.theme, few_colours=False, plain=False)
TAPS = ("1", "2", "3", "4", "out")


def gauges(*rows: tuple[float, float, float, float]) -> dict[str, list[float]]:
    """Gauges of taps with these parts: slope, weights, norm, skip; the first tap has no gain."""
    table: dict[str, list[float]] = {"gain": [math.nan, *(sum(row) for row in rows)]}
    for number, cause in enumerate(CAUSES):
        table[cause.gauge] = [0.0, *(row[number] for row in rows)]
    return table


def text(split: Split, scale: Scale, width: int, palette: Palette = PLAIN) -> str:
    drawn = "".join(piece for piece, _ in causes.draw(split, scale, width, palette))
    assert len(drawn) == width
    return drawn


def test_the_ceiling_is_a_mark_where_it_is_not_the_line_itself() -> None:
    scale, width = Scale(-1.0, 1.0), 100
    low = text(Split((-0.7, 0.0, 0.0, 0.0), -0.7, ceiling=math.log10(0.25)), scale, width)
    assert low.index(UPRIGHT) == scale.half(math.log10(0.25), width) // 2
    assert low[: low.index(UPRIGHT)].count("φ") > 0, "the bar reaches the ceiling and goes on"
    for ceiling in (0.0, math.nan, -3.0):
        assert UPRIGHT not in text(Split((-0.7, 0.0, 0.0, 0.0), -0.7, ceiling=ceiling), scale, width)


@pytest.mark.parametrize("parts", [(-0.6, 0.1, 0.0, 0.0), (-0.3, -0.2, 0.4, 0.25), (0.0, 0.5, -0.9, 0.0)])
def test_parts_are_as_long_as_they_say_and_the_mark_stands_at_their_sum(parts: tuple[float, ...]) -> None:
    scale, width = Scale(-1.0, 1.0), 400
    drawn = text(Split(parts, sum(parts)), scale, width)
    cell = width / 2
    for cause, part in zip(CAUSES, parts, strict=True):
        assert drawn.count(cause.letter) == pytest.approx(abs(part) * cell, abs=2.5)
    assert drawn.index(causes.TOTAL) == pytest.approx((sum(parts) + 1.0) * cell, abs=1.5)
    left = sum(-part for part in parts if part < 0.0)
    right = sum(part for part in parts if part > 0.0)
    assert drawn.rstrip().rindex(drawn.rstrip()[-1]) == pytest.approx((1.0 + right) * cell, abs=2)
    assert len(drawn) - len(drawn.lstrip()) == pytest.approx((1.0 - left) * cell, abs=2)


def test_in_colours_a_half_cell_is_told_from_a_whole_one() -> None:
    scale = Scale(-1.0, 1.0)
    grounds = []
    for part in (0.2, 0.25):
        runs = causes.draw(Split((part, 0.0, 0.0, 0.0), 2.0), scale, 20, COLOURED)
        cells = [(letter, ink) for piece, ink in runs for letter in piece]
        grounds.append(sum(2 if ink.bg == "class0" else ink.fg == "class0" for _, ink in cells))
    assert grounds == [4, 5]


def test_theory_has_a_tick_where_it_has_a_number() -> None:
    split = Split((-0.5, 0.0, 0.0, 0.0), -0.5, expected=-0.25)
    assert text(split, Scale(-1.0, 1.0), 80)[30] == causes.EXPECTED
    assert causes.EXPECTED not in text(Split(split.parts, -0.5), Scale(-1.0, 1.0), 80)


def test_layers_that_share_a_row_are_their_mean() -> None:
    table = gauges((-0.6, 0.1, 0.0, 0.0), (-0.2, 0.3, 0.0, 0.0), (-0.1, 0.0, 0.0, 0.2), (0.0, -0.4, 0.0, 0.0))
    first, middle, last = causes.splits(
        table, [math.nan, -0.5, -0.3, 0.1, 0.0], [Span(0, 1), Span(2, 3), Span(4, 4)], TAPS
    )
    assert first.parts == pytest.approx((-0.6, 0.1, 0.0, 0.0))  # nothing lies below the first tap
    assert middle.parts == pytest.approx((-0.15, 0.15, 0.0, 0.1))
    assert middle.total == pytest.approx(sum(middle.parts))
    assert middle.expected == pytest.approx(-0.1)
    assert last.total == pytest.approx(-0.4)
    assert causes.mean_of(table).total == pytest.approx((-0.5 + 0.1 + 0.1 - 0.4) / 4)


@pytest.mark.parametrize(
    ("gain", "word"), [(-math.inf, "nothing comes through"), (math.inf, "leaves all numbers"), (math.nan, "NaN")]
)
def test_what_is_not_finite_is_said_in_words(gain: float, word: str) -> None:
    table = gauges((-0.6, 0.1, 0.0, 0.0), (0.0, gain, 0.0, 0.0))
    alone, both = causes.splits(table, (), [Span(2, 2), Span(1, 2)], TAPS[:3])
    assert word in text(alone, Scale(), 60)
    assert word in both.word
    assert "1 of 2" in both.word
    assert "no gain" in causes.splits(table, (), [Span(0, 0)], TAPS[:3])[0].word
    assert causes.mean_of(table).total == pytest.approx(-0.5)


def test_the_scale_holds_step_0_and_only_widens() -> None:
    scale = causes.pinned(0.62, 0.05)
    assert scale.low <= -0.62 * 1.25
    assert scale.high >= 0.05
    assert causes.widened(scale, 0.62, 0.05) is scale
    wide = causes.widened(scale, 0.1, 3.3)
    assert wide == Scale(scale.low, 5.0)
    assert causes.widened(wide, 0.62, 0.05) is wide
    assert causes.pinned(0.0, 0.0).low < 0.0 < causes.pinned(0.0, 0.0).high


def test_a_bar_off_the_scale_says_so() -> None:
    drawn = text(Split((0.0, 3.0, 0.0, 0.0), 3.0), Scale(-1.0, 1.0), 40)
    assert drawn.endswith("▸")
    assert text(Split((-3.0, 0.0, 0.0, 0.0), -3.0), Scale(-1.0, 1.0), 40).startswith("◂")


def test_factors_in_words() -> None:
    assert [causes.factor(gain) for gain in (math.log10(0.236), 0.0, -5.0, -math.inf, math.inf, math.nan)] == [
        "×0.236",
        "×1",
        "×1.00e-05",
        "×0",
        "×inf",
        "NaN",
    ]


@pytest.mark.parametrize("width", [40, 61, 113])
def test_the_heading_names_the_ends_and_the_middle(width: int) -> None:
    heading = causes.heading(Scale(-1.0, 0.5), width)
    assert len(heading) == width
    assert heading.startswith("×0.1")
    assert heading.endswith("×3.16")
    assert heading.index("×1 ") == pytest.approx(width * 2 / 3, abs=1)


def test_names_give_way_to_numbers() -> None:
    split = Split((-0.6, 0.1, 0.0, 0.2), -0.3)
    long, short = ("".join(piece for piece, _ in causes.words(split, "mean", CAUSES, width)) for width in (100, 50))
    assert "weights" in long
    assert "weights" not in short
    for line in (long, short):
        assert all(number in line for number in ("×0.251", "×1.26", "×1.58", "×0.501"))


@pytest.mark.parametrize(
    ("lower", "word"),
    [(math.nan, "NaN: no signal here to divide by"), (-0.5, "NaN: no signal here to divide by, in 1 of 2")],
)
def test_how_many_layers_of_a_row_are_meant_is_said_only_where_it_is_not_all(lower: float, word: str) -> None:
    table = gauges((lower, 0.0, 0.0, 0.0), (math.nan, 0.0, 0.0, 0.0))
    assert causes.splits(table, (), [Span(1, 2)], ("1", "2", "out"))[0].word == word


def test_queries_and_keys_stand_beside_the_way() -> None:
    """The row of an attention half is the mean of what has a gain; queries alone say why there is none."""
    taps = ("embed", "1.norm1", "1.q", "1.k", "1.v", "out")
    nothing = (math.nan,) * 4
    table = gauges((0.1, 0.2, 0.0, 0.0), nothing, nothing, (0.3, 0.0, 0.0, 0.0), (0.0, 0.0, 0.0, 0.0))
    row, queries = causes.splits(table, (), [Span(1, 4), Span(2, 2)], taps)
    assert row.word == ""
    assert row.total == pytest.approx(0.3)
    assert "no gain of its own" in queries.word
