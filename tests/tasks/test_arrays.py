"""A user's own arrays: an NPZ file with x and y."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gradtui.scenario.model import Task
from gradtui.tasks import Dataset, TaskError, load

X = np.random.default_rng(0).normal(size=(40, 3))
Y = np.arange(40) % 3

Arrays = Callable[..., Dataset]


@pytest.fixture
def arrays(tmp_path: Path) -> Arrays:
    def arrays(task: dict[str, Any] | None = None, **content: Any) -> Dataset:
        path = tmp_path / "mine.npz"
        np.savez(path, **content)
        return load(Task(name="file", path=str(path), batch=0, **(task or {})), seed=0)

    return arrays


def test_classes(arrays: Arrays) -> None:
    found = arrays(x=X, y=Y)
    assert (found.loss, found.outputs, found.classes) == ("cross_entropy", 3, ("0", "1", "2"))
    assert (len(found.train_inputs), len(found.test_inputs)) == (32, 8)


def test_its_own_split(arrays: Arrays) -> None:
    found = arrays(x=X[:30], y=Y[:30], x_test=X[30:], y_test=Y[30:])
    assert (len(found.train_inputs), len(found.test_inputs)) == (30, 10)
    np.testing.assert_array_equal(found.train_targets, Y[:30])
    np.testing.assert_array_equal(found.test_targets, Y[30:])
    np.testing.assert_allclose(found.test_inputs, (X[30:] - X[:30].mean(axis=0)) / X[:30].std(axis=0))


def test_numbers_images_texts_and_names(arrays: Arrays) -> None:
    several = arrays(x=X, y=X * 2.5)
    assert (several.loss, several.outputs) == ("mse", 3)
    assert arrays(x=np.random.default_rng(0).normal(size=(40, 4, 4)), y=Y).train_inputs.shape == (32, 16)
    assert arrays(x=X, y=np.array(["a", "b"] * 20)).classes == ("a", "b")
    assert arrays(x=X, y=Y % 2 == 0).classes == ("0", "1")
    assert arrays({"target": "kind"}, x=X, kind=Y).outputs == 3
    assert arrays(x=X.astype(np.float32), y=Y.reshape(-1, 1)).outputs == 3


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ({"X": X, "y": Y}, "there is no array `x`; the arrays are X, y; did you mean X?"),
        ({"x": X, "labels": Y}, "there is no array `y`"),
        ({"x": X, "y": Y[:5]}, "`y` has 5 rows, but its inputs have 40"),
        ({"x": X, "y": Y, "x_test": X}, "there is no array `y_test`"),
        ({"x": X, "y": Y, "x_test": X[:, :2], "y_test": Y}, "3 inputs in x, 2 in x_test"),
        ({"x": X, "y": Y, "x_test": X, "y_test": Y * 0.5}, "y and y_test differ"),
        ({"x": np.where(X[3, 1] == X, np.nan, X), "y": Y}, "`x` holds nan at [3, 1]"),
        ({"x": X, "y": np.where(Y == 0, np.inf, Y)}, "`y` holds inf at [0, 0]"),
        ({"x": X[:, :0], "y": Y}, "`x` is empty"),
        ({"x": X.astype(complex), "y": Y}, "must hold numbers"),
        ({"x": np.float64(3), "y": Y}, "must hold numbers"),
        ({"x": X, "y": Y * 0}, "the same value, 0, in every row"),
        ({"x": X, "y": np.array([["a", "b"]] * 40)}, "2 columns of text"),
        ({"x": X, "y": np.array([1, None] * 20, dtype=object)}, "holds Python objects"),
        ({"x": X[:2], "y": Y[:2]}, "2 examples are too few"),
        ({"x": X[:6], "y": Y[[0, 0, 0, 0, 0, 0]], "x_test": X[:3], "y_test": Y[:3]}, "of one class"),
    ],
)
def test_one_sentence(arrays: Arrays, content: dict[str, Any], words: str) -> None:
    with pytest.raises(TaskError) as caught:
        arrays(**content)
    assert str(caught.value).startswith("mine.npz: ")
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_that_are_something_else(tmp_path: Path) -> None:
    path = tmp_path / "mine.npz"
    np.savez(path, x=X, y=Y)
    whole = path.read_bytes()
    with open(path, "wb") as file:
        np.save(file, X)
    single = path.read_bytes()
    for content in (b"", b"garbage", b"PK\x03\x04" + b"x" * 100, whole[:-30], single, b"\x80\x04K\x01."):
        path.write_bytes(content)
        with pytest.raises(TaskError, match=r"^mine\.npz: "):
            load(Task(name="file", path=str(path)), 0)


def test_a_pickle_is_never_opened(tmp_path: Path) -> None:
    class Bomb:
        def __reduce__(self) -> tuple[Any, ...]:
            return (Path.touch, (tmp_path / "ran",))

    path = tmp_path / "mine.npz"
    np.savez(path, x=X, y=np.array([Bomb()] * 40, dtype=object))
    with pytest.raises(TaskError):
        load(Task(name="file", path=str(path)), 0)
    assert not (tmp_path / "ran").exists()
