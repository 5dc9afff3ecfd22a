"""Stages: what happens between a layer's product and what the next layer reads, one after another.

Each knows its way forward, its way back, and how it goes outside training. A layer is a product and a row of stages;
who adds a kind of layer adds a stage.
"""

from __future__ import annotations

from dataclasses import dataclass

from gradtui.engine.kernels import concatenate, dropout, gauges, highway, skip
from gradtui.engine.kernels.activation import Activation
from gradtui.engine.layout import Region
from gradtui.engine.parameters import Kept, Trained
from gradtui.engine.products import Product, flat
from gradtui.engine.program import Program


class Spare:
    """Memory for one pass of `examples` examples outside training: a few buffers, and a stream for residual blocks."""

    def __init__(self, examples: int, buffers: list[Region], stream: Region, inverse: Region) -> None:
        self.examples = examples
        self._buffers = buffers
        self._taken: set[str] = set()
        self._stream = stream
        self._inverse = inverse

    def take(self, rows: int, units: int) -> Region:
        """A buffer that nobody holds."""
        for buffer in self._buffers:
            if buffer.name not in self._taken:
                self._taken.add(buffer.name)
                return Region(buffer.name, buffer.dtype, (rows, units), buffer.offset)
        raise RuntimeError("a layer holds more buffers than there are")

    def hold_only(self, region: Region) -> None:
        """Give all buffers back but one."""
        self._taken = {region.name}

    def stream(self, rows: int, units: int) -> Region:
        """What is kept for the end of a residual block."""
        return self._stream.part(0, (rows, units))

    def inverse(self, *shape: int) -> Region:
        """Room for a norm's 1 / deviation."""
        return self._inverse.part(0, shape)


class Deltas:
    """Two regions between which the signal goes to and fro on its way back."""

    def __init__(self, sides: tuple[Region, Region]) -> None:
        self._sides = sides

    def other(self, delta: Region, rows: int, units: int) -> Region:
        """The one in which `delta` does not lie, in this shape."""
        first, second = self._sides
        side = second if delta.offset == first.offset else first
        return side.part(0, (rows, units))


class Stage:
    """One stage; what a kind does not say, it does not do."""

    def forward(self, program: Program, v: Region, x: Region) -> Region:
        """Append the stage on v (rows, units), `x` being what the layer reads; returns what comes out."""
        raise NotImplementedError

    def evaluate(self, program: Program, v: Region, x: Region, spare: Spare) -> Region:
        """Append the stage outside training."""
        raise NotImplementedError

    def backward(self, program: Program, delta: Region, x: Region, deltas: Deltas) -> Region:
        """Append the way back: from dL/d(what came out) to dL/dv."""
        raise NotImplementedError

    def end(self, program: Program, below: Region) -> None:
        """Append what this stage adds to dL/dx, once `below` has the product's part of it."""

    def prepare(self, program: Program) -> None:
        """Append what new weights need before a forward pass."""

    def trained(self) -> list[Trained]:
        """What the stage trains that is no matrix."""
        return []

    def kept(self) -> list[Kept]:
        """What the stage keeps from step to step."""
        return []

    def products(self) -> list[Product]:
        """The stage's own products."""
        return []


@dataclass(frozen=True)
class LearnedSlope:
    """What PReLU trains: a slope a layer, or one for each unit. `column` (units,) is scratch."""

    name: str
    value: Region
    gradient: Region
    column: Region


@dataclass(frozen=True)
class Activate(Stage):
    """a = phi(z). `z` (rows, units) is where the product puts its result; it becomes the slopes, or stays where a slope
    is learned. `bend` (1,) holds the number that some activations take besides x; `sums` receives the squares of the
    signal behind and before it."""

    activation: Activation
    z: Region
    a: Region
    bend: Region
    slope: LearnedSlope | None
    sums: Region

    def forward(self, program: Program, v: Region, x: Region) -> Region:
        self._activate(program, v, self.a)
        return self.a

    def evaluate(self, program: Program, v: Region, x: Region, spare: Spare) -> Region:
        a = spare.take(*v.shape)
        self._activate(program, v, a)
        return a

    def _activate(self, program: Program, z: Region, a: Region) -> None:
        if self.slope is None:
            program.add(self.activation.forward, z=z, bend=self.bend, a=a)
        else:
            program.add(self.activation.forward, z=z, slope=self.slope.value, a=a)

    def backward(self, program: Program, delta: Region, x: Region, deltas: Deltas) -> Region:
        if self.slope is None:
            program.add(self.activation.backward, slope=self.z, delta=delta, sums=self.sums)
        else:
            program.add(
                self.activation.backward,
                z=self.z,
                slope=self.slope.value,
                delta=delta,
                column=self.slope.column,
                slope_gradient=self.slope.gradient,
                sums=self.sums,
            )
        return delta

    def trained(self) -> list[Trained]:
        return [(self.slope.name, self.slope.value, self.slope.gradient)] if self.slope else []


