"""Facts about random networks that hold in the mean of many, each with its tolerance: theory beside the engine, and
beside slow twins where the engine has no such network.

Where each of them is tested; what is not named here stands below.

 1  the factor of a layer is sqrt(chi)          engine/test_mean_field, theory/test_phase
 2  finite width
 3  batch norm, large and small batches         theory/test_phase (the limits); measured: below
 4  layer norm                                  theory/test_phase; the engine: below
 5  residual and pre-norm streams
 6  highway gates
 7  convolutions and their borders
 8  recurrent networks in time                  theory/test_in_time
 9  dropout
10  products of Gaussian matrices
11  SELU                                        theory/test_moments; its gradient: theory/test_phase
12  networks that are born dead                 lab/test_simulation_physics
13  tanh with Xavier weights is critical
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from gradtui import Scenario, Simulation
from gradtui.theory import predict
from gradtui.theory.moments import moments
from gradtui.theory.phase import Wide

NORMAL = {"name": "gaussian", "length": 1, "noise": 1.0, "examples": 256}


def _scenario(batch=64, seed=0, task=None, **network):
    return Scenario.from_dict({"network": network, "task": {**(task or NORMAL), "batch": batch}, "seed": seed})


def _delta(batch=64, seed=0, task=None, **network):
    """delta_rms at step 0, of 64 normal numbers an example unless another task is named."""
    return Simulation(_scenario(batch, seed, task, **network)).profile(count_dead=False)["delta_rms"]


def _step_zero(batch=64, seed=0, task=None, **network):
    """(prediction, delta_rms) of the same."""
    simulation = Simulation(_scenario(batch, seed, task, **network))
    return simulation.theory(), simulation.profile(count_dead=False)["delta_rms"]


def _factor(delta, first, last):
    """ln of the mean factor between two taps."""
    return math.log(delta[first] / delta[last]) / (last - first)


@pytest.mark.parametrize(
    ("activation", "init", "beta", "chi"),
    [
        ("identity", "xavier_normal", 2.0, 1.0),
        ("relu", "he_normal", 5.0, 1.0),
        ("sigmoid", "xavier_normal", 2.06, 0.055721),
        ("selu", "lecun_normal", 2.95, 1.07157),
    ],
)
def test_a_layer_of_finite_width_takes_half_of_beta(activation, init, beta, chi):
    """Fact 2, for one example: E ln |delta|^2 = ln chi - beta / 2 a layer, and its variance is beta."""
    width, layers = 1000, (20, 40)
    found = [
        predict(_scenario(1, depth=depth, width=width, activation=activation, init=init), 1.0, 10) for depth in layers
    ]
    more = layers[1] - layers[0]
    squared = 2.0 * (math.log(found[1].delta[0]) - math.log(found[0].delta[0])) / more
    # What finite width does to the size of what goes up changes chi itself, by less than a tenth of beta.
    assert squared == pytest.approx(math.log(chi) - beta / width / 2.0, abs=0.3 * beta / width)
    assert 4.0 * (found[1].spread[0] ** 2 - found[0].spread[0] ** 2) / more == pytest.approx(beta / width, rel=0.01)
    straight = [math.log(each.endless[0]) for each in found]
    assert 2.0 * (straight[1] - straight[0]) / more == pytest.approx(math.log(chi), abs=2e-4)


def test_relu_networks_of_width_64_and_one_example():
    """Fact 2: exp(-5 / 256) = 0.9807 a layer, in the mean of the logarithms, with a deviation of sqrt(5 layers / 64) /
    2; the limit of endless width is two per cent off."""
    network = {"depth": 20, "width": 64, "activation": "relu", "init": "he_normal"}
    found, logs = predict(_scenario(1, **network), 1.0, 1), []
    for seed in range(60):
        delta = _delta(1, seed, **network)
        # A network of this size may be dead to its one example.
        if delta[0] > 0.0:
            logs.append(_factor(delta, 0, 19))
    assert len(logs) > 50
    predicted = _factor(found.delta, 0, 19)
    assert math.exp(predicted) == pytest.approx(0.9807, abs=2e-4)
    assert math.exp(np.mean(logs)) == pytest.approx(math.exp(predicted), abs=0.013)
    assert np.std(logs) * 19 == pytest.approx(math.sqrt(5.0 * 19.0 / 64.0) / 2.0, rel=0.35)
    assert abs(np.mean(logs) - predicted) < abs(np.mean(logs) - _factor(found.endless, 0, 19))


@pytest.mark.parametrize("examples", [8, 32])
def test_batch_norm_of_a_linear_layer_in_a_small_batch(examples):
    """Fact 3: sqrt((B - 2) / (B - 3)), 1.0954 and 1.0171; measured 1.0936 and 1.0189."""
    network = {"depth": 8, "width": 256, "activation": "identity", "norm": "batch"}
    factor = math.sqrt((examples - 2.0) / (examples - 3.0))
    found, _ = _step_zero(examples, **network)
    assert math.exp(_factor(found.endless, 0, 7)) == pytest.approx(factor, rel=7e-3)
    logs = [_factor(_delta(examples, seed, **network), 0, 7) for seed in range(3)]
    assert math.exp(np.mean(logs)) == pytest.approx(factor, rel=0.01)


@pytest.mark.parametrize(
    ("activation", "examples", "factor", "within"),
    [
        ("relu", 4, 1.72, 0.06),
        ("relu", 8, 1.34, 0.03),
        ("relu", 32, 1.229, 0.01),
        ("relu", 128, 1.215, 0.01),
        ("relu", 512, 1.205, 0.01),
        ("sigmoid", 128, 1.029, 0.01),
    ],
)
def test_batch_norm_of_other_batches(activation, examples, factor, within):
    """Fact 3, measured at a width of 256; the limits are 1.2112 and 1.0167. Few examples scatter: 1.65 +- 0.02 here
    for four of them."""
    network = {"depth": 6, "width": 256, "activation": activation, "norm": "batch"}
    task = {**NORMAL, "examples": 512}
    logs = [_factor(_delta(examples, seed, task, **network), 0, 5) for seed in range(4)]
    assert math.exp(np.mean(logs)) == pytest.approx(factor, rel=within)


@pytest.mark.parametrize("norm", ["layer", "rms"])
@pytest.mark.parametrize(
    ("activation", "factor"), [("relu", 1.0), ("tanh", 1.0853), ("gelu", 1.0354), ("sigmoid", 0.3909)]
)
def test_layer_and_rms_norm_are_no_cure_for_a_sigmoid(activation, factor, norm):
    """Fact 4; measured 0.999, 1.0886, 1.040 and 0.3901."""
    network = {"depth": 8, "width": 512, "activation": activation, "norm": norm}
    found, _ = _step_zero(**network)
    assert found.limit == pytest.approx(factor, abs=1e-4)
    logs = [_factor(_delta(seed=seed, **network), 0, 7) for seed in range(3)]
    assert math.exp(np.mean(logs)) == pytest.approx(factor, rel=0.012)


@pytest.mark.parametrize(("scale", "within"), [(1.0, 0.03), (0.1, 0.01)])
def test_a_residual_stream_grows_by_one_plus_a_square(scale, within):
    """Fact 5: x + a W relu(x) with He's weights multiplies squares by 1 + a^2, both ways."""
    network = {"depth": 21, "width": 256, "activation": "relu", "init": "he_normal", "skip": "residual"}
    network |= {"skip_every": 1, "skip_form": "pre", "skip_scale": scale}
    found, _ = _step_zero(**network)
    assert math.exp(2.0 * _factor(found.endless, 1, 19)) == pytest.approx(1.0 + scale**2, rel=1e-3)
    logs = [_factor(_delta(seed=seed, **network), 1, 19) for seed in range(6)]
    assert math.exp(2.0 * np.mean(logs)) == pytest.approx(1.0 + scale**2, rel=within)
    # On its way up, which the engine has no gauge for.
    random, width = np.random.default_rng(3), 256
    x = random.standard_normal((width, 16))
    before, layers = (x**2).mean(), 30
    for _ in range(layers):
        x = x + scale * random.standard_normal((width, width)) * math.sqrt(2.0 / width) @ np.maximum(x, 0.0)
    assert ((x**2).mean() / before) ** (1.0 / layers) == pytest.approx(1.0 + scale**2, rel=within)


