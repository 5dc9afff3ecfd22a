"""Finding loops in lists of layers."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gradtui.export.repeats import Run, runs


def test_equal_neighbours_are_one_run():
    assert runs("aaaab") == [Run(0, 1, 4), Run(4, 1, 1)]


def test_blocks_repeat_behind_a_first_layer():
    assert runs("a" + "bc" * 5) == [Run(0, 1, 1), Run(1, 2, 5)]


def test_the_shortest_body_wins():
    assert runs("abab" * 2) == [Run(0, 2, 4)]


@given(st.text("ab", max_size=30))
def test_runs_spell_the_list(text):
    spelled = "".join(text[run.start : run.start + run.length] * run.times for run in runs(text))
    assert spelled == text
