"""The plan of a recurrent network: its layers and which regions they own, before there is any memory."""

from __future__ import annotations

from dataclasses import dataclass, field

from gradtui.engine.ground import (
    Ground,
    Vectors,
    batch_of,
    loss_name,
    reserve_clock,
    reserve_examples,
    reserve_sequences,
    reserve_training,
)
from gradtui.engine.kernels.linear import PANEL
from gradtui.engine.kernels.loss import LOSSES
from gradtui.engine.kernels.optimizers import OPTIMIZERS
from gradtui.engine.layout import Region
from gradtui.engine.matrices import Matrix, Picture
from gradtui.engine.randomness import Stream
from gradtui.engine.recurrent.cells import Cell, Reserve, Signal, Through, Weights, cell_of
from gradtui.scenario.errors import ScenarioError
from gradtui.scenario.model import Scenario
from gradtui.scenario.ranges import MOST_WEIGHTS
from gradtui.tasks.dataset import Dataset

#: At most so many numbers that the layers keep of one batch: a gigabyte and a half in float32.
MOST_KEPT = 400_000_000
#: Outside training so many examples go through at once at most, and one layer makes about so many numbers of them.
CHUNK, CHUNK_NUMBERS = 512, 2**21


@dataclass(frozen=True)
class Both:
    """The two matrices of a layer, or the one of the output layer, in one stretch: the tap's gradient."""

    values: Region
    gradient: Region
    previous: Region
    initial: Region


@dataclass(frozen=True)
class RecurrentLayer:
    """One layer. It reads x, (steps * batch, inputs); `through` holds its states, `signal` its way back."""

    tap: str
    x: Region
    matrix: Matrix
    recurrent: Matrix
    both: Both
    weights: Weights
    through: Through
    signal: Signal
    gate_sums: Region

    @property
    def units(self) -> int:
        return self.through.units


@dataclass(frozen=True)
class Readout:
    """The output layer: z (rows, outputs) of x (rows, units), a row an example, or one for each step of each; `delta`
    is dL/dz."""

    x: Region
    matrix: Matrix
    both: Both
    bias: Region
    bias_gradient: Region
    z: Region
    delta: Region


