"""`to_toml`: what is written reads back as the same scenario."""

from __future__ import annotations

import tomllib
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gradtui import Scenario
from gradtui.scenario.menu import MENU
from gradtui.scenario.model import Expect, Generator, LayerChoice, Lesson, Network, Optimizer, Task
from gradtui.scenario.writing import to_toml

TEXT = st.text(max_size=40)
LINES = st.text(alphabet=st.sampled_from("ab \n\t\"'\\\r#=[]é💡\x00\x7f"), max_size=30)


def named(key: str) -> st.SearchStrategy[str]:
    return st.sampled_from([row.name for row in MENU[key]])


def real(low: float, high: float, open_low: bool = False, open_high: bool = False) -> st.SearchStrategy[float]:
    return st.floats(low, high, exclude_min=open_low, exclude_max=open_high)


POSITIVE = real(0, 1.7e308, open_low=True)
NOT_NEGATIVE = real(0, 1.7e308)
SHARE = real(0, 1, open_high=True)

LAYERS = st.builds(
    LayerChoice,
    kind=st.sampled_from(["auto", "dense"]),
    repeat=st.integers(1, 3),
    width=st.none() | st.integers(1, 300),
    activation=st.none() | named("network.activation"),
    dropout=st.none() | SHARE,
)

SCENARIOS = st.builds(
    Scenario,
    name=TEXT,
    title=TEXT,
    story=LINES,
    seed=st.integers(0, 2**63 - 1),
    steps=st.integers(1, 10**9),
    task=st.builds(
        Task,
        name=named("task.name"),
        batch=st.integers(0, 10**6),
        loss=named("task.loss"),
        noise=real(0, 10),
        path=TEXT.filter(bool),
        held_out=real(0, 1, open_low=True, open_high=True),
    ),
    network=st.builds(
        Network,
        depth=st.integers(0, 1000),
        width=st.integers(1, 300),
        activation=named("network.activation"),
        init=named("network.init"),
        init_std=POSITIVE,
        init_bound=NOT_NEGATIVE,
        init_bias=real(-1.7e308, 1.7e308),
        dtype=named("network.dtype"),
        norm=named("network.norm"),
        skip=named("network.skip"),
        dropout=SHARE,
        layer=st.lists(LAYERS, max_size=3).map(tuple),
    ),
    optimizer=st.builds(
        Optimizer,
        name=named("optimizer.name"),
        lr=POSITIVE,
        momentum=SHARE,
        beta1=SHARE,
        beta2=SHARE,
        eps=NOT_NEGATIVE,
        centered=st.booleans(),
        weight_decay=NOT_NEGATIVE,
        schedule=named("optimizer.schedule"),
        eta_min=NOT_NEGATIVE,
        clip_norm=NOT_NEGATIVE,
    ),
    expect=st.lists(
        st.builds(Expect, claim=st.just("loss < 1"), at=st.integers(0, 10**9) | st.just("end"), why=LINES),
        max_size=3,
    ).map(tuple),
    lesson=st.lists(st.builds(Lesson, text=LINES, choices=st.just(("a", 'b"\n'))), max_size=2).map(tuple),
)


def _allowed(scenario: Scenario) -> bool:
    """Rprop takes all examples at once, a learning rate comes down, not up, batch norm wants two examples, PyTorch's
    own weights come with its own biases, and it takes two networks to play a game."""
    optimizer = scenario.optimizer
    if scenario.task.name in TASKS or scenario.task.loss in GAMES:
        return False
    whole = optimizer.name != "rprop" or scenario.task.batch == 0
    if scenario.network.norm == "batch" and scenario.task.batch == 1:
        return False
    if scenario.network.init == "torch_default" and scenario.network.init_bias:
        return False
    return whole and (optimizer.schedule != "cosine" or optimizer.eta_min <= optimizer.lr)


GAMES = ("minimax", "non_saturating", "least_squares", "wasserstein")
TASKS = ("gan-ring", "gan-digits")

ADVERSARIES = st.builds(
    Scenario,
    task=st.builds(
        Task,
        name=st.sampled_from(TASKS),
        batch=st.integers(2, 100),
        loss=st.sampled_from(("auto", *GAMES)),
        noise=real(0, 10),
        weight_bound=POSITIVE,
    ),
    network=st.builds(Network, kind=st.just("gan"), depth=st.integers(0, 10), activation=named("network.activation")),
    generator=st.builds(
        Generator,
        depth=st.integers(0, 1000),
        width=st.just(8) | st.integers(1, 20).map(lambda groups: 8 * groups),
        activation=named("generator.activation"),
        init=named("generator.init"),
        norm=named("generator.norm"),
        latent=st.integers(1, 4096),
        output=named("generator.output"),
        optimizer=named("generator.optimizer"),
        lr=NOT_NEGATIVE,
        momentum=SHARE,
        beta1=SHARE,
        beta2=SHARE,
        discriminator_steps=st.integers(1, 1000),
        discriminator_first=st.integers(0, 10**9),
    ),
)


@given(ADVERSARIES)
def test_round_trip_of_adversaries(scenario: Scenario) -> None:
    document: dict[str, Any] = tomllib.loads(to_toml(scenario))
    assert Scenario.from_dict(document) == scenario


def test_a_scenario_without_adversaries_says_nothing_of_a_generator() -> None:
    text = to_toml(Scenario.from_dict({"network": {"activation": "relu"}}))
    assert "generator" not in text
    assert "slope" not in text


@given(SCENARIOS.filter(_allowed))
def test_round_trip(scenario: Scenario) -> None:
    text = to_toml(scenario)
    document: dict[str, Any] = tomllib.loads(text)
    assert Scenario.from_dict(document) == scenario


def test_keys_without_effect_are_left_out() -> None:
    text = to_toml(Scenario.from_dict({}))
    assert "momentum" not in text
    assert "init_std" not in text
    assert "noise" not in text
    text = to_toml(Scenario.from_dict({"optimizer": {"name": "momentum"}, "network": {"init": "normal"}}))
    assert "momentum = 0.9" in text
    assert "init_std = 0.01" in text


def test_what_was_set_stays_even_without_effect() -> None:
    assert "momentum = 0.5" in to_toml(Scenario.from_dict({"optimizer": {"momentum": 0.5}}))


def test_a_story_stays_readable() -> None:
    text = to_toml(Scenario.from_dict({"story": "first\n\nsecond\n"}))
    assert 'story = """\nfirst\n\nsecond\n"""' in text
