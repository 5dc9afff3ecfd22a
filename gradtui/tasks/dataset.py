"""Dataset: what a network learns from, as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Inputs = NDArray[np.float64] | NDArray[np.int64]
Targets = NDArray[np.float64] | NDArray[np.int64]


@dataclass(frozen=True)
class Dataset:
    """Training and held-out examples, ready for the engine. Every array is read-only.

    Inputs are float64 (examples, inputs); sequences of `steps` time steps stand in them step after step, each with the
    same number of `features`. With a `vocabulary` they are tokens: int64 (examples, steps), indices into it. The
    targets' form follows `loss`:

    - `cross_entropy`: int64 (examples,), indices into `classes`; one output a class. Where every time step has an
      answer of its own (`per_step`), int64 (examples, steps); the loss is the mean over examples and steps.
    - `bce`: float64 (examples, 1), 0.0 or 1.0, the index into `classes`; one output.
    - `mse`: float64 (examples, outputs): the numbers to predict, or one-hot rows when there are `classes`.

    - the game of two adversaries (`minimax`, ...): float64 (examples, 1) of zeros; nothing is asked of an example.

    `image` is (height, width, channels) where an example is one, laid out in this order, else None.
    `outputs` is the size of the output layer; `classes` is empty for a regression. `input_names` are those of the flat
    row, of sequences those of one time step's features; tokens have none. Without `per_step` a sequence is answered at
    its last step.
    """

    title: str
    loss: str
    outputs: int
    classes: tuple[str, ...]
    input_names: tuple[str, ...]
    train_inputs: Inputs
    train_targets: Targets
    test_inputs: Inputs
    test_targets: Targets
    image: tuple[int, int, int] | None = None
    steps: int = 0
    vocabulary: tuple[str, ...] = ()
    per_step: bool = False

    @property
    def tokens(self) -> int:
        """The size of the vocabulary; 0: the inputs are numbers."""
        return len(self.vocabulary)

    @property
    def features(self) -> int:
        """How many numbers stand at one time step of a sequence, tokens one-hot; 0 where there are no time steps."""
        if self.vocabulary:
            return len(self.vocabulary)
        return self.train_inputs.shape[1] // self.steps if self.steps else 0

    @property
    def next_token(self) -> bool:
        """Whether each step asks for the token that comes next, so that answers can be read on."""
        return self.per_step and self.outputs == self.tokens
