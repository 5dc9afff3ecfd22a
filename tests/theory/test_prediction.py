"""Predictions beside real networks at step 0: the signal of every layer to a per cent or two, the gradient of the
weights within what a single draw of weights scatters."""

from __future__ import annotations

import math

import numpy as np
import pytest
from msgspec import structs

from gradtui import Scenario, Simulation
from gradtui.engine.initial import initial_bias, initial_weight
from gradtui.scenario.model import Network
from gradtui.scenario.weights import DRAWN, Fans, bias_spread, variance
from gradtui.theory import Batch, predict
from gradtui.theory.activations import ACTIVATIONS


def _scenario(seed=0, batch=64, **network):
    document = {"network": {"depth": 6, "width": 512, **network}, "task": {"batch": batch}, "seed": seed}
    return Scenario.from_dict(document)


def _compared(**network):
    """(mean of ln(measured / predicted factor) a layer, largest |ln| of a tap's grad_rms)."""
    simulation = Simulation(_scenario(**network))
    found, profile = simulation.theory(), simulation.profile(count_dead=False)
    assert found.known, found.reason
    assert found.taps == profile.taps
    delta, grad = profile["delta_rms"], profile["grad_rms"]
    layers = len(delta) - 1
    measured = math.log(delta[0] / delta[-1]) / layers
    assert found.factor == pytest.approx((found.delta[0] / found.delta[-1]) ** (1 / layers))
    return measured - math.log(found.factor), np.abs(np.log(grad / grad[-1] / found.grad)).max()


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation(activation):
    delta, grad = _compared(activation=activation, init="he_normal" if "elu" in activation else "xavier_normal")
    assert abs(delta) < 0.02
    assert grad < 0.35


@pytest.mark.parametrize("init", sorted({*DRAWN, "lsuv"}))
def test_every_init(init):
    width = 256 if init in ("orthogonal", "lsuv") else 512  # their matrices are slow to draw
    delta, grad = _compared(
        init=init, width=width, init_std=0.05, init_gain=1.3, activation="tanh", init_bias_kind="torch"
    )
    assert abs(delta) < 0.02
    assert grad < 0.35


NETWORKS = {
    "constant biases": {"activation": "gelu", "init_bias": 0.5},
    "fan out, uneven": {
        "activation": "relu",
        "init": "he_uniform",
        "init_fan": "out",
        "layer": [{"width": 500}, {"width": 300, "repeat": 2}, {"width": 400, "activation": "tanh"}],
    },
    "batch": {"activation": "relu", "norm": "batch"},
    "layer": {"activation": "sigmoid", "norm": "layer"},
    "rms": {"activation": "tanh", "norm": "rms", "init_bias": 0.3},
    "group": {"activation": "relu", "norm": "group", "norm_groups": 8},
    "weight": {"activation": "relu", "norm": "weight", "init": "he_normal"},
    "batch behind": {"activation": "silu", "norm": "batch", "norm_place": "after"},
    "layer behind": {"activation": "gelu", "norm": "layer", "norm_place": "after"},
    "rms behind": {"activation": "relu", "norm": "rms", "norm_place": "after"},
    "dropout": {"activation": "tanh", "dropout": 0.3},
    "residual, pre": {"activation": "relu", "init": "he_normal", "skip": "residual", "skip_form": "pre", "depth": 9},
    "residual, pre, batch": {
        "activation": "relu",
        "norm": "batch",
        "skip": "residual",
        "skip_form": "pre",
        "skip_scale": 0.7,
        "depth": 9,
    },
    "residual": {"activation": "relu", "init": "he_normal", "skip": "residual", "depth": 9},
    "residual, batch": {"activation": "relu", "init": "he_normal", "norm": "batch", "skip": "residual", "depth": 9},
    "residual, layer, dropout": {
        "activation": "tanh",
        "norm": "layer",
        "skip": "residual",
        "skip_every": 3,
        "dropout": 0.1,
        "depth": 10,
    },
    "rezero": {"activation": "relu", "init": "he_normal", "skip": "rezero", "rezero_init": 0.5, "depth": 9},
    "rezero, pre": {"activation": "tanh", "skip": "rezero", "skip_form": "pre", "rezero_init": 0.5, "depth": 9},
    "highway": {"activation": "sigmoid", "skip": "highway"},
    "highway, layer": {"activation": "relu", "skip": "highway", "highway_bias": 0.0, "norm": "layer"},
    "dense": {"activation": "relu", "init": "he_normal", "skip": "dense", "growth_rate": 128},
    "dense, rms": {"activation": "tanh", "norm": "rms", "skip": "dense", "growth_rate": 128},
}


@pytest.mark.parametrize("name", NETWORKS)
def test_every_kind_of_layer(name):
    delta, grad = _compared(**NETWORKS[name])
    assert abs(delta) < 0.02
    assert grad < 0.6


