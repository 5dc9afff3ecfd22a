"""The programs of a recurrent network: a training step, a look, what is measured when somebody looks, and passes
outside training."""

from __future__ import annotations

from gradtui.engine import batches, updating
from gradtui.engine.ground import loss_name
from gradtui.engine.kernels import clipping, feeding, gauges, inspection, linear, recurrent, recurrent_weights
from gradtui.engine.kernels import recurrent_inspection as looking
from gradtui.engine.kernels.activation import ACTIVATIONS, column_sums
from gradtui.engine.kernels.linear import PANEL
from gradtui.engine.kernels.loss import LOSSES
from gradtui.engine.layout import Region
from gradtui.engine.products import flat
from gradtui.engine.program import Program
from gradtui.engine.recurrent.cells import Through
from gradtui.engine.recurrent.plan import Both, RecurrentLayer, RecurrentPlan, pass_through


def later_routines(plan: RecurrentPlan) -> list[str]:
    """What the network's programs call that its training step may not, a live change of clipping included."""
    later = [
        inspection.activation_gauges,
        inspection.similarity,
        inspection.distance,
        inspection.mark_alive,
        looking.count_silent_units,
        looking.follow_signal,
        looking.explain_zeros_over_time,
        gauges.square_sum,
        clipping.clip_locally,
        recurrent.zero_out,
        ACTIVATIONS[plan.cell.activation].forward,
        # Pieces of a data set have other sizes than a batch.
        linear.BY_BLAS.forward,
        linear.BY_BLOCKS.forward,
    ]
    return [kernel.name for kernel in later]


def look(plan: RecurrentPlan) -> Program:
    """Feed, forward, loss, backward, and what must be measured on the way."""
    program = batches.feed_sequences(plan, over_time=True)
    forward(program, plan)
    _loss(program, plan)
    _backward(program, plan)
    return program


def training_step(plan: RecurrentPlan, clip: updating.Clipping) -> Program:
    """A look with an update, and the tick of the clock."""
    program, at = look(plan), plan.regions
    updating.move_all(program, plan, clip)
    program.add(feeding.finish_step, report=at["report"], history=at["history"], clock=at["clock"])
    return program


def forward(program: Program, plan: RecurrentPlan) -> None:
    """Append the way of the batch in `x` through all layers and the readout."""
    scratch = _forward_scratch(plan, "all")
    for layer in plan.layers:
        _layer_forward(program, plan, layer, layer.x, layer.through, scratch, layer.gate_sums)
    out = plan.readout
    _linear(program, plan, out.x, out.matrix.values, out.bias, out.z)


def _forward_scratch(plan: RecurrentPlan, whose: str) -> dict[str, Region]:
    """Scratch of the forward pass: `all` layers' of a batch, or that of a `pass` outside training."""
    found: dict[str, Region] = {}

    def note(name: str, *shape: int) -> Region:
        found[name] = plan.regions[f"{whose}.{name}"]
        return found[name]

    plan.cell.scratch(plan.batch, plan.units, note)
    return found


def _layer_forward(
    program: Program,
    plan: RecurrentPlan,
    layer: RecurrentLayer,
    x: Region,
    through: Through,
    scratch: dict[str, Region],
    gate_sums: Region,
) -> None:
    """Append a layer's way through time, from x (steps * batch, inputs)."""
    weights = layer.weights
    program.add(
        recurrent.join_biases,
        input_bias=weights.input_bias,
        hidden_bias=weights.hidden_bias,
        shared=plan.cell.shared * plan.units,
        joined=weights.joined_bias,
    )
    _linear(program, plan, x, layer.matrix.values, weights.joined_bias, through.inputs)
    plan.cell.forward(program, weights, through, scratch, gate_sums)


def _linear(program: Program, plan: RecurrentPlan, x: Region, weight: Region, bias: Region, z: Region) -> None:
    fan_out, fan_in = weight.shape
    turned = plan.regions["room"].part(0, (fan_in, PANEL))
    program.add(linear.choose(x.shape[0], fan_in, fan_out).forward, x=x, weight=weight, bias=bias, turned=turned, z=z)


def _targets(targets: Region, rows: int) -> Region:
    """Targets, a row an answer, whatever shape they were fed in."""
    return targets.reshaped(rows) if targets.dtype == "int64" else targets


def _loss(program: Program, plan: RecurrentPlan) -> None:
    at, out, loss = plan.regions, plan.readout, LOSSES[loss_name(plan.dataset)]
    targets = _targets(at["targets"], plan.rows)
    program.add(
        loss.kernel,
        a=out.z,
        delta=out.delta,
        report=at["report"],
        **({"labels": targets, "smoothing": at["smoothing"]} if loss.labels else {"targets": targets}),
    )


