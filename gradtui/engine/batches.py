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
    labels = LOSSES[loss_name(ground.dataset)].labels
    program.add(
        feeding.gather_labels if labels else feeding.gather,
        chosen=at["chosen"],
        source=at["train_targets"],
        picked=at["targets"],
    )
    return program
