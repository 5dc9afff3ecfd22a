"""The programs of a plan: what a training step, a look, and a pass over a data set are made of."""

from __future__ import annotations

from gradtui.engine import batches, updating
from gradtui.engine.ground import loss_name
from gradtui.engine.kernels import clipping, feeding, gauges, inspection, linear, normalisation
from gradtui.engine.kernels.loss import LOSSES
from gradtui.engine.layers import Layer
from gradtui.engine.layout import Region
from gradtui.engine.plan import Plan
from gradtui.engine.products import flat
from gradtui.engine.program import Program
from gradtui.engine.stages import Drop
from gradtui.scenario.architecture import Size


def later_routines(plan: Plan) -> list[str]:
    """What the network's programs call that its training step may not, a live change of clipping included."""
    later = [
        inspection.activation_gauges,
        inspection.similarity,
        inspection.distance,
        inspection.note_examples,
        inspection.all_live,
        inspection.count_silent,
        inspection.explain_zeros,
        inspection.mark_alive,
        gauges.square_sum,
        clipping.clip_locally,
        linear.linear_forward,  # a data set goes through in larger pieces than a batch
    ]
    if any(layer.norm and layer.norm.kind.over_batch for layer in plan.layers):
        later.append(normalisation.batch_norm_evaluate)
    if any(spec.dropout for spec in plan.specs):
        later.append(inspection.forget_dropped)
    if any(spec.window for spec in plan.specs):
        later.append(inspection.explain_zeros_of_windows)
    return [kernel.name for kernel in later]


def look(plan: Plan) -> Program:
    """Feed, forward, loss, backward, and every gauge of them; nothing is changed but what they are measured into."""
    program = _forward(plan)
    delta = _first_delta(plan)
    for layer in reversed(plan.layers):
        delta = _backward(program, plan, layer, delta)
    return program


def training_step(plan: Plan, clip: updating.Clipping) -> Program:
    """A look with an update, and the tick of the clock.

    Each layer's weights move as soon as its gradient is there and still in the cache; only clipping by the global norm
    has to wait for all gradients.
    """
    program, at = _forward(plan), plan.regions
    delta = _first_delta(plan)
    if not clip.globally:
        updating.prepare(program, plan, clip)
    for layer in reversed(plan.layers):
        delta = _backward(program, plan, layer, delta)
        if not clip.globally:
            for product in layer.products:
                updating.move_matrix(program, plan, product.matrix, clip)
    if clip.globally:
        updating.move_all(program, plan, clip)
    else:
        updating.move_vectors(program, plan, clip)
    program.add(feeding.finish_step, report=at["report"], history=at["history"], clock=at["clock"])
    return program


def _forward(plan: Plan) -> Program:
    """Feed, forward and loss. What the loss sends back lies in the first of the two delta regions."""
    program, at = batches.feed(plan), plan.regions
    for layer in plan.layers:
        layer.forward(program)
    loss = LOSSES[loss_name(plan.dataset)]
    program.add(
        loss.kernel,
        a=plan.layers[-1].output,
        delta=_first_delta(plan),
        report=at["report"],
        **({"labels": at["targets"], "smoothing": at["smoothing"]} if loss.labels else {"targets": at["targets"]}),
    )
    return program


def _first_delta(plan: Plan) -> Region:
    return plan.regions["delta_a"].part(0, (plan.batch, plan.dataset.outputs))


def _backward(program: Program, plan: Plan, layer: Layer, delta: Region) -> Region:
    return layer.backward(program, delta, plan.deltas, lowest=layer is plan.layers[0])


def inspection_of(plan: Plan) -> Program:
    """The gauges that can be read off what the last step left behind."""
    program, at = Program(plan.dtype), plan.regions
    for index, layer in enumerate(plan.layers):
        activate, numbers = layer.activate, layer.spec.size.numbers
        program.add(
            inspection.activation_gauges,
            a=layer.a,
            slope=activate.z,
            saturates_below=at["saturates_below"][index],
            sums=layer.measured.activation,
        )
        program.add(
            inspection.similarity,
            a=layer.a.reshaped(plan.batch, numbers),
            direction=at["direction"].part(0, (numbers,)),
            result=layer.measured.similarity,
        )
        program.add(
            inspection.distance,
            values=flat(layer.matrix.values),
            initial=flat(layer.matrix.initial),
            sums=layer.measured.distance,
        )
        bits, counts = layer.measured.slope_bits, layer.measured.counts
        _note(program, plan, activate.z, layer.spec.size, activate.activation.flat, bits)
        program.add(inspection.count_silent, slope_bits=bits, count=counts.part(1, (1,)))
        if not activate.activation.silent:
            _note(program, plan, activate.a, layer.spec.size, activate.activation.zeros, layer.measured.output_bits)
        for stage in layer.stages:
            if isinstance(stage, Drop):
                mask = stage.mask.reshaped(plan.batch, layer.spec.size.positions, layer.units)
                program.add(inspection.forget_dropped, mask=mask, bits=bits)
    program.add(inspection.all_live, live=at["live"])
    for index in reversed(range(len(plan.layers))):
        _explain(program, plan, index)
    return program


