"""A built network: memory, linked programs, and reading and writing what is in them."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradtui.engine import assembly, compile, knobs, readout
from gradtui.engine.close_up import CloseUp
from gradtui.engine.compile import OnCompile
from gradtui.engine.construction import plan
from gradtui.engine.initial import initial_bias, initial_weight
from gradtui.engine.kernels.feeding import BEGAN, EPOCH, STEP
from gradtui.engine.layers import Layer
from gradtui.engine.layout import Arena, Region
from gradtui.engine.lsuv import scale_to_unit_variance
from gradtui.engine.norms import Norm
from gradtui.engine.passes import Passes
from gradtui.engine.plan import HISTORY, refuse_smoothing
from gradtui.engine.program import LinkedProgram, Program
from gradtui.engine.residual import Join, LearnedJoin
from gradtui.engine.stages import Highway
from gradtui.engine.updating import Clipping
from gradtui.scenario import architecture
from gradtui.scenario.model import Scenario
from gradtui.scenario.weights import Fans
from gradtui.tasks.dataset import Dataset

Array = NDArray[Any]


class Network:
    """The network of a scenario on a data set, with its initial weights. Not safe to share between threads."""

    def __init__(self, scenario: Scenario, dataset: Dataset, on_compile: OnCompile | None = None) -> None:
        self.scenario = scenario
        self.dataset = dataset
        self._plan = plan(scenario, dataset)
        self._arena = Arena(self._plan.layout)
        self.set_knobs(scenario)
        step = assembly.training_step(self._plan, self._clipping)
        # Programs are linked when they are first needed. What they will call is compiled now: a knob must not wait.
        compile.addresses([*step.routines(), *assembly.later_routines(self._plan)], self._plan.dtype, on_compile)
        self._training = {self._clipping: self._link(step)}
        self._passes = Passes(self._plan, self._arena)
        self._close_up: CloseUp | None = None
        self._looked = False
        self._stepped = False
        self._census_step = -1
        self._dead = np.zeros(len(self._plan.layers))
        layers = self._plan.layers
        self.taps = tuple(layer.spec.tap for layer in layers)
        self._parameters = [entry for layer in layers for entry in layer.parameters()]
        self._sizes = readout.Sizes.of(layers, self._plan.batch)
        self._view("saturates_below")[:, 0] = [layer.activate.activation.saturates_below for layer in layers]
        self._view("train_inputs")[:] = dataset.train_inputs
        self._view("train_targets")[:] = dataset.train_targets
        self._draw_weights()

    def _link(self, program: Program) -> LinkedProgram:
        return program.link(self._arena)

    @cached_property
    def _look(self) -> LinkedProgram:
        return self._link(assembly.look(self._plan))

    @cached_property
    def _inspect(self) -> LinkedProgram:
        return self._link(assembly.inspection_of(self._plan))

    @cached_property
    def _feed(self) -> LinkedProgram:
        return self._link(assembly.feed(self._plan))

    def _view(self, region: Region | str) -> Array:
        return self._arena.view(self._plan.regions[region] if isinstance(region, str) else region)

    def _draw_weights(self) -> None:
        for layer in self._plan.layers:
            self._draw_layer(layer)
        if any(layer.spec.own.init == "lsuv" for layer in self._plan.layers):
            scale_to_unit_variance(self._plan, self._arena, self._first_inputs(self._plan.chunk))
        self._remember_initial()

    @np.errstate(over="ignore")  # weights beyond the number format begin at inf, and are shown as that
    def _draw_layer(self, layer: Layer) -> None:
        spec, own, seed = layer.spec, layer.spec.own, self.scenario.seed
        for product in layer.products:
            matrix = product.matrix
            fan_out, fan_in = matrix.values.shape
            area = product.window.kernel**2 if product.window else 1
            fans = Fans(fan_in, fan_out * area)
            drawn = initial_weight(own, seed, matrix.place, (fan_out, fan_in), fans, matrix.stream)
            self._view(matrix.values)[:] = matrix.picture.stored(drawn)
            if product.reparametrised:
                self._view(product.reparametrised.magnitude)[:] = np.linalg.norm(self._view(matrix.values), axis=1)
            if product is layer.product:
                self._view(product.bias)[:] = initial_bias(own, seed, spec.place, fan_out, fan_in)
        for stage in layer.stages:
            if isinstance(stage, Highway):
                self._view(stage.gate.bias)[:] = own.highway_bias
            elif isinstance(stage, LearnedJoin):
                self._view(stage.scale)[:] = own.rezero_init
            elif isinstance(stage, Norm):
                self._view(stage.gamma)[:] = 1.0
                self._view(stage.running_variance)[:] = 1.0
                self._view(stage.settings)[:] = (own.norm_eps or stage.kind.eps(own.dtype), own.norm_momentum)
        if layer.activate.slope:
            self._view(layer.activate.slope.value)[:] = own.prelu_init

    def _first_inputs(self, most: int) -> Array:
        """The inputs of the first training steps as the first layer reads them, as many as make up `most` rows, at
        least of one step."""
        steps = min(max(most // self._plan.batch, 1), len(self.dataset.train_inputs) // self._plan.batch)
        return np.concatenate([self._fed(step)[0] for step in range(steps)])[:most]

    def _remember_initial(self) -> None:
        """Let `distance` count from the weights as they are now."""
        for matrix in self._plan.matrices:
            self._view(matrix.initial)[:] = self._view(matrix.values)

    def _distance(self) -> NDArray[np.float64]:
        """Norm of the way from the initial weights to today's, over the norm of the former; layer by layer."""
        sums = self._view("distance_sums")
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            distances: NDArray[np.float64] = readout.root(sums[:, :3]) / readout.root(sums[:, 3:])
        return distances

    # Running

    @property
    def step_count(self) -> int:
        """Updates made so far."""
        return int(self._view("clock")[STEP])

    def step(self, count: int) -> None:
        """Make `count` updates."""
        if count > 0:
            if not self._stepped:
                self._forget_gradients()
            if self._clipping not in self._training:
                self._training[self._clipping] = self._link(assembly.training_step(self._plan, self._clipping))
            self._training[self._clipping].run(count)
            self._looked = self._stepped = True

    def look(self) -> None:
        """Measure the network as it was drawn, unless a step has measured it already."""
        if not self._looked:
            self._forget_gradients()
            running = [self._view(region) for layer in self._plan.layers for _, region in layer.kept()]
            before = [view.copy() for view in running]
            self._look.run()
            for view, values in zip(running, before, strict=True):
                view[:] = values  # a look is no training: a batch norm has not seen this batch
            self._looked = True

    def _forget_gradients(self) -> None:
        """A look must not count as the step before the first."""
        self._view("last_norm")[:] = 0.0

    @property
    def measured_step(self) -> int:
        """The step whose batch the gauges tell of: the last one, or after a look the one that comes next."""
        self.look()
        return self.step_count - 1 if self._stepped else self.step_count

    def set_knobs(self, scenario: Scenario) -> None:
        """Write the hyperparameters that the next step reads. Raises ScenarioError where one has nothing to act on."""
        refuse_smoothing(scenario, self.dataset)
        self._clipping = Clipping.of(scenario.optimizer)
        self._view("knobs")[:] = knobs.values(scenario)
        self._view("smoothing")[:] = scenario.task.label_smoothing
        self._view("skip_scale")[:] = scenario.network.skip_scale
        specs = self._plan.specs
        if scenario.network != self._plan.scenario.network:
            specs = architecture.layers(scenario.network, specs[0].image, self.dataset.outputs)
        keys = [layer.activate.activation.bend for layer in self._plan.layers]
        owns = [spec.own for spec in specs]
        self._view("bend")[:, 0] = [getattr(own, key) if key else 0.0 for own, key in zip(owns, keys, strict=True)]
        self._view("dropout_rate")[:, 0] = [spec.dropout for spec in specs]

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

    def gauges(self, count_dead: bool = True) -> dict[str, NDArray[np.float64]]:
        """Every gauge at the last measured step. `count_dead` sends the whole training set through if that is due."""
        self.look()
        self._inspect.run()
        if count_dead:
            self._count_dead()
        names = (
            "activation_sums",
            "delta_sums",
            "gradient_sums",
            "similarity",
            "update_sums",
            "clipped_sums",
            "scalars",
            "counts",
            "norm_sums",
        )
        layers = self._plan.layers
        return readout.gauges(
            {name: self._view(name)[: len(layers)] if name != "scalars" else self._view(name) for name in names},
            self._sizes,
            signal=np.stack(self._signals),
            distance=self._distance(),
            slope_gradient=self._slope_gradient(),
            dead=self._dead.copy(),
            updated=self._stepped,
            skipped=self._skip_factors(),
            closed=self._closed_branches(),
        )

    @cached_property
    def _signals(self) -> list[Array]:
        """Where each layer's squares of dL/d(output) are kept, (3,) each."""
        return [self._view(layer.signal) for layer in self._plan.layers]

    @cached_property
    def _skips(self) -> bool:
        """Whether any layer is skipped, joined or gated; a snapshot of a plain chain need not look at each."""
        return any(
            layer.spec.begins
            or layer.spec.gated
            or layer.spec.appends
            or any(isinstance(stage, Join) for stage in layer.stages)
            for layer in self._plan.layers
        )

    def _skip_factors(self) -> NDArray[np.float64]:
        """What the skips do to the signal within each tap's gain."""
        factors = np.ones(len(self._plan.layers))
        if not self._skips:
            return factors
        sums = self._view("skip_sums")
        with np.errstate(invalid="ignore", divide="ignore"):
            met = readout.root(sums[:, 3:]) / readout.root(sums[:, :3])
            gates = factors
            if any(spec.gated for spec in self._plan.specs):
                behind = np.stack([self._view(layer.made) for layer in self._plan.layers])
                gates = readout.root(behind) / readout.root(self._view("highway_signal"))
        for index, layer in enumerate(self._plan.layers):
            spec = layer.spec
            if spec.begins:
                # Before the activation the gradients meet inside this layer, behind it on the way into the next.
                factors[index if spec.own.skip_form == "pre" else index + 1] *= met[index]
            if spec.gated or spec.appends:
                factors[index] *= met[index]
            if spec.gated:
                factors[index] *= gates[index]
            for stage in layer.stages:
                if isinstance(stage, Join):
                    with np.errstate(invalid="ignore"):  # a closed branch below which everything is brought past
                        factors[index] *= abs(self._view(stage.used)[0])
        return factors

    def _closed_branches(self) -> NDArray[np.bool_]:
        """Whether a layer's weights stand in a branch whose scale is 0: no signal comes there, by construction."""
        closed = np.zeros(len(self._plan.layers), dtype=np.bool_)
        if not self._skips:
            return closed
        for index, layer in enumerate(self._plan.layers):
            for stage in layer.stages:
                if isinstance(stage, Join) and layer.spec.joins is not None and self._view(stage.used)[0] == 0.0:
                    closed[layer.spec.joins + 1 : index + 1] = True
        return closed

    def _slope_gradient(self) -> NDArray[np.float64]:
        """Root mean square of the gradient of each layer's learned slopes; NaN where there is none."""
        found = np.full(len(self._plan.layers), np.nan)
        for index, layer in enumerate(self._plan.layers):
            if layer.activate.slope:
                gradient = self._view(layer.activate.slope.gradient).astype(np.float64)
                largest = np.abs(gradient).max()
                scale = largest if 0.0 < largest < np.inf else 1.0  # the square of 1e-200 is 0
                found[index] = scale * np.sqrt(np.mean((gradient / scale) ** 2))
        return found

    def history(self, start: int) -> tuple[int, NDArray[np.float64]]:
        """Loss and accuracy of the steps from `start` on, shape (steps, 2); the first step that is still known."""
        stop = self.step_count
        start = max(start, stop - HISTORY)
        rows = self._view("history")[np.arange(start, stop) % HISTORY]
        return start, rows

    def batch(self, step: int) -> tuple[Array, Array]:
        """(inputs, targets) of training step `step`: copies. Images are (batch, channels, height, width)."""
        inputs, targets = self._fed(step)
        if self.scenario.network.kind == "cnn":
            inputs = inputs.reshape(len(inputs), *self._plan.specs[0].image).transpose(0, 3, 1, 2).copy()
        return inputs, targets

    def _fed(self, step: int) -> tuple[Array, Array]:
        """(inputs, targets) of a step as they lie in memory, copies: (batch, numbers)."""
        clock = self._view("clock")
        now = int(clock[STEP])
        clock[STEP] = step
        self._feed.run()
        chosen = self._view("x").copy(), self._view("targets").copy()
        clock[STEP] = now - 1 if self._stepped else now
        self._feed.run()  # what was measured last goes back into place
        clock[STEP] = now
        return chosen

    def activations(self) -> list[Array]:
        """Each layer's output on the last measured batch, (batch, numbers): copies."""
        self.look()
        return [self._view(layer.a).reshape(self._plan.batch, -1).copy() for layer in self._plan.layers]

    def parameters(self) -> dict[str, Array]:
        """Everything trained, and the running statistics, by name: copies."""
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
        self._census_step = -1
        if self.step_count == 0:
            self._remember_initial()
        if not self._stepped:
            self._looked = False

    # Whole data sets

    def evaluate(self) -> dict[str, float]:
        """Loss and accuracy on the held-out examples; no accuracy in a regression."""
        return self._passes.evaluate()

    def outputs(self, inputs: Array) -> Array:
        """What the network answers to inputs (n, numbers) outside training: (n, outputs), before any softmax."""
        return self._passes.outputs(inputs)

    def _count_dead(self) -> None:
        """Count dead units, unless that was done at this step."""
        if self._census_step != self.step_count:
            self._census_step = self.step_count
            self._dead = self._passes.dead()

    @property
    def weight_count(self) -> int:
        """Multiplications that one example takes on its way through all layers."""
        return sum(layer.multiplications for layer in self._plan.layers)

    def close_up(self, index: int) -> CloseUp:
        """Tap number `index`, entry by entry, once there is something measured."""
        self.look()
        if self._close_up is None or self._close_up.index != index:
            self._close_up = CloseUp(self._plan, self._arena, index)
        return self._close_up

    # Changing the scenario under way

    def continue_from(self, other: Network) -> None:
        """Take over weights, biases, clock and memory of a network with the same layers; where the optimizer is the
        same, its state as well. Learned slopes go along where both have them in the same shape."""
        mine, theirs = self._plan, other._plan
        same_optimizer = self.scenario.optimizer.name == other.scenario.optimizer.name
        for name in ("clock", "history"):
            self._view(name)[:] = other._view(name)
        clock = self._view("clock")
        clock[EPOCH] = 0
        if not same_optimizer:
            clock[BEGAN] = clock[STEP]
        for matrix, before in zip(mine.matrices, theirs.matrices, strict=True):
            for role in ("values", "initial"):
                self._view(getattr(matrix, role))[:] = other._view(getattr(before, role))
            if same_optimizer:
                self._view(matrix.state)[:] = other._view(before.state)
        for layer, old in zip(mine.layers, theirs.layers, strict=True):
            known = {name: values for name, values, _ in old.trained()} | dict(old.kept())
            for name, values in [(name, values) for name, values, _ in layer.trained()] + layer.kept():
                if name not in known or known[name].shape != values.shape:
                    continue
                self._view(values)[:] = other._view(known[name])
                if same_optimizer:
                    self._memory(values)[:] = other._memory(known[name])

    def _memory(self, vector: Region) -> Array:
        """What the optimizer keeps for one trained vector, (states, size); nothing for one that is not trained."""
        vectors = self._plan.regions["vectors"]
        start = (vector.offset - vectors.offset) // vector.dtype.itemsize
        return self._view("vector_state")[:, start : start + vector.size] if 0 <= start < vectors.size else np.empty(0)


def check_names_and_shapes(own: dict[str, Array], given: dict[str, Array]) -> None:
    """Raises ValueError unless both have the same names with the same shapes."""
    for name in own:
        if name not in given:
            raise ValueError(f"parameter {name} is missing; wanted are {', '.join(own)}")
    for name, value in given.items():
        if name not in own:
            raise ValueError(f"unknown parameter {name}; known are {', '.join(own)}")
        if np.shape(value) != own[name].shape:
            raise ValueError(f"parameter {name} has shape {np.shape(value)}, the network's is {own[name].shape}")
