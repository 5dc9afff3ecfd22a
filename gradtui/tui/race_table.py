"""The table of a race as inked lines: change, decay, what was learned, cost, outcome, as wide as there is room."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from gradtui.tui import format
from gradtui.tui.blocks import cut
from gradtui.tui.palette import MUTED, STRONG, Ink, Run, Runs
from gradtui.tui.track import PARTS

if TYPE_CHECKING:
    from gradtui.diagnosis.standing import Row, Standing

#: Cells of the columns that are always there.
_RANK, _LABEL, _DECAY, _MOVED, _LOSS, _ACCURACY = 3, 25, 15, 9, 8, 6
#: From these widths on there is room for the accuracy, the cost of a step, the past of the loss, and remarks.
_WITH_ACCURACY, _WITH_COST, _WITH_PAST, _WITH_REMARK = 78, 94, 112, 132
_COST, _PAST, _OUTCOME = 9, 13, 10
#: The least and the most cells of the bar of the loss.
_LEAST, _MOST = 6, 24
_LEVELS = "▁▂▃▄▅▆▇█"


def top(standing: Standing) -> float:
    """The right end of the losses' axis, which begins at 0: what guessing costs, or what the unchanged network has,
    and a tenth more. No remedy moves it."""
    unchanged = standing.unchanged
    known = [standing.chance, unchanged.loss if unchanged else math.nan]
    finite = [value for value in known if math.isfinite(value) and value > 0.0]
    if not finite:
        finite = [row.loss for row in standing.rows if math.isfinite(row.loss)] or [1.0]
    return 1.1 * max(finite) if max(finite) > 0.0 else 1.0


class Columns:
    """Which columns there are at a width, and how wide the bar is."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.accuracy = width >= _WITH_ACCURACY
        self.cost = width >= _WITH_COST
        self.past = width >= _WITH_PAST
        fixed = _RANK + _LABEL + _DECAY + _MOVED + _LOSS + _OUTCOME + 3
        fixed += (_ACCURACY if self.accuracy else 0) + (_COST if self.cost else 0) + (_PAST + 1 if self.past else 0)
        spare = max(0, width - fixed)
        self.remark = width >= _WITH_REMARK
        self.bar = min(_MOST, max(0, spare - (24 if self.remark else 0)))
        if self.bar < _LEAST:
            self.bar = 0
        self.rest = max(0, spare - self.bar)


def heading(standing: Standing, columns: Columns) -> Runs:
    """The titles, and the ends of the losses' axis."""
    end = format.tick(top(standing))
    axis = f"0{end:>{columns.bar - 1}}" if columns.bar > len(end) + 2 else " " * columns.bar
    mse = standing.scenario.network.kind == "gan"
    step = "a step" if standing.scenario.network.kind == "rnn" else "a layer"
    texts = [
        f"{'':>{_RANK}} {'change':<{_LABEL}}",
        f"{f'decay {step}':>{_DECAY}}",
        f"{'moved':>{_MOVED}}",
        f"{'mse' if mse else 'loss':>{_LOSS}}",
        f" {axis}" if columns.bar else "",
        f" {'its past':<{_PAST}}" if columns.past else "",
        f"{'acc':>{_ACCURACY}}" if columns.accuracy else "",
        f"{'µs/step':>{_COST}}" if columns.cost else "",
        "  outcome",
    ]
    return cut([("".join(texts), MUTED)], columns.width)


