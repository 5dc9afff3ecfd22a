"""Layers: which regions a layer owns and which instructions make its forward and its backward pass."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gradtui.engine.kernels import gauges
from gradtui.engine.kernels.activation import Activation, column_sums
from gradtui.engine.kernels.linear import Linear, choose
from gradtui.engine.layout import Region
from gradtui.engine.norms import Norm
from gradtui.engine.program import Program
from gradtui.engine.residual import Residual


@dataclass(frozen=True)
class Measurements:
    """A tap's own rows of the gauge tables, and which examples each of its units answers."""

    delta: Region
    gradient: Region
    last_norm: Region
    update: Region
    activation: Region
    similarity: Region
    counts: Region
    slope_bits: Region
    output_bits: Region


@dataclass(frozen=True)
class LearnedSlope:
    """What PReLU trains besides weights and biases: a slope a layer, or one for each unit. `column` is scratch."""

    value: Region
    gradient: Region
    column: Region


@dataclass(frozen=True)
class Dense:
    """a = phi(norm(x W^T + b)), or norm(phi(x W^T + b)) where the norm does not come first; with the sums of residual
    blocks in between.

    `key` is the layer's name among the parameters, `tap` its name among the bars. `bend` holds the number that some
    activations take besides x.
    """

    key: str
    tap: str
    activation: Activation
    bend: Region
    slope: LearnedSlope | None
    weight: Region
    bias: Region
    weight_gradient: Region
    bias_gradient: Region
    previous_gradient: Region
    initial: Region
    state: Region
    turned: Region
    z: Region
    a: Region
    norm: Norm | None
    norm_first: bool
    residual: Residual | None
    inside_block: bool
    measured: Measurements

    @property
    def fan_out(self) -> int:
        return self.weight.shape[0]

    @property
    def fan_in(self) -> int:
        return self.weight.shape[1]

    @property
    def bypassed(self) -> bool:
        """Whether a skip leads round this layer's activation: then its silence does not cut off the layers below."""
        if self.residual is None:
            return False
        return self.inside_block or (self.residual.pre and self.residual.begins)

    def trained(self) -> list[tuple[str, Region, Region]]:
        """(name, values, gradient) of everything that training moves, named as in the exported module."""
        found = [
            (f"{self.key}.weight", self.weight, self.weight_gradient),
            (f"{self.key}.bias", self.bias, self.bias_gradient),
        ]
        if self.slope:
            found.append((f"{self.key}.slope", self.slope.value, self.slope.gradient))
        if self.norm:
            found += self.norm.trained()
        return found

    def kept(self) -> list[tuple[str, Region]]:
        """(name, values) of what training only keeps: a batch norm's running statistics."""
        return self.norm.kept() if self.norm else []

    def _products(self, x: Region) -> Linear:
        return choose(x.shape[0], self.fan_in, self.fan_out)

    def forward(self, program: Program, x: Region, z: Region, a: Region) -> None:
        """Append the forward pass of x (batch, fan_in): `a` (batch, fan_out) receives the output, `z` the slopes."""
        norm = self.norm.forward if self.norm else None
        self._pass(program, x, z, a, norm, self.residual.stream if self.residual else None)

    def evaluate(
        self, program: Program, x: Region, z: Region, a: Region, scratch: Region, inverse: Region, stream: Region
    ) -> None:
        """Append the forward pass of examples outside training. `scratch` and `inverse` are the norm's, `stream` is the
        residual blocks'."""

        def normalise(program: Program, values: Region) -> None:
            assert self.norm
            self.norm.evaluate(program, values, scratch, inverse)

        self._pass(program, x, z, a, normalise if self.norm else None, stream)

    def _pass(
        self,
        program: Program,
        x: Region,
        z: Region,
        a: Region,
        normalise: Callable[[Program, Region], None] | None,
        stream: Region | None,
    ) -> None:
        self.preactivation(program, x, z)
        residual = self.residual
        if residual and stream and residual.pre:
            residual.join(program, z, stream)
            residual.keep(program, z, stream)
        if normalise and self.norm_first:
            normalise(program, z)
        if residual and stream and not residual.pre:
            residual.join(program, z, stream)
        self._activate(program, z, a)
        if normalise and not self.norm_first:
            normalise(program, a)
        if residual and stream and not residual.pre:
            residual.keep(program, a, stream)

    def preactivation(self, program: Program, x: Region, z: Region) -> None:
        """Append z = x W^T + b."""
        program.add(self._products(x).forward, x=x, weight=self.weight, bias=self.bias, turned=self.turned, z=z)

    def _activate(self, program: Program, z: Region, a: Region) -> None:
        """Append a = phi(z); z becomes the slopes, or stays where a slope is learned."""
        if self.slope is None:
            program.add(self.activation.forward, z=z, bend=self.bend, a=a)
        else:
            program.add(self.activation.forward, z=z, slope=self.slope.value, a=a)

    def _slope(self, program: Program, delta: Region) -> None:
        """Append delta = delta * phi'(z)."""
        if self.slope is None:
            program.add(self.activation.backward, slope=self.z, delta=delta, sums=self.measured.delta)
            return
        program.add(
            self.activation.backward,
            z=self.z,
            slope=self.slope.value,
            delta=delta,
            column=self.slope.column,
            slope_gradient=self.slope.gradient,
            sums=self.measured.delta,
        )

    def backward(self, program: Program, x: Region, delta: Region, below: Region | None) -> None:
        """Append the backward pass: `delta` (batch, fan_out) is dL/d(output) and becomes dL/dz; `below`
        (batch, fan_in) receives dL/dx unless it is None."""
        residual = self.residual
        if residual and not residual.pre:
            residual.meet(program, delta)
        if self.norm and not self.norm_first:
            self.norm.backward(program, delta)
        self._slope(program, delta)
        if residual and not residual.pre:
            residual.part(program, delta)
        if self.norm and self.norm_first:
            self.norm.backward(program, delta)
        if residual and residual.pre:
            residual.meet(program, delta)
            residual.part(program, delta)
        program.add(column_sums, values=delta, sums=self.bias_gradient)
        products = self._products(x)
        program.add(products.weight_gradient, delta=delta, x=x, weight_gradient=self.weight_gradient)
        program.add(
            gauges.gradient_gauges,
            g=flat(self.weight_gradient),
            previous=flat(self.previous_gradient),
            last_norm=self.measured.last_norm,
            sums=self.measured.gradient,
        )
        if below is not None:
            program.add(products.input_gradient, delta=delta, weight=self.weight, below=below)


def flat(region: Region) -> Region:
    """The region as one row."""
    return region.reshaped(region.size)
