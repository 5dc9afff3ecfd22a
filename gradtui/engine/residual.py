"""Residual blocks: which layers begin and end one, and the instructions that this adds to them."""

from __future__ import annotations

from dataclasses import dataclass

from gradtui.engine.kernels import skip
from gradtui.engine.layout import Region
from gradtui.engine.program import Program


@dataclass(frozen=True)
class Residual:
    """A layer's part in the residual blocks of its network; the blocks follow one another, none lies in another.

    `begins`: a block begins behind the layer, so that gradients meet there. `joins`: the layer ends a block, and adds
    its input. `pre`: the sum is taken before norm and activation (He et al. 2016b), not between them (2016a). `stream`
    (batch, units) keeps a block's input; `direct` (batch, units) carries the gradient down the skip; `scale` (1,)
    multiplies the branch.
    """

    begins: bool
    joins: bool
    pre: bool
    stream: Region
    direct: Region
    scale: Region
    sums: Region

    def keep(self, program: Program, values: Region, stream: Region) -> None:
        """Where a block begins, append the keeping of its input."""
        if self.begins:
            program.add(skip.keep, values=values, kept=stream)

    def join(self, program: Program, z: Region, stream: Region) -> None:
        """Where a block ends, append z = its input + scale z."""
        if self.joins:
            program.add(skip.join, z=z, source=stream, scale=self.scale)

    def part(self, program: Program, delta: Region) -> None:
        """Where a block ends, append the way back through the join."""
        if self.joins:
            program.add(skip.part, delta=delta, direct=self.direct, scale=self.scale)

    def meet(self, program: Program, delta: Region) -> None:
        """Where a block begins, append the meeting of the gradients of branch and skip."""
        if self.begins:
            program.add(skip.meet, delta=delta, direct=self.direct, sums=self.sums)


def blocks(depth: int, every: int) -> tuple[set[int], set[int]]:
    """(layers behind which a block begins, layers that end one), counted from 0.

    The first layer leads from the inputs to the width of the blocks and belongs to none; layers that do not fill a
    block at the end stay plain.
    """
    begins = set(range(0, depth - every, every))
    return begins, {start + every for start in begins}
