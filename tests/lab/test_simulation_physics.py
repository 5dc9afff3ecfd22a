"""What is known about gradients in deep networks, from closed forms: the engine must show it."""

from __future__ import annotations

import math

import naive
import numpy as np
import pytest

from gradtui import Scenario, Simulation


def _simulation(dtype="float32", seed=0, task=None, optimizer=None, **network):
    document = {"network": {"dtype": dtype, **network}, "seed": seed}
    document["task"] = {"name": "digits", "batch": 64, **(task or {})}
    document["optimizer"] = optimizer or {}
    return Simulation(Scenario.from_dict(document))


def _gains(seeds, first, last, **network):
    """Mean of log10 of the per-layer factor over layers `first` to `last`, by seed."""
    return np.array(
        [_simulation(seed=seed, **network).profile()["gain"][first : last + 1].mean() for seed in range(seeds)]
    )


# Vanishing and exploding (mean-field theory; Schoenholz et al. 2017)


def test_a_deep_sigmoid_net_does_not_hear_its_loss():
    """30 x 64, Xavier: the first layer's gradient is below 1e-8 of the last's, in every format and seed."""
    for dtype in ("float32", "float64"):
        for seed in range(3):
            rms = _simulation(dtype, seed, depth=30, width=64, init="xavier_normal").profile()["grad_rms"]
            assert 0.0 < rms[0] / rms[-1] < 1e-8


@pytest.mark.parametrize(
    ("activation", "init", "depth", "width", "factor", "tolerance"),
    [
        # The factor sqrt(chi) of an infinitely wide net, times exp(-beta / 4) for a finite one.
        ("sigmoid", "xavier_normal", 30, 256, 0.2361 * math.exp(-2.06 / 256 / 4), 0.01),
        ("sigmoid", "xavier_uniform", 30, 256, 0.2361 * math.exp(-2.06 / 256 / 4), 0.01),
        ("relu", "he_normal", 30, 256, 1.0 * math.exp(-5 / 256 / 4), 0.02),
        ("relu", "he_uniform", 30, 256, 1.0 * math.exp(-5 / 256 / 4), 0.02),
        ("relu", "xavier_normal", 30, 256, 0.7071 * math.exp(-5 / 256 / 4), 0.02),
        ("identity", "xavier_normal", 30, 256, 1.0 * math.exp(-2 / 256 / 4), 0.01),
        ("identity", "uniform", 30, 256, 0.5774 * math.exp(-2 / 256 / 4), 0.01),
        ("tanh", "uniform", 30, 256, 0.5774 * math.exp(-2 / 256 / 4), 0.01),
        ("tanh", "xavier_normal", 30, 256, 0.9731, 0.02),
    ],
)
def test_the_factor_of_a_layer(activation, init, depth, width, factor, tolerance):
    gains = _gains(3, 11, depth - 1, activation=activation, init=init, depth=depth, width=width)
    assert 10.0 ** gains.mean() == pytest.approx(factor, rel=tolerance)


def test_small_weights_multiply_by_their_spread():
    """N(0, 0.01^2), 64 wide: 0.01 * sqrt(64) / 4 a layer under sigmoid, 0.01 * sqrt(64 / 2) under ReLU."""
    sigmoid = _gains(4, 4, 12, depth=13, width=64, init="normal", init_std=0.01, activation="sigmoid")
    assert 10.0 ** sigmoid.mean() == pytest.approx(0.02, rel=0.03)
    relu = _gains(4, 4, 12, depth=13, width=64, init="normal", init_std=0.01, activation="relu")
    assert 10.0 ** relu.mean() == pytest.approx(0.0566, rel=0.1)


def test_weight_gradients_can_look_flat_while_the_signal_dies():
    """tanh with U(+-1/sqrt n): 0.57 a layer for the signal, about 1 for the weights (Glorot & Bengio 2010)."""
    profile = _simulation("float64", depth=10, width=256, activation="tanh", init="uniform").profile()
    signal = (profile["delta_rms"][1] / profile["delta_rms"][9]) ** (1 / 8)
    weights = (profile["grad_rms"][1] / profile["grad_rms"][9]) ** (1 / 8)
    assert 0.54 < signal < 0.60
    assert 0.95 < weights < 1.10


def test_the_signal_of_a_sigmoid_net_becomes_the_same_for_all():
    """Similarity rises to 1 within a few layers, and the outputs fill one direction."""
    simulation = _simulation("float64", depth=8, width=64)
    similarity = simulation.profile()["similarity"]
    assert similarity[3] > 0.99
    assert simulation.effective_rank()[6] == pytest.approx(1 / 64, rel=1e-3)


@pytest.mark.parametrize(("width", "depth"), [(2, 10), (4, 20)])
def test_narrow_relu_nets_are_born_dead(width, depth):
    """One example, no bias: some layer is all silent with probability 1 - (1 - 2^-N)^L (Lu et al. 2019)."""
    nets = 300
    task = {"name": "moons", "batch": 1, "examples": 10}
    shape = {"depth": depth, "width": width, "activation": "relu", "init": "he_normal"}
    first = _simulation(task=task, **shape)
    dead = 0
    for seed in range(nets):
        # The same example for all: only the weights differ.
        first.load_parameters(_drawn(seed, width, depth))
        dead += (first.profile(count_dead=False)["zero_batch"] == 1.0).any()
    wanted = 1.0 - (1.0 - 2.0**-width) ** depth
    assert abs(dead / nets - wanted) < 4 * math.sqrt(wanted * (1 - wanted) / nets)


