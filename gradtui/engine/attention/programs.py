"""The programs of a transformer: what a training step, a look, an inspection and a pass over a data set are made of."""

from __future__ import annotations

from collections.abc import Sequence

from gradtui.engine import batches, updating
from gradtui.engine.attention.parts import Memory, Tap, by_step, measure
from gradtui.engine.attention.plan import TransformerPlan
from gradtui.engine.ground import loss_name
from gradtui.engine.kernels import clipping, embedding, feeding, gauges, inspection, skip
from gradtui.engine.kernels.activation import ACTIVATIONS
from gradtui.engine.kernels.loss import LOSSES
from gradtui.engine.layout import Region
from gradtui.engine.matrices import Matrix
from gradtui.engine.products import flat
from gradtui.engine.program import Program


def look(plan: TransformerPlan) -> Program:
    """Feed, forward, loss, backward, and every gauge of them; nothing is changed but what they are measured into."""
    program = batches.feed_sequences(plan, over_time=False)
    _through_and_back(program, plan, None)
    return program


def training_step(plan: TransformerPlan, clip: updating.Clipping) -> Program:
    """A look with an update, and the tick of the clock.

    A half's weights move as soon as their gradients are there; only clipping by the global norm has to wait for all.
    """
    program, at = batches.feed_sequences(plan, over_time=False), plan.regions
    _through_and_back(program, plan, clip)
    if clip.globally:
        updating.move_all(program, plan, clip)
    else:
        updating.move_vectors(program, plan, clip)
    program.add(feeding.finish_step, report=at["report"], history=at["history"], clock=at["clock"])
    return program


def _through_and_back(program: Program, plan: TransformerPlan, clip: updating.Clipping | None) -> None:
    """Forward, loss and backward; with `clip` other than by the global norm, weights move on the way."""
    at = plan.regions
    streams = forward(program, plan)
    delta = at["delta_a"].part(0, at["answers"].shape)
    _add_loss(program, plan, at["answers"], flat(at["targets"]) if plan.dataset.per_step else at["targets"], delta)
    moves = clip is not None and not clip.globally
    if clip and moves:
        updating.prepare(program, plan, clip)

    def move(matrices: Sequence[Matrix]) -> None:
        if clip and moves:
            for matrix in reversed(matrices):
                updating.move_matrix(program, plan, matrix, clip)

    delta = _end_backward(program, plan, delta)
    move([matrix for matrix in plan.matrices if matrix.name in ("norm.weight", "output.weight")])
    halves = [half for block in plan.blocks for half in block.halves]
    for half, stream in zip(reversed(halves), reversed(streams), strict=True):
        delta = half.backward(program, stream, delta)
        move(half.matrices)
    _begin_backward(program, plan, delta)
    move([matrix for matrix in plan.matrices if matrix.name in ("embedding.weight", "positions.weight")])


def forward(program: Program, plan: TransformerPlan) -> list[Region]:
    """Append the way forward in training as far as `answers`; returns the stream that each half reads."""
    at = plan.regions
    stream = at["embedded"]
    _begin(program, plan, at["x"], stream)
    streams = []
    for block in plan.blocks:
        for half in block.halves:
            streams.append(stream)
            stream = half.forward(program, half.kept, stream)
    _end(program, plan, stream, [at[name] for name in ("last", "last_x_hat", "last_inverse", "answers")], plan.batch)
    return streams


def _begin(program: Program, plan: TransformerPlan, x: Region, embedded: Region) -> None:
    """Append the embedding of x (batch, columns) into `embedded` (batch * steps, width)."""
    at, batch = plan.regions, x.shape[0]
    positions = plan.learned.values if plan.learned else at["positions"]
    common = {"positions": positions, "scale": at["embedding_scale"], "embedded": by_step(embedded, batch)}
    if plan.embed is None:
        program.add(embedding.embed_tokens, tokens=x, table=plan.taps[0].matrix.values, **common)
    else:
        plan.embed.forward(program, x.reshaped(batch * plan.steps, plan.dataset.features), embedded)
        program.add(embedding.add_positions, **common)


