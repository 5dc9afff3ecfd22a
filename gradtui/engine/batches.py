"""The batch of a step: which examples it has, and how they get to where a network reads them."""

from __future__ import annotations

from gradtui.engine.ground import Ground, loss_name
from gradtui.engine.kernels import feeding
from gradtui.engine.kernels.loss import LOSSES
from gradtui.engine.program import Program


def choice(ground: Ground) -> Program:
    """The examples of the clock's step into `chosen`."""
    program, at = Program(ground.dtype), ground.regions
    program.add(
        feeding.choose_batch,
        clock=at["clock"],
        seed=ground.scenario.seed,
        order=at["order"],
        chosen=at["chosen"],
    )
    return program


def feed(ground: Ground) -> Program:
    """The batch of the clock's step into `x` and `targets`, a row an example."""
    program, at = choice(ground), ground.regions
    program.add(feeding.gather, chosen=at["chosen"], source=at["train_inputs"], picked=at["x"])
    _feed_answers(ground, program)
    return program


def feed_sequences(ground: Ground, over_time: bool) -> Program:
    """The batch of the clock's step into `x` and `targets`, laid out as `ground.reserve_sequences` says."""
    program, at, data = choice(ground), ground.regions, ground.dataset
    source = at["train_inputs"]
    if data.vocabulary:
        kernel = feeding.gather_one_hot_over_time if over_time else feeding.gather_tokens
        program.add(kernel, chosen=at["chosen"], source=source, picked=at["x"])
    elif over_time:
        steps = source.reshaped(len(data.train_inputs), data.steps, data.features)
        program.add(feeding.gather_over_time, chosen=at["chosen"], source=steps, picked=at["x"])
    else:
        rows = at["x"].reshaped(ground.batch, data.steps * data.features)
        program.add(feeding.gather, chosen=at["chosen"], source=source, picked=rows)
    if data.per_step:
        kernel = feeding.gather_tokens_over_time if over_time else feeding.gather_tokens
        program.add(kernel, chosen=at["chosen"], source=at["train_targets"], picked=at["targets"])
    else:
        _feed_answers(ground, program)
    return program


def _feed_answers(ground: Ground, program: Program) -> None:
    """One answer an example into `targets`."""
    at = ground.regions
    labels = LOSSES[loss_name(ground.dataset)].labels
    program.add(
        feeding.gather_labels if labels else feeding.gather,
        chosen=at["chosen"],
        source=at["train_targets"],
        picked=at["targets"],
    )
