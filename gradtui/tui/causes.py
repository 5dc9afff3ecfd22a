"""What each layer does to the signal, cause by cause, as stacked bars around a line. Pure arithmetic.

Gains are powers of ten: a cause that shrinks the signal stands left of the line, one that grows it right of it, and
what is longer on one side than on the other is the total.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from gradtui.tui import format, groups
from gradtui.tui.limits import UPRIGHT
from gradtui.tui.palette import STRONG, Ink, Palette, Run, Runs
from gradtui.tui.rows import Span
from gradtui.tui.track import merged


class Cause(NamedTuple):
    """One part of a gain: its gauge, its name, the letter that stands in its bars, its number among the inks."""

    gauge: str
    name: str
    letter: str
    ink: int


CAUSES = (
    Cause("gain_slope", "φ'", "φ", 0),
    Cause("gain_weight", "weights", "w", 1),
    Cause("gain_norm", "norm", "n", 2),
    Cause("gain_skip", "skip", "s", 4),
)
TOTAL, EXPECTED = "◆", "┆"
#: How the names of a transformer's queries and keys end.
BESIDE = (".q", ".k")


@dataclass(frozen=True)
class Split:
    """The gain of the layers of a row, in powers of ten, their mean: `parts` in the order of `CAUSES`, and `word`
    where there is nothing to split. `ceiling`: more than that no phi' can be, NaN where that is not known."""

    parts: tuple[float, ...] = ()
    total: float = math.nan
    expected: float = math.nan
    word: str = ""
    ceiling: float = math.nan


@dataclass(frozen=True)
class Scale:
    """Powers of ten from the left edge to the right one; 0 lies between."""

    low: float = -1.0
    high: float = 1.0

    def half(self, value: float, width: int) -> int:
        """The half cell, of `width` whole ones, at which a value stands; cut at the edges."""
        share = (value - self.low) / (self.high - self.low)
        return round(min(1.0, max(0.0, share)) * width * 2)

    def holds(self, value: float) -> bool:
        """Whether a value lies on it."""
        return self.low <= value <= self.high


def splits(
    gauges: Mapping[str, Sequence[float]], expected: Sequence[float], spans: Sequence[Span], taps: Sequence[str]
) -> list[Split]:
    """One split a row, from the gauges of all taps; `expected` holds theory's gains, empty where it has none."""
    return [_split(gauges, expected, span, taps) for span in spans]


def _split(gauges: Mapping[str, Sequence[float]], expected: Sequence[float], span: Span, taps: Sequence[str]) -> Split:
    held = measured(span, taps)
    if not held:
        begins = taps[span.last]
        if begins.endswith(BESIDE):
            return Split(word="beside the way of the values: no gain of its own")
        return Split(word=f"nothing lies below layer {begins}: no gain" if len(taps) > 1 else "a layer alone: no gain")
    gains = [gauges["gain"][tap] for tap in held]
    foreseen = _mean([expected[tap] for tap in held]) if len(expected) == len(taps) else math.nan
    finite = [tap for tap in held if _whole(gauges, tap)]
    if not finite or len(finite) < len(gains):
        return Split(expected=foreseen, word=_word(gains, len(gains) - len(finite)))
    parts = tuple(_mean([gauges[cause.gauge][tap] for tap in finite]) for cause in CAUSES)
    return Split(parts, _mean([gauges["gain"][tap] for tap in finite]), foreseen)


def measured(span: Span, taps: Sequence[str]) -> list[int]:
    """The taps of a row that have a gain: below the first one of a network lies nothing, and queries and keys stand
    beside the way on which gains lead from the loss to the input."""
    begins = {network.first for network in groups.networks(tuple(taps))}
    return [tap for tap in range(span.first, span.last + 1) if tap not in begins and not taps[tap].endswith(BESIDE)]


def _whole(gauges: Mapping[str, Sequence[float]], tap: int) -> bool:
    return all(math.isfinite(gauges[name][tap]) for name in ("gain", *(cause.gauge for cause in CAUSES)))


def _word(gains: Sequence[float], broken: int) -> str:
    """Why there are no parts: of several layers, what is said of the gravest and how many there are, if not all."""
    if any(gain == -math.inf for gain in gains):
        what = "0: nothing comes through"
    elif any(gain == math.inf for gain in gains):
        what = "inf: the signal leaves all numbers"
    elif any(math.isnan(gain) for gain in gains):
        what = "NaN: no signal here to divide by"
    else:
        what = "its causes cannot be told apart"
    return what if broken == len(gains) else f"{what}, in {broken} of {len(gains)}"


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values) if values else math.nan


def pinned(left: float, right: float) -> Scale:
    """A scale on which bars that reach so far to both sides lie, with some room left; whole steps of 1, 2 or 5."""
    longest = _step_above(1.25 * max(left, right, 0.08))
    # The shorter side keeps some room, so that what grows later is seen.
    low, high = (longest if side == max(left, right) else longest / 2 for side in (left, right))
    return Scale(-max(low, _step_above(1.25 * left)), max(high, _step_above(1.25 * right)))


def widened(scale: Scale, left: float, right: float) -> Scale:
    """The scale, one whole step or more wider where bars have outgrown it: two bars of which only one is cut could
    not be compared."""
    low = scale.low if left <= -scale.low else -_step_above(left)
    high = scale.high if right <= scale.high else _step_above(right)
    return scale if (low, high) == (scale.low, scale.high) else Scale(low, high)


def _step_above(value: float) -> float:
    if value <= 0.0:
        return 0.0
    decade = 10.0 ** math.floor(math.log10(value))
    return next(step * decade for step in (1.0, 2.0, 5.0, 10.0) if step * decade >= value * (1 - 1e-9))


