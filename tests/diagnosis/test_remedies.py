"""The table of remedies: complete, in words, and valid wherever it claims to fit."""

import pytest

from gradtui import Scenario
from gradtui.diagnosis import KINDS
from gradtui.diagnosis.field import FIRST, fields
from gradtui.diagnosis.remedies import REMEDIES, remedy, treatments
from gradtui.scenario.menu import MENU

SICK = [kind for kind in KINDS if kind != "healthy"]
NETWORKS = {row.name for row in MENU["network.kind"]}

#: Shipped scenarios of every kind of network.
SHIPPED = (
    "sigmoid-deep",
    "dead-layers",
    "cnn-plain-29",
    "rnn-long",
    "lstm-forgets",
    "transformer-post-ln",
    "attention-no-residual",
    "gan-minimax",
)

SIGMOID = Scenario.from_dict({"network": {"depth": 30, "activation": "sigmoid", "init": "xavier_normal"}})
RECURRENT = Scenario.from_dict({"task": {"name": "adding"}, "network": {"kind": "rnn", "width": 8}})
GAME = Scenario.from_dict({"task": {"name": "gan-digits", "loss": "minimax"}, "network": {"kind": "gan"}})


@pytest.mark.parametrize("kind", SICK)
def test_every_verdict_has_remedies(kind):
    assert sum(kind in each.kinds for each in REMEDIES) >= 3


def test_a_healthy_network_has_none():
    assert not any("healthy" in each.kinds for each in REMEDIES)
    assert treatments(["healthy"], SIGMOID) == ((), ())


def test_every_remedy_is_told_apart_and_told_in_words():
    keys, labels = [each.key for each in REMEDIES], [(each.label, each.networks) for each in REMEDIES]
    assert len(set(keys)) == len(keys)
    assert len(set(labels)) == len(labels)
    for each in REMEDIES:
        assert each.meaning.what
        assert each.meaning.paper
        assert set(each.kinds) <= set(SICK)
        assert set(each.networks) <= NETWORKS
        assert set(each.myth_kinds) <= set(each.kinds)
        assert bool(each.myth) == bool(each.myth_kinds)
        # A narrow screen has room for so much.
        assert len(each.label) <= 20
        assert remedy(each.key) is each


def test_an_unknown_remedy_is_no_remedy():
    with pytest.raises(KeyError, match="prayer"):
        remedy("prayer")


def test_every_remedy_applies_to_shipped_scenarios_or_says_why_not():
    tried, reasons = set(), set()
    for name in SHIPPED:
        scenario = Scenario.load(name)
        ready, left_out = treatments(SICK, scenario)
        for treatment in ready:
            assert treatment.scenario != scenario
            assert scenario.replace(*treatment.assignments) == treatment.scenario
            tried.add(treatment.remedy.key)
        for each in left_out:
            assert each.reason
            reasons.add(each.reason)
    # Those that no shipped scenario needs are applied below.
    others = {"hidden_layers", "all_the_way", "leaky_both", "block_norm", "larger_batch", "no_norm", "gates_open"}
    assert {each.key for each in REMEDIES} - tried <= others
    assert "the scenario has it already" in reasons


@pytest.mark.parametrize(
    ("key", "scenario"),
    [
        ("all_the_way", RECURRENT.replace("network.truncation=5")),
        ("hidden_layers", SIGMOID.replace("network.depth=0")),
        ("gates_open", RECURRENT.replace("network.cell=lstm", "network.forget_bias=1.0")),
        ("larger_batch", SIGMOID.replace("task.batch=2", "network.norm=batch")),
        ("no_norm", SIGMOID.replace("task.batch=2", "network.norm=batch")),
        ("leaky_both", GAME.replace("network.activation=sigmoid")),
        (
            "block_norm",
            Scenario.from_dict({"task": {"name": "recall"}, "network": {"kind": "transformer", "depth": 2}}).replace(
                "network.norm=none", "network.skip=none"
            ),
        ),
    ],
)
def test_remedies_that_no_shipped_scenario_needs(key, scenario):
    ready, _ = treatments(SICK, scenario)
    assert key in {treatment.remedy.key for treatment in ready}


def test_the_popular_non_cures_run_in_the_race_of_a_vanishing_network():
    ready, _ = treatments(["vanishing"], SIGMOID)
    keys = {treatment.remedy.key for treatment in ready}
    myths = {treatment.remedy.key for treatment in ready if treatment.remedy.myth}
    assert {"momentum", "nag", "dropout", "clip_norm", "clip_value", "faster", "float64"} <= myths
    assert {"relu_he", "batch_norm", "residual", "highway", "selu_lecun"} <= keys - myths
    assert len(ready) >= 25


def test_a_change_says_only_what_it_changes():
    ready, _ = treatments(["vanishing"], SIGMOID)
    by_key = {treatment.remedy.key: treatment.assignments for treatment in ready}
    assert set(by_key["relu_he"]) == {"network.activation=relu", "network.init=he_normal"}
    assert by_key["highway"] == ("network.skip=highway", "network.highway_bias=-3.0")


def test_rprop_goes_with_the_whole_batch():
    ready, _ = treatments(["vanishing"], SIGMOID)
    rprop = next(each for each in ready if each.remedy.key == "rprop")
    assert rprop.scenario.task.batch == 0


def test_the_same_change_is_not_raced_twice():
    tanh = SIGMOID.replace("network.activation=tanh", "network.init=orthogonal")
    ready, left_out = treatments(["saturated"], tanh)
    scenarios = [treatment.scenario for treatment in ready]
    assert len({repr(each) for each in scenarios}) == len(scenarios)
    assert any(each.reason.startswith("the same change as") for each in left_out)


def test_layers_that_are_listed_are_not_cut_down():
    listed = Scenario.from_dict({"network": {"layer": [{"width": 8, "repeat": 9}]}})
    _, left_out = treatments(["vanishing"], listed)
    assert {"2 layers": "the layers are listed one by one in its file"}.items() <= {
        each.remedy.label: each.reason for each in left_out
    }.items()


def test_without_hidden_layers_nothing_is_done_to_them():
    ready, left_out = treatments(["stalled"], SIGMOID.replace("network.depth=0"))
    keys = {treatment.remedy.key for treatment in ready}
    assert {"hidden_layers", "adam", "orthogonal"} <= keys
    assert not keys & {"relu_he", "batch_norm", "residual", "dropout"}
    assert {each.reason for each in left_out if each.remedy.key == "batch_norm"} == {"there is no hidden layer"}


def test_what_is_begun_first_is_there_and_is_tried_for_that():
    for kind, keys in FIRST.items():
        assert kind in SICK
        assert len(set(keys)) == len(keys)
        assert any(kind in remedy(key).kinds for key in keys[:3])
        for key in keys:
            assert set(remedy(key).kinds) & set(FIRST)


def test_the_likeliest_and_the_advised_are_begun_first_the_others_as_in_the_table():
    ready, _ = treatments(["vanishing"], SIGMOID)
    order = [field[0].row.remedy for field in fields(SIGMOID, ready, ("vanishing",))]
    assert order[0] == ""
    assert set(order[1:]) == {treatment.remedy.key for treatment in ready}
    wanted = {"batch_norm", "residual", "highway", "selu_lecun", "relu_he", "dropout", "clip_norm", "momentum", "nag"}
    assert wanted <= set(order[:15])
    rest = [key for key in order[1:] if key not in FIRST["vanishing"]]
    assert rest == [treatment.remedy.key for treatment in ready if treatment.remedy.key in rest]
