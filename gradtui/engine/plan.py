"""The plan of a network: which layers there are and which regions they own, before there is any memory."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

from gradtui.engine.kernels import update
from gradtui.engine.kernels.activation import ACTIVATIONS, Activation
from gradtui.engine.kernels.loss import LOSSES
from gradtui.engine.kernels.prelu import PRELU
from gradtui.engine.layers import Dense, LearnedSlope, Measurements
from gradtui.engine.layout import Layout, Region
from gradtui.scenario.model import Network, Scenario
from gradtui.tasks.dataset import Dataset

#: Steps whose loss and accuracy are kept: what a reader has not fetched after so many steps is gone.
HISTORY = 8192
#: At most so many examples go through the network at once when a whole data set is evaluated.
CHUNK = 512


class BuildError(ValueError):
    """The scenario and its data do not fit together; the message says how, in one sentence."""


@dataclass(frozen=True)
class Tables:
    """The regions that hold one row for each tap; `readout` knows what the columns mean."""

    delta: Region
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


def plan(scenario: Scenario, dataset: Dataset) -> Plan:
    """Lay the network out. Raises BuildError if the batch is larger than the training set."""
    examples = len(dataset.train_inputs)
    batch = scenario.task.batch or examples
    if batch > examples:
        raise BuildError(
            f"task.batch = {batch} is more than the {examples} training examples of {scenario.task.name}: "
            f"choose at most {examples}, or 0 for all of them"
        )
    made = Plan(scenario, dataset, batch)
    _reserve_feed(made)
    _reserve_layers(made)
    return made


def _reserve_feed(made: Plan) -> None:
    data = made.dataset
    examples, inputs = data.train_inputs.shape
    labels = LOSSES[loss_name(data)].labels
    made.reserve("clock", "int64", 4)
    made.reserve("knobs", "float64", len(update.KNOBS))
    made.reserve("scalars", "float64", update.SCALARS)
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
    optimizer = update.OPTIMIZERS[made.scenario.optimizer.name]
    tables = Tables(
        activation=made.reserve("activation_sums", "float64", taps, 5),
        counts=made.reserve("counts", "float64", taps, 2),
        delta=made.reserve("delta_sums", "float64", taps, 6),
        gradient=made.reserve("gradient_sums", "float64", taps, 6),
        last_norm=made.reserve("last_norm", "float64", taps, 1),
        similarity=made.reserve("similarity", "float64", taps, 1),
        update=made.reserve("update_sums", "float64", taps, 6),
    )
    widest = max(sizes[1:])
    made.reserve("direction", "float64", widest)
    made.reserve("bias_norm", "float64", 3)
    made.reserve("bias_update", "float64", 6)
    for side in "ab":  # the backward pass goes to and fro between the two
        made.reserve(f"delta_{side}", "real", made.batch, widest)
        made.reserve(f"pass_{side}", "real", CHUNK, widest)
    made.reserve("pass_x", "real", CHUNK, inputs)
    made.reserve("pass_z", "real", CHUNK, widest)
    made.reserve("pass_delta", "real", CHUNK, made.dataset.outputs)
    made.reserve("pass_report", "float64", 2)
    if LOSSES[loss_name(made.dataset)].labels:
        made.reserve("pass_targets", "int64", CHUNK)
    else:
        made.reserve("pass_targets", "real", CHUNK, made.dataset.outputs)

    turned = made.reserve("turned", "real", max(a * b for a, b in pairwise(sizes)))
    units = sum(sizes[1:])
    each = _slopes_each(network)
    # Behind the biases stand the learned slopes, so that whatever is done to the biases is done to them.
    rows = units + each * network.depth
    bias = made.reserve("bias", "real", rows)
    bias_gradient = made.reserve("bias_gradient", "real", rows)
    made.reserve("bias_state", "real", optimizer.states, rows)
    column = made.reserve("column", "real", widest)
    bend = made.reserve("bend", "float64", 1)
    words = -(-made.batch // 64)
    made.reserve("live", "int64", words)
    made.reserve("input_bits", "int64", inputs, words)
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

        slope = None
        if each and not last:
            at = units + each * index
            slope = LearnedSlope(bias.part(at, (each,)), bias_gradient.part(at, (each,)), column.part(0, (fan_out,)))
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
                bias=bias.part(start, (fan_out,)),
                weight_gradient=matrix("weight_gradient"),
                bias_gradient=bias_gradient.part(start, (fan_out,)),
                previous_gradient=matrix("previous_gradient"),
                initial=matrix("initial"),
                state=matrix("state", optimizer.states, fan_out * fan_in),
                turned=turned.part(0, (fan_in, fan_out)),
                z=matrix("z", made.batch, fan_out),
                a=matrix("a", made.batch, fan_out),
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
