"""Feed-forward networks, built: layers one behind the other, whatever skips they have."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradtui.engine import assembly, knobs, readout
from gradtui.engine.built import Built
from gradtui.engine.close_up import CloseUp
from gradtui.engine.compile import OnCompile
from gradtui.engine.construction import plan
from gradtui.engine.initial import initial_bias, initial_weight
from gradtui.engine.layers import Layer
from gradtui.engine.lsuv import scale_to_unit_variance
from gradtui.engine.norms import Norm
from gradtui.engine.parameters import Parameter
from gradtui.engine.passes import Passes
from gradtui.engine.plan import refuse_smoothing
from gradtui.engine.program import LinkedProgram, Program
from gradtui.engine.residual import Join, LearnedJoin
from gradtui.engine.stages import Highway
from gradtui.engine.updating import Clipping
from gradtui.scenario import architecture
from gradtui.scenario.model import Scenario
from gradtui.scenario.weights import Fans
from gradtui.tasks.dataset import Dataset

Array = NDArray[Any]


class Network(Built):
    """A multilayer perceptron or a convolutional network. Not safe to share between threads."""

    def __init__(self, scenario: Scenario, dataset: Dataset, on_compile: OnCompile | None = None) -> None:
        self._plan = plan(scenario, dataset)
        self._close_up: CloseUp | None = None
        self._census_step = -1
        layers = self._plan.layers
        self._dead = np.zeros(len(layers))
        self.taps = tuple(layer.spec.tap for layer in layers)
        self._sizes = readout.Sizes.of(layers, self._plan.batch)
        super().__init__(scenario, self._plan, on_compile=on_compile)
        self._passes = Passes(self._plan, self._arena)
        self._view("saturates_below")[:, 0] = [layer.activate.activation.saturates_below for layer in layers]

    def _training_step(self, form: Any) -> Program:
        return assembly.training_step(self._plan, form)

    def _look_program(self) -> Program:
        return assembly.look(self._plan)

    def _later_routines(self) -> list[str]:
        return assembly.later_routines(self._plan)

    def _list_parameters(self) -> list[Parameter]:
        return [entry for layer in self._plan.layers for entry in layer.parameters()]

    @cached_property
    def _inspect(self) -> LinkedProgram:
        return self._link(assembly.inspection_of(self._plan))

    def _draw_weights(self) -> None:
        for layer in self._plan.layers:
            self._draw_layer(layer)
        if any(layer.spec.own.init == "lsuv" for layer in self._plan.layers):
            scale_to_unit_variance(self._plan, self._arena, self._first_inputs(self._plan.chunk))

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

    def _distance(self) -> NDArray[np.float64]:
        """Norm of the way from the initial weights to today's, over the norm of the former; layer by layer."""
        sums = self._view("distance_sums")
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            distances: NDArray[np.float64] = readout.root(sums[:, :3]) / readout.root(sums[:, 3:])
        return distances

    def set_knobs(self, scenario: Scenario) -> None:
        refuse_smoothing(scenario, self.dataset)
        self._form = Clipping.of(scenario.optimizer)
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

    def gauges(self, count_dead: bool = True) -> dict[str, NDArray[np.float64]]:
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

    def batch(self, step: int) -> tuple[Array, Array]:
        """(inputs, targets) of training step `step`: copies. Images are (batch, channels, height, width)."""
        inputs, targets = self._fed(step)
        if self.scenario.network.kind == "cnn":
            inputs = inputs.reshape(len(inputs), *self._plan.specs[0].image).transpose(0, 3, 1, 2).copy()
        return inputs, targets

    def activations(self) -> list[Array]:
        self.look()
        return [self._view(layer.a).reshape(self._plan.batch, -1).copy() for layer in self._plan.layers]

    def _new_weights(self) -> None:
        self._census_step = -1

    # Whole data sets

    def evaluate(self) -> dict[str, float]:
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
        return sum(layer.multiplications for layer in self._plan.layers)

    def close_up(self, index: int) -> CloseUp:
        self.look()
        if self._close_up is None or self._close_up.index != index:
            self._close_up = CloseUp(self._plan, self._arena, index)
        return self._close_up
