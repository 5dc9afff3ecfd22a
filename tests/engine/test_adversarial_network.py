"""Two adversaries as a whole: whose loss moves whom, what is measured when nothing moves, and what can be turned."""

from __future__ import annotations

import numpy as np
import pytest

from gradtui import Scenario, Simulation
from gradtui.engine.adversarial import assembly
from gradtui.engine.adversarial.measuring import GAME_LOSSES
from gradtui.engine.adversarial.plan import plan
from gradtui.engine.kernels.adversarial_losses import GAMES
from gradtui.engine.layout import Arena
from gradtui.export import adversaries as export
from gradtui.gauges import GAUGES
from gradtui.lab.changes import Effect
from gradtui.scenario.adversaries import NAMES


def _scenario(*changes, **generator):
    return Scenario.from_dict(
        {
            "seed": 5,
            "task": {"name": "gan-ring", "batch": 8, "examples": 60, "loss": "minimax"},
            "network": {"kind": "gan", "depth": 2, "width": 6, "activation": "tanh", "dtype": "float64"},
            "optimizer": {"name": "momentum", "lr": 0.05},
            "generator": {"depth": 1, "width": 5, "latent": 3, "activation": "tanh", "lr": 0.02, **generator},
        }
    ).replace(*changes)


def _loss_of(simulation, name):
    return simulation.generator_loss if name.startswith("generator") else simulation.loss


@pytest.mark.parametrize("game", NAMES)
def test_each_gradient_is_the_slope_of_its_own_loss(game):
    """Central differences at two distances, extrapolated: of the discriminator's loss and of the generator's."""
    simulation = Simulation(_scenario(f"task.loss={game}"))
    parameters, gradients = simulation.parameters(), simulation.gradients()
    for name, gradient in gradients.items():
        for index in list(np.ndindex(*gradient.shape))[:4]:
            losses = []
            for shift in (1e-4, -1e-4, 2e-4, -2e-4):
                moved = {key: value.copy() for key, value in parameters.items()}
                moved[name][index] += shift
                simulation.load_parameters(moved)
                losses.append(_loss_of(simulation, name))
            near, far = (losses[0] - losses[1]) / 2e-4, (losses[2] - losses[3]) / 4e-4
            assert gradient[index] == pytest.approx((4.0 * near - far) / 3.0, abs=2e-9), (name, index)


def test_the_ratio_of_two_games_on_one_sample():
    """|gradient under log(1 - D)| / |gradient under -log D| = exp(logit), for every weight of the generator."""
    found = {}
    for game in ("minimax", "non_saturating"):
        simulation = Simulation(_scenario(f"task.loss={game}", "task.batch=1", "generator.optimizer=sgd"))
        found[game] = simulation.gradients()
        _, noise = simulation.batch(0)
        logit = simulation.judged(simulation.outputs(noise[-1:]))[0, 0]
    for name, gradient in found["minimax"].items():
        if name.startswith("generator"):
            np.testing.assert_allclose(gradient, np.exp(logit) * found["non_saturating"][name], rtol=1e-12)


def test_a_look_moves_nothing_and_tells_what_the_step_will_find():
    simulation = Simulation(_scenario("network.norm=batch", "generator.norm=batch"))
    before = simulation.parameters()
    loss, gradients = simulation.loss, simulation.gradients()
    after = simulation.parameters()
    assert all((after[name] == value).all() for name, value in before.items())
    simulation.step(1)
    assert simulation.loss == loss
    for name, gradient in simulation.gradients().items():
        if name.startswith("discriminator"):
            np.testing.assert_array_equal(gradient, gradients[name])


def test_every_gauge_is_there_for_every_tap():
    simulation = Simulation(_scenario())
    assert simulation.taps == ("G.1", "G.out", "D.1", "D.2", "D.out")
    simulation.step(3)
    profile = simulation.profile()
    assert set(profile.gauges) == set(GAUGES)
    assert all(row.shape == (5,) for row in profile.gauges.values())
    parts = sum(profile[name] for name in ("gain_weight", "gain_slope", "gain_norm", "gain_skip"))
    known = ~np.isnan(profile["gain"])
    assert known.tolist() == [False, True, False, True, True]
    np.testing.assert_allclose(parts[known], profile["gain"][known], atol=1e-12)
    gradients = simulation.gradients()
    names = ["generator.hidden.0", "generator.output", "discriminator.hidden.0", "discriminator.hidden.1"]
    for tap, name in enumerate([*names, "discriminator.output"]):
        assert profile["grad_norm"][tap] == pytest.approx(np.linalg.norm(gradients[f"{name}.weight"]), rel=1e-12)


