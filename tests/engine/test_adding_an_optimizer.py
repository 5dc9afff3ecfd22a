"""A made-up optimizer, added the way CONTRIBUTING.md says: a rule, its prepare and one row."""

from __future__ import annotations

import msgspec
import numpy as np
import pytest

from gradtui import Scenario, tasks
from gradtui.engine import compile
from gradtui.engine.kernel import KERNELS, device
from gradtui.engine.kernels.classical import sign
from gradtui.engine.kernels.optimizers import OPTIMIZERS, optimizer
from gradtui.engine.kernels.update import DECOUPLED
from gradtui.engine.knobs import MOMENTUM, RULE
from gradtui.engine.network import Network


@device()
def heavy_sign(g, mean, second, third, c):
    """m = mu m + (1-mu) g; p -= lr sign(m)."""
    mean = c[1] * mean + c[2] * g
    return c[0] * sign(mean), mean, second, third


@device()
def prepare_heavy_sign(knobs, rate, t, scalars):
    scalars[RULE] = -rate
    scalars[RULE + 1] = knobs[MOMENTUM]
    scalars[RULE + 2] = 1.0 - knobs[MOMENTUM]


@pytest.fixture
def added(monkeypatch):
    """The row, for one test. What a test makes up is not kept on disk."""
    known = set(KERNELS)
    monkeypatch.setitem(
        OPTIMIZERS, "heavy_sign", optimizer("heavy_sign", prepare_heavy_sign, heavy_sign, states=1, decay=DECOUPLED)
    )
    made_up = set(KERNELS) - known
    load, keep = compile._load_kept, compile._keep
    monkeypatch.setattr(compile, "_load_kept", lambda name, *rest: name not in made_up and load(name, *rest))
    monkeypatch.setattr(compile, "_keep", lambda name, *rest: None if name in made_up else keep(name, *rest))
    yield made_up
    for name in made_up:
        del KERNELS[name]


def test_it_trains_a_network(added):
    assert added == {"prepare_heavy_sign", "heavy_sign_update"}
    keys = {"lr": 0.01, "momentum": 0.5, "weight_decay": 0.1, "schedule": "step", "step_size": 2, "gamma": 0.5}
    scenario = Scenario.from_dict(
        {"network": {"depth": 2, "width": 16, "activation": "tanh", "dtype": "float64"}, "optimizer": keys}
    )
    scenario = msgspec.structs.replace(
        scenario, optimizer=msgspec.structs.replace(scenario.optimizer, name="heavy_sign")
    )
    network = Network(scenario, tasks.load(scenario.task, scenario.seed))
    p = network.parameters()["hidden.1.weight"]
    mean, first = 0.0, network.loss
    for t in range(6):
        rate = 0.01 * 0.5 ** (t // 2)
        network.step(1)
        mean = 0.5 * mean + 0.5 * network.gradients()["hidden.1.weight"]
        wanted = p * (1.0 - rate * 0.1) - rate * np.sign(mean)
        moved = network.gauges()["update_ratio"][1]
        assert moved == pytest.approx(np.linalg.norm(wanted - p) / np.linalg.norm(p), rel=1e-9)
        p = network.parameters()["hidden.1.weight"]
        np.testing.assert_allclose(p, wanted, rtol=1e-12, atol=1e-14)
    assert network.loss < first
