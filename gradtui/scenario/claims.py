"""The language of claims: comparisons over what was measured, parsed with `ast` and never run as code.

    grad_rms[first] / grad_rms[last] < 1e-8
    0.2 < mean(saturated[hidden]) < 0.4 and accuracy > 0.9

- A gauge with an index is one tap's number: `first`, `last` (the output layer), a layer's number as its tap
  is named (`grad_rms[3]`), or a tap's name (`grad_rms[out]`, `grad_rms["out"]`).
- A gauge without an index is the whole row, one number a tap; `[hidden]` is the row without the last tap.
  A row ends in `min`, `max` or `mean`. Arithmetic, `abs` and `log10` work on numbers and on rows, tap by tap.
- Of a recurrent network's gauges over time (`step_delta_rms`, `gate_forget`, ...) the first index is the layer, the
  second the time step, both counted from 1 or `first`, `last`: `step_delta_rms[1, first] / step_delta_rms[1, last]`.
  With the layer alone it is a row over time: `mean(gate_forget[1]) > 0.7`.
- Scalars: `loss`, `accuracy` (the batch's), `recent_loss`, `recent_accuracy` (the mean of the last 20 steps),
  `held_out_loss`, `held_out_accuracy`; of two adversaries `generator_loss` and `mean_sample_mse`.
- What the steps so far have been like: `steps_to(loss, 1)` is the first step at which the mean loss of the last 20 is
  below 1, `steps_to(accuracy, 0.9)` the first at which the mean accuracy is above 0.9, inf where there is none;
  `mean_loss(500, 1000)` is the mean from step 500 up to, not including, step 1000, and so is `mean_accuracy`.
- A variant's name and a dot before any of these make it the variant's, `baseline.` the scenario's itself; the name's
  hyphens become `_`: `he.grad_rms[first] / baseline.grad_rms[first] > 1e6`, `layer_norm.steps_to(loss, 1) == inf`.
- `verdict == "vanishing"`, or `!=`: what the diagnosis says first, one of `VERDICTS`.
- `inf` is a number. `+ - * / **`, the comparisons (chained too), `and`, `or`, `not`, parentheses.

Arithmetic is IEEE's: x/0 is inf or nan, never an exception. Every comparison with nan is false, `!=` too.
"""

from __future__ import annotations

import ast
import math
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from gradtui.gauges import GAUGES
from gradtui.scenario.errors import ClaimError, did_you_mean
from gradtui.time_gauges import TIME_GAUGES

SCALARS: Mapping[str, str] = {
    "loss": "mean loss of the step's training batch",
    "accuracy": "share of the step's training batch that is classified rightly",
    "recent_loss": "mean loss of the last 20 training batches",
    "recent_accuracy": "mean share of the last 20 training batches that is classified rightly",
    "held_out_loss": "mean loss of the held-out examples",
    "generator_loss": "mean loss of a generator over the step's noise",
    "mean_sample_mse": "mean squared difference between a generator's mean sample and the mean of the data",
    "held_out_accuracy": "share of the held-out examples that is classified rightly",
}
REDUCTIONS = ("min", "max", "mean")
ELEMENTWISE = ("abs", "log10")
#: What looks back over the steps: name -> what it takes.
LOOKING_BACK: Mapping[str, str] = {
    "steps_to": "loss or accuracy and a number, as in steps_to(loss, 1)",
    "mean_loss": "a step and a later one, as in mean_loss(500, 1000)",
    "mean_accuracy": "a step and a later one, as in mean_accuracy(500, 1000)",
}
#: What the diagnosis can say, the word that claims compare `verdict` with.
VERDICTS = (
    "nonfinite",
    "symmetric",
    "dying",
    "exploding",
    "vanishing",
    "starved",
    "short_memory",
    "small_batch",
    "warm_up",
    "identical",
    "saturated",
    "underflow",
    "masked",
    "rate_high",
    "rate_low",
    "stalled",
    "healthy",
)
VERDICT = "verdict"
#: Names of numbers.
CONSTANTS: Mapping[str, float] = {"inf": math.inf}
#: What a claim calls the scenario itself, beside its variants.
BASELINE = "baseline"
#: Names with a meaning of their own, which no variant can have.
WORDS = frozenset({*GAUGES, *TIME_GAUGES, *SCALARS, *REDUCTIONS, *ELEMENTWISE, *LOOKING_BACK, *CONSTANTS, VERDICT})

