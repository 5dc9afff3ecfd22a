"""The mean field of networks in which a unit remembers itself: residual blocks that end before the activation, and
highway gates.

What a unit carries on is no normal number, and the signal that comes back past a layer meets the slopes of the very
unit that it has passed on its way up. So a sample of independent units is followed, each with its own history; what
weights bring to them is drawn with the covariance that the layer below has.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gradtui.scenario.architecture import LayerSpec
from gradtui.scenario.weights import Fans, bias_spread, variance
from gradtui.theory.activations import ACTIVATIONS
from gradtui.theory.chain import Normed, Signal, heard, normed, own_variance, rarity, relative
from gradtui.theory.likeness import Batch, Rows, mean_square
from gradtui.theory.places import Places

Floats = NDArray[np.float64]

#: Examples and units of the sample: as many as BLAS multiplies without calling other threads.
EXAMPLES, UNITS = 24, 448
#: Rows of the sample where layers are images: each is a row and a column of a matrix whose root is taken.
MOST_ROWS = 128


@dataclass(frozen=True)
class Gate:
    """A highway gate: t, and t (1 - t) (h - x), what a change under its sigmoid does to the output."""

    weight: float
    open: Floats
    steers: Floats


@dataclass(frozen=True)
class Trace:
    """What the way forward has left of one layer; arrays are (rows, units) but `sums`, (rows, rows): a row an example,
    or an example at a place."""

    spec: LayerSpec
    places: Places
    weight: float
    sums: Floats
    slopes: Floats
    before: Normed
    scale: float
    mask: Floats | None
    gate: Gate | None


class Draws:
    """Normal numbers whose products over the units are exactly those of independent rows, in ever new order."""

    def __init__(self) -> None:
        self._random = np.random.default_rng(0)
        self._numbers: dict[int, Floats] = {}

    def normals(self, covariance: Floats) -> Floats:
        """(rows, units) numbers of mean 0 and this covariance of rows."""
        sizes, directions = np.linalg.eigh(covariance)
        root = directions * np.sqrt(np.maximum(sizes, 0.0))
        drawn: Floats = root @ self._whitened(len(root))[:, self._random.permutation(UNITS)]
        return drawn

    def _whitened(self, rows: int) -> Floats:
        if rows not in self._numbers:
            numbers = self._random.standard_normal((rows, UNITS))
            numbers -= numbers.mean(axis=1, keepdims=True)
            self._numbers[rows] = np.linalg.solve(np.linalg.cholesky(numbers @ numbers.T / UNITS), numbers)
        return self._numbers[rows]

    def mask(self, rate: float, rows: int) -> Floats:
        """Dropout's factors."""
        return (self._random.random((rows, UNITS)) >= rate) / (1.0 - rate)


def follow(specs: Sequence[LayerSpec], batch: Batch, examples: int, alpha: float) -> Signal:
    """Forward and back through all layers; arguments as in `chain.follow`. No more rows are followed than there are
    units in the sample."""
    places = max(batch.places, *(spec.size.positions for spec in specs))
    inputs, errors = batch.pairs(len(specs), EXAMPLES if places == 1 else max(1, MOST_ROWS // places))
    draws = Draws()
    traces = _forward(specs, inputs, Rows(batch.places, examples), alpha, draws)
    return _back(traces, errors, draws)


def _forward(specs: Sequence[LayerSpec], reads: Floats, rows: Rows, alpha: float, draws: Draws) -> list[Trace]:
    traces: list[Trace] = []
    a = kept = np.zeros((len(reads), UNITS))
    for spec in specs:
        own = spec.own
        places = Places(spec)
        sums = places.up(reads)
        weight = own_variance(spec, mean_square(sums))
        mean, spread = bias_spread(own, spec.fan_in, spec.hidden)
        together = rows._replace(places=spec.size.positions).whole
        mean, covariance, before = normed(spec, mean, spec.fan_in * weight * sums + spread, together)
        z = mean + draws.normals(covariance)
        scale = 1.0
        if spec.joins is not None:
            scale = alpha
            z = kept + alpha * z
        activation = ACTIVATIONS[spec.activation]
        h, slopes = activation.function(z, activation.bend(own))
        gate = None
        if spec.gated:
            gate, h = _mixed(spec, h, a, sums, draws)
        mask = draws.mask(spec.dropout, len(h)) if spec.dropout else None
        a = places.averaged(h if mask is None else h * mask)
        kept = a if spec.begins else kept
        traces.append(Trace(spec, places, weight, sums, slopes, before, scale, mask, gate))
        reads = a @ a.T / UNITS
    return traces


def _mixed(spec: LayerSpec, h: Floats, x: Floats, sums: Floats, draws: Draws) -> tuple[Gate, Floats]:
    """t h + (1 - t) x with t = sigmoid(gate) (Srivastava, Greff & Schmidhuber 2015)."""
    fans = Fans(spec.fan_in, spec.area * spec.size.channels)
    weight = 1.0 / max(fans) if spec.own.init == "lsuv" else variance(spec.own, fans)
    t, steepness = ACTIVATIONS["sigmoid"].function(
        spec.own.highway_bias + draws.normals(spec.fan_in * weight * sums), 0.0
    )
    return Gate(weight, t, steepness * (h - x)), t * h + (1.0 - t) * x


def _back(traces: Sequence[Trace], errors: Floats, draws: Draws) -> Signal:
    delta, grad = [0.0], []
    size = chance = 0.0
    top = traces[-1]
    covariance = errors / mean_square(errors)
    grad.append(heard(top.spec, covariance, top.sums))
    signal = draws.normals(top.spec.size.channels * top.weight * top.places.down(covariance))
    direct: Floats | None = None
    for trace in reversed(traces[:-1]):
        spec, places = trace.spec, trace.places
        if spec.begins and direct is not None:
            signal, direct = signal + direct, None
        signal = places.shared(signal)
        length = float(np.sqrt((signal**2).mean()))
        if length > 0.0 and np.isfinite(length):
            signal, size = signal / length, size + math.log(length)
            direct = None if direct is None else direct / length
        delta.append(size if length > 0.0 else -math.inf)
        chance = max(chance, _chance(trace, signal))
        signal = signal if trace.mask is None else signal * trace.mask
        below = np.zeros_like(trace.sums)
        past: Floats | float = 0.0
        if trace.gate:
            steered = signal * trace.gate.steers
            below = spec.size.channels * trace.gate.weight * (steered @ steered.T / UNITS)
            past = signal * (1.0 - trace.gate.open)
            signal = signal * trace.gate.open
        made = signal * trace.slopes
        if spec.joins is not None:
            direct = made
        products = trace.before.back(trace.scale**2 * (made @ made.T / UNITS))
        grad.append(size + heard(spec, products, trace.sums))
        if spec is not traces[0].spec:
            signal = draws.normals(places.down(below + spec.size.channels * trace.weight * products)) + past
    nothing = np.zeros(len(delta))
    return Signal(relative(delta), relative(grad), nothing, nothing, np.full(len(delta), math.nan), chance)


def _chance(trace: Trace, signal: Floats) -> float:
    """How much chance decides in a layer: that of its slopes, or that few of its units carry the signal."""
    units = trace.spec.size.numbers
    squares, steep = signal**2, trace.slopes**2
    few = float((squares**2).mean() / (squares.mean() ** 2 or math.nan)) / units
    return max(few if few > 0.0 else 0.0, rarity(float(steep.mean()), float((steep**2).mean()), units))
