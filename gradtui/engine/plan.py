"""The plan of a network: which layers there are and which regions they own, before there is any memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from gradtui.engine import knobs
from gradtui.engine.kernels.activation import ACTIVATIONS, Activation
from gradtui.engine.kernels.linear import PANEL
from gradtui.engine.kernels.loss import LOSSES
from gradtui.engine.kernels.optimizers import OPTIMIZERS
from gradtui.engine.kernels.prelu import PRELU
from gradtui.engine.layers import Dense, LearnedSlope, Measurements
from gradtui.engine.layout import Layout, Region
from gradtui.engine.norms import KINDS, Norm
from gradtui.engine.residual import Residual, blocks
from gradtui.scenario.errors import ScenarioError
from gradtui.scenario.model import Network, Scenario
from gradtui.tasks.dataset import Dataset

#: Steps whose loss and accuracy are kept: what a reader has not fetched after so many steps is gone.
HISTORY = 8192
#: At most so many examples go through the network at once when a whole data set is evaluated.
CHUNK = 512


@dataclass(frozen=True)
class Tables:
    """The regions that hold one row for each tap; `readout` knows what the columns mean."""

    delta: Region
    norm: Region
    skip: Region
    gradient: Region
    last_norm: Region
    update: Region
    activation: Region
    similarity: Region
    counts: Region


@dataclass
class Plan:
    """Everything about a network that is known before there is memory: layers, shared regions, programs."""

    scenario: Scenario
    dataset: Dataset
    batch: int
    layout: Layout = field(default_factory=Layout)
    layers: list[Dense] = field(default_factory=list)
    regions: dict[str, Region] = field(default_factory=dict)

    @property
    def dtype(self) -> str:
        return self.scenario.network.dtype

    def reserve(self, name: str, dtype: str, *shape: int) -> Region:
        """Reserve a region that has one owner: the whole network. `dtype` "real" is the scenario's."""
        region = self.layout.region(name, self.dtype if dtype == "real" else dtype, *shape)
        self.regions[name] = region
        return region


class Vectors:
    """Everything trained that is no matrix (biases, shifts, scales), in one stretch: one instruction updates it all."""

    def __init__(self, made: Plan, size: int) -> None:
        states = OPTIMIZERS[made.scenario.optimizer.name].states
        self._values = made.reserve("vectors", "real", size)
        self._gradients = made.reserve("vector_gradients", "real", size)
        made.reserve("vector_state", "real", states, size)
        made.reserve("vector_clipped", "real", size)
        self._taken = 0

    def take(self, size: int) -> tuple[Region, Region]:
        """The next `size` numbers and their gradients."""
        start, self._taken = self._taken, self._taken + size
        return self._values.part(start, (size,)), self._gradients.part(start, (size,))


def plan(scenario: Scenario, dataset: Dataset) -> Plan:
    """Lay the network out. Raises ScenarioError if the batch is larger than the training set."""
    examples = len(dataset.train_inputs)
    batch = scenario.task.batch or examples
    if batch > examples:
        raise ScenarioError(
            f"task.batch = {batch} is more than the {examples} training examples of {scenario.task.name}: "
            f"choose at most {examples}, or 0 for all of them"
        )
    made = Plan(scenario, dataset, batch)
    _reserve_feed(made)
    _reserve_layers(made)
    return made


def refuse_smoothing(scenario: Scenario, dataset: Dataset) -> None:
    """Raises ScenarioError where `label_smoothing` has no labels to smooth."""
    if scenario.task.label_smoothing > 0.0 and dataset.loss != "cross_entropy":
        raise ScenarioError(
            f"task.label_smoothing = {scenario.task.label_smoothing} needs the loss cross_entropy, "
            f"but {scenario.task.name} is learned with {dataset.loss}: set it to 0"
        )


def _reserve_feed(made: Plan) -> None:
    data = made.dataset
    examples, inputs = data.train_inputs.shape
    labels = LOSSES[loss_name(data)].labels
    made.reserve("clock", "int64", 4)
    made.reserve("knobs", "float64", len(knobs.KNOBS))
    made.reserve("scalars", "float64", knobs.SCALARS)
    made.reserve("smoothing", "float64", 1)
    made.reserve("no_smoothing", "float64", 1)
    made.reserve("order", "int64", examples)
    made.reserve("chosen", "int64", made.batch)
    made.reserve("report", "float64", 2)
    made.reserve("history", "float64", HISTORY, 2)
    made.reserve("x", "real", made.batch, inputs)
    made.reserve("train_inputs", "real", examples, inputs)
    for name, rows in (("targets", made.batch), ("train_targets", examples)):
        if labels:
            made.reserve(name, "int64", rows)
        else:
            made.reserve(name, "real", rows, data.outputs)


