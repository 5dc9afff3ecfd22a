"""How one tap is inspected: from the simulation's arrays to histograms."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradtui.engine.close_up import Activity, CloseUp
from gradtui.lab.inspection import BINS, FLAT, SAMPLES, Histogram, Inspection
from gradtui.lab.simulation import Simulation
from gradtui.scenario import menu

Array = NDArray[Any]

#: Where the steepest place of an activation is looked for: 0 is among them.
_EVERYWHERE = np.linspace(-10.0, 10.0, 401)


def inspect(simulation: Simulation, layer: int, before: Inspection | None = None) -> Inspection:
    """Tap number `layer` as it is now. The axes of `before`, an earlier look at the same tap, are only ever widened."""
    near = simulation.close_up(layer)
    spec, step = near.spec, simulation.measured_step
    activity = near.activity(step)
    z = linear(activity.z, before.preactivations if before else None, symmetric=True)
    steepest = float(np.abs(near.slopes(_EVERYWHERE)).max())
    with np.errstate(invalid="ignore"):
        flat = float((np.abs(activity.slope.astype(np.float64)) < FLAT * steepest).mean())
    return Inspection(
        step=simulation.step_count,
        layer=layer,
        tap=simulation.taps[layer],
        shape=near.weights.shape,
        parameters=near.parameters,
        activation=menu.choice("activation", spec.activation).label,
        norm=spec.norm if spec.own.norm_place == "before" and spec.norm not in ("none", "weight") else "",
        preactivations=z,
        activations=linear(activity.a, before.activations if before else None),
        weights=linear(near.weights, before.weights if before else None),
        gradient=logarithmic(near.gradient, before.gradient if before else None),
        slopes=tuple(near.slopes(np.linspace(z.low, z.high, SAMPLES)).tolist()),
        steepest=steepest,
        flat=flat,
        radii=tuple(near.spectrum[:, 0].tolist()) if near.spectrum.size else (),
        effective_rank=simulation.effective_rank_of(layer),
        learned=_learned(near, activity) if spec.activation == "prelu" else (),
    )


def _learned(near: CloseUp, activity: Activity) -> tuple[float, ...]:
    """The least, the mean and the largest slope that the units of a layer have learned; of a unit that was never
    negative on this batch only the mean knows."""
    mean = float(near.slopes(np.array([-1.0]))[0])
    seen = activity.slope[activity.z <= 0.0]
    # The mean of all is no mean of those that were seen.
    return min(float(seen.min(initial=mean)), mean), mean, max(float(seen.max(initial=mean)), mean)


def linear(values: Array, before: Histogram | None = None, *, symmetric: bool = False) -> Histogram:
    """Counts on an axis from or to 0, or around it, that ends on 1, 2 or 5 times a power of ten."""
    finite, nan, infinite = _sorted_out(values)
    least, most = (float(finite.min()), float(finite.max())) if len(finite) else (0.0, 0.0)
    end = rounded_up(max(-least, most))
    low = -end if symmetric or least < 0.0 else 0.0
    high = end if symmetric or most > 0.0 or low == 0.0 else 0.0
    if before:
        low, high = min(low, before.low), max(high, before.high)
    # Counted in units of the axis: the span of the largest numbers is not a number any more.
    unit = max(-low, high)
    counts, _ = np.histogram(finite / unit, BINS, (low / unit, high / unit))
    return Histogram(low, high, tuple(counts.tolist()), *_spread(finite), nan, infinite)


def logarithmic(values: Array, before: Histogram | None = None) -> Histogram:
    """Counts of log10|value| between whole decades."""
    finite, nan, infinite = _sorted_out(values)
    sizes = np.log10(np.abs(finite[finite != 0.0]))
    low, high = (0.0, 1.0)
    if len(sizes):
        low, high = math.floor(sizes.min()), math.floor(sizes.max()) + 1.0
    if before and sum(before.counts):
        low, high = (min(low, before.low), max(high, before.high)) if len(sizes) else (before.low, before.high)
    counts, _ = np.histogram(sizes, BINS, (low, high))
    zeros = len(finite) - len(sizes)
    return Histogram(low, high, tuple(counts.tolist()), *_spread(finite), nan, infinite, zeros, log=True)


def _sorted_out(values: Array) -> tuple[NDArray[np.float64], int, int]:
    """The finite values in a row, and how many are NaN and infinite."""
    flat = np.asarray(values, dtype=np.float64).reshape(-1)
    finite = flat[np.isfinite(flat)]
    nan = int(np.isnan(flat).sum())
    return finite, nan, len(flat) - len(finite) - nan


def _spread(finite: NDArray[np.float64]) -> tuple[float, float]:
    """Mean and standard deviation; scaled first, so that no square overflows or vanishes."""
    if not len(finite):
        return math.nan, math.nan
    largest = float(np.abs(finite).max()) or 1.0
    scaled = finite / largest
    return float(scaled.mean()) * largest, float(scaled.std()) * largest


def rounded_up(size: float) -> float:
    """The next of 1, 2 and 5 times a power of ten; 1 for 0."""
    if size <= 0.0:
        return 1.0
    exponent = math.floor(math.log10(size))
    rungs = (float(f"{digit}e{exponent + shift}") for shift in (0, 1) for digit in (1, 2, 5))
    return next((rung for rung in rungs if rung >= size and math.isfinite(rung)), size)
