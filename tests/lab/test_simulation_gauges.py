"""Every gauge of a simulation, computed again in float64 NumPy from its parameters and batches alone."""

from __future__ import annotations

import naive
import naive_network
import numpy as np
import pytest

from gradtui import Scenario, Simulation
from gradtui.gauges import GAUGES

DTYPES = ("float32", "float64")
NETS = {
    "tanh": {
        "task": {"name": "digits", "batch": 32},
        "network": {"depth": 4, "width": 20, "activation": "tanh"},
        "optimizer": {"lr": 0.1},
    },
    "sigmoid": {
        "task": {"name": "moons", "batch": 20, "examples": 100},
        "network": {"depth": 3, "width": 16, "init": "normal", "init_std": 1.5},
        "optimizer": {"name": "adam", "lr": 0.01},
    },
    "relu": {
        "task": {"name": "digits", "batch": 70},
        "network": {"depth": 5, "width": 9, "activation": "relu", "init": "he_normal", "init_bias": -0.4},
        "optimizer": {"name": "momentum", "lr": 0.01, "clip_norm": 0.5},
    },
    "identity": {
        "task": {"name": "xor", "batch": 0, "examples": 50, "loss": "mse"},
        "network": {"depth": 2, "width": 32, "activation": "identity", "init": "uniform"},
        "optimizer": {"lr": 0.05},
    },
    "no hidden layer": {"task": {"name": "circles", "batch": 7, "loss": "cross_entropy"}, "network": {"depth": 0}},
    "one unit": {"task": {"name": "spirals", "batch": 1}, "network": {"depth": 2, "width": 1, "activation": "tanh"}},
}
#: What rounding may change.
TOLERANCE = {"float32": 3e-4, "float64": 1e-9}


def _scenario(net, dtype, **changes):
    document = {**NETS[net], **changes}
    document["network"] = {**document["network"], "dtype": dtype}
    return Scenario.from_dict(document)


#: Gauges that may come out near 0 by cancellation: their tolerance is absolute as well.
NEAR_ZERO = {"activation_mean", "gain", "gain_weight", "gain_slope", "similarity", "turn"}


def _assert_gauges(profile, wanted, tolerance):
    for gauge, values in wanted.items():
        absolute = tolerance if gauge in NEAR_ZERO else 0.0
        np.testing.assert_allclose(profile[gauge], values, rtol=tolerance, atol=absolute, err_msg=gauge)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("net", NETS)
def test_every_gauge_of_a_step(net, dtype):
    """At steps 0, 1 and 6: the measured gradient is the one before the update, the change is the update's own."""
    simulation = Simulation(_scenario(net, dtype))
    activation = simulation.scenario.network.activation
    initial = simulation.parameters()
    last = None
    for step in range(7):
        before = simulation.parameters()
        made = naive_network.of_step(simulation, before, step)
        simulation.step(1)
        profile = simulation.profile()
        assert profile.step == step
        assert set(profile.gauges) == set(GAUGES)
        assert all(values.shape == (len(profile.taps),) for values in profile.gauges.values())
        after = simulation.parameters()
        if step in (0, 1, 6):
            wanted = naive_network.gauges(made, before, after, initial, last, activation)
            tolerance = TOLERANCE[dtype]
            _assert_gauges(profile, wanted, tolerance)
            assert profile.loss == pytest.approx(made.loss, rel=tolerance)
            assert profile.accuracy == pytest.approx(made.accuracy, abs=1e-12, nan_ok=True)
            dead = naive_network.dead(after, activation, simulation.dataset.train_inputs)
            np.testing.assert_allclose(profile["dead"], dead, atol=1e-12)
            underflow = naive_network.underflow(simulation.gradients(), made, activation)
            np.testing.assert_allclose(profile["underflow"], underflow, atol=1e-12)
            ranks = [naive.participation(output) for output in made.outputs]
            np.testing.assert_allclose(simulation.effective_rank(), ranks, rtol=tolerance)
        last = simulation.gradients()


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_network_as_drawn(dtype):
    """Before the first step: the same gradient that step 0 will see; no update, no way gone, no turn."""
    scenario = _scenario("tanh", dtype)
    simulation = Simulation(scenario)
    drawn = simulation.profile()
    assert drawn.step == 0
    made = naive_network.of_step(simulation, simulation.parameters(), 0)
    assert simulation.loss == pytest.approx(made.loss, rel=1e-6)
    simulation.step(1)
    first = simulation.profile()
    assert np.isnan(drawn["update_ratio"]).all()
    assert np.isnan(drawn["clipped"]).all()
    assert (drawn["distance"] == 0.0).all()
    assert np.isnan(drawn["turn"]).all()
    assert np.isnan(first["turn"]).all()
    for gauge in set(GAUGES) - {"update_ratio", "clipped", "distance", "dead"}:
        np.testing.assert_array_equal(drawn[gauge], first[gauge], err_msg=gauge)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("net", NETS)
