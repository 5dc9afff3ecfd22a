"""Which class a network's outputs stand for, and how sure it is of it."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradtui.lab.sight import UNDECIDED
from gradtui.tasks import Dataset

Array = NDArray[Any]
Floats = NDArray[np.float64]
Labels = NDArray[np.int64]


def decide(data: Dataset, answers: Floats) -> tuple[Labels, Floats]:
    """The class predicted from each row of the network's outputs, as the loss decides it, and how sure it is of it."""
    with np.errstate(invalid="ignore", over="ignore"):
        if data.loss == "bce":
            second = 1.0 / (1.0 + np.exp(-answers[:, 0]))
            predicted = (answers[:, 0] > 0.0).astype(np.int64)
            confidence = np.where(predicted == 1, second, 1.0 - second)
        else:
            predicted = np.argmax(answers, axis=1)
            largest = answers.max(axis=1)
            if data.loss == "cross_entropy":
                confidence = 1.0 / np.exp(answers - largest[:, None]).sum(axis=1)
            else:
                confidence = np.clip(largest, 0.0, 1.0)
    none = np.isnan(confidence)
    return np.where(none, UNDECIDED, predicted), np.where(none, 0.0, confidence)


def labels_of(data: Dataset, targets: Array) -> Labels:
    """The classes that targets stand for."""
    if data.loss == "bce":
        return targets[:, 0].astype(np.int64)
    return targets if data.loss == "cross_entropy" else np.argmax(targets, axis=1)
