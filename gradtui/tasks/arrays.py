"""Arrays to learn from: an NPZ file with `x` and `y`, and `x_test` and `y_test` when it has its own split.

Images are (examples, height, width), (examples, height, width, channels) or, as PyTorch has them, (examples, channels,
height, width).
"""

from __future__ import annotations

import zipfile
import zlib
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradtui.scenario.errors import did_you_mean
from gradtui.scenario.model import Task
from gradtui.tasks import answers
from gradtui.tasks.errors import TaskError
from gradtui.tasks.examples import Examples

Image = tuple[int, int, int]
#: How many channels pictures have: grey, colours, colours and opacity.
_CHANNELS = (1, 3, 4)


def read(path: Path, task: Task) -> tuple[Examples, Examples | None]:
    """Training examples, and held-out ones when the file has its own; TaskError when it makes no sense."""
    found = _load(path)
    target = task.target or "y"
    inputs, image = _inputs(path, "x", found)
    tested = "x_test" in found or f"{target}_test" in found
    raw = _answers(path, target, found, len(inputs))
    raw_test = None
    if tested:
        test_inputs, test_image = _inputs(path, "x_test", found)
        if image != test_image:
            raise TaskError(
                f"{path.name}: an example is {_size(image)} in x, {_size(test_image)} in x_test; "
                "give both the same shape"
            )
        if test_inputs.shape[1] != inputs.shape[1]:
            raise TaskError(
                f"{path.name}: an example has {inputs.shape[1]} inputs in x, {test_inputs.shape[1]} in x_test"
            )
        raw_test = _answers(path, f"{target}_test", found, len(test_inputs))
        if raw_test.shape[1:] != raw.shape[1:] or raw_test.dtype.kind != raw.dtype.kind:
            raise TaskError(f"{path.name}: {target} and {target}_test differ in type or shape")
    together = raw if raw_test is None else np.concatenate([raw, raw_test])
    labels, classes = _labels(path, target, together, task.loss)
    train = Examples(inputs, labels[: len(inputs)], classes, image=image)
    if not tested:
        return train, None
    return train, Examples(test_inputs, labels[len(inputs) :], classes, image=image)


def _size(image: Image | None) -> str:
    if image is None:
        return "a row of numbers"
    height, width, channels = image
    return f"an image of {height} x {width} with {channels} channel{'s' if channels > 1 else ''}"


def _load(path: Path) -> dict[str, NDArray[Any]]:
    """Every array of the file; never unpickles, because a pickle can run any code."""
    unreadable = f"{path.name}: not a readable NPZ file; write one with numpy.savez"
    try:
        file = np.load(path, allow_pickle=False)
        if isinstance(file, np.ndarray):
            raise TaskError(f"{path.name}: a single array; write x and y into one file with numpy.savez")
        with file:
            return {name: file[name] for name in file.files}
    except TaskError:
        raise
    except ValueError as error:
        if "Object arrays" not in str(error):
            raise TaskError(unreadable) from None
        raise TaskError(
            f"{path.name}: an array holds Python objects, which are not read: loading them can run code"
        ) from None
    except (
        zipfile.BadZipFile,
        zlib.error,
        EOFError,
        KeyError,
        NotImplementedError,
        MemoryError,
        RuntimeError,
    ):
        raise TaskError(unreadable) from None


def _array(path: Path, name: str, found: dict[str, NDArray[Any]]) -> NDArray[Any]:
    if name not in found:
        listed = ", ".join(found) or "none"
        raise TaskError(f"{path.name}: there is no array `{name}`; the arrays are {listed}{did_you_mean(name, found)}")
    return found[name]


def _inputs(path: Path, name: str, found: dict[str, NDArray[Any]]) -> tuple[NDArray[np.float64], Image | None]:
    """Inputs as (n, inputs), and the (height, width, channels) of an image: images and other blocks are laid out flat,
    images with their channels last."""
    array = _array(path, name, found)
    if array.ndim < 1 or array.dtype.kind not in "buif":
        raise TaskError(f"{path.name}: `{name}` must hold numbers, one row an example, not {array.dtype}")
    image = None
    if array.ndim in (3, 4) and array.size:
        array = _channels_last(array)
        image = (int(array.shape[1]), int(array.shape[2]), int(array.shape[3]))
    flat = array.reshape(len(array), -1) if array.size else array.reshape(len(array), 0)
    if flat.shape[0] == 0 or flat.shape[1] == 0:
        raise TaskError(f"{path.name}: `{name}` is empty: its shape is {array.shape}")
    return _finite(path, name, flat), image


def _channels_last(array: NDArray[Any]) -> NDArray[Any]:
    """(n, height, width) or (n, channels, height, width) -> (n, height, width, channels); what has 1, 3 or 4 as its
    second axis and not as its last is taken to have its channels first."""
    if array.ndim == 3:
        return array[..., None]
    first, last = array.shape[1] in _CHANNELS, array.shape[3] in _CHANNELS
    return array.transpose(0, 2, 3, 1) if first and not last else array


def _finite(path: Path, name: str, array: NDArray[Any]) -> NDArray[np.float64]:
    numbers = array.astype(np.float64)
    bad = np.argwhere(~np.isfinite(numbers))
    if len(bad):
        row, column = (int(index) for index in bad[0])
        raise TaskError(f"{path.name}: `{name}` holds {numbers[row, column]} at [{row}, {column}]")
    return numbers


def _answers(path: Path, name: str, found: dict[str, NDArray[Any]], examples: int) -> NDArray[Any]:
    """The raw targets, (n,) or (n, outputs); a single column counts as (n,)."""
    array = _array(path, name, found)
    if array.ndim == 2 and array.shape[1] == 1:
        array = array[:, 0]
    if array.ndim not in (1, 2) or array.dtype.kind not in "buifU" or array.size == 0:
        raise TaskError(
            f"{path.name}: `{name}` must hold numbers or texts, one row an example, not {array.dtype} "
            f"of shape {array.shape}"
        )
    if len(array) != examples:
        raise TaskError(f"{path.name}: `{name}` has {len(array):,} rows, but its inputs have {examples:,}")
    if array.ndim == 2 and array.dtype.kind == "U":
        raise TaskError(f"{path.name}: `{name}` holds {array.shape[1]} columns of text; classes are one")
    return array


def _labels(
    path: Path, name: str, raw: NDArray[Any], loss: str
) -> tuple[NDArray[np.float64] | NDArray[np.int64], tuple[str, ...]]:
    where = f"{path.name}: `{name}`"
    if raw.dtype.kind == "U":
        return answers.from_texts(raw.tolist(), where, f'row 0 holds "{raw[0]}", which is text')
    if raw.ndim == 2:
        return _finite(path, name, raw), ()
    return answers.from_numbers(_finite(path, name, raw.reshape(-1, 1))[:, 0], loss, where)
