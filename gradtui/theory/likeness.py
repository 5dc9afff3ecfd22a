"""What a batch looks like to a wide layer: how large its examples are there, and how alike."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gradtui.theory.activations import ACTIVATIONS
from gradtui.theory.moments import COSINES, Normal, correlations, moments

Floats = NDArray[np.float64]

#: Examples that stand for a batch: pairs grow with their square.
MOST = 64


@dataclass(frozen=True)
class Batch:
    """What a network reads and what its loss answers at step 0, as mean products of pairs, each (examples, examples):
    of inputs over the inputs, of dL/d(output) over the outputs."""

    inputs: Floats
    errors: Floats

    @classmethod
    def of(cls, inputs: NDArray[np.floating], errors: NDArray[np.floating]) -> Batch:
        """From inputs (examples, numbers) and dL/d(output) (examples, outputs)."""
        return cls(products(inputs[:MOST]), products(errors[:MOST]))

    @property
    def usable(self) -> bool:
        """Whether all numbers are finite and neither inputs nor errors all 0."""
        return all(np.isfinite(pairs).all() and mean_square(pairs) > 0.0 for pairs in (self.inputs, self.errors))

    @classmethod
    def unlike(cls, mean_square: float, examples: int) -> Batch:
        """Examples of this mean square that have nothing in common, and errors likewise."""
        examples = min(examples, MOST)
        return cls(mean_square * np.eye(examples), np.eye(examples))


def products(rows: NDArray[np.floating]) -> Floats:
    """Mean over the columns of the product of each two rows, (rows, rows)."""
    wide = np.asarray(rows, dtype=np.float64)
    found: Floats = wide @ wide.T / wide.shape[1]
    return found


def mean_square(pairs: Floats) -> float:
    """The mean over the examples of their mean squares."""
    return float(np.trace(pairs)) / len(pairs)


def cosines(pairs: Floats) -> Floats:
    """How alike each two examples are; one of no size is like nothing but itself."""
    sizes = np.sqrt(np.maximum(np.diag(pairs), 0.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        found = np.nan_to_num(pairs / np.outer(sizes, sizes))
    np.fill_diagonal(found, 1.0)
    kept: Floats = np.clip(found, -1.0, 1.0)
    return kept


def centred(pairs: Floats, examples: int) -> Floats:
    """The same after the mean of the batch has been taken off; `pairs` may be of a part of its `examples`."""
    own, others = np.diag(pairs), len(pairs) - 1
    share = 1.0 / examples
    rows = own * share + (pairs.sum(axis=0) - own) / max(others, 1) * (1.0 - share)
    found: Floats = pairs - rows - rows[:, None] + rows.mean()
    return found


@dataclass(frozen=True)
class Passed:
    """What an activation makes of a batch: E phi, and E phi phi and E phi' phi' of each pair."""

    mean: float
    values: Floats
    slopes: Floats


def through(name: str, bend: float, mean: float, covariance: Floats) -> Passed:
    """An activation of normal numbers of one mean and this covariance of pairs; all examples count as of one size."""
    variance = mean_square(covariance)
    scale = 1.0
    if ACTIVATIONS[name].straight and mean == 0.0:
        variance, scale = 1.0, variance
    found = moments(Normal(name, bend, mean, variance))
    values, slopes = correlations(Normal(name, bend, mean, _near(variance)))
    alike = cosines(covariance)
    return Passed(
        found.value * math.sqrt(scale),
        found.square * scale * np.interp(alike, COSINES, values),
        found.slope_square * np.interp(alike, COSINES, slopes),
    )


def _near(variance: float) -> float:
    """A variance at most 2 % away, one of few: tables of correlations are alike for sizes that hardly differ, and
    thousands of layers want one each."""
    return math.exp(round(math.log(variance) * 25.0) / 25.0) if 0.0 < variance < math.inf else variance
