"""Files that are written beside each other: none is ever overwritten."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from itertools import count
from pathlib import Path

_LONGEST = 80


class Unsaved(Exception):
    """Why something could not be saved, in one sentence."""


def stem(name: str, step: int) -> str:
    """`sigmoid-deep-step1240`: a scenario's name in letters that every file system takes, and the step."""
    kept = re.sub(r"[^\w.-]+", "-", name).strip("-.")[:_LONGEST]
    return f"{kept or 'scenario'}-step{step}"


def free_name(stem: str, suffix: str) -> str:
    """The first name that is still free in the current folder: `stem.suffix`, `stem-2.suffix` ..."""
    return next(name for name in _candidates(stem, suffix) if not os.path.lexists(name))


def save(content: bytes, stem: str, suffix: str) -> Path:
    """Write a new file into the current folder; its path. Raises Unsaved."""
    for name in _candidates(stem, suffix):
        try:
            with open(name, "xb") as file:
                try:
                    file.write(content)
                    file.flush()
                except OSError:
                    # A full disk: half a file would look like a whole one.
                    os.unlink(name)
                    raise
        except FileExistsError:
            continue
        except OSError as error:
            reason = error.strerror or str(error)
            raise Unsaved(
                f"nothing was saved: {_folder()} cannot be written ({reason}); start gradtui elsewhere"
            ) from None
        return Path(name).absolute()
    raise AssertionError("there is always another number")


def _candidates(stem: str, suffix: str) -> Iterator[str]:
    return (f"{stem}.{suffix}" if number == 1 else f"{stem}-{number}.{suffix}" for number in count(1))


def _folder() -> str:
    try:
        return os.getcwd()
    except OSError:
        return "the current folder"
