"""Recurrent networks at step 0 beside theory: the signal at each time step, of every cell."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gradtui import Scenario, Simulation
from gradtui.theory import Batch, predict
from gradtui.theory.gates import Back, Part, back
from gradtui.theory.moments import moments
from gradtui.theory.phase import Wide
from gradtui.theory.unrolled import Weights, follow

LATCH = {"name": "latch", "length": 40, "noise": 0.5, "batch": 64, "examples": 64}
ADDING = {"name": "adding", "length": 30, "batch": 64, "examples": 64}
#: Far enough from both ends: the first states are still growing, the readout stands behind the last.
FIRST, LAST = 5, 35


def _compared(task, seed=0, **network):
    """(prediction, ln of measured over predicted at each step and layer)."""
    network = {"kind": "rnn", "width": 256, "activation": "tanh", **network}
    simulation = Simulation(Scenario.from_dict({"seed": seed, "task": task, "network": network}))
    found, profile = simulation.theory(), simulation.profile(count_dead=False)
    assert found.known, found.reason
    with np.errstate(divide="ignore", invalid="ignore"):
        return found, np.log(profile.time["delta_rms"] / profile["delta_rms"][-1] / np.array(found.time))


@pytest.mark.parametrize("gain", [0.5, 1.0, 1.5, 2.0])
def test_the_factor_of_a_time_step(gain):
    """chi = g^2 E phi'^2 with q = g^2 E phi^2 + s^2 x^2, within 2 % (fact 8)."""
    off = []
    for seed in range(4):
        _, logs = _compared(LATCH, seed, init="normal", init_std=gain / 16.0, dtype="float64")
        off.append((logs[0, FIRST] - logs[0, LAST]) / (LAST - FIRST))
    assert math.exp(np.mean(off)) == pytest.approx(1.0, rel=0.02)


NETWORKS = {
    "PyTorch's weights": {},
    "biases": {"init": "xavier_normal", "init_bias": 0.3},
    "orthogonal": {"recurrent_init": "orthogonal"},
    "two layers": {"depth": 2},
    "LSTM": {"cell": "lstm"},
    "LSTM that keeps": {"cell": "lstm", "forget_bias": 1.0},
    "LSTM, orthogonal": {"cell": "lstm", "recurrent_init": "orthogonal"},
    "GRU": {"cell": "gru"},
    "GRU that keeps": {"cell": "gru", "forget_bias": 2.0},
}


@pytest.mark.parametrize("name", NETWORKS)
def test_every_cell_step_by_step(name):
    """Of the top layer within 4 % a step, one network's matrix being the same at all of them; the signal falls to a
    hundredth or to 1e-9 on this way."""
    found, logs = _compared(ADDING, **NETWORKS[name])
    assert found.per == "step"
    steps_back = np.arange(logs.shape[1])[::-1]
    assert (abs(logs[-1]) < 0.1 + 0.04 * steps_back).all()
    assert max(found.time[-1]) / min(found.time[-1]) > 50.0 or "ortho" in name or "keeps" in name


def test_what_goes_round_the_same_matrix_adds_up():
    """A scalar f beside a random matrix r W, 20 times: paths that pass W equally often add up. By matrices, and by
    the sum over j of (binomial f^(k - j) r^j)^2."""
    f, r, steps, width = 0.5, 0.2, 20, 600
    random = np.random.default_rng(0)
    matrix = random.standard_normal((width, width)) / math.sqrt(width)
    signal = random.standard_normal((width, 16))
    signal /= np.sqrt((signal**2).mean())
    wanted = sum((math.comb(steps, j) * f ** (steps - j) * r**j) ** 2 for j in range(steps + 1))
    each = Back(keeps=Part(f, f**2), returns=Part(r, r**2), strays=0.0, sends=0.0)
    above = np.zeros(steps + 1)
    above[-1] = 1.0
    _, cells, _ = back([each] * (steps + 1), 1.0, above, [False] * (steps + 1))
    assert cells[0] == pytest.approx(wanted, rel=1e-12)
    for _ in range(steps):
        signal = f * signal + r * matrix.T @ signal
    assert math.log((signal**2).mean()) == pytest.approx(math.log(wanted), abs=0.15)
    assert wanted > 20.0 * (f**2 + r**2) ** steps


