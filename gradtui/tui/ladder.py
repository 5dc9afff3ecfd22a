"""The ladder of time: the gradient of each recurrent layer over the time steps, the chosen one from near by, and what
its gates let through. Pure arithmetic."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache

from gradtui.tui import causes, format, rungs
from gradtui.tui.axis import Axis
from gradtui.tui.bands import band
from gradtui.tui.blocks import cut
from gradtui.tui.braille import Canvas, Scale
from gradtui.tui.palette import KEY, MUTED, STRONG, Ink, Palette, Run, Runs
from gradtui.tui.rungs import Columns
from gradtui.tui.track import AS_PREDICTED, THEORY, merged

HIDDEN, CELL = "delta_rms", "cell_delta_rms"
#: What the two gauges over time are the size of.
NAMES = {HIDDEN: "dL/dh_t", CELL: "dL/dc_t"}
#: The gates in the order in which a cell opens them, with their names and inks.
GATES = (
    ("gate_input", "input", Ink("class0")),
    ("gate_forget", "forget", Ink("class1")),
    ("gate_output", "output", Ink("class2")),
    ("gate_reset", "reset", Ink("class3")),
    ("gate_update", "update", Ink("class4")),
)

#: Cells left of the columns and right of them.
LEFT, RIGHT = 15, 19
#: The curves of the chart: the hidden state's gradient now and at step 0, the cell's now.
NOW, GHOST, CELL_NOW = Ink("key"), Ink("muted"), Ink("accent")
#: Where the chosen layer stood at step 0.
FORMER = "·"
_NOTHING: Run = (" ", GHOST)
_FORMER: Run = (FORMER, GHOST)
#: What stands where no curve is: (at step 0, as theory expected it) -> cell.
_STOOD: dict[tuple[bool, bool], Run] = {
    (False, False): _NOTHING,
    (True, False): _FORMER,
    (False, True): (THEORY, GHOST),
    (True, True): (AS_PREDICTED, GHOST),
}
#: The tallest bars of a layer, and the lowest chart that is worth drawing, in lines.
TALLEST, LEAST_CHART = 6, 3

Table = Mapping[str, tuple[tuple[float, ...], ...]]


@dataclass(frozen=True)
class Ladder:
    """What is drawn: gauges over time as now[gauge][layer][step]; `first` is the same at step 0, `theory` what was to
    be expected there, both empty when unknown.

    `names` are those of the layers, `chosen` is the one seen from near by, `shown` the gauge that the bars stand for,
    `bounds` the chart's axis.
    """

    names: tuple[str, ...]
    now: Table
    first: Table
    axis: Axis
    bounds: tuple[float, float]
    chosen: int = 0
    shown: str = HIDDEN
    theory: Table = field(default_factory=dict)


def gates(now: Table) -> list[tuple[str, str, Ink]]:
    """The gates that this kind of cell has."""
    return [gate for gate in GATES if gate[0] in now]


@lru_cache(32)
def factor(values: tuple[float, ...]) -> float:
    """What each step further back does to the gradient: 10 ** -slope of the line through log10(value) over time."""
    from gradtui.diagnosis.decay import fitted_factor  # not before the first paint

    # The fit leaves the last tap, the output, out; time has none.
    return fitted_factor([*values, math.nan])


def heights(layers: int, gate_rows: int, height: int) -> tuple[int, int]:
    """(lines of each layer, lines of the chart) that fit into so many lines below the two headings."""
    room = height - 2 - gate_rows
    # The chart has a heading and a line of air above it.
    with_chart = room - 2
    if with_chart - layers < LEAST_CHART:
        return max(1, min(TALLEST, room // max(1, layers))), 0
    bars = max(1, min(TALLEST, with_chart // 2 // max(1, layers), (with_chart - LEAST_CHART) // max(1, layers)))
    return bars, with_chart - layers * bars


def draw(seen: Ladder, palette: Palette, width: int, height: int) -> list[Runs]:
    """All of it, as much as fits."""
    table = seen.now[seen.shown]
    steps = len(table[0])
    where = rungs.columns(steps, max(1, width - LEFT - RIGHT))
    own_gates = gates(seen.now)
    layers = len(table)
    bars, chart = heights(layers, len(own_gates), height)
    if chart == 0 and 2 + layers * bars + len(own_gates) > height:
        own_gates = own_gates[: max(0, height - 2 - layers * bars)]
    out = [_title(seen, steps, where, width), _heading(steps, where)]
    for layer in range(layers):
        out += _layer(seen, layer, where, bars, palette)
    if chart:
        out += [(), _chart_title(seen, width), *_chart(seen, where, chart)]
    for gate, name, ink in own_gates:
        out.append(_gate(seen.now[gate][seen.chosen], name, ink, where))
    return [cut(line, width) for line in out[:height]]


def lines_of(seen: Ladder, height: int) -> list[int | None]:
    """The layer that stands on each line."""
    layers = len(seen.names)
    bars, _ = heights(layers, len(gates(seen.now)), height)
    return [None, None, *(layer for layer in range(layers) for _ in range(bars))]


def _title(seen: Ladder, steps: int, where: Columns, width: int) -> Runs:
    other = NAMES[CELL if seen.shown == HIDDEN else HIDDEN]
    tail: list[Run] = [("   g", KEY), (f" {other}", MUTED)] if CELL in seen.now else []
    low, high = format.tick(10.0**seen.axis.low), format.tick(10.0**seen.axis.high)
    scale = f"{low} to {high}, log"
    expected = [f"{THEORY} theory{_foreseen(seen)}"] if seen.theory.get(seen.shown) else []
    # That steps share columns is said before anything else.
    said = [where.in_words, *expected, scale] if where.shared else [*expected, scale, where.in_words]
    return (*title(seen.shown, said, width - sum(len(part) for part, _ in tail)), *tail)


def title(gauge: str, said: Sequence[str], width: int) -> Runs:
    """The gauge's name, and as much of what is said of it as there is room for."""
    runs: list[Run] = [(f" {NAMES[gauge]}", STRONG)]
    for text in (*said, "newest on the right"):
        if sum(len(part) for part, _ in runs) + len(text) + 3 <= width:
            runs.append((f"   {text}", MUTED))
    return tuple(runs)


