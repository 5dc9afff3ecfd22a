"""The task `file`: a user's own CSV or NPZ file, read into examples."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from gradtui.scenario.model import Task
from gradtui.tasks import arrays, tables
from gradtui.tasks.errors import TaskError, reading
from gradtui.tasks.examples import Examples, split

_TABLES = (".csv", ".tsv", ".txt")
_FEWEST = 4


def title(task: Task) -> str:
    """The file's name."""
    return Path(task.path).name


def read(task: Task, seed: int) -> tuple[Examples, Examples]:
    """Training and held-out examples of the file at `task.path`; TaskError says what is wrong with it."""
    path = Path(task.path).expanduser()
    suffix = path.suffix.lower()
    if suffix != ".npz" and suffix not in _TABLES:
        raise TaskError(f"{path.name}: not a file to learn from; that is a table (.csv, .tsv or .txt) or arrays (.npz)")
    reader: Callable[[Path, Task], tuple[Examples, Examples | None]]
    reader = arrays.read if suffix == ".npz" else tables.read
    with reading(path):
        examples, test = reader(path, task)
    if len(examples) < _FEWEST:
        raise TaskError(f"{path.name}: {len(examples)} examples are too few to learn from; it takes {_FEWEST}")
    train, held = (examples, test) if test is not None else split(examples, task.held_out, seed)
    if train.classes and len(set(train.answers.tolist())) < 2:
        raise TaskError(f"{path.name}: every training example is of one class: nothing to tell apart")
    return train, held
