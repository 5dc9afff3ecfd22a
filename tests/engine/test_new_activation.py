"""The way that CONTRIBUTING.md describes, gone once: a made-up activation is one function and one row."""

from __future__ import annotations

import numpy as np
import pytest
from alone import DTYPES

from gradtui import Scenario, Simulation
from gradtui.engine.kernel import device, real
from gradtui.engine.kernels import activation
from gradtui.scenario import menu, validation
from gradtui.scenario.choice import Choice


@device(exact=True)
def cubic(x, alpha):
    """phi(x) = x + alpha x^3, phi' = 1 + 3 alpha x^2."""
    square = x * x
    return x + alpha * (square * x), real(1.0) + real(3.0) * alpha * square


ROW = activation.activation(cubic, bend="alpha")


@pytest.fixture(autouse=True)
def _one_more(monkeypatch):
    monkeypatch.setitem(activation.ACTIVATIONS, "cubic", ROW)
    choice = Choice("cubic", "cubic", "bends upwards", "phi(x) = x + alpha x^3", reads=("network.alpha",))
    more = {**menu.MENU, "network.activation": (*menu.MENU["network.activation"], choice)}
    monkeypatch.setattr(menu, "MENU", more)
    monkeypatch.setattr(validation, "MENU", more)


@pytest.mark.parametrize("dtype", DTYPES)
def test_it_is_offered_and_runs(dtype):
    """Forward by hand, gradient by finite differences, and its number turned live."""
    scenario = Scenario.from_dict(
        {
            "task": {"name": "moons", "batch": 8},
            "network": {"activation": "cubic", "alpha": 0.1, "depth": 2, "width": 4, "dtype": dtype},
        }
    )
    sim = Simulation(scenario)
    parameters, (x, _) = sim.parameters(), sim.batch(0)
    sim.profile()
    near = {"float32": 1e-4, "float64": 1e-9}[dtype]
    z = x @ parameters["hidden.0.weight"].T
    np.testing.assert_allclose(sim._network.activations()[0], z + 0.1 * z**3, rtol=near, atol=near)
    if dtype == "float64":
        gradient = sim.gradients()["hidden.0.weight"][1, 1]
        losses = []
        for shift in (1e-6, -1e-6):
            moved = {name: value.copy() for name, value in parameters.items()}
            moved["hidden.0.weight"][1, 1] += shift
            sim.load_parameters(moved)
            losses.append(sim.loss)
        assert (losses[0] - losses[1]) / 2e-6 == pytest.approx(gradient, rel=1e-5)
    sim = Simulation(scenario)
    sim.change(scenario.replace("network.alpha=0.2"))
    sim.step()
    np.testing.assert_allclose(sim._network.activations()[0], z + 0.2 * z**3, rtol=near, atol=near)