def _foreseen(seen: Ladder) -> str:
    """What theory expected each step to do, of the chosen layer."""
    rows = seen.theory[seen.shown]
    fitted = factor(rows[seen.chosen]) if seen.chosen < len(rows) else math.nan
    return f" {causes.times(fitted)} a step" if math.isfinite(fitted) else ""


def _heading(steps: int, where: Columns) -> Runs:
    text = f"{'layer':>6}{'at t=1':>{LEFT - 7}} {where.numbers(steps)}"
    return ((text, MUTED), (f" {'at t=' + format.count(steps):<9}", MUTED), (" a step", MUTED))


def _layer(seen: Ladder, layer: int, where: Columns, height: int, palette: Palette) -> list[Runs]:
    values = seen.now[seen.shown][layer]
    chosen = layer == seen.chosen
    back = "chosen" if chosen else ""
    first, expected = seen.first.get(seen.shown, ()), seen.theory.get(seen.shown, ())
    drawn = rungs.draw(
        values,
        first[layer] if len(first) > layer else (),
        seen.axis,
        where,
        height,
        palette,
        back if height == 1 else "",
        expected[layer] if len(expected) > layer else (),
    )
    name = f"{'▸' if chosen else ' '}{seen.names[layer]:>4} "
    fitted = factor(values)
    said = causes.times(fitted) if math.isfinite(fitted) else "–"
    ends = format.number(values[0]), format.number(values[-1])
    out: list[Runs] = []
    for line, runs in enumerate(drawn):
        here = back if line == height // 2 else ""
        if line == height // 2:
            left: list[Run] = [
                (name[0], Ink("key", here, True)),
                (name[1:], Ink("text", here, chosen)),
                (f"{ends[0]:>{LEFT - 7}} ", Ink(f"band{band(values[0])}", here, True)),
            ]
            right: list[Run] = [
                (f" {ends[1]:<9}", Ink(f"band{band(values[-1])}", here, True)),
                (f"{said:<{RIGHT - 10}}", Ink("text", here, True)),
            ]
        else:
            mark = ""
            if height >= 3 and line in (0, height - 1):
                mark = format.tick(10.0 ** (seen.axis.high if line == 0 else seen.axis.low))
            left, right = [(f"{mark:>{LEFT - 1}} ", MUTED)], [(" " * RIGHT, Ink(""))]
        out.append((*left, *runs, *right))
    return out


