"""What is wrong with a task's data, in one sentence."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from gradtui.scenario.errors import ScenarioError


class TaskError(ScenarioError):
    """A task that cannot be made, or a file that cannot be learned from."""


@contextmanager
def reading(path: Path) -> Iterator[None]:
    """Turns what goes wrong with a file into a TaskError that names it."""
    try:
        yield
    except FileNotFoundError:
        raise TaskError(f"{path}: there is no such file") from None
    except IsADirectoryError:
        raise TaskError(f"{path}: this is a folder, not a file") from None
    except OSError as error:
        raise TaskError(f"{path}: the file cannot be read: {error.strerror or error}") from None