_LONGEST = 500
_DEEPEST = 40

_ARITHMETIC = (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow)
_COMPARISONS = (ast.Lt, ast.LtE, ast.Gt, ast.GtE, ast.Eq, ast.NotEq)


@dataclass(frozen=True)
class Claim:
    """A parsed claim: its text, and what it asks of whom, ("he", "loss"); of "" where it names no variant."""

    text: str
    tree: ast.expr
    asked: frozenset[tuple[str, str]]

    @property
    def names(self) -> frozenset[str]:
        """The gauges, scalars and looks back that it needs."""
        return frozenset(name for _, name in self.asked)

    @property
    def members(self) -> frozenset[str]:
        """The variants that it names, as it writes them."""
        return frozenset(member for member, _ in self.asked if member)


@lru_cache(maxsize=1024)
def parse(text: str) -> Claim:
    """Read a claim; ClaimError names the column of what is wrong."""
    source = " ".join(text.split())
    if not source:
        raise ClaimError("the claim is empty")
    if len(source) > _LONGEST:
        raise ClaimError(f"the claim has {len(source)} characters, at most {_LONGEST} are allowed")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python comments on odd spellings that we refuse anyway
            tree = ast.parse(source, mode="eval").body
    except SyntaxError as error:
        raise ClaimError(f"column {error.offset or len(source) + 1}: {error.msg}") from None
    except (ValueError, MemoryError, RecursionError):
        raise ClaimError("column 1: this is not a comparison") from None
    reader = _Reader(source)
    if reader.kind(tree, 0) != "truth":
        raise ClaimError(f"column 1: `{cut(source)}` compares nothing; a claim is a comparison such as loss < 1")
    return Claim(source, tree, frozenset(reader.asked))


