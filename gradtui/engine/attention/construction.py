"""From a scenario to a transformer's plan: who owns which region."""

from __future__ import annotations

from gradtui.engine.attention.halves import AttentionHalf, FeedForwardHalf, Scratch
from gradtui.engine.attention.parts import Dropping, Linear, Memory, RowNorm, Sum, Tap
from gradtui.engine.attention.plan import Block, TransformerPlan, refuse_large
from gradtui.engine.attention.reserving import Weights, half_roles, reserve
from gradtui.engine.ground import batch_of
from gradtui.engine.kernels.activation import ACTIVATIONS
from gradtui.engine.kernels.attention import rounded
from gradtui.engine.layout import Region
from gradtui.engine.matrices import Matrix, Picture
from gradtui.engine.parameters import Parameter
from gradtui.engine.randomness import Stream
from gradtui.scenario.model import Scenario
from gradtui.tasks.dataset import Dataset

#: Places of one block's draws: its weights' behind each other, the next block's behind those.
PLACES = 8
QUERIES, KEYS, VALUES, OUT, FIRST, SECOND = range(1, 7)
#: Places of one block's dropout: attention weights, what attention makes, hidden units, what the second layer makes.
ON_WEIGHTS, ON_ATTENTION, ON_HIDDEN, ON_FEEDFORWARD = range(1, 5)


def plan(scenario: Scenario, dataset: Dataset) -> TransformerPlan:
    """Lay the transformer out. Raises ScenarioError where scenario and data do not fit together."""
    refuse_large(scenario, dataset, rounded(dataset.steps))
    made = TransformerPlan(scenario, dataset, batch_of(scenario, dataset))
    weights = reserve(made)
    _Builder(made, weights).build()
    return made


