"""From gradients to moved parameters: clipping, and the optimizer's instructions."""

from __future__ import annotations

from dataclasses import dataclass

from gradtui.engine.kernels import clipping as kernels
from gradtui.engine.kernels import gauges
from gradtui.engine.kernels.optimizers import OPTIMIZERS
from gradtui.engine.layers import flat
from gradtui.engine.layout import Region
from gradtui.engine.plan import Plan
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


def prepare(program: Program, plan: Plan, clipping: Clipping) -> None:
    """Append the working out of the step's scalars."""
    at = plan.regions
    program.add(
        OPTIMIZERS[plan.scenario.optimizer.name].prepare,
        clock=at["clock"],
        knobs=at["knobs"],
        gradient_sums=at["clipped_sums" if clipping.locally else "gradient_sums"],
        bias_sums=at["vector_norm"],
        scalars=at["scalars"],
    )


def measure_all(program: Program, plan: Plan, clipping: Clipping) -> None:
    """Append what clipping by the global norm has to know: the length of every gradient after local clipping."""
    at = plan.regions
    if clipping.locally:
        for index in range(len(plan.layers)):
            _clip_weight(program, plan, index)
        _clip_vectors(program, plan)
    vectors = at["vector_clipped" if clipping.locally else "vector_gradients"]
    program.add(gauges.square_sum, g=vectors, sums=at["vector_norm"])


def move_weight(program: Program, plan: Plan, index: int, clipping: Clipping) -> None:
    """Append the update of one layer's weight matrix."""
    layer, at = plan.layers[index], plan.regions
    gradient = layer.weight_gradient
    if clipping.locally:
        # With clipping by the global norm it is done twice: room for one clipped matrix is enough that way.
        gradient = _clip_weight(program, plan, index)
    optimizer = OPTIMIZERS[plan.scenario.optimizer.name]
    if optimizer.matrix is not None and 0 < index < len(plan.layers) - 1:
        side = min(layer.weight.shape)
        program.add(
            optimizer.matrix,
            p=layer.weight,
            g=gradient,
            velocity=layer.state[0].reshaped(*layer.weight.shape),
            scalars=at["scalars"],
            x=at["orthogonal"].part(0, layer.weight.shape),
            product=at["orthogonal_product"].part(0, layer.weight.shape),
            gram=at["gram"].part(0, (side, side)),
            polynomial=at["polynomial"].part(0, (side, side)),
            sums=layer.measured.update,
        )
        return
    program.add(
        optimizer.update,
        p=flat(layer.weight),
        g=flat(gradient),
        state=layer.state,
        scalars=at["scalars"],
        sums=layer.measured.update,
    )


def move_vectors(program: Program, plan: Plan, clipping: Clipping) -> None:
    """Append the update of everything trained that is no matrix."""
    at = plan.regions
    if clipping.locally:
        _clip_vectors(program, plan)
    program.add(
        OPTIMIZERS[plan.scenario.optimizer.name].update,
        p=at["vectors"],
        g=at["vector_clipped" if clipping.locally else "vector_gradients"],
        state=at["vector_state"],
        scalars=at["scalars"],
        sums=at["vector_update"],
    )


def _clip_weight(program: Program, plan: Plan, index: int) -> Region:
    """Append local clipping of one weight gradient; returns where the clipped one lies until the next is clipped."""
    layer, at = plan.layers[index], plan.regions
    clipped = at["clipped"].part(0, layer.weight.shape)
    program.add(
        kernels.clip_locally,
        g=layer.weight_gradient,
        p=layer.weight,
        knobs=at["knobs"],
        clipped=clipped,
        sums=at["clipped_sums"][index],
    )
    return clipped


def _clip_vectors(program: Program, plan: Plan) -> None:
    """Append local clipping of the vectors; each counts as one unit, as in the authors' own code."""
    at = plan.regions
    vectors = at["vectors"]
    for index, layer in enumerate(plan.layers):
        for _, values, gradient in layer.trained():
            if values is layer.weight:
                continue
            start = (values.offset - vectors.offset) // values.dtype.itemsize
            program.add(
                kernels.clip_locally,
                g=gradient.reshaped(1, gradient.size),
                p=values.reshaped(1, values.size),
                knobs=at["knobs"],
                clipped=at["vector_clipped"].part(start, (1, values.size)),
                sums=at["vector_clipped_sums"][index],
            )
