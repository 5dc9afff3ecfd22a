"""From the sums that the kernels left in the tables to the gauges: NumPy on a handful of numbers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from gradtui.engine.kernels.gauges import GROW, SHRINK

Floats = NDArray[np.float64]


def root(words: Floats) -> Floats:
    """Square roots of sums of squares kept in three words, shape (taps, 3) -> (taps,)."""
    small, middle, big = words.T
    roots: Floats = np.where(
        big != 0.0,
        np.sqrt(big + middle * SHRINK * SHRINK) / SHRINK,
        np.where(middle != 0.0, np.sqrt(middle + small / GROW / GROW), np.sqrt(small) / GROW),
    )
    return roots


def spread(sums: Floats, entries: Floats | int) -> tuple[Floats, Floats]:
    """Mean and standard deviation of each layer's output from what `activation_gauges` left, shape (taps, 5)."""
    total, squares, pivot, _, scale = sums.T
    centred = total / entries
    # Rounding may leave a tiny negative variance; NaN must stay NaN.
    variance = np.maximum(squares / entries - centred**2, 0.0)
    return pivot + centred / scale, np.sqrt(variance) / scale


def gauges(
    tables: Mapping[str, Floats],
    *,
    batch: int,
    fan_in: Floats,
    fan_out: Floats,
    distance: Floats,
    dead: Floats,
    slope_gradient: Floats,
    updated: bool,
) -> dict[str, Floats]:
    """Every gauge of `gradtui.gauges.GAUGES`, each of shape (taps,).

    `tables` are the network's sums by region name; `updated` says whether the measured step has changed the weights;
    `distance`, `dead` and `slope_gradient` are handed through.
    """
    taps = len(fan_in)
    entries = batch * fan_out
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        activation, delta = tables["activation_sums"], tables["delta_sums"]
        gradient, update = tables["gradient_sums"], tables["update_sums"]
        mean, deviation = spread(activation, entries)
        above = root(delta[:, :3]) / np.sqrt(entries)
        sloped = root(delta[:, 3:]) / np.sqrt(entries)
        norm = root(gradient[:, :3])
        unknown = np.full(taps, np.nan)
        gain, weight_part = unknown.copy(), unknown.copy()
        gain[1:] = np.log10(above[:-1] / above[1:])
        weight_part[1:] = np.log10(above[:-1] / sloped[1:])
        return {
            "grad_rms": norm / np.sqrt(fan_in * fan_out),
            "grad_norm": norm,
            "delta_rms": above * batch,
            "update_ratio": root(update[:, :3]) / root(update[:, 3:6]) if updated else unknown,
            "activation_mean": mean,
            "activation_std": deviation,
            "saturated": activation[:, 3] / entries,
            "nonfinite": gradient[:, 3].copy(),
            "underflow": tables["counts"][:, 0] / (fan_in * fan_out),
            "gain": gain,
            "gain_weight": weight_part,
            "gain_slope": np.log10(sloped / above),
            "gain_norm": np.zeros(taps),
            "gain_skip": np.zeros(taps),
            "zero_batch": tables["counts"][:, 1] / fan_out,
            "dead": dead,
            "similarity": tables["similarity"][:, 0].copy(),
            "distance": distance,
            "turn": gradient[:, 5].copy(),
            "slope_grad_rms": slope_gradient,
        }