@pytest.mark.parametrize(("bias", "kept"), [(0.0, 0.5), (1.0, 0.731), (3.0, 0.953), (5.0, 0.9933)])
def test_without_recurrent_weights_a_cell_keeps_what_its_gate_lets_through(bias, kept):
    network = {"kind": "rnn", "cell": "lstm", "width": 64, "recurrent_init": "zeros", "forget_bias": bias}
    network |= {"init": "normal", "init_std": 1e-4}
    scenario = Scenario.from_dict({"task": ADDING, "network": network})
    found = predict(scenario, 0.3, 1, inputs=2)
    (cell,) = found.cell_time
    assert (cell[3] / cell[-1]) ** (1 / 26) == pytest.approx(kept, abs=6e-4)


def test_a_plain_cell_has_a_place_in_the_plane():
    """q and chi of a long sequence are those of the fixed point of q = u E phi^2 + s^2."""
    found, _ = _compared(LATCH, init="normal", init_std=1.5 / 16.0)
    assert found.sigma_w == pytest.approx(1.5)
    assert found.word == "chaotic"
    settled = found.settled
    net = Wide("tanh", 0.0, 2.25, found.sigma_b**2)
    assert net.next(settled.q) == pytest.approx(settled.q, rel=1e-9)
    assert found.limit**2 == pytest.approx(2.25 * moments(net.at(settled.q)).slope_square)
    assert found.factor == pytest.approx(found.limit, rel=0.1)


def test_a_detached_state_sends_nothing_back():
    steps = 30
    network = Scenario.from_dict({"task": ADDING, "network": {"kind": "rnn", "truncation": 7}}).network
    batch = Batch(np.ones((4, steps, 2)), np.ones((4, 1, 1)))
    signal = follow(network, batch, 1).delta[0]
    assert (signal[-7:] > 0.0).all()
    assert (signal[:-7] == 0.0).all()
    _, logs = _compared(ADDING, truncation=7)
    assert np.isfinite(logs[0, -7:]).all()
    assert not np.isfinite(logs[0, :-7]).any()


def test_weights_are_those_that_are_drawn():
    """PyTorch draws all of a layer's weights by the number of its units."""
    network = Scenario.from_dict({"task": ADDING, "network": {"kind": "rnn", "width": 48, "cell": "lstm"}}).network
    own = Weights.of(network, 2)
    simulation = Simulation(
        Scenario.from_dict({"task": ADDING, "network": {"kind": "rnn", "width": 48, "cell": "lstm"}})
    )
    drawn = simulation.parameters()
    assert 2 * (drawn["recurrent.weight_ih_l0"] ** 2).mean() == pytest.approx(own.read, rel=0.15)
    assert 48 * (drawn["recurrent.weight_hh_l0"] ** 2).mean() == pytest.approx(own.kept, rel=0.05)
    both = drawn["recurrent.bias_ih_l0"] + drawn["recurrent.bias_hh_l0"]
    assert both.var() == pytest.approx(own.biases, rel=0.25)


@pytest.mark.parametrize(
    ("network", "words"),
    [({"recurrent_init": "identity"}, "identity"), ({"init": "zeros"}, "zeros"), ({"cell": "lstm", "width": 8}, "few")],
)
def test_where_nothing_is_known_in_time_it_says_why(network, words):
    found = predict(Scenario.from_dict({"task": ADDING, "network": {"kind": "rnn", **network}}), 0.3, 1, inputs=2)
    assert not found.known
    assert words in found.reason
