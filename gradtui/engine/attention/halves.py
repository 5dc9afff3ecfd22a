"""The two halves of a block: attention, and the feed-forward layers; forward and backward side by side.

Both read the stream, make something of it and add that to it. The norm stands before (pre-LN: the stream itself stays
as it is; Xiong et al. 2020) or behind the sum (post-LN; Vaswani et al. 2017).
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from gradtui.engine.attention.parts import Dropping, Linear, Memory, RowNorm, Sum, by_step
from gradtui.engine.kernels import gauges, skip
from gradtui.engine.kernels.activation import Activation
from gradtui.engine.kernels.attention import ATTENTION, DROPPING_ATTENTION
from gradtui.engine.layout import Region
from gradtui.engine.matrices import Matrix
from gradtui.engine.products import flat
from gradtui.engine.program import Program
from gradtui.engine.stages import Deltas


@dataclass(frozen=True)
class Scratch:
    """Memory that all halves share: the two regions between which the signal goes to and fro, what attention works in,
    and the signal of queries, keys and values together (rows, 3 width)."""

    deltas: Deltas
    working: dict[str, Region]
    qkv_delta: Region


@dataclass(frozen=True)
class Half(ABC):
    """Half of a block. `signal` (3,) receives the squares of dL/d(what the branch makes), behind its dropout."""

    norm: RowNorm | None
    pre: bool
    sum: Sum | None
    dropping: Dropping | None
    signal: Region
    kept: Memory
    scratch: Scratch

    @abstractmethod
    def _make(self, program: Program, memory: Memory, x: Region, made: Region) -> None:
        """Append made = branch(x)."""

    @abstractmethod
    def _unmake(self, program: Program, x: Region, delta: Region) -> Region:
        """Append the way back through the branch; returns where dL/dx lies."""

    @property
    @abstractmethod
    def linears(self) -> Sequence[Linear]:
        """The products, in the order of the way forward."""

    @property
    def matrices(self) -> list[Matrix]:
        """Everything with a gradient of its own that has a tap."""
        norm = [self.norm.scale] if self.norm else []
        inside = [matrix for linear in self.linears for matrix in linear.matrices]
        return norm + inside if self.pre else inside + norm

    def forward(self, program: Program, memory: Memory, x: Region) -> Region:
        """Append the way forward from the stream x (rows, width); returns the stream behind it."""
        made = memory.at("made")
        self._make(program, memory, self._read(program, memory, x), made)
        if self.dropping and memory.training:
            self.dropping.forward(program, made, memory.at("mask"))
        normed_behind = self.norm is not None and not self.pre
        if not self.sum and not normed_behind:
            return made
        joined = memory.at("joined")
        if self.sum:
            self.sum.forward(program, x, made, joined)
        else:
            program.add(skip.keep, values=made, kept=joined)
        if self.norm and normed_behind:
            self.norm.forward(program, joined, memory.at("x_hat"), memory.at("inverse"))
        return joined

    def _read(self, program: Program, memory: Memory, x: Region) -> Region:
        """Append what stands between the stream and the branch; returns what the branch reads."""
        if not self.norm or not self.pre:
            return x
        normed = memory.at("normed")
        program.add(skip.keep, values=x, kept=normed)
        self.norm.forward(program, normed, memory.at("x_hat"), memory.at("inverse"))
        return normed

    def backward(self, program: Program, x: Region, delta: Region) -> Region:
        """Append the way back from delta, dL/d(stream behind), to dL/dx; returns where that lies."""
        kept = self.kept
        if self.norm and not self.pre:
            self.norm.backward(program, delta, kept.at("x_hat"), kept.at("inverse"))
        if self.sum:
            self.sum.part(program, delta)
        program.add(gauges.square_sum, g=flat(delta), sums=self.signal)
        if self.dropping:
            self.dropping.backward(program, delta, kept.at("mask"))
        read = kept.at("normed") if self.norm and self.pre else x
        below = self._unmake(program, read, delta)
        if self.norm and self.pre:
            self.norm.backward(program, below, kept.at("x_hat"), kept.at("inverse"))
        if self.sum:
            self.sum.meet(program, below)
        return below


@dataclass(frozen=True)
class AttentionHalf(Half):
    """Multi-head attention. `qkv_signals` (3, 3) receives the squares of the signals of queries, keys and values."""

    causal: bool
    into: Linear
    out_of: Linear
    dropping_weights: Dropping
    qkv_signals: Region

    @property
    def linears(self) -> Sequence[Linear]:
        return self.into, self.out_of

    def _make(self, program: Program, memory: Memory, x: Region, made: Region) -> None:
        qkv, context = memory.at("qkv"), memory.at("context")
        self.into.forward(program, x, qkv)
        program.add(
            (DROPPING_ATTENTION if self.dropping and memory.training else ATTENTION)[0],
            qkv=by_step(qkv, memory.batch),
            causal=int(self.causal),
            weights=memory.by_example("weights"),
            context=by_step(context, memory.batch),
            **self.dropping_weights.drawn(),
            **self.scratch.working,
        )
        self.out_of.forward(program, context, made)

    def _unmake(self, program: Program, x: Region, delta: Region) -> Region:
        kept, deltas = self.kept, self.scratch.deltas
        context, qkv_delta = kept.at("context"), self.scratch.qkv_delta
        self.out_of.backward(program, context, delta)
        above = deltas.other(delta, *context.shape)
        self.out_of.send_below(program, delta, above)
        program.add(
            (DROPPING_ATTENTION if self.dropping else ATTENTION)[1],
            delta=by_step(above, kept.batch),
            qkv=by_step(kept.at("qkv"), kept.batch),
            weights=kept.by_example("weights"),
            qkv_delta=by_step(qkv_delta, kept.batch),
            sums=self.qkv_signals,
            **self.dropping_weights.drawn(),
            **self.scratch.working,
        )
        self.into.backward(program, x, qkv_delta)
        below = deltas.other(above, *x.shape)
        self.into.send_below(program, qkv_delta, below)
        return below


@dataclass(frozen=True)
class FeedForwardHalf(Half):
    """W2 phi(W1 x + b1) + b2. `inner_signal` (3,) receives the squares of dL/d(hidden), behind its dropout; `slopes`
    (6,) those behind and before the activation."""

    first: Linear
    second: Linear
    activation: Activation
    bend: Region
    inner: Dropping | None
    inner_signal: Region
    slopes: Region

    @property
    def linears(self) -> Sequence[Linear]:
        return self.first, self.second

    def _make(self, program: Program, memory: Memory, x: Region, made: Region) -> None:
        z, hidden = memory.at("z"), memory.at("hidden")
        self.first.forward(program, x, z)
        program.add(self.activation.forward, z=z, bend=self.bend, a=hidden)
        if self.inner and memory.training:
            self.inner.forward(program, hidden, memory.at("inner_mask"))
        self.second.forward(program, hidden, made)

    def preactivation(self, program: Program, memory: Memory, stream: Region) -> Region:
        """Append the way forward as far as what the activation reads; returns where that lies."""
        z = memory.at("z")
        self.first.forward(program, self._read(program, memory, stream), z)
        return z

    def _unmake(self, program: Program, x: Region, delta: Region) -> Region:
        hidden, deltas = self.kept.at("hidden"), self.scratch.deltas
        self.second.backward(program, hidden, delta)
        above = deltas.other(delta, *hidden.shape)
        self.second.send_below(program, delta, above)
        if self.inner:
            program.add(gauges.square_sum, g=flat(above), sums=self.inner_signal)
            self.inner.backward(program, above, self.kept.at("inner_mask"))
        program.add(self.activation.backward, slope=self.kept.at("z"), delta=above, sums=self.slopes)
        self.first.backward(program, x, above)
        below = deltas.other(above, *x.shape)
        self.first.send_below(program, above, below)
        return below
