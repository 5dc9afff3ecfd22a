"""Dataset: what a network learns from, as arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Inputs = NDArray[np.float64]
Targets = NDArray[np.float64] | NDArray[np.int64]


@dataclass(frozen=True)
class Dataset:
    """Training and held-out examples, ready for the engine. Every array is read-only.

    Inputs are float64 (examples, inputs). The targets' form follows `loss`:

    - `cross_entropy`: int64 (examples,), indices into `classes`; one output a class.
    - `bce`: float64 (examples, 1), 0.0 or 1.0, the index into `classes`; one output.
    - `mse`: float64 (examples, outputs): the numbers to predict, or one-hot rows when there are `classes`.

    - the game of two adversaries (`minimax`, ...): float64 (examples, 1) of zeros; nothing is asked of an example.

    `image` is (height, width, channels) where an example is one, laid out in this order, else None.
    `outputs` is the size of the output layer; `classes` is empty for a regression.
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
