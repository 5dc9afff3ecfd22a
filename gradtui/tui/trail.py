"""The trail of a bar: what it has been, in a few cells. Pure arithmetic over past values."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from gradtui.lab.snapshot import History

#: The cell before the newest tells of so many steps ago; each further one to the left of twice as many.
NEWEST = 32
#: The middle of these stands for the value of step 0, each level for half a decade more or less.
LEVELS = "▁▂▃▄▅▆▇█"
_DECADES_A_LEVEL = 0.5

#: Stands for the time before the run; no gauge that has a trail can be negative.
BEFORE = -1.0


def columns(history: History, gauge: str, cells: int) -> Any:
    """The values, shape (cells, taps), of the past that each cell tells of, oldest first; before the run BEFORE."""
    import numpy as np  # not before the first paint

    steps, values = history.steps, history[gauge]
    ages = [0, *(NEWEST * 2**place for place in range(cells - 1))][::-1]
    wanted = steps[-1] - np.array(ages) if len(steps) else np.full(cells, -1)
    at = np.searchsorted(steps, wanted, side="right") - 1
    return np.where((at >= 0)[:, None], values[np.maximum(at, 0)] if len(steps) else BEFORE, BEFORE)


def drawn(past: Sequence[float], first: float) -> str:
    """The trail as text: higher and lower than at step 0 by half decades; `!` for what is no number, a dot for 0, blank
    before the run."""
    return "".join(_cell(value, first) for value in past)


def level(value: float, most: float) -> str:
    """A cell on a linear axis from 0 to `most`, full beyond it; `!` for what is no number."""
    return LEVELS[min(7, max(0, int(8 * value / most)))] if math.isfinite(value) else "!"


def _cell(value: float, first: float) -> str:
    if not math.isfinite(value):
        return "!"
    if value == BEFORE:
        return " "
    if value == 0.0:
        return "·"
    if not 0.0 < first < math.inf:
        return LEVELS[3]
    place = 3 + round((math.log10(value) - math.log10(first)) / _DECADES_A_LEVEL)
    return LEVELS[max(0, min(place, len(LEVELS) - 1))]
