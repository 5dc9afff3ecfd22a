"""Whole data sets outside training, in chunks that the memory for passes holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

from gradtui.tasks.dataset import Dataset


def chunks(examples: int, most: int) -> Iterator[tuple[int, int]]:
    """(first example, how many) of each chunk."""
    for start in range(0, examples, most):
        yield start, min(most, examples - start)


def held_out(dataset: Dataset, most: int, measure: Callable[[int, int], NDArray[np.float64]]) -> dict[str, float]:
    """Loss and accuracy on the held-out examples; no accuracy in a regression. `measure` reports both, (2,), of the
    examples from one on, so many of them."""
    loss = right = 0.0
    count = len(dataset.test_inputs)
    for start, rows in chunks(count, most):
        report = measure(start, rows)
        loss += rows * float(report[0])
        right += rows * float(report[1])
    result = {"loss": loss / count}
    if dataset.classes:
        result["accuracy"] = right / count
    return result
