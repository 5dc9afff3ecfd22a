"""The table of optimizers: one row makes one out of a rule, its `prepare` and how many numbers it keeps a weight."""

from __future__ import annotations

from dataclasses import dataclass

from gradtui.engine.kernel import Function, Kernel
from gradtui.engine.kernels import adaptive, classical, moments, muon
from gradtui.engine.kernels.update import COUPLED, DECOUPLED, NO_DECAY, prepare_update, update


@dataclass(frozen=True)
class Optimizer:
    """One row: the kernels and how many numbers are kept for each weight.

    `matrix` takes the place of `update` for the weights of layers that are neither first nor last.
    """

    prepare: Kernel
    update: Kernel
    states: int
    matrix: Kernel | None = None


def optimizer(
    name: str, prepare: Function, rule: Function, *, states: int, decay: int = COUPLED, matrix: Kernel | None = None
) -> Optimizer:
    """A row of the table; at most three states. `decay`: how `weight_decay` is done."""
    return Optimizer(
        prepare_update.bind(f"prepare_{name}", prepare=prepare, DECAYS=decay),
        update.bind(f"{rule.__name__}_update", rule=rule, STATES=states),
        states,
        matrix,
    )


OPTIMIZERS: dict[str, Optimizer] = {
    "sgd": optimizer("sgd", classical.prepare_sgd, classical.sgd, states=0),
    "momentum": optimizer("momentum", classical.prepare_momentum, classical.momentum, states=1),
    "nag": optimizer("nag", classical.prepare_nag, classical.nag, states=1),
    "adagrad": optimizer("adagrad", adaptive.prepare_adagrad, adaptive.adagrad, states=1),
    "adadelta": optimizer("adadelta", adaptive.prepare_adadelta, adaptive.adadelta, states=2),
    "rmsprop": optimizer("rmsprop", adaptive.prepare_rmsprop, adaptive.rmsprop, states=3),
    "adam": optimizer("adam", moments.prepare_adam, moments.adam, states=2),
    "amsgrad": optimizer("amsgrad", moments.prepare_adam, moments.amsgrad, states=3),
    "adamw": optimizer("adamw", moments.prepare_adam, moments.adam, states=2, decay=DECOUPLED),
    "adamax": optimizer("adamax", moments.prepare_adamax, moments.adamax, states=2),
    "nadam": optimizer("nadam", moments.prepare_nadam, moments.nadam, states=2),
    "lion": optimizer("lion", moments.prepare_lion, moments.lion, states=1, decay=DECOUPLED),
    "muon": optimizer(
        "muon", muon.prepare_muon, moments.adam, states=2, decay=DECOUPLED, matrix=muon.orthogonal_update
    ),
    "rprop": optimizer("rprop", classical.prepare_rprop, classical.rprop, states=2, decay=NO_DECAY),
}