def _begin_backward(program: Program, plan: TransformerPlan, delta: Region) -> None:
    """Append the gradients of embedding and positions."""
    at, scale, embed = plan.regions, plan.regions["embedding_scale"], plan.taps[0]
    program.add(gauges.square_sum, g=flat(delta), sums=embed.signal)
    if plan.learned:
        program.add(
            embedding.positions_backward, delta=by_step(delta, plan.batch), scale=scale, gradient=plan.learned.gradient
        )
        measure(program, plan.learned)
    if plan.embed is None:
        program.add(
            embedding.embed_tokens_backward,
            tokens=at["x"],
            delta=by_step(delta, plan.batch),
            scale=scale,
            table_gradient=embed.matrix.gradient,
        )
        measure(program, embed.matrix)
    else:
        program.add(embedding.shrink, delta=delta, scale=scale)
        plan.embed.backward(program, at["x"].reshaped(plan.rows, plan.dataset.features), delta)


def _end(program: Program, plan: TransformerPlan, stream: Region, into: list[Region], batch: int) -> None:
    """Append what stands behind the last block: the last step, or all of them, normed, and the output layer."""
    last, x_hat, inverse, answers = into
    if plan.dataset.per_step:
        program.add(skip.keep, values=stream, kept=last)
    else:
        program.add(embedding.last_step, rows=by_step(stream, batch), last=last)
    if plan.norm:
        plan.norm.forward(program, last, x_hat, inverse)
    assert plan.output
    plan.output.forward(program, last, answers)


def _end_backward(program: Program, plan: TransformerPlan, delta: Region) -> Region:
    """Append the way back from dL/d(answers) to the stream."""
    at, out, deltas = plan.regions, plan.taps[-1], plan.deltas
    assert plan.output
    program.add(gauges.square_sum, g=flat(delta), sums=out.signal)
    plan.output.backward(program, at["last"], delta)
    below = deltas.other(delta, *at["last"].shape)
    plan.output.send_below(program, delta, below)
    if plan.norm:
        plan.norm.backward(program, below, at["last_x_hat"], at["last_inverse"])
    if plan.dataset.per_step:
        return below
    stream = deltas.other(below, plan.rows, below.shape[1])
    program.add(embedding.last_step_backward, delta=below, below=by_step(stream, plan.batch))
    return stream


def _add_loss(program: Program, plan: TransformerPlan, answers: Region, targets: Region, delta: Region) -> None:
    at, loss = plan.regions, LOSSES[loss_name(plan.dataset)]
    program.add(
        loss.kernel,
        a=answers,
        delta=delta,
        report=at["report"],
        **({"labels": targets, "smoothing": at["smoothing"]} if loss.labels else {"targets": targets}),
    )


# Outside training


def evaluation(plan: TransformerPlan, examples: int, census: bool = False) -> tuple[Program, Region]:
    """Forward of the first `examples` of `pass_x`, without dropout; the second is where the answers lie then. With
    `census` every hidden unit that had a slope is marked."""
    program, at = Program(plan.dtype), plan.regions
    rows = examples * plan.steps
    stream = at["pass_embedded"].part(0, (rows, plan.network.width))
    _begin(program, plan, at["pass_x"].part(0, (examples, at["pass_x"].shape[1])), stream)
    memories = [Memory(regions, examples, plan.steps, training=False) for regions in plan.pass_roles]
    for number, block in enumerate(plan.blocks):
        for half, memory in zip(block.halves, memories, strict=True):
            stream = half.forward(program, memory, stream)
        if census:
            program.add(inspection.mark_alive, values=memories[1].at("z"), alive=at["census"][number])
    answered = rows if plan.dataset.per_step else examples
    names = ("pass_last", "pass_last_x_hat", "pass_last_inverse", "pass_answers")
    into = [at[name].part(0, (answered, *at[name].shape[1:])) for name in names]
    _end(program, plan, stream, into, examples)
    return program, into[-1]


def held_out(plan: TransformerPlan, examples: int) -> Program:
    """The same with the loss, which goes into `pass_report`."""
    program, answers = evaluation(plan, examples)
    at, loss = plan.regions, LOSSES[loss_name(plan.dataset)]
    targets = at["pass_targets"].part(0, (examples, *at["pass_targets"].shape[1:]))
    if plan.dataset.per_step:
        targets = flat(targets)
    program.add(
        loss.kernel,
        a=answers,
        delta=at["pass_delta"].part(0, answers.shape),
        report=at["pass_report"],
        # The held-out loss is the likelihood itself.
        **({"labels": targets, "smoothing": at["no_smoothing"]} if loss.labels else {"targets": targets}),
    )
    return program


# Looking


