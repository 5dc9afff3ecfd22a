"""Closed-form facts about gradients, each held against the engine in float64.

Where each of them is tested; what is not named here stands below.

 1  <W, dL/dW> is one number for all layers    lab/test_simulation_physics, engine/test_invariants (cnn, pools)
 2  before a norm <W, dL/dW> = 0, bias 0       engine/test_invariants; the size of the weights: below
 3  errors sum to 0, output bias: mean(p - y)  lab/test_simulation_physics, engine/test_invariants
 4  closed residual branches                   engine/test_invariants
 5  orthogonal linear layers keep the length   engine/test_invariants; Gaussian ones by chi^2: below
 6  clipping by the norm                       lab/test_simulation_physics, engine/test_invariants, engine/test_update
 7  LSTM: the product of its forget gates      engine/test_recurrent_networks; what a bias makes of them: below
 8  GRU: the product of its update gates       engine/test_recurrent_networks
 9  Pascanu's bound                            engine/test_recurrent_networks; 50 nets, one sigmoid unit: below
10  identity weights, active units             engine/test_recurrent_networks
11  minimax over non-saturating: exp(logit)    engine/test_adversaries, engine/test_adversarial_network
12  a causal mask                              engine/test_attention_kernels; a whole transformer: below
13  batch norm on a batch of two               engine/test_invariants, engine/test_normalisation; +1 and -1: below
14  the steepest slopes                        engine/test_activation
15  the optimizers' trajectories               engine/test_update
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from gradtui import Scenario, Simulation


def _simulation(task=None, seed=0, **network):
    task = {"name": "digits", "batch": 16, **(task or {})}
    return Simulation(Scenario.from_dict({"network": {"dtype": "float64", **network}, "seed": seed, "task": task}))


def test_before_a_batch_norm_the_size_of_the_weights_changes_no_bit_of_the_signal():
    """n Var(W) = 6e-5, 1 and 16,384, by powers of two: not one bit, as long as eps counts for nothing (fact 2)."""
    network = {"depth": 6, "width": 16, "activation": "relu", "init": "xavier_normal"}
    simulation = _simulation(norm="batch", norm_eps=1e-30, **network)
    drawn, delta, gradient = simulation.parameters(), {}, {}
    for scale in (2.0**-7, 1.0, 2.0**7):
        grown = {n: v * scale if n.startswith("hidden") and n.endswith("weight") else v for n, v in drawn.items()}
        simulation.load_parameters(grown)
        profile = simulation.profile()
        delta[scale], gradient[scale] = profile["delta_rms"], profile["grad_rms"][:-1] * scale
    for scale in (2.0**-7, 2.0**7):
        np.testing.assert_array_equal(delta[scale], delta[1.0])
        np.testing.assert_allclose(gradient[scale], gradient[1.0], rtol=1e-14)


def test_a_gaussian_linear_layer_draws_a_chi_square():
    """|delta|^2 is multiplied in each layer by an independent chi^2_n / n: mean 1, E ln = -1/n, Var ln = 2/n (fact 5).
    20 networks of 101 layers, each figure within four standard deviations."""
    width, depth, nets = 64, 101, 20
    network = {"depth": depth, "width": width, "activation": "identity", "init": "xavier_normal"}
    factors = []
    for seed in range(nets):
        delta = _simulation({"batch": 1}, seed, **network).profile(count_dead=False)["delta_rms"][:-1]
        factors.append((delta[:-1] / delta[1:]) ** 2)
    factors = np.array(factors)
    count = factors.size
    assert count == 2000
    spread = math.sqrt(2.0 / width / count)
    assert factors.mean() == pytest.approx(1.0, abs=4.0 * spread)
    logs = np.log(factors)
    exact = math.log(2.0) + _digamma(width / 2) - math.log(width)
    assert exact == pytest.approx(-1.0 / width, rel=0.01)
    assert logs.mean() == pytest.approx(exact, abs=4.0 * spread)
    assert logs.var() == pytest.approx(2.0 / width, rel=4.0 * math.sqrt(2.0 / count) + 1.0 / width)
    neighbours = np.corrcoef(logs[:, :-1].ravel(), logs[:, 1:].ravel())[0, 1]
    assert abs(neighbours) < 4.0 / math.sqrt(count)


def _digamma(n):
    """psi(n) of a whole n: the harmonic number below it, less Euler's constant."""
    return sum(1.0 / k for k in range(1, round(n))) - 0.57721566490153286


