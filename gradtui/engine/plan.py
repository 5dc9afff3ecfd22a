"""The plan of a network: which layers there are and which regions they own, before there is any memory."""

from __future__ import annotations

from dataclasses import dataclass, field

from gradtui.engine import knobs
from gradtui.engine.kernels.loss import LOSSES
from gradtui.engine.layers import Layer
from gradtui.engine.layout import Layout, Region
from gradtui.engine.matrices import Matrix
from gradtui.engine.stages import Deltas, Spare
from gradtui.scenario import architecture
from gradtui.scenario.architecture import LayerSpec, Size
from gradtui.scenario.errors import ScenarioError
from gradtui.scenario.model import Scenario
from gradtui.tasks.dataset import Dataset

#: Steps whose loss and accuracy are kept: what a reader has not fetched after so many steps is gone.
HISTORY = 8192
#: At most so many examples, and so many numbers of one layer, go through the network at once when a whole data set is
#: evaluated.
CHUNK, CHUNK_NUMBERS = 512, 2**20


@dataclass
class Plan:
    """Everything about a network that is known before there is memory: layers, shared regions, programs.

    `matrices` are the layers' own first, in their order, then those of gates and projections; `deltas` are where the
    signal travels back.
    """

    scenario: Scenario
    dataset: Dataset
    batch: int
    specs: tuple[LayerSpec, ...]
    layout: Layout = field(default_factory=Layout)
    layers: list[Layer] = field(default_factory=list)
    matrices: list[Matrix] = field(default_factory=list)
    regions: dict[str, Region] = field(default_factory=dict)

    @property
    def dtype(self) -> str:
        return self.scenario.network.dtype

    @property
    def largest(self) -> int:
        """The most numbers of one example that any layer reads or makes."""
        sizes = (size for spec in self.specs for size in (spec.source, spec.size, spec.joined))
        return max(size.numbers for size in sizes)

    @property
    def chunk(self) -> int:
        """How many examples go through at once outside training."""
        return max(min(CHUNK, CHUNK_NUMBERS // self.largest), 1)

    @property
    def deltas(self) -> Deltas:
        return Deltas((self.regions["delta_a"], self.regions["delta_b"]))

    def reserve(self, name: str, dtype: str, *shape: int) -> Region:
        """Reserve a region that has one owner: the whole network. `dtype` "real" is the scenario's."""
        region = self.layout.region(name, self.dtype if dtype == "real" else dtype, *shape)
        self.regions[name] = region
        return region

    def shared(self, name: str, dtype: str, *shape: int) -> Region:
        """The same region for all who ask with this name and shape."""
        return self.regions[name] if name in self.regions else self.reserve(name, dtype, *shape)

    def spare(self, examples: int) -> Spare:
        """Memory for a pass of so many examples outside training."""
        buffers = [region for name, region in self.regions.items() if name.startswith("pass_buffer_")]
        return Spare(examples, buffers, self.regions["pass_stream"], self.regions["pass_inverse"])


def plan(scenario: Scenario, dataset: Dataset) -> Plan:
    """Lay the network out. Raises ScenarioError if the batch is larger than the training set, or layers do not fit."""
    from gradtui.engine.construction import build_layers

    examples = len(dataset.train_inputs)
    batch = scenario.task.batch or examples
    if batch > examples:
        raise ScenarioError(
            f"task.batch = {batch} is more than the {examples} training examples of {scenario.task.name}: "
            f"choose at most {examples}, or 0 for all of them"
        )
    made = Plan(
        scenario, dataset, batch, architecture.layers(scenario.network, inputs_of(scenario, dataset), dataset.outputs)
    )
    _refuse_single_numbers(made)
    _reserve_feed(made)
    _reserve_passes(made)
    build_layers(made)
    return made


def inputs_of(scenario: Scenario, dataset: Dataset) -> Size:
    """The size of one example as the first layer reads it; ScenarioError where that must be an image and is none."""
    if scenario.network.kind != "cnn":
        return Size(1, 1, dataset.train_inputs.shape[1])
    if dataset.image is None:
        raise ScenarioError(
            f'network.kind = "cnn" needs images, but {dataset.title} has none: take task.name = "digits", '
            "or an NPZ file whose x has the shape (examples, height, width) or (examples, height, width, channels)"
        )
    return Size(*dataset.image)


def _refuse_single_numbers(made: Plan) -> None:
    """Raises ScenarioError where a batch norm would take the mean of one number."""
    for spec in made.specs:
        if spec.norm == "batch" and made.batch * spec.size.positions == 1:
            raise ScenarioError(
                f"task.batch is 1 and the image of hidden layer {spec.tap} is one pixel: every number would be its "
                "own mean; take a batch of 2 or more, or another network.norm"
            )


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


def _reserve_passes(made: Plan) -> None:
    """Memory for examples outside training."""
    chunk = made.chunk
    made.reserve("pass_x", "real", chunk, made.specs[0].image.numbers)
    for number in range(_buffers(made.specs)):
        made.reserve(f"pass_buffer_{number}", "real", chunk, made.largest)
    blocks = any(spec.begins for spec in made.specs)
    made.reserve("pass_stream", "real", chunk, made.largest if blocks else 0)
    normed = [max(spec.size.positions, spec.size.channels) for spec in made.specs if spec.norm != "none"]
    made.reserve("pass_inverse", "real", chunk, max(normed, default=0))
    made.reserve("pass_delta", "real", chunk, made.dataset.outputs)
    made.reserve("pass_report", "float64", 2)
    if LOSSES[loss_name(made.dataset)].labels:
        made.reserve("pass_targets", "int64", chunk)
    else:
        made.reserve("pass_targets", "real", chunk, made.dataset.outputs)


def _buffers(specs: tuple[LayerSpec, ...]) -> int:
    """How many buffers a layer holds at most: what it reads, what its product makes, and what each stage adds."""
    return max(
        3 + (spec.norm != "none") + 3 * spec.gated + spec.appends + 2 * len(spec.pools) + 2 * (spec.joins is not None)
        for spec in specs
    )


def loss_name(dataset: Dataset) -> str:
    """The row of the table of losses: squared error on classes also counts right answers."""
    if dataset.loss == "mse" and len(dataset.classes) > 1:
        return "mse_one_hot"
    return dataset.loss
