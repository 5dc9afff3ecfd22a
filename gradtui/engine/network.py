"""A built network: memory, linked programs, and reading and writing what is in them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradtui.engine import assembly, knobs, readout
from gradtui.engine.compile import OnCompile
from gradtui.engine.initial import initial_bias, initial_weight
from gradtui.engine.kernels.feeding import BEGAN, EPOCH, STEP
from gradtui.engine.layout import Arena, Region
from gradtui.engine.lsuv import scale_to_unit_variance
from gradtui.engine.plan import CHUNK, HISTORY, activation_of, plan, refuse_smoothing
from gradtui.engine.program import LinkedProgram, Program
from gradtui.engine.updating import Clipping
from gradtui.scenario.model import Network as Shape
from gradtui.scenario.model import Scenario
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
        self.set_bend(scenario.network)
        self._training = {self._clipping: self._link(assembly.training_step(self._plan, self._clipping), on_compile)}
        self._look = self._link(assembly.look(self._plan), on_compile)
        self._inspect = self._link(assembly.inspection_of(self._plan), on_compile)
        self._feed = self._link(assembly.feed(self._plan), on_compile)
        self._passes: dict[tuple[int, bool], LinkedProgram] = {}
        self._looked = False
        self._stepped = False
        self._census_step = -1
        self._dead = np.zeros(len(self._plan.layers))
        layers = self._plan.layers
        self.taps = tuple(layer.tap for layer in layers)
        self._fan_in = np.array([layer.fan_in for layer in layers], dtype=np.float64)
        self._fan_out = np.array([layer.fan_out for layer in layers], dtype=np.float64)
        self._view("every_bit")[:] = -1
        if scenario.network.skip == "residual":
            self._view("skip_scale")[:] = scenario.network.skip_scale
        self._view("saturates_below")[:, 0] = [layer.activation.saturates_below for layer in layers]
        self._view("train_inputs")[:] = dataset.train_inputs
        self._view("train_targets")[:] = dataset.train_targets
        self._draw_weights()

    def _link(self, program: Program, on_compile: OnCompile | None = None) -> LinkedProgram:
        return program.link(self._arena, on_compile)

    def _view(self, region: Region | str) -> Array:
        return self._arena.view(self._plan.regions[region] if isinstance(region, str) else region)

    def _draw_weights(self) -> None:
        network, seed = self.scenario.network, self.scenario.seed
        for index, layer in enumerate(self._plan.layers):
            last = index == network.depth
            place = 0 if last else index + 1
            self._view(layer.weight)[:] = initial_weight(network, seed, place, *layer.weight.shape)
            self._view(layer.bias)[:] = initial_bias(network, seed, place, *layer.weight.shape)
            if layer.slope:
                self._view(layer.slope.value)[:] = network.prelu_init
            if layer.norm:
                self._view(layer.norm.gamma)[:] = 1.0
                self._view(layer.norm.running_variance)[:] = 1.0
                eps = network.norm_eps or layer.norm.kind.eps(network.dtype)
                self._view(layer.norm.settings)[:] = (eps, network.norm_momentum)
        if network.init == "lsuv":
            scale_to_unit_variance(self._plan, self._arena, self._first_inputs(CHUNK))
        self._remember_initial()

    def _first_inputs(self, most: int) -> Array:
        """The inputs of the first training steps, as many as make up `most` rows, at least of one step."""
        steps = min(max(most // self._plan.batch, 1), len(self.dataset.train_inputs) // self._plan.batch)
        return np.concatenate([self.batch(step)[0] for step in range(steps)])[:most]

    def _remember_initial(self) -> None:
        """Let `distance` count from the weights as they are now."""
        for layer in self._plan.layers:
            self._view(layer.initial)[:] = self._view(layer.weight)

    def _distance(self) -> NDArray[np.float64]:
        """Norm of the way from the initial weights to today's, over the norm of the former; layer by layer."""
        distances = []
        for layer in self._plan.layers:
            initial = self._view(layer.initial).astype(np.float64)
            way = self._view(layer.weight) - initial
            with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
                distances.append(np.linalg.norm(way) / np.linalg.norm(initial))
        return np.array(distances)

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

    def set_knobs(self, scenario: Scenario) -> None:
        """Write the hyperparameters that the next step reads. Raises ScenarioError where one has nothing to act on."""
        refuse_smoothing(scenario, self.dataset)
        self._clipping = Clipping.of(scenario.optimizer)
        self._view("knobs")[:] = knobs.values(scenario)
        self._view("smoothing")[:] = scenario.task.label_smoothing

    def set_bend(self, network: Shape) -> None:
        """Write the number that the activation takes besides x, where it takes one."""
        key = activation_of(network).bend
        self._view("bend")[0] = getattr(network, key) if key else 0.0

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
            "skip_sums",
        )
        return readout.gauges(
            {name: self._view(name) for name in names},
            batch=self._plan.batch,
            fan_in=self._fan_in,
            fan_out=self._fan_out,
            distance=self._distance(),
            slope_gradient=self._slope_gradient(),
            dead=self._dead.copy(),
            updated=self.step_count > 0,
            skipped=self._skip_factors(),
            normed=self.scenario.network.norm_place if self.scenario.network.norm != "none" else "none",
        )

    def _skip_factors(self) -> NDArray[np.float64]:
        """What the skips do to the signal within each tap's gain."""
        factors = np.ones(len(self._plan.layers))
        sums = self._view("skip_sums")
        with np.errstate(invalid="ignore", divide="ignore"):
            met = readout.root(sums[:, 3:]) / readout.root(sums[:, :3])
        for index, layer in enumerate(self._plan.layers):
            if layer.residual is None:
                continue
            if layer.residual.begins:
                # Before the activation the gradients meet inside this layer, behind it on the way into the next.
                factors[index if layer.residual.pre else index + 1] *= met[index]
            if layer.residual.joins:
                factors[index] *= abs(self.scenario.network.skip_scale)
        return factors

    def _slope_gradient(self) -> NDArray[np.float64]:
        """Root mean square of the gradient of each layer's learned slopes; NaN where there is none."""
        found = np.full(len(self._plan.layers), np.nan)
        for index, layer in enumerate(self._plan.layers):
            if layer.slope:
                gradient = self._view(layer.slope.gradient).astype(np.float64)
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
        """(inputs, targets) of training step `step`: copies."""
        clock = self._view("clock")
        now = int(clock[STEP])
        clock[STEP] = step
        self._feed.run()
        chosen = self._view("x").copy(), self._view("targets").copy()
        clock[STEP] = max(now - 1, 0)
        self._feed.run()  # what the last step left behind goes back into place
        clock[STEP] = now
        return chosen

    def activations(self) -> list[Array]:
        """Each layer's output on the last measured batch, (batch, fan_out): copies."""
        self.look()
        return [self._view(layer.a).copy() for layer in self._plan.layers]

    def parameters(self) -> dict[str, Array]:
        """Everything trained, and the running statistics, by name: copies."""
        return {name: view.copy() for name, view in self._parameter_views().items()}

    def gradients(self) -> dict[str, Array]:
        """The last measured step's gradients under the parameters' names: copies."""
        self.look()
        return {
            name: self._view(gradient).copy() for layer in self._plan.layers for name, _, gradient in layer.trained()
        }

    def _parameter_views(self) -> dict[str, Array]:
        views = {}
        for layer in self._plan.layers:
            views.update({name: self._view(values) for name, values, _ in layer.trained()})
            views.update({name: self._view(values) for name, values in layer.kept()})
        return views

    def load_parameters(self, values: dict[str, Array]) -> None:
        """Replace all parameters; raises ValueError naming what is missing, unknown or of another shape."""
        own = self._parameter_views()
        check_names_and_shapes(own, values)
        for name, target in own.items():
            target[:] = values[name]
        self._census_step = -1
        if self.step_count == 0:
            self._remember_initial()
            self._looked = False

    # Whole data sets

    def evaluate(self) -> dict[str, float]:
        """Loss and accuracy on the held-out examples; no accuracy in a regression."""
        data = self.dataset
        loss = right = 0.0
        for start in range(0, len(data.test_inputs), CHUNK):
            rows = min(CHUNK, len(data.test_inputs) - start)
            self._view("pass_targets")[:rows] = data.test_targets[start : start + rows]
            self._pass(data.test_inputs[start : start + rows], census=False)
            report = self._view("pass_report")
            loss += rows * float(report[0])
            right += rows * float(report[1])
        result = {"loss": loss / len(data.test_inputs)}
        if data.classes:
            result["accuracy"] = right / len(data.test_inputs)
        return result

    def _count_dead(self) -> None:
        """Share of units, layer by layer, without a slope on any training example."""
        if self._census_step == self.step_count:
            return
        self._census_step = self.step_count
        if not any(layer.activation.flat for layer in self._plan.layers):
            return
        self._view("census")[:] = 0.0
        inputs = self._view("train_inputs")
        for start in range(0, len(inputs), CHUNK):
            self._pass(inputs[start : start + CHUNK], census=True)
        silent = self._view("census") == 0.0
        ends = np.cumsum(self._fan_out).astype(int)
        self._dead = np.array([part.mean() for part in np.split(silent, ends[:-1])], dtype=np.float64)

    def _pass(self, inputs: Array, census: bool) -> None:
        rows = len(inputs)
        if (rows, census) not in self._passes:
            program = assembly.evaluation(self._plan, rows, census)
            self._passes[rows, census] = self._link(program)
        self._view("pass_x")[:rows] = inputs
        self._passes[rows, census].run()

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
        for layer, before in zip(mine.layers, theirs.layers, strict=True):
            self._view(layer.initial)[:] = other._view(before.initial)
            if same_optimizer:
                self._view(layer.state)[:] = other._view(before.state)
            known = {name: values for name, values, _ in before.trained()} | dict(before.kept())
            for name, values in [(name, values) for name, values, _ in layer.trained()] + layer.kept():
                if name not in known or known[name].shape != values.shape:
                    continue
                self._view(values)[:] = other._view(known[name])
                if same_optimizer and len(values.shape) == 1:
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
