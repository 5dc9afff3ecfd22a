"""The mean field of a network whose layers read nothing but sums of independent normal numbers: plain stacks, norms,
residual streams of the pre form, dense connections, dropout (Poole et al. 2016, Schoenholz et al. 2017, Yang et al.
2017 and 2019)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gradtui.scenario.architecture import LayerSpec
from gradtui.scenario.weights import Fans, bias_spread, variance
from gradtui.theory.activations import ACTIVATIONS
from gradtui.theory.likeness import Batch, Passed, centred, mean_square, through

Floats = NDArray[np.float64]

#: PyTorch's default, where a scenario names no eps of its own; RMS norm's is the number format's.
NORM_EPS = 1e-5
#: Change between two layers, as a share, below which nothing will change any more.
SETTLED = 1e-10


@dataclass(frozen=True)
class Normed:
    """A norm on its way back: `scale` multiplies the products of signals, and the mean of a batch of so many examples
    is taken off; 0: no batch's mean."""

    scale: float = 1.0
    examples: int = 0

    def back(self, signal: Floats) -> Floats:
        """The signal before the norm from that behind it."""
        return self.scale * (centred(signal, self.examples) if self.examples else signal)


@dataclass(frozen=True)
class Trace:
    """What the way forward has left of one layer for the way back. `reads` are mean products of pairs."""

    spec: LayerSpec
    weight: float
    reads: Floats
    slopes: Floats
    before: Normed
    after: Normed
    scale: float


@dataclass(frozen=True)
class Signal:
    """Per layer, relative to the output layer: rms of dL/d(output of the layer), and of the weight gradient."""

    delta: tuple[float, ...]
    grad: tuple[float, ...]


def follow(specs: Sequence[LayerSpec], batch: Batch, examples: int, alpha: float) -> Signal:
    """Forward and back through all layers. `examples` is the true size of the batch, `alpha` what the branches of
    blocks are multiplied with."""
    traces = forward(specs, batch.inputs, examples, alpha)
    return back(traces, batch.errors)


def forward(specs: Sequence[LayerSpec], inputs: Floats, examples: int, alpha: float) -> list[Trace]:
    """The way up."""
    traces: list[Trace] = []
    reads, read_units = inputs, specs[0].source.channels
    stream: tuple[float, Floats] = (0.0, np.zeros_like(inputs))
    for spec in specs:
        own = spec.own
        if traces and _repeats(traces[-1], spec, reads):
            traces.append(replace(traces[-1], spec=spec))
            continue
        weight = own_variance(spec, mean_square(reads))
        mean, spread = bias_spread(own, spec.fan_in, spec.hidden)
        z = spec.fan_in * weight * reads + spread
        scale = 1.0
        if spec.joins is not None:
            scale = alpha
            mean, z = stream[0] + alpha * mean, stream[1] + alpha**2 * z
        if spec.begins:
            stream = (mean, z)
        before = after = Normed()
        if own.norm_place == "before":
            mean, z, before = normed(spec, mean, z, examples)
        activation = ACTIVATIONS[spec.activation]
        passed = through(spec.activation, activation.bend(own), mean, z)
        a = passed.values
        if own.norm_place == "after":
            a, after = _normed_behind(spec, passed, examples)
        traces.append(Trace(spec, weight, reads, passed.slopes, before, after, scale))
        a = _dropped(spec, a)
        if spec.appends:
            units = spec.size.channels
            a = (read_units * reads + units * a) / (read_units + units)
        reads, read_units = a, spec.joined.channels
    return traces


def _repeats(last: Trace, spec: LayerSpec, reads: Floats) -> bool:
    """Whether a layer reads what the one before it has read and is the same: deep networks settle."""
    before = last.spec
    same = spec.own == before.own and spec.size == before.size and spec.source == before.source
    alone = spec.hidden and not (spec.joins is not None or spec.begins or before.begins or spec.appends)
    return same and alone and bool(np.abs(reads - last.reads).max() <= SETTLED * np.abs(reads).max())


