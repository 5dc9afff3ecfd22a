"""Residual blocks as stages: where a block begins its input is kept, where it ends it is added."""

from __future__ import annotations

from dataclasses import dataclass

from gradtui.engine.kernels import skip
from gradtui.engine.layout import Region
from gradtui.engine.parameters import Trained
from gradtui.engine.products import Product
from gradtui.engine.program import Program
from gradtui.engine.stages import Deltas, Spare, Stage


@dataclass(frozen=True)
class Keep(Stage):
    """A block begins here. `stream` (rows, units) keeps its input, `direct` (rows, units) brings the gradient that went
    past it, `sums` receives the squares of the signal before and after the two meet."""

    stream: Region
    direct: Region
    sums: Region

    def forward(self, program: Program, v: Region, x: Region) -> Region:
        program.add(skip.keep, values=v, kept=self.stream)
        return v

    def evaluate(self, program: Program, v: Region, x: Region, spare: Spare) -> Region:
        program.add(skip.keep, values=v, kept=spare.stream(*v.shape))
        return v

    def backward(self, program: Program, delta: Region, x: Region, deltas: Deltas) -> Region:
        program.add(skip.meet, delta=delta, direct=self.direct, sums=self.sums)
        return delta


@dataclass(frozen=True)
class Projection:
    """The 1 x 1 product that gives a block's input the size of the sum. `projected` and `delta` are (rows, units) of
    the sum, `stream` and `direct` those of the block's input."""

    product: Product
    projected: Region
    delta: Region
    stream: Region
    direct: Region


@dataclass(frozen=True)
class Join(Stage):
    """A block ends here: z = its input + scale z (He et al. 2016). `direct` (rows, units) receives what goes past the
    block on the way back, `used` (1,) the scale that the signal met."""

    stream: Region
    direct: Region
    projection: Projection | None
    scale: Region
    used: Region

    def forward(self, program: Program, v: Region, x: Region) -> Region:
        source = self.stream
        if self.projection:
            source = self.projection.projected
            self.projection.product.forward(program, self.stream, source)
        self._join(program, v, source)
        return v

    def evaluate(self, program: Program, v: Region, x: Region, spare: Spare) -> Region:
        if self.projection:
            product = self.projection.product
            kept = spare.stream(spare.examples * product.source.positions, product.source.channels)
            source = spare.take(*v.shape)
            product.forward(program, kept, source)
        else:
            source = spare.stream(*v.shape)
        self._evaluate_join(program, v, source, spare)
        return v

    def _join(self, program: Program, v: Region, source: Region) -> None:
        program.add(skip.join, z=v, source=source, scale=self.scale)

    def _evaluate_join(self, program: Program, v: Region, source: Region, spare: Spare) -> None:
        self._join(program, v, source)

    def backward(self, program: Program, delta: Region, x: Region, deltas: Deltas) -> Region:
        self._part(program, delta, self.projection.delta if self.projection else self.direct)
        if self.projection:
            self.projection.product.backward(program, self.projection.stream, self.projection.delta)
            self.projection.product.send_below(program, self.projection.delta, self.projection.direct)
        return delta

    def _part(self, program: Program, delta: Region, direct: Region) -> None:
        program.add(skip.part, delta=delta, direct=direct, scale=self.scale, used=self.used)

    def products(self) -> list[Product]:
        return [self.projection.product] if self.projection else []


@dataclass(frozen=True)
class LearnedJoin(Join):
    """The same with a trained scale (ReZero, Bachlechner et al. 2021); `branch` (rows, units) keeps what it scales."""

    name: str
    scale_gradient: Region
    branch: Region

    def _join(self, program: Program, v: Region, source: Region) -> None:
        program.add(skip.rezero_join, z=v, source=source, alpha=self.scale, branch=self.branch)

    def _evaluate_join(self, program: Program, v: Region, source: Region, spare: Spare) -> None:
        program.add(skip.rezero_join, z=v, source=source, alpha=self.scale, branch=spare.take(*v.shape))

    def _part(self, program: Program, delta: Region, direct: Region) -> None:
        program.add(
            skip.rezero_part,
            delta=delta,
            branch=self.branch,
            direct=direct,
            alpha=self.scale,
            alpha_gradient=self.scale_gradient,
            used=self.used,
        )

    def trained(self) -> list[Trained]:
        return [(self.name, self.scale, self.scale_gradient)]