@dataclass(frozen=True)
class Drop(Stage):
    """Dropout, in place. `mask` (rows, units) remembers what was dropped; `signal` (3,) receives the squares of what
    comes back, before it is masked."""

    mask: Region
    signal: Region
    rate: Region
    clock: Region
    seed: int
    place: int

    def forward(self, program: Program, v: Region, x: Region) -> Region:
        program.add(
            dropout.dropout_forward,
            a=v,
            mask=self.mask,
            rate=self.rate,
            clock=self.clock,
            seed=self.seed,
            place=self.place,
        )
        return v

    def evaluate(self, program: Program, v: Region, x: Region, spare: Spare) -> Region:
        return v

    def backward(self, program: Program, delta: Region, x: Region, deltas: Deltas) -> Region:
        program.add(gauges.square_sum, g=flat(delta), sums=self.signal)
        program.add(dropout.dropout_backward, delta=delta, mask=self.mask)
        return delta


@dataclass(frozen=True)
class Highway(Stage):
    """y = t h + (1 - t) x, t = sigmoid(gate(x)). All regions but the last two are (rows, units).

    `h` is what comes in. `gate_delta`, `direct` and `gate_below` are shared by all highway layers. `signal` (3,)
    receives the squares of dL/dy, `sums` (6,) those of dL/dx without and with what went past the layer.
    """

    gate: Product
    h: Region
    t: Region
    carry: Region
    y: Region
    gate_delta: Region
    direct: Region
    gate_below: Region
    signal: Region
    sums: Region

    def forward(self, program: Program, v: Region, x: Region) -> Region:
        self._mix(program, v, x, self.t, self.carry, self.y)
        return self.y

    def evaluate(self, program: Program, v: Region, x: Region, spare: Spare) -> Region:
        t, carry, y = (spare.take(*v.shape) for _ in range(3))
        self._mix(program, v, x, t, carry, y)
        return y

    def _mix(self, program: Program, h: Region, x: Region, t: Region, carry: Region, y: Region) -> None:
        self.gate.forward(program, x, t)
        program.add(highway.highway_mix, gate=t, h=h, x=x.reshaped(*h.shape), carry=carry, a=y)

    def backward(self, program: Program, delta: Region, x: Region, deltas: Deltas) -> Region:
        program.add(gauges.square_sum, g=flat(delta), sums=self.signal)
        program.add(
            highway.highway_unmix,
            delta=delta,
            gate=self.t,
            carry=self.carry,
            h=self.h,
            x=x.reshaped(*delta.shape),
            gate_delta=self.gate_delta,
            direct=self.direct,
        )
        self.gate.backward(program, x, self.gate_delta)
        return delta

    def end(self, program: Program, below: Region) -> None:
        self.gate.send_below(program, self.gate_delta, self.gate_below)
        program.add(skip.meet, delta=self.direct, direct=self.gate_below, sums=self.sums)
        program.add(skip.meet, delta=below.reshaped(*self.direct.shape), direct=self.direct, sums=self.sums)

    def products(self) -> list[Product]:
        return [self.gate]


@dataclass(frozen=True)
class Append(Stage):
    """What the layer makes goes behind what it has read: `joined` (rows, both). `direct` (rows, read) carries the
    gradient of the latter past the layer; `sums` (6,) receives the squares of dL/dx without and with it."""

    joined: Region
    direct: Region
    sums: Region

    def forward(self, program: Program, v: Region, x: Region) -> Region:
        self._join(program, v, x, self.joined)
        return self.joined

    def evaluate(self, program: Program, v: Region, x: Region, spare: Spare) -> Region:
        joined = spare.take(v.shape[0], self.joined.shape[1])
        self._join(program, v, x, joined)
        return joined

    def _join(self, program: Program, v: Region, x: Region, joined: Region) -> None:
        program.add(concatenate.concat, first=x.reshaped(v.shape[0], self.direct.shape[1]), second=v, joined=joined)

    def backward(self, program: Program, delta: Region, x: Region, deltas: Deltas) -> Region:
        rows, both = delta.shape
        made = deltas.other(delta, rows, both - self.direct.shape[1])
        program.add(concatenate.split, joined=delta, first=self.direct, second=made)
        return made

    def end(self, program: Program, below: Region) -> None:
        program.add(skip.meet, delta=below.reshaped(*self.direct.shape), direct=self.direct, sums=self.sums)
