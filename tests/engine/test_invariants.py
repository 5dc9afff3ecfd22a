"""What holds exactly, whatever the weights: of norms, skips, gates, dropout, pools and clipping."""

from __future__ import annotations

import numpy as np
import pytest

from gradtui import Scenario, Simulation


def _simulation(task=None, optimizer=None, seed=0, **network):
    document = {"network": {"dtype": "float64", **network}, "seed": seed, "optimizer": optimizer or {}}
    return Simulation(Scenario.from_dict({**document, "task": {"batch": 16, **(task or {})}}))


def _inner_products(simulation):
    """<W, dL/dW> of the layers' own weights."""
    parameters, gradients = simulation.parameters(), simulation.gradients()
    names = [n for n in parameters if n.endswith("weight") and n.startswith(("hidden", "output"))]
    return np.array([(parameters[n] * gradients[n]).sum() for n in names])


# The size of the signal


@pytest.mark.parametrize("skip", ["none", "rezero"])
def test_orthogonal_linear_layers_keep_the_length_of_the_signal(skip):
    """Over 64 layers (Saxe, McClelland & Ganguli 2014); a ReZero net of the same is at first its skips alone."""
    delta = _simulation(depth=64, width=24, activation="identity", init="orthogonal", skip=skip).profile()["delta_rms"]
    delta = delta[:-1] if skip == "none" else delta[:-1:2][:-1]
    np.testing.assert_allclose(delta, delta[-1], rtol=1e-12)


@pytest.mark.parametrize("shape", [{}, {"kind": "cnn", "head": "flatten"}, {"kind": "cnn", "stages": 2}])
def test_layer_by_layer_the_same_inner_product(shape):
    """<W, dL/dW> of a homogeneous net without biases: windows, pools and means are homogeneous too."""
    for activation in ("identity", "relu", "leaky_relu", "prelu"):
        products = _inner_products(_simulation(depth=6, width=6, init="he_normal", activation=activation, **shape))
        assert abs(products[0]) > 1e-6
        np.testing.assert_allclose(products, products[0], rtol=1e-11)


@pytest.mark.parametrize("downsample", ["max", "average"])
def test_pools_keep_that_inner_product(downsample):
    shape = {"kind": "cnn", "stages": 3, "downsample": downsample, "head": "max"}
    products = _inner_products(_simulation(depth=7, width=4, init="he_normal", activation="relu", **shape))
    np.testing.assert_allclose(products, products[0], rtol=1e-11)


# Norms


@pytest.mark.parametrize("kind", ["mlp", "cnn"])
@pytest.mark.parametrize(("norm", "groups"), [("batch", 1), ("layer", 1), ("rms", 1), ("group", 2)])
def test_in_front_of_a_norm_weights_have_no_say_about_their_length(kind, norm, groups):
    """<W, dL/dW> = 0 but for eps. Before a batch norm, the bias has the gradient 0."""
    simulation = _simulation(
        kind=kind, depth=3, width=6, activation="tanh", norm=norm, norm_eps=1e-14, norm_groups=groups
    )
    scale = simulation.profile()["grad_norm"][:-1]
    assert (np.abs(_inner_products(simulation)[:-1]) < 1e-10 * scale).all()
    if norm == "batch":
        gradients = simulation.gradients()
        assert all(np.abs(gradients[f"hidden.{n}.bias"]).max() < 1e-12 * scale[n] for n in range(3))


def test_the_scale_of_weights_before_a_batch_norm_is_seen_in_their_gradient_alone():
    """1,024 times the weights: the same signal, and a gradient 1,024 times smaller (Ioffe & Szegedy 2015)."""
    simulation = _simulation(depth=4, width=8, activation="relu", norm="batch", norm_eps=1e-14)
    small = simulation.profile()
    parameters = simulation.parameters()
    for n in range(4):
        parameters[f"hidden.{n}.weight"] *= 1024.0
    simulation.load_parameters(parameters)
    large = simulation.profile()
    np.testing.assert_allclose(large["delta_rms"], small["delta_rms"], rtol=1e-10)
    np.testing.assert_allclose(large["grad_rms"][:-1], small["grad_rms"][:-1] / 1024.0, rtol=1e-10)


@pytest.mark.parametrize("eps", [1e-4, 1e-6, 1e-10])
def test_a_batch_of_two_before_a_batch_norm_hears_nothing(eps):
    """Each unit's two outputs are +1 and -1 whatever comes in: the signal below falls with eps."""
    task = {"name": "moons", "batch": 2, "examples": 40}
    network = {"depth": 2, "width": 8, "activation": "tanh", "norm": "batch", "init_gain": 3.0}
    delta = _simulation(task, norm_eps=eps, **network).profile()["delta_rms"]
    assert delta[0] < 200 * eps * delta[1]


