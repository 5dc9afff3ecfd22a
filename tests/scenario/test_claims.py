"""The language of claims: what it refuses, and that it means what Python means by the same words."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradtui.scenario import claims
from gradtui.scenario.claims import parse
from gradtui.scenario.errors import ClaimError
from gradtui.scenario.judging import Outcome, judge


@dataclass(frozen=True)
class Measured:
    taps: Sequence[str]
    gauges: Mapping[str, Sequence[float]]
    scalars: Mapping[str, float]
    time: Mapping[str, Sequence[Sequence[float]]] = field(default_factory=dict)
    losses: Sequence[float] = ()
    accuracies: Sequence[float] = ()
    verdict: str = "vanishing"


ROWS = {
    "grad_rms": [1e-6, 1e-4, 1e-2, 0.5],
    "gain": [math.nan, -0.5, -0.6, -0.7],
    "dead": [0.0, 0.25, 1.0, 0.0],
}
MEASURED = Measured(("1", "2", "3", "out"), ROWS, {"loss": 0.25, "accuracy": 0.9})


def outcome(claim: str) -> Outcome:
    return judge(parse(claim), MEASURED)


@pytest.mark.parametrize(
    "claim",
    [
        "grad_rms[first] == 1e-6",
        "grad_rms[last] == 0.5",
        "grad_rms[2] == 1e-4",
        "grad_rms[out] == grad_rms['out'] == grad_rms[last]",
        "grad_rms[first] / grad_rms[last] < 1e-5",
        "0.2 < loss < 0.3",
        "min(grad_rms) == 1e-6 and max(grad_rms) == 0.5",
        "max(grad_rms[hidden]) == 0.01",
        "0.41 < mean(dead[hidden]) < 0.42",
        "max(abs(gain[2] * dead)) == 0.5",
        "abs(log10(grad_rms[3]) + 2) < 1e-12",
        "max(log10(grad_rms)) < 0",
        "loss < 0.1 or accuracy >= 0.9",
        "not loss < 0.1",
        "not (loss < 0.1 or accuracy < 0.5)",
        "loss / 0 > 1e308",
        "-loss / 0 < -1e308",
        "2 ** 3 == 8 and 10 ** 400 > 1e308 and 0 ** -1 > 1e308",
        "+loss == - -loss",
        "dead[2] != dead[3]",
        " loss\n <  1 ",
    ],
)
def test_it_holds(claim: str) -> None:
    assert outcome(claim).passed


@pytest.mark.parametrize(
    "claim",
    [
        "loss < 0.2",
        "gain[first] < 1",
        "gain[first] >= 1",
        "gain[first] != 1",
        "gain[first] == gain[first]",
        "max(gain) < 1",
        "mean(gain) < 1",
        "0 / 0 == 0 / 0",
        "log10(0 - loss) < 1",
        "(0 - 8) ** 0.5 < 1",
        "0 < grad_rms[first] < 1e-7",
    ],
)
def test_it_fails(claim: str) -> None:
    assert not outcome(claim).passed


def test_both_sides_are_measured() -> None:
    found = outcome("grad_rms[first] / grad_rms[last] > 1e-3 and accuracy > 2 * loss")
    assert found.measured == "grad_rms[first] / grad_rms[last] = 2e-06, accuracy = 0.9, 2 * loss = 0.5"


def test_the_names_it_needs() -> None:
    assert parse("loss < 1 or max(dead[hidden]) > held_out_loss").names == {"loss", "dead", "held_out_loss"}


@pytest.mark.parametrize(
    ("claim", "column", "words"),
    [
        ("grad_rmss[first] < 1", 1, "did you mean grad_rms?"),
        ("loss < 1 and acuracy > 0", 14, "did you mean accuracy?"),
        ("loss < nan", 8, "neither a gauge"),
        ("grad_rms < 1", 1, "take min(...)"),
        ("grad_rms[hidden] < 1", 1, "take min(...)"),
        ("max(loss) < 1", 5, "takes a row"),
        ("max(grad_rms[1]) < 1", 5, "takes a row"),
        ("min(loss, 1) < 1", 1, "one argument"),
        ("mum(grad_rms) < 1", 1, "min, max, mean, abs, log10"),
        ("abs(x=loss) < 1", 1, "one argument"),
        ("loss[1] < 1", 1, "only a gauge takes an index"),
        ("grad_rms[0] < 1", 10, "an index is"),
        ("grad_rms[1.5] < 1", 10, "an index is"),
        ("grad_rms[-1] < 1", 10, "an index is"),
        ("grad_rms[1:2] < 1", 10, "an index is"),
        ("grad_rms[True] < 1", 10, "an index is"),
        ("loss", 1, "compares nothing"),
        ("max(grad_rms)", 1, "compares nothing"),
        ("(loss < 1) + 1 < 2", 2, "a comparison is not a number"),
        ("(loss < 1) < 2", 2, "a comparison is not a number"),
        ("not loss", 5, "`not` needs a comparison"),
        ("loss and loss < 1", 1, "`and` and `or`"),
        ("loss is 1", 1, "compare"),
        ("loss in [1]", 1, "compare"),
        ("loss % 2 < 1", 1, "only + - * / and **"),
        ("loss // 2 < 1", 1, "only + - * / and **"),
        ("~loss < 1", 1, "not part of the language"),
        ("loss < 'a'", 8, "not a number"),
        ("loss < True", 8, "not a number"),
        ("loss < 1j", 8, "not a number"),
        ("loss < 1" + "0" * 400, 8, "too large"),
        ("loss.real < 1", 1, "not part of the language"),
        ("__import__('os') < 1", 1, "not one of the functions"),
        ("(lambda: 1)() < 1", 1, "not one of the functions"),
        ("[x for x in dead] < 1", 1, "not part of the language"),
        ("(y := loss) < 1", 2, "not part of the language"),
        ("loss < 1 if 1 < 2 else 3 < 4", 1, "not part of the language"),
        ("é + loss < 1 + nope", 1, "neither a gauge"),
        ("loss < 1 + nope", 12, "neither a gauge"),
    ],
)
def test_it_is_refused(claim: str, column: int, words: str) -> None:
    with pytest.raises(ClaimError) as caught:
        parse(claim)
    assert str(caught.value).startswith(f"column {column}: ")
    assert words in str(caught.value)


@pytest.mark.parametrize("claim", ["loss <", "loss < 1; import os", "f'{loss}' < 1", "loss < (1", "1loss < 2"])
def test_it_is_not_even_an_expression(claim: str) -> None:
    with pytest.raises(ClaimError, match=r"column \d+: "):
        parse(claim)


@pytest.mark.parametrize(
    "claim",
    ["", "   ", "loss < " + "1 + " * 200 + "1", "-" * 60 + "loss < 1", "not " * 100 + "loss < 1"],
)
def test_too_short_too_long_too_deep(claim: str) -> None:
    with pytest.raises(ClaimError):
        parse(claim)


def test_a_tap_that_is_not_there() -> None:
    with pytest.raises(ClaimError, match=r"there is no tap `9`; the taps are 1, 2, 3, out"):
        outcome("grad_rms[9] < 1")
    many = Measured(tuple(map(str, range(1, 31))), {"dead": [0.0] * 30}, {})
    with pytest.raises(ClaimError, match=r"the taps are 1, 2, \.\.\. 29, 30"):
        judge(parse("dead[frist] < 1"), many)


def test_a_scalar_that_is_not_there() -> None:
    with pytest.raises(ClaimError, match="this task has no held_out_accuracy"):
        outcome("held_out_accuracy > 0")


def test_rows_of_different_length() -> None:
    with pytest.raises(ClaimError, match="cannot be combined"):
        outcome("max(dead - grad_rms[hidden]) < 1")


# Against Python itself, on drawn expressions: numpy's float64 has the arithmetic that the language promises.


class Row:
    """A gauge for Python's `eval`: `row[first]`, `row[2]`, `row[hidden]`."""

    def __init__(self, name: str) -> None:
        self.row = np.array(ROWS[name])

    def __getitem__(self, index: Any) -> Any:
        if index == "hidden":
            return self.row[:-1]
        return self.row[{"first": 0, "last": -1, "out": -1}.get(index, index if isinstance(index, str) else index - 1)]


