"""Recurrent networks, built: stacked layers that read one time step after another, and an output layer."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradtui.engine import knobs, readout
from gradtui.engine.built import Built
from gradtui.engine.compile import OnCompile
from gradtui.engine.initial import initial_bias, initial_weight
from gradtui.engine.kernels.activation import ACTIVATIONS
from gradtui.engine.parameters import Parameter
from gradtui.engine.plan import refuse_smoothing
from gradtui.engine.program import LinkedProgram, Program
from gradtui.engine.recurrent import initial, programs
from gradtui.engine.recurrent.close_up import RecurrentCloseUp
from gradtui.engine.recurrent.passes import Passes
from gradtui.engine.recurrent.plan import plan
from gradtui.engine.updating import Clipping
from gradtui.scenario.model import Scenario
from gradtui.tasks.dataset import Dataset

Array = NDArray[Any]


class RecurrentNetwork(Built):
    """A plain recurrent network, an LSTM or a GRU. Not safe to share between threads.

    A tap is a layer; its gradient is that of both matrices together. `activation_mean` and its like are over all steps,
    `similarity` tells of the last state.
    """

    def __init__(self, scenario: Scenario, dataset: Dataset, on_compile: OnCompile | None = None) -> None:
        self._plan = plan(scenario, dataset)
        self._close_up: RecurrentCloseUp | None = None
        self._census_step = -1
        self._dead = np.zeros(len(self._plan.layers) + 1)
        self.taps = (*(layer.tap for layer in self._plan.layers), "out")
        super().__init__(scenario, self._plan, on_compile=on_compile)
        self._passes = Passes(self._plan, self._arena)
        self._view("ones")[:] = 1.0
        heard = self._view("heard")[-1]
        heard[:] = self._plan.dataset.per_step
        heard[-1] = 1
        if self._plan.cell.gates == 1:
            self._view("saturates_below")[:] = ACTIVATIONS[self._plan.cell.activation].saturates_below

    # What a family says

    def set_knobs(self, scenario: Scenario) -> None:
        refuse_smoothing(scenario, self.dataset)
        self._form = Clipping.of(scenario.optimizer)
        self._view("knobs")[:] = knobs.values(scenario)
        self._view("smoothing")[:] = scenario.task.label_smoothing
        self._view("truncation")[:] = scenario.network.truncation

    def _training_step(self, form: Any) -> Program:
        return programs.training_step(self._plan, form)

    def _look_program(self) -> Program:
        return programs.look(self._plan)

    def _later_routines(self) -> list[str]:
        return programs.later_routines(self._plan)

    def _list_parameters(self) -> list[Parameter]:
        trained = {name: Parameter(name, values, gradient, None) for name, values, gradient in self._plan.trained}
        matrices = {
            matrix.name: Parameter(matrix.name, matrix.values, matrix.gradient, matrix.picture)
            for matrix in self._plan.matrices
        }
        found = []
        for index in range(len(self._plan.layers)):
            found += [matrices[f"recurrent.weight_{which}_l{index}"] for which in ("ih", "hh")]
            found += [trained[f"recurrent.bias_{which}_l{index}"] for which in ("ih", "hh")]
        return [*found, matrices["output.weight"], trained["output.bias"]]

    @np.errstate(over="ignore")  # weights beyond the number format begin at inf, and are shown as that
    def _draw_weights(self) -> None:
        network, seed, cell = self.scenario.network, self.scenario.seed, self._plan.cell
        for layer in self._plan.layers:
            place, fan_in = layer.matrix.place, layer.matrix.values.shape[1]
            weights = layer.weights
            self._view(layer.matrix.values)[:] = initial.input_weight(network, seed, place, cell.gates, fan_in)
            self._view(weights.recurrent)[:] = initial.recurrent_weight(network, seed, place, cell.gates)
            self._view(weights.input_bias)[:] = initial.input_bias(network, seed, place, cell.gates, cell.remembers)
            self._view(weights.hidden_bias)[:] = initial.recurrent_bias(network, seed, place, cell.gates)
        out = self._plan.readout
        outputs, units = out.matrix.values.shape
        self._view(out.matrix.values)[:] = initial_weight(network, seed, 0, (outputs, units))
        self._view(out.bias)[:] = initial_bias(network, seed, 0, outputs, units)

    def _new_weights(self) -> None:
        self._census_step = -1

    @property
    def weight_count(self) -> int:
        steps, answers = self._plan.steps, self._plan.rows // self._plan.batch
        layers = sum(layer.both.values.size for layer in self._plan.layers)
        return steps * layers + answers * self._plan.readout.matrix.values.size

    # Reading

    @cached_property
    def _inspect(self) -> LinkedProgram:
        return self._link(programs.inspection_of(self._plan))

    def gauges(self, count_dead: bool = True) -> dict[str, NDArray[np.float64]]:
        self.look()
        self._inspect.run()
        if count_dead and self._census_step != self.step_count:
            self._census_step = self.step_count
            self._dead = self._passes.dead()
        found = readout.gauges(
            self._tables(),
            self._sizes,
            signal=self._signals(),
            distance=self._distance(),
            slope_gradient=np.full(len(self.taps), np.nan),
            dead=self._dead.copy(),
            updated=self._stepped,
            skipped=np.ones(len(self.taps)),
            closed=np.zeros(len(self.taps), dtype=np.bool_),
        )
        if self._plan.cell.gates > 1:
            found["saturated"][:-1] = np.nan  # gates have means of their own, over time
        return found

    @cached_property
    def _sizes(self) -> readout.Sizes:
        made, layers = self._plan, self._plan.layers
        out = made.readout
        return readout.Sizes(
            made.batch,
            np.array([*(layer.both.values.size for layer in layers), out.both.values.size], dtype=np.float64),
            np.array([*(layer.units for layer in layers), made.dataset.outputs], dtype=np.float64),
            np.array([*(layer.through.after.size for layer in layers), out.z.size], dtype=np.float64),
            np.zeros(len(self.taps), dtype=np.bool_),
        )

    def _tables(self) -> dict[str, NDArray[np.float64]]:
        """The sums of both matrices of each layer, added up, in the form that `readout.gauges` reads."""
        taps, depth = len(self.taps), len(self._plan.layers)

        def added(name: str) -> NDArray[np.float64]:
            sums = self._view(name)
            total: NDArray[np.float64] = sums[:taps].copy()
            total[:depth] += sums[taps:]
            return total

        zeros = self._view("zeros")[:, 0]
        unexplained = np.append(zeros[:-1].reshape(depth, 2).sum(axis=1), zeros[-1])
        silent = np.append(self._view("silent")[:, 0], 0.0)
        signal = self._signals()
        # Means over entries: behind the gates there are more of them than in the state.
        behind = np.vstack([self._view("inner_sums") / self._plan.cell.gates, signal[-1:]])
        return {
            "activation_sums": self._view("activation_sums"),
            "delta_sums": np.hstack([signal, behind]),
            "norm_sums": np.zeros((taps, 6)),
            "gradient_sums": self._view("gradient_sums")[:taps],
            "similarity": self._view("similarity"),
            "update_sums": added("update_sums"),
            "clipped_sums": added("clipped_sums"),
            "scalars": self._view("scalars"),
            "counts": np.stack([unexplained, silent], axis=1),
        }

    def _signals(self) -> NDArray[np.float64]:
        """Squares of dL/dh over all steps, and of dL/d(output): (taps, 3)."""
        return np.vstack([self._view("time_sums").sum(axis=1), self._view("out_sums")])

    def _distance(self) -> NDArray[np.float64]:
        """Norm of the way from the initial weights to today's, over the norm of the former; tap by tap."""
        sums = self._view("distance_sums")
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            distances: NDArray[np.float64] = readout.root(sums[:, :3]) / readout.root(sums[:, 3:])
        return distances

    def time_gauges(self) -> Mapping[str, NDArray[np.float64]]:
        self.look()
        made = self._plan
        entries = made.batch * made.units
        with np.errstate(over="ignore"):
            found = {"delta_rms": self._over_time("time_sums") * made.batch / np.sqrt(entries)}
            if made.cell.has_cell:
                found["cell_delta_rms"] = self._over_time("cell_sums") * made.batch / np.sqrt(entries)
        means = self._view("gate_sums") / entries
        return found | {name: means[:, row].copy() for row, name in enumerate(made.cell.names)}

    def _over_time(self, name: str) -> NDArray[np.float64]:
        """The length of a signal at each step, (layers, steps)."""
        sums = self._view(name)
        return readout.root(sums.reshape(-1, 3)).reshape(sums.shape[:2])

    def activations(self) -> list[Array]:
        """Each layer's states at all steps of the last measured batch, (steps * batch, units), and outputs: copies."""
        self.look()
        regions = [*(layer.through.after for layer in self._plan.layers), self._plan.readout.z]
        return [self._view(region).copy() for region in regions]

    def evaluate(self) -> dict[str, float]:
        return self._passes.evaluate()

    def outputs(self, inputs: Array) -> Array:
        return self._passes.outputs(inputs)

    def close_up(self, index: int) -> RecurrentCloseUp:
        self.look()
        if self._close_up is None or self._close_up.index != index:
            self._close_up = RecurrentCloseUp(self._plan, self._arena, index)
        return self._close_up
