"""The mean field of a network whose layers read nothing but sums of independent normal numbers: plain stacks, norms,
residual streams of the pre form, dense connections, dropout (Poole et al. 2016, Schoenholz et al. 2017, Yang et al.
2017 and 2019)."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gradtui.scenario.architecture import LayerSpec
from gradtui.scenario.weights import Fans, bias_spread, variance
from gradtui.theory.activations import ACTIVATIONS
from gradtui.theory.likeness import Batch, Passed, Rows, centred, mean_square, near, through
from gradtui.theory.moments import Normal
from gradtui.theory.places import Places
from gradtui.theory.width import Blur, Climb, Drift, Echo, bends

Floats = NDArray[np.float64]

#: PyTorch's default, where a scenario names no eps of its own; RMS norm's is the number format's.
NORM_EPS = 1e-5
#: Change between two layers, as a share, below which sizes will not change any more; and how alike examples are, which
#: creeps towards all alike for ever, so slowly at last that nothing else hears of it.
SETTLED, SETTLED_ALIKE = 1e-9, 1e-5


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
    """What the way forward has left of one layer for the way back. `sums` are mean products of pairs of what each place
    of its product reads; `climb` says how chance in finitely many units has changed it, `forth` the mean logarithm of
    what that does to the mean square that the layer reads."""

    spec: LayerSpec
    places: Places
    weight: float
    reads: Floats
    sums: Floats
    passed: Passed
    before: Normed
    after: Normed
    scale: float
    climb: Climb
    forth: float


@dataclass(frozen=True)
class Signal:
    """Per layer, relative to the output layer: logarithm of the rms of dL/d(output of the layer), and of the weight
    gradient, in a network of endless width; how far the logarithms of a network of its own width lie from them in the
    mean, and the standard deviation of that of delta over such networks, NaN where that is not followed."""

    delta: Floats
    grad: Floats
    delta_shift: Floats
    grad_shift: Floats
    spread: Floats
    chance: float = 0.0


def follow(specs: Sequence[LayerSpec], batch: Batch, examples: int, alpha: float) -> Signal:
    """Forward and back through all layers. `examples` is the true size of the batch, `alpha` what the branches of
    blocks are multiplied with."""
    inputs, errors = batch.pairs(len(specs))
    traces = forward(specs, inputs, Rows(batch.places, examples), alpha)
    return back(traces, errors, examples, batch.aligned)


def scatters(specs: Sequence[LayerSpec]) -> bool:
    """Whether the scatter of finite width is followed: through layers one behind the other."""
    return all(
        spec.joins is None and not (spec.begins or spec.appends or spec.gated)
        and spec.norm in ("none", "weight", "batch") and spec.own.norm_place == "before" and not spec.dropout
        and spec.own.init not in ("orthogonal", "lsuv")
        for spec in specs
    )  # fmt: skip


def forward(specs: Sequence[LayerSpec], inputs: Floats, rows: Rows, alpha: float) -> list[Trace]:
    """The way up."""
    traces: list[Trace] = []
    reads, read_units = inputs, specs[0].source.channels
    stream: tuple[float, Floats] = (0.0, np.zeros_like(inputs))
    scattered = scatters(specs)
    drift, came, by, alike, share = Drift(), Drift(), bends(Normal("identity", 0.0, 0.0, 1.0)), 1.0, 1.0
    for spec in specs:
        own = spec.own
        if traces and _repeats(traces[-1], spec, reads):
            forth = came.typical(alike)
            if scattered:
                drift = came.weighed(share)
                came = drift.passed(by, spec.size.channels)
            traces.append(replace(traces[-1], spec=spec, climb=traces[-1].climb._replace(drift=drift), forth=forth))
            continue
        places = Places(spec)
        sums = places.up(reads)
        examples = Rows(spec.size.positions, rows.examples)
        weight = own_variance(spec, mean_square(sums))
        mean, spread = bias_spread(own, spec.fan_in, spec.hidden)
        z = spec.fan_in * weight * sums + spread
        if scattered:
            size = mean_square(z)
            alike = examples.together((z / size) ** 2) if size > 0.0 else 1.0
            share = 1.0 - spread / size if size > 0.0 and spec.norm != "batch" else 0.0
            drift = came.weighed(share)
        scale = 1.0
        if spec.joins is not None:
            scale = alpha
            mean, z = stream[0] + alpha * mean, stream[1] + alpha**2 * z
        if spec.begins:
            stream = (mean, z)
        before = after = Normed()
        if own.norm_place == "before":
            mean, z, before = normed(spec, mean, z, examples.whole)
        activation = ACTIVATIONS[spec.activation]
        passed = through(spec.activation, activation.bend(own), mean, z, uneven=spec.size.positions > 1)
        a = passed.values
        if own.norm_place == "after":
            a, after = _normed_behind(spec, passed, examples.whole)
        forth, climb = came.typical(alike), Climb()
        if scattered:
            by = bends(Normal(spec.activation, activation.bend(own), mean, near(mean_square(z))))
            climb = Climb(by, drift, alike, share, spec.size.channels)
            came = drift.passed(by, spec.size.channels)
        traces.append(Trace(spec, places, weight, reads, sums, passed, before, after, scale, climb, forth))
        a = _dropped(spec, a)
        if spec.appends:
            units = spec.size.channels
            a = (read_units * reads + units * a) / (read_units + units)
        reads, read_units = places.pooled(a), spec.joined.channels
    return traces


def _repeats(last: Trace, spec: LayerSpec, reads: Floats) -> bool:
    """Whether a layer reads what the one before it has read and is the same: deep networks settle."""
    before = last.spec
    same = spec.own == before.own and spec.size == before.size and spec.source == before.source
    same = same and spec.pools == before.pools and spec.window == before.window
    alone = spec.hidden and not (spec.joins is not None or spec.begins or before.begins or spec.appends)
    if not (same and alone):
        return False
    change, largest = np.abs(reads - last.reads), float(np.abs(reads).max())
    return bool(change.max() <= SETTLED_ALIKE * largest and np.diag(change).max() <= SETTLED * largest)


def back(traces: Sequence[Trace], errors: Floats, examples: int, aligned: float) -> Signal:
    """The way down. Signals are kept at size 1, and the logarithm of their true size beside them: thousands of layers
    leave any range of numbers. `aligned` as in a batch."""
    delta, grad, shifts, grad_shifts, spreads = [], [], [], [], []
    signal, size = errors / mean_square(errors), 0.0
    appended = traces[-1].spec.joins is None and any(trace.spec.appends for trace in traces)
    scattered = scatters([trace.spec for trace in traces])
    shift, blur, chance = 0.0, Blur(0.0, np.zeros_like(errors)), 0.0
    echo = Echo(1.0 + traces[-1].climb.share * (aligned - 1.0))
    direct: Floats | None = None
    for trace in reversed(traces):
        spec = trace.spec
        rows = Rows(spec.size.positions, examples)
        signal = trace.places.unpooled(signal)
        blur = blur.fitting(signal)
        length = np.sqrt(mean_square(signal))
        if length > 0.0 and np.isfinite(length):
            signal, size, blur = signal / length**2, size + math.log(length), blur.scaled(length**-2)
            direct = None if direct is None else direct / length**2
        delta.append(size if length > 0.0 else -math.inf)
        own = blur.chance(signal, spec.size.channels, rows) if scattered and spec.hidden else 0.0
        heard_of = echo.direct(spec.size.channels) if own else 0.0
        shifts.append((shift + heard_of - own / 2.0) / 2.0)
        spreads.append(math.sqrt(blur.lost + own) / 2.0 if scattered else math.nan)
        inner = _dropped(spec, signal)
        if not scattered and spec.hidden and spec.norm != "batch":
            chance = max(chance, rarity(*trace.passed.steepness, spec.size.numbers))
        if scattered and spec.hidden:
            lost = blur.lost
            blur = blur.passed(inner, trace.passed, spec.size.channels, rows)
            climb = trace.climb
            shift += climb.slopes + echo.slopes(climb) - (blur.lost - lost) / 2.0
            chance = max(chance, blur.lost - lost, climb.chance, echo.chance(climb))
            echo = echo.passed(climb, spec.size.positions)
        made = trace.before.back(trace.after.back(inner) * trace.passed.slopes)
        if spec.begins and direct is not None:
            made = made + direct
        direct = made if spec.joins is not None else None if spec.begins else direct
        made = trace.scale**2 * made
        grad.append(size + heard(spec, made, trace.sums))
        grad_shifts.append((shift + trace.forth) / 2.0)
        blur = blur.scaled(spec.size.channels * trace.weight * trace.before.scale)
        below = spec.size.channels * trace.weight * trace.places.down(made)
        signal = signal + below if appended and spec.hidden else below
    return Signal(
        delta=relative(delta),
        grad=relative(grad),
        delta_shift=relative(shifts),
        grad_shift=relative(grad_shifts),
        spread=np.array(spreads[::-1]),
        chance=chance,
    )


def rarity(square: float, fourth: float, units: int) -> float:
    """Variance of the mean square of a normal signal behind slopes of these moments in so many units, over the square
    of its mean, for one example."""
    return (3.0 * fourth / square**2 - 1.0) / units if square > 0.0 else 0.0


def heard(spec: LayerSpec, made: Floats, sums: Floats) -> float:
    """Logarithm of the rms of a weight's gradient, up to a number that all layers share: what all examples and places
    say to it together."""
    found = float((made * sums).mean()) * spec.size.positions**2
    return math.log(found) / 2.0 if found > 0.0 else -math.inf


def own_variance(spec: LayerSpec, read: float) -> float:
    """Mean square of the layer's weights as drawn; `read` is the mean square of what it reads."""
    if spec.own.init == "lsuv":
        # Scaled until what it makes has variance 1, random biases included (Mishkin & Matas 2016).
        spread = bias_spread(spec.own, spec.fan_in, spec.hidden)[1]
        return max(1.0 - spread, 0.0) / (spec.fan_in * read) if read > 0.0 else 0.0
    return variance(spec.own, Fans(spec.fan_in, spec.area * spec.size.channels))


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
    count = {"batch": examples, "group": spec.size.numbers // max(spec.own.norm_groups, 1)}.get(spec.norm, 0)
    return (count - 2.0) / (count - 3.0) if count > 3 else 1.0


def eps(spec: LayerSpec) -> float:
    """What the norm adds to the variance."""
    if spec.own.norm_eps:
        return spec.own.norm_eps
    return float(np.finfo(spec.own.dtype).eps) if spec.norm == "rms" else NORM_EPS


def relative(values: list[float]) -> Floats:
    """Logarithms from the output down to the input, to the other way round and relative to the output's."""
    return np.array([value - values[0] for value in reversed(values)])
