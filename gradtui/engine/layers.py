"""Layers: a product and the stages behind it, forward and backward."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gradtui.engine.layout import Region
from gradtui.engine.matrices import Matrix
from gradtui.engine.norms import Norm
from gradtui.engine.parameters import Kept, Parameter, Trained
from gradtui.engine.products import Product
from gradtui.engine.program import Program
from gradtui.engine.stages import Activate, Deltas, Spare, Stage
from gradtui.scenario.architecture import LayerSpec


@dataclass(frozen=True)
class Measurements:
    """A tap's own rows of the gauge tables, and which examples each of its units answers."""

    activation: Region
    similarity: Region
    distance: Region
    counts: Region
    slope_bits: Region
    output_bits: Region


@dataclass(frozen=True)
class Layer:
    """One layer with a tap, as `spec` describes it. It reads `x`; `a` is its output as the gauges see it, `signal` the
    three words with the squares of dL/da, and `made` those of the signal before a highway gate took its share."""

    spec: LayerSpec
    x: Region
    product: Product
    stages: tuple[Stage, ...]
    activate: Activate
    norm: Norm | None
    a: Region
    output: Region
    signal: Region
    made: Region
    measured: Measurements

    @property
    def matrix(self) -> Matrix:
        """What the tap's bar shows the gradient of."""
        return self.product.matrix

    @property
    def units(self) -> int:
        """Columns of what it makes: units, or channels."""
        return self.spec.size.channels

    @property
    def bypassed(self) -> bool:
        """Whether a skip leads round this layer's activation: then its silence does not cut off the layers below."""
        spec = self.spec
        pre = spec.own.skip_form == "pre"
        return spec.gated or spec.appends or spec.inside_block or (pre and spec.begins)

    @property
    def products(self) -> list[Product]:
        """The layer's own product, and those of its stages."""
        return [self.product, *(product for stage in self.stages for product in stage.products())]

    @property
    def multiplications(self) -> int:
        """How many one example takes in all products."""
        return sum(product.matrix.values.size * product.size.positions for product in self.products)

    def trained(self) -> list[Trained]:
        """(name, values, gradient) of everything trained that is no matrix, as it lies in memory."""
        found: list[Trained] = []
        for product in self.products:
            if product.bias_gradient:
                found.append((product.bias_name, product.bias, product.bias_gradient))
            if product.reparametrised:
                split = product.reparametrised
                found.append((split.name, split.magnitude, split.magnitude_gradient))
        return found + [entry for stage in self.stages for entry in stage.trained()]

    def kept(self) -> list[Kept]:
        """(name, values) of what training only keeps: a batch norm's running statistics."""
        return [entry for stage in self.stages for entry in stage.kept()]

    def parameters(self) -> list[Parameter]:
        """Everything trained and kept, named and shaped as in the exported module."""
        found = []
        for product in self.products:
            matrix = product.matrix
            found.append(Parameter(matrix.name, matrix.values, matrix.gradient, matrix.picture))
        for name, values, gradient in self.trained():
            shape = (-1, 1, 1, 1) if self.spec.window else (-1, 1)
            length = any(name == each.reparametrised.name for each in self.products if each.reparametrised)
            found.append(Parameter(name, values, gradient, None, shape if length else (-1,)))
        return found + [Parameter(name, values, None, None) for name, values in self.kept()]

    def forward(self, program: Program) -> None:
        """Append the forward pass from `x` to `output`."""
        self._run(program, self.stages)

    def forward_to_activation(self, program: Program) -> Region:
        """Append the forward pass as far as what the activation reads; returns where that lies."""
        return self._run(program, self.stages[: self.stages.index(self.activate)])

    def _run(self, program: Program, stages: Sequence[Stage]) -> Region:
        for product in self.products:
            product.prepare(program)
        v = self.activate.z
        self.product.forward(program, self.x, v)
        for stage in stages:
            v = stage.forward(program, v, self.x)
        return v

    def backward(self, program: Program, delta: Region, deltas: Deltas, lowest: bool) -> Region:
        """Append the backward pass from delta, dL/d(output); returns where dL/dx lies. The `lowest` layer sends nothing
        further down."""
        for stage in reversed(self.stages):
            delta = stage.backward(program, delta, self.x, deltas)
        self.product.backward(program, self.x, delta)
        if lowest:
            return delta
        below = deltas.other(delta, *self.x.shape)
        self.product.send_below(program, delta, below)
        for stage in self.stages:
            stage.end(program, below)
        return below

    def send_down(self, program: Program, delta: Region, deltas: Deltas) -> Region:
        """Append the way of delta, dL/d(output), through the layer and no gradient of its weights; returns where dL/dx
        lies."""
        for stage in reversed(self.stages):
            delta = stage.backward(program, delta, self.x, deltas)
        below = deltas.other(delta, *self.x.shape)
        self.product.send_below(program, delta, below)
        for stage in self.stages:
            stage.end(program, below)
        return below

    def preactivation(self, program: Program, x: Region, spare: Spare) -> Region:
        """Append z = x W^T + b on examples outside training; returns where z lies."""
        for product in self.products:
            product.prepare(program)
        z = spare.take(spare.examples * self.spec.size.positions, self.units)
        self.product.forward(program, x, z)
        return z

    def evaluate(self, program: Program, x: Region, spare: Spare) -> tuple[Region, Region]:
        """Append the forward pass of examples outside training; returns where output and slopes lie."""
        v = z = self.preactivation(program, x, spare)
        for stage in self.stages:
            v = stage.evaluate(program, v, x, spare)
        return v, z