def test_the_signal_of_one_example():
    """delta_rms is the rms of dL_i/d(output), L_i being one example's share: of D's last layer, the logits' slopes."""
    simulation = Simulation(_scenario())
    examples, noise = simulation.batch(0)
    samples = simulation.outputs(noise[: len(examples)])
    of_data, of_samples = (1.0 / (1.0 + np.exp(-simulation.judged(x)[:, 0])) for x in (examples, samples))
    wanted = np.sqrt(np.mean(np.concatenate([1.0 - of_data, of_samples]) ** 2))
    assert simulation.profile()["delta_rms"][-1] == pytest.approx(wanted, rel=1e-12)


def test_a_frozen_generator_is_measured():
    simulation = Simulation(_scenario(lr=0.0))
    before = simulation.parameters()
    simulation.step(20)
    after, profile = simulation.parameters(), simulation.profile()
    for name, value in before.items():
        assert (after[name] == value).all() == name.startswith("generator"), name
    assert (profile["grad_norm"] > 0.0).all()
    assert (profile["update_ratio"][:2] == 0.0).all()
    assert (profile["distance"][:2] == 0.0).all()


def test_the_discriminator_alone_at_first():
    simulation = Simulation(_scenario(discriminator_first=4))
    frozen = Simulation(_scenario(lr=0.0))
    before = simulation.parameters()
    for each in (simulation, frozen):
        each.step(3)
    after, other = simulation.parameters(), frozen.parameters()
    assert all((after[name] == value).all() for name, value in other.items())
    assert (simulation.profile()["grad_norm"][:2] > 0.0).all()
    assert np.isnan(simulation.profile()["update_ratio"][:2]).all()
    simulation.step(1)
    assert (simulation.parameters()["generator.output.bias"] == before["generator.output.bias"]).all()
    simulation.step(1)
    assert (simulation.parameters()["generator.output.bias"] != before["generator.output.bias"]).all()
    assert (simulation.profile()["update_ratio"][:2] > 0.0).all()


def test_step_by_step_or_at_once():
    """Also across the step from which on the generator moves; and a second run is the first, bit for bit."""
    runs = [Simulation(_scenario(discriminator_first=3, discriminator_steps=2)) for _ in range(3)]
    runs[0].step(7)
    runs[1].step(7)
    for _ in range(7):
        runs[2].step(1)
    wanted = runs[0].parameters()
    for run in runs[1:]:
        assert all((run.parameters()[name] == value).all() for name, value in wanted.items())
        np.testing.assert_array_equal(run.history()[1], runs[0].history()[1])


def test_batches_of_any_step_without_disturbing_the_run():
    asked, plain = (Simulation(_scenario(discriminator_steps=3)) for _ in range(2))
    asked.step(2)
    asked.profile()
    examples, noise = asked.batch(9)
    assert examples.shape == (24, 2)
    assert noise.shape == (32, 3)
    assert len(np.unique(noise)) == noise.size
    plain.step(9)
    asked.step(7)
    again = asked.batch(9)
    np.testing.assert_array_equal(examples, again[0])
    np.testing.assert_array_equal(noise, again[1])
    for run in (asked, plain):
        run.step(3)
    assert all((asked.parameters()[name] == value).all() for name, value in plain.parameters().items())


def test_an_epoch_of_the_discriminators_batches():
    """48 training points, 8 a batch, 3 batches a step: two steps see each point once."""
    simulation = Simulation(_scenario(discriminator_steps=3))
    seen = np.concatenate([simulation.batch(step)[0] for step in (4, 5)])
    data = simulation.dataset.train_inputs
    assert sorted(map(tuple, seen.tolist())) == sorted(map(tuple, data.tolist()))


