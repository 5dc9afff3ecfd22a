"""Chance: how well a network does that has learned nothing of its inputs, and what it answers then."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from gradtui import tasks
from gradtui.lab.simulation import Simulation
from gradtui.scenario.errors import ScenarioError
from gradtui.scenario.model import Task
from gradtui.tasks.dataset import Dataset

#: Losses of answers that are right or wrong; two adversaries have others.
_OF_ANSWERS = ("cross_entropy", "bce", "mse")
#: Held-out examples that are asked what class they are taken for.
ASKED = 256


@dataclass(frozen=True)
class Chance:
    """The best that an answer can do which does not look at the input: its mean `loss` on the training set, and its
    `accuracy`, NaN where nothing is counted right or wrong. Both NaN where two adversaries play. `blank`: all inputs
    are the same, and no answer does better."""

    loss: float = math.nan
    accuracy: float = math.nan
    blank: bool = False


def chance_of(dataset: Dataset, smoothing: float = 0.0) -> Chance:
    """Cross-entropy: the entropy of the classes, place by place where each time step has an answer of its own, with a
    share `smoothing` of each label spread over all classes; squared error: the variance of the targets."""
    targets = dataset.train_targets
    blank = bool((dataset.train_inputs == dataset.train_inputs[:1]).all())
    if dataset.loss == "cross_entropy":
        columns = np.asarray(targets, dtype=np.int64).reshape(len(targets), -1)
        shares = np.stack([np.bincount(column, minlength=dataset.outputs) for column in columns.T]) / len(columns)
        smoothed = (1.0 - smoothing) * shares + smoothing / dataset.outputs
        return Chance(_entropy(smoothed), float(shares.max(axis=1).mean()), blank)
    if dataset.loss == "bce":
        positive = float(np.mean(targets))
        return Chance(_entropy(np.array([[positive, 1.0 - positive]])), max(positive, 1.0 - positive), blank)
    if dataset.loss == "mse":
        values = np.asarray(targets, dtype=np.float64).reshape(len(targets), -1)
        accuracy = float(values.mean(axis=0).max()) if dataset.classes else math.nan
        return Chance(float(values.var(axis=0).mean()), accuracy, blank)
    return Chance()


@lru_cache(maxsize=16)
def chance_of_task(task: Task, seed: int) -> Chance:
    """The same where nothing is at hand but what the task is called; nothing is known of one that cannot be read."""
    try:
        return chance_of(tasks.load(task, seed), task.label_smoothing)
    except (ScenarioError, OSError):
        return Chance()


def _entropy(shares: NDArray[np.float64]) -> float:
    """Mean over rows of -sum p ln p."""
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(shares > 0.0, shares * np.log(shares), 0.0)
    return float(-terms.sum(axis=1).mean())


def favourite(simulation: Simulation) -> float:
    """The share of held-out answers that name the class named most often; NaN where no classes are named, or where an
    answer is no number."""
    data = simulation.dataset
    if not data.classes or data.outputs < 2 or data.loss not in _OF_ANSWERS:
        return math.nan
    answers = simulation.outputs(data.test_inputs[:ASKED]).reshape(-1, data.outputs)
    if not np.isfinite(answers).all():
        return math.nan
    return float(np.bincount(answers.argmax(axis=1)).max() / len(answers))
