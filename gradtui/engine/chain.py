"""A chain of layers in an arena: how its weights begin, what its gauges read, and passes outside training."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradtui.engine import assembly, readout
from gradtui.engine.close_up import CloseUp, OwnStep
from gradtui.engine.initial import initial_bias, initial_weight
from gradtui.engine.layers import Layer
from gradtui.engine.layout import Arena, Region
from gradtui.engine.lsuv import scale_to_unit_variance
from gradtui.engine.norms import Norm
from gradtui.engine.parameters import Parameter
from gradtui.engine.passes import Passes
from gradtui.engine.plan import Plan
from gradtui.engine.program import LinkedProgram
from gradtui.engine.residual import Join, LearnedJoin
from gradtui.engine.stages import Highway
from gradtui.scenario.architecture import LayerSpec
from gradtui.scenario.weights import Fans

Array = NDArray[Any]


class Chain:
    """The layers of a plan, wherever their memory is. `sizes` are what sums are divided by, `own_step` what the plan's
    clock showed in a step of the run."""

    def __init__(self, plan: Plan, arena: Arena, sizes: readout.Sizes | None = None, own_step: OwnStep = int) -> None:
        self._plan = plan
        self._arena = arena
        self._sizes = sizes or readout.Sizes.of(plan.layers, plan.batch)
        self._own_step = own_step
        self._close_up: CloseUp | None = None
        self._census_step = -1
        self._dead = np.zeros(len(plan.layers))
        self.passes = Passes(plan, arena)
        self._view("saturates_below")[:, 0] = [layer.activate.activation.saturates_below for layer in plan.layers]

    def _view(self, region: Region | str) -> Array:
        return self._arena.view(self._plan.regions[region] if isinstance(region, str) else region)

    def parameters(self) -> list[Parameter]:
        """Everything trained and kept."""
        return [entry for layer in self._plan.layers for entry in layer.parameters()]

    @property
    def weight_count(self) -> int:
        """Multiplications that one example takes on its way through all layers."""
        return sum(layer.multiplications for layer in self._plan.layers)

    def set_layers(self, specs: Sequence[LayerSpec]) -> None:
        """Write the numbers that layers of these specs read while they run."""
        keys = [layer.activate.activation.bend for layer in self._plan.layers]
        owns = [spec.own for spec in specs]
        self._view("skip_scale")[:] = owns[-1].skip_scale
        self._view("bend")[:, 0] = [getattr(own, key) if key else 0.0 for own, key in zip(owns, keys, strict=True)]
        self._view("dropout_rate")[:, 0] = [spec.dropout for spec in specs]

    # First weights

    def draw(self, first_inputs: Callable[[int], Array]) -> None:
        """Fill all parameters with their first values; `first_inputs(n)` gives inputs, at most n rows of them."""
        for layer in self._plan.layers:
            self._draw_layer(layer)
        if any(layer.spec.own.init == "lsuv" for layer in self._plan.layers):
            scale_to_unit_variance(self._plan, self._arena, first_inputs(self._plan.chunk))

    @np.errstate(over="ignore")  # weights beyond the number format begin at inf, and are shown as that
    def _draw_layer(self, layer: Layer) -> None:
        spec, own, seed = layer.spec, layer.spec.own, self._plan.scenario.seed
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
                bias = initial_bias(own, seed, spec.place, fan_out, fan_in, self._plan.bias_stream)
                self._view(product.bias)[:] = bias
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

    def new_weights(self) -> None:
        """Parameters were replaced from outside."""
        self._census_step = -1

    # Reading

    @cached_property
    def _inspect(self) -> LinkedProgram:
        return assembly.inspection_of(self._plan).link(self._arena)

    def gauges(self, updated: bool, count_dead: bool, step: int) -> dict[str, NDArray[np.float64]]:
        """Every gauge of what was run last. `updated`: whether the weights have moved by it; `count_dead` sends the
        whole training set through, once for each `step`."""
        self._inspect.run()
        if count_dead and self._census_step != step:
            self._census_step = step
            self._dead = self.passes.dead()
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
            updated=updated,
            skipped=self._skip_factors(),
            closed=self._closed_branches(),
        )

    def _distance(self) -> NDArray[np.float64]:
        """Norm of the way from the initial weights to today's, over the norm of the former; layer by layer."""
        sums = self._view("distance_sums")
        with np.errstate(invalid="ignore", divide="ignore", over="ignore"):
            distances: NDArray[np.float64] = readout.root(sums[:, :3]) / readout.root(sums[:, 3:])
        return distances

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

    def activations(self) -> list[Array]:
        """Each layer's output on what was run last, (rows, units): copies."""
        return [self._view(layer.a).reshape(self._plan.batch, -1).copy() for layer in self._plan.layers]

    def close_up(self, index: int) -> CloseUp:
        """Layer number `index`, entry by entry."""
        if self._close_up is None or self._close_up.index != index:
            self._close_up = CloseUp(self._plan, self._arena, index, self._own_step)
        return self._close_up
