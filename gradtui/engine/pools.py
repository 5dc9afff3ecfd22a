"""Pooling as a stage behind a layer."""

from __future__ import annotations

from dataclasses import dataclass

from gradtui.engine.kernels import pooling
from gradtui.engine.layout import Region
from gradtui.engine.products import images
from gradtui.engine.program import Program
from gradtui.engine.stages import Deltas, Spare, Stage
from gradtui.scenario.architecture import Pool, Size


@dataclass(frozen=True)
class Pooling(Stage):
    """The largest or the mean of each window of an image of `source`: `size` of them. `pooled` (rows, channels)
    receives them; `winner`, of the same shape, remembers which was the largest."""

    pool: Pool
    source: Size
    size: Size
    pooled: Region
    winner: Region | None

    def forward(self, program: Program, v: Region, x: Region) -> Region:
        self._pool(program, v, self.pooled, self.winner)
        return self.pooled

    def evaluate(self, program: Program, v: Region, x: Region, spare: Spare) -> Region:
        shape = (spare.examples * self.size.positions, self.size.channels)
        pooled = spare.take(*shape)
        self._pool(program, v, pooled, spare.take(*shape) if self.winner else None)
        return pooled

    def _pool(self, program: Program, v: Region, pooled: Region, winner: Region | None) -> None:
        x, y = images(v, self.source), images(pooled, self.size)
        if winner:
            won = images(winner, self.size)
            program.add(pooling.max_pool_forward, x=x, y=y, winner=won, **self._window())
        else:
            program.add(pooling.average_pool_forward, x=x, y=y, **self._window())

    def backward(self, program: Program, delta: Region, x: Region, deltas: Deltas) -> Region:
        rows = delta.size // self.size.numbers * self.source.positions
        below = deltas.other(delta, rows, self.source.channels)
        above, down = images(delta, self.size), images(below, self.source)
        if self.winner:
            won = images(self.winner, self.size)
            program.add(pooling.max_pool_backward, delta=above, winner=won, below=down, **self._window())
        else:
            program.add(pooling.average_pool_backward, delta=above, below=down, **self._window())
        return below

    def _window(self) -> dict[str, int]:
        if self.pool.window is None:
            return {"tall": self.source.height, "wide": self.source.width, "stride": 1}
        return {"tall": self.pool.window.kernel, "wide": self.pool.window.kernel, "stride": self.pool.window.stride}
