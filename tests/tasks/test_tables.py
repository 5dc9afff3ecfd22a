"""A user's own table: what it means, and what can be wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gradtui.scenario.model import Task
from gradtui.tasks import Dataset, TaskError, load

CELLS = "area,roundness,kind\n" + "".join(f"{i},{i * i % 7}.5,{('oval', 'round')[i % 2]}\n" for i in range(1, 41))

Table = Callable[..., Dataset]


@pytest.fixture
def table(tmp_path: Path) -> Table:
    def table(text: str | bytes, name: str = "cells.csv", **task: Any) -> Dataset:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return load(Task(name="file", path=str(path), **{"batch": 0, **task}), seed=0)

    return table


def test_text_is_classes(table: Table) -> None:
    cells = table(CELLS)
    assert (cells.title, cells.loss, cells.outputs, cells.classes) == (
        "cells.csv",
        "bce",
        1,
        ("oval", "round"),
    )
    assert cells.input_names == ("area", "roundness")
    assert (len(cells.train_inputs), len(cells.test_inputs)) == (32, 8)


def test_inputs_and_targets_stay_together(table: Table) -> None:
    numbers = "x,y\n" + "".join(f"{i},{3 * i + 0.5}\n" for i in range(50))
    line = table(numbers)
    assert (line.loss, line.outputs, line.classes) == ("mse", 1, ())
    x, y = line.train_inputs[:, 0], line.train_targets[:, 0]
    np.testing.assert_allclose(np.corrcoef(x, y)[0, 1], 1.0)


def test_the_split_is_the_seeds(tmp_path: Path) -> None:
    path = tmp_path / "cells.csv"
    path.write_text(CELLS)
    task = Task(name="file", path=str(path), batch=0, held_out=0.25)
    first, again, other = (load(task, seed) for seed in (0, 0, 1))
    assert len(first.test_inputs) == 10
    np.testing.assert_array_equal(first.train_inputs, again.train_inputs)
    assert (first.train_inputs != other.train_inputs).any()


def test_few_whole_numbers_are_classes_and_many_are_not(table: Table) -> None:
    few = "x,y\n" + "".join(f"{i},{i % 3}\n" for i in range(60))
    many = "x,y\n" + "".join(f"{i},{i}\n" for i in range(60))
    assert table(few).classes == ("0", "1", "2")
    assert table(few).loss == "cross_entropy"
    assert table(few, loss="mse").classes == ()
    assert table(many).loss == "mse"
    assert len(table(many, loss="cross_entropy").classes) == 60


def test_the_target_by_name(table: Table) -> None:
    text = "kind,area\n" + "".join(f"{'ab'[i % 2]},{i}.5\n" for i in range(20))
    assert table(text, target="kind").input_names == ("area",)


def test_semicolons_tabs_spaces_and_quotes(table: Table) -> None:
    rows = "".join(f'{i};"{"no" if i % 2 else "yes, really"}"\r\n' for i in range(20))
    assert table("\ufeffx;y\r\n" + rows).classes == ("no", "yes, really")
    assert table("x\ty\n" + "".join(f" {i} \t {i % 2} \n" for i in range(20)), "t.tsv").classes == ("0", "1")


def test_a_constant_column_is_zero(table: Table) -> None:
    cells = table("c,x,y\n" + "".join(f"0.1,{i},{i % 2}\n" for i in range(20)))
    np.testing.assert_array_equal(cells.train_inputs[:, 0], 0.0)


@pytest.mark.parametrize(
    ("text", "task", "words"),
    [
        ("", {}, "the file is empty"),
        ("\n\n", {}, "the file is empty"),
        ("a,b\n", {}, "there are no rows below the header"),
        ("1,2\n3,4\n", {}, "the table needs a header row"),
        ("a,a\n1,2\n", {}, "two columns are called `a`"),
        ("a\n1\n2\n3\n4\n", {}, "`a` is the only column"),
        (
            CELLS,
            {"target": "knd"},
            "no column `knd` (task.target); the columns are area, roundness, kind; did you",
        ),
        (
            CELLS.replace("4,2.5", "four,2.5", 1),
            {},
            'line 5, column `area` holds "four", which is not a number',
        ),
        (CELLS.replace("4,2.5", ",2.5", 1), {}, "line 5, column `area` is empty"),
        (
            CELLS.replace("4,2.5", "4,nan", 1),
            {},
            'line 5, column `roundness` holds "nan", which is not a finite',
        ),
        (
            CELLS.replace("4,2.5", "4,-inf", 1),
            {},
            'line 5, column `roundness` holds "-inf", which is not a finite',
        ),
        (
            CELLS.replace("4,2.5", "1_0,2.5", 1),
            {},
            'line 5, column `area` holds "1_0", which is not a number',
        ),
        (CELLS.replace("4,2.5,oval", "4,2.5", 1), {}, "line 5 has 2 cells, but the header has 3"),
        (CELLS.replace("4,2.5,oval", "4,2.5,", 1), {}, "line 5, column `kind` is empty"),
        (CELLS.replace("oval", "round"), {}, "the same value, round, in every row"),
        ("a,b\n1,1\n2,0\n", {}, "2 examples are too few"),
        ("a,b\n" + "".join(f"{i},{i / 3}\n" for i in range(50)), {"loss": "bce"}, "holds fractions"),
        (CELLS, {"loss": "mse", "target": "area"}, 'column `kind` holds "round"'),
        (
            "a,b\n" + "".join(f"{i},{i / 3 if i != 7 else 'n/a'}\n" for i in range(50)),
            {},
            'too many for classes; if they were to be numbers: line 9 holds "n/a"',
        ),
        (CELLS, {"batch": 33}, "task.batch is 33, but cells.csv has 32 training examples"),
        (b"a,b\n\xff,2\n", {}, "not UTF-8"),
        ('a,b\n"1,2\n', {}, "is not CSV"),
    ],
)
def test_one_sentence(table: Table, text: str | bytes, task: dict[str, object], words: str) -> None:
    with pytest.raises(TaskError) as caught:
        table(text, **task)
    assert "cells.csv" in str(caught.value)
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_missing_folder_and_unknown_kind(tmp_path: Path) -> None:
    def problem(path: Path) -> str:
        with pytest.raises(TaskError) as caught:
            load(Task(name="file", path=str(path)), 0)
        return str(caught.value)

    (tmp_path / "folder.csv").mkdir()
    assert "there is no such file" in problem(tmp_path / "cells.csv")
    assert "this is a folder" in problem(tmp_path / "folder.csv")
    assert ".npz" in problem(tmp_path / "cells.xlsx")


@given(st.binary(max_size=300) | st.text(alphabet='abc,;"\n1.5-e', max_size=200).map(str.encode))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_garbage_is_a_sentence(table: Table, content: bytes) -> None:
    for name in ("garbage.csv", "garbage.npz"):
        said, inputs = "garbage", np.zeros(1)
        try:
            inputs = table(content, name).train_inputs
        except TaskError as error:
            said = str(error)
        assert "garbage" in said
        assert np.isfinite(inputs).all()
