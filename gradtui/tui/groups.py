"""Which taps stand together: the sub-layers of a transformer's block, the layers of one of two networks.

A tap that belongs to a group is named `group.name`: `3.q` is a part of block 3, `G.1` a layer of the generator. Pure
arithmetic over the names.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from functools import lru_cache
from itertools import groupby, pairwise
from typing import NamedTuple

from gradtui.tui import rows
from gradtui.tui.rows import Span

#: The two networks of a GAN, by the group that their taps belong to.
NETWORKS = {"G": "generator", "D": "discriminator"}

#: The sub-layer of a block that a tap belongs to; query, key and value are the first to share a row.
_PROJECTIONS = {"q": "qkv", "k": "qkv", "v": "qkv"}
_SUBLAYERS = {
    **dict.fromkeys(("norm1", "q", "k", "v", "o"), "attn"),
    **dict.fromkeys(("norm2", "ff1", "ff2"), "ff"),
}

#: How taps of a block share rows, from one each to one row a block.
_LEVELS: tuple[Callable[[str], str], ...] = (
    lambda name: name,
    lambda name: _PROJECTIONS.get(name, name),
    lambda name: _SUBLAYERS.get(name, name),
    lambda name: "",
)


class Label(NamedTuple):
    """A row's name in two parts: the group, and what of it stands there (empty: all of it)."""

    group: str
    name: str


def parted(tap: str) -> Label:
    """The group of a tap, empty for one that stands alone, and its name there."""
    group, dot, name = tap.rpartition(".")
    return Label(group, name) if dot else Label("", tap)


@lru_cache(64)
def grouped(taps: tuple[str, ...]) -> bool:
    """Whether there are groups at all."""
    return any(parted(tap).group for tap in taps)


@lru_cache(64)
def networks(taps: tuple[str, ...]) -> tuple[Span, ...]:
    """The taps of each network: of one, or of the two of a GAN."""
    if len(taps) < 2 or not all(parted(tap).group in NETWORKS for tap in taps):
        return (Span(0, len(taps) - 1),)
    return tuple(_runs(taps, lambda tap: parted(tap).group))


@lru_cache(256)
def spans(taps: tuple[str, ...], height: int) -> tuple[Span, ...]:
    """All taps in at most `height` rows. Of what does not fit, taps of the same group share rows, and groups only when
    there are more of them than rows."""
    both = networks(taps)
    if len(both) > 1 and len(taps) > height:
        return _two(both, height)
    if len(taps) <= height or not grouped(taps) or parted(taps[0]).group in NETWORKS:
        return tuple(rows.spans(len(taps), height))
    for level in _LEVELS:
        found = _runs(taps, lambda tap, level=level: _place(parted(tap), level))  # type: ignore[misc]
        if len(found) <= height:
            return tuple(found)
    # More blocks than rows: they share evenly, and what stands before and behind them keeps rows of its own.
    alone = [not parted(taps[span.first]).group for span in found]
    head, tail = alone.index(False), alone[::-1].index(False)
    blocks = found[head : len(found) - tail]
    room = height - head - tail
    if room < 1:
        return tuple(_merged(found, height))
    return (*found[:head], *_merged(blocks, room), *found[len(found) - tail :])


def means(values: Sequence[float], taps: tuple[str, ...]) -> list[float]:
    """The geometric mean of each group's values, from the input to the output; NaN where none has a logarithm."""
    out: list[float] = []
    for span in _runs(taps, lambda tap: parted(tap).group):
        if parted(taps[span.first]).group:
            logs = [math.log10(value) for value in values[span.first : span.last + 1] if 0.0 < value < math.inf]
            out.append(10.0 ** (math.fsum(logs) / len(logs)) if logs else math.nan)
    return out


def _place(label: Label, level: Callable[[str], str]) -> tuple[str, str]:
    return (label.group, level(label.name)) if label.group else ("", label.name)


def _runs(taps: Sequence[str], key: Callable[[str], object]) -> list[Span]:
    """Neighbours with the same key."""
    out: list[Span] = []
    for _, members in groupby(taps, key):
        first = out[-1].last + 1 if out else 0
        out.append(Span(first, first + len(list(members)) - 1))
    return out


def _merged(units: Sequence[Span], height: int) -> list[Span]:
    """Units that share rows evenly."""
    bounds = [row * len(units) // height for row in range(height + 1)]
    return [Span(units[start].first, units[stop - 1].last) for start, stop in pairwise(bounds) if stop > start]


def _two(networks: Sequence[Span], height: int) -> tuple[Span, ...]:
    """Two networks below each other: each has rows for its share of the layers, and at least one."""
    sizes = [span.last - span.first + 1 for span in networks]
    first = max(1, min(height - 1, round(height * sizes[0] / sum(sizes))))
    out: list[Span] = []
    for span, size, own in zip(networks, sizes, (first, height - first), strict=True):
        out += [Span(span.first + each.first, span.first + each.last) for each in rows.spans(size, own)]
    return tuple(out)


def label(span: Span, taps: tuple[str, ...]) -> Label:
    """What a row is called."""
    first, last = parted(taps[span.first]), parted(taps[span.last])
    if span.single or not (first.group or last.group):
        return first if span.single else Label("", rows.name(span, taps))
    if first.group != last.group:
        return Label(f"{first.group or first.name}-{last.group or last.name}", "")
    if first.group in NETWORKS:
        return Label(first.group, f"{first.name}-{last.name}")
    if _is_whole(span, taps, first.group):
        return Label(first.group, "")
    held = [parted(tap).name for tap in taps[span.first : span.last + 1]]
    for level in _LEVELS[1:3]:
        shared = {level(name) for name in held}
        if len(shared) == 1:
            return Label(first.group, shared.pop())
    return Label(first.group, f"{first.name}-{last.name}")


def _is_whole(span: Span, taps: tuple[str, ...], group: str) -> bool:
    before = parted(taps[span.first - 1]).group if span.first else ""
    behind = parted(taps[span.last + 1]).group if span.last + 1 < len(taps) else ""
    return group not in (before, behind)


def names(visible: Sequence[Span], taps: tuple[str, ...]) -> list[str]:
    """The names of rows one below the other. Where there are groups, each stands once, before its first row."""
    if not grouped(taps):
        return [rows.name(span, taps) for span in visible]
    labels = [label(span, taps) for span in visible]
    wide = max((len(each.group) for each in labels), default=0)
    out: list[str] = []
    before = ""
    for each in labels:
        group = "" if each.group == before else each.group
        out.append(f"{group:>{wide}} {each.name}".rstrip() if each.group else each.name)
        before = each.group
    return out