def _explain(program: Program, plan: Plan, index: int) -> None:
    """Append the counting of zeros in a layer's gradient that nothing explains."""
    layer = plan.layers[index]
    x_bits, zero_inputs = _input_bits(program, plan, index)
    common: dict[str, Region | int] = {
        "g": layer.matrix.gradient,
        "slope_bits": layer.measured.slope_bits,
        "x_bits": x_bits,
        "live": plan.regions["live"],
        "closes": int(not layer.bypassed),
        "count": layer.measured.counts.part(0, (1,)),
    }
    window = layer.spec.window
    if window is None:
        program.add(inspection.explain_zeros, **common)
        return
    program.add(
        inspection.explain_zeros_of_windows,
        slope=layer.activate.z.reshaped(plan.batch, *layer.spec.size),
        x=layer.x.reshaped(plan.batch, *layer.spec.source),
        flat_slopes=int(layer.activate.activation.flat),
        zero_inputs=int(zero_inputs),
        side=window.kernel,
        stride=window.stride,
        padding=window.padding,
        **common,
    )


def _note(program: Program, plan: Plan, values: Region, size: Size, can_be_zero: bool, bits: Region) -> None:
    """Append the noting of the examples for which a unit's values are not 0 at every place."""
    seen = values.reshaped(plan.batch, size.positions, size.channels)
    program.add(inspection.note_examples, values=seen, flat_values=int(can_be_zero), bits=bits)


def _input_bits(program: Program, plan: Plan, index: int) -> tuple[Region, bool]:
    """On which examples each input of layer `index` may be something else than 0, appending what finds that out; and
    whether it can be 0 by construction."""
    layer, at = plan.layers[index], plan.regions
    size = layer.spec.source
    words = at["live"].shape[0]
    noted = at["input_bits"].part(0, (size.channels, words))
    if index == 0:
        _note(program, plan, layer.x, size, True, noted)
        return noted, True
    below = plan.layers[index - 1]
    # What was 0 is shifted to something else, unless it was 0 on all examples.
    shifted = below.norm is not None and below.spec.own.norm_place == "after" and below.norm.kind.shifts
    zeros = below.activate.activation.zeros or below.spec.dropout > 0.0
    plain = below.output is below.activate.a and size.channels == below.units
    if plain and not below.spec.dropout and not shifted:
        return below.measured.output_bits, zeros
    _note(program, plan, layer.x, size, zeros, noted)
    return noted, zeros


def answers(plan: Plan, rows: int) -> tuple[Program, Region]:
    """Forward of the first `rows` rows of `pass_x`; the second is where the network's outputs lie then."""
    program = Program(plan.dtype)
    return program, _through(program, plan, rows, census=False)


def evaluation(plan: Plan, rows: int, census: bool) -> Program:
    """Forward and loss of the first `rows` rows of `pass_x`; with `census`, instead of the loss, every unit that had a
    slope on one of them is marked."""
    program, at = Program(plan.dtype), plan.regions
    x = _through(program, plan, rows, census)
    if census:
        return program
    loss = LOSSES[loss_name(plan.dataset)]
    targets = at["pass_targets"].part(0, (rows, *at["pass_targets"].shape[1:]))
    program.add(
        loss.kernel,
        a=x,
        delta=at["pass_delta"].part(0, (rows, plan.dataset.outputs)),
        report=at["pass_report"],
        # The held-out loss is the likelihood itself.
        **({"labels": targets, "smoothing": at["no_smoothing"]} if loss.labels else {"targets": targets}),
    )
    return program


def _through(program: Program, plan: Plan, rows: int, census: bool) -> Region:
    """Append the way of the first `rows` rows of `pass_x` through all layers; returns where they come out."""
    at, first, spare = plan.regions, plan.specs[0].image, plan.spare(rows)
    x = at["pass_x"].part(0, (rows * first.positions, first.channels))
    start = 0
    for layer in plan.layers:
        x, slopes = layer.evaluate(program, x, spare)
        spare.hold_only(x)
        if census:
            program.add(inspection.mark_alive, values=slopes, alive=at["census"].part(start, (layer.units,)))
        start += layer.units
    return x