def whole(value: Any) -> Any:
    return value.row if isinstance(value, Row) else value


NAMES: dict[str, Any] = {
    **{name: Row(name) for name in ROWS},
    **{name: np.float64(value) for name, value in MEASURED.scalars.items()},
    "N": np.float64,
    "first": "first",
    "last": "last",
    "out": "out",
    "hidden": "hidden",
    "min": lambda row: np.min(whole(row)),
    "max": lambda row: np.max(whole(row)),
    "mean": lambda row: np.mean(whole(row)),
    "abs": lambda value: np.abs(whole(value)),
    "log10": lambda value: np.log10(whole(value)),
}

INDEXED = st.builds("{}[{}]".format, st.sampled_from(sorted(ROWS)), st.sampled_from(["first", "last", "out", "1", "3"]))
REDUCED = st.builds(
    "{}({}{})".format,
    st.sampled_from(["min", "max", "mean"]),
    st.sampled_from(sorted(ROWS)),
    st.sampled_from(["", "[hidden]"]),
)
LITERAL = st.sampled_from(["0", "1", "2.5", "1e-3", "100", "1e300"])
LEAF = LITERAL | st.sampled_from(["loss", "accuracy"]) | INDEXED | REDUCED
NUMBER = st.recursive(
    LEAF,
    lambda inner: (
        st.builds("({} {} {})".format, inner, st.sampled_from("+-*/"), inner)
        | st.builds("-{}".format, inner)
        | st.builds("{}({})".format, st.sampled_from(["abs", "log10"]), inner)
    ),
    max_leaves=6,
)
ORDER = st.sampled_from(["<", "<=", ">", ">=", "=="])
COMPARISON = st.builds("{} {} {}".format, NUMBER, ORDER, NUMBER) | st.builds(
    "{} {} {} {} {}".format, NUMBER, ORDER, NUMBER, ORDER, NUMBER
)
CLAIM = st.recursive(
    COMPARISON,
    lambda inner: (
        st.builds("({} {} {})".format, inner, st.sampled_from(["and", "or"]), inner)
        | st.builds("not ({})".format, inner)
    ),
    max_leaves=3,
)


