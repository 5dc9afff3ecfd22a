"""The same networks in PyTorch, live: every loss, every gradient, and the parameters after twenty steps."""

from __future__ import annotations

import naive_network
import numpy as np
import pytest
from drawn_networks import paced, scenarios
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from gradtui import Simulation

torch = pytest.importorskip("torch", reason="PyTorch is not installed: parity rests on the golden file alone")
torch.set_num_threads(1)

from torch_twin import TorchTwin  # noqa: E402  (it imports torch)

STEPS = 20
#: Largest difference, as a share of a tensor's norm.
TOLERANCE = {"float32": 2e-4, "float64": 1e-9}
#: Where a tensor is what cancellation left over, it can only be known within a few roundings of what was summed up.
ROUNDINGS = 4
#: Parameters and losses smaller than this are compared as if they had this size.
TINY = {"float32": 3e-4, "float64": 1e-6}
DRAWN, DRAWN_LONG = 60, 1000
#: A network that fails is shown as it was drawn: to look for a smaller one takes minutes.
PHASES = (Phase.explicit, Phase.generate)


@pytest.mark.parametrize("dtype", TOLERANCE)
@settings(max_examples=DRAWN, phases=PHASES)
@given(draw=st.data())
def test_parity(dtype, draw):
    _compare(draw.draw(scenarios(dtype)))


@pytest.mark.long
@pytest.mark.parametrize("dtype", TOLERANCE)
@settings(max_examples=DRAWN_LONG, phases=PHASES)
@given(draw=st.data())
def test_parity_of_very_many(dtype, draw):
    _compare(draw.draw(scenarios(dtype)))


def _compare(scenario):
    """Twenty steps side by side, and the parameters at the end.

    In float32 losses and gradients are compared with a second torch network that gets the engine's parameters before
    every step, so that one step's rounding does not become the next one's difference. Where a ReLU's input is 0 to the
    last digit, one side may take it for positive and the other not: that is checked to be a matter of rounding, and
    what follows from it is not compared.
    """
    dtype = scenario.network.dtype
    simulation = Simulation(scenario)
    drawn = simulation.gradients()
    simulation.change(paced(scenario, _norm(np.concatenate([g.ravel() for g in drawn.values()]))))
    scenario, loss_name = simulation.scenario, simulation.dataset.loss
    relu = scenario.network.activation == "relu"
    run = TorchTwin(simulation.parameters(), scenario.network, scenario.optimizer, loss_name)
    step = TorchTwin(simulation.parameters(), scenario.network, scenario.optimizer, loss_name)
    parted = False
    for count in range(STEPS):
        before, batch = simulation.parameters(), simulation.batch(count)
        simulation.step(1)
        loss, gradients = run.step(*batch)
        outputs = simulation._network.activations()[:-1]
        parted |= relu and any(apart.any() for apart in _apart(outputs, run.outputs))
        if dtype == "float32":
            step.load(before)
            loss, gradients = step.gradients(*batch)
        _assert_near("loss", simulation.loss, loss, dtype, TINY[dtype])
        if all(_is_near(gradient, gradients[name], dtype) for name, gradient in simulation.gradients().items()):
            continue
        made = naive_network.of_step(simulation, before, count)
        if relu and _is_torn(_apart(outputs, step.outputs if dtype == "float32" else run.outputs), made, before, dtype):
            continue
        sums = _summed_up(made, loss_name, batch[1])
        for name, gradient in simulation.gradients().items():
            tiny = ROUNDINGS * np.finfo(dtype).eps * sums[name] / TOLERANCE[dtype]
            _assert_near(f"gradient of {name} at step {count}", gradient, gradients[name], dtype, tiny)
    if not parted:
        for name, value in simulation.parameters().items():
            _assert_near(name, value, run.values()[name], dtype, TINY[dtype])


def _norm(values):
    return float(np.linalg.norm(np.asarray(values, np.float64)))


def _is_near(found, wanted, dtype, tiny=0.0):
    wanted = np.asarray(wanted, np.float64)
    return _norm(found - wanted) <= TOLERANCE[dtype] * max(_norm(wanted), tiny)


def _assert_near(what, found, wanted, dtype, tiny):
    off = _norm(np.asarray(found, np.float64) - wanted)
    assert _is_near(found, wanted, dtype, tiny), f"{what}: off by {off:.3g}, size {max(_norm(wanted), tiny):.3g}"


def _summed_up(made, loss, targets):
    """The norm of each gradient if nothing had cancelled: in the error, answer minus target, and in the sum over the
    batch. The first of the two makes all gradients uncertain alike."""
    error = made.deltas[-1]
    if loss == "cross_entropy":
        targets = np.eye(error.shape[1])[targets]
    share = 1.0 / len(error) if loss == "cross_entropy" else 1.0 / error.size
    doubt = _norm(np.abs(error) + 2.0 * share * np.abs(targets)) / max(_norm(error), 1e-300)
    sizes = {}
    names = naive_network.layer_names(made.gradients)
    for name, x, delta in zip(reversed(names), made.inputs, made.sloped, strict=True):
        sizes[f"{name}.weight"] = doubt * _norm(np.abs(delta).T @ np.abs(x))
        sizes[f"{name}.bias"] = doubt * _norm(np.abs(delta).sum(axis=0))
    return sizes


def _apart(mine, theirs):
    """For each hidden layer (batch, units): where the two sides disagree about a ReLU's being on."""
    return [(a > 0.0) != (b > 0.0) for a, b in zip(mine, theirs, strict=False)]


def _is_torn(apart, made, parameters, dtype):
    """Whether the two sides disagree anywhere; asserts that with the same weights only rounding can be the reason."""
    for index, (name, places) in enumerate(zip(naive_network.layer_names(parameters), apart, strict=False)):
        if places.any():
            weight, bias = (np.abs(parameters[f"{name}.{part}"]) for part in ("weight", "bias"))
            size = np.abs(made.inputs[index]) @ weight.T + bias
            assert (np.abs(made.sums[index]) <= 4 * (index + 2) * np.finfo(dtype).eps * size)[places].all()
    return any(places.any() for places in apart)
