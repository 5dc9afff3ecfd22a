"""Figures of one layer that are no curve: what it has learned, how far it has moved, what of it is silent."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import TYPE_CHECKING

from gradtui.tui import format
from gradtui.tui.blocks import cut
from gradtui.tui.palette import MUTED, Ink, Run, Runs

if TYPE_CHECKING:
    from gradtui.lab.inspection import Inspection
    from gradtui.lab.snapshot import Snapshot
    from gradtui.scenario.model import Optimizer

#: Cells of the meter of what is clipped.
METER = 5

_VALUE, _WARNING = Ink("key", "", True), Ink("warning", "", True)


def clips(optimizer: Optimizer) -> bool:
    """Whether gradients may be clipped."""
    return any((optimizer.clip_norm, optimizer.clip_value, optimizer.clip_agc))


def line(seen: Inspection, snapshot: Snapshot, width: int) -> Runs:
    """As many figures as fit, those first that not every layer has."""
    runs: list[Run] = []
    for figure in _figures(seen, snapshot):
        gap: list[Run] = [("  ", MUTED)] if runs else []
        if sum(len(text) for text, _ in (*runs, *gap, *figure)) <= width:
            runs += [*gap, *figure]
    return cut(runs, width)


def _figures(seen: Inspection, snapshot: Snapshot) -> Iterator[list[Run]]:
    profile = snapshot.profile
    gauges = (
        {name: float(values[seen.layer]) for name, values in profile.gauges.items()}
        if profile is not None and seen.layer < len(profile.taps)
        else {}
    )
    clipping = clips(snapshot.scenario.optimizer)
    if clipping and math.isfinite(share := gauges.get("clipped", math.nan)):
        yield _meter("clipped", share)
    if seen.learned:
        least, mean, most = map(format.tick, seen.learned)
        yield [("slope ", MUTED), (mean, _VALUE), (f" ({least} to {most})" if least != most else "", MUTED)]
        if math.isfinite(gradient := gauges.get("slope_grad_rms", math.nan)):
            yield [("slope_grad_rms ", MUTED), (format.number(gradient), _VALUE)]
    if not math.isnan(moved := gauges.get("distance", math.nan)):
        yield [("distance ", MUTED), (format.tick(moved), _VALUE)]
    for name in ("dead", "zero_batch"):
        if math.isfinite(share := gauges.get(name, math.nan)):
            yield [(f"{name} ", MUTED), (format.percent(share), _WARNING if share >= 0.5 else _VALUE)]
    if not math.isnan(seen.effective_rank):
        yield [("rank ", MUTED), (format.percent(seen.effective_rank), _VALUE)]
    history = snapshot.history
    if clipping and history is not None and "clipped" in history.values and len(history.steps):
        often = float((history["clipped"][:, seen.layer] > 0.0).mean())
        yield [("clips in ", MUTED), (format.percent(often), _VALUE), (" of the steps", MUTED)]


def _meter(name: str, share: float) -> list[Run]:
    """A share of one as a bar and as a number."""
    full = max(0, min(METER, round(share * METER)))
    return [
        (f"{name} ", MUTED),
        ("█" * full, Ink("warning")),
        ("░" * (METER - full), MUTED),
        (f" {format.percent(share)}", _VALUE),
    ]