@pytest.mark.parametrize("bound", [0.01, 0.3])
def test_a_critic_stays_in_bounds(bound):
    simulation = Simulation(_scenario("task.loss=wasserstein", f"task.weight_bound={bound}"))
    before = simulation.parameters()
    for _ in range(5):
        simulation.step(1)
        after, profile = simulation.parameters(), simulation.profile()
        for name, value in after.items():
            if name.startswith("discriminator"):
                assert np.abs(value).max() <= bound, name
        for tap, name in ((2, "hidden.0"), (3, "hidden.1"), (4, "output")):
            old, new = (values[f"discriminator.{name}.weight"] for values in (before, after))
            change = np.sqrt(np.mean((new - old) ** 2)) / np.sqrt(np.mean(old**2))
            assert profile["update_ratio"][tap] == pytest.approx(change, rel=1e-9)
        before = after
    assert np.isnan(profile.accuracy)
    assert "accuracy" not in simulation.evaluate()


def test_what_evaluation_says():
    simulation = Simulation(_scenario())
    simulation.step(10)
    samples = simulation.outputs(simulation.latent_points)
    assert samples.shape == (256, 2)
    data = simulation.dataset
    of_data, of_samples = simulation.judged(data.test_inputs), simulation.judged(samples)
    found = simulation.evaluate()
    log = np.log1p
    assert found["loss"] == pytest.approx(log(np.exp(-of_data)).mean() + log(np.exp(of_samples)).mean(), rel=1e-12)
    assert found["generator_loss"] == pytest.approx(-log(np.exp(of_samples)).mean(), rel=1e-12)
    error = np.mean((samples.mean(axis=0) - data.train_inputs.mean(axis=0)) ** 2)
    assert found["mean_sample_mse"] == pytest.approx(error, rel=1e-12)
    assert found["accuracy"] == pytest.approx(((of_data > 0).mean() + (of_samples < 0).mean()) / 2.0)


def test_the_latent_points_are_the_seeds():
    one, two, other = (Simulation(_scenario(f"seed={seed}")).latent_points for seed in (5, 5, 6))
    np.testing.assert_array_equal(one, two)
    assert np.abs(np.corrcoef(one.ravel(), other.ravel())[0, 1]) < 0.2


def test_the_two_networks_do_not_begin_alike():
    """Their draws are keyed apart, though layers and sizes are the same."""
    simulation = Simulation(_scenario("generator.width=6", "generator.latent=2", "generator.depth=2"))
    parameters = simulation.parameters()
    for layer in ("hidden.0", "hidden.1"):
        mine, theirs = parameters[f"generator.{layer}.weight"], parameters[f"discriminator.{layer}.weight"]
        assert mine.shape == theirs.shape
        assert abs(np.corrcoef(mine.ravel(), theirs.ravel())[0, 1]) < 0.9
        assert not np.isclose(mine, theirs).any()


LIVE = ("generator.lr=0.5", "generator.momentum=0.1", "optimizer.lr=0.2", "generator.discriminator_first=99")
CARRIED = (
    "generator.optimizer=adam",
    "generator.activation=relu",
    "generator.output=identity",
    "generator.discriminator_steps=4",
    "network.activation=relu",
    "task.batch=5",
    "task.loss=non_saturating",
)


@pytest.mark.parametrize("assignment", [*LIVE, *CARRIED])
def test_what_is_turned_while_it_runs(assignment):
    """The weights go on, the clock goes on, and what was turned has an effect."""
    turned, kept = (Simulation(_scenario(optimizer="nag")) for _ in range(2))
    for each in (turned, kept):
        each.step(5)
    effect = turned.change(turned.scenario.replace(assignment))
    assert effect is (Effect.LIVE if assignment in LIVE else Effect.CARRIED)
    assert turned.step_count == 5
    assert all((turned.parameters()[name] == value).all() for name, value in kept.parameters().items())
    for each in (turned, kept):
        each.step(3)
    moved = turned.parameters()
    assert any((moved[name] != value).any() for name, value in kept.parameters().items())
    assert turned.step_count == 8


def test_a_change_that_changes_nothing_goes_on_bit_for_bit():
    """Another program on the same weights, with all that the optimizers remember."""
    changed, kept = (Simulation(_scenario(optimizer="adam", discriminator_steps=2)) for _ in range(2))
    for each in (changed, kept):
        each.step(5)
    changed.change(changed.scenario.replace("generator.activation=relu"))
    changed.change(changed.scenario.replace("generator.activation=tanh"))
    for each in (changed, kept):
        each.step(5)
    assert all((changed.parameters()[name] == value).all() for name, value in kept.parameters().items())


