"""What a column of targets means: classes or numbers."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from gradtui.tasks.dataset import Targets
from gradtui.tasks.errors import TaskError

#: Whole numbers with more different values than this are quantities, unless the loss asks for classes.
FEW_CLASSES = 20
MOST_CLASSES = 1000


def from_numbers(values: NDArray[np.float64], loss: str, where: str) -> tuple[Targets, tuple[str, ...]]:
    """Targets and classes of a column (n,) of finite numbers. `where` names file and column in errors.

    Whole numbers with few different values are classes, unless the loss is mse; many, when the loss asks.
    """
    if loss == "mse":
        return values.reshape(-1, 1), ()
    whole = bool((values == np.floor(values)).all())
    distinct = np.unique(values) if whole else values
    asked = loss in ("cross_entropy", "bce")
    if asked and not whole:
        raise TaskError(f'{where} holds fractions, which are not classes, but task.loss is "{loss}"; use "mse"')
    if not asked and (not whole or len(distinct) > FEW_CLASSES):
        return values.reshape(-1, 1), ()
    return _classes(values, distinct, [str(int(value)) for value in distinct], where)


def from_texts(values: Sequence[str], where: str, not_a_number: str) -> tuple[Targets, tuple[str, ...]]:
    """Targets and classes of a column of text; `not_a_number` says where the first text stands."""
    column = np.asarray(values)
    distinct = np.unique(column)
    if len(distinct) > max(FEW_CLASSES, len(values) // 4):
        raise TaskError(
            f"{where} holds {len(distinct):,} different texts in {len(values):,} rows, too many for classes; "
            f"if they were to be numbers: {not_a_number}"
        )
    return _classes(column, distinct, [str(value) for value in distinct], where)


def _classes(
    column: NDArray[np.float64] | NDArray[np.str_],
    distinct: NDArray[np.float64] | NDArray[np.str_],
    names: list[str],
    where: str,
) -> tuple[Targets, tuple[str, ...]]:
    if len(distinct) < 2:
        raise TaskError(f"{where} has the same value, {names[0]}, in every row: nothing to tell apart")
    if len(distinct) > MOST_CLASSES:
        raise TaskError(f"{where} has {len(distinct):,} classes; at most {MOST_CLASSES:,} are allowed")
    return np.searchsorted(distinct, column).astype(np.int64), tuple(names)
