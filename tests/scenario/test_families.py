"""Variants: a family in one file, its members as scenarios, and every mistake that can be made in it."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from gradtui import Scenario
from gradtui.scenario import families, files
from gradtui.scenario.errors import ScenarioError
from gradtui.scenario.writing import to_toml

FAMILY = """
title = "A wall"
promise = "Eight layers."
story = "It is deep."
steps = 300

[network]
depth = 8
activation = "relu"

[[variant]]
name = "he"
why = "Twice the variance."
set = ["network.init=he_normal"]

[[variant]]
name = "layer-norm"
title = "With a norm"
set = ["network.norm=layer", "network.depth=10"]
steps = 100

[[expect]]
claim = "he.loss < 0.1 * baseline.loss"

[[expect]]
of = "layer-norm"
claim = "loss < 1"

[[expect]]
claim = "loss > 0"
"""


@pytest.fixture
def wall(tmp_path: Path) -> Path:
    path = tmp_path / "wall.toml"
    path.write_text(FAMILY)
    return path


def test_each_member_is_a_scenario_of_its_own(wall: Path) -> None:
    family = Scenario.load(wall)
    base, he, normed = family.family()
    assert base is family
    assert (he.name, he.title, he.promise, he.steps) == ("wall/he", "A wall: he", "Twice the variance.", 300)
    assert (normed.name, normed.title, normed.promise, normed.steps) == (
        "wall/layer-norm",
        "With a norm",
        "Eight layers.",
        100,
    )
    assert (he.network.init, normed.network.norm, normed.network.depth) == ("he_normal", "layer", 10)
    assert he.network == family.replace("network.init=he_normal").network
    assert "network.init=he_normal" in he.story
    assert he.story.endswith("It is deep.")
    assert he.variant == normed.variant == ()


def test_a_member_keeps_the_claims_about_itself_alone(wall: Path) -> None:
    base, he, normed = Scenario.load(wall).family()
    assert len(base.expect) == 3
    assert he.expect == ()
    assert [(expect.claim, expect.of) for expect in normed.expect] == [("loss < 1", "")]


def test_members_are_loaded_by_a_slash(wall: Path) -> None:
    assert Scenario.load(f"{wall}/he") == Scenario.load(wall).family()[1]
    assert Scenario.load(f"{wall}/baseline") == Scenario.load(wall)
    name, family = next(entry for entry in files.library() if entry[1].variant)
    assert Scenario.load(f"{name}/{family.variant[0].name}") == family.family()[1]


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("wall.toml/hee", "wall has baseline, he, layer-norm, not hee; did you mean he?"),
        ("sigmoid-dep/he", "there is no shipped scenario `sigmoid-dep`"),
        ("xor-first/he", "xor-first has no variants, not he"),
        ("no/such/file.toml", "there is no such file"),
    ],
)
def test_a_wrong_name(wall: Path, monkeypatch: pytest.MonkeyPatch, name: str, expected: str) -> None:
    monkeypatch.chdir(wall.parent)
    with pytest.raises(ScenarioError, match="(?s)" + expected.replace("?", r"\?")):
        Scenario.load(name)


def test_it_is_written_and_read_back(wall: Path) -> None:
    family = Scenario.load(wall)
    assert Scenario.from_dict(tomllib.loads(to_toml(family))) == family


def test_the_text_of_a_member_is_a_file_with_what_it_changes_on_top(wall: Path) -> None:
    text = files.source_text(f"{wall}/layer-norm")
    assert "#   network.norm=layer\n#   network.depth=10\n" in text
    assert Scenario.from_dict(tomllib.loads(text)) == Scenario.load(f"{wall}/layer-norm")
    assert files.source_text(f"{wall}/baseline") == FAMILY


def test_a_change_keeps_the_variants_that_can_still_be_made(wall: Path) -> None:
    family = Scenario.load(wall)
    assert family.replace("seed=3").variant == family.variant
    assert family.replace("seed=3").replace("seed=0") == family
    recurrent = family.replace("network.kind=rnn", "network.depth=1", "network.activation=tanh", "task.name=adding")
    assert [variant.name for variant in recurrent.variant] == ["he"]
    assert [expect.claim for expect in recurrent.expect] == ["he.loss < 0.1 * baseline.loss", "loss > 0"]


def test_a_variant_can_change_a_listed_layer() -> None:
    scenario = Scenario.from_dict(
        {
            "network": {"layer": [{"width": 8}, {"width": 4, "repeat": 2}]},
            "variant": [{"name": "more", "set": ["network.layer[2].repeat=5", "network.layer[1].activation=relu"]}],
        }
    )
    more = scenario.family()[1]
    assert [(layer.repeat, layer.activation) for layer in more.network.layer] == [(1, "relu"), (5, None)]
    with pytest.raises(ScenarioError, match=r"network.layer\[3\] is not there: this scenario lists 2"):
        scenario.replace("network.layer[3].repeat=5")
    with pytest.raises(ScenarioError, match=r"did you mean repeat\?"):
        scenario.replace("network.layer[2].repeet=5")


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('name = "he"', 'name = "baseline"', r'variant\[1\].name is "baseline", which is what claims call'),
        ('name = "layer-norm"', 'name = "he"', r'variant\[2\].name is "he", as that of variant\[1\]'),
        ('name = "he"', 'name = "He"', r'variant\[1\].name is "He", but must be small letters'),
        ('name = "he"', 'name = "not"', r'variant\[1\].name is "not", but must be small letters'),
        ('name = "he"', 'name = "loss"', "means something else in a claim"),
        ('name = "he"\n', "", r"variant\[1\] has no `name`"),
        ('name = "he"', 'nme = "he"', r"did you mean variant\[1\].name\?"),
        ("init=he_normal", "init=he_norml", r'variant\[1\] \("he"\).set: network.init is "he_norml".*he_normal'),
        ("network.init=", "network.inti=", r"network.inti is not a key of a scenario; did you mean network.init\?"),
        ("network.init=he_normal", "seed=3", "changes seed, but variants differ in the keys of"),
        ("he.loss", "hee.loss", r"expect\[1\].claim speaks of hee, .*did you mean he\?"),
        ('of = "layer-norm"', 'of = "layer"', r'expect\[2\].of is "layer", .*did you mean layer-norm\?'),
        ("he.loss < 0.1", "he.los < 0.1", r"did you mean loss\?"),
        ("steps = 100", "steps = 0", "variant.*steps is 0, but must be"),
    ],
)
def test_a_mistake_is_named_with_file_and_key(wall: Path, old: str, new: str, expected: str) -> None:
    assert old in FAMILY
    wall.write_text(FAMILY.replace(old, new))
    with pytest.raises(ScenarioError, match=expected) as caught:
        Scenario.load(wall)
    assert all(problem.startswith("wall.toml: ") for problem in caught.value.problems)


def test_claims_about_variants_need_some() -> None:
    with pytest.raises(ScenarioError, match="but this scenario has no variants"):
        Scenario.from_dict({"expect": [{"claim": "he.loss < 1"}]})


def test_every_shipped_variant_differs_from_its_baseline() -> None:
    for _, family in files.library():
        base, *others = family.family()
        for variant, other in zip(family.variant, others, strict=True):
            assert (other.network, other.task, other.optimizer) != (base.network, base.task, base.optimizer), other.name
            assert variant.why, other.name
        assert families.find(family, families.BASELINE) is family


def test_a_family_that_lost_a_member_is_still_reached_by_a_command(wall: Path) -> None:
    from gradtui.export.command_line import command_line
    from gradtui.lab.changes import changed_keys

    family = Scenario.load(wall)
    recurrent = family.replace("network.kind=rnn", "network.depth=1", "network.activation=tanh", "task.name=adding")
    back = recurrent.replace("network.kind=mlp", "network.depth=8", "network.activation=relu", "task.name=digits")
    back = back.replace("network.init=xavier_normal")
    assert len(back.variant) < len(family.variant)
    assert changed_keys(family, back) == {}
    assert command_line(back, str(wall)) == f"gradtui --scenario {wall}"
    assert command_line(Scenario.load(f"{wall}/he").replace("seed=2"), f"{wall}/he").endswith("wall.toml/he --seed 2")