def test_layer_by_layer():
    """Not only the ends: a narrow waist, a steep layer, and what comes back to each."""
    layers = [{"width": 600}, {"width": 300, "activation": "sigmoid"}, {"width": 600, "init_gain": 2.0}, {"width": 500}]
    simulation = Simulation(_scenario(activation="tanh", layer=layers))
    found, profile = simulation.theory(), simulation.profile(count_dead=False)
    np.testing.assert_allclose(found.delta, profile["delta_rms"] / profile["delta_rms"][-1], rtol=0.08)
    assert found.delta[-1] == found.grad[-1] == 1.0
    assert math.isnan(found.limit)
    assert found.wide is None


@pytest.mark.parametrize("init", sorted(DRAWN))
def test_the_variance_is_that_of_the_drawn_weights(init):
    network = Network(init=init, init_std=0.7, init_bound=0.3, init_gain=1.7, init_fan="out", init_bias=0.2)
    drawn = initial_weight(network, 3, 1, (400, 300))
    assert float((drawn**2).mean()) == pytest.approx(variance(network, Fans(300, 400)), rel=0.02)
    constant, spread = bias_spread(network, 300)
    biases = initial_bias(network, 3, 1, 5000, 300)
    assert biases.mean() == pytest.approx(constant, abs=0.01)
    assert biases.var() == pytest.approx(spread, rel=0.1)


def test_a_plain_network_has_a_place_in_the_plane():
    found = predict(_scenario(activation="tanh", init="torch_default"), 0.4, 10)
    assert found.sigma_w == pytest.approx(math.sqrt(1 / 3))
    assert found.sigma_b == pytest.approx(math.sqrt(1 / 3 / 512))
    assert found.word == "ordered"
    assert found.settled is not None
    assert found.limit == pytest.approx(math.sqrt(found.settled.chi))
    assert predict(_scenario(activation="relu", init="he_normal"), 0.4, 10).word == "critical"
    assert predict(_scenario(activation="selu", init="he_normal"), 0.4, 10).word == "chaotic"
    normed = predict(_scenario(activation="relu", norm="batch"), 0.4, 10)
    assert normed.wide is None
    assert normed.limit == pytest.approx(1.2112, abs=1e-4)


def test_a_thousand_layers_keep_their_numbers():
    """The mean squares of such signals are far below what a number can be."""
    found = predict(_scenario(depth=400, activation="sigmoid", width=64), 0.4, 10)
    assert 0.0 < found.delta[0] < 1e-200
    assert found.factor == pytest.approx(0.2361, rel=0.02)
    assert predict(_scenario(depth=1000, activation="sigmoid", width=300), 0.4, 10).factor == pytest.approx(
        0.2361, abs=1e-3
    )
    grown = predict(_scenario(depth=1000, activation="relu", init="normal", init_std=0.25, width=64), 0.4, 10)
    assert grown.endless[0] == pytest.approx(2.0**499.5 * math.sqrt(10 / 16), rel=0.01)


REASONS = {
    "has attention": {"kind": "transformer", "width": 32},
    "identity": {"init": "identity"},
    "begin at 0": {"init": "zeros"},
    "projection": {"skip": "residual", "skip_every": 1, "layer": [{"width": 30}, {"width": 40}]},
    "too small for the theory of wide": {"norm": "group", "norm_groups": 128},
    "LSUV": {"init": "lsuv", "dropout": 0.1},
    "stands in a stream": {"skip": "highway", "norm": "layer", "norm_place": "after"},
    "leave the range": {"init": "normal", "init_std": 1e30, "activation": "identity", "depth": 12},
}


@pytest.mark.parametrize("words", REASONS)
def test_where_nothing_is_known_it_says_why(words):
    found = predict(_scenario(**REASONS[words]), 0.4, 10)
    assert not found.known
    assert words in found.reason
    assert found.delta == found.grad == ()


def test_an_activation_that_only_the_engine_knows():
    scenario = _scenario()
    unknown = structs.replace(scenario, network=structs.replace(scenario.network, activation="bump"))
    assert predict(unknown, 0.4, 10).reason == "theory does not know the activation bump"


def test_a_batch_that_holds_no_numbers_counts_as_unlike():
    scenario = _scenario(width=64)
    plain = predict(scenario, 0.4, 10)
    broken = Batch.of(np.full((8, 64), 0.1), np.full((8, 10), math.nan))
    assert predict(scenario, 0.4, 10, batch=broken) == plain
    assert predict(scenario, 0.4, 10, batch=Batch.of(np.ones((8, 64)), np.zeros((8, 10)))) == plain


def test_no_hidden_layer():
    found = predict(_scenario(depth=0), 0.4, 10)
    assert found.taps == ("out",)
    assert found.delta == (1.0,)
    assert math.isnan(found.factor)
