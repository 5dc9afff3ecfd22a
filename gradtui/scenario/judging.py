"""Holding a parsed claim against what was measured. `claims` has vouched for every tree that arrives here."""

from __future__ import annotations

import ast
import math
import operator
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from gradtui.scenario.claims import (
    CONSTANTS,
    ELEMENTWISE,
    LOOKING_BACK,
    SCALARS,
    VERDICT,
    Claim,
    cut,
    moment,
    owned,
    position,
    span,
)
from gradtui.scenario.errors import ClaimError
from gradtui.time_gauges import TIME_GAUGES, key_of

_COMPARE: dict[type[ast.cmpop], Callable[[float, float], bool]] = {
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


class Measured(Protocol):
    """What a claim is held against: rows of gauges over taps, scalars, rows over time steps, one for each layer, and
    loss and accuracy of every step so far."""

    @property
    def taps(self) -> Sequence[str]: ...
    @property
    def gauges(self) -> Mapping[str, Sequence[float]]: ...
    @property
    def scalars(self) -> Mapping[str, float]: ...
    @property
    def time(self) -> Mapping[str, Sequence[Sequence[float]]]: ...
    @property
    def losses(self) -> Sequence[float]: ...
    @property
    def accuracies(self) -> Sequence[float]: ...
    @property
    def verdict(self) -> str: ...


#: Who is asked: the variants by the names that claims give them, and under "" what speaks where none is named.
Members = Mapping[str, Measured]

#: `recent_loss` and `steps_to` are means over so many steps: one batch is too few to judge by.
RECENT = 20


@dataclass(frozen=True)
class Outcome:
    """How a claim fared. `measured` names both sides of its comparisons with their values."""

    passed: bool
    measured: str


def judge(claim: Claim, measured: Measured, others: Members | None = None) -> Outcome:
    """Whether the claim holds of what was measured; `others` are the variants that it may name. ClaimError when it asks
    for a tap, a scalar or a step that is not there."""
    members = {**(others or {}), "": measured}
    sides: dict[str, float | str] = {}
    passed = _truth(claim.tree, claim.text, members, sides)
    return Outcome(passed, ", ".join(f"{text} = {_said(value)}" for text, value in sides.items()))


def _said(value: float | str) -> str:
    return value if isinstance(value, str) else f"{value:.4g}"


def _truth(node: ast.expr, text: str, members: Members, sides: dict[str, float | str]) -> bool:
    match node:
        case ast.UnaryOp():
            return not _truth(node.operand, text, members, sides)
        case ast.BoolOp(op=op):
            # No short cut: a failed claim shows every side that it rests on.
            truths = [_truth(value, text, members, sides) for value in node.values]
            return all(truths) if isinstance(op, ast.And) else any(truths)
        case ast.Compare(left=name, ops=[op], comparators=[ast.Constant(value=str(word))]):
            found = _asked(name, members)[0].verdict
            sides[ast.get_source_segment(text, name) or VERDICT] = found
            return (found == word) == isinstance(op, ast.Eq)
        case ast.Compare():
            operands = [node.left, *node.comparators]
            values = [_number(operand, members) for operand in operands]
            for operand, value in zip(operands, values, strict=True):
                if any(isinstance(part, ast.Name) and part.id not in CONSTANTS for part in ast.walk(operand)):
                    sides[ast.get_source_segment(text, operand) or ""] = value
            pairs = zip(values, values[1:], node.ops, strict=False)
            return all(
                _COMPARE[type(op)](left, right) and not (math.isnan(left) or math.isnan(right))
                for left, right, op in pairs
            )
    raise AssertionError(ast.dump(node))


def _number(node: ast.expr, members: Members) -> float:
    value = _value(node, members)
    assert isinstance(value, float)
    return value


def _value(node: ast.expr, members: Members) -> float | list[float]:
    match node:
        case ast.Constant(value=int() | float() as number):
            return float(number)
        case ast.Name(id=name) if name in CONSTANTS:
            return CONSTANTS[name]
        case ast.Name() | ast.Attribute():
            measured, name = _asked(node, members)
            return _scalar(name, measured) if name in SCALARS else _row(name, measured)
        case ast.Subscript():
            measured, name = _asked(node.value, members)
            if name in TIME_GAUGES:
                return _moment(name, node, measured)
            return _pick(_row(name, measured), position(node) or "", measured.taps)
        case ast.UnaryOp(op=op):
            sign = -1.0 if isinstance(op, ast.USub) else 1.0
            return _each(lambda x: sign * x, _value(node.operand, members))
        case ast.BinOp():
            return _combine(node.op, _value(node.left, members), _value(node.right, members))
        case ast.Call(func=ast.Name(id=function), args=[argument]):
            value = _value(argument, members)
            if function in ELEMENTWISE:
                return _each(abs if function == "abs" else _log10, value)
            assert isinstance(value, list)
            return _reduce(function, value)
        case ast.Call(func=function, args=[ast.expr() as first, second]):
            measured, name = _asked(function, members)
            assert name in LOOKING_BACK
            if name == "steps_to":
                return _steps_to(_asked(first, members)[1], _number(second, members), measured)
            return _mean_over(name.removeprefix("mean_"), span(node) or (0, 1), measured)
    raise AssertionError(ast.dump(node))


def _asked(node: ast.expr, members: Members) -> tuple[Measured, str]:
    """Who is asked, and for what."""
    member, name = owned(node) or ("", "")
    if member not in members:
        known = ", ".join(each for each in members if each)
        raise ClaimError(f"there is no variant {member} here" + (f"; there is {known}" if known else ""))
    return members[member], name


def _scalar(name: str, measured: Measured) -> float:
    if name in ("recent_loss", "recent_accuracy"):
        rows = _track(name.removeprefix("recent_"), measured)[-RECENT:]
        return sum(rows) / len(rows) if rows else math.nan
    if name not in measured.scalars:
        raise ClaimError(f"this task has no {name}")
    return float(measured.scalars[name])


def _track(name: str, measured: Measured) -> Sequence[float]:
    """Loss or accuracy of every step so far."""
    if name == "accuracy" and "accuracy" not in measured.scalars:
        raise ClaimError("this task has no accuracy")
    return measured.losses if name == "loss" else measured.accuracies


def _steps_to(name: str, goal: float, measured: Measured) -> float:
    """The first step at which the mean over the last `RECENT`, or over as many as there are, is past the goal: below it
    for the loss, above it for the accuracy; inf where there is none. Steps count from 0."""
    rows = _track(name, measured)
    for step in range(len(rows)):
        recent = rows[max(0, step + 1 - RECENT) : step + 1]
        mean = sum(recent) / len(recent)
        if mean < goal if name == "loss" else mean > goal:
            return float(step)
    return math.inf


def _mean_over(name: str, steps: tuple[int, int], measured: Measured) -> float:
    rows = _track(name, measured)
    if steps[1] > len(rows):
        raise ClaimError(f"mean_{name}({steps[0]}, {steps[1]}) is asked for when {len(rows):,} steps have been made")
    chosen = rows[steps[0] : steps[1]]
    return sum(chosen) / len(chosen)


def _row(gauge: str, measured: Measured) -> list[float]:
    return [float(number) for number in measured.gauges[gauge]]


def _pick(row: list[float], position: str, taps: Sequence[str]) -> float | list[float]:
    if position == "hidden":
        return row[:-1]
    # A tap's own name comes first: nothing stops a network from calling one `first`.
    if position in taps:
        return row[list(taps).index(position)]
    if position == "first":
        return row[0]
    if position == "last":
        return row[-1]
    known = ", ".join(taps) if len(taps) <= 6 else f"{taps[0]}, {taps[1]}, ... {taps[-2]}, {taps[-1]}"
    raise ClaimError(f"there is no tap `{cut(position)}`; the taps are {known}")


def _moment(gauge: str, node: ast.Subscript, measured: Measured) -> float | list[float]:
    """A layer's row over time, or one number of it."""
    rows = measured.time.get(key_of(gauge))
    if rows is None:
        known = ", ".join(name for name in TIME_GAUGES if key_of(name) in measured.time)
        raise ClaimError(
            f"this network has no {gauge}; over time it has {known}"
            if known
            else "this network has no gauges over time"
        )
    layer, step = moment(node) or ("", None)
    row = [float(number) for number in _at(rows, layer, "layer")]
    return row if step is None else _at(row, step, "time step")


def _at(row: Sequence[Any], place: str, what: str) -> Any:
    """The entry at `first`, `last`, or a number from 1."""
    if place in ("first", "last"):
        return row[0 if place == "first" else -1]
    if int(place) > len(row):
        raise ClaimError(f"there is no {what} {place}; the last is {len(row)}")
    return row[int(place) - 1]


def _each(function: Callable[[float], float], value: float | list[float]) -> float | list[float]:
    return [function(x) for x in value] if isinstance(value, list) else function(value)


def _combine(op: ast.operator, left: float | list[float], right: float | list[float]) -> float | list[float]:
    """Arithmetic on numbers and rows; a number meets every tap of a row."""
    if not isinstance(left, list) and not isinstance(right, list):
        return _arithmetic(op, left, right)
    taps = len(left) if isinstance(left, list) else len(right) if isinstance(right, list) else 0
    lefts = left if isinstance(left, list) else [left] * taps
    rights = right if isinstance(right, list) else [right] * taps
    if len(lefts) != len(rights):
        raise ClaimError("rows of different lengths cannot be combined: all taps, hidden taps, time steps")
    return [_arithmetic(op, a, b) for a, b in zip(lefts, rights, strict=True)]


def _arithmetic(op: ast.operator, a: float, b: float) -> float:
    match op:
        case ast.Add():
            return a + b
        case ast.Sub():
            return a - b
        case ast.Mult():
            return a * b
        case ast.Div() if b != 0.0:
            return a / b
        case ast.Div():
            return math.nan if a == 0.0 or math.isnan(a) else math.copysign(math.inf, a) * math.copysign(1.0, b)
    try:
        return math.pow(a, b)
    except OverflowError:
        return -math.inf if a < 0.0 and b % 2.0 == 1.0 else math.inf
    except ValueError:
        # pow(0, negative) is infinite; a negative number to a broken power is no real number.
        return math.inf if a == 0.0 else math.nan


def _log10(x: float) -> float:
    if x > 0.0:
        return math.log10(x)
    return -math.inf if x == 0.0 else math.nan


def _reduce(function: str, row: list[float]) -> float:
    """min, max or mean of a row; nan as soon as one entry is nan, and for a row without taps."""
    if not row or any(math.isnan(x) for x in row):
        return math.nan
    if function == "mean":
        return sum(row) / len(row)
    return min(row) if function == "min" else max(row)
