"""A tap from near by, held against NumPy on the same weights."""

from __future__ import annotations

import math

import naive
import naive_network
import numpy as np
import pytest

from gradtui import Scenario, Simulation
from gradtui.lab.inspecting import inspect, linear, logarithmic, rounded_up
from gradtui.lab.inspection import BINS, FLAT, SAMPLES

BASE = {
    "task": {"name": "digits", "batch": 32},
    "network": {"depth": 3, "width": 20, "activation": "sigmoid", "init": "normal", "init_std": 1.5},
    "optimizer": {"lr": 0.1},
}


def _simulation(*changes, steps=0):
    simulation = Simulation(Scenario.from_dict(BASE).replace(*changes))
    simulation.step(steps)
    return simulation


def test_rank_is_that_of_the_layers_output():
    simulation = _simulation("network.dtype=float64")
    for layer, output in enumerate(
        naive_network.forward(simulation.parameters(), "sigmoid", simulation.batch(0)[0])[2]
    ):
        squares = np.linalg.svd(output, compute_uv=False) ** 2
        expected = squares.sum() ** 2 / (squares**2).sum() / output.shape[1]
        assert inspect(simulation, layer).effective_rank == pytest.approx(expected, rel=1e-9)


def test_learned_slopes_are_the_parameters():
    simulation = _simulation("network.activation=prelu", "network.prelu_share=unit", "network.init_std=0.2", steps=5)
    slopes = simulation.parameters()["activation.1.weight"]
    seen = inspect(simulation, 1)
    assert seen.learned == pytest.approx((slopes.min(), slopes.mean(), slopes.max()), rel=1e-5)
    assert inspect(simulation, 3).learned == ()


def _counts(values, seen):
    """NumPy's histogram of the sizes that the axis is made of."""
    return np.histogram(values, BINS, (seen.low, seen.high))[0].tolist()


@pytest.mark.parametrize("activation", ["sigmoid", "tanh", "relu"])
@pytest.mark.parametrize("steps", [0, 3])
def test_histograms_of_every_tap(activation, steps):
    simulation = _simulation(f"network.activation={activation}", "network.dtype=float64", steps=steps)
    parameters, gradients = simulation.parameters(), simulation.gradients()
    inputs, _ = simulation.batch(max(steps - 1, 0))
    _, sums, outputs, slopes = naive_network.forward(parameters, activation, inputs)
    for layer, name in enumerate(naive_network.layer_names(parameters)):
        seen = inspect(simulation, layer)
        size = sums[layer].size
        assert seen.preactivations.total == seen.activations.total == sum(seen.preactivations.counts) == size
        weight, gradient = parameters[f"{name}.weight"], gradients[f"{name}.weight"]
        for histogram, values in (
            (seen.preactivations, sums[layer]),
            (seen.activations, outputs[layer]),
            (seen.weights, weight),
        ):
            # A value on an edge may fall on either side of it.
            assert np.abs(np.subtract(histogram.counts, _counts(values, histogram))).sum() <= 2
            assert histogram.mean == pytest.approx(values.mean(), rel=1e-9, abs=1e-12)
            assert histogram.deviation == pytest.approx(values.std(), rel=1e-9)
        sizes = np.abs(gradient[gradient != 0.0])
        assert np.abs(np.subtract(seen.gradient.counts, _counts(np.log10(sizes), seen.gradient))).sum() <= 2
        assert seen.gradient.zeros == int((gradient == 0.0).sum())
        assert seen.gradient.total == gradient.size
        assert (seen.step, seen.tap, seen.shape) == (steps, simulation.taps[layer], weight.shape)
        assert seen.parameters == weight.size + parameters[f"{name}.bias"].size
        steepest = 1.0 if activation != "sigmoid" or name == "output" else 0.25
        assert seen.steepest == steepest
        assert seen.flat == pytest.approx((np.abs(slopes[layer]) < FLAT * steepest).mean())


def test_the_flat_part_is_what_the_gauge_calls_saturated():
    simulation = _simulation("network.init_std=4")
    saturated = simulation.profile()["saturated"]
    assert saturated[1] > 0.3
    for layer in range(3):
        assert inspect(simulation, layer).flat == saturated[layer]