@given(CLAIM)
def test_it_means_what_python_means(claim: str) -> None:
    import re

    if len(claim) > 500:
        return
    # Python's own division by zero raises; numpy's numbers divide as the language does.
    python = re.sub(r"(?<![\w\[.\-])(\d[\d.]*(?:e-?\d+)?)(?![\w\]])", r"N(\1)", claim)
    with np.errstate(all="ignore"):
        expected = bool(eval(python, {"__builtins__": {}}, NAMES))
    assert outcome(claim).passed == expected


@given(st.text(max_size=60) | st.text(alphabet="grad_ms[1]<>=+-*/() loneabd.e", max_size=40))
def test_any_text_is_a_claim_or_a_sentence(text: str) -> None:
    said = ""
    try:
        parse(text)
    except ClaimError as error:
        said = str(error)
    assert "\n" not in said


# Gauges over time

TIME = {"delta_rms": [[1e-8, 1e-4, 1.0], [1e-2, 1e-1, 2.0]], "gate_forget": [[0.5, 0.6, 0.7], [0.9, 0.9, 0.9]]}


@pytest.mark.parametrize(
    ("claim", "holds"),
    [
        ("step_delta_rms[1, first] / step_delta_rms[1, last] < 1e-7", True),
        ("step_delta_rms[1, 1] == 1e-8", True),
        ("step_delta_rms[last, 3] == 2", True),
        ("step_delta_rms[2, last] < step_delta_rms[1, last]", False),
        ("mean(gate_forget[1]) > 0.55 and min(gate_forget[2]) > 0.8", True),
        ("max(log10(step_delta_rms[first])) == 0", True),
        ("max(abs(gate_forget[2] - gate_forget[1])) < 0.41", True),
    ],
)
def test_a_layer_and_a_time_step(claim: str, holds: bool) -> None:
    measured = Measured(("1", "2", "out"), {}, {}, TIME)
    assert judge(parse(claim), measured).passed is holds


@pytest.mark.parametrize(
    ("claim", "why"),
    [
        ("step_delta_rms < 1", r"needs a layer, as in step_delta_rms\[1, first\]"),
        ("mean(gate_forget) < 1", "needs a layer"),
        ("gate_forget[1, 2, 3] < 1", "takes a layer and a time step"),
        ("gate_forget[0, 1] < 1", "takes a layer and a time step"),
        ("gate_forget[hidden] < 1", "takes a layer and a time step"),
        ("gate_forget[1] < 1", "a whole row cannot be compared"),
        ("grad_rms[1, first] < 1", "an index is first, last"),
        ("gate_forgets[1, 1] < 1", "did you mean gate_forget"),
    ],
)
def test_what_is_no_place_in_time(claim: str, why: str) -> None:
    with pytest.raises(ClaimError, match=why):
        parse(claim)


def test_a_moment_or_a_gauge_that_is_not_there() -> None:
    measured = Measured(("1", "2", "out"), {}, {}, TIME)
    with pytest.raises(ClaimError, match="there is no time step 4; the last is 3"):
        judge(parse("gate_forget[1, 4] < 1"), measured)
    with pytest.raises(ClaimError, match="there is no layer 3; the last is 2"):
        judge(parse("mean(gate_forget[3]) < 1"), measured)
    with pytest.raises(ClaimError, match="has no gate_update; over time it has step_delta_rms, gate_forget"):
        judge(parse("gate_update[1, 1] < 1"), measured)
    with pytest.raises(ClaimError, match="no gauges over time"):
        outcome("gate_update[1, 1] < 1")


# Variants, and the steps so far

FALLING = [2.0] * 30 + [0.5] * 30


def member(loss: float, losses: Sequence[float] = ()) -> Measured:
    return Measured(("1", "out"), {"grad_rms": [loss, 1.0]}, {"loss": loss, "accuracy": 0.5}, {}, losses, losses)


OTHERS = {"baseline": member(1.0, FALLING), "layer_norm": member(0.1, FALLING[20:])}


