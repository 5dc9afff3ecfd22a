"""Lean strips look the same as Textual's on a terminal, in fewer bytes."""

from __future__ import annotations

import pyte
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.color import Color, ColorSystem
from rich.console import Console
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

from gradtui.tui.lean import LeanStrip, sequence

colours = st.sampled_from([None, Color.from_rgb(0, 0, 255), Color.from_rgb(255, 0, 0), Color.from_rgb(18, 18, 18)])
flags = st.sampled_from([None, True])
styles = st.one_of(
    st.none(),
    st.builds(lambda fg, bg, b, r: Style(color=fg, bgcolor=bg, bold=b, reverse=r), colours, colours, flags, flags),
)
segments = st.lists(st.builds(Segment, st.sampled_from([" ", "a", "   ", "bc", "█ "]), styles), max_size=8)


def seen(data: str) -> list[object]:
    """What a terminal shows: each cell's character, and the colours that can be seen in it."""
    screen = pyte.Screen(40, 1)
    pyte.Stream(screen).feed(data)
    cells: list[object] = []
    for x in range(40):
        cell = screen.buffer[0][x]
        blank = cell.data == " " and not cell.reverse and not cell.bold
        cells.append((cell.data, cell.bg) if blank else tuple(cell))
    return cells


@pytest.mark.parametrize("system", ["standard", "256", "truecolor"])
@given(drawn=segments)
def test_the_picture_is_the_same(system: str, drawn: list[Segment]) -> None:
    console = Console(color_system=system, force_terminal=True)  # type: ignore[arg-type]
    lean, usual = LeanStrip(drawn).render(console), Strip(drawn).render(console)
    assert seen(lean + "x") == seen(usual + "x")
    # Taking a colour back has to be said, where the usual way has reset all of them already.
    taken_back = sum(segment.style is None for segment in drawn) * len("\x1b[39;49m")
    assert len(lean) <= len(usual) + len("\x1b[0m") + taken_back


def test_only_what_changes_is_sent() -> None:
    dark = Color.from_rgb(0, 0, 0)
    red, blue = (Style(color=Color.from_rgb(*rgb), bgcolor=dark) for rgb in ((255, 0, 0), (0, 0, 255)))
    text = sequence([Segment("a", red), Segment("  ", blue), Segment("b", red)], ColorSystem.EIGHT_BIT)
    assert text == "\x1b[38;5;196;48;5;16ma  b\x1b[0m"


def test_a_cut_strip_stays_lean() -> None:
    strip = LeanStrip([Segment("abcdef", Style(bold=True))], 6)
    assert isinstance(strip.crop(0, 3), LeanStrip)
    assert strip.crop(1, 3).text == "bc"


@given(segments, st.integers(0, 30), st.integers(0, 30))
def test_cutting_is_what_it_always_was(drawn: list[Segment], start: int, end: int) -> None:
    drawn = [*drawn, Segment("深い")]
    lean, usual = LeanStrip(drawn).crop(start, end), Strip(drawn).crop(start, end)
    assert lean.cell_length == usual.cell_length
    assert lean.text == usual.text
    assert list(lean) == list(usual)
