"""From the sums that the kernels left in the tables to the gauges: NumPy on a handful of numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gradtui.engine.kernels.gauges import GROW, SHRINK
from gradtui.engine.knobs import CLIP, LOCALLY
from gradtui.engine.layers import Layer

Floats = NDArray[np.float64]


def root(words: Floats) -> Floats:
    """Square roots of sums of squares kept in three words, shape (taps, 3) -> (taps,)."""
    small, middle, big = words.T
    if not (small.any() or big.any()):  # always so in float32
        plain: Floats = np.sqrt(middle)
        return plain
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


@dataclass(frozen=True)
class Sizes:
    """What sums are divided by, each of shape (taps,): weights of the tap's matrix, its units, numbers that the layer
    makes of a batch; `batch` examples; `normed`: whether the signal is normalised there."""

    batch: int
    weights: Floats
    units: Floats
    entries: Floats
    normed: NDArray[np.bool_]

    @classmethod
    def of(cls, layers: Sequence[Layer], batch: int) -> Sizes:
        """The sizes of these layers."""
        return cls(
            batch,
            np.array([layer.matrix.values.size for layer in layers], dtype=np.float64),
            np.array([layer.units for layer in layers], dtype=np.float64),
            np.array([batch * layer.spec.size.numbers for layer in layers], dtype=np.float64),
            np.array([layer.norm is not None for layer in layers]),
        )


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
    sizes: Sizes,
    *,
    signal: Floats,
    distance: Floats,
    dead: Floats,
    slope_gradient: Floats,
    updated: bool,
    skipped: Floats,
    closed: NDArray[np.bool_],
) -> dict[str, Floats]:
    """Every gauge of `gradtui.gauges.GAUGES`, each of shape (taps,).

    `tables` are the network's sums by region name, `signal` (taps, 3) the squares of dL/d(output); `updated` says
    whether the measured step has changed the weights; `distance`, `dead` and `slope_gradient` are handed through;
    `skipped` is what skips do to the signal within each tap's gain, `closed` whether a skip lets none of it in.
    """
    taps = len(signal)
    entries = sizes.entries
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        activation, delta, normed = tables["activation_sums"], tables["delta_sums"], tables["norm_sums"]
        gradient, update = tables["gradient_sums"], tables["update_sums"]
        mean, deviation = spread(activation, entries)
        slope = root(delta[:, 3:]) / root(delta[:, :3])
        norm_factor = np.where(sizes.normed, root(normed[:, 3:]) / root(normed[:, :3]), 1.0)
        above = root(signal) / np.sqrt(entries)
        norm = root(gradient[:, :3])
        unknown = np.full(taps, np.nan)
        gain = unknown.copy()
        gain[1:] = np.log10(above[:-1] / above[1:])
        by_slope, by_norm, by_skip = np.log10(slope), np.log10(norm_factor), np.log10(skipped)
        # Where a skip takes or brings everything, nothing else has a share in it.
        alone = ~np.isfinite(by_skip) & ~np.isnan(gain)
        by_slope, by_norm = (np.where(alone & ~np.isfinite(part), 0.0, part) for part in (by_slope, by_norm))
        by_skip = np.where(alone, gain - by_slope - by_norm, by_skip)
        return {
            "grad_rms": norm / np.sqrt(sizes.weights),
            "grad_norm": norm,
            "delta_rms": above * sizes.batch,
            "update_ratio": root(update[:, :3]) / root(update[:, 3:6]) if updated else unknown,
            "clipped": clipped_share(norm, tables["clipped_sums"], tables["scalars"]) if updated else unknown,
            "activation_mean": mean,
            "activation_std": deviation,
            "saturated": activation[:, 3] / entries,
            "nonfinite": gradient[:, 3].copy(),
            "underflow": np.where(closed, 0.0, tables["counts"][:, 0] / sizes.weights),
            "gain": gain,
            # Each of the others is measured on its own; what is left is the weights'.
            "gain_weight": np.where(alone, 0.0, gain - by_slope - by_norm - by_skip),
            "gain_slope": by_slope,
            "gain_norm": by_norm,
            "gain_skip": by_skip,
            "zero_batch": tables["counts"][:, 1] / sizes.units,
            "dead": dead,
            "similarity": tables["similarity"][:, 0].copy(),
            "distance": distance,
            "turn": gradient[:, 5].copy(),
            "slope_grad_rms": slope_gradient,
        }