def back(traces: Sequence[Trace], errors: Floats) -> Signal:
    """The way down. Signals are kept at size 1, and their true size beside them: thousands of layers leave any range
    of numbers."""
    delta, grad = [], []
    signal, size = errors / mean_square(errors), 1.0
    appended = traces[-1].spec.joins is None and any(trace.spec.appends for trace in traces)
    direct: Floats | None = None
    for trace in reversed(traces):
        spec = trace.spec
        length = np.sqrt(mean_square(signal))
        if length > 0.0 and np.isfinite(length):
            signal, size = signal / length**2, size * length
            direct = None if direct is None else direct / length**2
        delta.append(size if length > 0.0 else 0.0)
        made = trace.before.back(trace.after.back(_dropped(spec, signal)) * trace.slopes)
        if spec.begins and direct is not None:
            made = made + direct
        direct = made if spec.joins is not None else None if spec.begins else direct
        made = trace.scale**2 * made
        grad.append(size * np.sqrt(max(float((made * trace.reads).mean()), 0.0)))
        below = spec.size.channels * trace.weight * made
        signal = signal + below if appended and spec.hidden else below
    return Signal(relative(delta), relative(grad))


def own_variance(spec: LayerSpec, read: float) -> float:
    """Mean square of the layer's weights as drawn; `read` is the mean square of what it reads."""
    if spec.own.init == "lsuv":
        # Scaled until what it makes has variance 1, random biases included (Mishkin & Matas 2016).
        spread = bias_spread(spec.own, spec.fan_in, spec.hidden)[1]
        return max(1.0 - spread, 0.0) / (spec.fan_in * read) if read > 0.0 else 0.0
    return variance(spec.own, Fans(spec.fan_in, spec.size.channels))


def _dropped(spec: LayerSpec, pairs: Floats) -> Floats:
    """Dropout falls on each example by itself: it grows squares, and leaves products of two examples as they are."""
    if spec.dropout == 0.0:
        return pairs
    grown = pairs.copy()
    np.fill_diagonal(grown, np.diag(pairs) / (1.0 - spec.dropout))
    return grown


def normed(spec: LayerSpec, mean: float, z: Floats, examples: int) -> tuple[float, Floats, Normed]:
    """A norm of normal numbers: (mean, covariance) behind it, and its way back."""
    if spec.norm in ("none", "weight"):
        return mean, z, Normed()
    over_batch, taken_off = spec.norm == "batch", spec.norm != "rms"
    z = centred(z, examples) if over_batch else z
    square = mean_square(z) + (0.0 if taken_off else mean**2) + eps(spec)
    share = _share(spec, examples)
    return (0.0 if taken_off else mean / np.sqrt(square)), z / square, Normed(share / square, examples * over_batch)


def _normed_behind(spec: LayerSpec, passed: Passed, examples: int) -> tuple[Floats, Normed]:
    """The same of what an activation has made: products of pairs behind it, and its way back."""
    a = passed.values
    if spec.norm in ("none", "weight"):
        return a, Normed()
    over_batch = spec.norm == "batch"
    a = centred(a, examples) if over_batch else a if spec.norm == "rms" else a - passed.mean**2
    square = mean_square(a) + eps(spec)
    return a / square, Normed(_share(spec, examples) / square, examples * over_batch)


def _share(spec: LayerSpec, examples: int) -> float:
    """What few numbers in a mean do to a norm's backward pass: (n - 2) / (n - 3) for n normal numbers, of which mean
    and deviation take two directions away, while 1 / deviation^2 is large where chance makes the deviation small."""
    count = {"batch": examples, "group": spec.size.channels // max(spec.own.norm_groups, 1)}.get(spec.norm, 0)
    return (count - 2.0) / (count - 3.0) if count > 3 else 1.0


def eps(spec: LayerSpec) -> float:
    """What the norm adds to the variance."""
    if spec.own.norm_eps:
        return spec.own.norm_eps
    return float(np.finfo(spec.own.dtype).eps) if spec.norm == "rms" else NORM_EPS


def relative(values: list[float]) -> tuple[float, ...]:
    """From the output down to the input and absolute, to the other way round and relative to the output's."""
    top = values[0]
    return tuple(float(value / top) if top > 0.0 else float("nan") for value in reversed(values))