def _backward(program: Program, plan: RecurrentPlan) -> None:
    """Append the way back through readout, layers and time."""
    out, at = plan.readout, plan.regions
    program.add(gauges.square_sum, g=flat(out.delta), sums=at["out_sums"])
    program.add(column_sums, values=out.delta, sums=out.bias_gradient)
    _weight_gradient(program, out.delta, out.x, out.matrix.gradient)
    _measure(program, out.both, out.matrix.gradient_sums, out.matrix.last_norm)
    _send_down(program, plan)
    scratch = _back_scratch(plan)
    for layer, below in zip(reversed(plan.layers), [*reversed(plan.layers[:-1]), None], strict=True):
        from_input, from_state = plan.cell.backward(program, layer.weights, layer.through, scratch, layer.signal)
        _summed_gradient(program, plan, from_input, layer.x, layer.matrix.gradient)
        _summed_gradient(program, plan, from_state, layer.through.before, layer.recurrent.gradient)
        _measure(program, layer.both, layer.matrix.gradient_sums, layer.matrix.last_norm)
        if plan.cell.shared == plan.cell.gates:
            program.add(
                recurrent.copy_row,
                source=layer.weights.input_bias_gradient,
                target=layer.weights.hidden_bias_gradient,
            )
        if below is not None:
            _input_gradient(program, from_input, layer.matrix.values, _rows(below.signal.delta))


def _back_scratch(plan: RecurrentPlan) -> dict[str, Region]:
    found: dict[str, Region] = {}

    def note(name: str, *shape: int) -> Region:
        found[name] = plan.regions[f"all.{name}"]
        return found[name]

    plan.cell.back_scratch(plan.batch, plan.units, note)
    return found


def _rows(delta: Region) -> Region:
    """(steps, batch, units) as a row an example at a step."""
    return delta.reshaped(delta.shape[0] * delta.shape[1], delta.shape[2])


def _send_down(program: Program, plan: RecurrentPlan) -> None:
    """Append what the readout says to the top layer: to its last state, or to all of them."""
    out, delta = plan.readout, plan.layers[-1].signal.delta
    if plan.dataset.per_step:
        _input_gradient(program, out.delta, out.matrix.values, _rows(delta))
        return
    before = (plan.steps - 1) * plan.batch * plan.units
    if before:
        program.add(recurrent.zero_out, row=delta.part(0, (before,)))
    _input_gradient(program, out.delta, out.matrix.values, delta[plan.steps - 1])


def _weight_gradient(program: Program, delta: Region, x: Region, gradient: Region) -> None:
    fan_out, fan_in = gradient.shape
    kernels = linear.choose(x.shape[0], fan_in, fan_out)
    program.add(kernels.weight_gradient, delta=delta, x=x, weight_gradient=gradient)


def _summed_gradient(program: Program, plan: RecurrentPlan, delta: Region, x: Region, gradient: Region) -> None:
    """Append a weight gradient that is a sum over all steps and examples."""
    fan_out, fan_in = gradient.shape
    scratch = plan.regions["product"]
    if recurrent_weights.fits(fan_in, fan_out):
        count, rows = recurrent_weights.pieces(plan.steps, plan.batch)
        program.add(
            recurrent_weights.weight_gradient_in_pieces,
            delta=delta.reshaped(count, rows, fan_out),
            x=x.reshaped(count, rows, fan_in),
            product=scratch.part(0, gradient.shape),
            weight_gradient=gradient,
        )
    elif fan_in < recurrent_weights.NARROW:
        turned = scratch.part(0, (fan_in, fan_out))
        program.add(recurrent_weights.narrow_weight_gradient, delta=delta, x=x, turned=turned, weight_gradient=gradient)
    else:
        _weight_gradient(program, delta, x, gradient)


def _input_gradient(program: Program, delta: Region, weight: Region, below: Region) -> None:
    fan_out, fan_in = weight.shape
    kernels = linear.choose(delta.shape[0], fan_in, fan_out)
    program.add(kernels.input_gradient, delta=delta, weight=weight, below=below)


def _measure(program: Program, both: Both, sums: Region, last_norm: Region) -> None:
    """Append what is measured of a tap's gradient."""
    program.add(gauges.gradient_gauges, g=both.gradient, previous=both.previous, last_norm=last_norm, sums=sums)


# When somebody looks


def inspection_of(plan: RecurrentPlan) -> Program:
    """The gauges that can be read off what the last step left behind."""
    program, at = Program(plan.dtype), plan.regions
    for index, layer in enumerate(plan.layers):
        through = layer.through
        slope = through.inputs if plan.cell.flat or plan.cell.gates == 1 else through.after
        _activity(program, plan, index, through.after, slope, through.last, layer.both)
        inner, _ = _inner(plan, layer)
        program.add(gauges.square_sum, g=flat(inner), sums=at["inner_sums"][index])
        program.add(looking.count_silent_units, slope=slope, answered=at["answered"], count=at["silent"][index])
    out = plan.readout
    _activity(program, plan, len(plan.layers), out.z, at["ones"], out.z, out.both)
    _explain(program, plan)
    return program


