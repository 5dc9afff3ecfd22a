"""Prediction: what theory says of a scenario's gradient before anything is trained."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from gradtui.scenario import architecture
from gradtui.scenario.architecture import LayerSpec, Size
from gradtui.scenario.model import Scenario
from gradtui.scenario.weights import DRAWN, Fans, bias_spread, variance
from gradtui.theory import chain, phase, streams
from gradtui.theory.activations import ACTIVATIONS
from gradtui.theory.likeness import Batch, mean_square
from gradtui.theory.moments import Normal, moments

#: A group norm needs so many numbers in a group for them to look normal.
LEAST_GROUP = 8
_OTHER = {
    "cnn": "has convolutions",
    "rnn": "goes through time",
    "transformer": "has attention",
    "gan": "is two that play against each other",
}
BEYOND = "signals leave the range of numbers on their way, and theory has none for them either"


@dataclass(frozen=True)
class Prediction:
    """What a very wide network does at step 0, tap by tap, or `reason`, why that is not known, in one sentence.

    `delta` and `grad` are each tap's delta_rms and grad_rms over those of the output's tap: who draws them multiplies
    by what was measured at the output at step 0. `factor` is what one layer does to the signal on its way back, the
    geometric mean over this depth, which a verdict's factor can be held against; `limit` is what it tends to in ever
    deeper networks of equal layers, `settled` how it comes about in plain ones (`wide`): NaN and None elsewhere.
    """

    reason: str = ""
    taps: tuple[str, ...] = ()
    delta: tuple[float, ...] = ()
    grad: tuple[float, ...] = ()
    factor: float = math.nan
    limit: float = math.nan
    wide: phase.Wide | None = None
    settled: phase.Settled | None = None

    @property
    def known(self) -> bool:
        """Whether there is a prediction."""
        return not self.reason

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
    batch: Batch | None = None,
) -> Prediction:
    """What theory says of a scenario whose network reads `inputs` numbers of this mean square and has `outputs`
    outputs.

    `batch` says how alike the examples of step 0 are and what the loss answers them; without it, or with one that
    holds no usable numbers, they count as unlike one another, which changes `grad` and little else.

    Raises ScenarioError where sizes do not fit.
    """
    network = scenario.network
    if network.kind != "mlp":
        return Prediction(f"theory here is of fully connected layers, and this network {_OTHER[network.kind]}")
    specs = architecture.layers(network, Size(1, 1, inputs), outputs)
    examples = scenario.task.batch or 1024
    if reason := _reason(specs, examples):
        return Prediction(reason)
    if batch is None or not batch.usable:
        batch = Batch.unlike(inputs_mean_square, examples)
    alpha = network.rezero_init if network.skip == "rezero" else network.skip_scale
    remembers = any(spec.gated or (spec.joins is not None and spec.own.skip_form == "post") for spec in specs)
    try:
        with np.errstate(all="ignore"):
            signal = (streams if remembers else chain).follow(specs, batch, examples, alpha)
    except np.linalg.LinAlgError:
        return Prediction(BEYOND)
    if not np.isfinite(signal.delta).all():
        return Prediction(BEYOND)
    delta, layers = signal.delta, len(specs) - 1
    factor = delta[0] ** (1.0 / layers) if layers and delta[0] >= 0.0 else math.nan
    wide = _wide(specs)
    found = None
    if wide:
        first = specs[0]
        begun = first.fan_in * chain.own_variance(first, mean_square(batch.inputs)) * mean_square(batch.inputs)
        found = phase.settled(wide, begun + wide.biases)
    return Prediction(
        taps=tuple(spec.tap for spec in specs),
        delta=delta,
        grad=signal.grad,
        factor=factor,
        limit=math.sqrt(found.chi) if found else _normed_limit(specs),
        wide=wide,
        settled=found,
    )


def _reason(specs: Sequence[LayerSpec], examples: int) -> str:
    """Why nothing is known; empty where something is."""
    for spec in specs:
        own, name = spec.own, f"layer {spec.tap}"
        if spec.activation not in ACTIVATIONS:
            return f"theory does not know the activation {spec.activation}"
        if own.init == "zeros":
            return "all weights begin at 0: nothing comes back, and theory has nothing to multiply"
        if own.init == "identity":
            return "theory is of random weights, and these begin as the identity"
        if own.init not in DRAWN and own.init != "lsuv":
            return f"theory does not know how large the weights of init {own.init} are"
        if own.init == "lsuv" and (spec.norm == "batch" or spec.dropout):
            return "LSUV scales the weights without dropout and batch norm, which theory does not follow"
        if spec.projection:
            return f"the block that {name} ends changes its width by a projection, which theory here does not follow"
        if spec.norm == "group" and spec.size.channels // own.norm_groups < LEAST_GROUP:
            return f"groups of fewer than {LEAST_GROUP} units are too small for the theory of wide layers"
        if spec.norm == "batch" and examples < LEAST_GROUP:
            return f"a batch of fewer than {LEAST_GROUP} is too small for the theory of batch norm"
        remembers = spec.gated or ((spec.joins is not None or spec.begins) and own.skip_form == "post")
        if remembers and own.norm_place == "after" and spec.norm not in ("none", "weight"):
            return f"the norm behind the activation of {name} stands in a stream, which theory here does not follow"
    return ""


def _equal(specs: Sequence[LayerSpec]) -> bool:
    """Whether all hidden layers are the same."""
    hidden = specs[:-1]
    return bool(hidden) and all((spec.own, spec.size) == (hidden[0].own, hidden[0].size) for spec in hidden)


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