def _drawn(seed, width, depth):
    """Random parameters of a ReLU net without biases: 2 inputs, 1 output."""
    random = np.random.default_rng(seed)
    sizes = [2, *[width] * depth, 1]
    names = [*(f"hidden.{n}" for n in range(depth)), "output"]
    drawn = {}
    for name, fan_in, fan_out in zip(names, sizes[:-1], sizes[1:], strict=True):
        drawn[f"{name}.weight"] = random.standard_normal((fan_out, fan_in))
        drawn[f"{name}.bias"] = np.zeros(fan_out)
    return drawn


# Identities that hold exactly


@pytest.mark.parametrize("activation", ["identity", "relu", "leaky_relu", "prelu"])
@pytest.mark.parametrize("task", [{"name": "digits"}, {"name": "moons", "batch": 16}, {"name": "xor", "loss": "mse"}])
def test_without_biases_every_layer_has_the_same_inner_product(activation, task):
    """<W, dL/dW> is one number for all layers of a homogeneous net, since scaling any one of them scales the output."""
    simulation = _simulation("float64", task=task, depth=12, width=32, activation=activation, init="he_normal")
    parameters, gradients = simulation.parameters(), simulation.gradients()
    weights = [n for n in parameters if n.endswith("weight") and not n.startswith("activation")]
    products = np.array([(parameters[n] * gradients[n]).sum() for n in weights])
    assert len(products) == 13
    assert np.abs(products[0]) > 1e-6
    np.testing.assert_allclose(products, products[0], rtol=1e-12)


def test_that_is_a_matter_of_the_activation():
    simulation = _simulation("float64", depth=6, width=32, activation="tanh")
    parameters, gradients = simulation.parameters(), simulation.gradients()
    products = np.array([(parameters[n] * gradients[n]).sum() for n in parameters if n.endswith("weight")])
    assert np.ptp(products) > 1e-2 * np.abs(products).max()


@pytest.mark.parametrize("loss", ["cross_entropy", "bce"])
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_the_output_bias_learns_the_mean_error(loss, dtype):
    """dL/db = mean(p - y), and the classes' errors sum to zero."""
    simulation = _simulation(dtype, task={"name": "moons", "batch": 32, "loss": loss}, depth=3, width=16)
    simulation.step(5)
    before = simulation.parameters()
    simulation.step(1)
    inputs, targets = simulation.batch(5)
    x = inputs.astype(np.float64)
    for n in range(3):
        x, _ = naive.sigmoid(x @ before[f"hidden.{n}.weight"].T.astype(np.float64) + before[f"hidden.{n}.bias"])
    z = x @ before["output.weight"].T.astype(np.float64) + before["output.bias"]
    if loss == "bce":
        error = naive.sigmoid(z)[0] - targets
    else:
        error = np.exp(z) / np.exp(z).sum(axis=1, keepdims=True) - np.eye(2)[targets]
    found = simulation.gradients()["output.bias"]
    tolerance = 1e-6 if dtype == "float32" else 1e-14
    np.testing.assert_allclose(found, error.mean(axis=0), atol=tolerance)
    if loss == "cross_entropy":
        assert abs(found.sum()) < tolerance


@pytest.mark.parametrize("clip_norm", [1e-3, 0.1, 1e3])
def test_clipping_shortens_and_never_turns(clip_norm):
    """The step is the gradient times min(1, c / norm); what is shown is the gradient before clipping."""
    optimizer = {"lr": 1.0, "clip_norm": clip_norm}
    plain = _simulation("float64", optimizer={"lr": 1.0}, depth=3, width=16, activation="tanh")
    clipped = _simulation("float64", optimizer=optimizer, depth=3, width=16, activation="tanh")
    before = plain.parameters()
    for simulation in (plain, clipped):
        simulation.step(1)
    gradients = plain.gradients()
    length = naive.norm(np.concatenate([g.ravel() for g in gradients.values()]))
    moved = {name: before[name] - value for name, value in clipped.parameters().items()}
    way = naive.norm(np.concatenate([m.ravel() for m in moved.values()]))
    assert way == pytest.approx(min(length, clip_norm), rel=1e-6 / length + 1e-9)
    for name, gradient in gradients.items():
        np.testing.assert_array_equal(clipped.gradients()[name], gradient)
        np.testing.assert_allclose(moved[name], gradient * min(1.0, clip_norm / (length + 1e-6)), rtol=1e-6, atol=1e-12)


def test_adam_moves_every_weight_by_about_lr_however_small_its_gradient():
    """The first step is lr times the sign, as long as the gradient is well above eps."""
    optimizer = {"name": "adam", "lr": 1e-3, "eps": 1e-30}
    simulation = _simulation("float64", optimizer=optimizer, depth=6, width=16)
    before = simulation.parameters()
    simulation.step(1)
    spread = simulation.profile()["grad_rms"]
    assert spread[0] < 1e-2 * spread[-1]
    for name, value in simulation.parameters().items():
        np.testing.assert_allclose(value - before[name], -1e-3 * np.sign(simulation.gradients()[name]), rtol=1e-6)


def test_a_shallow_net_learns_the_digits_and_a_deep_sigmoid_net_does_not():
    """SGD 0.1, Xavier: one hidden layer right on 9 of 10 held-out digits, five at chance after 1,500 steps."""
    found = {}
    for depth in (1, 5):
        simulation = _simulation(depth=depth, width=64, init="xavier_uniform", optimizer={"lr": 0.1})
        simulation.step(1500)
        found[depth] = simulation.evaluate()["accuracy"]
    assert found[1] > 0.9
    assert found[5] < 0.2
