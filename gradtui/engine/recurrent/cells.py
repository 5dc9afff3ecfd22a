"""What a recurrent layer owns, and its passes through time, for each kind of cell."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import ClassVar

from gradtui.engine.kernels import recurrent, recurrent_gru, recurrent_lstm
from gradtui.engine.kernels.activation import ACTIVATIONS
from gradtui.engine.layout import Region
from gradtui.engine.program import Program
from gradtui.scenario.model import Network

#: (role, dtype, shape) -> a region: where a pass gets its memory from.
Reserve = Callable[..., Region]


@dataclass(frozen=True)
class Through:
    """Memory of one pass of `batch` examples through `steps` steps of a layer; `pre` (steps, batch, gates) holds what
    the input says and then what the way back needs, h (steps + 1, batch, units) the states, the first one 0."""

    steps: int
    batch: int
    units: int
    pre: Region
    h: Region
    own: dict[str, Region]

    @property
    def inputs(self) -> Region:
        """`pre`, a row an example at a step."""
        return self.pre.reshaped(self.steps * self.batch, self.pre.shape[2])

    @property
    def before(self) -> Region:
        """The state that each step reads, a row an example at a step."""
        return self.h.part(0, (self.steps * self.batch, self.units))

    @property
    def after(self) -> Region:
        """The state that each step makes, in the same form."""
        return self.h.part(self.batch * self.units, (self.steps * self.batch, self.units))

    @property
    def last(self) -> Region:
        """The last state, (batch, units)."""
        return self.h[self.steps]


@dataclass(frozen=True)
class Weights:
    """The recurrent matrix (gates, units) and the biases (gates,), with the gradients of the latter."""

    recurrent: Region
    input_bias: Region
    hidden_bias: Region
    input_bias_gradient: Region
    hidden_bias_gradient: Region
    joined_bias: Region


@dataclass(frozen=True)
class Signal:
    """What a layer's way back through time reads and writes: `delta` (steps, batch, units), what comes from above, and
    then dL/dh_t; sums (steps, 3) of its squares, for an LSTM also those of dL/dc_t."""

    delta: Region
    truncation: Region
    sums: Region
    cell_sums: Region | None


class Cell:
    """One kind of cell. `gates` matrices lie in one, `names` are those that are measured, in the order of their sums,
    `shared` of the gates have their recurrent bias joined to what the input says."""

    gates: ClassVar[int]
    shared: ClassVar[int]
    names: ClassVar[tuple[str, ...]] = ()
    has_cell: ClassVar[bool] = False
    #: The gate whose bias `forget_bias` is added to, and the one whose function is the layer's.
    remembers: ClassVar[int | None] = None
    candidate: ClassVar[int] = 0
    #: The gate without an effect at the first step, where there is no state before it; -1: none.
    late: ClassVar[int] = -1
    #: The function of the candidate, and whether its slope is exactly 0 on a stretch.
    activation: str = "tanh"

    @property
    def flat(self) -> bool:
        """Whether a unit can be silent."""
        return False

    def scratch(self, batch: int, units: int, reserve: Reserve) -> dict[str, Region]:
        """What all layers of one batch size share in the forward pass."""
        gates = self.gates * units
        return {"panels": reserve("panels", gates, units), "recalled": reserve("recalled", batch, gates)}

    def own(self, steps: int, batch: int, units: int, reserve: Reserve) -> dict[str, Region]:
        """What a layer's forward pass leaves besides states."""
        return {}

    def back_own(self, steps: int, batch: int, units: int, reserve: Reserve) -> dict[str, Region]:
        """What a layer's way back leaves besides what stands in `pre` and `delta`."""
        return {}

    def forward(
        self, program: Program, weights: Weights, at: Through, scratch: dict[str, Region], gate_sums: Region
    ) -> None:
        """Append the way through time."""
        raise NotImplementedError

    def backward(
        self, program: Program, weights: Weights, at: Through, scratch: dict[str, Region], signal: Signal
    ) -> tuple[Region, Region]:
        """Append the way back; returns where the gradients of what the input says and of what the state says lie, a row
        an example at a step."""
        raise NotImplementedError

    def back_scratch(self, batch: int, units: int, reserve: Reserve) -> dict[str, Region]:
        """What all layers share in the backward pass."""
        return {"carry": reserve("carry", batch, units)}


