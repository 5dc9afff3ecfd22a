"""The menu: one table, complete, and in agreement with the model and the ranges."""

from __future__ import annotations

import pytest

from gradtui import Scenario
from gradtui.scenario import menu, validation
from gradtui.scenario.model import LayerChoice
from gradtui.scenario.ranges import RANGES

KEYS = dict(validation.keys())


@pytest.mark.parametrize("key", sorted(menu.MENU))
def test_rows_are_complete(key: str) -> None:
    rows = menu.MENU[key]
    assert key in KEYS or key == "network.layer.kind"
    assert len({row.name for row in rows}) == len(rows)
    for row in rows:
        assert row.label
        assert row.meaning
        assert set(row.reads) <= set(KEYS)


def test_the_default_is_on_the_menu() -> None:
    scenario = Scenario.from_dict({})
    for key, rows in menu.MENU.items():
        table, _, name = key.partition(".")
        if name.startswith("layer."):
            assert getattr(LayerChoice(), name.partition(".")[2]) in [row.name for row in rows]
            continue
        assert getattr(getattr(scenario, table), name) in [row.name for row in rows]


def test_short_names() -> None:
    assert menu.choices("activation") is menu.choices("network.activation")
    assert set(menu.SHORT_NAMES.values()) == set(menu.MENU)
    assert menu.choice("optimizer", "adam").paper == "Kingma & Ba 2015"
    with pytest.raises(KeyError):
        menu.choices("width")
    with pytest.raises(KeyError):
        menu.choice("activation", "cosine")


def test_readers() -> None:
    assert [row.name for _, row in menu.readers("optimizer.momentum")] == [
        "momentum",
        "nag",
        "rmsprop",
        "muon",
    ]
    assert menu.readers("network.depth") == ()


def test_every_number_has_a_range_and_every_default_is_in_it() -> None:
    scenario = Scenario.from_dict({})
    for key, kind in KEYS.items():
        if kind in (int, float):
            table, _, name = key.rpartition(".")
            value = getattr(getattr(scenario, table) if table else scenario, name)
            assert RANGES[key].whole == (kind is int)
            assert RANGES[key].holds(value)
