"""From gradients to moved parameters: clipping, and the optimizer's instructions."""

from __future__ import annotations

from dataclasses import dataclass

from gradtui.engine.ground import Ground
from gradtui.engine.kernels import clipping as kernels
from gradtui.engine.kernels import gauges
from gradtui.engine.kernels.optimizers import OPTIMIZERS
from gradtui.engine.layout import Region
from gradtui.engine.matrices import Matrix
from gradtui.engine.products import flat
from gradtui.engine.program import Program
from gradtui.scenario.model import Optimizer


@dataclass(frozen=True)
class Clipping:
    """What a program has to do for clipping: units and entries one by one, and then all gradients by one factor."""

    locally: bool
    globally: bool

    @classmethod
    def of(cls, optimizer: Optimizer) -> Clipping:
        """The clipping that a scenario asks for."""
        return cls(optimizer.clip_value > 0.0 or optimizer.clip_agc > 0.0, optimizer.clip_norm > 0.0)


def prepare(program: Program, ground: Ground, clipping: Clipping) -> None:
    """Append the working out of the step's scalars."""
    at = ground.regions
    program.add(
        OPTIMIZERS[ground.optimizer.name].prepare,
        clock=at["clock"],
        knobs=at["knobs"],
        gradient_sums=at["clipped_sums" if clipping.locally else "gradient_sums"],
        bias_sums=at["vector_norm"],
        scalars=at["scalars"],
    )


def measure_all(program: Program, ground: Ground, clipping: Clipping) -> None:
    """Append what clipping by the global norm has to know: the length of every gradient after local clipping."""
    at = ground.regions
    if clipping.locally:
        for matrix in ground.matrices:
            _clip_matrix(program, ground, matrix)
        _clip_vectors(program, ground)
    vectors = at["vector_clipped" if clipping.locally else "vector_gradients"]
    program.add(gauges.square_sum, g=vectors, sums=at["vector_norm"])


def move_all(program: Program, ground: Ground, clipping: Clipping) -> None:
    """Append the update of everything trained, once all gradients are there."""
    if clipping.globally:
        measure_all(program, ground, clipping)
    prepare(program, ground, clipping)
    for matrix in reversed(ground.matrices):
        move_matrix(program, ground, matrix, clipping)
    move_vectors(program, ground, clipping)


def move_matrix(program: Program, ground: Ground, matrix: Matrix, clipping: Clipping) -> None:
    """Append the update of one matrix."""
    at, shape = ground.regions, matrix.values.shape
    gradient = matrix.gradient
    if clipping.locally:
        # With clipping by the global norm it is done twice: room for one clipped matrix is enough that way.
        gradient = _clip_matrix(program, ground, matrix)
    optimizer = OPTIMIZERS[ground.optimizer.name]
    if optimizer.matrix is not None and matrix.inner:
        side = min(shape)
        program.add(
            optimizer.matrix,
            p=matrix.values,
            g=gradient,
            velocity=matrix.state[0].reshaped(*shape),
            scalars=at["scalars"],
            x=at["orthogonal"].part(0, shape),
            product=at["orthogonal_product"].part(0, shape),
            gram=at["gram"].part(0, (side, side)),
            polynomial=at["polynomial"].part(0, (side, side)),
            sums=matrix.update_sums,
        )
        return
    program.add(
        optimizer.update,
        p=flat(matrix.values),
        g=flat(gradient),
        state=matrix.state,
        scalars=at["scalars"],
        sums=matrix.update_sums,
    )


def move_vectors(program: Program, ground: Ground, clipping: Clipping) -> None:
    """Append the update of everything trained that is no matrix."""
    at = ground.regions
    if clipping.locally:
        _clip_vectors(program, ground)
    program.add(
        OPTIMIZERS[ground.optimizer.name].update,
        p=at["vectors"],
        g=at["vector_clipped" if clipping.locally else "vector_gradients"],
        state=at["vector_state"],
        scalars=at["scalars"],
        sums=at["vector_update"],
    )


def _clip_matrix(program: Program, ground: Ground, matrix: Matrix) -> Region:
    """Append local clipping of one gradient; returns where the clipped one lies until the next is clipped."""
    clipped = ground.regions["clipped"].part(0, matrix.values.shape)
    program.add(
        kernels.clip_locally,
        g=matrix.gradient,
        p=matrix.values,
        knobs=ground.regions["knobs"],
        clipped=clipped,
        sums=matrix.clipped_sums,
    )
    return clipped


def _clip_vectors(program: Program, ground: Ground) -> None:
    """Append local clipping of the vectors; each counts as one unit, as in the authors' own code."""
    at = ground.regions
    vectors = at["vectors"]
    for row, (_, values, gradient) in enumerate(ground.trained):
        start = (values.offset - vectors.offset) // values.dtype.itemsize
        program.add(
            kernels.clip_locally,
            g=gradient.reshaped(1, gradient.size),
            p=values.reshaped(1, values.size),
            knobs=at["knobs"],
            clipped=at["vector_clipped"].part(start, (1, values.size)),
            sums=at["vector_clipped_sums"][row],
        )
