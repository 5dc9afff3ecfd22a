"""Blocks of a transformer and the two networks of a GAN: which taps share rows, and what the rows are called."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from kinds import POST_LN, PRE_LN, gan_taps, transformer_taps

from gradtui.tui import groups, rows
from gradtui.tui.layer_rows import LayerRows
from gradtui.tui.rows import Span

WITHOUT_NORM = ("q", "k", "v", "o", "ff1", "ff2")
parts = st.sampled_from([PRE_LN, POST_LN, WITHOUT_NORM])
any_taps = st.one_of(
    st.builds(transformer_taps, st.integers(1, 24), parts),
    st.builds(gan_taps, st.integers(0, 60), st.integers(0, 60)),
    st.builds(lambda depth: (*map(str, range(1, depth + 1)), "out"), st.integers(0, 200)),
)


@given(any_taps, st.integers(1, 80))
def test_every_tap_is_in_exactly_one_row(taps: tuple[str, ...], height: int) -> None:
    spans = groups.spans(taps, height)
    assert [tap for span in spans for tap in range(span.first, span.last + 1)] == list(range(len(taps)))
    assert len(spans) <= max(height, len(groups.networks(taps)))


@given(st.integers(1, 24), parts, st.integers(4, 80))
def test_a_row_holds_a_part_of_one_block_or_whole_blocks(blocks: int, kind: tuple[str, ...], height: int) -> None:
    taps = transformer_taps(blocks, kind)
    for span in groups.spans(taps, height):
        held = [groups.parted(tap) for tap in taps[span.first : span.last + 1]]
        if len({label.group for label in held}) > 1:
            assert len(held) % len(kind) == 0
            assert held[0].name == kind[0]
            assert held[-1].name == kind[-1]


@pytest.mark.parametrize(
    ("height", "blocks", "wanted"),
    [
        (19, 2, ["embed", "1 norm1", "  q", "  k", "  v", "  o", "  norm2", "  ff1", "  ff2", "2 norm1"]),
        (16, 2, ["embed", "1 norm1", "  qkv", "  o", "  norm2", "  ff1", "  ff2", "2 norm1"]),
        (12, 2, ["embed", "1 attn", "  ff", "2 attn", "  ff", "norm", "out"]),
        (6, 2, ["embed", "1", "2", "norm", "out"]),
        (27, 24, ["embed", " 1", " 2"]),
        (15, 24, ["embed", "  1-2", "  3-4"]),
        (8, 24, ["embed", "  1-4", "  5-9"]),
    ],
)
def test_a_block_is_told_apart_as_far_as_there_is_room(height: int, blocks: int, wanted: list[str]) -> None:
    taps = transformer_taps(blocks)
    names = groups.names(groups.spans(taps, height), taps)
    assert names[: len(wanted)] == wanted
    assert names[-2:] == ["norm", "out"]


@given(any_taps, st.integers(1, 80))
def test_no_two_rows_have_the_same_name(taps: tuple[str, ...], height: int) -> None:
    spans = groups.spans(taps, height)
    full = [groups.label(span, taps) for span in spans]
    assert len(set(full)) == len(full)


@given(any_taps, st.integers(1, 80))
def test_the_group_stands_once_and_before_its_first_row(taps: tuple[str, ...], height: int) -> None:
    spans = groups.spans(taps, height)
    names = groups.names(spans, taps)
    before = ""
    for span, name in zip(spans, names, strict=True):
        label = groups.label(span, taps)
        assert name.split() == [part for part in (label.group if label.group != before else "", label.name) if part]
        before = label.group


def test_names_without_groups_are_as_they_were() -> None:
    taps = ("1", "2", "3", "out")
    assert groups.names([Span(0, 0), Span(1, 2), Span(3, 3)], taps) == ["1", "2-3", "out"]
    assert list(groups.spans(taps, 3)) == rows.spans(4, 3)


def test_two_networks_never_share_a_row() -> None:
    taps = gan_taps(40, 25)
    for height in range(2, 70):
        for span in groups.spans(taps, height):
            assert groups.parted(taps[span.first]).group == groups.parted(taps[span.last]).group


def test_the_mean_of_a_block_is_a_geometric_one() -> None:
    taps = ("embed", "1.q", "1.ff1", "2.q", "2.ff1", "out")
    assert groups.means([9.0, 1e-4, 1e-2, 0.0, 1e-1, 9.0], taps) == pytest.approx([1e-3, 1e-1])
    assert math.isnan(groups.means([1.0, 0.0, math.nan, 1.0, 1.0, 1.0], taps)[0])


def arranged(generator: int, discriminator: int, height: int) -> LayerRows:
    """Two networks side by side."""
    shared = LayerRows()
    shared.settle(gan_taps(generator, discriminator), height, beside=True)
    return shared


def test_side_by_side_each_network_has_all_rows() -> None:
    shared = arranged(5, 3, 10)
    assert [len(shared.stack(number)) for number in (0, 1)] == [6, 4]
    assert not shared.sharing
    assert shared.settle(shared.taps, 10, beside=True) is False
    shared = arranged(30, 3, 10)
    assert [len(shared.stack(number)) for number in (0, 1)] == [10, 4]
    assert shared.sharing


def test_the_arrows_go_down_the_generator_and_then_down_the_discriminator() -> None:
    shared = arranged(2, 2, 10)
    seen = []
    for _ in range(8):
        shared.move(1)
        assert shared.chosen is not None
        seen.append(shared.taps[shared.chosen])
    assert seen == ["G.1", "G.2", "G.out", "D.1", "D.2", "D.out", "D.out", "D.out"]


@pytest.mark.parametrize("tap", [0, 14, 29, 30, 31, 45])
def test_zoomed_in_the_chosen_layer_of_either_network_is_on_screen(tap: int) -> None:
    shared = arranged(29, 15, 8)
    shared.zoom()
    shared.choose(tap)
    assert any(shared.is_chosen(span) for span in shared.spans())
    assert all(span.single for span in shared.spans())
    assert [len(shared.stack(number)) for number in (0, 1)] == [8, 8]


def test_a_click_chooses_in_the_stack_that_was_clicked() -> None:
    shared = arranged(5, 3, 10)
    assert shared.choose_row(2, 1)
    assert shared.chosen is not None
    assert shared.taps[shared.chosen] == "D.3"
    assert not shared.choose_row(4, 1)
