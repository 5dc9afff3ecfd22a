"""The table of a race as inked lines: change, decay, what was learned, cost, outcome, as wide as there is room."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING

from gradtui.tui import format, trail
from gradtui.tui.blocks import cut
from gradtui.tui.palette import MUTED, STRONG, Ink, Run, Runs
from gradtui.tui.track import PARTS

if TYPE_CHECKING:
    from gradtui.diagnosis.standing import Row, Standing

#: Cells of the columns, the space before them included: on a narrow screen, and where there is more room.
_RANK, _PAST = 4, 14
_NARROW = {"label": 20, "decay": 13, "moved": 7, "loss": 7, "accuracy": 5, "cost": 5, "outcome": 13}
_WIDE = {"label": 23, "decay": 17, "moved": 10, "loss": 9, "accuracy": 8, "cost": 9, "outcome": 13}
#: The columns that go when not all fit, the first to go first.
_DISPENSABLE = ("cost", "accuracy", "moved")
#: From these widths on columns are wide, there is room for the past of the loss, and for what there is to say.
_ROOMY, _WITH_PAST, _WITH_REMARK = 100, 112, 140
#: The least and the most cells of the bar of the loss, and the least of a remark.
_LEAST, _MOST, _REMARK = 5, 24, 24


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
    """Which columns there are at a width, and how wide they are."""

    def __init__(self, width: int) -> None:
        self.width = width
        self.cells = dict(_WIDE if width >= _ROOMY else _NARROW)
        for name in _DISPENSABLE:
            if _RANK + sum(self.cells.values()) > width:
                self.cells[name] = 0
        self.past = _PAST if width >= _WITH_PAST else 0
        spare = max(0, width - _RANK - sum(self.cells.values()) - self.past - 1)
        self.remark = width >= _WITH_REMARK
        self.bar = min(_MOST, spare - _REMARK if self.remark else spare)
        if self.bar < _LEAST:
            self.bar = 0
        self.rest = max(0, spare - self.bar)

    def right(self, name: str, text: str) -> str:
        """A cell whose text ends at the right; nothing where there is no such column."""
        return f"{text:>{self.cells[name]}}" if self.cells[name] else ""


def heading(standing: Standing, columns: Columns) -> Runs:
    """The titles, and the ends of the losses' axis."""
    cells = columns.cells
    end = format.tick(top(standing))
    axis = f"0{end:>{columns.bar - 1}}" if columns.bar > len(end) + 1 else " " * columns.bar
    mse = standing.scenario.network.kind == "gan"
    step = "a step" if standing.scenario.network.kind == "rnn" else "a layer"
    texts = [
        " " * _RANK,
        f"{'change':<{cells['label']}}",
        f"{f'decay {step}':>{cells['decay']}}",
        columns.right("moved", "moved"),
        f"{'mse' if mse else 'loss':>{cells['loss']}}",
        f" {axis}" if columns.bar else "",
        f" {'its past':<{_PAST - 1}}" if columns.past else "",
        columns.right("accuracy", "acc"),
        columns.right("cost", "µs"),
        "  outcome",
    ]
    return cut([("".join(texts), MUTED)], columns.width)


def line(row: Row, rank: int, standing: Standing, columns: Columns, *, chosen: bool) -> Runs:
    """One row."""
    cells, back = columns.cells, "chosen" if chosen else ""
    muted, plain, strong = Ink("muted", back), Ink("text", back), Ink("text", back, chosen or row.cure)
    most = top(standing)
    accuracy = "" if math.isnan(row.accuracy) else f"{100 * row.accuracy:.0f}%"
    cost = "" if math.isnan(row.microseconds) else _cost(row.microseconds)
    runs: list[Run] = [
        (f"{'▸' if chosen else ' '}{rank:>{_RANK - 2}} ", Ink("key" if chosen else "muted", back, chosen)),
        (format.fitted(row.label, cells["label"] - 1) + " ", strong),
        *_decay(row, cells["decay"], back),
        (columns.right("moved", _moved(row)), plain),
        (columns.right("loss", _loss(row.loss, cells["loss"] - 1)), strong),
    ]
    if columns.bar:
        runs += [(" ", plain), *_bar(row, most, columns.bar, back)]
    if columns.past:
        runs += [(" ", plain), (_past(row.losses, most).ljust(_PAST - 1), muted)]
    runs += [(columns.right("accuracy", accuracy), plain), (columns.right("cost", cost), muted)]
    word, ink = _outcome(row) if standing.steps else ("", "muted")
    runs.append((f"  {word:<{cells['outcome'] - 2}}", Ink(ink, back, row.cure)))
    if columns.remark and row.remark:
        runs.append((" " + format.begun(row.remark, columns.rest - 1), muted))
    return cut(runs, columns.width, Ink("", back))


def details(row: Row, meaning: Sequence[str], width: int, *, judged: bool) -> list[Runs]:
    """What the chosen row changes, what that does, and, once the race is under way, what is to be said of it."""
    made = ", ".join(each.replace("=", " = ") for each in row.assignments) or "nothing: the network as it was"
    parts: list[tuple[str, Ink]] = [(f"changes {made}", STRONG)]
    if judged and row.note:
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
    ink = {"as it is": "muted", "cure": "band7", "signal back": "key", "diverged": "error"}.get(row.outcome, "warning")
    return row.outcome.upper() if row.cure else row.outcome, ink


def _decay(row: Row, width: int, back: str) -> list[Run]:
    """What one layer does to the signal, at step 0 and now."""
    before, after = _factor(row.factor_before), _factor(row.factor_after)
    return [
        (f"{before:>{width - 8}}", Ink("muted", back)),
        (" → ", Ink("muted", back)),
        (f"{after:<5}"[:5], Ink("text", back)),
    ]


def _factor(value: float) -> str:
    """At most five cells."""
    if math.isnan(value):
        return "-"
    if 0.01 <= value < 99.5:
        return f"×{value:.2f}" if value < 9.995 else f"×{value:.1f}"
    return f"×{value:.0e}".replace("e-0", "e-").replace("e+0", "e") if value else "×0"


def _loss(value: float, width: int) -> str:
    """With as many digits as there is room for."""
    text = format.steady(value)
    return text if len(text) <= width else format.tick(value)


def _moved(row: Row) -> str:
    """At most six cells; a dash before it is measured."""
    if math.isnan(row.moved) and not row.diverged:
        return "-"
    return (
        format.number(row.moved)
        if not math.isfinite(row.moved)
        else "0"
        if row.moved == 0.0
        else format.tick(row.moved)
    )


def _cost(microseconds: float) -> str:
    """At most four cells."""
    return f"{microseconds:.0f}" if microseconds < 9_999.5 else f"{microseconds / 1000:,.0f}k"


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
    shown = losses[-(_PAST - 1) :]
    return "".join(trail.level(value, most) for value in shown)