def test_another_kind_gets_the_answers_back():
    simulation = Simulation(Scenario.from_dict({"task": {"name": "moons"}, "network": {"kind": "gan", "depth": 1}}))
    assert simulation.dataset.classes == ()
    simulation.change(simulation.scenario.replace("network.kind=mlp"))
    assert simulation.dataset.classes == ("upper", "lower")
    with pytest.raises(ValueError, match="generator"):
        _ = simulation.latent_points


@pytest.mark.parametrize("game", NAMES)
@pytest.mark.parametrize("skip", ["none", "residual", "highway", "rezero", "dense"])
def test_whole_programs_uncompiled(game, skip):
    """The kernels' own Python on bounds-checked views gives the same numbers, whatever the discriminator is made of."""
    changes = (f"task.loss={game}", f"network.skip={skip}", "network.norm=layer", "network.depth=4", "task.batch=4")
    scenario = _scenario(*changes, "network.dropout=0.2", "generator.norm=batch", "generator.optimizer=sgd")
    simulation = Simulation(scenario)
    network = simulation._network
    program = assembly.training_step(network._pair, network._form)
    copied = Arena(network._ground.layout)
    copied._bytes[:] = network._arena._bytes
    simulation.step(1)
    with np.errstate(all="ignore"):
        program.run_checked(copied)
    for entry in network._parameters:
        np.testing.assert_allclose(copied.view(entry.values), network._view(entry.values), rtol=1e-9, atol=1e-12)


def test_nothing_is_lent_that_training_writes():
    """The judge shares values and running statistics with the discriminator, and no gradient, sum or activation."""
    scenario = _scenario("network.norm=batch", "network.skip=highway")
    pair = plan(scenario, Simulation(scenario).dataset)
    mine = {(region.offset, region.name) for region in pair.discriminator.regions.values() if region.size}
    shared = {name for offset, name in mine if name in pair.judge.regions and pair.judge.regions[name].offset == offset}
    assert "vectors" in shared
    assert not shared & {"vector_gradients", "gradient_sums", "delta_sums", "x", "delta_a", "last_norm", "report"}
    for one, two in zip(pair.discriminator.matrices, pair.judge.matrices, strict=True):
        assert one.values == two.values
        assert one.gradient.offset != two.gradient.offset
        assert one.previous.offset != two.previous.offset


@pytest.mark.parametrize("steps", [0, 4])
def test_a_close_up_sees_what_the_step_saw(steps):
    """With the same dropout, too, however many updates a step has; nothing moves at this learning rate."""
    scenario = _scenario("network.dropout=0.4", "optimizer.lr=1e-300", "generator.norm=batch", lr=0.0)
    simulation = Simulation(scenario.replace("generator.discriminator_steps=3"))
    simulation.step(steps)
    network, gradients = simulation._network, simulation.gradients()
    pair = network._pair
    names = ["generator.hidden.0", "generator.output"]
    names += [f"discriminator.{name}" for name in ("hidden.0", "hidden.1", "output")]
    layers = [*pair.generator.layers, *pair.discriminator.layers]
    for index, (name, layer) in enumerate(zip(names, layers, strict=True)):
        near = simulation.close_up(index)
        slopes = network._view(layer.activate.z).copy()
        seen = near.activity(simulation.measured_step)
        np.testing.assert_allclose(seen.slope, slopes, rtol=1e-12, err_msg=name)
        np.testing.assert_array_equal(near.gradient, gradients[f"{name}.weight"])


def test_looking_changes_nothing():
    """The steps to come are those of a twin at which nobody looked."""
    looked, twin = (Simulation(_scenario("network.dropout=0.2", "generator.norm=batch")) for _ in range(2))
    for _ in range(3):
        for each in (looked, twin):
            each.step(2)
        for index in range(len(looked.taps)):
            looked.close_up(index).activity(looked.measured_step)
        looked.profile()
        looked.evaluate()
        looked.effective_rank()
        looked.batch(11)
    assert all((looked.parameters()[name] == value).all() for name, value in twin.parameters().items())


def test_every_table_knows_the_same_games():
    games = set(NAMES)
    assert games == set(GAMES) == set(GAME_LOSSES) == set(export.GAMES)
    decided = {name for name, game in GAMES.items() if not np.isnan(game.boundary)}
    assert decided == set(export.BOUNDARIES)
    for name in decided:
        assert GAMES[name].boundary == float(export.BOUNDARIES[name])
