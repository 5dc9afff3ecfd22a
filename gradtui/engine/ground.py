"""The ground that every network stands on: its memory, what a step reads, and everything that training moves."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from gradtui.engine import knobs
from gradtui.engine.kernels.loss import LOSSES
from gradtui.engine.kernels.optimizers import OPTIMIZERS
from gradtui.engine.layout import Layout, Region
from gradtui.engine.matrices import Matrix, Picture
from gradtui.engine.parameters import Trained
from gradtui.engine.randomness import Stream
from gradtui.scenario.errors import ScenarioError
from gradtui.scenario.model import Optimizer, Scenario
from gradtui.tasks.dataset import Dataset

#: Steps whose loss and accuracy are kept: what a reader has not fetched after so many steps is gone.
HISTORY = 8192


@dataclass
class Ground:
    """What is known of any network before there is memory.

    `matrices` are everything trained that is a matrix, `trained` everything else, in the order in which it lies in one
    stretch of memory.
    """

    scenario: Scenario
    dataset: Dataset
    batch: int
    layout: Layout = field(default_factory=Layout, kw_only=True)
    matrices: list[Matrix] = field(default_factory=list, kw_only=True)
    trained: list[Trained] = field(default_factory=list, kw_only=True)
    regions: dict[str, Region] = field(default_factory=dict, kw_only=True)

    @property
    def dtype(self) -> str:
        return self.scenario.network.dtype

    @property
    def optimizer(self) -> Optimizer:
        """By which everything here is moved."""
        return self.scenario.optimizer

    def reserve(self, name: str, dtype: str, *shape: int) -> Region:
        """Reserve a region that has one owner: the whole network. `dtype` "real" is the scenario's."""
        region = self.layout.region(name, self.dtype if dtype == "real" else dtype, *shape)
        self.regions[name] = region
        return region

    def shared(self, name: str, dtype: str, *shape: int) -> Region:
        """The same region for all who ask with this name and shape."""
        return self.regions[name] if name in self.regions else self.reserve(name, dtype, *shape)


def batch_of(scenario: Scenario, dataset: Dataset) -> int:
    """Examples in a step; ScenarioError where there are not so many."""
    examples = len(dataset.train_inputs)
    batch = scenario.task.batch or examples
    if batch > examples:
        raise ScenarioError(
            f"task.batch = {batch} is more than the {examples} training examples of {scenario.task.name}: "
            f"choose at most {examples}, or 0 for all of them"
        )
    return batch


def loss_name(dataset: Dataset) -> str:
    """The row of the table of losses: squared error on classes also counts right answers."""
    if dataset.loss == "mse" and len(dataset.classes) > 1:
        return "mse_one_hot"
    return dataset.loss


def reserve_clock(made: Ground) -> None:
    """Reserve what says where a run is, and what it has come to."""
    made.reserve("clock", "int64", 4)
    made.reserve("smoothing", "float64", 1)
    made.reserve("no_smoothing", "float64", 1)
    made.reserve("report", "float64", 2)
    made.reserve("history", "float64", HISTORY, 2)


def reserve_examples(made: Ground) -> None:
    """Reserve the training set, and the choice of a batch."""
    data = made.dataset
    examples, inputs = data.train_inputs.shape
    made.reserve("order", "int64", examples)
    made.reserve("chosen", "int64", made.batch)
    made.reserve("train_inputs", "int64" if data.vocabulary else "real", examples, inputs)
    if LOSSES[loss_name(data)].labels:
        made.reserve("train_targets", "int64", *data.train_targets.shape)
    else:
        made.reserve("train_targets", "real", examples, data.outputs)


def reserve_sequences(made: Ground, over_time: bool) -> None:
    """Reserve `x` and `targets` of a batch of sequences, as `batches.feed_sequences` fills them.

    Over time x is real (steps, batch, features), tokens one-hot, else real (batch, steps, features) or int64 (batch,
    steps). One label a step is int64 (steps, batch) or (batch, steps); one answer at the end is as everywhere.
    """
    data, batch = made.dataset, made.batch
    if data.vocabulary and not over_time:
        made.reserve("x", "int64", batch, data.steps)
    else:
        made.reserve("x", "real", *((data.steps, batch) if over_time else (batch, data.steps)), data.features)
    if data.per_step:
        made.reserve("targets", "int64", *((data.steps, batch) if over_time else (batch, data.steps)))
    elif LOSSES[loss_name(data)].labels:
        made.reserve("targets", "int64", batch)
    else:
        made.reserve("targets", "real", batch, data.outputs)


def reserve_training(made: Ground, shapes: Sequence[tuple[int, int]], vectors: int) -> None:
    """Reserve what an optimizer and its clipping need for matrices of these shapes (rows, columns), and for so many
    trained vectors."""
    made.reserve("knobs", "float64", len(knobs.KNOBS))
    made.reserve("scalars", "float64", knobs.SCALARS)
    matrices = len(shapes)
    for name in ("gradient_sums", "update_sums"):
        made.reserve(name, "float64", matrices, 6)
    made.reserve("last_norm", "float64", matrices, 1)
    made.reserve("clipped_sums", "float64", matrices, 3)
    made.reserve("vector_clipped_sums", "float64", vectors, 3)
    made.reserve("vector_norm", "float64", 3)
    made.reserve("vector_update", "float64", 6)
    largest = max(rows * columns for rows, columns in shapes)
    made.reserve("clipped", "real", largest)
    if OPTIMIZERS[made.optimizer.name].matrix is not None:
        for name in ("orthogonal", "orthogonal_product"):
            made.reserve(name, "real", largest)
        for name in ("gram", "polynomial"):
            made.reserve(name, "real", max(min(shape) for shape in shapes) ** 2)


def reserve_matrix(
    made: Ground,
    name: str,
    shape: tuple[int, int],
    picture: Picture,
    *,
    stream: Stream,
    place: int,
    inner: bool,
    row: int,
) -> Matrix:
    """A trained matrix of `shape` (rows, columns) with all that belongs to it; `row` is its own in the tables of
    `reserve_training`."""
    rows, columns = shape
    states = OPTIMIZERS[made.optimizer.name].states
    at = made.regions

    def region(role: str, *shape: int) -> Region:
        return made.layout.region(f"{name}.{role}", made.dtype, *shape)

    return Matrix(
        name=name,
        picture=picture,
        stream=stream,
        place=place,
        inner=inner,
        values=region("values", rows, columns),
        gradient=region("gradient", rows, columns),
        previous=region("previous", rows, columns),
        initial=region("initial", rows, columns),
        state=region("state", states, rows * columns),
        gradient_sums=at["gradient_sums"][row],
        last_norm=at["last_norm"][row],
        update_sums=at["update_sums"][row],
        clipped_sums=at["clipped_sums"][row],
    )


class Vectors:
    """Everything trained that is no matrix, `size` numbers in one stretch: one instruction updates it all."""

    def __init__(self, made: Ground, size: int) -> None:
        states = OPTIMIZERS[made.optimizer.name].states
        self._values = made.reserve("vectors", "real", size)
        self._gradients = made.reserve("vector_gradients", "real", size)
        made.reserve("vector_state", "real", states, size)
        made.reserve("vector_clipped", "real", size)
        self._taken = 0

    def take(self, size: int) -> tuple[Region, Region]:
        """The next `size` numbers and their gradients."""
        start, self._taken = self._taken, self._taken + size
        return self._values.part(start, (size,)), self._gradients.part(start, (size,))
