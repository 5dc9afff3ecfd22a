"""What a batch looks like to a wide layer: how large its examples are there, and how alike."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from gradtui.theory.activations import ACTIVATIONS
from gradtui.theory.moments import COSINES, Normal, correlations, moments

Floats = NDArray[np.float64]

#: Rows of examples at places that stand for a batch: pairs grow with their square.
MOST, MOST_PLACED = 64, 256
#: Layers from which on fewer examples stand for a batch.
LONG, MOST_LONG = 64, 24
#: Sizes of places to a factor of e that are told apart.
FINE = 200.0
#: A size that counts as none.
LEAST = 1e-30


@dataclass(frozen=True, eq=False)
class Batch:
    """What a network reads and what its loss answers at step 0: inputs (examples, places, numbers), where places are
    those of an image or time steps, and dL/d(output) (examples, answers, outputs). `aligned` is E (z e)^2 of outputs z
    and dL/dz over what it were if they had nothing in common; a loss that answers large outputs with large errors has
    it above 1."""

    inputs: Floats
    errors: Floats
    aligned: float = 1.0

    @classmethod
    def of(cls, inputs: NDArray[Any], errors: NDArray[Any], outputs: NDArray[Any] | None = None) -> Batch:
        """From inputs (examples, numbers) or (examples, places, numbers), dL/d(output) (examples, outputs) or
        (examples, steps, outputs), and the outputs as the errors are."""
        return cls(_placed(inputs), _placed(errors), 1.0 if outputs is None else _aligned(outputs, errors))

    @classmethod
    def unlike(cls, mean_square: float, examples: int, places: int = 1, answers: int = 1) -> Batch:
        """Examples of this mean square that have nothing in common, and errors likewise."""
        shown = shown_of(examples, places * answers)
        rows = shown * places
        inputs = math.sqrt(mean_square * rows) * np.eye(rows).reshape(shown, places, rows)
        return cls(inputs, np.eye(shown * answers).reshape(shown, answers, -1))

    @property
    def usable(self) -> bool:
        """Whether all numbers are finite and neither inputs nor errors all 0."""
        return all(np.isfinite(rows).all() and rows.any() for rows in (self.inputs, self.errors))

    @property
    def places(self) -> int:
        """Places of an example."""
        return int(self.inputs.shape[1])

    def pairs(self, layers: int, most: int = MOST) -> tuple[Floats, Floats]:
        """Mean products of pairs of as many rows as theory follows through so many layers, of `most` examples, (rows,
        rows): of inputs over the numbers of a place, of errors over the outputs. Errors have a row an example."""
        shown = min(shown_of(len(self.inputs), self.places), MOST_LONG if layers > LONG else MOST, most)
        inputs, errors = self.inputs[:shown], products(self.errors.reshape(len(self.errors), -1))
        pairs = products(inputs.reshape(-1, inputs.shape[2]))
        return pairs, _few(errors, shown) if self.places > 1 else errors[:shown, :shown]


def _few(errors: Floats, shown: int) -> Floats:
    """The products of so few examples' errors that come to as much together as those of all of them, as far as the few
    can."""
    count = len(errors)
    own = mean_square(errors)
    others = min((float(errors.sum()) - own * count) / max(count * (shown - 1), 1), own)
    found = np.full((shown, shown), others)
    np.fill_diagonal(found, own)
    return found


def _aligned(outputs: NDArray[Any], errors: NDArray[Any]) -> float:
    made, told = (np.asarray(rows, dtype=np.float64).reshape(-1, outputs.shape[-1]) for rows in (outputs, errors))
    sizes = float((made**2).sum(axis=1).mean() * (told**2).sum(axis=1).mean())
    found = float(((made * told).sum(axis=1) ** 2).mean()) * made.shape[1]
    return found / sizes if sizes > 0.0 and math.isfinite(found / sizes) else 1.0


def _placed(rows: NDArray[Any]) -> Floats:
    wide: Floats = np.asarray(rows, dtype=np.float64)
    return wide if wide.ndim == 3 else wide[:, None, :]


def shown_of(examples: int, places: int) -> int:
    """How many examples stand for a batch."""
    return min(examples, MOST if places == 1 else max(2, MOST_PLACED // places))


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
    both = sizes[:, None] * sizes
    found = np.divide(pairs, both, out=np.zeros_like(pairs), where=both > 0.0)
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


class Rows(NamedTuple):
    """What the rows of a matrix of pairs stand for: so many places of each example, a part of a batch of `examples`."""

    places: int
    examples: int

    @property
    def whole(self) -> int:
        """Rows that the whole batch would have."""
        return self.places * self.examples

    def together(self, pairs: Floats) -> float:
        """The mean over all pairs of the batch: those of one example are as few in it as in truth."""
        count = len(pairs) // self.places
        if count == 1 or count == self.examples:
            return float(pairs.mean())
        same = float(np.einsum("apaq->", pairs.reshape(count, self.places, count, self.places)))
        others = (float(pairs.sum()) - same) / (count * (count - 1) * self.places**2)
        share = 1.0 / self.examples
        return share * same / (count * self.places**2) + (1.0 - share) * others


@dataclass(frozen=True)
class Passed:
    """What an activation makes of a batch: E phi, and E phi phi, E phi' phi' and E phi'^2 phi'^2 of each pair."""

    mean: float
    values: Floats
    slopes: Floats
    slope_squares: Floats

    @property
    def steepness(self) -> tuple[float, float]:
        """E phi'^2 and E phi'^4 over all examples."""
        return mean_square(self.slopes), mean_square(self.slope_squares)


def through(name: str, bend: float, mean: float, covariance: Floats, uneven: bool = False) -> Passed:
    """An activation of normal numbers of one mean and this covariance of pairs. All rows count as of one size, unless
    they are `uneven`, as the places of an image are."""
    variance = mean_square(covariance)
    scale = 1.0
    straight = ACTIVATIONS[name].straight and mean == 0.0
    if straight:
        variance, scale = 1.0, variance
    found = moments(Normal(name, bend, mean, variance))
    values, slopes, slope_squares = correlations(Normal(name, bend, mean, near(variance)))
    alike = cosines(covariance)
    sizes: list[Floats] = [np.array(each) for each in (found.square * scale, found.slope_square, found.slope_fourth)]
    if uneven:
        each = np.maximum(np.diag(covariance), 0.0)
        if straight:
            sizes[0] = found.square * np.sqrt(np.outer(each, each))
        else:
            own = np.array([moments(Normal(name, bend, mean, near(max(size, LEAST), FINE))) for size in each.tolist()])
            sizes = [np.sqrt(np.outer(column, column)) for column in own.T[1:]]
    return Passed(
        found.value * math.sqrt(scale),
        *(
            size * np.interp(alike, COSINES, table)
            for size, table in zip(sizes, (values, slopes, slope_squares), strict=True)
        ),
    )


def near(variance: float, steps: float = 8.0) -> float:
    """A variance not far away, one of so many to a factor of e: tables of correlations are alike for sizes that hardly
    differ, and thousands of layers want one each."""
    return math.exp(round(math.log(variance) * steps) / steps) if 0.0 < variance < math.inf else variance
