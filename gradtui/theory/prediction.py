"""Prediction: what theory says of a scenario's gradient before anything is trained."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gradtui.scenario import adversaries, architecture
from gradtui.scenario.architecture import LayerSpec, Size
from gradtui.scenario.model import Network, Scenario
from gradtui.scenario.weights import DRAWN, Fans, bias_spread, variance
from gradtui.theory import chain, phase, streams, unrolled
from gradtui.theory.activations import ACTIVATIONS
from gradtui.theory.likeness import Batch
from gradtui.theory.moments import Normal, moments
from gradtui.theory.unknown import unknown

_OTHER = {
    "transformer": "has attention, whose weights are made of what they weigh",
}
#: Logarithm of the largest number.
LARGEST = 709.0
BEYOND = "signals leave the range of numbers on their way, and theory has none for them either"
#: Variance of what one layer passes on, over the square of its mean, above which its typical network is not near that
#: mean: drawn networks of all activations, gains and widths keep to the prediction below it and leave it above.
RULED = 1.0
BY_CHANCE = "few units decide what a layer passes on, and chance outweighs the mean, which is all that theory has"


@dataclass(frozen=True)
class Prediction:
    """What a network does at step 0, tap by tap, or `reason`, why that is not known, in one sentence.

    `delta` and `grad` are each tap's delta_rms and grad_rms over those of the output's tap (`anchors`: the place of
    that tap, for each; none: the last): who draws them multiplies by what was measured there at step 0. They are of the
    typical network of this width, whose logarithm is the mean over such networks; `endless` is delta in the limit of
    endless width, and `spread` the standard deviation of ln delta from one network to the next, NaN where that is not
    followed.

    `factor` is what one layer (`per`), of a recurrent network one time step, does to the signal on its way back, the
    geometric mean from the tap `top` down to the first, which a verdict's factor can be held against; `limit` is what
    it tends to in ever deeper networks of equal layers, `settled` how it comes about in plain ones (`wide`): NaN and
    None elsewhere. `time` and `cell_time` are (layers, steps): the signal at each time step over that at the output.
    `assumed` says in one sentence what was taken for granted beyond wide random layers; empty where nothing was.
    """

    reason: str = ""
    taps: tuple[str, ...] = ()
    delta: tuple[float, ...] = ()
    grad: tuple[float, ...] = ()
    factor: float = math.nan
    limit: float = math.nan
    wide: phase.Wide | None = None
    settled: phase.Settled | None = None
    endless: tuple[float, ...] = ()
    spread: tuple[float, ...] = ()
    anchors: tuple[int, ...] = ()
    top: int = 0
    per: str = "layer"
    time: tuple[tuple[float, ...], ...] = ()
    cell_time: tuple[tuple[float, ...], ...] = ()
    assumed: str = ""

    @property
    def known(self) -> bool:
        """Whether there is a prediction."""
        return not self.reason

    def measured(self, ratios: Sequence[float], values: Sequence[float]) -> list[float]:
        """`delta` or `grad` on the scale of what was measured of each tap at step 0."""
        anchors = self.anchors or (len(values) - 1,) * len(ratios)
        return [ratio * values[anchor] for ratio, anchor in zip(ratios, anchors, strict=True)]

    @property
    def critical_sigma_w(self) -> float:
        """The sigma_w at which order ends, for this activation and sigma_b; NaN where none does or layers are no plain
        ones."""
        if self.wide is None:
            return math.nan
        wide, sigma_b = self.wide, np.array([self.sigma_b])
        return float(phase.critical_line(wide.name, wide.bend, wide.constant, sigma_b)[0])

    @property
    def sigma_w(self) -> float:
        """Square root of fan_in times the variance of a weight; NaN where the layers differ or are not plain."""
        return math.sqrt(self.wide.weights) if self.wide else math.nan

    @property
    def sigma_b(self) -> float:
        """Standard deviation of a bias; NaN as above."""
        return math.sqrt(self.wide.biases) if self.wide else math.nan

    @property
    def word(self) -> str:
        """`ordered`, `critical` or `chaotic`; empty where there is no such thing."""
        if self.settled is None:
            return ""
        chi = self.settled.chi
        return "critical" if abs(chi - 1.0) < 1e-6 else "ordered" if chi < 1.0 else "chaotic"


def predict(
    scenario: Scenario,
    inputs_mean_square: float,
    outputs: int,
    *,
    inputs: int = 64,
    image: tuple[int, int, int] | None = None,
    batch: Batch | None = None,
) -> Prediction:
    """What theory says of a scenario whose network reads `inputs` numbers of this mean square, or an `image` (height,
    width, channels), and has `outputs` outputs.

    `batch` says how alike the examples of step 0 are and what the loss answers them; without it, or with one that
    holds no usable numbers, they count as unlike one another, which changes `grad` and little else.

    Raises ScenarioError where sizes do not fit.
    """
    network = scenario.network
    if network.kind == "rnn":
        return _in_time(scenario, inputs_mean_square, outputs, features=inputs, batch=batch)
    if network.kind == "gan":
        return _of_two(scenario, inputs_mean_square, inputs, batch)
    if network.kind not in ("mlp", "cnn"):
        return Prediction(f"theory here is of feed-forward layers, and this network {_OTHER[network.kind]}")
    size = Size(*image) if network.kind == "cnn" and image else Size(1, 1, inputs)
    specs = architecture.layers(network, size, outputs)
    examples = scenario.task.batch or 1024
    if reason := unknown(specs, examples):
        return Prediction(reason)
    if batch is None or not batch.usable:
        batch = Batch.unlike(inputs_mean_square, examples, specs[0].image.positions)
    return stacked(specs, batch, examples, network)


def stacked(specs: Sequence[LayerSpec], batch: Batch, examples: int, network: Network) -> Prediction:
    """The prediction for layers one behind the other."""
    alpha = network.rezero_init if network.skip == "rezero" else network.skip_scale
    remembers = any(spec.gated or (spec.joins is not None and spec.own.skip_form == "post") for spec in specs)
    try:
        with np.errstate(all="ignore"):
            signal = (streams if remembers else chain).follow(specs, batch, examples, alpha)
    except np.linalg.LinAlgError:
        return Prediction(BEYOND)
    if np.isnan(signal.delta).any() or (signal.delta > LARGEST).any():
        return Prediction(BEYOND)
    # What is 0 in the limit, beyond all numbers, is 0 whatever chance makes of it.
    if signal.chance > RULED and signal.delta[0] > -math.inf:
        return Prediction(BY_CHANCE)
    delta, top = signal.delta + signal.delta_shift, _top(specs)
    wide = _wide(specs)
    found = None
    if wide:
        first, read = specs[0], float((batch.inputs**2).mean())
        begun = first.fan_in * chain.own_variance(first, read) * read
        found = phase.settled(wide, begun + wide.biases)
    return Prediction(
        taps=tuple(spec.tap for spec in specs),
        delta=powers(delta),
        grad=powers(signal.grad + signal.grad_shift),
        factor=math.exp((delta[0] - delta[top]) / top) if top else math.nan,
        top=top,
        limit=math.sqrt(found.chi) if found else _normed_limit(specs),
        wide=wide,
        settled=found,
        endless=powers(signal.delta),
        spread=tuple(signal.spread.tolist()),
        anchors=(len(specs) - 1,) * len(specs),
    )


def _of_two(scenario: Scenario, inputs_mean_square: float, numbers: int, batch: Batch | None) -> Prediction:
    """Of two adversaries, each for itself: what goes through the one and then through the other is their product."""
    own = adversaries.generator_network(scenario)
    layers = architecture.layers(own, Size(1, 1, scenario.generator.latent), numbers)
    generator = (*layers[:-1], replace(layers[-1], ends=scenario.generator.output))
    discriminator = architecture.layers(scenario.network, Size(1, 1, numbers), 1)
    examples = scenario.task.batch or 1024
    if reason := unknown(generator, examples) or unknown(discriminator, examples):
        return Prediction(reason)
    if batch is None or not batch.usable:
        batch = Batch.unlike(inputs_mean_square, examples)
    # To all samples the discriminator sends much the same: it has hardly bent yet.
    noise = Batch(Batch.unlike(1.0, examples).inputs, np.ones((examples, 1, 1)))
    made, judged = (
        stacked(specs, read, examples, shape)
        for specs, read, shape in ((generator, noise, own), (discriminator, batch, scenario.network))
    )
    if not (made.known and judged.known):
        return Prediction(made.reason or judged.reason)
    begins = len(made.taps)
    return Prediction(
        taps=(*(f"G.{tap}" for tap in made.taps), *(f"D.{tap}" for tap in judged.taps)),
        delta=made.delta + judged.delta,
        grad=made.grad + judged.grad,
        endless=made.endless + judged.endless,
        spread=made.spread + judged.spread,
        anchors=(*made.anchors, *(begins + anchor for anchor in judged.anchors)),
        assumed="the signals are beside that at the output of each of the two networks",
    )


def _in_time(
    scenario: Scenario, inputs_mean_square: float, outputs: int, *, features: int, batch: Batch | None
) -> Prediction:
    """Of a recurrent network that reads so many numbers at a step."""
    network = scenario.network
    if reason := unrolled.unknown(network):
        return Prediction(reason)
    if batch is None or not batch.usable:
        steps = scenario.task.length
        batch = Batch(
            np.full((1, steps, features), math.sqrt(inputs_mean_square)), np.ones((1, 1, outputs), dtype=np.float64)
        )
    with np.errstate(all="ignore"):
        found = unrolled.follow(network, batch, outputs)
    if not np.isfinite(found.delta).all():
        return Prediction(BEYOND)
    time = tuple(tuple(row) for row in np.sqrt(found.delta).tolist())
    layers = len(time)
    wide, settled = None, None
    if network.cell == "rnn" and layers == 1:
        own, read = unrolled.Weights.of(network, batch.inputs.shape[2]), float((batch.inputs**2).mean())
        wide = phase.Wide(network.activation, 0.0, own.kept, own.read * read + own.biases, own.mean)
        settled = phase.settled(wide, wide.biases) if own.kept > 0.0 else None
    with np.errstate(all="ignore"):
        grad = np.sqrt(found.grad / found.grad[-1])
    return Prediction(
        taps=(*(str(layer + 1) for layer in range(layers)), "out"),
        delta=(*np.sqrt(found.delta.mean(axis=1)).tolist(), 1.0),
        grad=tuple(grad.tolist()),
        factor=unrolled.per_step(np.array(time[0])),
        limit=math.sqrt(settled.chi) if settled else math.nan,
        wide=wide if settled else None,
        settled=settled,
        anchors=(layers,) * (layers + 1),
        per="step",
        time=time,
        cell_time=() if found.cell is None else tuple(tuple(row) for row in np.sqrt(found.cell).tolist()),
        assumed=unrolled.GATED if network.cell != "rnn" else unrolled.TIED,
    )


def _top(specs: Sequence[LayerSpec]) -> int:
    """The tap from which on layers count: what lies between images and the output is no layer's doing."""
    top = len(specs) - 1
    return top - 1 if top > 1 and specs[-2].size.positions > 1 else top