@dataclass
class RecurrentPlan(Ground):
    """Everything about a recurrent network that is known before there is memory."""

    cell: Cell
    layers: list[RecurrentLayer] = field(default_factory=list)
    readout: Readout = field(init=False)

    @property
    def steps(self) -> int:
        return self.dataset.steps

    @property
    def units(self) -> int:
        return self.scenario.network.width

    @property
    def gates(self) -> int:
        """Rows of a layer's matrices."""
        return self.cell.gates * self.units

    @property
    def rows(self) -> int:
        """Answers in a batch."""
        return self.batch * (self.steps if self.dataset.per_step else 1)

    @property
    def chunk(self) -> int:
        """How many examples go through at once outside training."""
        return max(min(CHUNK, CHUNK_NUMBERS // (self.steps * max(self.gates, self.dataset.features))), 16)

    def scratch(self, names: list[str]) -> dict[str, Region]:
        """Regions that all layers share, by what kernels call them."""
        return {name: self.regions[f"all.{name}"] for name in names}


def plan(scenario: Scenario, dataset: Dataset) -> RecurrentPlan:
    """Lay the network out. Raises ScenarioError where it is too large for its data."""
    network = scenario.network
    made = RecurrentPlan(scenario, dataset, batch_of(scenario, dataset), cell_of(network))
    _refuse_size(made)
    reserve_clock(made)
    reserve_examples(made)
    reserve_sequences(made, over_time=True)
    depth, units, gates = network.depth, made.units, made.gates
    inputs = [dataset.features, *[units] * (depth - 1)]
    shapes = [(gates, fan_in) for fan_in in inputs]
    shapes += [(dataset.outputs, units), *[(gates, units)] * depth]
    reserve_training(made, shapes, 2 * depth + 1)
    vectors = Vectors(made, 2 * depth * gates + dataset.outputs)
    _reserve_shared(made)
    x = made.regions["x"].reshaped(made.steps * made.batch, dataset.features)
    for index, fan_in in enumerate(inputs):
        made.layers.append(_layer(made, vectors, index, x, fan_in))
        x = made.layers[-1].through.after
    made.readout = _read(made, vectors, x)
    made.matrices = [layer.matrix for layer in made.layers] + [made.readout.matrix]
    made.matrices += [layer.recurrent for layer in made.layers]
    _reserve_passes(made)
    return made


def _refuse_size(made: RecurrentPlan) -> None:
    """Raises ScenarioError where weights or a batch would not fit into the memory of a common machine."""
    network = made.scenario.network
    weights = made.gates * (made.dataset.features + (2 * network.depth - 1) * made.units)
    if weights > MOST_WEIGHTS:
        raise ScenarioError(
            f'network.cell = "{network.cell}", network.depth {network.depth} and network.width {network.width:,} make '
            f"{weights:,} weights; at most {MOST_WEIGHTS:,} are allowed"
        )
    kept = made.steps * made.batch * (made.gates + 4 * made.units) * network.depth
    if kept > MOST_KEPT:
        raise ScenarioError(
            f"{made.steps:,} steps, task.batch {made.batch:,}, network.width {made.units:,} and network.depth "
            f"{network.depth} make {kept:,} numbers to be kept for the way back; at most {MOST_KEPT:,} "
            "are allowed: take a smaller batch or a shorter task.length"
        )


def _stretches(made: RecurrentPlan, name: str, size: int) -> Both:
    def region(role: str) -> Region:
        return made.layout.region(f"{name}.{role}", made.dtype, size)

    return Both(region("values"), region("gradient"), region("previous"), region("initial"))


def _matrix(
    made: RecurrentPlan,
    name: str,
    both: Both,
    start: int,
    shape: tuple[int, int],
    *,
    row: int,
    stream: Stream,
    place: int,
    inner: bool,
) -> Matrix:
    """The matrix that begins at entry `start` of a tap's stretch; `row` is its own in the tables of sums."""
    rows, columns = shape
    at, states = made.regions, OPTIMIZERS[made.optimizer.name].states
    return Matrix(
        name=name,
        picture=Picture(1, 1, columns, (columns,)),
        stream=stream,
        place=place,
        inner=inner,
        values=both.values.part(start, shape),
        gradient=both.gradient.part(start, shape),
        previous=both.previous.part(start, shape),
        initial=both.initial.part(start, shape),
        state=made.layout.region(f"{name}.state", made.dtype, states, rows * columns),
        gradient_sums=at["gradient_sums"][row],
        last_norm=at["last_norm"][row],
        update_sums=at["update_sums"][row],
        clipped_sums=at["clipped_sums"][row],
    )


def _take(made: RecurrentPlan, vectors: Vectors, name: str, size: int) -> tuple[Region, Region]:
    values, gradient = vectors.take(size)
    made.trained.append((name, values, gradient))
    return values, gradient


def _layer(made: RecurrentPlan, vectors: Vectors, index: int, x: Region, fan_in: int) -> RecurrentLayer:
    cell, units, gates = made.cell, made.units, made.gates
    depth, at = made.scenario.network.depth, made.regions
    both = _stretches(made, f"recurrent.{index}", gates * (fan_in + units))
    input_bias, input_gradient = _take(made, vectors, f"recurrent.bias_ih_l{index}", gates)
    hidden_bias, hidden_gradient = _take(made, vectors, f"recurrent.bias_hh_l{index}", gates)

    def own(name: str, *shape: int) -> Region:
        return made.layout.region(f"recurrent.{index}.{name}", made.dtype, *shape)

    through = _through(made, made.batch, own)
    through.own.update(cell.back_own(made.steps, made.batch, units, own))
    recurrent = _matrix(
        made,
        f"recurrent.weight_hh_l{index}",
        both,
        gates * fan_in,
        (gates, units),
        row=depth + 1 + index,
        stream=Stream.RECURRENT,
        place=index + 1,
        inner=True,
    )
    return RecurrentLayer(
        tap=str(index + 1),
        x=x,
        matrix=_matrix(
            made,
            f"recurrent.weight_ih_l{index}",
            both,
            0,
            (gates, fan_in),
            row=index,
            stream=Stream.WEIGHT,
            place=index + 1,
            inner=index > 0,
        ),
        recurrent=recurrent,
        both=both,
        weights=Weights(
            recurrent=recurrent.values,
            input_bias=input_bias,
            hidden_bias=hidden_bias,
            input_bias_gradient=input_gradient,
            hidden_bias_gradient=hidden_gradient,
            joined_bias=own("joined_bias", gates),
        ),
        through=through,
        signal=Signal(
            delta=own("delta", made.steps, made.batch, units),
            truncation=at["truncation"],
            sums=at["time_sums"][index],
            cell_sums=at["cell_sums"][index] if cell.has_cell else None,
        ),
        gate_sums=at["gate_sums"][index],
    )


def _through(made: RecurrentPlan, batch: int, reserve: Reserve) -> Through:
    """Memory for the way of a batch through one layer."""
    steps, units = made.steps, made.units
    return Through(
        steps=steps,
        batch=batch,
        units=units,
        pre=reserve("pre", steps, batch, made.gates),
        h=reserve("h", steps + 1, batch, units),
        own=made.cell.own(steps, batch, units, reserve),
    )


def _read(made: RecurrentPlan, vectors: Vectors, x: Region) -> Readout:
    """The output layer, on the last state or on all of them."""
    outputs, units, depth = made.dataset.outputs, made.units, made.scenario.network.depth
    both = _stretches(made, "output", outputs * units)
    bias, bias_gradient = _take(made, vectors, "output.bias", outputs)
    return Readout(
        x=x if made.dataset.per_step else made.layers[-1].through.last,
        matrix=_matrix(
            made,
            "output.weight",
            both,
            0,
            (outputs, units),
            row=depth,
            stream=Stream.WEIGHT,
            place=0,
            inner=False,
        ),
        both=both,
        bias=bias,
        bias_gradient=bias_gradient,
        z=made.reserve("z", "real", made.rows, outputs),
        delta=made.reserve("out_delta", "real", made.rows, outputs),
    )


def _reserve_shared(made: RecurrentPlan) -> None:
    """Reserve what belongs to no layer alone."""
    depth, steps, batch, units = made.scenario.network.depth, made.steps, made.batch, made.units
    taps, cell = depth + 1, made.cell

    def shared(name: str, *shape: int) -> Region:
        return made.reserve(f"all.{name}", "real", *shape)

    cell.scratch(batch, units, shared)
    cell.back_scratch(batch, units, shared)
    made.reserve("room", "real", max(made.dataset.features, units) * PANEL)
    made.reserve("product", "real", made.gates * max(made.dataset.features, units))
    made.reserve("ones", "real", made.rows, made.dataset.outputs)
    made.reserve("truncation", "int64", 1)
    made.reserve("time_sums", "float64", depth, steps, 3)
    made.reserve("cell_sums", "float64", depth if cell.has_cell else 0, steps, 3)
    made.reserve("gate_sums", "float64", depth, len(cell.names), steps)
    made.reserve("inner_sums", "float64", depth, 3)
    made.reserve("out_sums", "float64", 3)
    made.reserve("activation_sums", "float64", taps, 5)
    made.reserve("similarity", "float64", taps, 1)
    made.reserve("distance_sums", "float64", taps, 6)
    made.reserve("silent", "float64", depth, 1)
    made.reserve("zeros", "float64", 2 * depth + 1, 1)
    made.reserve("saturates_below", "float64", 1)
    made.reserve("direction", "float64", max(units, made.dataset.outputs))
    made.reserve("answered", "real", units)
    made.reserve("heard", "int64", taps, steps, batch)
    made.reserve("census", "real", depth, units)


def _reserve_passes(made: RecurrentPlan) -> None:
    """Memory for examples outside training: two layers' worth, one that is read and one that is made."""
    data, chunk, steps, units = made.dataset, made.chunk, made.steps, made.units

    def shared(name: str, *shape: int) -> Region:
        return made.reserve(f"pass.{name}", "real", *shape)

    made.reserve("pass_x", "real", steps, chunk, data.features)
    made.cell.scratch(chunk, units, shared)
    _through(made, chunk, shared)
    made.reserve("pass_h", "real", steps + 1, chunk, units)
    rows = chunk * (steps if data.per_step else 1)
    made.reserve("pass_z", "real", rows, data.outputs)
    made.reserve("pass_delta", "real", rows, data.outputs)
    made.reserve("pass_gate_sums", "float64", len(made.cell.names), steps)
    made.reserve("pass_report", "float64", 2)
    if LOSSES[loss_name(data)].labels:
        made.reserve("pass_targets", "int64", rows)
    else:
        made.reserve("pass_targets", "real", rows, data.outputs)


def pass_through(made: RecurrentPlan, rows: int, number: int) -> Through:
    """Memory of layer `number`'s way for the first `rows` examples of a chunk; neighbours have states of their own."""

    def part(name: str, *shape: int) -> Region:
        whole = made.regions["pass_h" if name == "h" and number % 2 else f"pass.{name}"]
        return whole.part(0, shape)

    return _through(made, rows, part)
