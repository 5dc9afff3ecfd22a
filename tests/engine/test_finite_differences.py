"""The gradient of every parameter against differences of the loss: no formula of a derivative on the other side."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
import small_networks

from gradtui import Scenario, Simulation

ACTIVATIONS = ("identity", "sigmoid", "tanh", "relu")
LOSSES = ("cross_entropy", "bce", "mse", "regression")


def _scenario(activation, loss, folder, **network):
    """A net of 3 hidden layers, 5 wide; `regression` learns two columns of numbers from a file."""
    task = {"name": "moons", "examples": 40, "noise": 0.3, "loss": loss}
    if loss == "regression":
        random = np.random.default_rng(1)
        path = folder / "numbers.npz"
        np.savez(path, x=random.standard_normal((40, 3)), y=random.standard_normal((40, 2)))
        task = {"name": "file", "path": str(path), "loss": "mse"}
    return Scenario.from_dict(
        {
            "seed": 11,
            "task": {**task, "batch": 6},
            "network": {
                "depth": 3,
                "width": 5,
                "activation": activation,
                "init": "normal",
                "init_std": 0.8,
                "init_bias": 0.2,
                "dtype": "float64",
                **network,
            },
        }
    )


def _difference(simulation, parameters, name, index, h=1e-4):
    """dL/dp by central differences at two distances, extrapolated to the fourth order."""

    def loss(shift):
        moved = {key: value.copy() for key, value in parameters.items()}
        moved[name][index] += shift
        simulation.load_parameters(moved)
        return simulation.loss

    def slope(h):
        return (loss(h) - loss(-h)) / (2.0 * h)

    return (4.0 * slope(h) - slope(2.0 * h)) / 3.0


@pytest.mark.parametrize(("activation", "loss"), list(itertools.product(ACTIVATIONS, LOSSES)))
def test_the_gradient_is_the_slope_of_the_loss(activation, loss, tmp_path):
    simulation = Simulation(_scenario(activation, loss, tmp_path))
    parameters = simulation.parameters()
    gradients = simulation.gradients()
    assert max(np.abs(each).max() for each in gradients.values()) > 1e-3
    for name, gradient in gradients.items():
        for index in np.ndindex(gradient.shape):
            slope = _difference(simulation, parameters, name, index)
            assert gradient[index] == pytest.approx(slope, rel=1e-7, abs=1e-10), (name, index)


@pytest.mark.parametrize("way", ["blocks", "blas"])
def test_wide_layers_too(way, tmp_path):
    """A drawn sample of the parameters of layers that go by register blocks, and of ones that go by BLAS."""
    width = {"blocks": 32, "blas": 37}[way]
    simulation = Simulation(_scenario("tanh", "cross_entropy", tmp_path, width=width, init="xavier_normal"))
    parameters, gradients = simulation.parameters(), simulation.gradients()
    random = np.random.default_rng(0)
    for name, gradient in gradients.items():
        for flat in random.integers(0, gradient.size, 6):
            index = np.unravel_index(flat, gradient.shape)
            slope = _difference(simulation, parameters, name, index)
            assert gradient[index] == pytest.approx(slope, rel=1e-7, abs=1e-10), (name, index)


@pytest.mark.parametrize("name", small_networks.NETWORKS)
def test_everything_that_is_trained(name):
    """Of every parameter of a network the slope at a few drawn entries: gates, scales, lengths, projections, windows.

    Maxima and masks stay where they are under a small shift. A bias before a batch norm has none.
    """
    simulation = Simulation(small_networks.scenario(name, batch=5, init_bias=0.1))
    simulation.step(2)
    scenario = simulation.scenario.replace("optimizer.name=sgd")
    fresh = Simulation(scenario)
    parameters = simulation.parameters()
    fresh.load_parameters(parameters)
    gradients = fresh.gradients()
    assert {key for key in parameters if "running" not in key} == set(gradients)
    random = np.random.default_rng(0)
    for key, gradient in gradients.items():
        assert gradient.shape == parameters[key].shape
        moves = np.abs(gradient).max()
        assert moves > 1e-9 or (key.endswith("bias") and scenario.network.norm == "batch"), key
        for flat in random.integers(0, gradient.size, 4):
            index = np.unravel_index(flat, gradient.shape)
            slope = _difference(fresh, parameters, key, index, h=1e-5)
            assert gradient[index] == pytest.approx(slope, rel=1e-6, abs=1e-9), (key, index)
