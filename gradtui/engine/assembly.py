"""The programs of a plan: what a training step, a look, and a pass over a data set are made of."""

from __future__ import annotations

from gradtui.engine import updating
from gradtui.engine.kernels import feeding, inspection
from gradtui.engine.kernels.loss import LOSSES
from gradtui.engine.layout import Region
from gradtui.engine.plan import Plan, loss_name
from gradtui.engine.program import Program


def feed(plan: Plan) -> Program:
    """The batch of the clock's step into `x` and `targets`."""
    program, at = Program(plan.dtype), plan.regions
    program.add(
        feeding.choose_batch,
        clock=at["clock"],
        seed=plan.scenario.seed,
        order=at["order"],
        chosen=at["chosen"],
    )
    program.add(feeding.gather, chosen=at["chosen"], source=at["train_inputs"], picked=at["x"])
    labels = LOSSES[loss_name(plan.dataset)].labels
    program.add(
        feeding.gather_labels if labels else feeding.gather,
        chosen=at["chosen"],
        source=at["train_targets"],
        picked=at["targets"],
    )
    return program


def look(plan: Plan) -> Program:
    """Feed, forward, loss, backward, and every gauge of them; nothing is changed but what they are measured into."""
    program = _forward(plan)
    for index in reversed(range(len(plan.layers))):
        _backward(program, plan, index)
    return program


def training_step(plan: Plan, clipping: updating.Clipping) -> Program:
    """A look with an update, and the tick of the clock.

    Each layer's weights move as soon as its gradient is there and still in the cache; only clipping by the global norm
    has to wait for all gradients.
    """
    program, at = _forward(plan), plan.regions
    order = list(reversed(range(len(plan.layers))))
    if not clipping.globally:
        updating.prepare(program, plan, clipping)
    for index in order:
        _backward(program, plan, index)
        if not clipping.globally:
            updating.move_weight(program, plan, index, clipping)
    if clipping.globally:
        updating.measure_all(program, plan, clipping)
        updating.prepare(program, plan, clipping)
        for index in order:
            updating.move_weight(program, plan, index, clipping)
    updating.move_vectors(program, plan, clipping)
    program.add(feeding.finish_step, report=at["report"], history=at["history"], clock=at["clock"])
    return program


def _forward(plan: Plan) -> Program:
    """Feed, forward and loss. What the loss sends back lies in `delta_a`."""
    program, at = feed(plan), plan.regions
    x = at["x"]
    for layer in plan.layers:
        layer.forward(program, x, layer.z, layer.a)
        x = layer.a
    loss = LOSSES[loss_name(plan.dataset)]
    program.add(
        loss.kernel,
        a=x,
        delta=_delta(plan, len(plan.layers) - 1, plan.dataset.outputs),
        report=at["report"],
        **({"labels": at["targets"], "smoothing": at["smoothing"]} if loss.labels else {"targets": at["targets"]}),
    )
    return program


def _backward(program: Program, plan: Plan, index: int) -> None:
    layer = plan.layers[index]
    below = plan.layers[index - 1] if index else None
    layer.backward(
        program,
        x=below.a if below else plan.regions["x"],
        delta=_delta(plan, index, layer.fan_out),
        below=_delta(plan, index - 1, layer.fan_in) if below else None,
    )


def _delta(plan: Plan, index: int, columns: int) -> Region:
    """Where dL/d(output) of layer `index` lies: in one of two regions, in turn from the last layer down."""
    side = "ab"[(len(plan.layers) - 1 - index) % 2]
    return plan.regions[f"delta_{side}"].part(0, (plan.batch, columns))


def inspection_of(plan: Plan) -> Program:
    """The gauges that can be read off what the last step left behind."""
    program, at = Program(plan.dtype), plan.regions
    program.add(inspection.note_examples, values=at["x"], flat_values=1, bits=at["input_bits"])
    for index, layer in enumerate(plan.layers):
        program.add(
            inspection.activation_gauges,
            a=layer.a,
            slope=layer.z,
            saturates_below=at["saturates_below"][index],
            sums=layer.measured.activation,
        )
        direction = at["direction"].part(0, (layer.fan_out,))
        program.add(inspection.similarity, a=layer.a, direction=direction, result=layer.measured.similarity)
        program.add(
            inspection.note_examples,
            values=layer.z,
            flat_values=int(layer.activation.flat),
            bits=layer.measured.slope_bits,
        )
        if not layer.activation.silent:
            program.add(
                inspection.note_examples,
                values=layer.a,
                flat_values=int(layer.activation.zeros),
                bits=layer.measured.output_bits,
            )
    program.add(inspection.all_live, live=at["live"])
    for index in reversed(range(len(plan.layers))):
        layer = plan.layers[index]
        program.add(
            inspection.explain_zeros,
            g=layer.weight_gradient,
            slope_bits=layer.measured.slope_bits,
            x_bits=_input_bits(plan, index),
            live=at["live"],
            closes=int(not layer.bypassed),
            counts=layer.measured.counts,
        )
    return program


def _input_bits(plan: Plan, index: int) -> Region:
    """On which examples each input of layer `index` may be something else than 0."""
    if index == 0:
        return plan.regions["input_bits"]
    below = plan.layers[index - 1]
    if below.norm and not below.norm_first and below.norm.kind.shifts:  # shifted, nothing is 0 by construction
        return plan.regions["every_bit"].part(0, below.measured.slope_bits.shape)
    return below.measured.output_bits


def evaluation(plan: Plan, rows: int, census: bool) -> Program:
    """Forward and loss of the first `rows` rows of `pass_x`; with `census`, instead of the loss, every unit that had a
    slope on one of them is marked."""
    program, at = Program(plan.dtype), plan.regions
    x = at["pass_x"].part(0, (rows, plan.layers[0].fan_in))
    here, there = at["pass_a"], at["pass_b"]
    start = 0
    for layer in plan.layers:
        z = at["pass_z"].part(0, (rows, layer.fan_out))
        a = here.part(0, (rows, layer.fan_out))
        scratch = at["pass_scratch"].part(0, (rows, layer.fan_out))
        inverse, stream = at["pass_inverse"].part(0, (rows,)), at["pass_stream"].part(0, (rows, layer.fan_out))
        layer.evaluate(program, x, z, a, scratch, inverse, stream)
        x = a
        if census:
            program.add(inspection.mark_alive, values=z, alive=at["census"].part(start, (layer.fan_out,)))
        start += layer.fan_out
        here, there = there, here
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
