"""The mean field of networks in which a unit remembers itself: residual blocks that end before the activation, and
highway gates.

What a unit carries on is no normal number, and the signal that comes back past a layer meets the slopes of the very
unit that it has passed on its way up. So a sample of independent units is followed, each with its own history; what
weights bring to them is drawn with the covariance that the layer below has.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gradtui.scenario.architecture import LayerSpec
from gradtui.scenario.weights import Fans, bias_spread, variance
from gradtui.theory.activations import ACTIVATIONS
from gradtui.theory.chain import Normed, Signal, normed, own_variance, relative
from gradtui.theory.likeness import Batch, mean_square

Floats = NDArray[np.float64]

#: Examples and units of the sample: as many as BLAS multiplies without calling other threads.
EXAMPLES, UNITS = 24, 448


@dataclass(frozen=True)
class Gate:
    """A highway gate: t, and t (1 - t) (h - x), what a change under its sigmoid does to the output."""

    weight: float
    open: Floats
    steers: Floats


@dataclass(frozen=True)
class Trace:
    """What the way forward has left of one layer; arrays are (examples, units) but `reads`, (examples, examples)."""

    spec: LayerSpec
    weight: float
    reads: Floats
    slopes: Floats
    before: Normed
    scale: float
    mask: Floats | None
    gate: Gate | None


class Draws:
    """Normal numbers whose products over the units are exactly those of independent examples, in ever new order."""

    def __init__(self, examples: int) -> None:
        self._random = np.random.default_rng(0)
        numbers = self._random.standard_normal((examples, UNITS))
        numbers -= numbers.mean(axis=1, keepdims=True)
        whitened = np.linalg.solve(np.linalg.cholesky(numbers @ numbers.T / UNITS), numbers)
        self._numbers: Floats = whitened

    def normals(self, covariance: Floats) -> Floats:
        """(examples, units) numbers of mean 0 and this covariance of examples."""
        sizes, directions = np.linalg.eigh(covariance)
        root = directions * np.sqrt(np.maximum(sizes, 0.0))
        drawn: Floats = root @ self._numbers[:, self._random.permutation(UNITS)]
        return drawn

    def mask(self, rate: float) -> Floats:
        """Dropout's factors."""
        return (self._random.random(self._numbers.shape) >= rate) / (1.0 - rate)


def follow(specs: Sequence[LayerSpec], batch: Batch, examples: int, alpha: float) -> Signal:
    """Forward and back through all layers; arguments as in `chain.follow`."""
    count = min(EXAMPLES, len(batch.inputs))
    draws = Draws(count)
    traces = _forward(specs, batch.inputs[:count, :count], examples, alpha, draws)
    return _back(traces, batch.errors[:count, :count], draws)


def _forward(specs: Sequence[LayerSpec], reads: Floats, examples: int, alpha: float, draws: Draws) -> list[Trace]:
    traces: list[Trace] = []
    a = kept = np.zeros((len(reads), UNITS))
    for spec in specs:
        own = spec.own
        weight = own_variance(spec, mean_square(reads))
        mean, spread = bias_spread(own, spec.fan_in, spec.hidden)
        mean, covariance, before = normed(spec, mean, spec.fan_in * weight * reads + spread, examples)
        z = mean + draws.normals(covariance)
        scale = 1.0
        if spec.joins is not None:
            scale = alpha
            z = kept + alpha * z
        activation = ACTIVATIONS[spec.activation]
        h, slopes = activation.function(z, activation.bend(own))
        gate = None
        if spec.gated:
            gate, h = _mixed(spec, h, a, reads, draws)
        mask = draws.mask(spec.dropout) if spec.dropout else None
        a = h if mask is None else h * mask
        kept = a if spec.begins else kept
        traces.append(Trace(spec, weight, reads, slopes, before, scale, mask, gate))
        reads = a @ a.T / UNITS
    return traces


def _mixed(spec: LayerSpec, h: Floats, x: Floats, reads: Floats, draws: Draws) -> tuple[Gate, Floats]:
    """t h + (1 - t) x with t = sigmoid(gate) (Srivastava, Greff & Schmidhuber 2015)."""
    fans = Fans(spec.fan_in, spec.size.channels)
    weight = 1.0 / max(fans) if spec.own.init == "lsuv" else variance(spec.own, fans)
    t, steepness = ACTIVATIONS["sigmoid"].function(
        spec.own.highway_bias + draws.normals(spec.fan_in * weight * reads), 0.0
    )
    return Gate(weight, t, steepness * (h - x)), t * h + (1.0 - t) * x


def _back(traces: Sequence[Trace], errors: Floats, draws: Draws) -> Signal:
    delta, grad = [], []
    size = 1.0
    top = traces[-1]
    covariance = errors / mean_square(errors)
    delta.append(size)
    grad.append(np.sqrt(max(float((covariance * top.reads).mean()), 0.0)))
    signal = draws.normals(top.spec.size.channels * top.weight * covariance)
    direct: Floats | None = None
    for trace in reversed(traces[:-1]):
        spec = trace.spec
        if spec.begins and direct is not None:
            signal, direct = signal + direct, None
        length = float(np.sqrt((signal**2).mean()))
        if length > 0.0 and np.isfinite(length):
            signal, size = signal / length, size * length
            direct = None if direct is None else direct / length
        delta.append(size if length > 0.0 else 0.0)
        signal = signal if trace.mask is None else signal * trace.mask
        below = np.zeros_like(trace.reads)
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
        grad.append(size * np.sqrt(max(float((products * trace.reads).mean()), 0.0)))
        signal = draws.normals(below + spec.size.channels * trace.weight * products) + past
    return Signal(relative(delta), relative(grad))
