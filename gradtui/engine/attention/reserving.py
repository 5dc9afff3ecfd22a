"""Memory of a transformer: what a step reads, what all blocks share, what each keeps, and everything trained."""

from __future__ import annotations

from gradtui.engine.attention.plan import TransformerPlan
from gradtui.engine.ground import (
    Vectors,
    loss_name,
    reserve_clock,
    reserve_examples,
    reserve_matrix,
    reserve_sequences,
    reserve_training,
)
from gradtui.engine.kernels.attention import rounded
from gradtui.engine.kernels.linear import PANEL
from gradtui.engine.kernels.loss import LOSSES
from gradtui.engine.kernels.optimizers import OPTIMIZERS
from gradtui.engine.layout import Region, Shape
from gradtui.engine.matrices import Matrix, Picture
from gradtui.engine.randomness import Stream

Roles = dict[str, Shape]


def reserve(made: TransformerPlan) -> Weights:
    """Reserve everything that belongs to no block alone."""
    reserve_clock(made)
    reserve_examples(made)
    reserve_sequences(made, over_time=False)
    _reserve_held_out(made)
    shapes, vectors = _shapes(made), _vector_sizes(made)
    reserve_training(made, shapes, len(vectors))
    _reserve_knobs(made)
    _reserve_tables(made, len(shapes) - (made.network.positions == "learned"))
    _reserve_scratch(made)
    _reserve_passes(made)
    return Weights(made, Vectors(made, sum(vectors)))


def half_roles(made: TransformerPlan, batch: int) -> tuple[Roles, Roles]:
    """What each half keeps of `batch` examples, by role."""
    network, rows = made.network, batch * made.steps
    width, hidden, padded = network.width, made.hidden, rounded(made.steps)
    both: Roles = {
        "made": (rows, width),
        "joined": (rows, width),
        "normed": (rows, width),
        "x_hat": (rows, width),
        "inverse": (rows,),
    }
    if made.drops:
        both["mask"] = (rows, width)
    attention = {
        **both,
        "qkv": (rows, 3 * width),
        "weights": (batch, network.heads, padded, padded),
        "context": (rows, width),
    }
    feedforward = {**both, "z": (rows, hidden), "hidden": (rows, hidden)}
    if made.drops:
        feedforward["inner_mask"] = (rows, hidden)
    return attention, feedforward


def _reserve_held_out(made: TransformerPlan) -> None:
    """Where examples outside training are read."""
    data, chunk = made.dataset, made.chunk
    made.reserve("pass_x", "int64" if data.vocabulary else "real", chunk, data.train_inputs.shape[1])
    if LOSSES[loss_name(data)].labels:
        made.reserve("pass_targets", "int64", chunk, *data.train_targets.shape[1:])
    else:
        made.reserve("pass_targets", "real", chunk, data.outputs)


def _reserve_knobs(made: TransformerPlan) -> None:
    for name in ("skip_scale", "bend", "dropout_rate", "embedding_scale"):
        made.reserve(name, "float64", 1)
    made.reserve("norm_settings", "float64", 2)
    made.reserve("skip_used", "float64", 2 * made.network.depth, 1)


