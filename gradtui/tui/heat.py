"""The history of every layer as a table of colour bands: what the map is drawn from. Pure arithmetic."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from gradtui.tui.bands import BANDS, COLDEST, HOTTEST
from gradtui.tui.braille import rounded

if TYPE_CHECKING:
    from gradtui.lab.snapshot import History
    from gradtui.profile import GradientProfile

#: What stands in a slot beside the number of a band.
ZERO, NAN, INFINITE, BLANK = len(BANDS), len(BANDS) + 1, len(BANDS) + 2, len(BANDS) + 3

#: The letters of the slots that have no band.
LETTERS = {ZERO: "0", NAN: "N", INFINITE: "∞"}

#: One letter a band, for terminals without colours.
GLYPHS = "0123456789AB"


def band_of(code: int) -> int:
    """The band whose colour a slot has."""
    return COLDEST if code == ZERO else HOTTEST if code in (NAN, INFINITE) else code


def broken_code(value: float) -> int:
    """The code of a value that has no place on a log axis; of a negative one that of NaN."""
    return ZERO if value == 0.0 else INFINITE if value == float("inf") else NAN


def until(step: int) -> int:
    """The last step of the map's time axis: 1, 2 or 5 times a power of ten, so that what is drawn seldom moves."""
    return int(rounded(max(step, 20), down=False))


def table(history: History, now: GradientProfile, gauge: str, slots: int, last: int) -> Any:
    """Codes of shape (slots, taps): slot s tells of the steps before (s + 1) * last / slots, by the newest profile of
    them; `now` is the newest of all."""
    import numpy as np  # not before the first paint

    steps = np.append(history.steps, now.step)
    values = np.concatenate([history[gauge], now[gauge][None]])
    begins, ends = np.arange(slots) * last / slots, np.arange(1, slots + 1) * last / slots
    at = np.searchsorted(steps, ends, side="left") - 1
    chosen = values[np.clip(at, 0, len(steps) - 1)]
    with np.errstate(divide="ignore", invalid="ignore"):
        codes = np.searchsorted([band.decade for band in BANDS], np.log10(chosen), side="right") - 1
    codes[chosen == 0.0] = ZERO
    codes[np.isnan(chosen)] = NAN
    codes[np.isposinf(chosen)] = INFINITE
    codes[begins >= now.step + 1] = BLANK
    return codes


def worst(codes: Any) -> Any:
    """The worst code of several taps, (slots, taps) -> (slots,): no number before zero before far from healthy."""
    import numpy as np

    distance = np.abs(codes - 6.5)
    ranks = np.where(codes >= ZERO, 100 + codes, distance)
    return np.take_along_axis(codes, ranks.argmax(axis=1)[:, None], axis=1)[:, 0]