@pytest.mark.parametrize(
    "claim",
    [
        "layer_norm.loss < 0.2 * baseline.loss",
        "layer_norm.grad_rms[first] / grad_rms[first] == 0.1",
        "mean(layer_norm.grad_rms) == 0.55 and max(layer_norm.grad_rms[hidden]) == 0.1",
        # The mean of the last 20 steps is below 1 with the fourteenth step of 0.5: 6 x 2 + 14 x 0.5 = 19.
        "baseline.steps_to(loss, 1) == 43 == steps_to(loss, 1) and layer_norm.steps_to(loss, 1) == 23",
        "steps_to(accuracy, 1) == 0 and steps_to(accuracy, 2) == inf and steps_to(loss, 0.5) == inf",
        "layer_norm.steps_to(loss, 1) < baseline.steps_to(loss, 1) < inf",
        "mean_loss(0, 30) == 2 and mean_loss(20, 40) == 1.25 and mean_accuracy(30, 60) == 0.5",
        "recent_loss == 0.5 and layer_norm.recent_accuracy == 0.5",
        "-inf < loss < inf",
        "verdict == 'vanishing' and layer_norm.verdict != \"healthy\" and not baseline.verdict == 'dying'",
    ],
)
def test_variants_and_the_steps_so_far(claim: str) -> None:
    result = judge(parse(claim), OTHERS["baseline"], OTHERS)
    assert result.passed, result.measured


def test_fewer_steps_than_the_window_are_taken_as_they_are() -> None:
    early = member(1.0, [3.0, 0.5, 0.5, 0.5])
    assert judge(parse("steps_to(loss, 2) == 1 and steps_to(loss, 1.2) == 3 and recent_loss == 1.125"), early).passed


def test_both_sides_are_named() -> None:
    result = judge(parse("layer_norm.loss < 0.05 * baseline.loss"), OTHERS["baseline"], OTHERS)
    assert not result.passed
    assert result.measured == "layer_norm.loss = 0.1, 0.05 * baseline.loss = 0.05"


@pytest.mark.parametrize(
    ("claim", "words"),
    [
        ("mean_loss(0, 61) > 1", "asked for when 60 steps have been made"),
        ("he.loss < 1", "there is no variant he here; there is baseline, layer_norm"),
    ],
)
def test_what_is_not_there_cannot_be_judged(claim: str, words: str) -> None:
    with pytest.raises(ClaimError, match=words):
        judge(parse(claim), OTHERS["baseline"], OTHERS)


@pytest.mark.parametrize(
    ("claim", "column", "words"),
    [
        ("1 < he.los", 5, "did you mean loss"),
        ("he.he.loss < 1", 1, "not part of the language"),
        ("steps_to(loss) < 1", 1, "takes loss or accuracy and a number"),
        ("steps_to(grad_rms, 1) < 1", 1, "takes loss or accuracy and a number"),
        ("steps_to(he.loss, 1) < 1", 1, "takes loss or accuracy and a number"),
        ("he.steps_to < 1", 1, "takes loss or accuracy and a number"),
        ("mean_loss(20, 10) < 1", 1, "takes a step and a later one"),
        ("mean_loss(0.5, 10) < 1", 1, "takes a step and a later one"),
        ("he.mean(grad_rms) < 1", 1, "not one of the functions"),
        ("inf.loss < 1", 1, "not part of the language"),
        ("verdict == 'vanshing'", 12, r"no verdict; .*did you mean vanishing\?"),
        ("verdict < 'vanishing'", 1, "compared with a word alone"),
        ("verdict == 3", 1, "compared with a word alone"),
        ("'vanishing' == verdict", 1, "compared with a word alone"),
        ("abs(verdict) > 1", 5, "compared with a word alone"),
        ("loss == 'vanishing'", 9, "is not a number"),
    ],
)
def test_what_does_not_belong_is_refused_with_its_column(claim: str, column: int, words: str) -> None:
    with pytest.raises(ClaimError, match=words) as caught:
        parse(claim)
    assert str(caught.value).startswith(f"column {column}: ")


def test_a_verdict_is_named() -> None:
    result = judge(parse("verdict == 'healthy'"), OTHERS["baseline"], OTHERS)
    assert (result.passed, result.measured) == (False, "verdict = vanishing")


def test_the_verdicts_are_those_of_the_diagnosis() -> None:
    from gradtui.diagnosis import KINDS

    assert claims.VERDICTS == KINDS


def test_what_a_claim_asks_of_whom() -> None:
    claim = parse("he.loss < 0.1 * baseline.loss and steps_to(accuracy, 0.9) < 5")
    assert claim.asked == {("he", "loss"), ("baseline", "loss"), ("", "accuracy"), ("", "steps_to")}
    assert claim.members == {"he", "baseline"}
