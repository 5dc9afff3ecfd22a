"""The shipped scenarios: every one is complete, and the library is in order."""

from __future__ import annotations

import re

import pytest

from gradtui.scenario import claims, files, menu
from gradtui.scenario.model import Scenario
from gradtui.scenario.writing import to_toml

LIBRARY = files.library()
EACH = pytest.mark.parametrize(("name", "scenario"), LIBRARY, ids=[name for name, _ in LIBRARY])


def test_there_are_enough_and_two_teach() -> None:
    assert len(LIBRARY) >= 10
    assert sum(bool(scenario.lesson) for _, scenario in LIBRARY) >= 2


def test_groups_stand_together_in_their_order() -> None:
    groups = [scenario.group for _, scenario in LIBRARY]
    assert sorted(groups, key=files.GROUPS.index) == groups


@EACH
def test_it_says_what_it_is(name: str, scenario: Scenario) -> None:
    assert scenario.name == name
    assert scenario.title
    assert scenario.story
    assert scenario.source
    assert scenario.group in files.GROUPS
    assert 0 < len(scenario.promise) <= 55, "a line of the list at 80 columns"


@EACH
def test_it_expects_something_at_the_start(name: str, scenario: Scenario) -> None:
    assert any(expect.at == 0 for expect in scenario.expect)
    assert all(expect.why for expect in scenario.expect)
    assert all(claims.parse(expect.claim).names for expect in scenario.expect)


@EACH
def test_it_reads_back(name: str, scenario: Scenario) -> None:
    import tomllib

    assert Scenario.from_dict(tomllib.loads(to_toml(scenario))) == scenario


@EACH
def test_scenarios_it_points_to_exist(name: str, scenario: Scenario) -> None:
    words = set(re.findall(r"`([a-z0-9]+(?:-[a-z0-9]+)+)`", scenario.story))
    assert words <= set(files.names())


def test_what_people_know_best_is_shown_somewhere() -> None:
    """The first activations on the menu, the best-known optimizers and both number formats."""
    for key, first, of in (
        ("activation", 3, lambda s: s.network.activation),
        ("dtype", None, lambda s: s.network.dtype),
    ):
        assert {of(scenario) for _, scenario in LIBRARY} >= {row.name for row in menu.choices(key)[:first]}
    assert {scenario.optimizer.name for _, scenario in LIBRARY} >= {"sgd", "momentum", "adam"}
