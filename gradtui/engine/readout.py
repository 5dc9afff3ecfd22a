"""From the sums that the kernels left in the tables to the gauges: NumPy on a handful of numbers."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from gradtui.engine.kernels.gauges import GROW, SHRINK
from gradtui.engine.knobs import CLIP, LOCALLY

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


def _stages(tables: Mapping[str, Floats], normed: str) -> tuple[Floats, Floats, Floats]:
    """The signal on its way back through each layer: its root sum of squares at the output, and the factors of slope
    and norm. `normed` says where the norm stands: "none", "before" or "after" the activation; the output has none.
    """
    delta, norm = tables["delta_sums"], tables["norm_sums"]
    top = root(delta[:, :3])
    slope = root(delta[:, 3:]) / top
    factor = np.ones(len(top))
    if normed != "none":
        factor[:-1] = (root(norm[:, 3:]) / root(norm[:, :3]))[:-1]
        if normed == "after":
            top = np.append(root(norm[:-1, :3]), top[-1])
    return top, slope, factor


#: A share of the norm below this is rounding.
ROUNDING = 1e-12


def clipped_share(norm: Floats, local_sums: Floats, scalars: Floats) -> Floats:
    """1 - (norm of what the optimizer got) / norm, shape (taps,); 0 where there was nothing to clip."""
    left = root(local_sums) if scalars[LOCALLY] else norm
    # The factor alone, where it is all: norm / norm is NaN for 0 and for inf.
    kept = scalars[CLIP] * (left / norm if scalars[LOCALLY] else np.where(np.isnan(norm), np.nan, 1.0))
    share: Floats = np.where(norm == 0.0, 0.0, 1.0 - kept)
    return np.where(share < ROUNDING, 0.0, share)


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
    normed: str,
    skipped: Floats,
) -> dict[str, Floats]:
    """Every gauge of `gradtui.gauges.GAUGES`, each of shape (taps,).

    `tables` are the network's sums by region name; `updated` says whether the measured step has changed the weights;
    `distance`, `dead` and `slope_gradient` are handed through.
    """
    taps = len(fan_in)
    entries = batch * fan_out
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        activation = tables["activation_sums"]
        gradient, update = tables["gradient_sums"], tables["update_sums"]
        mean, deviation = spread(activation, entries)
        signal, slope, norm_factor = _stages(tables, normed)
        above = signal / np.sqrt(entries)
        norm = root(gradient[:, :3])
        unknown = np.full(taps, np.nan)
        gain = unknown.copy()
        gain[1:] = np.log10(above[:-1] / above[1:])
        by_slope, by_norm, by_skip = np.log10(slope), np.log10(norm_factor), np.log10(skipped)
        return {
            "grad_rms": norm / np.sqrt(fan_in * fan_out),
            "grad_norm": norm,
            "delta_rms": above * batch,
            "update_ratio": root(update[:, :3]) / root(update[:, 3:6]) if updated else unknown,
            "clipped": clipped_share(norm, tables["clipped_sums"], tables["scalars"]) if updated else unknown,
            "activation_mean": mean,
            "activation_std": deviation,
            "saturated": activation[:, 3] / entries,
            "nonfinite": gradient[:, 3].copy(),
            "underflow": tables["counts"][:, 0] / (fan_in * fan_out),
            "gain": gain,
            # Each of the others is measured on its own; what is left is the weights'.
            "gain_weight": gain - by_slope - by_norm - by_skip,
            "gain_slope": by_slope,
            "gain_norm": by_norm,
            "gain_skip": by_skip,
            "zero_batch": tables["counts"][:, 1] / fan_out,
            "dead": dead,
            "similarity": tables["similarity"][:, 0].copy(),
            "distance": distance,
            "turn": gradient[:, 5].copy(),
            "slope_grad_rms": slope_gradient,
        }
