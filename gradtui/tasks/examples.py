"""Examples: inputs with labels or numbers, before they are split, scaled and put in a loss's form."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from gradtui.tasks.dataset import Dataset, Inputs, Targets
from gradtui.tasks.errors import TaskError

#: Streams of the seed: the split, the points of a generated task and the sequences to train on and to hold out draw
#: independent numbers.
SPLIT, POINTS, SEQUENCES, HELD_OUT = 1, 2, 3, 4


@dataclass(frozen=True)
class Examples:
    """Inputs float64 (n, inputs); answers int64 (n,) into `classes`, or float64 (n, outputs) without any.

    Sequences have `steps`; with a `vocabulary` their inputs are int64 (n, steps). Answers int64 (n, steps): one a step.
    """

    inputs: Inputs
    answers: Targets
    classes: tuple[str, ...] = ()
    input_names: tuple[str, ...] = ()
    image: tuple[int, int, int] | None = None
    steps: int = 0
    vocabulary: tuple[str, ...] = ()

    @property
    def per_step(self) -> bool:
        """Whether every time step has an answer of its own."""
        return bool(self.classes) and self.answers.ndim == 2

    def take(self, rows: NDArray[np.int64]) -> Examples:
        """The examples of these rows, in this order."""
        return replace(self, inputs=self.inputs[rows], answers=self.answers[rows])

    def __len__(self) -> int:
        return len(self.inputs)


def split(examples: Examples, held_out: float, seed: int) -> tuple[Examples, Examples]:
    """Training and held-out examples: drawn by a permutation from the seed, at least one on each side."""
    order = np.random.default_rng([seed, SPLIT]).permutation(len(examples))
    kept = min(max(round(held_out * len(examples)), 1), len(examples) - 1)
    return examples.take(order[kept:]), examples.take(order[:kept])


def standardise(train: Examples, test: Examples) -> tuple[Examples, Examples]:
    """Both, with the training inputs' mean at 0 and standard deviation at 1; a constant input becomes 0."""
    # Scaled first: the square of a huge number must not overflow.
    largest = np.maximum(np.abs(train.inputs).max(axis=0), np.finfo(np.float64).tiny)
    scaled = train.inputs / largest
    mean, std = scaled.mean(axis=0), scaled.std(axis=0)
    # What is constant comes out of the subtraction as rounding noise, not as 0.
    varies = std > 1e-12
    divisor = np.where(varies, std, 1.0)

    def scale(part: Examples) -> Examples:
        return replace(part, inputs=np.where(varies, (part.inputs / largest - mean) / divisor, 0.0))

    return scale(train), scale(test)


def dataset(title: str, loss: str, train: Examples, test: Examples) -> Dataset:
    """Put the answers in the form of `loss`; TaskError when the two do not go together."""
    chosen = _loss(loss, train, title)
    outputs, train_targets = _targets(chosen, train)
    _, test_targets = _targets(chosen, test)
    arrays = [_readable(part) for part in (train, test)]
    for array in (*arrays, train_targets, test_targets):
        array.setflags(write=False)
    names = train.input_names
    if not (names or train.vocabulary):
        names = tuple(f"input {number}" for number in range(1, train.inputs.shape[1] + 1))
    return Dataset(
        title=title,
        loss=chosen,
        outputs=outputs,
        classes=train.classes,
        input_names=names,
        train_inputs=arrays[0],
        train_targets=train_targets,
        test_inputs=arrays[1],
        test_targets=test_targets,
        image=train.image,
        steps=train.steps,
        vocabulary=train.vocabulary,
        per_step=train.per_step,
    )


def _readable(part: Examples) -> Inputs:
    """The inputs as engines read them: tokens stay whole numbers."""
    if part.vocabulary:
        return np.ascontiguousarray(part.inputs, dtype=np.int64)
    return np.ascontiguousarray(part.inputs, dtype=np.float64)


def _loss(loss: str, examples: Examples, title: str) -> str:
    classes = len(examples.classes)
    if examples.per_step:
        if loss not in ("auto", "cross_entropy"):
            raise TaskError(f'task.loss is "{loss}", but {title} asks for a class at every step; use "cross_entropy"')
        return "cross_entropy"
    if loss == "auto":
        return "mse" if classes == 0 else "bce" if classes == 2 else "cross_entropy"
    if classes == 0 and loss != "mse":
        raise TaskError(f'task.loss is "{loss}", but {title} predicts numbers, not classes; use "mse"')
    if loss == "bce" and classes != 2:
        raise TaskError(f'task.loss is "bce", which is for two classes, but {title} has {classes}; use "cross_entropy"')
    return loss


def _targets(loss: str, examples: Examples) -> tuple[int, Targets]:
    """The size of the output layer and the targets."""
    classes = len(examples.classes)
    if loss == "cross_entropy":
        return classes, np.ascontiguousarray(examples.answers, dtype=np.int64)
    if loss == "bce":
        return 1, examples.answers.astype(np.float64).reshape(-1, 1)
    if classes:
        return classes, np.eye(classes)[examples.answers.astype(np.int64)]
    values = np.ascontiguousarray(examples.answers, dtype=np.float64)
    return values.shape[1], values
