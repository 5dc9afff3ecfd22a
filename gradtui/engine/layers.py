"""Layers: which regions a layer owns and which instructions make its forward and its backward pass."""

from __future__ import annotations

from dataclasses import dataclass

from gradtui.engine.kernels import gauges
from gradtui.engine.kernels.activation import Activation
from gradtui.engine.kernels.linear import Linear, choose
from gradtui.engine.layout import Region
from gradtui.engine.program import Program


@dataclass(frozen=True)
class ForwardBuffers:
    """Where one forward pass of a layer leaves its results; `batch` is their first axis.

    `z` (batch, fan_out) holds the slope phi'(z) afterwards, `a` (batch, fan_out) the output; `alive` (fan_out,) and
    `sums` (5,) are measurements.
    """

    z: Region
    a: Region
    alive: Region
    sums: Region


@dataclass(frozen=True)
class Measurements:
    """What measuring a tap takes: its own rows of the gauge tables, which of its inputs are alive, and scratch."""

    x_alive: Region
    slope_bits: Region
    x_bits: Region
    delta: Region
    gradient: Region
    last_norm: Region
    similarity: Region
    update: Region


@dataclass(frozen=True)
class Dense:
    """a = phi(x W^T + b). `key` is the layer's name among the parameters, `tap` its name among the bars."""

    key: str
    tap: str
    activation: Activation
    weight: Region
    bias: Region
    weight_gradient: Region
    bias_gradient: Region
    previous_gradient: Region
    initial: Region
    state: Region
    turned: Region
    buffers: ForwardBuffers
    measured: Measurements

    @property
    def fan_out(self) -> int:
        return self.weight.shape[0]

    @property
    def fan_in(self) -> int:
        return self.weight.shape[1]

    def _products(self, x: Region) -> Linear:
        return choose(x.shape[0], self.fan_in, self.fan_out)

    def forward(self, program: Program, x: Region, to: ForwardBuffers) -> Region:
        """Append the forward pass of x (batch, fan_in); returns the output region."""
        program.add(
            self._products(x).forward,
            x=x,
            weight=self.weight,
            bias=self.bias,
            turned=self.turned,
            z=to.z,
        )
        program.add(self.activation.forward, z=to.z, a=to.a, alive=to.alive, sums=to.sums)
        return to.a

    def backward(
        self, program: Program, x: Region, delta: Region, below: Region | None, live: Region, x_flat: bool
    ) -> None:
        """Append the backward pass: `delta` (batch, fan_out) is dL/da and becomes dL/dz; `below` (batch, fan_in)
        receives dL/dx unless it is None. `x_flat`: x may hold exact zeros that are no underflow."""
        slope = self.buffers.z
        program.add(
            self.activation.backward,
            slope=slope,
            delta=delta,
            bias_gradient=self.bias_gradient,
            live=live,
            sums=self.measured.delta,
        )
        products = self._products(x)
        program.add(products.weight_gradient, delta=delta, x=x, weight_gradient=self.weight_gradient)
        program.add(
            gauges.gradient_gauges,
            g=flat(self.weight_gradient),
            previous=flat(self.previous_gradient),
            slope=slope,
            x=x,
            live=live,
            slope_alive=self.buffers.alive,
            x_alive=self.measured.x_alive,
            slope_flat=int(self.activation.flat),
            x_flat=int(x_flat),
            slope_bits=self.measured.slope_bits,
            x_bits=self.measured.x_bits,
            last_norm=self.measured.last_norm,
            sums=self.measured.gradient,
        )
        if below is not None:
            program.add(products.input_gradient, delta=delta, weight=self.weight, below=below)


def flat(region: Region) -> Region:
    """The region as one row."""
    return region.reshaped(region.size)