@pytest.mark.parametrize("kind", ["mlp", "cnn"])
def test_weight_norm_moves_directions_at_a_right_angle(kind):
    """<v, dL/dv> = 0, unit by unit (Salimans & Kingma 2016, section 2.1)."""
    drawn = _simulation(kind=kind, depth=3, width=5, activation="tanh", norm="weight")
    parameters, gradients = drawn.parameters(), drawn.gradients()
    for n in range(3):
        name = f"hidden.{n}.parametrizations.weight.original1"
        v, g = (each[name].reshape(5, -1) for each in (parameters, gradients))
        assert np.abs(g).max() > 1e-6
        assert (np.abs((v * g).sum(axis=1)) < 1e-14).all()


# Skips


CLOSED = [{"skip": "residual", "skip_scale": 0.0}, {"skip": "rezero"}]


@pytest.mark.parametrize("form", ["post", "pre"])
@pytest.mark.parametrize("kind", ["mlp", "cnn"])
@pytest.mark.parametrize("closed", CLOSED)
def test_closed_branches_are_not_there(closed, kind, form):
    """Bit for bit the gradient of one hidden layer and the output layer alone. The branches hear nothing, and that is
    no underflow: it is so by construction."""
    deep = _simulation(kind=kind, depth=7, width=4, activation="identity", skip_form=form, **closed)
    alone = _simulation(kind=kind, depth=1, width=4, activation="identity").gradients()
    found = deep.gradients()
    for name, wanted in alone.items():
        np.testing.assert_array_equal(found[name], wanted)
    assert (found["hidden.3.weight"] == 0.0).all()
    assert (deep.profile()["underflow"] == 0.0).all()


@pytest.mark.parametrize("kind", ["mlp", "cnn"])
@pytest.mark.parametrize("closed", CLOSED)
def test_the_signal_is_the_same_at_every_block(closed, kind):
    delta = _simulation(kind=kind, depth=7, width=4, activation="identity", head="flatten", **closed).profile()
    assert delta["delta_rms"][0] > 0.0
    assert set(delta["delta_rms"][[0, 2, 4]]) == {delta["delta_rms"][6]}
    assert (delta["delta_rms"][[1, 3, 5]] == 0.0).all()


@pytest.mark.parametrize("kind", ["mlp", "cnn"])
def test_a_shut_highway_gate_carries_everything_past(kind):
    """t = sigmoid(-40) is 4e-18: what the first layer made arrives, and so does the signal."""
    simulation = _simulation(kind=kind, depth=5, width=6, activation="tanh", skip="highway", highway_bias=-40.0)
    delta = simulation.profile()["delta_rms"]
    np.testing.assert_allclose(delta[:-1], delta[-2], rtol=1e-12)
    made = simulation._network.activations()
    for output in made[1:-1]:
        np.testing.assert_allclose(output, made[0], rtol=1e-14, atol=1e-16)


def test_an_open_highway_gate_is_no_gate():
    """t = sigmoid(40) is 1: the network of the same weights without gates."""
    network = {"depth": 4, "width": 6, "activation": "tanh"}
    gated = _simulation(skip="highway", highway_bias=40.0, **network).profile()
    plain = _simulation(**network).profile()
    np.testing.assert_allclose(gated["delta_rms"], plain["delta_rms"], rtol=1e-12)
    np.testing.assert_allclose(gated["gain_skip"], 0.0, atol=1e-12)


def test_dense_connections_hear_every_layer_above():
    """Linear, and silent but for the output layer: dL/d(output of layer n) is the output layer's own columns."""
    simulation = _simulation(depth=4, width=5, activation="identity", skip="dense", growth_rate=3)
    parameters = simulation.parameters()
    for n in range(1, 4):
        parameters[f"hidden.{n}.weight"][:] = 0.0
    simulation.load_parameters(parameters)
    found = simulation.profile()["delta_rms"][:-1]
    _, labels = simulation.batch(0)
    logits = simulation._network.activations()[-1]
    shares = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True) - np.eye(10)[labels]
    columns = np.split(shares @ parameters["output.weight"], [5, 8, 11], axis=1)
    np.testing.assert_allclose(found, [np.sqrt(np.mean(each**2)) for each in columns], rtol=1e-12)


# Pools


def test_the_mean_of_a_constant_image_is_the_constant():
    """Windows that look at one place, and an image that is the same at all of them: pooled or not, the same class."""
    layers = [
        {"width": 4, "kernel": 1},
        {"kind": "average_pool"},
        {"kind": "max_pool"},
        {"kind": "global_average_pool"},
    ]
    simulation = _simulation(kind="cnn", activation="tanh", layer=layers)
    parameters = simulation.parameters()
    parameters["hidden.0.weight"][:] = 0.0
    parameters["hidden.0.bias"][:] = [0.3, -0.2, 0.7, 0.0]
    simulation.load_parameters(parameters)
    logits = simulation._network.activations()[-1]
    wanted = np.tanh(parameters["hidden.0.bias"]) @ parameters["output.weight"].T
    np.testing.assert_allclose(logits, np.tile(wanted, (16, 1)), rtol=1e-14)


