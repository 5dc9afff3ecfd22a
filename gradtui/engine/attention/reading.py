"""What a transformer's sums say: the gain of each tap and its split by cause; and the sinusoids of its positions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradtui.engine.attention.parts import Tap
from gradtui.engine.layout import Region
from gradtui.engine.readout import root

Floats = NDArray[np.float64]
View = Callable[[Region], NDArray[Any]]


def gains(taps: Sequence[Tap], above: Floats, view: View, scales: Floats) -> dict[str, Floats]:
    """The gauges `gain...`, each (taps,), of the signals `above` (taps,), rms of dL/d(output).

    A tap's gain leads to the tap that it reads, so that along the values all gains together lead from the loss to the
    embedding. Queries and keys stand beside that way: what they pass on is only part of what the tap below hears, and
    they have no gain. `scales` (halves,) is what each half's sum multiplies its branch with.
    """
    unknown = np.full(len(taps), np.nan)
    gain, slope, norm, skip = unknown.copy(), *(np.zeros(len(taps)) for _ in range(3))
    slope[0] = norm[0] = skip[0] = np.nan
    with np.errstate(divide="ignore", invalid="ignore"):
        for index, tap in enumerate(taps):
            if tap.below is None or tap.name.endswith((".q", ".k")):
                slope[index] = norm[index] = skip[index] = np.nan
                continue
            gain[index] = np.log10(above[tap.below] / above[index])
            slope[index], norm[index], skip[index] = (
                _factor(tap.slope, view),
                _factor(tap.norm, view),
                _factor(tap.met, view),
            )
            closing = _closes(taps, tap.below)
            if closing is not None:
                skip[index] += np.log10(abs(scales[closing]))
        alone = ~np.isfinite(skip) & ~np.isnan(gain)
        slope, norm = (np.where(alone & ~np.isfinite(part), 0.0, part) for part in (slope, norm))
        skip = np.where(alone, gain - slope - norm, skip)
        return {
            "gain": gain,
            "gain_weight": np.where(alone, 0.0, gain - slope - norm - skip),
            "gain_slope": slope,
            "gain_norm": norm,
            "gain_skip": skip,
        }


def _factor(sums: Region | None, view: View) -> float:
    """log10 of what is kept in sums (6,): behind, from its first words, to before, from its last."""
    if sums is None:
        return 0.0
    words = view(sums).astype(np.float64)
    return float(np.log10(root(words[None, 3:])[0] / root(words[None, :3])[0]))


def _closes(taps: Sequence[Tap], index: int) -> int | None:
    """The half whose branch this tap is the last of; None where it is not."""
    block, _, short = taps[index].name.partition(".")
    if short not in ("o", "ff2"):
        return None
    return 2 * (int(block) - 1) + (short == "ff2")


def sinusoids(steps: int, width: int) -> Floats:
    """Positions (steps, width) as sines in even columns and cosines in odd ones (Vaswani et al. 2017)."""
    columns = np.arange(width)
    angles = np.arange(steps)[:, None] / 10_000.0 ** (2 * (columns // 2) / width)
    return np.where(columns % 2 == 0, np.sin(angles), np.cos(angles))
