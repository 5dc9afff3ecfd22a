"""A table to learn from: CSV text with a header row, one column of which is the target."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from gradtui.scenario.errors import did_you_mean
from gradtui.scenario.model import Task
from gradtui.tasks import answers
from gradtui.tasks.errors import TaskError
from gradtui.tasks.examples import Examples

_DELIMITERS = ",;\t|"


def read(path: Path, task: Task) -> tuple[Examples, None]:
    """The examples of a CSV file; OSError when it cannot be opened, TaskError when it makes no sense."""
    header, lines, rows = _rows(path)
    target = task.target or header[-1]
    if target not in header:
        raise TaskError(
            f"{path.name}: there is no column `{target}` (task.target); the columns are "
            f"{', '.join(header)}{did_you_mean(target, header)}"
        )
    names = [name for name in header if name != target]
    if not names:
        raise TaskError(f"{path.name}: `{target}` is the only column; there is nothing to predict it from")
    columns = dict(zip(header, zip(*rows, strict=True), strict=True))
    inputs = np.column_stack([_numbers(columns[name], name, lines, path) for name in names])
    where = f"{path.name}: the target column `{target}`"
    if any(_number(cell) is None and cell.strip() for cell in columns[target]):
        texts = [cell.strip() for cell in columns[target]]
        first = next(index for index, cell in enumerate(texts) if _number(cell) is None)
        _refuse_empty(texts, target, lines, path)
        if task.loss == "mse" and len(set(texts)) > answers.FEW_CLASSES:
            raise TaskError(f'{where} holds "{texts[first]}" on line {lines[first]}, which is not a number')
        labels, classes = answers.from_texts(
            texts, where, f'line {lines[first]} holds "{texts[first]}", which is not a number'
        )
    else:
        values = _numbers(columns[target], target, lines, path)
        labels, classes = answers.from_numbers(values, task.loss, where)
    return Examples(inputs, labels, classes, tuple(names)), None


def _rows(path: Path) -> tuple[list[str], list[int], list[list[str]]]:
    """The header, and each row with the line it ends on; empty lines are skipped."""
    lines: list[int] = []
    rows: list[list[str]] = []
    try:
        with open(path, encoding="utf-8-sig", newline="") as file:
            first = file.readline()
            delimiter = max(_DELIMITERS, key=first.count)
            file.seek(0)
            reader = csv.reader(file, delimiter=delimiter, strict=True)
            header = [name.strip() for name in next(reader, [])]
            for row in reader:
                if not row:
                    continue
                if len(row) != len(header):
                    raise TaskError(
                        f"{path.name}: line {reader.line_num} has {len(row)} cells, but the header has {len(header)}"
                    )
                rows.append(row)
                lines.append(reader.line_num)
    except UnicodeDecodeError:
        raise TaskError(f"{path.name}: not UTF-8 text; save the table as UTF-8") from None
    except csv.Error as error:
        raise TaskError(f"{path.name}: line {reader.line_num} is not CSV: {error}") from None
    if not any(header):
        raise TaskError(f"{path.name}: the file is empty; it needs a header row and rows of numbers")
    # A table's index column often has no name.
    header = [name or f"column {number}" for number, name in enumerate(header, 1)]
    twice = next((name for name in header if header.count(name) > 1), None)
    if twice is not None:
        raise TaskError(f"{path.name}: two columns are called `{twice}`; give each a name of its own")
    if all(_number(name) is not None for name in header):
        raise TaskError(f"{path.name}: the first line holds numbers; the table needs a header row of names")
    if not rows:
        raise TaskError(f"{path.name}: there are no rows below the header")
    return header, lines, rows


def _number(cell: str) -> float | None:
    """The number a cell holds. Python alone reads 1_000 as a number, so we do not."""
    try:
        return None if "_" in cell else float(cell)
    except ValueError:
        return None


def _numbers(cells: Sequence[str], column: str, lines: Sequence[int], path: Path) -> NDArray[np.float64]:
    """A column of finite numbers; TaskError names the line of the first cell that is none."""
    try:
        values = np.array(list(map(float, cells)))
        if np.isfinite(values).all() and "_" not in "".join(cells):
            return values
    except ValueError:
        pass
    _refuse_empty(cells, column, lines, path)
    for cell, line in zip(cells, lines, strict=True):
        value = _number(cell)
        if value is None or not math.isfinite(value):
            what = "not a number" if value is None else "not a finite number"
            raise TaskError(
                f'{path.name}: line {line}, column `{column}` holds "{_cut(cell.strip())}", which is {what}'
            )
    raise AssertionError(column)


def _refuse_empty(cells: Sequence[str], column: str, lines: Sequence[int], path: Path) -> None:
    for cell, line in zip(cells, lines, strict=True):
        if not cell.strip():
            raise TaskError(f"{path.name}: line {line}, column `{column}` is empty; fill it or drop the row")


def _cut(text: str, limit: int = 40) -> str:
    return text if len(text) <= limit else text[: limit - 1] + "…"