@pytest.mark.parametrize("form", ["pre", "post"])
def test_where_the_norm_stands_decides_whether_the_stream_grows(form):
    """Fact 5, a stream beside branches W relu(norm(x)): with the norm in the branch q_l = 1 + l, and the gradient's
    mean square falls like (1 + L) / (1 + l) towards the output; with it behind the sum all is 1. Within 6 %, in the
    mean of 10 networks."""
    layers = 12
    found = np.mean([_stream(form, layers, seed) for seed in range(10)], axis=0)
    up = 1.0 + np.arange(1, layers + 1)
    sizes, squares = np.exp(found)
    np.testing.assert_allclose(sizes, up if form == "pre" else 1.0, rtol=0.06)
    np.testing.assert_allclose(squares, (1.0 + layers) / up if form == "pre" else 1.0, rtol=0.06)


def _stream(form, layers, seed, width=512, rows=16):
    """ln of the mean squares of the stream behind each block, and of the signal there over that behind the last."""
    random = np.random.default_rng(seed)
    x = random.standard_normal((width, rows))
    x /= x.std(axis=0)
    scales, slopes, weights, sizes = [], [], [], []
    for _ in range(layers):
        w = random.standard_normal((width, width)) * math.sqrt(2.0 / width)
        scale = x.std(axis=0) if form == "pre" else np.ones(rows)
        x_in = x / scale
        x = x + w @ np.maximum(x_in, 0.0)
        scales.append(scale if form == "pre" else x.std(axis=0))
        x = x if form == "pre" else (x - x.mean(axis=0)) / scales[-1]
        slopes.append(x_in > 0.0)
        weights.append(w)
        sizes.append((x**2).mean())
    signal = random.standard_normal((width, rows))
    squares = []
    for scale, slope, w in zip(reversed(scales), reversed(slopes), reversed(weights), strict=True):
        squares.append((signal**2).mean())
        above = signal if form == "pre" else signal / scale
        signal = above + slope * (w.T @ above) / (scale if form == "pre" else 1.0)
    squares.reverse()
    return np.log(sizes), np.log(squares) - math.log(squares[-1])


