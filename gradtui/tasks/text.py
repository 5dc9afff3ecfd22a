"""The task `text`: a user's own text file, of which the next character is asked for at each one."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gradtui.scenario.model import Task
from gradtui.scenario.utf8 import decoded
from gradtui.tasks.errors import TaskError, reading
from gradtui.tasks.examples import SEQUENCES, Examples
from gradtui.tasks.sequences import HELD_OUT_COUNT, refuse_large

#: Different characters that a text may have, and bytes.
MOST_CHARACTERS = 256
LARGEST = 20_000_000
#: What stands for characters that cannot be seen.
_SHOWN = {" ": "␣", "\n": "⏎", "\t": "⇥"}


def read(task: Task, seed: int) -> tuple[Examples, Examples]:
    """Windows of `task.length` characters, each with the characters that come next; TaskError says what is wrong.

    The last `task.held_out` of the file is held out, in windows that stand end to end, evenly spread where there are
    many; of the rest at most `task.examples` windows are drawn.
    """
    path = Path(task.path).expanduser()
    codes, vocabulary = _encoded(path)
    cut = len(codes) - round(task.held_out * len(codes))
    if min(cut, len(codes) - cut) <= task.length:
        # Both parts must hold a window and the character behind it.
        fewest = int(np.ceil((task.length + 1) / min(task.held_out, 1.0 - task.held_out)))
        raise TaskError(
            f"{path.name}: {len(codes):,} characters are too few for task.length = {task.length} with "
            f"{task.held_out:.0%} of them held out; it takes about {fewest:,}, or a smaller task.length"
        )
    windows = cut - task.length
    count = min(windows, task.examples)
    refuse_large(task, count, 2 * task.length)
    starts = np.sort(np.random.default_rng([seed, SEQUENCES]).choice(windows, count, replace=False))
    ends = np.arange(cut, len(codes) - task.length, task.length)
    chosen = np.unique(np.linspace(0, len(ends) - 1, min(len(ends), HELD_OUT_COUNT)).round().astype(np.int64))
    return tuple(_windows(codes, vocabulary, task.length, at) for at in (starts, ends[chosen]))  # type: ignore[return-value]


def _windows(codes: NDArray[np.int64], vocabulary: tuple[str, ...], length: int, starts: NDArray[np.int64]) -> Examples:
    places = starts[:, None] + np.arange(length)
    classes = tuple(_SHOWN.get(letter, letter if letter.isprintable() else repr(letter)[1:-1]) for letter in vocabulary)
    return Examples(codes[places], codes[places + 1], classes, steps=length, vocabulary=vocabulary)


def _encoded(path: Path) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """The text as places in its vocabulary, and the vocabulary: its characters in the order of their code points."""
    with reading(path), open(path, "rb") as file:
        content = file.read(LARGEST + 1)
    if len(content) > LARGEST:
        raise TaskError(f"{path.name}: more than {LARGEST:,} bytes; take a part of the text")
    if b"\0" in content:
        raise TaskError(f"{path.name}: not a text, it holds zero bytes; save it as UTF-8")
    try:
        text = decoded(content)
    except ValueError as error:
        raise TaskError(f"{path.name}: {error}") from None
    if not text.strip():
        raise TaskError(f"{path.name}: the file is empty; it takes a text to learn from")
    points = np.frombuffer(text.encode("utf-32-le"), dtype=np.uint32)
    found, codes = np.unique(points, return_inverse=True)
    if len(found) > MOST_CHARACTERS:
        raise TaskError(
            f"{path.name}: {len(found):,} different characters; at most {MOST_CHARACTERS} are learned, each is a class"
        )
    if len(found) < 2:
        raise TaskError(f"{path.name}: one character all over: nothing to tell apart")
    return codes.astype(np.int64), tuple(map(chr, found))