def test_the_gain_is_the_sum_of_its_parts(net, dtype):
    simulation = Simulation(_scenario(net, dtype))
    simulation.step(3)
    profile = simulation.profile()
    parts = sum(profile[f"gain_{part}"] for part in ("weight", "slope", "norm", "skip"))
    np.testing.assert_allclose(profile["gain"], parts, rtol=1e-9, atol=1e-12)
    ratios = profile["delta_rms"][:-1] / profile["delta_rms"][1:]
    np.testing.assert_allclose(10.0 ** profile["gain"][1:], ratios, rtol=1e-9)
    assert np.isnan(profile["gain"][0])


@pytest.mark.parametrize("dtype", DTYPES)
def test_what_is_not_finite_is_counted(dtype):
    """Weights so large that the signal overflows: every layer it passed says so, nothing hides it."""
    simulation = Simulation(_scenario("identity", dtype))
    huge = 1e30 if dtype == "float32" else 1e200
    simulation.load_parameters({name: np.full_like(each, huge) for name, each in simulation.parameters().items()})
    simulation.step(1)
    profile = simulation.profile()
    gradients = simulation.gradients()
    counts = [(~np.isfinite(gradients[f"{name}.weight"])).sum() for name in ("hidden.0", "hidden.1", "output")]
    assert profile["nonfinite"].tolist() == counts
    assert min(counts) > 0
    assert not np.isfinite(profile["grad_rms"]).any()
    assert not np.isfinite(profile.loss)


def test_float32_underflows_where_nothing_explains_a_zero():
    """70 sigmoid layers: the first layers' gradients are exactly 0, and all of it is the format's fault."""
    simulation = Simulation(
        Scenario.from_dict({"network": {"depth": 70, "init": "xavier_normal"}, "task": {"batch": 64}})
    )
    profile = simulation.profile()
    assert (profile["grad_rms"][:5] == 0.0).all()
    assert (profile["underflow"][:5] == 1.0).all()
    assert (profile["underflow"][-10:] == 0.0).all()
    assert (profile["zero_batch"] == 0.0).all()
    assert (profile["nonfinite"] == 0.0).all()
    wide = Simulation(simulation.scenario.replace("network.dtype=float64")).profile()
    assert (wide["underflow"] == 0.0).all()
    assert 1e-48 < wide["grad_rms"][0] < 1e-38


@pytest.mark.parametrize("dtype", DTYPES)
def test_dead_units_explain_their_zeros(dtype):
    """ReLU units that never fire: gradient 0 below them, underflow 0, dead 1."""
    simulation = Simulation(
        Scenario.from_dict(
            {
                "network": {"depth": 3, "width": 16, "activation": "relu", "init": "he_normal", "dtype": dtype},
                "task": {"batch": 32},
            }
        )
    )
    parameters = simulation.parameters()
    parameters["hidden.1.bias"][:] = -100.0
    simulation.load_parameters(parameters)
    profile = simulation.profile()
    assert profile["grad_rms"][:2].tolist() == [0.0, 0.0]
    assert profile["underflow"].tolist() == [0.0] * 4
    assert profile["zero_batch"][1] == 1.0
    assert profile["dead"][1] == 1.0
    assert profile["dead"][0] < 1.0
    assert profile["similarity"][0] > 0.0
    assert np.isnan(profile["similarity"][1])


def test_silent_on_a_batch_is_not_dead():
    """A unit that answers one example of the training set is alive, whatever this batch says."""
    simulation = Simulation(_scenario("relu", "float64", task={"name": "digits", "batch": 4}))
    profile = simulation.profile()
    assert (profile["dead"] <= profile["zero_batch"]).all()
    assert (profile["dead"] < profile["zero_batch"]).any()


def test_float64_reads_gradients_whose_squares_are_zero():
    """60 layers with weights of 1e-5: gradients down to 1e-285, lengths, gains and cosines still right."""
    simulation = Simulation(
        Scenario.from_dict(
            {
                "network": {
                    "depth": 60,
                    "width": 8,
                    "activation": "identity",
                    "init": "normal",
                    "init_std": 1e-5,
                    "dtype": "float64",
                },
                "task": {"batch": 16},
            }
        )
    )
    before = simulation.parameters()
    made = naive_network.of_step(simulation, before, 0)
    simulation.step(1)
    last = simulation.gradients()
    after = simulation.parameters()
    profile = simulation.profile()
    wanted = naive_network.gauges(made, before, after, before, None, "identity")
    assert 1e-300 < profile["grad_rms"].min() < 1e-200
    for gauge in ("grad_rms", "grad_norm", "delta_rms", "activation_std", "activation_mean"):
        np.testing.assert_allclose(profile[gauge], wanted[gauge], rtol=1e-9, err_msg=gauge)
    for gauge in ("gain", "gain_weight", "gain_slope", "similarity"):
        np.testing.assert_allclose(profile[gauge], wanted[gauge], rtol=1e-9, atol=1e-9, err_msg=gauge)
    made = naive_network.of_step(simulation, after, 1)
    simulation.step(1)
    turns = [naive.cosine(made.gradients[name], last[name]) for name in last if name.endswith("weight")]
    np.testing.assert_allclose(simulation.profile()["turn"], turns, rtol=1e-9)
