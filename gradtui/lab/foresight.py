"""What theory says of a simulation's step 0, from the batch that it sees and the answers that its loss gives."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradtui.scenario.model import Scenario
from gradtui.tasks.dataset import Dataset
from gradtui.theory import Batch, Prediction, predict

Array = NDArray[Any]


def foresee(scenario: Scenario, dataset: Dataset, batch: Batch | None = None) -> Prediction:
    """The prediction for this scenario on these data."""
    inputs = dataset.train_inputs
    mean_square = float(np.mean(inputs.astype(np.float64) ** 2))
    numbers = inputs.size // len(inputs)
    return predict(
        scenario, mean_square, dataset.outputs, inputs=numbers, image=dataset.image or (1, 1, numbers), batch=batch
    )


def seen(scenario: Scenario, dataset: Dataset, inputs: Array, targets: Array, outputs: Array) -> Batch:
    """What theory wants to know of a batch: inputs (batch, numbers), (batch, steps, features) or (batch, channels,
    height, width), targets, and what the network made of them, (batch, outputs)."""
    if inputs.ndim == 4:
        inputs = inputs.reshape(*inputs.shape[:2], -1).transpose(0, 2, 1)
    with np.errstate(all="ignore"):
        return Batch.of(inputs, _errors(scenario, dataset.loss, targets, outputs))


def _errors(scenario: Scenario, loss: str, targets: Array, outputs: Array) -> NDArray[np.float64]:
    """dL/d(output), up to a factor that all examples share."""
    answers: NDArray[np.float64] = outputs.astype(np.float64)
    if loss == "cross_entropy":
        smoothing = scenario.task.label_smoothing
        wanted = np.full_like(answers, smoothing / answers.shape[1])
        wanted[np.arange(len(answers)), targets.astype(np.int64).reshape(-1)] += 1.0 - smoothing
        answers = np.exp(answers - answers.max(axis=1, keepdims=True))
        answers /= answers.sum(axis=1, keepdims=True)
        return answers - wanted
    if loss == "bce":
        answers = 1.0 / (1.0 + np.exp(-answers))
    errors: NDArray[np.float64] = answers - targets
    return errors
