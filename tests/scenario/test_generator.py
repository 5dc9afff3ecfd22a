"""Scenarios of two adversaries: what they say, and what is refused in which words."""

from __future__ import annotations

import pytest

from gradtui import Scenario
from gradtui.scenario import adversaries, menu
from gradtui.scenario.adversarial_choices import OPTIMIZERS_OF_GENERATORS
from gradtui.scenario.errors import ScenarioError

GAN = {"task": {"name": "gan-digits"}, "network": {"kind": "gan"}}


def _refused(**tables) -> str:
    with pytest.raises(ScenarioError) as raised:
        Scenario.from_dict(tables)
    return str(raised.value)


def test_a_game_takes_two_networks():
    assert _refused(task={"name": "gan-ring"}) == (
        'task.name = "gan-ring" has no answers to learn: it needs network.kind = "gan"'
    )
    assert _refused(task={"loss": "minimax"}) == (
        'task.loss = "minimax" is played by two networks: it needs network.kind = "gan"'
    )


def test_two_networks_play_a_game():
    said = _refused(task={"name": "gan-ring", "loss": "mse"}, network={"kind": "gan"})
    assert "must be one of auto, minimax, non_saturating, least_squares, wasserstein" in said
    said = _refused(task={"name": "gan-ring", "label_smoothing": 0.1}, network={"kind": "gan"})
    assert said == "task.label_smoothing is 0.1, but adversaries have no labels to smooth: set it to 0"


def test_a_generator_has_limits():
    assert "at most 100,000,000" in _refused(**GAN, generator={"depth": 1000, "width": 4096})
    assert "generator.norm" in _refused(
        **{**GAN, "task": {"name": "gan-digits", "batch": 1}}, generator={"norm": "batch"}
    )
    assert "batch norm needs at least 2 examples" in _refused(
        task={"name": "gan-digits", "batch": 1}, network={"kind": "gan", "norm": "batch"}
    )
    assert "does not divide generator.width, 10" in _refused(**GAN, generator={"norm": "group", "width": 10})
    assert "did you mean adam?" in _refused(**GAN, generator={"optimizer": "adm"}).replace('"', "")
    assert "rprop" not in [row.name for row in OPTIMIZERS_OF_GENERATORS]


def test_any_data_can_be_imitated():
    scenario = Scenario.from_dict({"task": {"name": "moons"}, "network": {"kind": "gan"}})
    assert adversaries.game(scenario.task) == "non_saturating"
    assert scenario.replace("task.name=gan-ring").task.noise == 0.02
    assert scenario.replace("task.name=gan-ring").task.examples == 10_000


def test_the_generator_is_as_the_network_where_it_has_no_key():
    scenario = Scenario.from_dict(
        {**GAN, "network": {"kind": "gan", "negative_slope": 0.3, "skip": "residual", "dropout": 0.2}}
    )
    own = adversaries.generator_network(scenario)
    assert (own.kind, own.negative_slope, own.skip, own.dropout) == ("mlp", 0.3, "none", 0.0)
    assert (own.depth, own.width, own.activation) == (2, 64, "leaky_relu")


@pytest.mark.parametrize("name", [row.name for row in OPTIMIZERS_OF_GENERATORS])
def test_the_generators_rule_has_its_own_defaults(name):
    """What PyTorch would do with the same few words, as the discriminator's table has it."""
    given = {**GAN, "generator": {"optimizer": name}, "optimizer": {"name": name}}
    scenario = Scenario.from_dict(given)
    own = adversaries.generator_optimizer(scenario)
    for key in ("name", "lr", "momentum", "beta1", "beta2", "eps", "weight_decay", "alpha", "rho"):
        assert getattr(own, key) == getattr(scenario.optimizer, key), key


def test_another_rule_brings_its_defaults_but_not_its_learning_rate():
    scenario = Scenario.from_dict({**GAN, "generator": {"optimizer": "muon", "lr": 0.03}})
    assert scenario.generator.momentum == 0.95
    other = scenario.replace("generator.optimizer=momentum")
    assert (other.generator.momentum, other.generator.lr) == (0.9, 0.03)


def test_short_words_mean_the_network_and_the_optimizer():
    scenario = Scenario.from_dict(GAN)
    assert scenario.replace("generator.lr=0").generator.lr == 0.0
    for short, wanted in (("lr", "optimizer.lr"), ("depth", "network.depth"), ("latent", "generator.latent")):
        with pytest.raises(ScenarioError, match=f"did you mean {wanted}\\?"):
            scenario.replace(f"{short}=1")
    with pytest.raises(ScenarioError, match=r"did you mean optimizer\.lr"):
        Scenario.from_dict({"network": {"lr": 0.1}})


def test_what_has_an_effect():
    plain = {"network.kind": "mlp", "network.activation": "relu", "generator.activation": "leaky_relu"}
    assert not menu.has_effect("generator.lr", plain.__getitem__)
    assert not menu.has_effect("network.negative_slope", plain.__getitem__)
    pair = {**plain, "network.kind": "gan"}
    assert menu.has_effect("generator.lr", pair.__getitem__)
    assert menu.has_effect("network.negative_slope", pair.__getitem__)
    assert not menu.has_effect("generator.momentum", {**pair, "generator.optimizer": "adam"}.__getitem__)
    assert menu.has_effect("generator.momentum", {**pair, "generator.optimizer": "nag"}.__getitem__)


def test_a_discriminator_begins_as_its_generator_does_and_goes_back_to_what_was():
    scenario = Scenario.from_dict({}).replace("task.name=gan-ring", "network.kind=gan")
    both = [(part.depth, part.activation, part.init) for part in (scenario.network, scenario.generator)]
    assert both == [(2, "leaky_relu", "he_uniform")] * 2
    back = scenario.replace("network.kind=mlp", "task.name=digits").network
    assert (back.depth, back.activation, back.init) == (30, "sigmoid", "xavier_normal")