def inspection_of(plan: TransformerPlan) -> Program:
    """The gauges that can be read off what the last step left behind."""
    program, at = Program(plan.dtype), plan.regions
    activation = ACTIVATIONS[plan.network.activation]
    for index, tap in enumerate(plan.taps):
        output = picked(program, plan, tap)
        hidden = _half_of(plan, tap) if tap.slope else None
        program.add(
            inspection.activation_gauges,
            a=output,
            slope=hidden.at("z") if hidden else output,
            saturates_below=at["saturates_below"][index],
            sums=at["activation_sums"][index],
        )
        program.add(
            inspection.similarity,
            a=output,
            direction=at["direction"].part(0, (tap.units,)),
            result=at["similarity"][index],
        )
        program.add(
            inspection.distance,
            values=flat(tap.matrix.values),
            initial=flat(tap.matrix.initial),
            sums=at["distance_sums"][index],
        )
        _explain(program, plan, index, hidden, activation.flat, activation.zeros)
    return program


def picked(program: Program, plan: TransformerPlan, tap: Tap) -> Region:
    """The tap's output (rows, units), appending a copy of its columns where it shares its rows with others."""
    if tap.units == tap.output.shape[1]:
        return tap.output
    copy = plan.regions["picked"].part(0, (tap.rows, tap.units))
    program.add(embedding.take_columns, source=tap.output, start=tap.start, picked=copy)
    return copy


def _half_of(plan: TransformerPlan, tap: Tap) -> Memory:
    """What the feed-forward half with this tap has kept."""
    return next(block.feedforward.kept for block in plan.blocks if block.feedforward.slopes is tap.slope)


def _explain(
    program: Program, plan: TransformerPlan, index: int, hidden: Memory | None, flat_slopes: bool, zeros: bool
) -> None:
    """Append the counting of zeros in a tap's gradient that nothing explains, and of silent units."""
    at, tap = plan.regions, plan.taps[index]
    unexplained, silent = at["counts"][index].part(0, (1,)), at["counts"][index].part(1, (1,))
    if index == 0 and plan.embed is None:
        program.add(embedding.count_silent_tokens, tokens=at["x"], g=tap.matrix.gradient, count=unexplained)
        return
    units, columns = tap.matrix.values.shape
    words = at["whole_bits"].shape[1]
    slope_bits = at["whole_bits"].part(0, (units, words))
    input_bits = at["whole_bits"].part(0, (columns, words))
    block, _, short = tap.name.partition(".")
    if hidden:
        slope_bits = at["slope_bits"].part(0, (units, words))
        _note(program, hidden.at("z"), flat_slopes, slope_bits)
        program.add(inspection.count_silent, slope_bits=slope_bits, count=silent)
        if plan.drops:
            _forget(program, hidden.at("inner_mask"), slope_bits)
    elif short in ("o", "ff2") and plan.drops:
        slope_bits = at["slope_bits"].part(0, (units, words))
        half = plan.blocks[int(block) - 1].halves[short == "ff2"]
        _note(program, half.kept.at("made"), False, slope_bits)
        _forget(program, half.kept.at("mask"), slope_bits)
    reads_hidden = short == "ff2" and (zeros or plan.drops)
    if reads_hidden or index == 0:
        input_bits = at["input_bits"].part(0, (columns, words))
        hidden_below = plan.blocks[int(block) - 1].feedforward.kept.at("hidden") if reads_hidden else None
        read = hidden_below or at["x"].reshaped(plan.rows, columns)
        _note(program, read, True, input_bits)
    program.add(
        inspection.explain_zeros,
        g=tap.matrix.gradient,
        slope_bits=slope_bits,
        x_bits=input_bits,
        live=at["late"] if tap.late else at["live"],
        closes=0,
        count=unexplained,
    )


def _note(program: Program, values: Region, can_be_zero: bool, bits: Region) -> None:
    rows, units = values.shape
    program.add(
        inspection.note_examples, values=values.reshaped(rows, 1, units), flat_values=int(can_be_zero), bits=bits
    )


def _forget(program: Program, mask: Region, bits: Region) -> None:
    rows, units = mask.shape
    program.add(inspection.forget_dropped, mask=mask.reshaped(rows, 1, units), bits=bits)


def later_routines(plan: TransformerPlan) -> list[str]:
    """What other programs call than the training step, a live change of clipping included."""
    kernels = [clipping.clip_locally, gauges.square_sum, inspection.mark_alive]
    routines = inspection_of(plan).routines()
    routines += held_out(plan, 1).routines() + held_out(plan, plan.chunk).routines()
    return [*dict.fromkeys([*routines, *(kernel.name for kernel in kernels)])]
