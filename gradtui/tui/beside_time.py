"""Two recurrent networks beside each other: how far back in time the gradient of each reaches, on the axis of their
layers."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

from gradtui.tui import beside_rows, causes, format, rungs
from gradtui.tui.axis import Axis
from gradtui.tui.beside_rows import NAME, NUMBER, RATIO
from gradtui.tui.blocks import cut
from gradtui.tui.ladder import HIDDEN, factor, title
from gradtui.tui.palette import MUTED, Ink, Palette, Run, Runs

if TYPE_CHECKING:
    from gradtui.lab.pairing import PairSnapshot, Side
    from gradtui.profile import GradientProfile

#: Lines above the ladders, an empty one among them, and the most lines of one layer.
_ABOVE, _TALLEST = 3, 14
#: A layer of more lines than this says what its first and its last line stand for.
_SCALED = 2


class _Times(NamedTuple):
    """One layer of one side over the time steps, now and at step 0; empty where it has no such layer."""

    now: tuple[float, ...] = ()
    first: tuple[float, ...] = ()


def room(snapshot: PairSnapshot, height: int) -> int:
    """Lines of so many that the ladders take, 0 where neither network has time steps or where they do not fit."""
    names = _names(snapshot)
    if not names or snapshot.left.profile is None or snapshot.right.profile is None:
        return 0
    taps = max(len(side.profile.taps) for side in (snapshot.left, snapshot.right) if side.profile is not None)
    # The layers have a heading, and never less than half of the screen where they need that much.
    spare = height - min(taps + 1, height // 2)
    tall = min(_TALLEST, (spare - _ABOVE) // len(names))
    return _ABOVE + len(names) * tall if tall >= 1 else 0


def lines(snapshot: PairSnapshot, axis: Axis, width: int, height: int, palette: Palette) -> list[Runs]:
    """The ladders of both in so many lines, as many as `room` has said."""
    names = _names(snapshot)
    tall = (height - _ABOVE) // max(1, len(names))
    if tall < 1:
        return []
    bar = beside_rows.bar(width)
    both = [[_times(side, name) for name in names] for side in (snapshot.left, snapshot.right)]
    steps = max(len(times.now) for side in both for times in side)
    where = rungs.columns(steps, bar)
    out: list[Runs] = [
        (),
        title(HIDDEN, (where.in_words, "× a step further back"), width),
        _heading(steps, where, width),
    ]
    for name, left, right in zip(names, *both, strict=True):
        out += _layer(name, left, right, axis, where, tall, palette)
    return [cut(line, width) for line in out]


def _names(snapshot: PairSnapshot) -> tuple[str, ...]:
    """The recurrent layers of whichever side has more of them."""
    profiles = [side.profile for side in (snapshot.left, snapshot.right) if side.profile is not None]
    timed = [profile.taps[: len(profile.time[HIDDEN])] for profile in profiles if HIDDEN in profile.time]
    return max(timed, key=len, default=())


def _times(side: Side, name: str) -> _Times:
    now, first = _row(side.profile, name), _row(side.first, name)
    return _Times(now, first if len(first) == len(now) else ())


def _row(profile: GradientProfile | None, name: str) -> tuple[float, ...]:
    if profile is None or HIDDEN not in profile.time:
        return ()
    table = profile.time[HIDDEN]
    at = profile.taps.index(name) if name in profile.taps else len(table)
    return tuple(table[at].tolist()) if at < len(table) else ()


def _heading(steps: int, where: rungs.Columns, width: int) -> Runs:
    side = f"{where.numbers(steps)}{'at t=1':>{NUMBER}}"
    return cut([(f"{'time':>{NAME - 1}} {side}{'decades':^{RATIO}}{side}", MUTED)], width)


def _layer(
    name: str, left: _Times, right: _Times, axis: Axis, where: rungs.Columns, tall: int, palette: Palette
) -> list[Runs]:
    middle = (tall - 1) // 2
    drawn = [_drawn(times, axis, where, tall, palette) for times in (left, right)]
    ends = [times.now[0] if times.now else math.nan for times in (left, right)]
    out: list[Runs] = []
    for line in range(tall):
        here = line == middle
        scale = {0: axis.high, tall - 1: axis.low} if tall > _SCALED else {}
        text = format.fitted(name, NAME - 1).rstrip() if here else ""
        if line in scale:
            # Not a bare 1, which would be a layer's name.
            text = f"1e{scale[line]}"
        runs: list[Run] = [(f"{text:>{NAME - 1}} ", MUTED)]
        for place, times in enumerate((left, right)):
            runs += [*drawn[place][line], _said(times, line - middle)]
            if not place:
                runs.append(beside_rows.between(*ends) if here else (" " * RATIO, MUTED))
        out.append(tuple(runs))
    return out


def _drawn(times: _Times, axis: Axis, where: rungs.Columns, tall: int, palette: Palette) -> list[Runs]:
    if not times.now:
        return [((" " * where.width, Ink("")),)] * tall
    return rungs.draw(times.now, times.first, axis, where, tall, palette)


def _said(times: _Times, below: int) -> Run:
    """Beside a ladder: what the first step hears, and one line below what each step does to it."""
    if times.now and below == 0:
        return (f"{format.number(times.now[0]):>{NUMBER}}", Ink())
    fitted = factor(times.now) if times.now and below == 1 else math.nan
    return (f"{causes.times(fitted) if math.isfinite(fitted) else '':>{NUMBER}}", MUTED)
