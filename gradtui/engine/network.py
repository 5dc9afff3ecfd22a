"""Feed-forward networks, built: layers one behind the other, whatever skips they have."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradtui.engine import assembly, knobs
from gradtui.engine.built import Built
from gradtui.engine.chain import Chain
from gradtui.engine.close_up import CloseUp
from gradtui.engine.compile import OnCompile
from gradtui.engine.construction import plan
from gradtui.engine.parameters import Parameter
from gradtui.engine.plan import refuse_smoothing
from gradtui.engine.program import Program
from gradtui.engine.updating import Clipping
from gradtui.scenario import architecture
from gradtui.scenario.model import Scenario
from gradtui.tasks.dataset import Dataset

Array = NDArray[Any]


class Network(Built):
    """A multilayer perceptron or a convolutional network. Not safe to share between threads."""

    def __init__(self, scenario: Scenario, dataset: Dataset, on_compile: OnCompile | None = None) -> None:
        self._plan = plan(scenario, dataset)
        self.taps = tuple(layer.spec.tap for layer in self._plan.layers)
        super().__init__(scenario, self._plan, on_compile=on_compile)

    def _training_step(self, form: Any) -> Program:
        return assembly.training_step(self._plan, form)

    def _look_program(self) -> Program:
        return assembly.look(self._plan)

    def _later_routines(self) -> list[str]:
        return assembly.later_routines(self._plan)

    def _list_parameters(self) -> list[Parameter]:
        return self._chain.parameters()

    @cached_property
    def _chain(self) -> Chain:
        return Chain(self._plan, self._arena)

    def _draw_weights(self) -> None:
        self._chain.draw(self._first_inputs)

    def _first_inputs(self, most: int) -> Array:
        """The inputs of the first training steps as the first layer reads them, as many as make up `most` rows, at
        least of one step."""
        steps = min(max(most // self._plan.batch, 1), len(self.dataset.train_inputs) // self._plan.batch)
        return np.concatenate([self._fed(step)[0] for step in range(steps)])[:most]

    def set_knobs(self, scenario: Scenario) -> None:
        refuse_smoothing(scenario, self.dataset)
        self._form = Clipping.of(scenario.optimizer)
        self._view("knobs")[:] = knobs.values(scenario)
        self._view("smoothing")[:] = scenario.task.label_smoothing
        specs = self._plan.specs
        if scenario.network != self._plan.scenario.network:
            specs = architecture.layers(scenario.network, specs[0].image, self.dataset.outputs)
        self._chain.set_layers(specs)

    # Reading

    def gauges(self, count_dead: bool = True) -> dict[str, NDArray[np.float64]]:
        self.look()
        return self._chain.gauges(self._stepped, count_dead, self.step_count)

    def batch(self, step: int) -> tuple[Array, Array]:
        """(inputs, targets) of training step `step`: copies. Images are (batch, channels, height, width)."""
        inputs, targets = self._fed(step)
        if self.scenario.network.kind == "cnn":
            inputs = inputs.reshape(len(inputs), *self._plan.specs[0].image).transpose(0, 3, 1, 2).copy()
        return inputs, targets

    def activations(self) -> list[Array]:
        self.look()
        return self._chain.activations()

    def _new_weights(self) -> None:
        self._chain.new_weights()

    # Whole data sets

    def evaluate(self) -> dict[str, float]:
        return self._chain.passes.evaluate()

    def outputs(self, inputs: Array) -> Array:
        """What the network answers to inputs (n, numbers) outside training: (n, outputs), before any softmax."""
        return self._chain.passes.outputs(inputs)

    @property
    def weight_count(self) -> int:
        return self._chain.weight_count

    def close_up(self, index: int) -> CloseUp:
        self.look()
        return self._chain.close_up(index)
