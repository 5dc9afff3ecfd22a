"""What all built networks have in common: memory, linked programs, and reading and writing what is in them."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Hashable, Iterator, Mapping
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradtui.engine import batches, compile
from gradtui.engine.close_up import CloseUp
from gradtui.engine.compile import OnCompile
from gradtui.engine.ground import HISTORY, Ground
from gradtui.engine.kernels.feeding import BEGAN, EPOCH, STEP
from gradtui.engine.layout import Arena, Region
from gradtui.engine.parameters import Parameter, check_names_and_shapes
from gradtui.engine.program import LinkedProgram, Program
from gradtui.engine.readable import IN_TIME
from gradtui.scenario.model import Scenario

Array = NDArray[Any]


class Built(ABC):
    """The network of a scenario on a data set, with its initial weights. Not safe to share between threads.

    A family of networks says what its programs are, how its weights begin and what its gauges read. `grounds` has one
    part for each set of parameters with an optimizer of its own; the first holds the clock and the examples.
    """

    #: The places where gradients are measured, from the input to the output.
    taps: tuple[str, ...]

    def __init__(self, scenario: Scenario, *grounds: Ground, on_compile: OnCompile | None = None) -> None:
        self.scenario = scenario
        self.dataset = grounds[0].dataset
        self._ground = grounds[0]
        self._grounds = grounds
        self._arena = Arena(grounds[0].layout)
        self._form: Hashable = None
        self.set_knobs(scenario)
        step = self._training_step(self._form)
        # Programs are linked when they are first needed. What they will call is compiled now: a knob must not wait.
        compile.addresses([*step.routines(), *self._later_routines()], self._ground.dtype, on_compile)
        self._training: dict[Hashable, LinkedProgram] = {self._form: self._link(step)}
        self._looked = False
        self._stepped = False
        self._parameters = self._list_parameters()
        self._view("train_inputs")[:] = self.dataset.train_inputs
        self._view("train_targets")[:] = self.dataset.train_targets
        self._draw_weights()
        self._remember_initial()

    # What a family says

    @abstractmethod
    def set_knobs(self, scenario: Scenario) -> None:
        """Write the hyperparameters that the next step reads, and set `_form`, on which its program depends. Raises
        ScenarioError where one has nothing to act on."""

    @abstractmethod
    def _training_step(self, form: Any) -> Program:
        """The program of one training step."""

    @abstractmethod
    def _look_program(self) -> Program:
        """All that a step measures, without the step."""

    @abstractmethod
    def _later_routines(self) -> list[str]:
        """What other programs call than the training step."""

    @abstractmethod
    def _list_parameters(self) -> list[Parameter]:
        """Everything that training moves or keeps, in the order in which people read it."""

    @abstractmethod
    def _draw_weights(self) -> None:
        """Fill all parameters with their first values."""

    @abstractmethod
    def gauges(self, count_dead: bool = True) -> dict[str, NDArray[np.float64]]:
        """Every gauge at the last measured step. `count_dead` sends the whole training set through if that is due."""

    @abstractmethod
    def activations(self) -> list[Array]:
        """Each tap's output on the last measured batch, (rows, units): copies."""

    @abstractmethod
    def evaluate(self) -> dict[str, float]:
        """Loss and accuracy on the held-out examples; no accuracy in a regression."""

    @abstractmethod
    def outputs(self, inputs: Array) -> Array:
        """What the network answers to inputs outside training, before any softmax."""

    @abstractmethod
    def close_up(self, index: int) -> CloseUp:
        """Tap number `index`, entry by entry, once there is something measured."""

    @property
    @abstractmethod
    def weight_count(self) -> int:
        """Multiplications that one example takes on its way through the network."""

    def time_gauges(self) -> Mapping[str, NDArray[np.float64]]:
        """Gauges over time, each (layers, steps); none in a network without time."""
        return {}

    @property
    def heard(self) -> float:
        """Root mean square over samples of dL/d(answer) where one network is judged by another; NaN elsewhere."""
        return math.nan

    @abstractmethod
    def _new_weights(self) -> None:
        """Parameters were replaced from outside."""

    # Running

    def _link(self, program: Program) -> LinkedProgram:
        return program.link(self._arena)

    @cached_property
    def _look(self) -> LinkedProgram:
        return self._link(self._look_program())

    @cached_property
    def _choose(self) -> LinkedProgram:
        return self._link(batches.choice(self._ground))

    def _view(self, region: Region | str) -> Array:
        return self._arena.view(self._ground.regions[region] if isinstance(region, str) else region)

    @property
    def step_count(self) -> int:
        """Updates made so far."""
        return int(self._view("clock")[STEP])

    def step(self, count: int) -> None:
        """Make `count` updates."""
        if count > 0:
            if not self._stepped:
                self._forget_gradients()
            if self._form not in self._training:
                self._training[self._form] = self._link(self._training_step(self._form))
            self._training[self._form].run(count)
            self._looked = self._stepped = True

    def look(self) -> None:
        """Measure the network as it was drawn, unless a step has measured it already."""
        if not self._looked:
            self._forget_gradients()
            kept = [self._view(entry.values) for entry in self._parameters if entry.gradient is None]
            before = [view.copy() for view in kept]
            self._look.run()
            for view, values in zip(kept, before, strict=True):
                view[:] = values  # a look is no training: a batch norm has not seen this batch
            self._looked = True

    def _forget_gradients(self) -> None:
        """A look must not count as the step before the first."""
        for ground in self._grounds:
            self._view(ground.regions["last_norm"])[:] = 0.0

    @property
    def measured_step(self) -> int:
        """The step whose batch the gauges tell of: the last one, or after a look the one that comes next."""
        self.look()
        return self.step_count - 1 if self._stepped else self.step_count

    # Reading

    @property
    def loss(self) -> float:
        """The last measured batch's mean loss."""
        self.look()
        return float(self._view("report")[0])

    @property
    def accuracy(self) -> float:
        """The last measured batch's share of right answers; NaN in a regression."""
        self.look()
        return float(self._view("report")[1])

    def history(self, start: int) -> tuple[int, NDArray[np.float64]]:
        """Loss and accuracy of the steps from `start` on, shape (steps, 2); the first step that is still known."""
        stop = self.step_count
        start = max(start, stop - HISTORY)
        rows = self._view("history")[np.arange(start, stop) % HISTORY]
        return start, rows

    def batch(self, step: int) -> tuple[Array, Array]:
        """(inputs, targets) of training step `step`: copies. Numbers over time are (batch, steps, features)."""
        inputs, targets = self._fed(step)
        if self.scenario.network.kind in IN_TIME and not self.dataset.vocabulary:
            inputs = inputs.reshape(len(inputs), self.dataset.steps, -1)
        return inputs, targets

    def _fed(self, step: int) -> tuple[Array, Array]:
        """(inputs, targets) of a step as the training set has them, copies: (batch, numbers)."""
        clock = self._view("clock")
        now = int(clock[STEP])
        clock[STEP] = step
        self._choose.run()
        chosen = self._view("chosen")
        fed = self._view("train_inputs")[chosen], self._view("train_targets")[chosen]
        clock[STEP] = now - 1 if self._stepped else now
        self._choose.run()  # what was measured last goes back into place
        clock[STEP] = now
        return fed

    def parameters(self) -> dict[str, Array]:
        """Everything trained and kept, by name: copies."""
        return {entry.name: entry.shown(self._view(entry.values)).copy() for entry in self._parameters}

    def gradients(self) -> dict[str, Array]:
        """The last measured step's gradients under the parameters' names: copies."""
        self.look()
        return {
            entry.name: entry.shown(self._view(entry.gradient)).copy() for entry in self._parameters if entry.gradient
        }

    def load_parameters(self, values: dict[str, Array]) -> None:
        """Replace all parameters; raises ValueError naming what is missing, unknown or of another shape."""
        check_names_and_shapes(self.parameters(), values)
        for entry in self._parameters:
            self._view(entry.values)[:] = entry.stored(values[entry.name])
        self._new_weights()
        if self.step_count == 0:
            self._remember_initial()
        if not self._stepped:
            self._looked = False

    def _remember_initial(self) -> None:
        """Let `distance` count from the weights as they are now."""
        for ground in self._grounds:
            for matrix in ground.matrices:
                self._view(matrix.initial)[:] = self._view(matrix.values)

    # Changing the scenario under way

    def continue_from(self, other: Built) -> None:
        """Take over weights, biases, clock and memory of a network with the same layers; where the optimizer is the
        same, its state as well. Learned slopes go along where both have them in the same shape."""
        for name in ("clock", "history"):
            self._view(name)[:] = other._view(name)
        clock = self._view("clock")
        clock[EPOCH] = 0
        for mine, theirs in zip(self._grounds, other._grounds, strict=True):
            same_optimizer = mine.optimizer.name == theirs.optimizer.name
            if not same_optimizer:
                clock[BEGAN] = clock[STEP]
            for matrix, before in zip(mine.matrices, theirs.matrices, strict=True):
                for role in ("values", "initial"):
                    self._view(getattr(matrix, role))[:] = other._view(getattr(before, role))
                if same_optimizer:
                    self._view(matrix.state)[:] = other._view(before.state)
            known = {name: values for name, values, _ in theirs.trained}
            for name, values, _ in mine.trained:
                if name in known and known[name].shape == values.shape:
                    self._view(values)[:] = other._view(known[name])
                    if same_optimizer:
                        self._memory(mine, values)[:] = other._memory(theirs, known[name])
        kept = dict(other._kept())
        for name, values in self._kept():
            if name in kept and kept[name].shape == values.shape:
                self._view(values)[:] = other._view(kept[name])

    def _kept(self) -> Iterator[tuple[str, Region]]:
        """What training only keeps: running statistics."""
        return ((entry.name, entry.values) for entry in self._parameters if entry.gradient is None)

    def _memory(self, ground: Ground, vector: Region) -> Array:
        """What the optimizer keeps for one trained vector, (states, size)."""
        start = (vector.offset - ground.regions["vectors"].offset) // vector.dtype.itemsize
        return self._view(ground.regions["vector_state"])[:, start : start + vector.size]
