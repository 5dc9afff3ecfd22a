"""A close-up of one tap of a transformer, entry by entry."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from gradtui.engine.attention import programs
from gradtui.engine.attention.plan import TransformerPlan
from gradtui.engine.close_up import Activity, CloseUp, written
from gradtui.engine.kernels.activation import ACTIVATIONS
from gradtui.engine.kernels.feeding import STEP
from gradtui.engine.layout import Arena
from gradtui.engine.program import Program
from gradtui.scenario.architecture import LayerSpec, Size

Array = NDArray[Any]


class TapCloseUp(CloseUp):
    """Reads tap number `index` of a transformer. Only the first feed-forward layer has an activation: what the others
    make is their activation as well, and its slope is 1."""

    def __init__(self, plan: TransformerPlan, arena: Arena, index: int) -> None:
        self.index = index
        self._transformer = plan
        self._memory = arena
        self._tap = plan.taps[index]
        self._whole = Program(plan.dtype)
        streams = programs.forward(self._whole, plan)
        self._forward = self._whole.link(arena)
        self._before = [arena.view(region) for region in written(self._whole)]
        self._to_z = None
        if self._tap.slope:
            number = int(self._tap.name.partition(".")[0]) - 1
            half = plan.blocks[number].feedforward
            again = Program(plan.dtype)
            # The stream in front of this half is still there: the half makes its sum of it in another place.
            self._z = half.preactivation(again, half.kept, streams[2 * number + 1])
            self._to_z = again.link(arena)

    @property
    def weights(self) -> Array:
        return self._memory.view(self._tap.matrix.values)

    @property
    def gradient(self) -> Array:
        return self._memory.view(self._tap.matrix.gradient)

    @property
    def parameters(self) -> int:
        """How many numbers the layer trains: its matrix, and one bias or shift for each unit."""
        has_bias = self._tap.name != "embed" or self._transformer.embed is not None
        return self._tap.matrix.values.size + self._tap.units * has_bias

    @property
    def spec(self) -> LayerSpec:
        network = msgspec.structs.replace(self._transformer.network, norm="none", dropout=0.0)
        size = Size(1, 1, self._tap.units)
        source = Size(1, 1, self._tap.matrix.values.shape[1])
        key = "hidden" if self._tap.slope else "output"
        return LayerSpec(self.index, 0, key, self._tap.name, network, None, source, source, size, size)

    def activity(self, step: int) -> Activity:
        plan, arena, tap = self._transformer, self._memory, self._tap
        before = [view.copy() for view in self._before]
        clock = arena.view(plan.regions["clock"])
        now = int(clock[STEP])
        clock[STEP] = step
        self._forward.run()
        a: Array = arena.view(tap.output)[:, tap.start : tap.start + tap.units].copy()
        z, slope = a, np.ones_like(a)
        if self._to_z:
            slope = arena.view(self._z).copy()
            self._to_z.run()
            z = arena.view(self._z).copy()
        clock[STEP] = now
        for view, values in zip(self._before, before, strict=True):
            view[:] = values
        return Activity(z, a, slope)

    def slopes(self, xs: NDArray[np.float64]) -> NDArray[np.float64]:
        if not self._tap.slope:
            return np.ones_like(xs)
        plan, arena = self._transformer, self._memory
        # Memory of a pass outside training: nothing that was measured lies there.
        rooms = plan.pass_roles[1]
        z, a = (rooms[role].part(0, (1, len(xs))) for role in ("z", "hidden"))
        program = Program(plan.dtype)
        program.add(ACTIVATIONS[plan.network.activation].forward, z=z, bend=plan.regions["bend"], a=a)
        arena.view(z)[:] = xs
        program.link(arena).run()
        slopes: NDArray[np.float64] = arena.view(z)[0].astype(np.float64)
        return slopes
