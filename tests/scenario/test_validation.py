"""Every mistake in a scenario is found, and its sentence names the key, what is allowed and what was meant."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradtui import Scenario
from gradtui.scenario import validation
from gradtui.scenario.errors import ScenarioError
from gradtui.scenario.menu import MENU
from gradtui.scenario.ranges import RANGES


def problems(document: dict[str, Any]) -> tuple[str, ...]:
    with pytest.raises(ScenarioError) as caught:
        Scenario.from_dict(document)
    return caught.value.problems


def test_nothing_said_is_the_default_scenario() -> None:
    scenario = Scenario.from_dict({})
    assert (scenario.network.depth, scenario.network.width, scenario.network.activation) == (
        30,
        64,
        "sigmoid",
    )
    assert (scenario.optimizer.name, scenario.optimizer.lr, scenario.task.name) == ("sgd", 0.1, "digits")


def test_what_is_said_arrives() -> None:
    scenario = Scenario.from_dict(
        {
            "seed": 3,
            "network": {"depth": 5, "init": "he_normal"},
            "optimizer": {"lr": 1},
            "expect": [{"claim": "loss < 1", "at": 7}],
            "lesson": [{"text": "look", "choices": ["a", "b"], "answer": 1}],
        }
    )
    assert scenario.seed == 3
    assert scenario.network.depth == 5
    assert scenario.optimizer.lr == 1.0
    assert isinstance(scenario.optimizer.lr, float)
    assert scenario.expect[0].at == 7
    assert scenario.lesson[0].choices == ("a", "b")


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({"network": {"activaton": "relu"}}, ["network.activaton", "did you mean network.activation?"]),
        ({"depth": 3}, ["depth is not a key", "did you mean network.depth?"]),
        ({"network": {"lr": 0.1}}, ["network.lr is not a key", "did you mean optimizer.lr?"]),
        ({"network": {"activation": "rellu"}}, ["network.activation", "sigmoid, tanh, relu", 'mean "relu"?']),
        ({"network": {"init": "he"}}, ["network.init", 'did you mean "he_normal"?']),
        ({"network": {"activation": "Tanh"}}, ['did you mean "tanh"?']),
        ({"network": {"activation": 3}}, ["network.activation is 3", "one of sigmoid"]),
        ({"network": {"depth": "ten"}}, ['network.depth is "ten"', "a whole number from 0 to 1,000"]),
        ({"network": {"depth": 2.5}}, ["network.depth is 2.5", "whole number"]),
        ({"network": {"depth": True}}, ["network.depth is true", "whole number"]),
        ({"network": {"depth": 1001}}, ["network.depth is 1001", "from 0 to 1,000"]),
        ({"network": {"width": 0}}, ["network.width is 0", "from 1 to 4,096"]),
        ({"network": 3}, ["network is 3", "must be a table: [network]"]),
        ({"optimizer": {"lr": 0}}, ["optimizer.lr is 0", "above 0"]),
        ({"optimizer": {"lr": float("nan")}}, ["optimizer.lr is nan", "above 0"]),
        ({"optimizer": {"lr": float("inf")}}, ["optimizer.lr is inf", "not inf"]),
        ({"optimizer": {"momentum": 1.0}}, ["optimizer.momentum is 1.0", "from 0 to below 1"]),
        ({"network": {"init_bias": float("-inf")}}, ["network.init_bias is -inf", "not nan or inf"]),
        ({"network": {"init_gain": 0}}, ["network.init_gain is 0", "above 0"]),
        ({"network": {"init_gain": -1.5}}, ["network.init_gain is -1.5", "above 0"]),
        ({"network": {"alpha": 0.0}}, ["network.alpha is 0.0", "above 0"]),
        ({"network": {"beta": 0}}, ["network.beta is 0", "from 0.001 to 1,000"]),
        ({"network": {"init_fan": "avg"}}, ['network.init_fan is "avg"', "in, out"]),
        (
            {"network": {"init_bias": 1.0, "init": "torch_default"}},
            ["network.init_bias is 1.0", "torch_default", '"constant"'],
        ),
        (
            {"network": {"init_bias": 1.0, "init_bias_kind": "zero"}},
            ["network.init_bias is 1.0", 'init_bias_kind = "zero"'],
        ),
        ({"seed": -1}, ["seed is -1"]),
        ({"seed": 2**63}, ["seed is 9223372036854775808"]),
        ({"steps": 0}, ["steps is 0"]),
        ({"title": 5}, ["title is 5", "a text in quotes"]),
        ({"expect": {}}, ["expect is {}", "[[expect]]"]),
        ({"expect": [{"at": 3}]}, ["expect[1] has no `claim`"]),
        ({"expect": [{"claim": "loss < 1", "at": "ende"}]}, ['expect[1].at is "ende"', 'or "end"']),
        (
            {"expect": [{"claim": "grad_rm[first] < 1"}]},
            ["expect[1].claim", "column 1", "did you mean grad_rms?"],
        ),
        ({"lesson": [{"text": "a", "choices": ["x"], "answer": 1}]}, ["lesson[1].answer is 1"]),
        ({"lesson": [{"text": "a", "choices": "xy"}]}, ["lesson[1].choices", "a list of texts"]),
        ({"task": {"name": "file"}}, ["task.path is missing"]),
        ({"network": {"depth": 1000, "width": 4096}}, ["16,777,216,000 weights"]),
        ({"story": "\ud800"}, ["story holds a broken Unicode character"]),
    ],
)
def test_one_mistake_one_sentence(document: dict[str, Any], expected: list[str]) -> None:
    found = problems(document)
    assert len(found) == 1
    assert "\n" not in found[0]
    for part in expected:
        assert part in found[0]


def test_all_mistakes_are_said() -> None:
    found = problems({"sed": 1, "network": {"activation": "rellu", "depth": -1}, "optimizer": {"lr": "fast"}})
    assert len(found) == 4
    for key, sentence in zip(["sed", "network.activation", "network.depth", "optimizer.lr"], found, strict=True):
        assert sentence.startswith(key)


def test_the_sentence_begins_with_the_file() -> None:
    with pytest.raises(ScenarioError) as caught:
        validation.read({"sed": 1, "steps": 0}, "mine.toml")
    assert all(problem.startswith("mine.toml: ") for problem in caught.value.problems)


@given(st.sampled_from(sorted(MENU)), st.text(min_size=1, max_size=12))
def test_a_drawn_choice_is_taken_or_named(key: str, word: str) -> None:
    table, _, name = key.partition(".")
    path = {"path": "x.csv"} if key == "task.name" and word in ("file", "text") else {}
    document = {table: {name: word, **path}}
    if word in [row.name for row in MENU[key]]:
        assert getattr(getattr(Scenario.from_dict(document), table), name) == word
    else:
        assert problems(document)[0].startswith(f"{key} is ")


NUMBERS = sorted(key for key in RANGES if not key.startswith(("expect", "lesson", "variant", "network.layer")))


@given(st.sampled_from(NUMBERS), st.integers() | st.floats())
def test_a_drawn_number_is_taken_or_named(key: str, number: float) -> None:
    table, _, name = key.rpartition(".")
    whole = RANGES[key].whole
    if isinstance(number, int) and not whole:
        number = float(min(max(number, -(10**300)), 10**300))
    document = {table: {name: number}} if table else {name: number}
    if (isinstance(number, float) and whole) or not RANGES[key].holds(number):
        assert problems(document)[0].startswith(f"{key} is ")
    else:
        scenario = Scenario.from_dict({**document, "network": {"depth": 1, **document.get("network", {})}})
        assert getattr(getattr(scenario, table) if table else scenario, name) == number


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
KEYS = st.sampled_from([*validation.keys(), ("network", None), ("expect", None), ("lesson", None), ("variant", None)])


@given(KEYS, JSON)
def test_no_value_of_any_kind_is_a_traceback(key: tuple[str, Any], value: Any) -> None:
    table, _, name = key[0].rpartition(".")
    document = {table: {name: value}} if table else {name: value}
    said: tuple[str, ...] = ()
    try:
        Scenario.from_dict(document)
    except ScenarioError as error:
        said = error.problems
    assert all(problem.split(" ")[0].startswith(table or name) for problem in said)