class Plain(Cell):
    """torch.nn.RNN."""

    gates = 1
    shared = 1

    def __init__(self, activation: str) -> None:
        self.activation = activation

    @property
    def flat(self) -> bool:
        return ACTIVATIONS[self.activation].flat

    def back_own(self, steps: int, batch: int, units: int, reserve: Reserve) -> dict[str, Region]:
        return {"pre_delta": reserve("pre_delta", steps, batch, units)}

    def forward(
        self, program: Program, weights: Weights, at: Through, scratch: dict[str, Region], gate_sums: Region
    ) -> None:
        program.add(
            recurrent.RNN_FORWARD[self.activation],
            pre=at.pre,
            weight=weights.recurrent,
            panels=scratch["panels"],
            recalled=scratch["recalled"],
            h=at.h,
            blocks=recurrent.by_blocks(at.units),
        )

    def backward(
        self, program: Program, weights: Weights, at: Through, scratch: dict[str, Region], signal: Signal
    ) -> tuple[Region, Region]:
        program.add(
            recurrent.rnn_backward,
            slope=at.pre,
            weight=weights.recurrent,
            truncation=signal.truncation,
            delta=signal.delta,
            pre_delta=at.own["pre_delta"],
            carry=scratch["carry"],
            bias_gradient=weights.input_bias_gradient,
            sums=signal.sums,
            blocks=recurrent.by_blocks(at.units),
        )
        rows = at.own["pre_delta"].reshaped(at.steps * at.batch, at.units)
        return rows, rows


class LSTM(Cell):
    """torch.nn.LSTM: input, forget, candidate, output."""

    gates = 4
    shared = 4
    names = ("gate_input", "gate_forget", "gate_output")
    has_cell = True
    remembers = 1
    candidate = 2
    late = 1

    def scratch(self, batch: int, units: int, reserve: Reserve) -> dict[str, Region]:
        return {**super().scratch(batch, units, reserve), "parts": reserve("parts", 4, batch * units)}

    def own(self, steps: int, batch: int, units: int, reserve: Reserve) -> dict[str, Region]:
        return {
            "c": reserve("c", steps + 1, batch, units),
            "forget": reserve("forget", steps, batch, units),
            "passes": reserve("passes", steps, batch, units),
        }

    def back_scratch(self, batch: int, units: int, reserve: Reserve) -> dict[str, Region]:
        return {name: reserve(name, batch, units) for name in ("carry", "cell_carry", "cell_delta")}

    def forward(
        self, program: Program, weights: Weights, at: Through, scratch: dict[str, Region], gate_sums: Region
    ) -> None:
        program.add(
            recurrent_lstm.lstm_forward,
            pre=at.pre,
            weight=weights.recurrent,
            h=at.h,
            gate_sums=gate_sums,
            blocks=recurrent.by_blocks(at.units),
            **at.own,
            **scratch,
        )

    def backward(
        self, program: Program, weights: Weights, at: Through, scratch: dict[str, Region], signal: Signal
    ) -> tuple[Region, Region]:
        assert signal.cell_sums is not None
        program.add(
            recurrent_lstm.lstm_backward,
            factors=at.pre,
            forget=at.own["forget"],
            passes=at.own["passes"],
            weight=weights.recurrent,
            truncation=signal.truncation,
            delta=signal.delta,
            bias_gradient=weights.input_bias_gradient,
            sums=signal.sums,
            cell_sums=signal.cell_sums,
            blocks=recurrent.by_blocks(at.units),
            **scratch,
        )
        return at.inputs, at.inputs


class GRU(Cell):
    """torch.nn.GRU: reset, update, candidate."""

    gates = 3
    shared = 2
    names = ("gate_reset", "gate_update")
    remembers = 1
    candidate = 2
    late = 0

    def scratch(self, batch: int, units: int, reserve: Reserve) -> dict[str, Region]:
        return {
            **super().scratch(batch, units, reserve),
            "parts": reserve("parts", 3, batch * units),
            "said": reserve("said", batch * units),
        }

    def own(self, steps: int, batch: int, units: int, reserve: Reserve) -> dict[str, Region]:
        return {name: reserve(name, steps, batch, units) for name in ("reset", "update")}

    def back_own(self, steps: int, batch: int, units: int, reserve: Reserve) -> dict[str, Region]:
        return {"hidden": reserve("hidden", steps, batch, 3 * units)}

    def forward(
        self, program: Program, weights: Weights, at: Through, scratch: dict[str, Region], gate_sums: Region
    ) -> None:
        program.add(
            recurrent_gru.gru_forward,
            pre=at.pre,
            weight=weights.recurrent,
            hidden_bias=weights.hidden_bias,
            h=at.h,
            reset=at.own["reset"],
            update=at.own["update"],
            gate_sums=gate_sums,
            blocks=recurrent.by_blocks(at.units),
            **scratch,
        )

    def backward(
        self, program: Program, weights: Weights, at: Through, scratch: dict[str, Region], signal: Signal
    ) -> tuple[Region, Region]:
        program.add(
            recurrent_gru.gru_backward,
            factors=at.pre,
            weight=weights.recurrent,
            truncation=signal.truncation,
            delta=signal.delta,
            bias_gradient=weights.input_bias_gradient,
            hidden_bias_gradient=weights.hidden_bias_gradient,
            sums=signal.sums,
            blocks=recurrent.by_blocks(at.units),
            **at.own,
            **scratch,
        )
        return at.inputs, at.own["hidden"].reshaped(at.steps * at.batch, 3 * at.units)


def cell_of(network: Network) -> Cell:
    """The cell that a scenario stacks."""
    if network.cell == "lstm":
        return LSTM()
    return GRU() if network.cell == "gru" else Plain(network.activation)