def _chart_title(seen: Ladder, width: int) -> Runs:
    runs: list[Run] = [(f" layer {seen.names[seen.chosen]}", STRONG)]
    if CELL in seen.now:
        runs += [("   ⣀h⣀ ", NOW), (NAMES[HIDDEN], MUTED), ("   ⣀c⣀ ", CELL_NOW), (NAMES[CELL], MUTED)]
    else:
        runs += [("   ⣀⣀ ", NOW), (NAMES[HIDDEN], MUTED)]
    if seen.first:
        runs += [(f"   {FORMER * 2} ", GHOST), ("at step 0", MUTED)]
    if seen.theory.get(HIDDEN):
        runs += [(f"   {THEORY * 2} ", GHOST), ("theory", MUTED)]
    if gates(seen.now):
        tail = "   gates: mean, 0 to 1"
        if sum(len(text) for text, _ in runs) + len(tail) <= width:
            runs.append((tail, MUTED))
    return tuple(runs)


def _chart(seen: Ladder, where: Columns, height: int) -> list[Runs]:
    """The chosen layer over time; what no log axis can show is a letter at the foot."""
    cells = where.cells * len(where.spans)
    scale = Scale(*seen.bounds, log=True)
    layers: list[tuple[list[str], Ink]] = []
    for gauge, ink in ((CELL, CELL_NOW), (HIDDEN, NOW)):
        if gauge in seen.now:
            layers.append((_curve(seen.now[gauge][seen.chosen], cells, height, scale), ink))
    former = seen.first.get(HIDDEN)
    ghost = _curve(former[seen.chosen], cells, height, scale) if former else [" " * cells] * height
    foreseen = seen.theory.get(HIDDEN)
    expected = _curve(foreseen[seen.chosen], cells, height, scale) if foreseen else [" " * cells] * height
    letters = _named(layers, cells) if len(layers) > 1 else {}
    now = seen.now[HIDDEN][seen.chosen]
    for place, letter, code in rungs.letters(now, where):
        letters[height - 1, place - where.start] = (letter, Ink(f"band{code}", "", True))
    labels = {height - 1: format.tick(scale.low), 0: format.tick(scale.high)}
    out: list[Runs] = []
    inks = [ink for _, ink in layers]
    for line in range(height):
        drawn: list[Run] = []
        for before, told, *dots in zip(ghost[line], expected[line], *(text[line] for text, _ in layers), strict=True):
            cell = _STOOD[before != " ", told != " "]
            for dot, ink in zip(dots, inks, strict=True):
                if dot != " ":
                    # Where curves pass through the same cell their dots are joined, in the last one's colour.
                    cell = (dot if cell in _STOOD.values() else chr(ord(cell[0]) | ord(dot)), ink)
            drawn.append(cell)
        for (row, at), named in letters.items():
            if row == line:
                drawn[at] = named
        margin = f"{labels.get(line, ''):>{LEFT - 1}} " + " " * where.start
        out.append(((margin, MUTED), *merged(drawn)))
    return out


def _named(layers: Sequence[tuple[list[str], Ink]], cells: int) -> dict[tuple[int, int], Run]:
    """A letter on each curve, so that nobody has to tell them by their colours: (line, cell) -> letter."""
    out: dict[tuple[int, int], Run] = {}
    for (text, ink), letter, share in zip(layers, "ch", (2 / 3, 1 / 3), strict=True):
        at = int(share * cells)
        line = next((line for line, drawn in enumerate(text) if drawn[at] != " "), None)
        if line is not None:
            out[line, at] = (letter, ink._replace(bold=True))
    return out


@lru_cache(32)
def _curve(values: tuple[float, ...], cells: int, height: int, scale: Scale) -> list[str]:
    canvas = Canvas(cells, height)
    steps = len(values)
    canvas.curve([at + 0.5 for at in range(steps)], values, Scale(0.0, float(steps)), scale)
    return canvas.lines()


def _gate(values: Sequence[float], name: str, ink: Ink, where: Columns) -> Runs:
    first, last = (format.steady(value) for value in (values[0], values[-1]))
    return (
        (f"{name:>7}", Ink()),
        (f"{first:>{LEFT - 8}} ", MUTED),
        *rungs.shares(values, where, ink),
        (f" {last}", MUTED),
    )
