"""Two networks beside each other: bars on one axis, and between them how much more the right one hears, row by row."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gradtui.tui import format, groups, rows
from gradtui.tui.axis import Axis, of_run
from gradtui.tui.bands import COLDEST, HOTTEST
from gradtui.tui.blocks import cut
from gradtui.tui.palette import MUTED, Ink, Run, Runs
from gradtui.tui.track import draw, merged

if TYPE_CHECKING:
    from gradtui.lab.pairing import PairSnapshot, Side
    from gradtui.profile import GradientProfile

#: Cells of the names, of a number, and of the ratio between the two.
NAME, NUMBER, RATIO = 7, 9, 9


def common_axis(left: Side, right: Side) -> Axis:
    """One axis for both, from what they measure at step 0."""
    if left.first is None or right.first is None:
        return Axis()
    axis = of_run(left.first, left.scenario.network.dtype)
    return of_run(right.first, right.scenario.network.dtype, axis)


def ratio(left: float, right: float) -> str:
    """The right value over the left one as a power of ten: `+12.3` decades; a word where one is 0 or no number."""
    if math.isnan(left) or math.isnan(right):
        return "-"
    if not (0.0 < left < math.inf and 0.0 < right < math.inf):
        if left == right:
            return "="
        return "from 0" if left == 0.0 else "to 0" if right == 0.0 else "-"
    return f"{math.log10(right) - math.log10(left):+.1f}"


def bar(width: int) -> int:
    """The cells of a bar on either side."""
    return max(4, (width - NAME - RATIO - 2 * NUMBER - 2) // 2)


@dataclass(frozen=True)
class _Values:
    """What one side has at the taps of the table; NaN where it has no such tap."""

    bar: list[float]
    mark: list[float]
    ghost: list[float]


def lines(snapshot: PairSnapshot, axis: Axis, gauge: str, width: int, height: int, fill: str, shade: str) -> list[Runs]:
    """A heading and a row for each layer, or for layers that share one, in so many cells."""
    left, right = snapshot.left, snapshot.right
    if left.profile is None or right.profile is None or height < 2:
        return []
    taps = max((left.profile.taps, right.profile.taps), key=len)
    both = [_values(side, taps, gauge) for side in (left, right)]
    cells = bar(width)
    out = [_heading(axis, gauge, cells, width)]
    for span in groups.spans(taps, height - 1):
        runs: list[Run] = [(f"{format.fitted(rows.name(span, taps), NAME - 1).rstrip():>{NAME - 1}} ", MUTED)]
        runs += [*_track(span, both[0], axis, cells, fill, shade), *_number(span, both[0])]
        runs += _between(span, both)
        runs += [*_track(span, both[1], axis, cells, fill, shade), *_number(span, both[1])]
        out.append(cut(runs, width))
    return out


def _values(side: Side, taps: Sequence[str], gauge: str) -> _Values:
    other = "delta_rms" if gauge == "grad_rms" else "grad_rms"
    return _Values(_at(side.profile, taps, gauge), _at(side.profile, taps, other), _at(side.first, taps, gauge))


def _at(profile: GradientProfile | None, taps: Sequence[str], gauge: str) -> list[float]:
    if profile is None:
        return [math.nan] * len(taps)
    own = dict(zip(profile.taps, profile[gauge].tolist(), strict=True))
    absent = set(taps) - set(profile.taps)
    return [math.nan if tap in absent else own[tap] for tap in taps]


def _heading(axis: Axis, gauge: str, bar: int, width: int) -> Runs:
    labels: list[Run] = [(" ", MUTED)] * bar
    for cell, text in axis.labels(bar):
        labels[cell : cell + len(text)] = [(letter, MUTED) for letter in text]
    scale = merged(labels)
    side = [*scale, (f"{gauge:>{NUMBER}}", MUTED)]
    between: Run = (f"{'decades':^{RATIO}}", MUTED)
    return cut([(" " * NAME, MUTED), *side, between, *side], width)


def _present(span: rows.Span, *sides: _Values) -> list[int]:
    """The taps of a row that all of these have."""
    taps = range(span.first, span.last + 1)
    return [tap for tap in taps if not any(math.isnan(side.ghost[tap]) for side in sides)]


def _worst(taps: Sequence[int], values: _Values) -> int:
    return taps[rows.worst([values.bar[tap] for tap in taps])]


def _track(span: rows.Span, values: _Values, axis: Axis, width: int, fill: str, shade: str) -> Runs:
    taps = _present(span, values)
    if not taps:
        return ((" " * width, Ink("")),)
    bar, mark, ghost = ([one[tap] for tap in taps] for one in (values.bar, values.mark, values.ghost))
    return draw(
        rows.track(rows.Span(0, len(taps) - 1), rows.Values(bar, mark, ghost), axis, width),
        width,
        fill=fill,
        shade=shade,
    )


def _number(span: rows.Span, values: _Values) -> Runs:
    """The number of a row; of layers that share it, the worst one's."""
    taps = _present(span, values)
    text = format.number(values.bar[_worst(taps, values)]) if taps else ""
    return ((f"{text:>{NUMBER}}", Ink()),)


def _between(span: rows.Span, both: Sequence[_Values]) -> Runs:
    """By how much the right one hears more; of layers that share a row, where the left one hears worst."""
    taps = _present(span, *both)
    left, right = (side.bar[_worst(taps, both[0])] if taps else math.nan for side in both)
    return (between(left, right),)


def between(left: float, right: float) -> Run:
    """By how much the right one hears more, in the middle."""
    text = ratio(left, right)
    more = text.startswith(("+", "from"))
    shade = HOTTEST - 4 if more else COLDEST + 3 if text.startswith(("-", "to")) and len(text) > 1 else 6
    ink = MUTED if text in ("-", "=", "+0.0", "-0.0") else Ink(f"band{shade}", "", True)
    return (f"{text:^{RATIO}}", ink)
