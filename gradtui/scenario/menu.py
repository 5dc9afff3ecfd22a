"""Every choice that a scenario offers, in one table: validation, help, the screen and the docs all read it.

A choice is one row: its name in a scenario file, a label for people, what it means in one line, its formula,
the paper it comes from, the other keys it reads (`init_std` matters to `normal` and to nothing else), and which of
those have a default of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from types import MappingProxyType

from gradtui.scenario import (
    adversarial_choices,
    attention_choices,
    layer_choices,
    recurrent_choices,
    sequence_choices,
    structure_choices,
)
from gradtui.scenario.choice import Choice
from gradtui.scenario.optimizer_menu import ADJUSTMENTS, OPTIMIZERS, SCHEDULES

_GENERATED = ("task.examples", "task.noise", "task.held_out")

_DTYPES = (
    Choice(
        "float32",
        "float32",
        "what people train in: 7 digits; a gradient below 1e-38 becomes exactly 0",
        "smallest normal number 1.18e-38",
        "IEEE 754",
    ),
    Choice(
        "float64",
        "float64",
        "16 digits; reads gradients down to 1e-308",
        "smallest normal number 2.23e-308",
        "IEEE 754",
    ),
)

_SMOOTHED = ("task.label_smoothing",)

_LOSSES = (
    Choice(
        "auto",
        "auto",
        "what fits the task: cross_entropy for classes, bce for two, mse for numbers",
        reads=_SMOOTHED,
    ),
    Choice(
        "cross_entropy",
        "cross-entropy",
        "softmax and negative log-likelihood, one output for each class",
        "mean over the batch of log(sum_k exp z_k) - sum_k t_k z_k;  "
        "t = 1 - label_smoothing for the class, and label_smoothing / classes added to all",
        "Szegedy, Vanhoucke, Ioffe, Shlens & Wojna 2016",
        _SMOOTHED,
    ),
    Choice(
        "bce",
        "binary cross-entropy",
        "one output for two classes, through a sigmoid",
        "mean over the batch of log(1 + exp z) - y z",
    ),
    Choice(
        "mse",
        "mean squared error",
        "the squared difference to the target; classes become one-hot targets",
        "mean over the batch and the outputs of (z - y)^2",
    ),
    *adversarial_choices.GAMES,
)

_TASKS = (
    Choice(
        "digits",
        "digits 8x8",
        "1,797 handwritten digits of 8 x 8 pixels, 10 classes; 1,437 to train on, 360 held out",
        paper="Alpaydin & Kaynak 1998",
    ),
    Choice(
        "moons",
        "two moons",
        "two interleaved half circles in the plane, 2 classes",
        reads=_GENERATED,
    ),
    Choice(
        "circles",
        "circles",
        "a ring around a disc in the plane, 2 classes",
        reads=_GENERATED,
    ),
    Choice(
        "spirals",
        "two spirals",
        "two spirals wound around each other, 2 classes: hard for a shallow net",
        paper="Lang & Witbrock 1988",
        reads=_GENERATED,
    ),
    Choice(
        "xor",
        "XOR",
        "four clouds, opposite corners share a class: no straight line separates them",
        paper="Minsky & Papert 1969",
        reads=_GENERATED,
    ),
    Choice(
        "file",
        "your file",
        "a CSV file with a header, or an NPZ file with arrays x and y; images in x keep their height and width",
        reads=("task.path", "task.target", "task.held_out"),
    ),
    *adversarial_choices.TASKS,
)

#: Dotted key of a scenario file -> its choices, in the order in which they are offered.
MENU: Mapping[str, tuple[Choice, ...]] = MappingProxyType(
    {
        "task.name": (*_TASKS, *sequence_choices.SEQUENCES),
        "task.loss": _LOSSES,
        "network.kind": (*structure_choices.KINDS, attention_choices.TRANSFORMER, adversarial_choices.KIND),
        "network.positions": attention_choices.POSITIONS,
        "network.activation": layer_choices.ACTIVATIONS,
        "network.prelu_share": layer_choices.SHARES,
        "network.init": layer_choices.INITS,
        "network.init_fan": layer_choices.FANS,
        "network.init_bias_kind": layer_choices.BIASES,
        "network.norm": structure_choices.NORMS,
        "network.norm_place": structure_choices.NORM_PLACES,
        "network.skip": structure_choices.SKIPS,
        "network.skip_form": structure_choices.SKIP_FORMS,
        "network.downsample": structure_choices.DOWNSAMPLES,
        "network.head": structure_choices.HEADS,
        "network.cell": recurrent_choices.CELLS,
        "network.recurrent_init": recurrent_choices.RECURRENT_INITS,
        "network.layer.kind": structure_choices.LAYER_KINDS,
        "network.dtype": _DTYPES,
        "optimizer.name": OPTIMIZERS,
        "optimizer.adjust_lr": ADJUSTMENTS,
        "optimizer.schedule": SCHEDULES,
        "generator.activation": layer_choices.ACTIVATIONS,
        "generator.init": layer_choices.INITS,
        "generator.norm": structure_choices.NORMS,
        "generator.output": adversarial_choices.OUTPUTS,
        "generator.optimizer": adversarial_choices.OPTIMIZERS_OF_GENERATORS,
    }
)

#: Short names that people and code may use for a dotted key.
SHORT_NAMES: Mapping[str, str] = MappingProxyType(
    {
        "task": "task.name",
        "loss": "task.loss",
        "kind": "network.kind",
        "positions": "network.positions",
        "activation": "network.activation",
        "prelu_share": "network.prelu_share",
        "init": "network.init",
        "init_fan": "network.init_fan",
        "init_bias_kind": "network.init_bias_kind",
        "norm": "network.norm",
        "norm_place": "network.norm_place",
        "skip": "network.skip",
        "skip_form": "network.skip_form",
        "downsample": "network.downsample",
        "head": "network.head",
        "cell": "network.cell",
        "recurrent_init": "network.recurrent_init",
        "layer_kind": "network.layer.kind",
        "dtype": "network.dtype",
        "optimizer": "optimizer.name",
        "adjust_lr": "optimizer.adjust_lr",
        "schedule": "optimizer.schedule",
        "generator_activation": "generator.activation",
        "generator_init": "generator.init",
        "generator_norm": "generator.norm",
        "generator_output": "generator.output",
        "generator_optimizer": "generator.optimizer",
    }
)


def choices(key: str) -> tuple[Choice, ...]:
    """The rows offered for a key, named `network.activation` or `activation`; KeyError for any other key."""
    return MENU[SHORT_NAMES.get(key, key)]


def choice(key: str, name: str) -> Choice:
    """The row called `name` of a key; KeyError when there is none."""
    for row in choices(key):
        if row.name == name:
            return row
    raise KeyError(f"{key} has no choice {name!r}")


def has_effect(key: str, chosen: Callable[[str], object]) -> bool:
    """Whether a dotted key does anything; `chosen` says what is chosen for a key of the menu."""
    adversaries = chosen("network.kind") == "gan"
    if key.startswith("generator.") and not adversaries:
        return False
    found = readers(key)
    heard = [(at, row) for at, row in found if adversaries or not at.startswith("generator.")]
    return not found or any(chosen(at) == row.name for at, row in heard)


@cache
def readers(key: str) -> tuple[tuple[str, Choice], ...]:
    """The choices that a key has an effect with, as (menu key, row); empty when it always has one."""
    return tuple((menu_key, row) for menu_key, rows in MENU.items() for row in rows if key in row.reads)
