"""What a transformer's halves are made of: products, norms, sums with what went past, and where each of them is
measured."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from gradtui.engine.kernels import dropout, embedding, gauges, normalisation, skip
from gradtui.engine.kernels.activation import column_sums
from gradtui.engine.kernels.linear import BY_BLAS, PANEL, choose
from gradtui.engine.kernels.linear import Linear as LinearKernels
from gradtui.engine.layout import Region
from gradtui.engine.matrices import Matrix
from gradtui.engine.products import flat
from gradtui.engine.program import Program

#: Inputs up to which rows lie near each other, and the most rows that a weight gradient sums one by one.
NEAR, MOST_ROWS = 128, 4096


@dataclass(frozen=True)
class Tap:
    """A place where the gradient is measured.

    `matrix` is what its bar shows the gradient of. Its output has `units` columns of `output` (rows, columns), from
    `start` on; `signal` (3,) holds the squares of dL/d(output). `below` is the tap whose output it reads, None for the
    embedding. `norm` (6,) holds the squares behind and before a norm, `slope` (6,) those behind and before an
    activation, `met` (6,) those without and with what a skip brings, where the tap reads what a skip goes past.
    `branch`: it stands inside of what a skip goes past. `late`: only the last time step of an example sends it a
    signal.
    """

    name: str
    key: str
    matrix: Matrix
    output: Region
    start: int
    units: int
    signal: Region
    below: int | None
    norm: Region | None = None
    slope: Region | None = None
    met: Region | None = None
    branch: bool = True
    late: bool = False

    @property
    def rows(self) -> int:
        return self.output.shape[0]


class Memory:
    """Where one half of a block leaves what its way forward makes of `batch` examples of `steps` time steps, by role;
    `training`: dropout drops, and all of it is kept for the way back."""

    def __init__(self, regions: Mapping[str, Region], batch: int, steps: int, training: bool) -> None:
        self._regions = regions
        self.batch = batch
        self.steps = steps
        self.training = training

    @property
    def rows(self) -> int:
        return self.batch * self.steps

    def at(self, role: str) -> Region:
        """A row for each time step of each example."""
        region = self._regions[role]
        return region.part(0, (self.rows, *region.shape[1:]))

    def by_example(self, role: str) -> Region:
        """The role of which examples are the first axis."""
        region = self._regions[role]
        return region.part(0, (self.batch, *region.shape[1:]))


def by_step(rows: Region, batch: int) -> Region:
    """(batch * steps, units) -> (batch, steps, units)."""
    return rows.reshaped(batch, rows.shape[0] // batch, rows.shape[1])


@dataclass(frozen=True)
class Linear:
    """z = x W^T + b. W is `matrices` one above the other, one for each tap that it makes the output of."""

    matrices: tuple[Matrix, ...]
    weight: Region
    gradient: Region
    bias: Region
    bias_gradient: Region
    room: Region

    def forward(self, program: Program, x: Region, z: Region) -> None:
        """Append z = x W^T + b."""
        turned = self.room.part(0, (self.weight.shape[1], PANEL))
        program.add(self._way.forward, x=x, weight=self.weight, bias=self.bias, turned=turned, z=z)

    def backward(self, program: Program, x: Region, delta: Region) -> None:
        """Append the gradients of weight and bias, and what is measured of the former; delta is dL/dz."""
        program.add(column_sums, values=delta, sums=self.bias_gradient)
        program.add(self._weight_way(x.shape[0]).weight_gradient, delta=delta, x=x, weight_gradient=self.gradient)
        for matrix in self.matrices:
            measure(program, matrix)

    def send_below(self, program: Program, delta: Region, below: Region) -> None:
        """Append below = dL/dx, delta being dL/dz."""
        program.add(self._way.input_gradient, delta=delta, weight=self.weight, below=below)

    @property
    def _way(self) -> LinearKernels:
        """Register blocks wherever they can: for products of many rows with small matrices they are the faster way
        (measured in float32 at 2,048 rows, 64 to 256: 1.2 to 2 times)."""
        fan_out, fan_in = self.weight.shape
        return choose(1, fan_in, fan_out)

    def _weight_way(self, rows: int) -> LinearKernels:
        """The same for the weight gradient, a sum over all rows: not where they lie far apart, nor where they are so
        many that a sum one by one would lose digits."""
        fan_out, fan_in = self.weight.shape
        return choose(1, fan_in, fan_out) if fan_in <= NEAR and rows <= MOST_ROWS else BY_BLAS


def measure(program: Program, matrix: Matrix) -> None:
    """Append what is measured of a matrix's gradient."""
    program.add(
        gauges.gradient_gauges,
        g=flat(matrix.gradient),
        previous=flat(matrix.previous),
        last_norm=matrix.last_norm,
        sums=matrix.gradient_sums,
    )


