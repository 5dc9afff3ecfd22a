"""A close-up of one tap: every pre-activation of the last batch, every weight and every gradient entry."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradtui.engine.kernels.feeding import STEP
from gradtui.engine.layout import Arena, Region
from gradtui.engine.plan import Plan
from gradtui.engine.program import Program
from gradtui.scenario.architecture import LayerSpec

Array = NDArray[Any]
#: What the clock of a plan showed in a step of the run.
OwnStep = Callable[[int], int]


@dataclass(frozen=True)
class Activity:
    """What the activation of one layer reads, makes and passes back of a batch; each (rows, units), a row an example
    or a place of an image: z, a = phi(z), slope = phi'(z)."""

    z: Array
    a: Array
    slope: Array


class CloseUp:
    """Reads tap number `index`. A step leaves slopes where pre-activations stood, so these are computed once more."""

    def __init__(self, plan: Plan, arena: Arena, index: int, own_step: OwnStep = int) -> None:
        self.index = index
        self._plan = plan
        self._own_step = own_step
        self._arena = arena
        self._layer = plan.layers[index]
        self._read = Program(plan.dtype)
        for layer in plan.layers[:index]:
            layer.forward(self._read)
        self._z = self._layer.forward_to_activation(self._read)
        self._activated = Program(plan.dtype)
        self._layer.activate.forward(self._activated, self._z, self._layer.x)
        self._linked = self._read.link(arena), self._activated.link(arena)
        self._overwritten = [
            arena.view(region) for program in (self._read, self._activated) for region in written(program)
        ]

    @property
    def weights(self) -> Array:
        """The tap's matrix as it is now, (fan_out, fan_in) or (channels out, in, kernel, kernel)."""
        return self._layer.matrix.picture.shown(self._arena.view(self._layer.matrix.values))

    @property
    def gradient(self) -> Array:
        """Its gradient at the last measured step, before clipping, in the same shape."""
        return self._layer.matrix.picture.shown(self._arena.view(self._layer.matrix.gradient))

    @property
    def parameters(self) -> int:
        """How many numbers the layer trains."""
        trained = sum(values.size for _, values, _ in self._layer.trained())
        return trained + sum(product.matrix.values.size for product in self._layer.products)

    @property
    def spec(self) -> LayerSpec:
        """What the layer was made from."""
        return self._layer.spec

    @property
    def spectrum(self) -> NDArray[np.float64]:
        """The sizes of the eigenvalues of each matrix that hands a state on, (matrices, units), largest first; none
        where there is no such matrix."""
        return np.empty((0, 0))

    def activity(self, step: int) -> Activity:
        """The batch of `step`, which is the one in memory, through the weights as they are now, in the manner of
        training: a batch norm uses the batch's own statistics, dropout drops what it dropped. What the step measured
        is put back afterwards."""
        before = [view.copy() for view in self._overwritten]
        clock = self._arena.view(self._plan.regions["clock"])
        now = int(clock[STEP])
        clock[STEP] = self._own_step(step)
        read, activated = self._linked
        read.run()
        z: Array = self._arena.view(self._z).copy()
        activated.run()
        a = self._arena.view(self._layer.activate.a).copy()
        learned = self._layer.activate.slope
        if learned:
            rising: Array = self._arena.view(learned.value)
            slope = np.where(z <= 0.0, rising, rising.dtype.type(1.0))
        else:
            slope = self._arena.view(self._z).copy()
        clock[STEP] = now
        for view, values in zip(self._overwritten, before, strict=True):
            view[:] = values
        return Activity(z, a, slope)

    def slopes(self, xs: NDArray[np.float64]) -> NDArray[np.float64]:
        """phi'(x) at each of at most 512 places; of slopes that are learned, unit by unit, their mean."""
        activate = self._layer.activate
        if activate.slope:
            return np.where(xs <= 0.0, self._arena.view(activate.slope.value).astype(np.float64).mean(), 1.0)
        spare = self._plan.spare(1)
        z, a = spare.take(1, len(xs)), spare.take(1, len(xs))
        program = Program(self._plan.dtype)
        program.add(activate.activation.forward, z=z, bend=activate.bend, a=a)
        self._arena.view(z)[:] = xs
        program.link(self._arena).run()
        slopes: NDArray[np.float64] = self._arena.view(z)[0].astype(np.float64)
        return slopes


def written(program: Program) -> list[Region]:
    """Each region that the program writes to, once."""
    found: dict[tuple[int, int], Region] = {}
    for instruction in program.instructions:
        for parameter in instruction.kernel.parameters:
            value = instruction.arguments.get(parameter.name)
            if parameter.access in ("out", "inout") and isinstance(value, Region):
                found[value.offset, value.end] = value
    return list(found.values())
