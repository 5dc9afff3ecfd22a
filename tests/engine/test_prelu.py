"""PReLU's own kernels, and its slope as a parameter among the others."""

from __future__ import annotations

import naive
import numpy as np
import pytest
from alone import DTYPES, both_ways, close, resolution
from hypothesis import given
from hypothesis import strategies as st

from gradtui import Scenario, Simulation
from gradtui.engine.kernels.prelu import PRELU
from gradtui.engine.readout import root

SIZES = st.one_of(st.integers(1, 9), st.sampled_from([16, 31]))
SEEDS = st.integers(0, 2**32)


def _drawn(dtype, seed, share, batch, units):
    random = np.random.default_rng(seed)
    z, delta = (random.standard_normal((batch, units)).astype(dtype) for _ in range(2))
    z[0, 0] = 0.0
    slope = random.standard_normal(units if share == "unit" else 1).astype(dtype)
    return z, slope, delta


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("share", PRELU)
@given(batch=SIZES, units=SIZES, seed=SEEDS)
def test_forward(share, dtype, batch, units, seed):
    """x or slope x; what stands before the activation stays, for the backward pass needs it."""
    z, slope, _ = _drawn(dtype, seed, share, batch, units)
    found = both_ways(PRELU[share].forward, dtype, z=z, slope=slope)
    close(found["a"], naive.prelu(z.astype(np.float64), slope.astype(np.float64)), resolution(dtype))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("share", PRELU)
@given(batch=SIZES, units=SIZES, seed=SEEDS)
def test_backward(share, dtype, batch, units, seed):
    """What is sent back, the slopes' gradient, and the lengths of both deltas."""
    z, slope, delta = _drawn(dtype, seed, share, batch, units)
    found = both_ways(PRELU[share].backward, dtype, z=z, slope=slope, delta=delta)
    wide_z, wide_slope, wide_delta = (each.astype(np.float64) for each in (z, slope, delta))
    below, columns = naive.prelu_backward(wide_z, wide_slope, wide_delta)
    step = resolution(dtype)
    close(found["delta"], below, step)
    size = np.abs(wide_delta * wide_z).sum(axis=0)
    close(found["column"], columns, (batch + 2) * step, size)
    if share == "unit":
        close(found["slope_gradient"], columns, (batch + 2) * step, size)
    else:
        close(found["slope_gradient"], columns.sum(keepdims=True), (batch + 2) * step, size.sum(keepdims=True))
    lengths = root(found["sums"].reshape(2, 3))
    assert lengths == pytest.approx([naive.norm(delta), naive.norm(found["delta"])], rel=1e-12)


def _simulation(*changes):
    network = {"depth": 2, "width": 8, "activation": "prelu", "init": "he_normal", "dtype": "float64"}
    scenario = Scenario.from_dict({"seed": 5, "task": {"name": "moons", "batch": 16}, "network": network})
    return Simulation(scenario.replace(*changes))


@pytest.mark.parametrize(("share", "shape"), [("layer", (1,)), ("unit", (8,))])
def test_the_slope_is_a_parameter(share, shape):
    """It is listed, starts where it is told to, moves, has a gradient and a gauge, and can be loaded."""
    sim = _simulation(f"network.prelu_share={share}")
    before = sim.parameters()
    assert list(before)[:4] == ["hidden.0.weight", "hidden.0.bias", "activation.0.weight", "hidden.1.weight"]
    assert (before["activation.1.weight"] == 0.25).all()
    assert before["activation.1.weight"].shape == shape
    sim.step()
    gradient = sim.gradients()["activation.1.weight"]
    np.testing.assert_allclose(sim.parameters()["activation.1.weight"], 0.25 - 0.1 * gradient, rtol=1e-12)
    gauge = sim.profile()["slope_grad_rms"]
    assert gauge[1] == pytest.approx(naive.rms(gradient), rel=1e-12)
    assert np.isnan(gauge[2])
    before["activation.0.weight"] += 0.5
    sim.load_parameters(before)
    assert (sim.parameters()["activation.0.weight"] == 0.75).all()


@pytest.mark.parametrize("share", PRELU)
def test_gradients_by_finite_differences(share):
    """Every slope and a weight of each layer, moved a little both ways."""
    sim = _simulation(f"network.prelu_share={share}")
    gradients, parameters = sim.gradients(), sim.parameters()
    for name in ("activation.0.weight", "activation.1.weight", "hidden.0.weight", "output.weight"):
        losses = []
        for shift in (1e-6, -1e-6):
            moved = {key: value.copy() for key, value in parameters.items()}
            moved[name].flat[0] += shift
            sim.load_parameters(moved)
            losses.append(sim.loss)
        assert (losses[0] - losses[1]) / 2e-6 == pytest.approx(gradients[name].flat[0], rel=1e-5, abs=1e-8)


def test_clipping_counts_the_slopes():
    """The global norm is over all parameters."""
    sim = _simulation("optimizer.clip_norm=0.01", "network.prelu_share=unit")
    before = sim.parameters()
    sim.step()
    after = sim.parameters()
    change = np.concatenate([(before[name] - after[name]).ravel() for name in before])
    assert naive.norm(change) == pytest.approx(0.1 * 0.01, rel=1e-3)


def test_another_activation_under_way_keeps_the_weights():
    """From PReLU to ReLU and back: slopes go and come, weights and biases stay."""
    sim = _simulation("optimizer.name=momentum")
    sim.step(3)
    before = sim.parameters()
    sim.change(sim.scenario.replace("network.activation=relu"))
    np.testing.assert_array_equal(sim.parameters()["hidden.1.bias"], before["hidden.1.bias"])
    assert "activation.1.weight" not in sim.parameters()
    sim.change(sim.scenario.replace("network.activation=prelu"))
    assert (sim.parameters()["activation.1.weight"] == 0.25).all()
    np.testing.assert_array_equal(sim.parameters()["hidden.0.weight"], before["hidden.0.weight"])
    sim.step(3)
    assert np.isfinite(sim.loss)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("share", PRELU)
def test_ten_steps_beside_pytorch(share, dtype):
    """The same batches through torch.nn.PReLU: parameters stay together, slopes included."""
    torch = pytest.importorskip("torch")
    sim = _simulation(f"network.prelu_share={share}", f"network.dtype={dtype}", "optimizer.name=adam")
    start = {name: torch.tensor(value, requires_grad=True) for name, value in sim.parameters().items()}
    optimizer = torch.optim.Adam(list(start.values()), lr=0.1)
    for step in range(10):
        inputs, targets = (torch.tensor(each) for each in sim.batch(step))
        x = inputs
        for layer in ("hidden.0", "hidden.1", "output"):
            x = torch.nn.functional.linear(x, start[f"{layer}.weight"], start[f"{layer}.bias"])
            if layer != "output":
                x = torch.nn.functional.prelu(x, start[f"{layer.replace('hidden', 'activation')}.weight"])
        optimizer.zero_grad()
        torch.nn.functional.binary_cross_entropy_with_logits(x, targets).backward()
        optimizer.step()
    sim.step(10)
    tolerance = {"float32": 2e-4, "float64": 1e-9}[dtype]
    for name, value in sim.parameters().items():
        np.testing.assert_allclose(value, start[name].detach().numpy(), rtol=tolerance, atol=tolerance)
