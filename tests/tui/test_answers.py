"""Answers are found in any stream, however it is cut, and nothing else is lost or late."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from gradtui.tui.answers import Answers

#: Keys, mouse reports and pastes, among them what looks like an answer: F3 with Shift, Delete, a report of a mode.
KEYS = st.sampled_from(
    [
        "a",
        "\x1b",
        "\x1b[A",
        "\x1b[1;2R",
        "\x1b[2~",
        "\x1b[2;5~",
        "\x1b[?2026;2$y",
        "\x1b[<0;2;3M",
        "ö",
        "2;4R",
        "\x1bOR",
    ]
)


@given(st.lists(st.one_of(KEYS, st.integers(1, 999)), max_size=12), st.lists(st.integers(0, 80), max_size=6))
def test_any_stream_in_any_pieces(sent: list[str | int], cuts: list[int]) -> None:
    stream = "".join(f"\x1b[2;{part}R" if isinstance(part, int) else part for part in sent)
    edges = [0, *sorted(min(cut, len(stream)) for cut in cuts), len(stream)]
    answers, text, columns = Answers(), "", []
    for start, stop in itertools.pairwise(edges):
        kept, found = answers.sift(stream[start:stop])
        text += kept
        columns += found
    assert text + answers.release() == "".join(part for part in sent if isinstance(part, str))
    assert columns == [part for part in sent if isinstance(part, int)]


def test_only_what_may_become_an_answer_waits() -> None:
    answers = Answers()
    assert answers.sift("abc\x1b[A") == ("abc\x1b[A", [])
    assert answers.sift("x\x1b[2;1") == ("x", [])
    assert answers.held == "\x1b[2;1"
    assert answers.sift("2~") == ("\x1b[2;12~", [])
    assert answers.sift("\x1b") == ("", [])
    assert answers.release() == "\x1b"
    assert answers.held == ""
