"""Initial weights and biases: each scheme against its formula, and what two schemes share."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gradtui import Scenario, Simulation
from gradtui.engine.initial import initial_bias, initial_weight
from gradtui.scenario import menu
from gradtui.scenario.model import Network
from gradtui.scenario.weights import NORMAL, UNIFORM

FAN_OUT, FAN_IN = 96, 160
#: What a normal distribution keeps of its standard deviation when it is cut at two of them: 0.8796.
CUT = math.sqrt(1.0 - 4.0 * math.exp(-2.0) / math.sqrt(2.0 * math.pi) / math.erf(math.sqrt(2.0)))
#: name -> the standard deviation that its formula gives, before the gain.
DEVIATIONS = {
    "normal": 0.03,
    "truncated_normal": 0.03 * CUT,
    "uniform": 0.05 / math.sqrt(3.0),
    "torch_default": math.sqrt(1.0 / (3.0 * FAN_IN)),
    "lecun_normal": math.sqrt(1.0 / FAN_IN),
    "lecun_uniform": math.sqrt(1.0 / FAN_IN),
    "xavier_normal": math.sqrt(2.0 / (FAN_IN + FAN_OUT)),
    "xavier_uniform": math.sqrt(2.0 / (FAN_IN + FAN_OUT)),
    "he_normal": math.sqrt(2.0 / FAN_IN),
    "he_uniform": math.sqrt(2.0 / FAN_IN),
}
#: Fourth moment over the squared second one: how far the standard deviation of a sample strays.
KURTOSIS = {"uniform": 1.8, "normal": 3.0}


def _weight(init, place=1, **settings):
    network = Network(init=init, init_std=0.03, init_bound=0.05, **settings)
    return initial_weight(network, 7, place, (FAN_OUT, FAN_IN))


def test_every_scheme_on_the_menu_is_made():
    for row in menu.choices("init"):
        assert _weight(row.name).shape == (FAN_OUT, FAN_IN)


@pytest.mark.parametrize("gain", [1.0, 2.5])
@pytest.mark.parametrize("init", DEVIATIONS)
def test_deviation(init, gain):
    """Within four standard errors of the formula; the gain multiplies it."""
    found = _weight(init, init_gain=gain)
    wanted = DEVIATIONS[init] * (1.0 if init == "torch_default" else gain)
    kurtosis = KURTOSIS["uniform" if init in UNIFORM or init == "torch_default" else "normal"]
    error = wanted * math.sqrt((kurtosis - 1.0) / 4.0 / found.size)
    assert found.std() == pytest.approx(wanted, abs=4.0 * error)
    assert abs(found.mean()) < 4.0 * wanted / math.sqrt(found.size)


def test_bounds():
    """A uniform scheme comes close to its bound and never beyond; so does the truncated normal."""
    for init, bound in (("uniform", 0.05), ("torch_default", 1.0 / math.sqrt(FAN_IN)), ("truncated_normal", 0.06)):
        assert bound * 0.99 < np.abs(_weight(init)).max() < bound
    wide = initial_weight(Network(init="uniform"), 7, 1, (FAN_OUT, FAN_IN))
    assert np.abs(wide).max() < 1.0 / math.sqrt(FAN_IN)


def test_the_fan_of_he():
    """fan_in by default; the other keeps the gradient's size."""
    for init in ("he_normal", "he_uniform"):
        ratio = _weight(init, init_fan="out") / _weight(init)
        np.testing.assert_allclose(ratio, math.sqrt(FAN_IN / FAN_OUT), rtol=1e-12)


def test_schemes_of_a_family_share_their_draws():
    """Whoever compares two of them compares their scale and nothing else."""
    for family in (NORMAL, UNIFORM):
        first, *others = [_weight(init) for init in family]
        for other in others:
            ratio = other / first
            np.testing.assert_allclose(ratio, ratio[0, 0], rtol=1e-12)
    ranks = [np.argsort(_weight(init).ravel()) for init in ("truncated_normal", "normal")]
    np.testing.assert_array_equal(*ranks)
    ratio = _weight("torch_default") / _weight("uniform")
    np.testing.assert_allclose(ratio, ratio[0, 0], rtol=1e-12)


