"""What PyTorch computed once, from a file: parity where PyTorch is not installed."""

from __future__ import annotations

import json

import numpy as np
import pytest
from golden_networks import FILE, KEPT, NETWORKS, STEPS

from gradtui import Scenario, Simulation

#: Largest difference, as a share of a tensor's norm (and what is too small to be compared that way).
TOLERANCE = {"float32": 2e-4, "float64": 1e-9}
TINY = {"float32": 1e-5, "float64": 1e-8}
#: Another machine's sine and logarithm may differ in the last digit.
DRAWS = {"float32": 1e-6, "float64": 1e-13}


@pytest.fixture(scope="module")
def golden():
    """The arrays by name."""
    with np.load(FILE, allow_pickle=False) as file:
        return dict(file)


def _named(golden, prefix):
    return {name.removeprefix(prefix): value for name, value in golden.items() if name.startswith(prefix)}


def _assert_near(found, wanted, dtype):
    assert found.keys() == wanted.keys()
    for name, value in wanted.items():
        value = value.astype(np.float64)
        error = np.linalg.norm(found[name] - value)
        assert error <= TOLERANCE[dtype] * max(np.linalg.norm(value), TINY[dtype]), name


def test_the_file_is_that_of_the_list(golden):
    """Whoever changes the list runs make_golden.py again."""
    assert json.loads(str(golden["networks"])) == NETWORKS
    assert FILE.stat().st_size <= 2**20


@pytest.mark.parametrize("key", NETWORKS)
def test_parity_with_the_file(key, golden):
    """The same draws, and from the stored parameters the same losses, gradients and parameters."""
    simulation = Simulation(Scenario.from_dict(NETWORKS[key]))
    dtype = simulation.scenario.network.dtype
    initial = _named(golden, f"{key}/initial/")
    assert {value.dtype.name for value in initial.values()} == {dtype}
    for name, value in simulation.parameters().items():
        np.testing.assert_allclose(value, initial[name], rtol=DRAWS[dtype], atol=DRAWS[dtype])
    simulation.load_parameters(initial)
    for step in range(STEPS):
        for found, wanted in zip(
            simulation.batch(step), (golden[f"{key}/inputs"][step], golden[f"{key}/targets"][step]), strict=True
        ):
            np.testing.assert_allclose(found, wanted, rtol=DRAWS[dtype], atol=DRAWS[dtype])
        simulation.step(1)
        if step in KEPT:
            _assert_near(simulation.gradients(), _named(golden, f"{key}/gradient/{step}/"), dtype)
    _, rows = simulation.history()
    np.testing.assert_allclose(rows[:, 0], golden[f"{key}/losses"], rtol=TOLERANCE[dtype])
    _assert_near(simulation.parameters(), _named(golden, f"{key}/final/"), dtype)