class _Builder:
    """Makes one part after the other."""

    def __init__(self, made: TransformerPlan, weights: Weights) -> None:
        self._made = made
        self._weights = weights
        self._network = made.network
        self._pre = self._network.skip_form == "pre"
        self._normed = self._network.norm == "layer"
        self._skips = self._network.skip == "residual"
        roles = half_roles(made, made.batch)
        deltas = made.deltas
        self._scratch = Scratch(
            deltas,
            {name: made.regions[name] for name in ("turned", "rooms", "squares", "line")},
            made.regions["qkv_delta"],
        )
        self._roles = roles

    def build(self) -> None:
        made, width = self._made, self._network.width
        self._embedding()
        for number in range(self._network.depth):
            self._block(number)
        rows = made.answered
        last = made.regions["last"].part(0, (rows, width))
        if self._normed and self._pre:
            made.norm = self._norm("norm", "norm", last, branch=False, below=len(made.taps) - 1, late=False)
        answers = made.regions["answers"].part(0, (rows, made.dataset.outputs))
        made.output = self._linear("output", "out", "output", (made.dataset.outputs, width), 0, answers, late=False)
        made.matrices = self._weights.matrices

    # Parts

    def _embedding(self) -> None:
        made, data, width = self._made, self._made.dataset, self._network.width
        embedded = made.regions["embedded"]
        if data.vocabulary:
            matrix = self._weights.matrix("embedding.weight", (data.tokens, width), Stream.EMBEDDING, 0, inner=False)
            made.parameters.append(_shown(matrix))
            self._tap("embed", "embedding", matrix, embedded, below=None, branch=False)
        else:
            made.embed = self._linear(
                "embedding", "embed", "embedding", (width, data.features), 0, embedded, below=None
            )
        if self._network.positions == "learned":
            made.learned = self._weights.matrix(
                "positions.weight", (made.steps, width), Stream.POSITIONS, 0, inner=False, tapped=False
            )
            made.parameters.append(_shown(made.learned))

    def _block(self, number: int) -> None:
        made, width, hidden = self._made, self._network.width, self._made.hidden
        key = f"layers.{number}"
        late = number == self._network.depth - 1 and not made.dataset.per_step
        pre, place = self._pre, PLACES * number
        kept = [self._weights.memory(f"{key}.{half}", roles) for half, roles in enumerate(self._roles)]
        memories = [Memory(regions, made.batch, made.steps, training=True) for regions in kept]
        first, second = memories
        start = len(made.taps) - 1  # what the block reads is the output of this tap

        norm = self._norm(f"{key}.norm1", f"{number + 1}.norm1", first.at("normed"), start) if pre else None
        read = len(made.taps) - 1
        into = self._queries_keys_values(key, number, first.at("qkv"), read, late)
        queries = len(made.taps) - 3
        out_of = self._linear(
            f"{key}.self_attn.out_proj",
            f"{number + 1}.o",
            key,
            (width, width),
            place + OUT,
            first.at("made"),
            late=late,
        )
        attention_out = len(made.taps) - 1
        if not pre:
            norm = self._norm(f"{key}.norm1", f"{number + 1}.norm1", first.at("joined"), attention_out, late=late)
        attention = AttentionHalf(
            norm=norm,
            pre=pre,
            sum=self._sum(2 * number),
            dropping=self._dropping(number, ON_ATTENTION),
            signal=made.taps[attention_out].signal,
            kept=first,
            scratch=self._scratch,
            causal=self._network.causal,
            into=into,
            out_of=out_of,
            dropping_weights=self._drawing(number, ON_WEIGHTS),
            qkv_signals=made.regions["signal"].part(3 * queries, (3, 3)),
        )

        start = len(made.taps) - 1
        norm = self._norm(f"{key}.norm2", f"{number + 1}.norm2", second.at("normed"), start, late=late) if pre else None
        slopes = made.regions["delta_sums"][len(made.taps)]
        first_linear = self._linear(
            f"{key}.linear1",
            f"{number + 1}.ff1",
            key,
            (hidden, width),
            place + FIRST,
            second.at("hidden"),
            late=late,
            slope=slopes,
        )
        inner = made.taps[-1]
        second_linear = self._linear(
            f"{key}.linear2", f"{number + 1}.ff2", key, (width, hidden), place + SECOND, second.at("made"), late=late
        )
        end = len(made.taps) - 1
        if not pre:
            norm = self._norm(f"{key}.norm2", f"{number + 1}.norm2", second.at("joined"), end, late=late)
        chosen = ACTIVATIONS[self._network.activation]
        feedforward = FeedForwardHalf(
            norm=norm,
            pre=pre,
            sum=self._sum(2 * number + 1),
            dropping=self._dropping(number, ON_FEEDFORWARD),
            signal=made.taps[end].signal,
            kept=second,
            scratch=self._scratch,
            first=first_linear,
            second=second_linear,
            activation=chosen,
            bend=made.regions["bend"],
            inner=self._dropping(number, ON_HIDDEN),
            inner_signal=inner.signal,
            slopes=slopes,
        )
        made.blocks.append(Block(attention, feedforward))

    def _queries_keys_values(self, key: str, number: int, qkv: Region, read: int, late: bool) -> Linear:
        """One product makes queries, keys and values; each has a matrix and a tap of its own."""
        made, width = self._made, self._network.width
        name = f"{key}.self_attn.in_proj"
        values, gradient = (
            made.layout.region(f"{name}.{role}", made.dtype, 3 * width, width) for role in ("values", "gradient")
        )
        bias, bias_gradient = self._weights.vector(f"{name}_bias", 3 * width)
        matrices = []
        for part, letter in enumerate("qkv"):
            matrix = self._weights.part(
                f"{name}.{letter}",
                values.part(part * width**2, (width, width)),
                gradient.part(part * width**2, (width, width)),
                place=PLACES * number + QUERIES + part,
            )
            matrices.append(matrix)
            heard_late = late and letter == "q"
            self._tap(
                f"{number + 1}.{letter}", key, matrix, qkv, below=read, start=part * width, units=width, late=heard_late
            )
        whole = Picture(1, 1, width, (width,))
        made.parameters.append(Parameter(f"{name}_weight", values, gradient, whole))
        made.parameters.append(Parameter(f"{name}_bias", bias, bias_gradient, None))
        return Linear(tuple(matrices), values, gradient, bias, bias_gradient, made.regions["room"])

    def _linear(
        self,
        name: str,
        tap: str,
        key: str,
        shape: tuple[int, int],
        place: int,
        output: Region,
        *,
        below: int | None = -1,
        late: bool = False,
        slope: Region | None = None,
    ) -> Linear:
        """A product with a matrix and a tap; it reads the tap before it unless something else is said."""
        made = self._made
        stream = Stream.EMBEDDING if tap == "embed" else Stream.WEIGHT
        inner = key.startswith("layers.")
        matrix = self._weights.matrix(f"{name}.weight", shape, stream, place, inner=inner)
        bias, bias_gradient = self._weights.vector(f"{name}.bias", shape[0])
        below = len(made.taps) - 1 if below == -1 else below
        self._tap(tap, key, matrix, output, below=below, late=late, slope=slope, branch=inner)
        made.parameters.append(_shown(matrix))
        made.parameters.append(Parameter(f"{name}.bias", bias, bias_gradient, None))
        return Linear((matrix,), matrix.values, matrix.gradient, bias, bias_gradient, made.regions["room"])

    def _norm(
        self, name: str, tap: str, output: Region, below: int, *, branch: bool = True, late: bool = False
    ) -> RowNorm | None:
        if not self._normed:
            return None
        made, width = self._made, self._network.width
        scale = self._weights.matrix(f"{name}.weight", (1, width), Stream.WEIGHT, 0, inner=False)
        shift, shift_gradient = self._weights.vector(f"{name}.bias", width)
        sums = made.regions["norm_sums"][len(made.taps)]
        self._tap(tap, name, scale, output, below=below, norm=sums, signal=sums.part(0, (3,)), late=late, branch=branch)
        flat = (scale.values.reshaped(width), scale.gradient.reshaped(width))
        made.parameters.append(Parameter(f"{name}.weight", *flat, None))
        made.parameters.append(Parameter(f"{name}.bias", shift, shift_gradient, None))
        return RowNorm(scale, shift, shift_gradient, made.regions["norm_settings"], sums)

    def _tap(
        self,
        name: str,
        key: str,
        matrix: Matrix,
        output: Region,
        *,
        below: int | None,
        start: int = 0,
        units: int = 0,
        signal: Region | None = None,
        norm: Region | None = None,
        slope: Region | None = None,
        branch: bool = True,
        late: bool = False,
    ) -> None:
        made = self._made
        own = made.regions["signal"][len(made.taps)]
        if slope and not made.drops:
            own = slope.part(0, (3,))
        met = self._met(name)
        made.taps.append(
            Tap(
                name=name,
                key=key,
                matrix=matrix,
                output=output,
                start=start,
                units=units or output.shape[1],
                signal=signal or own,
                below=below,
                norm=norm,
                slope=slope,
                met=met,
                branch=branch and self._skips,
                late=late,
            )
        )

    def _met(self, name: str) -> Region | None:
        """Where the two ways of the gradient meet below a tap that reads what a skip goes past."""
        number, _, short = name.partition(".")
        if not self._skips or not short:
            return None
        normed = self._normed and self._pre
        begins = (("norm1",), ("norm2",)) if normed else (("q", "k", "v"), ("ff1",))
        for half, names in enumerate(begins):
            if short in names:
                return self._made.regions["met"][2 * (int(number) - 1) + half]
        return None

    def _sum(self, half: int) -> Sum | None:
        if not self._skips:
            return None
        at = self._made.regions
        return Sum(at["skip_scale"], at["direct"], at["skip_used"][half], at["met"][half])

    def _drawing(self, number: int, place: int) -> Dropping:
        at = self._made.regions
        return Dropping(at["dropout_rate"], at["clock"], self._made.scenario.seed, PLACES * number + place)

    def _dropping(self, number: int, place: int) -> Dropping | None:
        return self._drawing(number, place) if self._made.drops else None


def _shown(matrix: Matrix) -> Parameter:
    return Parameter(matrix.name, matrix.values, matrix.gradient, matrix.picture)
