"""Products: a layer's weights times what it reads, as a matrix or as a convolution."""

from __future__ import annotations

from dataclasses import dataclass

from gradtui.engine.kernels import convolution, gauges, weight_norm
from gradtui.engine.kernels.activation import column_sums
from gradtui.engine.kernels.linear import PANEL, Linear
from gradtui.engine.kernels.linear import choose as choose_linear
from gradtui.engine.layout import Region
from gradtui.engine.matrices import Matrix
from gradtui.engine.program import Program
from gradtui.scenario.architecture import Size, Window


@dataclass(frozen=True)
class Reparametrised:
    """Weight norm: the trained matrix holds directions; `magnitude` (units,) is trained beside it. `weight` and
    `gradient` are the matrix that multiplies and its gradient, `inverse` (units,) one over the directions' lengths."""

    name: str
    magnitude: Region
    magnitude_gradient: Region
    inverse: Region
    weight: Region
    gradient: Region


@dataclass(frozen=True)
class Product:
    """z = x W^T + b, W being `matrix` or made of it; with a `window`, for each of its places on an image.

    What is read and written has a row an example, or a row for each place of each image. `bias_gradient` is None where
    the bias is no parameter. `room` and `places` are scratch that all products share.
    """

    matrix: Matrix
    bias_name: str
    bias: Region
    bias_gradient: Region | None
    reparametrised: Reparametrised | None
    window: Window | None
    source: Size
    size: Size
    room: Region
    places: Region

    @property
    def weight(self) -> Region:
        """The matrix that multiplies."""
        return self.reparametrised.weight if self.reparametrised else self.matrix.values

    def prepare(self, program: Program) -> None:
        """Append what must be done before a forward pass with new weights."""
        if self.reparametrised:
            program.add(
                weight_norm.weight_norm_forward,
                direction=self.matrix.values,
                magnitude=self.reparametrised.magnitude,
                inverse=self.reparametrised.inverse,
                weight=self.reparametrised.weight,
            )

    def forward(self, program: Program, x: Region, z: Region) -> None:
        """Append z = x W^T + b."""
        if self.window:
            program.add(
                convolution.conv_forward,
                x=images(x, self.source),
                weight=self.weight,
                bias=self.bias,
                z=images(z, self.size),
                **self._scratch(self.window),
            )
            return
        rows = self._rows(x)
        turned = self.room.part(0, (self.matrix.values.shape[1], PANEL))
        program.add(self._linear(x).forward, x=rows, weight=self.weight, bias=self.bias, turned=turned, z=z)

    def backward(self, program: Program, x: Region, delta: Region) -> None:
        """Append the gradients of weight and bias, and what is measured of the former; delta is dL/dz."""
        if self.bias_gradient:
            program.add(column_sums, values=delta, sums=self.bias_gradient)
        gradient = self.reparametrised.gradient if self.reparametrised else self.matrix.gradient
        if self.window:
            program.add(
                convolution.conv_weight_gradient,
                delta=images(delta, self.size),
                x=images(x, self.source),
                weight_gradient=gradient,
                **self._scratch(self.window),
            )
        else:
            program.add(self._linear(x).weight_gradient, delta=delta, x=self._rows(x), weight_gradient=gradient)
        if self.reparametrised:
            program.add(
                weight_norm.weight_norm_backward,
                weight_gradient=gradient,
                direction=self.matrix.values,
                magnitude=self.reparametrised.magnitude,
                inverse=self.reparametrised.inverse,
                direction_gradient=self.matrix.gradient,
                magnitude_gradient=self.reparametrised.magnitude_gradient,
            )
        program.add(
            gauges.gradient_gauges,
            g=flat(self.matrix.gradient),
            previous=flat(self.matrix.previous),
            last_norm=self.matrix.last_norm,
            sums=self.matrix.gradient_sums,
        )

    def send_below(self, program: Program, delta: Region, below: Region) -> None:
        """Append below = dL/dx, delta being dL/dz."""
        if self.window:
            program.add(
                convolution.conv_input_gradient,
                delta=images(delta, self.size),
                weight=self.weight,
                below=images(below, self.source),
                **self._scratch(self.window),
            )
        else:
            program.add(self._linear(below).input_gradient, delta=delta, weight=self.weight, below=self._rows(below))

    def _linear(self, x: Region) -> Linear:
        return choose_linear(x.size // self.source.numbers, self.source.numbers, self.size.channels)

    def _rows(self, x: Region) -> Region:
        """What is read, a row an example."""
        return x.reshaped(x.size // self.source.numbers, self.source.numbers)

    def _scratch(self, window: Window) -> dict[str, Region | int]:
        return {
            "room": self.room,
            "places": self.places,
            "side": window.kernel,
            "stride": window.stride,
            "padding": window.padding,
        }


def scratch(batch: int, window: Window | None, source: Size, size: Size) -> tuple[int, int]:
    """(room, places): how many real and how many whole numbers of scratch a product wants."""
    if window is None:
        return source.numbers * PANEL, 0
    return convolution.scratch(batch, *source, size.channels, *window)


def images(rows: Region, size: Size) -> Region:
    """Rows of channels as (batch, height, width, channels)."""
    return rows.reshaped(rows.size // size.numbers, *size)


def flat(region: Region) -> Region:
    """The region as one row."""
    return region.reshaped(region.size)
