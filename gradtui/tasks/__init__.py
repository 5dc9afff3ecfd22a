"""Tasks: what networks learn. `load` turns the `[task]` of a scenario into arrays."""

from __future__ import annotations

from gradtui.scenario import adversaries
from gradtui.scenario.model import Task
from gradtui.tasks import files, sequences, text
from gradtui.tasks.dataset import Dataset
from gradtui.tasks.digits import digits, scanned
from gradtui.tasks.errors import TaskError
from gradtui.tasks.examples import dataset, split, standardise
from gradtui.tasks.imitations import imitated, ring, scaled_digits
from gradtui.tasks.planes import generate

__all__ = ["Dataset", "TaskError", "load"]

#: Digits read in time: what they are called, and in how many steps.
_SCANS = {"row-digits": ("digits, row by row", 8), "pixel-digits": ("digits, pixel by pixel", 64)}


def load(task: Task, seed: int) -> Dataset:
    """The dataset of a task, the same for the same task and seed.

    TaskError, in one sentence: a file that cannot be learned from, a loss that does not fit, a batch larger
    than the training set.
    """
    if task.name == "digits":
        # They come with a scale of their own, the one of the published experiments.
        title = "digits 8x8"
        train, test = digits()
    elif task.name in _SCANS:
        title, steps = _SCANS[task.name]
        train, test = scanned(steps)
    elif task.name == "text":
        title = files.title(task)
        train, test = text.read(task, seed)
    elif task.name == "file":
        title = files.title(task)
        train, test = standardise(*files.read(task, seed))
    elif task.name in sequences.NAMES:
        # As they were published: nothing is standardised.
        title = task.name
        train, test = sequences.generate(task, seed)
    elif task.name == "gan-digits":
        title = "digits, -1 to 1"
        train, test = scaled_digits()
    elif task.name == "gan-ring":
        title = "ring of 8 Gaussians"
        train, test = split(ring(task.examples, task.noise, seed), task.held_out, seed)
    else:
        title = task.name
        points = generate(task.name, task.examples, task.noise, seed)
        train, test = standardise(*split(points, task.held_out, seed))
    if task.batch > len(train):
        raise TaskError(
            f"task.batch is {task.batch:,}, but {title} has {len(train):,} training examples; "
            "a batch of 0 takes all of them"
        )
    if task.name in adversaries.TASKS or task.loss in adversaries.NAMES:
        return imitated(dataset(title, "auto", train, test), adversaries.game(task))
    return dataset(title, task.loss, train, test)