def _inner(plan: RecurrentPlan, layer: RecurrentLayer) -> tuple[Region, Region]:
    """Where the way back has left the gradients of what the input says and of what the state says."""
    through = layer.through
    if "pre_delta" in through.own:
        rows = through.own["pre_delta"].reshaped(*through.inputs.shape)
        return rows, rows
    hidden = through.own["hidden"].reshaped(*through.inputs.shape) if "hidden" in through.own else through.inputs
    return through.inputs, hidden


def _activity(
    program: Program, plan: RecurrentPlan, tap: int, a: Region, slope: Region, last: Region, both: Both
) -> None:
    at = plan.regions
    program.add(
        inspection.activation_gauges,
        a=a,
        slope=slope,
        saturates_below=at["saturates_below"],
        sums=at["activation_sums"][tap],
    )
    program.add(
        inspection.similarity,
        a=last,
        direction=at["direction"].part(0, (last.shape[1],)),
        result=at["similarity"][tap],
    )
    program.add(inspection.distance, values=both.values, initial=both.initial, sums=at["distance_sums"][tap])


def _explain(program: Program, plan: RecurrentPlan) -> None:
    """Append the counting of zeros in gradients that nothing explains, from the output down. `heard[depth]` says at
    which steps the loss reads; it is written when the network is built."""
    at, out, depth = plan.regions, plan.readout, len(plan.layers)
    steps, batch, units = plan.steps, plan.batch, plan.units
    answers = plan.rows // batch
    program.add(
        looking.explain_zeros_over_time,
        g=out.matrix.gradient,
        slope=at["ones"].reshaped(answers, batch, plan.dataset.outputs),
        x=out.x.reshaped(answers, batch, units),
        through=at["heard"][depth].part((steps - answers) * batch, (answers, batch)),
        flat_slopes=0,
        late=-1,
        count=at["zeros"][2 * depth],
    )
    for index in reversed(range(depth)):
        layer = plan.layers[index]
        flat_slopes = int(plan.cell.flat)
        slope = layer.through.pre if plan.cell.gates == 1 else layer.signal.delta
        through = at["heard"][index]
        program.add(
            looking.follow_signal,
            above=at["heard"][index + 1],
            slope=slope,
            flat_slopes=flat_slopes,
            truncation=at["truncation"],
            through=through,
        )
        for matrix, x, row in (
            (layer.matrix, layer.x, 2 * index),
            (layer.recurrent, layer.through.before, 2 * index + 1),
        ):
            program.add(
                looking.explain_zeros_over_time,
                g=matrix.gradient,
                slope=slope,
                x=x.reshaped(steps, batch, x.shape[1]),
                through=through,
                flat_slopes=flat_slopes,
                late=plan.cell.late,
                count=at["zeros"][row],
            )


# Outside training


def answers(plan: RecurrentPlan, rows: int) -> tuple[Program, Region]:
    """The way of `rows` examples in `pass_x`; the second is where the answers lie then."""
    program = Program(plan.dtype)
    return program, _through(program, plan, rows)


def evaluation(plan: RecurrentPlan, rows: int) -> Program:
    """The same, and their loss."""
    program, at = Program(plan.dtype), plan.regions
    z = _through(program, plan, rows)
    loss = LOSSES[loss_name(plan.dataset)]
    count = z.shape[0]
    targets = at["pass_targets"].part(0, (count, *at["pass_targets"].shape[1:]))
    program.add(
        loss.kernel,
        a=z,
        delta=at["pass_delta"].part(0, z.shape),
        report=at["pass_report"],
        # The held-out loss is the likelihood itself.
        **({"labels": targets, "smoothing": at["no_smoothing"]} if loss.labels else {"targets": targets}),
    )
    return program


def census(plan: RecurrentPlan, rows: int) -> Program:
    """The same, without a loss: every unit that had a slope on one of the examples is marked."""
    program = Program(plan.dtype)
    _through(program, plan, rows, census=True)
    return program


def _through(program: Program, plan: RecurrentPlan, rows: int, census: bool = False) -> Region:
    at, data, out = plan.regions, plan.dataset, plan.readout
    x = at["pass_x"].part(0, (plan.steps * rows, data.features))
    scratch = _pass_scratch(plan, rows)
    for number, layer in enumerate(plan.layers):
        through = pass_through(plan, rows, number)
        for name in ("h", "c"):
            states = through.h if name == "h" else through.own.get("c")
            if states is not None:
                program.add(recurrent.zero_out, row=flat(states[0]))
        _layer_forward(program, plan, layer, x, through, scratch, at["pass_gate_sums"])
        if census:
            program.add(inspection.mark_alive, values=through.inputs, alive=at["census"][number])
        x = through.after if plan.dataset.per_step or number + 1 < len(plan.layers) else through.last
    z = at["pass_z"].part(0, (x.shape[0], data.outputs))
    _linear(program, plan, x, out.matrix.values, out.bias, z)
    return z


def _pass_scratch(plan: RecurrentPlan, rows: int) -> dict[str, Region]:
    found: dict[str, Region] = {}

    def part(name: str, *shape: int) -> Region:
        found[name] = plan.regions[f"pass.{name}"].part(0, shape)
        return found[name]

    plan.cell.scratch(rows, plan.units, part)
    return found