def _reserve_tables(made: TransformerPlan, taps: int) -> None:
    """What is measured, a row a tap."""
    made.reserve("activation_sums", "float64", taps, 5)
    made.reserve("saturates_below", "float64", taps, 1)
    made.reserve("similarity", "float64", taps, 1)
    made.reserve("counts", "float64", taps, 2)
    made.reserve("signal", "float64", taps, 3)
    for name in ("delta_sums", "norm_sums", "distance_sums"):
        made.reserve(name, "float64", taps, 6)
    made.reserve("met", "float64", 2 * made.network.depth, 6)
    words, units = -(-made.rows // 64), max(made.hidden, made.network.width, made.dataset.features)
    made.reserve("whole_bits", "int64", max(units, made.dataset.outputs), words)
    made.reserve("slope_bits", "int64", max(units, made.dataset.outputs), words)
    made.reserve("input_bits", "int64", units, words)
    made.reserve("live", "int64", words)
    made.reserve("late", "int64", words)
    made.reserve("census", "real", made.network.depth, made.hidden)


def _reserve_scratch(made: TransformerPlan) -> None:
    """What all blocks share, and what stands before the first and behind the last."""
    network, rows, outputs = made.network, made.rows, made.dataset.outputs
    width, hidden = network.width, made.hidden
    padded, head = rounded(made.steps), rounded(width // network.heads)
    made.reserve("turned", "real", 2, head, padded)
    made.reserve("rooms", "real", 6, padded, head)
    made.reserve("squares", "real", 2, padded, padded)
    made.reserve("line", "real", 2, padded)
    made.reserve("qkv_delta", "real", rows, 3 * width)
    made.reserve("direct", "real", rows, width)
    for side in "ab":
        made.reserve(f"delta_{side}", "real", rows, max(width, hidden, outputs))
    made.reserve("room", "real", max(width, hidden, made.dataset.features) * PANEL)
    made.reserve("positions", "real", made.steps, width)
    made.reserve("embedded", "real", rows, width)
    made.reserve("last", "real", made.answered, width)
    made.reserve("last_x_hat", "real", made.answered, width)
    made.reserve("last_inverse", "real", made.answered)
    made.reserve("answers", "real", made.answered, outputs)
    made.reserve("direction", "float64", max(width, hidden, outputs))
    made.reserve("picked", "real", rows, width)


def _reserve_passes(made: TransformerPlan) -> None:
    """Memory for examples outside training: all blocks use the same."""
    width, outputs = made.network.width, made.dataset.outputs
    rows = made.chunk * made.steps
    made.reserve("pass_embedded", "real", rows, width)
    made.reserve("pass_last", "real", rows, width)
    made.reserve("pass_last_x_hat", "real", rows, width)
    made.reserve("pass_last_inverse", "real", rows)
    made.reserve("pass_answers", "real", rows, outputs)
    made.reserve("pass_delta", "real", rows, outputs)
    made.reserve("pass_report", "float64", 2)
    for half, (regions, roles) in enumerate(zip(made.pass_roles, half_roles(made, made.chunk), strict=True)):
        for role, shape in roles.items():
            regions[role] = made.reserve(f"pass_{half}_{role}", "real", *shape)


def _shapes(made: TransformerPlan) -> list[tuple[int, int]]:
    """Rows and columns of every matrix with a tap, and of learned positions."""
    network, data, hidden = made.network, made.dataset, made.hidden
    width = network.width
    norm = [(1, width)] * (network.norm == "layer")
    block = [*norm, *[(width, width)] * 4, *norm, (hidden, width), (width, hidden)]
    final = norm if network.skip_form == "pre" else []
    embedding = (data.tokens, width) if data.vocabulary else (width, data.features)
    positions = [(made.steps, width)] * (network.positions == "learned")
    return [embedding, *block * network.depth, *final, (data.outputs, width), *positions]


def _vector_sizes(made: TransformerPlan) -> list[int]:
    """The sizes of all biases and shifts."""
    network, data, hidden = made.network, made.dataset, made.hidden
    width = network.width
    norm = [width] * (network.norm == "layer")
    block = [3 * width, width, hidden, width, *norm, *norm]
    final = norm if network.skip_form == "pre" else []
    embedding = [] if data.vocabulary else [width]
    return [*embedding, *block * network.depth, *final, data.outputs]


class Weights:
    """Hands out everything trained. Matrices with a tap get their rows in the tables in the order of the taps, the
    others behind them."""

    def __init__(self, made: TransformerPlan, vectors: Vectors) -> None:
        self._made = made
        self._vectors = vectors
        self._tapped: list[Matrix] = []
        self._others: list[Matrix] = []
        self._last = made.regions["gradient_sums"].shape[0] - 1

    @property
    def matrices(self) -> list[Matrix]:
        return self._tapped + self._others

    def matrix(
        self, name: str, shape: Shape, stream: Stream, place: int, *, inner: bool, tapped: bool = True
    ) -> Matrix:
        """A matrix of its own, (rows, columns)."""
        rows, columns = shape
        matrix = reserve_matrix(
            self._made,
            name,
            (rows, columns),
            Picture(1, 1, columns, (columns,)),
            stream=stream,
            place=place,
            inner=inner,
            row=len(self._tapped) if tapped else self._last,
        )
        (self._tapped if tapped else self._others).append(matrix)
        return matrix

    def part(self, name: str, values: Region, gradient: Region, place: int) -> Matrix:
        """A matrix that is part of a larger one: its own are only the optimizer's memory and the gauges'."""
        made, at, row = self._made, self._made.regions, len(self._tapped)
        rows, columns = values.shape

        def region(role: str, *shape: int) -> Region:
            return made.layout.region(f"{name}.{role}", made.dtype, *shape)

        matrix = Matrix(
            name=name,
            picture=Picture(1, 1, columns, (columns,)),
            stream=Stream.WEIGHT,
            place=place,
            inner=True,
            values=values,
            gradient=gradient,
            previous=region("previous", rows, columns),
            initial=region("initial", rows, columns),
            state=region("state", OPTIMIZERS[made.optimizer.name].states, rows * columns),
            gradient_sums=at["gradient_sums"][row],
            last_norm=at["last_norm"][row],
            update_sums=at["update_sums"][row],
            clipped_sums=at["clipped_sums"][row],
        )
        self._tapped.append(matrix)
        return matrix

    def vector(self, name: str, size: int) -> tuple[Region, Region]:
        """A bias or a shift: (values, gradient)."""
        values, gradient = self._vectors.take(size)
        self._made.trained.append((name, values, gradient))
        return values, gradient

    def memory(self, key: str, roles: Roles) -> dict[str, Region]:
        """A half's own regions."""
        return {role: self._made.layout.region(f"{key}.{role}", self._made.dtype, *s) for role, s in roles.items()}