def draw(split: Split, scale: Scale, width: int, palette: Palette, back: str = "") -> Runs:
    """A row's picture on `width` cells."""
    if split.word:
        return ((split.word[:width], Ink("muted", back)), (" " * max(0, width - len(split.word)), Ink("", back)))
    zero = min(scale.half(0.0, width), 2 * width - 1)
    halves: list[int] = [-1] * (2 * width)
    segments: list[tuple[int, int, int]] = []
    for sign in (-1, 1):
        reached = 0.0
        for number, part in enumerate(split.parts):
            if part * sign > 0.0:
                begun = scale.half(reached, width)
                reached += part
                start, stop = sorted((begun, scale.half(reached, width)))
                halves[start:stop] = [number] * (stop - start)
                segments.append((number, start, stop))
    cells: list[Run] = []
    for cell in range(width):
        here = " " if palette.plain or cell != zero // 2 else "│"
        cells.append(_cell(halves[2 * cell], halves[2 * cell + 1], here, palette, back))
    for number, start, stop in segments:
        first, last = (start + 1) // 2, stop // 2
        if last > first:
            middle = (first + last) // 2
            cells[middle] = (
                CAUSES[number].letter,
                Ink(f"over{CAUSES[number].ink}", f"class{CAUSES[number].ink}", True),
            )
    if cells[zero // 2][0] == " " and halves[zero // 2 * 2] < 0 and halves[zero // 2 * 2 + 1] < 0:
        cells[zero // 2] = ("│", Ink("faint", back))
    if math.isfinite(split.expected) and scale.holds(split.expected):
        _mark(cells, scale.half(split.expected, width), EXPECTED, "text", back)
    # On the line itself it would hide what it says: that this phi' can only shrink the signal.
    if (
        math.isfinite(split.ceiling)
        and scale.holds(split.ceiling)
        and scale.half(split.ceiling, width) // 2 != zero // 2
    ):
        _mark(cells, scale.half(split.ceiling, width), UPRIGHT, "text", back)
    _mark(cells, scale.half(split.total, width), TOTAL, "accent", back)
    for sign, edge, arrow in ((-1, 0, "◂"), (1, width - 1, "▸")):
        if not scale.holds(sum(part for part in split.parts if part * sign > 0.0)):
            cells[edge] = (arrow, Ink("text", back, True))
    return merged(cells)


def _cell(left: int, right: int, empty: str, palette: Palette, back: str) -> Run:
    if palette.plain:
        code = right if left < 0 else left
        return (empty if code < 0 else CAUSES[code].letter, Ink())
    if left == right:
        return (empty, Ink("faint", back)) if left < 0 else (" ", Ink("", f"class{CAUSES[left].ink}"))
    if left < 0:
        return "▐", Ink(f"class{CAUSES[right].ink}", back)
    return "▌", Ink(f"class{CAUSES[left].ink}", f"class{CAUSES[right].ink}" if right >= 0 else back)


def _mark(cells: list[Run], half: int, glyph: str, role: str, back: str) -> None:
    at = min(half // 2, len(cells) - 1)
    ground = cells[at][1].bg
    cells[at] = (glyph, Ink(f"over{ground[5:]}", ground, True) if ground.startswith("class") else Ink(role, back, True))


def heading(scale: Scale, width: int) -> str:
    """The factors that the scale's ends and its zero stand for."""
    line = [" "] * width
    zero = scale.half(0.0, width) // 2
    ends = (factor(scale.low), factor(scale.high))
    for at, text in ((0, ends[0]), (width - len(ends[1]), ends[1]), (zero, "×1")):
        place = max(0, min(at, width - len(text)))
        if all(letter == " " for letter in line[max(0, place - 1) : place + len(text) + 1]):
            line[place : place + len(text)] = text
    return "".join(line)


def factor(gain: float) -> str:
    """A gain as a factor: `×0.236`, `×0`, `NaN`."""
    if math.isnan(gain):
        return "NaN"
    if gain in (math.inf, -math.inf) or abs(gain) > 300.0:
        return "×inf" if gain > 0 else "×0"
    return times(10.0**gain)


def times(value: float) -> str:
    """A factor: `×0.236`, `×1.20e-05`, `×0`."""
    plain = value == 0.0 or 1e-3 <= value < 1e4
    return f"×{value:.3g}" if plain else f"×{format.number(value)}"


def words(split: Split, name: str, causes: Sequence[Cause], width: int) -> list[Run]:
    """The split in numbers, which is the key to the inks as well; names go where there is no room for them."""
    for named in (True, False):
        runs: list[Run] = [(f" {name} ", Ink("muted"))]
        for cause, part in zip(CAUSES, split.parts or (math.nan,) * len(CAUSES), strict=True):
            if cause in causes:
                runs.append((f" {cause.letter} ", Ink(f"over{cause.ink}", f"class{cause.ink}", True)))
                runs.append((f" {cause.name}" if named else "", Ink("muted")))
                runs.append((f" {factor(part) if split.parts else '–'}  ", Ink()))
        runs.append((f"{TOTAL} ", Ink("accent", "", True)))
        runs.append((factor(split.total) if split.parts else "–", STRONG))
        if sum(len(text) for text, _ in runs) <= width:
            break
    return runs


def mean_of(gauges: Mapping[str, Sequence[float]]) -> Split:
    """What the layers do on average, leaving out those whose causes are not known."""
    finite = [tap for tap in range(1, len(gauges["gain"])) if _whole(gauges, tap)]
    parts = tuple(_mean([gauges[cause.gauge][tap] for tap in finite]) for cause in CAUSES)
    return Split(parts if finite else (), _mean([gauges["gain"][tap] for tap in finite]))