def test_a_global_mean_shares_the_signal_out_and_a_global_maximum_does_not():
    """Each of 64 places gets a 64th; or one place gets all."""
    delta = {}
    for head in ("average", "max"):
        simulation = _simulation(kind="cnn", depth=1, width=3, activation="identity", head=head)
        delta[head] = simulation.profile()["delta_rms"][0] ** 2 * 64
        logits = simulation._network.activations()[-1]
        error = np.exp(logits) / np.exp(logits).sum(axis=1, keepdims=True) - np.eye(10)[simulation.batch(0)[1]]
        pooled = np.mean((error @ simulation.parameters()["output.weight"]) ** 2)
        assert delta[head] == pytest.approx(pooled / 64 if head == "average" else pooled, rel=1e-12)


# Dropout


DROPPING = {"depth": 3, "width": 40, "dropout": 0.25, "activation": "sigmoid", "init_bias": 1.0}


def _kept(simulation):
    """Which outputs of each hidden layer are left, as of the last measured step; a sigmoid's are never 0."""
    return [output != 0.0 for output in simulation._network.activations()[:-1]]


def test_dropout_keeps_the_mean():
    """Three quarters are left, and they grow by a third."""
    simulation = _simulation(task={"batch": 0}, **DROPPING)
    plain = _simulation(task={"batch": 0}, **{**DROPPING, "dropout": 0.0})
    found, wanted = simulation._network.activations()[0], plain._network.activations()[0]
    kept = _kept(simulation)[0]
    assert kept.mean() == pytest.approx(0.75, abs=0.01)
    np.testing.assert_allclose(found[kept], wanted[kept] / 0.75, rtol=1e-12)
    assert found.mean() == pytest.approx(wanted.mean(), rel=0.01)


def test_a_mask_belongs_to_its_step_and_layer_and_to_nothing_else():
    first, other = _simulation(**DROPPING), _simulation(**{**DROPPING, "activation": "softplus", "init": "he_normal"})
    drawn = _kept(first)
    for found, wanted in zip(_kept(other), drawn, strict=True):
        np.testing.assert_array_equal(found, wanted)
    assert (drawn[0] != drawn[1]).any()
    first.step(1)
    other.step(1)
    for found, wanted in zip(_kept(first), drawn, strict=True):
        np.testing.assert_array_equal(found, wanted)
    first.step(1)
    assert (_kept(first)[0] != drawn[0]).any()
    other.step(1)
    np.testing.assert_array_equal(_kept(other)[2], _kept(first)[2])


@pytest.mark.parametrize("kind", ["mlp", "cnn"])
def test_evaluation_is_without_dropout(kind):
    shape = {"kind": kind, "depth": 3, "width": 6, "activation": "tanh"}
    dropping, plain = (_simulation(dropout=rate, **shape) for rate in (0.5, 0.0))
    assert dropping.loss != plain.loss
    assert dropping.evaluate() == plain.evaluate()


def test_what_dropout_took_is_no_underflow():
    """Two examples: a fourth of the units is dropped on both, and their zeros are known. Nor are they silent."""
    profile = _simulation(task={"batch": 2}, **{**DROPPING, "dropout": 0.5}).profile()
    assert (profile["underflow"] == 0.0).all()
    assert (profile["zero_batch"] == 0.0).all()


# Clipping


@pytest.mark.parametrize("kind", ["mlp", "cnn"])
@pytest.mark.parametrize("skip", ["none", "highway", "rezero"])
def test_clipping_by_the_norm_turns_nothing(kind, skip):
    """Every parameter's step, gates and scales too, is the same share of the unclipped one."""
    network = {"kind": kind, "depth": 5, "width": 4, "activation": "tanh", "norm": "layer", "skip": skip}
    plain, clipped = (_simulation(optimizer={"lr": 1.0, "clip_norm": c}, **network) for c in (0.0, 1e-2))
    before = plain.parameters()
    for simulation in (plain, clipped):
        simulation.step(1)
    gradients = np.concatenate([each.ravel() for each in plain.gradients().values()])
    factor = 1e-2 / (np.linalg.norm(gradients) + 1e-6)
    assert factor < 1.0
    for name in plain.gradients():
        free, held = (simulation.parameters()[name] - before[name] for simulation in (plain, clipped))
        np.testing.assert_allclose(held, factor * free, rtol=1e-9, atol=1e-15)


# Loss


@pytest.mark.parametrize("kind", ["mlp", "cnn"])
def test_the_errors_of_the_classes_sum_to_zero(kind):
    gradients = _simulation(kind=kind, depth=2, width=6, activation="relu").gradients()
    assert abs(gradients["output.bias"].sum()) < 1e-16 * 10
    np.testing.assert_allclose(gradients["output.weight"].sum(axis=0), 0.0, atol=1e-16 * 10)
