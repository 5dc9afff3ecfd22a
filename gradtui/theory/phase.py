"""Order and chaos: where the size of a wide plain network's signals settles, and what becomes of its gradient there
(Poole et al. 2016, Schoenholz et al. 2017)."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gradtui.theory.activations import ACTIVATIONS
from gradtui.theory.moments import COSINES, Normal, correlations, moments

Floats = NDArray[np.float64]

#: Sizes that count as 0 and as infinite.
NOTHING, ENDLESS = 1e-11, 1e7
#: What rounding may add to a factor of 1.
EVEN = 1e-12
#: Smallest and largest sigma_w at which order may end.
WIDEST = (0.05, 50.0)
#: What an expansion in a few polynomials may miss of a function with a kink.
ROUGH = 2e-3


class Wide(NamedTuple):
    """A plain network of endless width: an activation of the menu with its bend, sigma_w^2 = fan_in Var W,
    sigma_b^2 = Var b, and the constant that all biases have besides."""

    name: str
    bend: float
    weights: float
    biases: float
    constant: float = 0.0

    def at(self, variance: float) -> Normal:
        """What the activation gets where the preactivations have this variance."""
        return Normal(self.name, self.bend, self.constant, variance)

    def next(self, variance: float) -> float:
        """The variance one layer further up."""
        return self.weights * moments(self.at(variance)).square + self.biases


class Settled(NamedTuple):
    """`q`: the variance at which preactivations settle, 0 and inf included. `chi`: what the mean square of the error
    signal is multiplied with in each layer there. `depth`: layers in which it changes by a factor of e, inf where it
    holds. `cosine`: how alike any two inputs end up, and `cosine_depth` the layers that this takes; NaN where sizes
    vanish or explode, since then it is still on its way."""

    q: float
    chi: float
    depth: float
    cosine: float
    cosine_depth: float


@lru_cache(maxsize=256)
def settled(net: Wide, begun: float) -> Settled:
    """Where a network goes whose first preactivations have the variance `begun`."""
    q = _fixed_point(net, begun)
    near = 1e-30 if q <= NOTHING else 1e30 if q >= ENDLESS else q
    chi = net.weights * moments(net.at(near)).slope_square
    cosine = cosine_depth = math.nan
    if NOTHING < q < ENDLESS:
        cosine, slope = _meeting(net, q)
        cosine_depth = _depth(slope)
    return Settled(0.0 if q <= NOTHING else math.inf if q >= ENDLESS else q, chi, _depth(chi), cosine, cosine_depth)


def _depth(factor: float) -> float:
    """Layers to a factor of e, whichever way it goes."""
    if factor <= 0.0:
        return 0.0
    return math.inf if abs(factor - 1.0) < 1e-9 else abs(1.0 / math.log(factor))


def _fixed_point(net: Wide, begun: float) -> float:
    """The nearest fixed point in the direction in which the first layer goes: by doubling steps, then by halving the
    interval."""
    low = high = max(begun, NOTHING)
    drift = _drift(net, low)
    step = 1.5
    while drift and low >= NOTHING and high <= ENDLESS:
        low, high = (high, high * step) if drift > 0 else (low / step, low)
        if _drift(net, high if drift > 0 else low) != drift:
            break
        step *= 1.2
    else:
        return begun if not drift else NOTHING if drift < 0 else ENDLESS
    for _ in range(60):
        middle = math.sqrt(low * high)
        above = _drift(net, middle)
        if not above or high / low < 1.0 + 1e-13:
            return middle
        low, high = (middle, high) if above > 0 else (low, middle)
    return math.sqrt(low * high)


def _drift(net: Wide, variance: float) -> int:
    """Whether sizes grow (1), shrink (-1) or hold (0) here."""
    ratio = net.next(variance) / variance
    return 0 if abs(ratio - 1.0) < EVEN else 1 if ratio > 1.0 else -1


def _meeting(net: Wide, q: float) -> tuple[float, float]:
    """(cosine at which the similarity of two inputs settles, slope of its map there)."""
    of = net.at(q)
    values, slopes, _ = correlations(of)
    made = net.weights * moments(of).square * values + net.biases
    rough = ROUGH if ACTIVATIONS[net.name].kinks else 1e-6
    off = made / q - COSINES
    beyond = np.flatnonzero((off < -rough) & (COSINES > 0.0) & (COSINES < 0.999))
    at = int(beyond[0]) if len(beyond) else len(COSINES) - 1
    while len(beyond) and COSINES[at - 1] > 0.0 and off[at - 1] < 0.0:
        at -= 1
    return float(COSINES[at]), float(net.weights * moments(of).slope_square * slopes[at])


@lru_cache(maxsize=16)
def _table(name: str, bend: float, constant: float) -> tuple[Floats, Floats, Floats]:
    """(log q, E phi^2 / q, E phi'^2) over all sizes that a plane needs."""
    sizes = np.linspace(math.log(1e-6), math.log(1e5), 180)
    found = [moments(Normal(name, bend, constant, math.exp(size))) for size in sizes]
    ratios = np.array([each.square for each in found]) / np.exp(sizes)
    return sizes, ratios, np.array([each.slope_square for each in found])


def plane(name: str, bend: float, constant: float, sigma_b: Floats, sigma_w: Floats) -> Floats:
    """chi where signals have settled, (len(sigma_w), len(sigma_b)): below 1 the gradient vanishes and inputs become
    alike (order), above it explodes and they part (chaos)."""
    sizes, ratios, slopes = _table(name, bend, constant)
    weights, biases = sigma_w[:, None] ** 2, sigma_b[None, :] ** 2
    q = np.clip(weights + biases, math.exp(sizes[0]), math.exp(sizes[-1]))
    for _ in range(200):
        q = weights * q * np.interp(np.log(q), sizes, ratios) + biases
        q = np.clip(q, math.exp(sizes[0]), math.exp(sizes[-1]))
    chi: Floats = weights * np.interp(np.log(q), sizes, slopes)
    return chi


def critical_line(name: str, bend: float, constant: float, sigma_b: Floats) -> Floats:
    """For each sigma_b the sigma_w where order ends: the first from below at which chi reaches 1; NaN where none does.

    It is read off the plane, so that it is the edge of what networks with inputs of unit size settle in: some
    activations have two settled sizes for the same weights.
    """
    sigma_w = np.geomspace(*WIDEST, 240)
    chi = plane(name, bend, constant, sigma_b, sigma_w)
    found = np.full(len(sigma_b), math.nan)
    for column, factors in enumerate(chi.T):
        beyond = np.flatnonzero(factors >= 1.0 - 1e-9)
        if len(beyond) and beyond[0] > 0:
            at = int(beyond[0])
            found[column] = float(np.interp(1.0, factors[at - 1 : at + 1], sigma_w[at - 1 : at + 1]))
    return found
