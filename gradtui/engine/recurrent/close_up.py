"""A close-up of one tap of a recurrent network, entry by entry."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from gradtui.engine import batches
from gradtui.engine.close_up import Activity, CloseUp, written
from gradtui.engine.kernels.activation import ACTIVATIONS
from gradtui.engine.kernels.feeding import STEP
from gradtui.engine.layout import Arena, Layout, Region
from gradtui.engine.program import Program
from gradtui.engine.recurrent import programs
from gradtui.engine.recurrent.plan import RecurrentPlan
from gradtui.scenario.architecture import LayerSpec, Size

Array = NDArray[Any]


class RecurrentCloseUp(CloseUp):
    """Reads tap number `index`. Of a layer it shows the recurrent matrix, the states of the whole batch at all steps,
    and the pre-activations that the layer's function bends: an LSTM's and a GRU's candidates."""

    def __init__(self, plan: RecurrentPlan, arena: Arena, index: int) -> None:
        self.index = index
        self._made = plan
        self._memory = arena
        program = batches.feed_sequences(plan, over_time=True)
        programs.forward(program, plan)
        self._forward = program.link(arena)
        self._before = [arena.view(region) for region in written(program)]

    @property
    def _is_layer(self) -> bool:
        return self.index < len(self._made.layers)

    @property
    def weights(self) -> Array:
        """The matrix from state to state, (gates * units, units), or the output layer's."""
        made = self._made
        matrix = made.layers[self.index].recurrent if self._is_layer else made.readout.matrix
        return self._memory.view(matrix.values)

    @property
    def gradient(self) -> Array:
        made = self._made
        matrix = made.layers[self.index].recurrent if self._is_layer else made.readout.matrix
        return self._memory.view(matrix.gradient)

    @property
    def parameters(self) -> int:
        made = self._made
        if not self._is_layer:
            return made.readout.both.values.size + made.readout.bias.size
        return made.layers[self.index].both.values.size + 2 * made.gates

    @property
    def spectrum(self) -> NDArray[np.float64]:
        if not self._is_layer:
            return np.empty((0, 0))
        weights = self.weights.astype(np.float64).reshape(self._made.cell.gates, -1, self._made.units)
        sizes = np.full(weights.shape[:2], np.nan)
        for gate, matrix in enumerate(weights):
            if np.isfinite(matrix).all():
                sizes[gate] = np.sort(np.abs(np.linalg.eigvals(matrix)))[::-1]
        return sizes

    @property
    def spec(self) -> LayerSpec:
        made = self._made
        units = made.units if self._is_layer else made.dataset.outputs
        own = msgspec.structs.replace(made.scenario.network, activation=made.cell.activation, norm="none", dropout=0.0)
        size, source = Size(1, 1, units), Size(1, 1, self.weights.shape[1])
        if self._is_layer:
            return LayerSpec(
                self.index, self.index + 1, "hidden", str(self.index + 1), own, None, source, source, size, size
            )
        return LayerSpec(self.index, 0, "output", "out", own, None, source, source, size, size)

    def activity(self, step: int) -> Activity:
        """The batch of `step`, which is the one in memory, through the weights as they are now; a row an example at a
        step. What the step measured is put back afterwards."""
        before = [view.copy() for view in self._before]
        clock = self._memory.view(self._made.regions["clock"])
        now = int(clock[STEP])
        clock[STEP] = step
        self._forward.run()
        found = self._states() if self._is_layer else self._answers()
        clock[STEP] = now
        for view, values in zip(self._before, before, strict=True):
            view[:] = values
        return found

    def _answers(self) -> Activity:
        z: Array = self._memory.view(self._made.readout.z).copy()
        return Activity(z, z, np.ones_like(z))

    def _states(self) -> Activity:
        """From the states: what the candidate's function gets and makes of it."""
        made = self._made
        layer = made.layers[self.index]

        def view(region: Region) -> Array:
            return self._memory.view(region)

        units, first = made.units, made.cell.candidate * made.units
        rows = slice(first, first + units)
        said = view(layer.x) @ view(layer.matrix.values)[rows].T + view(layer.weights.input_bias)[rows]
        recalled = view(layer.through.before) @ view(layer.recurrent.values)[rows].T
        recalled += view(layer.weights.hidden_bias)[rows]
        if "reset" in layer.through.own:
            recalled *= view(layer.through.own["reset"]).reshape(recalled.shape)
        z: Array = said + recalled
        return Activity(z, view(layer.through.after).copy(), self._slopes(z))

    def slopes(self, xs: NDArray[np.float64]) -> NDArray[np.float64]:
        return self._slopes(xs).astype(np.float64)

    def _slopes(self, values: Array) -> Array:
        """phi' of each, by the layer's own kernel, in memory of its own."""
        if not self._is_layer:
            return np.ones_like(values)
        dtype = self._made.dtype
        layout = Layout()
        z, a = (layout.region(name, dtype, 1, values.size) for name in ("z", "a"))
        bend = layout.region("bend", "float64", 1)
        program = Program(dtype)
        program.add(ACTIVATIONS[self._made.cell.activation].forward, z=z, bend=bend, a=a)
        arena = Arena(layout)
        arena.view(z)[0] = values.reshape(-1)
        program.link(arena).run()
        slopes: Array = arena.view(z).reshape(values.shape).copy()
        return slopes
