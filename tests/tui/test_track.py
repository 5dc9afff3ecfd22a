"""A track as inked text."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gradtui.tui.palette import Ink
from gradtui.tui.rows import Track
from gradtui.tui.track import BOTH, FAR_MARK, GHOST, MARK, PARTS, draw


@st.composite
def tracks(pick: st.DrawFn) -> tuple[Track, int]:
    width = pick(st.integers(10, 90))
    cells = st.lists(st.integers(0, width - 1), max_size=2, unique=True).map(tuple)
    start = 8 * pick(st.integers(0, width - 1))
    word = pick(st.sampled_from(["", "", "0", "NaN", "underflow in 12 of 345"]))
    stop = pick(st.integers(start, 8 * width))
    return (
        Track(
            start=0 if word else start,
            stop=0 if word else stop,
            band=pick(st.integers(0, 11)),
            lead=start > 0 and not word,
            arrow=pick(st.sampled_from(["", "◂", "▸"])),
            word=word,
            ghosts=pick(cells),
            marks=pick(cells),
            far_marks=pick(st.sampled_from([(), (0,), (width - 1,)])),
        ),
        width,
    )


def cells(track: Track, width: int, **how: str) -> list[tuple[str, Ink]]:
    return [(letter, ink) for text, ink in draw(track, width, **how) for letter in text]


@given(tracks())
def test_it_fills_its_width_and_merges_equal_neighbours(drawn: tuple[Track, int]) -> None:
    track, width = drawn
    runs = draw(track, width)
    assert sum(len(text) for text, _ in runs) == width
    assert all(a[1] != b[1] for a, b in pairwise(runs))


@given(tracks())
def test_bar_word_and_marks_stand_where_the_track_says(drawn: tuple[Track, int]) -> None:
    track, width = drawn
    out = cells(track, width)
    taken = {*track.ghosts, *track.marks, *track.far_marks, *range(len(track.word) + 1 if track.word else 0)}
    taken |= {0} if track.arrow == "◂" else {width - 1} if track.arrow else set()
    full, part = divmod(track.stop, 8)
    for cell, (letter, ink) in enumerate(out):
        if cell not in taken:
            assert (ink.bg == f"band{track.band}") == (track.start // 8 <= cell < full)
            assert letter == (PARTS[part] if part and cell == full else "░" if cell < track.start // 8 else " ")
    assert "".join(letter for letter, _ in out).startswith(track.word[:width])


def test_ghost_and_mark() -> None:
    text = "".join(letter for letter, _ in cells(Track(0, 40, 6, ghosts=(7,), marks=(9,)), 12))
    assert text == f"       {GHOST} {MARK}  "
    assert cells(Track(0, 0, 6, ghosts=(3,), marks=(3,)), 5)[3][0] == BOTH
    assert cells(Track(0, 0, 6, far_marks=(4,)), 5)[4][0] == FAR_MARK


def test_a_mark_on_the_bar_is_legible_on_its_colour() -> None:
    assert cells(Track(0, 80, 3, ghosts=(2,)), 12)[2] == (GHOST, Ink("on3", "band3"))


def test_without_colours_the_bar_is_made_of_blocks() -> None:
    text = "".join(letter for letter, _ in cells(Track(0, 36, 3), 8, fill="█"))
    assert text == "████▌   "
