"""Layers: which regions a layer owns and which instructions make its forward and its backward pass."""

from __future__ import annotations

from dataclasses import dataclass

from gradtui.engine.kernels import gauges
from gradtui.engine.kernels.activation import Activation
from gradtui.engine.kernels.linear import Linear, choose
from gradtui.engine.layout import Region
from gradtui.engine.program import Program


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
    """a = phi(x W^T + b). `key` is the layer's name among the parameters, `tap` its name among the bars. `bend` holds
    the number that some activations take besides x."""

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
    measured: Measurements

    @property
    def fan_out(self) -> int:
        return self.weight.shape[0]

    @property
    def fan_in(self) -> int:
        return self.weight.shape[1]

    def _products(self, x: Region) -> Linear:
        return choose(x.shape[0], self.fan_in, self.fan_out)

    def forward(self, program: Program, x: Region, z: Region, a: Region) -> None:
        """Append the forward pass of x (batch, fan_in): `a` (batch, fan_out) receives the output, `z` the slopes (or,
        where a slope is learned, what stands before the activation)."""
        self.preactivation(program, x, z)
        if self.slope is None:
            program.add(self.activation.forward, z=z, bend=self.bend, a=a)
        else:
            program.add(self.activation.forward, z=z, slope=self.slope.value, a=a)

    def preactivation(self, program: Program, x: Region, z: Region) -> None:
        """Append z = x W^T + b."""
        program.add(self._products(x).forward, x=x, weight=self.weight, bias=self.bias, turned=self.turned, z=z)

    def backward(self, program: Program, x: Region, delta: Region, below: Region | None) -> None:
        """Append the backward pass: `delta` (batch, fan_out) is dL/da and becomes dL/dz; `below` (batch, fan_in)
        receives dL/dx unless it is None."""
        common = {"delta": delta, "bias_gradient": self.bias_gradient, "sums": self.measured.delta}
        if self.slope is None:
            program.add(self.activation.backward, slope=self.z, **common)
        else:
            program.add(
                self.activation.backward,
                z=self.z,
                slope=self.slope.value,
                column=self.slope.column,
                slope_gradient=self.slope.gradient,
                **common,
            )
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