@pytest.mark.parametrize(("bias", "factor"), [(-1.0, 0.732), (-2.0, 0.875), (-3.0, 0.947)])
def test_a_highway_passes_what_its_gate_leaves(bias, factor):
    """Fact 6: about 1 - sigmoid(b) of the signal a layer, in a sigmoid network."""
    network = {"depth": 12, "width": 256, "activation": "sigmoid", "skip": "highway", "highway_bias": bias}
    found, delta = _step_zero(**network)
    assert math.exp(_factor(found.delta, 1, 11)) == pytest.approx(factor, abs=0.01)
    assert math.exp(_factor(delta, 1, 11)) == pytest.approx(factor, abs=0.015)
    assert factor == pytest.approx(1.0 / (1.0 + math.exp(bias)), abs=0.01)


def test_what_the_borders_of_an_image_swallow():
    """Fact 7: with zeros around 8 x 8 pixels a 3 x 3 convolution of He's weights passes (1 + 2 cos(pi / 9)) / 3."""
    network = {"kind": "cnn", "depth": 20, "width": 64, "activation": "relu", "init": "he_normal"}
    factor = (1.0 + 2.0 * math.cos(math.pi / 9.0)) / 3.0
    found = predict(_scenario(2, **network), 1.0, 10, image=(8, 8, 1))
    assert math.exp(_factor(found.endless, 0, 4)) == pytest.approx(factor, abs=1e-4)
    delta = _delta(4, task={"name": "digits"}, **network)
    assert math.exp(_factor(delta, 0, 8)) == pytest.approx(factor, abs=0.05)


@pytest.mark.long
def test_the_borders_in_the_mean_of_many_networks():
    """Fact 7: measured 0.960 at 64 channels."""
    network = {"kind": "cnn", "depth": 24, "width": 64, "activation": "relu", "init": "he_normal"}
    logs = [_factor(_delta(8, seed, {"name": "digits"}, **network), 0, 14) for seed in range(16)]
    assert math.exp(np.mean(logs)) == pytest.approx((1.0 + 2.0 * math.cos(math.pi / 9.0)) / 3.0, abs=0.012)


def test_without_borders_a_convolution_passes_everything():
    """Fact 7, on a ring of pixels, which the engine does not have: 1 a layer, in the mean of 6 networks."""
    assert math.exp(np.mean([_ring(seed) for seed in range(6)])) == pytest.approx(1.0, abs=0.01)


