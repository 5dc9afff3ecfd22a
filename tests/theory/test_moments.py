"""Theory's own activations beside the slow twins, and its means of normal numbers beside closed forms."""

from __future__ import annotations

import math

import naive
import numpy as np
import pytest

from gradtui.scenario import layer_choices
from gradtui.scenario.model import Network
from gradtui.theory.activations import ACTIVATIONS
from gradtui.theory.likeness import centred, cosines, products
from gradtui.theory.moments import COSINES, Normal, correlations, moments, nodes

TWINS = {name: name for name in ACTIVATIONS} | {"prelu": "leaky_relu"}


def test_every_activation_of_the_menu_is_there():
    assert set(ACTIVATIONS) == {choice.name for choice in layer_choices.ACTIVATIONS}


@pytest.mark.parametrize("name", ACTIVATIONS)
def test_value_and_slope_are_the_twins(name):
    activation = ACTIVATIONS[name]
    network = Network(negative_slope=0.2, prelu_init=0.3, alpha=0.7, beta=1.9)
    x = np.concatenate([np.linspace(-9.0, 9.0, 1201), [-700.0, -40.0, 40.0, 700.0]])
    bend = activation.bend(network)
    assert (bend != 0.0) == (activation.key != "")
    wanted = naive.ACTIVATIONS[TWINS[name]](x, *([bend] if activation.key else []))
    for found, right in zip(activation.function(x, bend), wanted, strict=True):
        np.testing.assert_allclose(found, right, rtol=1e-9, atol=1e-13)


@pytest.mark.parametrize("variance", [1e-12, 1e-3, 0.3, 1.0, 50.0])
@pytest.mark.parametrize("name", ["sigmoid", "softplus", "celu", "hard_tanh", "gelu", "softsign", "selu"])
def test_means_are_those_of_a_fine_sum(name, variance):
    """Against the midpoint rule on two million points."""
    normal = Normal(name, 0.4, 0.25, variance)
    edges = np.linspace(-10.0, 10.0, 400_001)
    z = (edges[1:] + edges[:-1]) / 2.0
    density = np.exp(-(z**2) / 2.0)
    density /= density.sum()
    value, slope = ACTIVATIONS[name].function(0.25 + math.sqrt(variance) * z, 0.4)
    found = moments(normal)
    for got, summed in zip(
        found, (value @ density, value**2 @ density, slope**2 @ density, slope**4 @ density), strict=True
    ):
        # A kink of a steep function falls between two points of the sum.
        assert got == pytest.approx(summed, rel=5e-4 if variance > 10.0 else 5e-5)


def test_nodes_reckon_polynomials_exactly():
    z, weights = nodes(Normal("hard_tanh", 0.0, 0.1, 2.0))
    for power, moment in ((0, 1.0), (1, 0.0), (2, 1.0), (4, 3.0), (6, 15.0), (8, 105.0)):
        assert z**power @ weights == pytest.approx(moment, abs=1e-11)


def test_closed_forms():
    relu = moments(Normal("relu", 0.0, 0.0, 4.0))
    assert relu == pytest.approx((2.0 / math.sqrt(2.0 * math.pi), 2.0, 0.5, 0.5), rel=1e-12)
    # So large a variance leaves almost nothing between the kinks.
    hard = moments(Normal("hard_tanh", 0.0, 0.0, 1e12))
    assert hard == pytest.approx((0.0, 1.0, *2 * (math.erf(1e-6 / math.sqrt(2.0)),)), rel=1e-6, abs=1e-15)
    # Klambauer et al. 2017: mean 0 and variance 1 hold themselves up.
    selu = moments(Normal("selu", 0.0, 0.0, 1.0))
    assert selu[:2] == pytest.approx((0.0, 1.0), abs=1e-9)


def test_correlations_of_two_normal_numbers():
    """ReLU's are known in closed form (Cho & Saul 2009); a tanh's from a sum over the plane."""
    angle = np.arccos(np.clip(COSINES, -1.0, 1.0))
    values, slopes, _ = correlations(Normal("relu", 0.0, 0.0, 1.7))
    np.testing.assert_allclose(values, (np.sin(angle) + (math.pi - angle) * COSINES) / math.pi, atol=1e-3)
    np.testing.assert_allclose(slopes, 1.0 - angle / math.pi, atol=1e-2)
    values, slopes, _ = correlations(Normal("tanh", 0.0, 0.0, 2.0))
    z = np.linspace(-8.0, 8.0, 801)
    density = np.exp(-(z**2) / 2.0)
    density /= density.sum()
    for at in (20, 64, 100, 120):
        cosine = COSINES[at]
        other = cosine * z[:, None] + math.sqrt(1.0 - cosine**2) * z[None, :]
        whole = naive.tanh(math.sqrt(2.0) * z)[0] ** 2 @ density
        both = density @ (naive.tanh(math.sqrt(2.0) * z)[0][:, None] * naive.tanh(math.sqrt(2.0) * other)[0]) @ density
        assert values[at] == pytest.approx(both / whole, abs=2e-6)


def test_a_part_of_a_batch_is_centred_as_the_whole_is():
    rows = np.random.default_rng(0).standard_normal((40, 3000)) + 1.5
    whole = products(rows - rows.mean(axis=0))
    np.testing.assert_allclose(centred(products(rows), 40), whole, atol=1e-12)
    part = centred(products(rows[:10]), 40)
    assert np.trace(part) / 10 == pytest.approx(np.trace(whole) / 40, rel=0.03)
    assert part[~np.eye(10, dtype=bool)].mean() == pytest.approx(-1.0 / 40, abs=0.02)


def test_an_example_of_no_size_is_like_nothing():
    rows = np.array([[1.0, 1.0], [0.0, 0.0], [-2.0, -2.0]])
    np.testing.assert_allclose(cosines(products(rows)), [[1, 0, -1], [0, 1, 0], [-1, 0, 1]], atol=1e-12)