def powers(logarithms: NDArray[np.float64]) -> tuple[float, ...]:
    """e to these; beyond the range of numbers it is 0 or inf."""
    with np.errstate(over="ignore", under="ignore"):
        return tuple(np.exp(logarithms).tolist())


def _equal(specs: Sequence[LayerSpec]) -> bool:
    """Whether all hidden layers are the same."""
    hidden = specs[:-1]
    return (
        bool(hidden)
        and not specs[0].window
        and all((spec.own, spec.size) == (hidden[0].own, hidden[0].size) for spec in hidden)
    )


def _skips(spec: LayerSpec) -> bool:
    return spec.joins is not None or spec.begins or spec.gated or spec.appends or spec.inside_block


def _wide(specs: Sequence[LayerSpec]) -> phase.Wide | None:
    """The plain network that equal layers of endless width are."""
    own, width = specs[0].own, specs[0].size.channels
    plain = own.norm in ("none", "weight") and not own.dropout and own.init in DRAWN
    if not plain or not _equal(specs) or any(_skips(spec) for spec in specs):
        return None
    constant, biases = bias_spread(own, width)
    bend = ACTIVATIONS[own.activation].bend(own)
    return phase.Wide(own.activation, bend, width * variance(own, Fans(width, width)), biases, constant)


def _normed_limit(specs: Sequence[LayerSpec]) -> float:
    """What one layer of equal normalised ones does in a large batch and an endless width: sqrt(E phi'^2 / Var phi)
    behind a batch norm (Yang et al. 2019), sqrt(E phi'^2 / E phi^2) behind layer and RMS norm."""
    spec = specs[0]
    own = spec.own
    fits = own.norm in ("batch", "layer", "rms") and own.norm_place == "before" and not own.dropout
    if not fits or not _equal(specs) or any(_skips(each) for each in specs) or any(bias_spread(own, 1)):
        return math.nan
    found = moments(Normal(own.activation, ACTIVATIONS[own.activation].bend(own), 0.0, 1.0))
    spread = found.square - (found.value**2 if own.norm == "batch" else 0.0)
    return math.sqrt(found.slope_square / spread) if spread > 0.0 else math.nan