def _ring(seed, channels=64, layers=8):
    """ln of the factor of a layer."""
    random = np.random.default_rng(seed)
    x = random.standard_normal((channels, 8, 8))
    weights, slopes = [], []
    for _ in range(layers):
        w = random.standard_normal((3, 3, channels, channels)) * math.sqrt(2.0 / (9 * channels))
        z = sum(np.tensordot(w[i, j], np.roll(x, (1 - i, 1 - j), (1, 2)), 1) for i in range(3) for j in range(3))
        weights.append(w)
        slopes.append(z > 0.0)
        x = np.maximum(z, 0.0)
    signal = random.standard_normal(x.shape)
    before = (signal**2).mean()
    for w, slope in zip(reversed(weights), reversed(slopes), strict=True):
        made = signal * slope
        signal = sum(
            np.tensordot(w[i, j].T, np.roll(made, (i - 1, j - 1), (1, 2)), 1) for i in range(3) for j in range(3)
        )
    return math.log((signal**2).mean() / before) / 2.0 / layers


@pytest.mark.parametrize(("rate", "factor"), [(0.1, 1.0 / 0.9), (0.5, 2.0)])
def test_dropout_grows_squares_and_saves_nothing(rate, factor):
    """Fact 9: what is kept of p is made 1 / p times larger, so that squares grow by 1 / p a layer, both ways."""
    network = {"depth": 8, "width": 512, "activation": "relu", "init": "he_normal", "dropout": rate}
    found, _ = _step_zero(**network)
    assert math.exp(2.0 * _factor(found.endless, 0, 7)) == pytest.approx(factor, rel=1e-6)
    logs = [_factor(_delta(seed=seed, **network), 0, 7) for seed in range(4)]
    assert math.exp(2.0 * np.mean(logs)) == pytest.approx(factor, rel=0.015)


@pytest.mark.parametrize(
    ("layers", "largest", "share"),
    [(1, 4.0, 1 / 2), (2, 6.75, 1 / 3), (4, 12.207, 1 / 5), (8, 23.09, 1 / 9)],
)
def test_the_spectrum_of_products_of_gaussian_matrices(layers, largest, share):
    """Fact 10: the largest squared singular value tends to (L + 1)^(L + 1) / L^L, the participation ratio of the
    squares to 1 / (L + 1) of the width (Penson & Zyczkowski 2011)."""
    width = 256
    assert largest == pytest.approx((layers + 1.0) ** (layers + 1) / layers**layers, rel=1e-4)
    tops, shares = [], []
    for seed in range(6):
        product = np.eye(width)
        for place in range(layers):
            product = np.random.default_rng((seed, place)).standard_normal((width, width)) @ product / math.sqrt(width)
        squares = np.linalg.svd(product, compute_uv=False) ** 2
        tops.append(squares[0])
        shares.append(squares.sum() ** 2 / (squares**2).sum() / width)
    # It comes up to its limit from below with the width, the slower the more factors.
    assert (1.0 - {1: 0.04, 2: 0.07, 4: 0.09, 8: 0.16}[layers]) * largest < np.mean(tops) < largest
    assert np.mean(shares) == pytest.approx(share, rel=0.03)


@pytest.mark.parametrize(("layers", "wanted"), [(10, -1.320), (30, -1.866)])
def test_tanh_with_xavier_weights_dies_by_a_power_of_the_depth(layers, wanted):
    """Fact 13: the squared gradient falls like 1 / L, not like a power of a number."""
    net, q, total = Wide("tanh", 0.0, 1.0, 0.0), 1.0, 0.0
    for _ in range(layers):
        total += math.log(moments(net.at(q)).slope_square) / 2.0
        q = net.next(q)
    assert total == pytest.approx(wanted, abs=6e-4)
    found = predict(_scenario(64, depth=layers, width=1000, activation="tanh", init="lecun_normal"), 1.0, 10)
    # From layer to layer: the first one's slopes lie below all of them.
    first = math.log(moments(net.at(1.0)).slope_square) / 2.0
    assert math.log(found.endless[0] / found.endless[-2]) == pytest.approx(wanted - first, abs=2e-3)
