"""What an activation makes of normally distributed numbers, by quadrature between its kinks."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gradtui.theory.activations import ACTIVATIONS

Floats = NDArray[np.float64]

#: Deviations beyond which nothing is left of a normal distribution: its density is 1e-32 there.
FAR = 12.0
#: A variance that counts as none.
LEAST = 1e-300
_PANELS = np.array([-6.0, -3.0, -1.5, 0.0, 1.5, 3.0, 6.0])
#: The bends of a smooth function lie within these multiples of its scale.
_CURVES = np.array([-32.0, -16.0, -8.0, -4.0, -2.0, -1.0, 0.0, 1.0, 2.0, 4.0, 8.0, 16.0, 32.0])
_LEGENDRE, _LEGENDRE_WEIGHTS = np.polynomial.legendre.leggauss(16)

#: Hermite polynomials that a correlation is expanded in.
ORDERS = 40
#: Cosines at which an expansion is tabled, close together near -1 and 1.
COSINES = -np.cos(np.linspace(0.0, math.pi, 129))
_POWERS = COSINES[:, None] ** np.arange(ORDERS)
#: What is left of the expansion stands for all higher orders.
_REST = COSINES ** (4 * ORDERS + 1)


class Normal(NamedTuple):
    """An activation of the menu, with its bend, of numbers of this mean and variance."""

    name: str
    bend: float
    mean: float
    variance: float

    @property
    def deviation(self) -> float:
        """The root of the variance; never 0, so that each side of a kink has its share."""
        return math.sqrt(max(self.variance, LEAST))


class Moments(NamedTuple):
    """E phi, E phi^2, E phi'^2 and E phi'^4."""

    value: float
    square: float
    slope_square: float
    slope_fourth: float


def nodes(of: Normal) -> tuple[Floats, Floats]:
    """(z, weights): sum of f(mean + sqrt(variance) z) * weights is E f, for any f that is smooth between kinks."""
    activation, deviation = ACTIVATIONS[of.name], of.deviation
    places = np.concatenate([_CURVES * activation.scale(of.bend), activation.kinks])
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        bends = (places - of.mean) / deviation
    bends = bends[np.abs(bends) < FAR]
    edges = np.unique(np.concatenate([[-FAR, FAR], _PANELS, bends]))
    half = np.diff(edges)[:, None] / 2.0
    z = (edges[:-1, None] + half + half * _LEGENDRE).ravel()
    density = np.exp(-(z**2) / 2.0) / math.sqrt(2.0 * math.pi)
    return z, (half * _LEGENDRE_WEIGHTS).ravel() * density


@lru_cache(maxsize=4096)
def moments(of: Normal) -> Moments:
    """The four means."""
    value, slope, _, weights = values_at(of)
    return Moments(
        float(value @ weights), float(value**2 @ weights), float(slope**2 @ weights), float(slope**4 @ weights)
    )


@lru_cache(maxsize=4096)
def mean_slope(of: Normal) -> float:
    """E phi'."""
    _, slope, _, weights = values_at(of)
    return float(slope @ weights)


class Tables(NamedTuple):
    """E phi(u) phi(v) / E phi^2, the same of phi', and of phi'^2, at each cosine of `COSINES` that u and v may have."""

    values: Floats
    slopes: Floats
    slope_squares: Floats


@lru_cache(maxsize=512)
def correlations(of: Normal) -> Tables:
    """The three tables.

    With phi = sum of a_k h_k in normalised Hermite polynomials, E phi(u) phi(v) = sum of a_k^2 c^k (Mehler 1866).
    """
    value, slope, z, weights = values_at(of)
    polynomials = np.empty((ORDERS, len(z)))
    polynomials[0], polynomials[1] = 1.0, z
    for k in range(1, ORDERS - 1):
        polynomials[k + 1] = (z * polynomials[k] - math.sqrt(k) * polynomials[k - 1]) / math.sqrt(k + 1)
    polynomials *= weights
    return Tables(*(_table(each, polynomials, weights) for each in (value, slope, slope**2)))


def values_at(of: Normal) -> tuple[Floats, Floats, Floats, Floats]:
    """(phi, phi', z, weights) at the nodes."""
    z, weights = nodes(of)
    with np.errstate(over="ignore", under="ignore", invalid="ignore"):
        value, slope = ACTIVATIONS[of.name].function(of.mean + of.deviation * z, of.bend)
    return value, slope, z, weights


def _table(values: Floats, polynomials: Floats, weights: Floats) -> Floats:
    whole = float(values**2 @ weights)
    if not 0.0 < whole < math.inf:
        return np.ones_like(COSINES)
    shares = (polynomials @ values) ** 2 / whole
    table: Floats = _POWERS @ shares + max(0.0, 1.0 - float(shares.sum())) * _REST
    return table