@dataclass(frozen=True)
class RowNorm:
    """Layer norm of each time step by itself, in place. `scale` (1, width) is gamma, which has a tap; `sums` (6,)
    receives the squares of the signal behind and before it."""

    scale: Matrix
    shift: Region
    shift_gradient: Region
    settings: Region
    sums: Region

    def forward(self, program: Program, v: Region, x_hat: Region, inverse: Region) -> None:
        """Append the norm of v (rows, width)."""
        program.add(
            normalisation.LAYER_NORM[0],
            z=v,
            gamma=flat(self.scale.values),
            beta=self.shift,
            settings=self.settings,
            inverse=inverse,
            x_hat=x_hat,
        )

    def backward(self, program: Program, delta: Region, x_hat: Region, inverse: Region) -> None:
        """Append the way back: from dL/d(normed) to dL/dv, in place."""
        program.add(
            normalisation.LAYER_NORM[1],
            delta=delta,
            x_hat=x_hat,
            gamma=flat(self.scale.values),
            inverse=inverse,
            gamma_gradient=flat(self.scale.gradient),
            beta_gradient=self.shift_gradient,
            sums=self.sums,
        )
        measure(program, self.scale)


@dataclass(frozen=True)
class Dropping:
    """Dropout at one place of one block; `rate` (1,) is the network's."""

    rate: Region
    clock: Region
    seed: int
    place: int

    def drawn(self) -> dict[str, Region | int]:
        """What a kernel draws by."""
        return {"rate": self.rate, "clock": self.clock, "seed": self.seed, "place": self.place}

    def forward(self, program: Program, v: Region, mask: Region) -> None:
        """Append dropout on v, in place."""
        program.add(dropout.dropout_forward, a=v, mask=mask, **self.drawn())

    def backward(self, program: Program, delta: Region, mask: Region) -> None:
        """Append the way back, in place."""
        program.add(dropout.dropout_backward, delta=delta, mask=mask)


@dataclass(frozen=True)
class Sum:
    """x + scale * branch, and the gradient's two ways. `direct` (rows, width) carries what goes past the branch on the
    way back, `used` (1,) keeps the scale that the signal met, `met` (6,) receives the squares of dL/dx without and with
    what was brought past."""

    scale: Region
    direct: Region
    used: Region
    met: Region

    def forward(self, program: Program, x: Region, branch: Region, joined: Region) -> None:
        """Append joined = x + scale * branch."""
        program.add(embedding.join_apart, z=branch, source=x, scale=self.scale, joined=joined)

    def part(self, program: Program, delta: Region) -> None:
        """Append the way back to the branch: delta becomes scale * delta."""
        program.add(skip.part, delta=delta, direct=self.direct, scale=self.scale, used=self.used)

    def meet(self, program: Program, delta: Region) -> None:
        """Append the meeting of both ways: delta, dL/dx by way of the branch, becomes dL/dx."""
        program.add(skip.meet, delta=delta, direct=self.direct, sums=self.met)