def _reserve_layers(made: Plan) -> None:
    network = made.scenario.network
    inputs = made.dataset.train_inputs.shape[1]
    sizes = [inputs] + [network.width] * network.depth + [made.dataset.outputs]
    taps = network.depth + 1
    optimizer = OPTIMIZERS[made.scenario.optimizer.name]
    tables = Tables(
        activation=made.reserve("activation_sums", "float64", taps, 5),
        counts=made.reserve("counts", "float64", taps, 2),
        delta=made.reserve("delta_sums", "float64", taps, 6),
        norm=made.reserve("norm_sums", "float64", taps, 6),
        skip=made.reserve("skip_sums", "float64", taps, 6),
        gradient=made.reserve("gradient_sums", "float64", taps, 6),
        last_norm=made.reserve("last_norm", "float64", taps, 1),
        similarity=made.reserve("similarity", "float64", taps, 1),
        update=made.reserve("update_sums", "float64", taps, 6),
    )
    widest = max(sizes[1:])
    made.reserve("direction", "float64", widest)
    made.reserve("vector_norm", "float64", 3)
    made.reserve("clipped_sums", "float64", taps, 3)
    made.reserve("vector_clipped_sums", "float64", taps, 3)
    made.reserve("clipped", "real", max(a * b for a, b in pairwise(sizes)))
    if optimizer.matrix is not None:
        for name in ("orthogonal", "orthogonal_product"):
            made.reserve(name, "real", max(a * b for a, b in pairwise(sizes)))
        for name in ("gram", "polynomial"):
            made.reserve(name, "real", max(min(a, b) for a, b in pairwise(sizes)) ** 2)
    made.reserve("vector_update", "float64", 6)
    for side in "ab":  # the backward pass goes to and fro between the two
        made.reserve(f"delta_{side}", "real", made.batch, widest)
        made.reserve(f"pass_{side}", "real", CHUNK, widest)
    made.reserve("pass_x", "real", CHUNK, inputs)
    made.reserve("pass_z", "real", CHUNK, widest)
    made.reserve("pass_scratch", "real", CHUNK, widest)
    made.reserve("pass_delta", "real", CHUNK, made.dataset.outputs)
    made.reserve("pass_report", "float64", 2)
    if LOSSES[loss_name(made.dataset)].labels:
        made.reserve("pass_targets", "int64", CHUNK)
    else:
        made.reserve("pass_targets", "real", CHUNK, made.dataset.outputs)

    made.reserve("pass_inverse", "real", CHUNK)
    made.reserve("pass_stream", "real", CHUNK, widest)
    if network.skip == "residual":
        made.reserve("stream", "real", made.batch, network.width)
        made.reserve("direct", "real", made.batch, network.width)
        made.reserve("skip_scale", "float64", 1)
    turned = made.reserve("turned", "real", max(sizes[:-1]), PANEL)
    units = sum(sizes[1:])
    each = _slopes_each(network)
    normed = 2 * network.width * network.depth if network.norm != "none" else 0
    vectors = Vectors(made, units + normed + each * network.depth)
    column = made.reserve("column", "real", widest)
    bend = made.reserve("bend", "float64", 1)
    words = -(-made.batch // 64)
    made.reserve("live", "int64", words)
    made.reserve("input_bits", "int64", inputs, words)
    made.reserve("every_bit", "int64", widest, words)
    slope_bits = made.reserve("slope_bits", "int64", units, words)
    output_bits = made.reserve("output_bits", "int64", units, words)
    made.reserve("saturates_below", "float64", taps, 1)
    made.reserve("census", "real", units)
    start = 0
    for index in range(taps):
        fan_in, fan_out = sizes[index], sizes[index + 1]
        last = index == network.depth
        key = "output" if last else f"hidden.{index}"

        def matrix(role: str, rows: int = fan_out, columns: int = fan_in, key: str = key) -> Region:
            return made.layout.region(f"{key}.{role}", made.dtype, rows, columns)

        bias, bias_gradient = vectors.take(fan_out)
        slope = None
        if each and not last:
            slope = LearnedSlope(*vectors.take(each), column.part(0, (fan_out,)))
        activation = ACTIVATIONS["identity"] if last else activation_of(network)
        bits = slope_bits.part(start * words, (fan_out, words))
        made.layers.append(
            Dense(
                key=key,
                tap="out" if last else str(index + 1),
                activation=activation,
                bend=bend,
                slope=slope,
                weight=matrix("weight"),
                bias=bias,
                weight_gradient=matrix("weight_gradient"),
                bias_gradient=bias_gradient,
                previous_gradient=matrix("previous_gradient"),
                initial=matrix("initial"),
                state=matrix("state", optimizer.states, fan_out * fan_in),
                turned=turned.part(0, (fan_in, PANEL)),
                z=matrix("z", made.batch, fan_out),
                a=matrix("a", made.batch, fan_out),
                norm=None if last else _norm(made, index, fan_out, vectors, tables.norm[index]),
                norm_first=network.norm_place == "before",
                residual=_residual(made, index, tables.skip[index]),
                inside_block=_inside_block(network, index),
                measured=Measurements(
                    delta=tables.delta[index],
                    gradient=tables.gradient[index],
                    last_norm=tables.last_norm[index],
                    update=tables.update[index],
                    activation=tables.activation[index],
                    similarity=tables.similarity[index],
                    counts=tables.counts[index],
                    slope_bits=bits,
                    output_bits=bits if activation.silent else output_bits.part(start * words, (fan_out, words)),
                ),
            )
        )
        start += fan_out


def _norm(made: Plan, index: int, units: int, vectors: Vectors, sums: Region) -> Norm | None:
    """The normalisation of hidden layer `index`, or None."""
    name = made.scenario.network.norm
    if name == "none":
        return None
    key, kind = f"norm.{index}", KINDS[name]
    gamma, gamma_gradient = vectors.take(units)
    beta, beta_gradient = vectors.take(units)

    def vector(role: str, size: int = units) -> Region:
        return made.layout.region(f"{key}.{role}", made.dtype, size)

    if "norm_settings" not in made.regions:
        made.reserve("norm_settings", "float64", 2)
    return Norm(
        key=key,
        kind=kind,
        settings=made.regions["norm_settings"],
        gamma=gamma,
        beta=beta,
        gamma_gradient=gamma_gradient,
        beta_gradient=beta_gradient,
        running_mean=vector("running_mean"),
        running_variance=vector("running_variance"),
        mean=vector("mean"),
        inverse=vector("inverse", units if kind.over_batch else made.batch),
        x_hat=made.layout.region(f"{key}.x_hat", made.dtype, made.batch, units),
        sums=sums,
    )


def _residual(made: Plan, index: int, sums: Region) -> Residual | None:
    """The part of layer `index` in residual blocks, or None."""
    network, at = made.scenario.network, made.regions
    begins, joins = blocks(network.depth, network.skip_every)
    if network.skip != "residual" or not (index in begins or index in joins or _inside_block(network, index)):
        return None
    return Residual(
        begins=index in begins,
        joins=index in joins,
        pre=network.skip_form == "pre",
        stream=at["stream"],
        direct=at["direct"],
        scale=at["skip_scale"],
        sums=sums,
    )


def _inside_block(network: Network, index: int) -> bool:
    """Whether the layer lies between the beginning and the join of a residual block."""
    begins, joins = blocks(network.depth, network.skip_every)
    last = max(joins, default=0)
    return network.skip == "residual" and 0 < index < last and index not in begins and index not in joins


def activation_of(network: Network) -> Activation:
    """The hidden layers' activation."""
    return PRELU[network.prelu_share] if network.activation == "prelu" else ACTIVATIONS[network.activation]


def _slopes_each(network: Network) -> int:
    """How many slopes a hidden layer learns."""
    if network.activation != "prelu":
        return 0
    return network.width if network.prelu_share == "unit" else 1


def loss_name(dataset: Dataset) -> str:
    """The row of the table of losses: squared error on classes also counts right answers."""
    if dataset.loss == "mse" and len(dataset.classes) > 1:
        return "mse_one_hot"
    return dataset.loss