def test_slopes_are_sampled_on_the_axis_of_the_preactivations():
    seen = inspect(_simulation(), 1)
    axis = np.linspace(seen.preactivations.low, seen.preactivations.high, SAMPLES)
    np.testing.assert_allclose(seen.slopes, naive.sigmoid(axis)[1], rtol=1e-5, atol=1e-9)
    assert -seen.preactivations.low == seen.preactivations.high


def test_behind_a_norm_it_is_what_the_activation_reads():
    simulation = _simulation("network.norm=batch", "network.activation=relu")
    for layer in range(3):
        seen = inspect(simulation, layer)
        assert seen.norm == "batch"
        assert seen.preactivations.mean == pytest.approx(0.0, abs=1e-5)
        assert seen.preactivations.deviation == pytest.approx(1.0, rel=1e-2)
    assert inspect(simulation, 3).norm == ""


def test_nan_and_infinity_are_counted_apart():
    simulation = _simulation()
    parameters = simulation.parameters()
    parameters["hidden.1.weight"][0, 0] = np.nan
    parameters["hidden.1.bias"][1:3] = (np.inf, -np.inf)
    simulation.load_parameters(parameters)
    seen = inspect(simulation, 1)
    assert (seen.preactivations.nan, seen.preactivations.infinite) == (32, 64)
    assert seen.preactivations.total == 32 * 20
    assert (seen.activations.nan, seen.activations.infinite) == (32, 0)
    assert seen.weights.nan == 1
    assert seen.gradient.nan == seen.gradient.total
    assert all(count == 0 for count in seen.gradient.counts)
    above = inspect(simulation, 2)
    assert above.preactivations.nan == above.preactivations.total
    assert math.isnan(above.preactivations.mean)


def test_underflow_shows_as_zeros():
    seen = inspect(_simulation("network.depth=60", "network.init=xavier_normal", "network.width=8"), 0)
    assert seen.gradient.zeros > 0.9 * seen.gradient.total
    assert seen.gradient.total == 64 * 8


def test_without_hidden_layers_there_is_the_output_layer():
    seen = inspect(_simulation("network.depth=0"), 0)
    assert (seen.tap, seen.shape, seen.activation, seen.flat) == ("out", (10, 64), "identity", 0.0)
    assert seen.preactivations == inspect(_simulation("network.depth=0"), 0).preactivations
    assert set(seen.slopes) == {1.0}


def test_images_count_every_place():
    simulation = Simulation(
        Scenario.from_dict({"network": {"kind": "cnn", "depth": 3, "width": 4}, "task": {"name": "digits", "batch": 8}})
    )
    seen = inspect(simulation, 1)
    assert seen.shape == (4, 4, 3, 3)
    assert seen.preactivations.total == 8 * 8 * 8 * 4
    assert seen.weights.total == seen.gradient.total == 4 * 4 * 3 * 3


def test_an_axis_only_widens():
    simulation = _simulation()
    wide = inspect(simulation, 1)
    parameters = simulation.parameters()
    simulation.load_parameters({name: values * 0.01 for name, values in parameters.items()})
    later, alone = inspect(simulation, 1, wide), inspect(simulation, 1)
    assert (later.preactivations.low, later.preactivations.high) == (wide.preactivations.low, wide.preactivations.high)
    assert alone.preactivations.high < wide.preactivations.high
    assert later.gradient.low <= wide.gradient.low
    assert later.gradient.high >= wide.gradient.high
    assert later.preactivations.total == alone.preactivations.total


@pytest.mark.parametrize(
    "values",
    [[0.0, 0.0], [], [1e308, -1e308], [5e-324, 1.0], [np.nan, np.inf], [-3.0, -0.1], [1e-300, 2e-300], [0.2, 0.9]],
)
def test_every_number_has_a_place(values):
    for counted in (linear(np.array(values)), linear(np.array(values), symmetric=True), logarithmic(np.array(values))):
        assert counted.total == len(values)
        assert len(counted.counts) == BINS
        assert counted.low < counted.high
        assert math.isfinite(counted.low + counted.high)


@pytest.mark.parametrize(
    ("size", "end"), [(0.0, 1.0), (1.0, 1.0), (1.1, 2.0), (2.01, 5.0), (6e-8, 1e-7), (0.001, 0.001), (5.5e12, 1e13)]
)
def test_axes_end_on_round_numbers(size, end):
    assert rounded_up(size) == end