@pytest.mark.parametrize(
    ("bias", "kept", "constant"),
    [(0.0, 0.5, 1.44), (1.0, 0.731, 3.19), (2.0, 0.881, 7.88), (3.0, 0.953, 20.6), (5.0, 0.9933, 149.0)],
)
def test_what_a_forget_bias_keeps_a_step(bias, kept, constant):
    """Nothing but the bias speaks to the gate: the cell keeps sigmoid(b) a step, and 1/e of a signal is left after
    -1 / ln sigmoid(b) steps (fact 7)."""
    network = {"kind": "rnn", "cell": "lstm", "depth": 1, "width": 3, "forget_bias": bias}
    simulation = _simulation({"name": "latch", "length": 20, "examples": 20, "batch": 4}, **network)
    weights = simulation.parameters()
    inward, across = weights["recurrent.weight_ih_l0"], weights["recurrent.weight_hh_l0"]
    inward[3:6] = 0.0
    across[:] = 0.0
    for name in ("recurrent.bias_ih_l0", "recurrent.bias_hh_l0"):
        weights[name][:] = 0.0
    weights["recurrent.bias_ih_l0"][3:6] = bias
    simulation.load_parameters(weights)
    cells = simulation.profile().time["cell_delta_rms"][0]
    assert cells[0] > 0.0
    factor = 1.0 / (1.0 + math.exp(-bias))
    np.testing.assert_allclose(cells[:-1] / cells[1:], factor, rtol=1e-12)
    assert factor == pytest.approx(kept, abs=5e-4)
    assert -1.0 / math.log(factor) == pytest.approx(constant, rel=3e-3)


@pytest.mark.parametrize(("activation", "steepest"), [("tanh", 1.0), ("sigmoid", 0.25)])
def test_fifty_networks_keep_pascanus_bound(activation, steepest):
    """|dL/dh_t| <= (gamma sigma_max(W))^(T - t) |dL/dh_T|, 30 steps each (fact 9)."""
    task = {"name": "latch", "length": 30, "examples": 20, "batch": 4}
    simulation = _simulation(task, kind="rnn", cell="rnn", depth=1, width=12, activation=activation)
    weights, random = simulation.parameters(), np.random.default_rng(0)
    for _ in range(50):
        for values in weights.values():
            values[:] = random.standard_normal(values.shape) * random.uniform(0.05, 0.6)
        simulation.load_parameters(weights)
        delta = simulation.profile(count_dead=False).time["delta_rms"][0]
        largest = np.linalg.norm(weights["recurrent.weight_hh_l0"], 2)
        bound = (steepest * largest) ** np.arange(29, -1, -1) * delta[-1]
        assert 0.0 < delta[0] <= bound[0] * (1.0 + 1e-12)
        assert (delta <= bound * (1.0 + 1e-12)).all()


@pytest.mark.parametrize("weight", [-3.9, 0.5, 2.0, 3.9, 4.0, 5.0])
def test_one_sigmoid_unit_vanishes_below_four(weight):
    """A step multiplies the signal by w h (1 - h). With the bias -w / 2 the state goes to 1/2, where that is w / 4:
    below 4 no state keeps a signal (fact 9)."""
    task = {"name": "latch", "length": 25, "examples": 20, "batch": 4}
    simulation = _simulation(task, kind="rnn", cell="rnn", depth=1, width=1, activation="sigmoid")
    values = simulation.parameters()
    values["recurrent.weight_ih_l0"][:] = 0.0
    values["recurrent.weight_hh_l0"][:] = weight
    values["recurrent.bias_ih_l0"][:] = -weight / 2.0
    values["recurrent.bias_hh_l0"][:] = 0.0
    simulation.load_parameters(values)
    delta = simulation.profile().time["delta_rms"][0]
    state, slopes = 0.0, []
    for _ in range(25):
        state = 1.0 / (1.0 + math.exp(-weight * (state - 0.5)))
        slopes.append(state * (1.0 - state))
    np.testing.assert_allclose(delta[:-1] / delta[1:], abs(weight) * np.array(slopes[1:]), rtol=1e-12)
    if abs(weight) < 4.0:
        assert (delta[:-1] < delta[1:]).all()
    if abs(weight) <= 2.0:
        assert delta[-2] / delta[-1] == pytest.approx(abs(weight) / 4.0, rel=1e-12)


@pytest.mark.parametrize("layers", [1, 3])
def test_a_causal_transformer_answers_from_the_past_alone(layers):
    """What comes after a step changes nothing up to it, bit for bit (fact 12)."""
    task = {"name": "copy", "length": 6, "copied": 2, "symbols": 4, "examples": 40, "batch": 8}
    shape = {"kind": "transformer", "depth": layers, "width": 8, "heads": 2, "causal": True, "init": "xavier_uniform"}
    simulation = _simulation(task, **shape)
    simulation.step(3)
    tokens = simulation.dataset.test_inputs[:5]
    steps = tokens.shape[1]
    answers = simulation.outputs(tokens)
    for t in (0, 3, steps - 2):
        other = tokens.copy()
        other[:, t + 1 :] = (other[:, t + 1 :] + 1) % 4
        found = simulation.outputs(other)
        assert (found[:, : t + 1] == answers[:, : t + 1]).all()
        assert (found[:, t + 1 :] != answers[:, t + 1 :]).any()


def test_two_examples_before_a_batch_norm_are_plus_one_and_minus_one():
    """And what comes back is some 1e-8 of what went in, with eps = 1e-12 (fact 13)."""
    network = {"depth": 3, "width": 16, "activation": "identity", "norm": "batch", "norm_eps": 1e-12}
    simulation = _simulation({"batch": 2}, **network)
    made = simulation._network.activations()
    for output in made[:-1]:
        np.testing.assert_allclose(np.abs(output), 1.0, atol=1e-9)
        np.testing.assert_allclose(output.sum(axis=0), 0.0, atol=1e-12)
    delta = simulation.profile()["delta_rms"]
    assert (delta[:2] < 2e-7 * delta[1:3]).all()