def line(row: Row, rank: int, standing: Standing, columns: Columns, *, chosen: bool) -> Runs:
    """One row."""
    back = "chosen" if chosen else ""
    muted, plain, strong = Ink("muted", back), Ink("text", back), Ink("text", back, chosen or row.cure)
    most = top(standing)
    runs: list[Run] = [
        (f"{'▸' if chosen else ' '}{rank:>{_RANK - 1}} ", Ink("key" if chosen else "muted", back, chosen)),
        (format.fitted(row.label, _LABEL - 1) + " ", strong),
        *_decay(row, back),
        (f"{_amount(row.moved):>{_MOVED}}", plain),
        (f"{_amount(row.loss):>{_LOSS}}", strong),
    ]
    if columns.bar:
        runs += [(" ", plain), *_bar(row, most, columns.bar, back)]
    if columns.past:
        runs += [(" ", plain), (_past(row.losses, most).ljust(_PAST), muted)]
    if columns.accuracy:
        runs.append((f"{'' if math.isnan(row.accuracy) else format.percent(row.accuracy):>{_ACCURACY}}", plain))
    if columns.cost:
        runs.append((f"{'' if math.isnan(row.microseconds) else f'{row.microseconds:,.0f}':>{_COST}}", muted))
    word, ink = _outcome(row) if standing.steps else ("", "muted")
    runs.append((f"  {word:<8}", Ink(ink, back, row.cure)))
    if columns.remark and row.remark:
        runs.append((" " + format.begun(row.remark, columns.rest - 1), muted))
    return cut(runs, columns.width, Ink("", back))


def details(row: Row, meaning: Sequence[str], width: int) -> list[Runs]:
    """What the chosen row changes, what that does, and what is to be said of it."""
    made = ", ".join(each.replace("=", " = ") for each in row.assignments) or "nothing: the network as it was"
    parts: list[tuple[str, Ink]] = [(f"changes {made}", STRONG)]
    if row.note:
        parts.append((row.note, Ink("accent")))
    if row.sentence:
        parts.append((f"at the end: {row.sentence}", Ink()))
    inks = (Ink(), Ink("key"), MUTED)
    parts += [(text, ink) for text, ink in zip(meaning, inks, strict=False) if text]
    return [
        ((f" {piece}", ink),)
        for text, ink in parts
        for piece in textwrap.wrap(text, max(20, width - 2), break_on_hyphens=False)
    ]


def _outcome(row: Row) -> tuple[str, str]:
    if row.unchanged:
        return "as it was", "muted"
    if row.cure:
        return "CURE", "band7"
    return ("diverged", "error") if row.diverged else ("no cure", "warning")


def _decay(row: Row, back: str) -> list[Run]:
    """What one layer does to the signal, at step 0 and now."""
    before, after = _factor(row.factor_before), _factor(row.factor_after)
    half = (_DECAY - 3) // 2
    return [
        (f"{before:>{half}}", Ink("muted", back)),
        (" → ", Ink("muted", back)),
        (f"{after:<{half}}", Ink("text", back)),
    ]


def _factor(value: float) -> str:
    if math.isnan(value):
        return "-"
    return f"×{value:.2f}" if 0.01 <= value < 100 else f"×{format.tick(value)}" if value else "×0"


def _amount(value: float) -> str:
    """At most seven cells."""
    if not math.isfinite(value):
        return format.number(value)
    return "0" if value == 0.0 else format.steady(value)


def _bar(row: Row, most: float, width: int, back: str) -> list[Run]:
    """The loss from 0 on, cut with an arrow where it is larger than the axis; a word where it is no number."""
    band = "band7" if row.cure else "muted"
    if not math.isfinite(row.loss):
        return [(format.number(row.loss)[:width].ljust(width), Ink("error", back, True))]
    if row.loss > most:
        return [("█" * (width - 1) + "▸", Ink(band, back))]
    eighths = round(8 * width * max(0.0, row.loss) / most)
    full, part = divmod(eighths, 8)
    drawn = "█" * full + (PARTS[part] if part else "")
    return [(drawn[:width].ljust(width), Ink(band, back))]


def _past(losses: Sequence[float], most: float) -> str:
    """The losses of the legs on the same axis; `!` is no number."""
    shown = losses[-_PAST:]
    return "".join(
        "!" if not math.isfinite(value) else _LEVELS[min(7, max(0, int(8 * value / most)))] for value in shown
    )
