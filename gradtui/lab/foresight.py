"""What theory says of a simulation's step 0, from the batch that it sees and the answers that its loss gives."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradtui.scenario.model import Scenario
from gradtui.tasks.dataset import Dataset
from gradtui.theory import Batch, Prediction, predict

Array = NDArray[Any]


#: The kinds of networks whose prediction begins with their first batch.
READ = ("mlp", "cnn", "rnn", "gan")


def foresee(scenario: Scenario, dataset: Dataset, batch: Batch | None = None) -> Prediction:
    """The prediction for this scenario on these data."""
    inputs = dataset.train_inputs
    if dataset.tokens:
        mean_square, numbers = 1.0 / dataset.tokens, dataset.tokens
    else:
        mean_square = float(np.mean(inputs.astype(np.float64) ** 2))
        numbers = dataset.features or inputs.size // len(inputs)
    if scenario.network.kind != "rnn":
        numbers = inputs.size // len(inputs)
    return predict(
        scenario, mean_square, dataset.outputs, inputs=numbers, image=dataset.image or (1, 1, numbers), batch=batch
    )


def seen(scenario: Scenario, dataset: Dataset, inputs: Array, targets: Array, outputs: Array) -> Batch:
    """What theory wants to know of a batch: inputs (batch, numbers), (batch, steps, features), tokens (batch, steps) or
    (batch, channels, height, width), targets, and what the network made of them, (batch, outputs) or one step's after
    another, (steps * batch, outputs); of two adversaries examples (batch, numbers), noise, and samples of it."""
    if inputs.ndim == 4:
        inputs = inputs.reshape(*inputs.shape[:2], -1).transpose(0, 2, 1)
    if dataset.tokens:
        inputs = np.eye(dataset.tokens)[inputs.astype(np.int64)]
    answers = len(outputs) // len(inputs)
    if answers > 1:
        outputs = outputs.reshape(answers, len(inputs), -1).transpose(1, 0, 2).reshape(len(outputs), -1)
    if scenario.network.kind == "gan":
        # Of examples it says too much or too little as it says of samples: by about the same, the other way.
        count = min(len(inputs), len(outputs))
        both = np.concatenate([inputs[:count], outputs[:count]], axis=1).reshape(2 * count, -1)
        return Batch.of(both, np.tile([[1.0], [-1.0]], (count, 1)))
    with np.errstate(all="ignore"):
        errors = _errors(scenario, dataset.loss, targets, outputs)
    shape = (len(inputs), answers, -1)
    return Batch.of(inputs, errors.reshape(shape), outputs.reshape(shape))


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