@pytest.mark.parametrize("shape", [(64, 64), (96, 160), (160, 96), (1, 9), (9, 1)])
def test_orthogonal(shape):
    """Orthonormal rows or columns, to the last digits; R's diagonal made positive, as PyTorch does it."""
    weight = initial_weight(Network(init="orthogonal", init_gain=3.0), 7, 1, shape) / 3.0
    product = weight @ weight.T if shape[0] <= shape[1] else weight.T @ weight
    assert np.abs(product - np.eye(min(shape))).max() < 1e-12
    draws = initial_weight(Network(init="normal", init_std=1.0), 7, 1, shape)
    r = weight @ draws.T if shape[0] <= shape[1] else weight.T @ draws
    assert (np.diag(r) > 0.0).all()


def test_identity_and_zeros():
    np.testing.assert_array_equal(_weight("identity", init_gain=0.5), 0.5 * np.eye(FAN_OUT, FAN_IN))
    assert (_weight("zeros") == 0.0).all()


def test_biases():
    """Constants for hidden layers only; PyTorch's for all, drawn apart from the weights."""
    own = Network(init_bias=0.3)
    assert (initial_bias(own, 7, 1, FAN_OUT, FAN_IN) == 0.3).all()
    assert (initial_bias(own, 7, 0, FAN_OUT, FAN_IN) == 0.0).all()
    assert (initial_bias(Network(init_bias_kind="zero"), 7, 1, FAN_OUT, FAN_IN) == 0.0).all()
    for network in (Network(init_bias_kind="torch"), Network(init="torch_default")):
        for place in (0, 1):
            biases = initial_bias(network, 7, place, 1000, FAN_IN)
            assert 0.98 / math.sqrt(FAN_IN) < np.abs(biases).max() < 1.0 / math.sqrt(FAN_IN)
    assert (initial_bias(Network(init="torch_default", init_bias_kind="zero"), 7, 1, 9, 9) == 0.0).all()
    biases = initial_bias(Network(init_bias_kind="torch"), 7, 1, FAN_OUT, FAN_IN)
    assert abs(np.corrcoef(biases, _weight("torch_default")[0, :FAN_OUT])[0, 1]) < 0.4


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("activation", ["tanh", "relu", "prelu", "selu"])
def test_lsuv(activation, dtype):
    """What stands before each activation has variance 1 on the first batches; weights are scaled rotations."""
    scenario = Scenario.from_dict(
        {
            "task": {"batch": 128},
            "network": {"depth": 6, "width": 32, "activation": activation, "init": "lsuv", "dtype": dtype},
        }
    )
    sim = Simulation(scenario)
    parameters = sim.parameters()
    x = np.concatenate([sim.batch(step)[0] for step in range(4)]).astype(np.float64)
    shapes = {
        "tanh": np.tanh,
        "relu": lambda z: np.maximum(z, 0.0),
        "prelu": lambda z: np.where(z > 0.0, z, 0.25 * z),
        "selu": lambda z: 1.0507009873554805 * np.where(z > 0.0, z, 1.6732632423543772 * np.expm1(np.minimum(z, 0.0))),
    }
    for layer in [f"hidden.{index}" for index in range(6)] + ["output"]:
        weight = parameters[f"{layer}.weight"].astype(np.float64)
        z = x @ weight.T
        assert z.std() == pytest.approx(1.0, abs=1e-4)
        squares = (weight @ weight.T)[np.eye(len(weight), dtype=bool)]
        np.testing.assert_allclose(squares, squares[0], rtol=1e-5)
        x = shapes[activation](z)


def test_lsuv_leaves_what_cannot_be_spread():
    """With biases that kill every unit the layers above see constants: no division by zero, and the run goes on."""
    scenario = Scenario.from_dict(
        {"network": {"depth": 3, "width": 8, "activation": "relu", "init": "lsuv", "init_bias": -100.0}}
    )
    sim = Simulation(scenario)
    assert all(np.isfinite(value).all() for value in sim.parameters().values())