class _Reader:
    """Walks a tree, refuses what is not in the language, and tells numbers, rows and truths apart."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.asked: set[tuple[str, str]] = set()

    def refuse(self, node: ast.AST, why: str) -> ClaimError:
        offset = getattr(node, "col_offset", 0)
        column = len(self.source.encode()[:offset].decode(errors="replace")) + 1
        return ClaimError(f"column {column}: {why}")

    def text(self, node: ast.expr) -> str:
        return cut(ast.get_source_segment(self.source, node) or "")

    def kind(self, node: ast.expr, depth: int) -> str:
        """`number`, `row` or `truth`."""
        if depth > _DEEPEST:
            raise self.refuse(node, f"nested more than {_DEEPEST} levels deep")
        match node:
            case ast.Constant():
                return self._constant(node)
            case ast.Name() | ast.Attribute():
                return self._name(node)
            case ast.Subscript():
                return self._subscript(node)
            case ast.Call():
                return self._call(node, depth)
            case ast.UnaryOp(op=ast.Not()):
                return self._expect(node.operand, "truth", depth, "`not` needs a comparison")
            case ast.UnaryOp(op=ast.USub() | ast.UAdd()):
                return self._numeric(node.operand, depth)
            case ast.BinOp():
                if not isinstance(node.op, _ARITHMETIC):
                    raise self.refuse(node, "only + - * / and ** are allowed between numbers")
                kinds = {self._numeric(node.left, depth), self._numeric(node.right, depth)}
                return "row" if "row" in kinds else "number"
            case ast.BoolOp():
                for value in node.values:
                    self._expect(value, "truth", depth, "`and` and `or` need comparisons on both sides")
                return "truth"
            case ast.Compare() if any(self._is_verdict(side) for side in (node.left, *node.comparators)):
                return self._verdict(node)
            case ast.Compare():
                for op in node.ops:
                    if not isinstance(op, _COMPARISONS):
                        raise self.refuse(node, "only < <= > >= == and != compare")
                for side in (node.left, *node.comparators):
                    self._expect(
                        side,
                        "number",
                        depth,
                        "a whole row cannot be compared; take min(...), max(...) or mean(...)",
                    )
                return "truth"
        raise self.refuse(node, f"`{self.text(node)}` is not part of the language of claims")

    def _is_verdict(self, node: ast.expr) -> bool:
        whose = owned(node)
        return whose is not None and whose[1] == VERDICT

    def _verdict(self, node: ast.Compare) -> str:
        """`verdict == "vanishing"`."""
        match node:
            case ast.Compare(
                left=name, ops=[ast.Eq() | ast.NotEq()], comparators=[ast.Constant(value=str(word)) as said]
            ):
                if not self._is_verdict(name):
                    raise self.refuse(node, f'write {VERDICT} first: {VERDICT} == "{cut(word)}"')
                if word not in VERDICTS:
                    known = ", ".join(VERDICTS)
                    raise self.refuse(
                        said, f"`{cut(word)}` is no verdict; those are {known}{did_you_mean(word, VERDICTS)}"
                    )
                self.asked.add(self._owned(name))
                return "truth"
        raise self.refuse(node, f'{VERDICT} is compared with a word alone: {VERDICT} == "vanishing"')

    def _expect(self, node: ast.expr, wanted: str, depth: int, why: str) -> str:
        kind = self.kind(node, depth + 1)
        if kind != wanted:
            if wanted == "number" and kind == "truth":
                why = "a comparison is not a number; join comparisons with `and` or `or`"
            raise self.refuse(node, why)
        return kind

    def _numeric(self, node: ast.expr, depth: int) -> str:
        kind = self.kind(node, depth + 1)
        if kind == "truth":
            raise self.refuse(node, "a comparison is not a number; join comparisons with `and` or `or`")
        return kind

    def _constant(self, node: ast.Constant) -> str:
        if isinstance(node.value, bool) or not isinstance(node.value, int | float):
            raise self.refuse(node, f"`{self.text(node)}` is not a number")
        try:
            float(node.value)
        except OverflowError:
            raise self.refuse(node, "the number is too large") from None
        return "number"

    def _owned(self, node: ast.expr) -> tuple[str, str]:
        """Whose, and what."""
        found = owned(node)
        if found is None:
            raise self.refuse(node, f"`{self.text(node)}` is not part of the language of claims")
        return found

    def _name(self, node: ast.expr) -> str:
        member, name = self._owned(node)
        if not member and name in CONSTANTS:
            return "number"
        if name in SCALARS:
            self.asked.add((member, name))
            return "number"
        if name in GAUGES:
            self.asked.add((member, name))
            return "row"
        known = (*GAUGES, *TIME_GAUGES, *SCALARS, *REDUCTIONS, *ELEMENTWISE, *LOOKING_BACK, VERDICT)
        if name in TIME_GAUGES:
            raise self.refuse(node, f"`{name}` needs a layer, as in {name}[1, first] or mean({name}[1])")
        if name in LOOKING_BACK:
            raise self.refuse(node, f"`{name}` takes {LOOKING_BACK[name]}")
        if name == VERDICT:
            raise self.refuse(node, f'{VERDICT} is compared with a word alone: {VERDICT} == "vanishing"')
        raise self.refuse(
            node,
            f"`{cut(name)}` is neither a gauge ({', '.join(GAUGES)}) nor a scalar ({', '.join(SCALARS)})"
            f"{did_you_mean(name, known)}",
        )

    def _subscript(self, node: ast.Subscript) -> str:
        whose = owned(node.value)
        if whose is not None and whose[1] in TIME_GAUGES:
            return self._over_time(node, *whose)
        if whose is None or self._name(node.value) != "row":
            raise self.refuse(node, "only a gauge takes an index, as in grad_rms[first]")
        index = position(node)
        if index is None:
            raise self.refuse(node.slice, "an index is first, last, hidden, a layer's number (from 1) or a tap's name")
        return "row" if index == "hidden" else "number"

    def _over_time(self, node: ast.Subscript, member: str, gauge: str) -> str:
        """`gauge[layer]` is a row over time, `gauge[layer, step]` a number."""
        places = moment(node)
        if places is None:
            raise self.refuse(
                node.slice, f"{gauge} takes a layer and a time step, each first, last or a number from 1, or a layer"
            )
        self.asked.add((member, gauge))
        return "row" if places[1] is None else "number"

    def _call(self, node: ast.Call, depth: int) -> str:
        member, function = owned(node.func) or ("", "")
        if function in LOOKING_BACK:
            return self._looking_back(node, member, function, depth)
        if member or function not in (*REDUCTIONS, *ELEMENTWISE):
            name = self.text(node.func)
            known = (*REDUCTIONS, *ELEMENTWISE, *LOOKING_BACK)
            raise self.refuse(
                node, f"`{name}` is not one of the functions {', '.join(known)}{did_you_mean(name, known)}"
            )
        if len(node.args) != 1 or node.keywords or isinstance(node.args[0], ast.Starred):
            raise self.refuse(node, f"`{function}` takes one argument")
        if function in ELEMENTWISE:
            return self._numeric(node.args[0], depth)
        self._expect(node.args[0], "row", depth, f"`{function}` takes a row: a gauge without an index, or [hidden]")
        return "number"

    def _looking_back(self, node: ast.Call, member: str, function: str, depth: int) -> str:
        wrong = self.refuse(node, f"`{function}` takes {LOOKING_BACK[function]}")
        if len(node.args) != 2 or node.keywords or any(isinstance(each, ast.Starred) for each in node.args):
            raise wrong
        first, second = node.args
        if function == "steps_to":
            if not isinstance(first, ast.Name) or first.id not in ("loss", "accuracy"):
                raise wrong
            self._expect(second, "number", depth, f"`{function}` takes {LOOKING_BACK[function]}")
            self.asked.add((member, first.id))
        elif span(node) is None:
            raise wrong
        self.asked.add((member, function))
        return "number"


def owned(node: ast.expr) -> tuple[str, str] | None:
    """(variant, name) of `he.loss`, ("", name) of `loss`; None of anything else."""
    match node:
        case ast.Name(id=name):
            return "", name
        case ast.Attribute(value=ast.Name(id=member), attr=name) if member not in WORDS:
            return member, name
    return None


def span(node: ast.Call) -> tuple[int, int] | None:
    """The two steps of `mean_loss(500, 1000)`; None where they are no steps or in the wrong order."""
    ends = [each.value for each in node.args if isinstance(each, ast.Constant) and type(each.value) is int]
    return (ends[0], ends[1]) if len(ends) == len(node.args) == 2 and 0 <= ends[0] < ends[1] else None


def cut(text: str, limit: int = 40) -> str:
    """A piece of a claim, short enough to quote."""
    return text if len(text) <= limit else text[: limit - 1] + "…"


def position(node: ast.Subscript) -> str | None:
    """The index as a word, or None when it is not an index of the language."""
    match node.slice:
        case ast.Name(id=name):
            return name
        case ast.Constant(value=str(name)):
            return name
        case ast.Constant(value=int(number)) if not isinstance(number, bool) and number > 0:
            return str(number)
    return None


def moment(node: ast.Subscript) -> tuple[str, str | None] | None:
    """Layer and time step as words, the step None where there is only a layer; None when they are no such thing."""
    parts = node.slice.elts if isinstance(node.slice, ast.Tuple) else [node.slice]
    words = [_place(part) for part in parts]
    if len(words) not in (1, 2) or None in words:
        return None
    return words[0] or "", words[1] if len(words) == 2 else None


def _place(node: ast.expr) -> str | None:
    """first, last, or a number from 1."""
    match node:
        case ast.Name(id="first" | "last" as name):
            return name
        case ast.Constant(value=int(number)) if not isinstance(number, bool) and number > 0:
            return str(number)
    return None
