"""The plane of order and chaos: how wide weights and biases are drawn, and what becomes of a gradient there."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

from textual.geometry import Size

from gradtui.tui import format
from gradtui.tui.blocks import cut
from gradtui.tui.causes import times
from gradtui.tui.palette import MUTED, STRONG, Ink, Palette, Run, Runs
from gradtui.tui.track import merged
from gradtui.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from gradtui.theory import Prediction
    from gradtui.theory.phase import Settled, Wide

#: Cells left of the plane, for the numbers of its axis.
MARGIN = 5
#: Rows below which the plane is not worth drawing.
LEAST = 5
#: The largest sigma_w for whose sake the plane is stretched.
REACH = 12.0
#: At the top and at the bottom: what lies there, and whether it is named on the left (0), amid (1), on the right (2).
REGIONS = {1: ("chaos", 0), -1: ("order", 2)}
EDGE, HERE = "─", "◆"


class PhasePlane(Lines):
    """The plane with "you are here", and what it means in words; where there is none, why."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._theory: Prediction | None = None

    def show(self, theory: Prediction | None) -> None:
        """Place this network."""
        if theory is not self._theory:
            self._theory = theory
            if self.display:
                self.redraw()

    def lines(self, size: Size) -> list[Runs]:
        theory, width = self._theory, size.width - 2
        if theory is None or width < 16:
            return []
        heading: list[Run] = [("ORDER AND CHAOS", STRONG)]
        if theory.wide is None or theory.settled is None:
            return [_indented(heading, size.width), *_elsewhere(theory, size.width)]
        heading.append((f"  {theory.wide.name}", MUTED))
        words = _words(theory, theory.wide, theory.settled, width)
        height = size.height - len(words) - 3
        drawn = draw(theory.wide, width, height, self.palette) if height >= LEAST else []
        return [_indented(line, size.width) for line in [heading, *drawn, *words]]


def _indented(runs: list[Run] | Runs, width: int) -> Runs:
    return cut([(" ", MUTED), *runs], width)


def bounds(wide: Wide) -> tuple[float, float]:
    """The largest sigma_b and sigma_w of the plane."""
    here_b, here_w = math.sqrt(wide.biases), math.sqrt(wide.weights)
    edge = _edge(wide, here_b)
    high = max(here_w, edge if edge <= REACH else 0.0, 1.6)
    return max(1.0, 1.4 * here_b), 1.25 * high


@lru_cache(maxsize=8)
def _chi(wide: Wide, most_b: float, most_w: float, columns: int, rows: int) -> list[list[float]]:
    """chi at the middles of the cells' halves, from the top; two halves a row."""
    import numpy as np

    from gradtui.theory import phase

    sigma_b = (np.arange(columns) + 0.5) / columns * most_b
    sigma_w = (np.arange(2 * rows)[::-1] + 0.5) / (2 * rows) * most_w
    found: list[list[float]] = phase.plane(wide.name, wide.bend, wide.constant, sigma_b, sigma_w).tolist()
    return found


@lru_cache(maxsize=32)
def _edge(wide: Wide, sigma_b: float) -> float:
    """Where order ends for these biases; inf where it does not."""
    import numpy as np

    from gradtui.theory import phase

    found = float(phase.critical_line(wide.name, wide.bend, wide.constant, np.array([sigma_b]))[0])
    return math.inf if math.isnan(found) else found


