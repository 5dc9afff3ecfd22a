"""The menu as text, in the terminal and on its page."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from gradtui import catalogue
from gradtui.cli import commands
from gradtui.scenario.errors import ScenarioError
from gradtui.scenario.menu import MENU

PAGE = Path(__file__).parent.parent / "docs" / "choices.md"


def test_the_page_is_written_from_the_table() -> None:
    assert PAGE.read_text() == catalogue.page(), "gradtui scenarios choices --markdown > docs/choices.md"


def test_every_choice_is_listed_with_its_formula_and_source() -> None:
    text = CliRunner().invoke(commands, ["scenarios", "choices"]).output
    for key, rows in MENU.items():
        assert f"{key}   (default: " in text
        for row in rows:
            for word in (row.name, row.meaning, row.formula, row.paper):
                assert word in text


@pytest.mark.parametrize("name", ["activation", "network.activation"])
def test_one_key(name: str) -> None:
    text = CliRunner().invoke(commands, ["scenarios", "choices", name]).output
    assert text.startswith("network.activation   (default: sigmoid)\n")
    assert "network.negative_slope = 0.01" in text
    assert "optimizer" not in text


def test_json_names_defaults() -> None:
    rows = json.loads(CliRunner().invoke(commands, ["scenarios", "choices", "optimizer", "--json"]).output)
    assert [row["name"] for row in rows if row["default"]] == ["sgd"]
    own = {row["name"]: row["reads"].get("optimizer.eps") for row in rows}
    assert own["adam"] == 1e-8
    assert own["adagrad"] == 1e-10


def test_an_unknown_key_is_named_with_the_nearest() -> None:
    with pytest.raises(ScenarioError, match="did you mean activation"):
        catalogue.keys_of("actvation")
    result = CliRunner().invoke(commands, ["scenarios", "choices", "dephts"])
    assert "did you mean depth" in result.output
    assert result.exit_code == 2


def test_numbers_are_listed_with_range_default_and_source() -> None:
    text = CliRunner().invoke(commands, ["scenarios", "choices", "alpha"]).output
    assert "network.alpha   (default: 1.0)" in text
    assert "optimizer.alpha   (default: 0.99)" in text
    assert "a number from 0 to below 1" in text
    assert "in PyTorch RMSprop.alpha 0.99" in text
    assert 'has an effect with optimizer.name = "rmsprop"' in text
    assert "Tieleman & Hinton 2012" in text
    row = json.loads(CliRunner().invoke(commands, ["scenarios", "choices", "nesterov", "--json"]).output)[0]
    assert row["default"] is True
    assert row["allowed"] == "true or false"
    assert row["with"] == ["optimizer.name=muon"]
