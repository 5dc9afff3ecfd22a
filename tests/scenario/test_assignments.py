"""`Scenario.replace` and `--set`: changes in dotted form."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradtui import Scenario
from gradtui.scenario.errors import ScenarioError

DEFAULT = Scenario.from_dict({})


def test_every_kind_of_value() -> None:
    changed = DEFAULT.replace(
        "network.activation=relu",
        'network.init="he_normal"',
        "network.depth = 3",
        "optimizer.lr=1e-3",
        "optimizer.clip_norm=1",
        "seed=5",
        "title=plain words, unquoted",
        "source=2010",
    )
    assert (changed.network.activation, changed.network.init, changed.network.depth) == (
        "relu",
        "he_normal",
        3,
    )
    assert (changed.optimizer.lr, changed.optimizer.clip_norm, changed.seed) == (0.001, 1.0, 5)
    assert (changed.title, changed.source) == ("plain words, unquoted", "2010")


def test_the_rest_stays() -> None:
    scenario = Scenario.load("sigmoid-deep")
    changed = scenario.replace("network.depth=2")
    assert changed.replace("network.depth=30") == scenario
    assert changed.expect == scenario.expect
    assert changed.lesson == scenario.lesson


def test_the_original_is_untouched() -> None:
    DEFAULT.replace("network.depth=2")
    assert DEFAULT.network.depth == 30


@pytest.mark.parametrize(
    ("assignment", "expected"),
    [
        ("network.activation", "not of the form KEY=VALUE"),
        ("=3", "not of the form KEY=VALUE"),
        ("depth=4", "did you mean network.depth?"),
        ("network.activaton=relu", "did you mean network.activation?"),
        ("optimiser.lr=1", "did you mean optimizer.lr?"),
        ("zzzz=1", "the keys are name, title"),
        ("network=3", "set one of its keys: network.kind, network.depth"),
        ("expect=3", "only be written in a scenario file"),
        ("lesson.text=3", "only be written in a scenario file"),
        ("network.depth=ten", 'network.depth is "ten"'),
        ("network.depth=2001", "from 0 to 1,000"),
        ("seed=1\nsteps=5", 'seed is "1 steps=5"'),
        ("task.name=file", "task.path is missing"),
        ("task.name=text", "task.path is missing"),
        ("seed=2020-01-01", "seed is"),
    ],
)
def test_mistakes(assignment: str, expected: str) -> None:
    with pytest.raises(ScenarioError) as caught:
        DEFAULT.replace(assignment)
    assert len(caught.value.problems) == 1
    assert expected in str(caught.value)


def test_all_mistakes_are_said() -> None:
    with pytest.raises(ScenarioError) as caught:
        DEFAULT.replace("depth=4", "lr=1", "network.width=5")
    assert len(caught.value.problems) == 2


@given(st.text(max_size=30))
def test_any_text_for_a_text(text: str) -> None:
    """Quoted as TOML or bare, a title arrives as it was meant."""
    changed = DEFAULT.replace(f"title={text}")
    bare = text.strip()
    if not bare or bare[0] not in "\"'":
        assert changed.title == bare


@given(st.integers(0, 1000), st.floats(1e-300, 1e300))
def test_numbers_arrive_exactly(depth: int, rate: float) -> None:
    changed = DEFAULT.replace(f"network.depth={depth}", f"optimizer.lr={rate!r}")
    assert (changed.network.depth, changed.optimizer.lr) == (depth, rate)


def test_a_network_with_listed_layers_can_be_changed():
    scenario = Scenario.from_dict({"network": {"layer": [{"width": 5}, {"kind": "dense", "norm": "layer"}]}})
    changed = scenario.replace("network.activation=relu", "seed=3")
    assert changed.network.layer == scenario.network.layer
    assert (changed.network.activation, changed.seed) == ("relu", 3)