def draw(wide: Wide, width: int, height: int, palette: Palette) -> list[list[Run]]:
    """The plane on `height` + 2 lines: order and chaos shaded, the edge between them, this network."""
    columns = width - MARGIN
    most_b, most_w = bounds(wide)
    chi = _chi(wide, most_b, most_w, columns, height)
    here = (
        min(height - 1, int((1.0 - math.sqrt(wide.weights) / most_w) * height)),
        min(columns - 1, int(math.sqrt(wide.biases) / most_b * columns)),
    )
    out: list[list[Run]] = [[("σw", MUTED)]]
    for row in range(height):
        label = format.tick(most_w) if row == 0 else "0" if row == height - 1 else ""
        cells: list[Run] = []
        for column in range(columns):
            upper, lower = chi[2 * row][column] >= 1.0, chi[2 * row + 1][column] >= 1.0
            below = chi[2 * row + 2][column] >= 1.0 if row + 1 < height else False
            ground = "chaos" if lower else "order"
            if (row, column) == here:
                cells.append((HERE, Ink("accent", _ground(ground, palette), True)))
            elif upper != lower or (lower and not below and row + 1 < height):
                cells.append((EDGE, Ink("text", _ground(ground, palette), True)))
            else:
                cells.append(("·" if lower else " ", Ink("faint", _ground(ground, palette))))
        name, at = REGIONS.get((row == 0) - (row == height - 1), ("", 0))
        place = at * (columns - len(name)) // 2
        # A region's name stands where all of its letters do.
        if name and all(cells[place + letter][1].fg == "faint" for letter in range(len(name))):
            ground = cells[place][1].bg
            cells[place : place + len(name)] = [(letter, Ink("muted", ground)) for letter in name]
        out.append([(f"{label:>{MARGIN - 1}} ", MUTED), *merged(cells)])
    axis = f"0{'σb':^{max(0, columns - 1 - len(format.tick(most_b)))}}{format.tick(most_b)}"
    return [*out, [(" " * MARGIN + axis, MUTED)]]


def _ground(region: str, palette: Palette) -> str:
    if not palette.shades:
        return ""
    return "pale3" if region == "chaos" else "pale0"


def _words(theory: Prediction, wide: Wide, settled: Settled, width: int) -> list[list[Run]]:
    """Where the network stands, in numbers and in words."""
    where = {
        "ordered": "ORDER: the gradient vanishes",
        "chaotic": "CHAOS: the gradient explodes",
        "critical": "THE EDGE: the gradient holds",
    }[theory.word]
    edge = _edge(wide, math.sqrt(wide.biases))
    constant = f" b {format.tick(wide.constant)}" if wide.constant else ""
    reach = "endless" if math.isinf(settled.depth) else format.tick(settled.depth)
    change = "lose" if settled.chi < 1.0 else "gain"
    spread, deep, here = "spread of biases", "ever deeper", "at this depth"
    if theory.per == "step":
        spread, deep, here = "what inputs and biases bring", "ever longer", "over these steps"
    lines: list[list[Run]] = [
        [(f"{HERE} ", Ink("accent", "", True)), (where, STRONG)],
        _line("σw", format.tick(theory.sigma_w), "spread of weights × √fan_in"),
        _line("σb", format.tick(theory.sigma_b) + constant, spread),
        _line("q*", format.tick(settled.q), "where sizes settle"),
        _line("χ*", format.tick(settled.chi), f"{times(theory.limit)} a {theory.per}, {deep}"),
        _line("", "", f"{times(theory.factor)} a {theory.per}, {here}"),
        _line("ξ", reach, f"{theory.per}s {change} a factor e of δ²" if reach != "endless" else "depth: δ² holds"),
    ]
    if math.isfinite(settled.cosine):
        alike = "all alike" if settled.cosine > 0.999 else f"at cosine {format.tick(settled.cosine)}"
        lines.append(_line("", "", f"two {'states' if theory.per == 'step' else 'inputs'} end up {alike}"))
    lines.append(_line("", "", f"order ends at σw {format.tick(edge)}" if math.isfinite(edge) else "order never ends"))
    return lines


def _line(name: str, value: str, text: str) -> list[Run]:
    return [(f"{name:<3}", MUTED), (f"{value:<8}", Ink()), (text, MUTED)]


def _elsewhere(theory: Prediction, width: int) -> list[Runs]:
    """Why there is no plane, and what theory has instead."""
    reason = theory.reason or (
        "what goes through gates or several layers in time is followed step by step"
        if theory.per == "step"
        else "these layers are not plain and equal, so σw and σb alone do not decide: theory follows them one by one"
    )
    out = [_indented([(line, Ink())], width) for line in _wrapped(reason, width - 2)]
    if theory.known and theory.factor > 0.0:
        here = "at this depth" if theory.per == "layer" else "at step 0"
        out += [(), _indented([(f"{times(theory.factor)} a {theory.per}, {here}", MUTED)], width)]
        if math.isfinite(theory.limit) and theory.limit > 0.0:
            out.append(_indented([(f"{times(theory.limit)} a layer, ever deeper", MUTED)], width))
    return out


def _wrapped(text: str, width: int) -> list[str]:
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append("")
        lines[-1] += (" " if lines[-1] else "") + word
    return lines
