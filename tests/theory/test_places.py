"""Windows and pools as maps of pairs, beside slow loops; what goes down is the transpose of what goes up."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gradtui import Scenario, Simulation
from gradtui.scenario import architecture
from gradtui.scenario.architecture import Size
from gradtui.theory.likeness import Rows, products
from gradtui.theory.places import Places

LAYERS = {
    "borders": {},
    "stride": {"stride": 2},
    "no borders": {"padding": 0},
    "large window": {"kernel": 5, "padding": 1, "stride": 2},
    "mean pool": {"layer": [{"kind": "conv"}, {"kind": "average_pool", "kernel": 2}]},
    "global mean": {"head": "average"},
}


def _spec(**network):
    scenario = Scenario.from_dict({"network": {"kind": "cnn", "depth": 1, "width": 4, **network}})
    return architecture.layers(scenario.network, Size(6, 5, 3), 2)[0]


def _windows(image, window):
    """What each place of the output sees, (places, kernel * kernel, channels)."""
    edge = window.padding
    padded = np.pad(image, [(edge, edge), (edge, edge), (0, 0)])
    high, wide = window.side(image.shape[0]), window.side(image.shape[1])
    return np.array(
        [
            padded[y : y + window.kernel, x : x + window.kernel].reshape(window.kernel**2, -1)
            for y in range(0, high * window.stride, window.stride)
            for x in range(0, wide * window.stride, window.stride)
        ]
    )


@pytest.mark.parametrize("name", LAYERS)
def test_what_a_window_sees_of_two_images(name):
    """The mean product of the windows of each two places of each two images."""
    spec = _spec(**LAYERS[name])
    images = np.random.default_rng(1).standard_normal((2, 6, 5, 3))
    seen = np.concatenate([_windows(image, spec.window) for image in images])
    wanted = np.einsum("akc,bkc->ab", seen, seen) / (seen.shape[1] * seen.shape[2])
    np.testing.assert_allclose(Places(spec).up(products(images.reshape(-1, 3))), wanted, atol=1e-12)


@pytest.mark.parametrize("name", LAYERS)
def test_the_way_down_is_the_way_up_turned_round(name):
    """<up(A), B> over the window's places is <A, down(B)>, and the same of pools."""
    places, spec = Places(_spec(**LAYERS[name])), _spec(**LAYERS[name])
    random = np.random.default_rng(2)
    inside, outside, behind = (2 * each.positions for each in (spec.image, spec.size, spec.output))
    before, after, pooled = (random.standard_normal((count, count)) for count in (inside, outside, behind))
    assert (places.up(before) * after).sum() * spec.area == pytest.approx((before * places.down(after)).sum())
    assert (places.pooled(after) * pooled).sum() == pytest.approx((after * places.unpooled(pooled)).sum())
    rows = random.standard_normal((outside, 7))
    averaged = places.averaged(rows)
    np.testing.assert_allclose(averaged @ averaged.T, places.pooled(rows @ rows.T), atol=1e-12)
    back = random.standard_normal((behind, 7))
    np.testing.assert_allclose(places.shared(back) @ places.shared(back).T, places.unpooled(back @ back.T), atol=1e-12)


def test_a_dense_layer_reads_an_image_as_one_row():
    scenario = Scenario.from_dict({"network": {"kind": "cnn", "depth": 1, "width": 4, "head": "flatten"}})
    spec = architecture.layers(scenario.network, Size(3, 2, 3), 2)[-1]
    images = np.random.default_rng(1).standard_normal((2, 6, 4))
    flat = images.reshape(2, -1)
    places = Places(spec)
    np.testing.assert_allclose(places.up(products(images.reshape(-1, 4))), flat @ flat.T / 24, atol=1e-12)
    below = places.down(np.array([[2.0, 0.5], [0.5, 1.0]]))
    assert below[0, 0] == 2.0
    assert below[0, 6] == 0.5
    assert below[0, 1] == below[0, 7] == 0.0


def test_a_part_of_a_batch_speaks_for_all_of_it():
    random = np.random.default_rng(0)
    rows = random.standard_normal((32, 3, 500)) + 0.3
    whole = products(rows.reshape(96, -1)).mean()
    part = Rows(3, 32).together(products(rows[:8].reshape(24, -1)))
    assert part == pytest.approx(whole, rel=0.2)
    assert Rows(3, 8).together(products(rows[:8].reshape(24, -1))) > part


NETWORKS = {
    "relu": {"activation": "relu", "init": "he_normal"},
    "sigmoid": {"activation": "sigmoid"},
    "flat": {"activation": "tanh", "head": "flatten"},
    "batch": {"activation": "relu", "norm": "batch"},
    "group": {"activation": "relu", "norm": "group"},
    "stages": {"activation": "relu", "init": "he_normal", "stages": 2},
    "pools": {"activation": "relu", "init": "he_normal", "stages": 2, "downsample": "average"},
    "residual": {"activation": "relu", "init": "he_normal", "skip": "residual"},
    "residual, pre": {"activation": "relu", "init": "he_normal", "skip": "residual", "skip_form": "pre"},
    "highway": {"activation": "relu", "init": "he_normal", "skip": "highway"},
    "dense": {"activation": "relu", "init": "he_normal", "skip": "dense"},
}


@pytest.mark.parametrize("name", NETWORKS)
def test_convolutional_networks_beside_theory(name):
    """The signal to a few per cent a layer; the gradient, which few of a batch's examples stand for, to its size."""
    network = {"kind": "cnn", "depth": 5, "width": 64, **NETWORKS[name]}
    simulation = Simulation(Scenario.from_dict({"network": network, "task": {"name": "digits", "batch": 32}}))
    found, profile = simulation.theory(), simulation.profile(count_dead=False)
    assert found.known, found.reason
    delta, grad = (
        np.log(profile[gauge] / profile[gauge][-1] / ratios)
        for gauge, ratios in (("delta_rms", found.delta), ("grad_rms", found.grad))
    )
    assert abs(delta).max() / 5 < 0.05
    assert abs(grad).max() < 1.0
    # Borders leave no single number for ever deeper networks.
    assert math.isnan(found.limit)


def test_a_largest_of_several_is_not_followed():
    network = {"kind": "cnn", "depth": 5, "width": 8, "stages": 2, "downsample": "max"}
    found = Simulation(Scenario.from_dict({"network": network, "task": {"name": "digits", "batch": 8}})).theory()
    assert "maximum pool" in found.reason
