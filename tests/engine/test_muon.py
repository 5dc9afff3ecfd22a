"""Muon's matrix kernel against singular values, and against PyTorch's, which iterates in bfloat16."""

from __future__ import annotations

import naive
import naive_optimizers
import numpy as np
import pytest
from alone import DTYPES, both_ways, close, resolution, run
from hypothesis import given
from hypothesis import strategies as st

from gradtui import Scenario, Simulation
from gradtui.engine import knobs as live
from gradtui.engine.kernels.optimizers import OPTIMIZERS
from gradtui.engine.readout import root
from gradtui.scenario.model import Optimizer

USUAL = {**{name: getattr(Optimizer(), name) for name in live.KNOBS}, "momentum": 0.95, "weight_decay": 0.1}
SIDES = st.integers(1, 12)


def _step(way, dtype, p, g, velocity, t, **changes):
    """What one step leaves in `p` and `velocity`."""
    scenario = Scenario(optimizer=Optimizer("muon", **{**USUAL, **changes}))
    scalars = run(
        OPTIMIZERS["muon"].prepare,
        dtype,
        clock=np.array([t - 1, 0, 0, 0]),
        knobs=np.array(live.values(scenario)),
        gradient_sums=np.zeros((1, 6)),
        bias_sums=np.zeros(3),
    )["scalars"]
    arguments = {"p": p, "g": g, "velocity": velocity, "scalars": scalars, "sizes": {"side": min(p.shape)}}
    return way(OPTIMIZERS["muon"].matrix, dtype, **arguments)


@pytest.mark.parametrize("dtype", DTYPES)
@given(
    rows=SIDES,
    columns=SIDES,
    seed=st.integers(0, 2**32),
    scale=st.sampled_from([1e-3, 1.0, 1e3]),
    changes=st.fixed_dictionaries(
        {
            "lr": st.floats(1e-4, 0.1),
            "momentum": st.floats(0.0, 0.99),
            "nesterov": st.booleans(),
            "ns_steps": st.integers(0, 6),
            "adjust_lr": st.sampled_from(live.ADJUSTMENTS),
            "weight_decay": st.sampled_from([0.0, 0.1]),
        }
    ),
)
def test_three_steps(dtype, rows, columns, seed, scale, changes):
    random = np.random.default_rng(seed)
    p = random.standard_normal((rows, columns)).astype(dtype)
    velocity = np.zeros_like(p)
    for t in range(1, 4):
        g = (random.standard_normal((rows, columns)) * scale).astype(dtype)
        found = _step(both_ways, dtype, p, g, velocity, t, **changes)
        wide = (array.astype(np.float64) for array in (p, g, velocity))
        wanted, wanted_velocity = naive_optimizers.muon(*wide, **{**USUAL, **changes})
        step = resolution(dtype)
        # A small singular value is multiplied by 3.4445 in each round, and so is its rounding error.
        grown = 3.5 ** changes["ns_steps"] * 4 * changes["lr"] * np.sqrt(max(rows, columns))
        close(found["p"], wanted, 4 * step, np.abs(p) + grown)
        close(found["velocity"], wanted_velocity, 4 * step, np.abs(velocity) + np.abs(g))
        change, length = root(found["sums"].reshape(2, 3))
        assert change == pytest.approx(naive.norm(found["p"].astype(np.float64) - p), rel=1e-6, abs=1e-300)
        assert length == pytest.approx(naive.norm(p), rel=1e-12)
        p, velocity = found["p"], found["velocity"]


@pytest.mark.parametrize("shape", [(64, 64), (32, 64), (64, 32)])
def test_all_directions_move_alike(shape):
    """The step's singular values lie around 1, however unequal those of the gradient are."""
    random = np.random.default_rng(0)
    g = random.standard_normal(shape) * np.geomspace(1.0, 1e-2, shape[1])
    zero = np.zeros(shape)
    step = _step(run, "float64", zero, g, zero, 1, lr=1.0, adjust_lr="original")["p"]
    values = np.linalg.svd(step, compute_uv=False) / np.sqrt(max(1.0, shape[0] / shape[1]))
    assert values.max() < 1.25
    assert np.median(values) > 0.6


def test_a_gradient_of_zero_or_nan():
    zero = np.zeros((3, 4))
    assert not _step(run, "float64", zero, zero, zero, 1)["p"].any()
    assert np.isnan(_step(run, "float64", zero, np.full((3, 4), np.nan), zero, 1)["p"]).all()


@pytest.mark.parametrize("shape", [(16, 16), (8, 24), (24, 8)])
@pytest.mark.parametrize("adjust", live.ADJUSTMENTS)
def test_torch(shape, adjust):
    """Five steps; bfloat16 keeps 8 bits."""
    torch = pytest.importorskip("torch")
    random = np.random.default_rng(1)
    p, velocity = random.standard_normal(shape), np.zeros(shape)
    parameter = torch.nn.Parameter(torch.tensor(p))
    theirs = torch.optim.Muon([parameter], lr=0.02, adjust_lr_fn=adjust)
    start = p
    for t in range(1, 6):
        g = random.standard_normal(shape)
        parameter.grad = torch.tensor(g)
        theirs.step()
        found = _step(run, "float64", p, g, velocity, t, lr=0.02, adjust_lr=adjust)
        p, velocity = found["p"], found["velocity"]
    wanted = parameter.detach().numpy()
    assert naive.norm(p - wanted) < 0.02 * naive.norm(wanted - start)


def test_the_first_and_the_last_layer_go_by_adamw():
    """Only hidden matrices between hidden layers are made orthogonal: there the steps have the length of the rate."""
    scenario = {
        "network": {"depth": 3, "width": 16, "activation": "tanh", "dtype": "float64"},
        "optimizer": {"name": "muon", "lr": 0.02, "weight_decay": 0.0},
    }
    simulation = Simulation(Scenario.from_dict(scenario))
    before = simulation.parameters()
    simulation.step()
    after = simulation.parameters()
    moves = {name: after[name] - before[name] for name in before}
    for name in ("hidden.0.weight", "output.weight", "hidden.1.bias"):  # Adam's first step: its rate, whatever g is
        np.testing.assert_allclose(np.abs(moves[name]), 3e-4, rtol=1e-3)
    for name in ("hidden.1.weight", "hidden.2.weight"):
        knobs = {**USUAL, "lr": 0.02, "weight_decay": 0.0}
        wanted, _ = naive_optimizers.muon(before[name], simulation.gradients()[name], 0.0, **knobs)
        np.testing.assert_allclose(after[name], wanted, rtol=1e-9, atol=1e-12)
