"""Recurrent networks as a whole: facts that hold to the last digit, gauges against their definitions, live changes."""

from __future__ import annotations

import math

import naive
import numpy as np
import pytest

from gradtui import Scenario, Simulation
from gradtui.lab.changes import Effect
from gradtui.lab.inspecting import inspect
from gradtui.scenario.errors import ScenarioError

CELLS = ("rnn", "lstm", "gru")


def _scenario(cell="rnn", task=None, batch=6, optimizer=None, **network):
    return Scenario.from_dict(
        {
            "seed": 3,
            "task": {"name": "latch", "length": 12, "examples": 60, "batch": batch, **(task or {})},
            "network": {"kind": "rnn", "cell": cell, "depth": 2, "width": 5, "dtype": "float64", **network},
            "optimizer": {"name": "sgd", "lr": 0.05, **(optimizer or {})},
        }
    )


def _difference(simulation, parameters, name, index, h=1e-4):
    def loss(shift):
        moved = {key: value.copy() for key, value in parameters.items()}
        moved[name][index] += shift
        simulation.load_parameters(moved)
        return simulation.loss

    def slope(h):
        return (loss(h) - loss(-h)) / (2.0 * h)

    return (4.0 * slope(h) - slope(2.0 * h)) / 3.0


@pytest.mark.parametrize("task", [{}, {"name": "copy", "length": 4, "copied": 2}, {"name": "adding"}])
@pytest.mark.parametrize("cell", CELLS)
def test_the_gradient_is_the_slope_of_the_loss(cell, task):
    simulation = Simulation(_scenario(cell, task, forget_bias=0.5))
    parameters, gradients = simulation.parameters(), simulation.gradients()
    assert parameters.keys() == gradients.keys()
    random = np.random.default_rng(0)
    for name, gradient in gradients.items():
        for flat in random.integers(0, gradient.size, 3):
            index = np.unravel_index(flat, gradient.shape)
            slope = _difference(simulation, parameters, name, index)
            assert gradient[index] == pytest.approx(slope, rel=1e-7, abs=1e-10), (name, index)


# Exact facts


def test_with_no_recurrent_weights_a_cells_gradient_is_the_product_of_its_forget_gates():
    """dc_T/dc_t = f_(t+1) ... f_T (Hochreiter & Schmidhuber 1997): with one unit the means say each gate."""
    simulation = Simulation(
        _scenario("lstm", {"length": 30}, batch=1, depth=1, width=1, recurrent_init="zeros", forget_bias=2.0)
    )
    weights = simulation.parameters()
    weights["recurrent.weight_hh_l0"][:] = 0.0
    simulation.load_parameters(weights)
    time = simulation.profile().time
    cells, forget = time["cell_delta_rms"][0], time["gate_forget"][0]
    for t in range(30):
        assert cells[t] / cells[-1] == pytest.approx(np.prod(forget[t + 1 :]), rel=1e-12)


def test_with_no_recurrent_weights_a_grus_gradient_is_the_product_of_its_update_gates():
    """dh_T/dh_t = z_(t+1) ... z_T."""
    simulation = Simulation(_scenario("gru", {"length": 30}, batch=1, depth=1, width=1, recurrent_init="zeros"))
    time = simulation.profile().time
    states, update = time["delta_rms"][0], time["gate_update"][0]
    for t in range(30):
        assert states[t] / states[-1] == pytest.approx(np.prod(update[t + 1 :]), rel=1e-12)


@pytest.mark.parametrize(("activation", "steepest"), [("tanh", 1.0), ("sigmoid", 0.25), ("relu", 1.0)])
def test_no_step_makes_the_signal_larger_than_pascanus_bound(activation, steepest):
    """|dL/dh_t| <= (sigma_max max|phi'|)^(T-t) |dL/dh_T| (Pascanu, Mikolov & Bengio 2013)."""
    simulation = Simulation(_scenario(activation=activation, depth=1, width=16, task={"length": 40}))
    largest = np.linalg.norm(simulation.parameters()["recurrent.weight_hh_l0"], 2)
    delta = simulation.profile().time["delta_rms"][0]
    assert delta[0] > 0.0
    bound = (largest * steepest) ** np.arange(39, -1, -1) * delta[-1]
    assert (delta <= bound * (1.0 + 1e-12)).all()


def test_identity_weights_pass_the_gradient_of_active_units_unchanged():
    """IRNN (Le, Jaitly & Hinton 2015): W_hh = 1, every ReLU on."""
    simulation = Simulation(
        _scenario(
            activation="relu", recurrent_init="identity", depth=1, init_bias=10.0, init_bias_kind="constant", width=8
        )
    )
    delta = simulation.profile().time["delta_rms"][0]
    assert (delta == delta[-1]).all()
    assert delta[0] > 0.0


def test_truncation_lets_nothing_through_its_cuts():
    """Counted back from the last step: with 12 steps cut every 5, the states of steps 7 and 2 are detached."""
    simulation = Simulation(_scenario("lstm", depth=1))
    full = simulation.profile().time["delta_rms"][0]
    simulation.change(simulation.scenario.replace("network.truncation=5"))
    simulation.load_parameters(simulation.parameters())
    cut = simulation.profile().time["delta_rms"][0]
    assert (full > 0.0).all()
    assert (cut[7:] == full[7:]).all()
    assert (cut[:7] == 0.0).all()


@pytest.mark.parametrize(
    ("way", "radius"), [("orthogonal", 0.9), ("identity", 1.1), ("spectral", 1.25), ("zeros", 0.0)]
)
@pytest.mark.parametrize("cell", CELLS)
def test_recurrent_matrices_begin_with_the_radius_that_is_asked_for(cell, way, radius):
    simulation = Simulation(_scenario(cell, recurrent_init=way, spectral_radius=radius or 1.0, width=6))
    for layer in range(2):
        for matrix in simulation.parameters()[f"recurrent.weight_hh_l{layer}"].reshape(-1, 6, 6):
            assert np.abs(np.linalg.eigvals(matrix)).max() == pytest.approx(radius, abs=1e-12)
            if way == "orthogonal":
                np.testing.assert_allclose(matrix @ matrix.T, radius**2 * np.eye(6), atol=1e-14)
        sizes = simulation.close_up(layer).spectrum
        assert sizes[:, 0] == pytest.approx([radius] * len(sizes), abs=1e-12)


def test_pytorchs_own_init_depends_on_the_width_alone():
    simulation = Simulation(_scenario("gru", width=16))
    for name, values in simulation.parameters().items():
        if name.startswith("recurrent"):
            assert np.abs(values).max() <= 0.25, name
            assert np.abs(values).max() > 0.2 or values.size < 50, name


@pytest.mark.parametrize(("cell", "gate"), [("lstm", 1), ("gru", 1)])
def test_forget_bias_is_added_where_the_cell_remembers(cell, gate):
    plain, shifted = (
        Simulation(_scenario(cell, forget_bias=bias)).parameters()["recurrent.bias_ih_l1"] for bias in (0.0, 3.0)
    )
    added = (shifted - plain).reshape(-1, 5)
    assert added[gate] == pytest.approx(np.full(5, 3.0))
    assert (np.delete(added, gate, axis=0) == 0.0).all()


# Gauges


@pytest.mark.parametrize("cell", CELLS)
def test_gauges_are_what_their_definitions_say(cell):
    simulation = Simulation(_scenario(cell, {"name": "copy", "length": 3, "copied": 2}, batch=4))
    before = simulation.parameters()
    simulation.step(3)
    last = simulation.gradients()
    middle = simulation.parameters()
    simulation.step(1)
    profile, gradients, after = simulation.profile(), simulation.gradients(), simulation.parameters()
    states = simulation._network.activations()
    for tap in range(3):
        names = [f"recurrent.weight_{which}_l{tap}" for which in ("ih", "hh")] if tap < 2 else ["output.weight"]

        def flat(tensors, names=names):
            return np.concatenate([tensors[name].ravel() for name in names])

        g = flat(gradients)
        assert profile["grad_rms"][tap] == pytest.approx(naive.rms(g))
        assert profile["grad_norm"][tap] == pytest.approx(naive.norm(g))
        assert profile["turn"][tap] == pytest.approx(naive.cosine(g, flat(last)))
        moved = naive.norm(flat(after) - flat(middle)) / naive.norm(flat(middle))
        assert profile["update_ratio"][tap] == pytest.approx(moved)
        gone = naive.norm(flat(after) - flat(before)) / naive.norm(flat(before))
        assert profile["distance"][tap] == pytest.approx(gone)
        assert profile["activation_mean"][tap] == pytest.approx(states[tap].mean())
        assert profile["activation_std"][tap] == pytest.approx(states[tap].std())
        assert profile["similarity"][tap] == pytest.approx(naive.similarity(states[tap][-4 if tap < 2 else 0 :]))
        assert profile["clipped"][tap] == 0.0
        assert profile["nonfinite"][tap] == profile["underflow"][tap] == profile["dead"][tap] == 0.0
    for layer in range(2):
        over_time = profile.time["delta_rms"][layer]
        assert profile["delta_rms"][layer] == pytest.approx(math.sqrt(np.mean(over_time**2)))
    parts = sum(profile[f"gain_{part}"] for part in ("weight", "slope", "norm", "skip"))
    np.testing.assert_allclose(parts[1:], profile["gain"][1:], atol=1e-12)
    assert profile["gain"][1] == pytest.approx(np.log10(profile["delta_rms"][0] / profile["delta_rms"][1]))


def test_saturation_is_counted_where_there_is_one_function():
    simulation = Simulation(_scenario(activation="sigmoid", init_bias=6.0, init_bias_kind="constant"))
    assert simulation.profile()["saturated"][:2].tolist() == [1.0, 1.0]
    assert np.isnan(Simulation(_scenario("lstm")).profile()["saturated"][:2]).all()


def test_dead_and_silent_units_are_counted_and_explain_their_zeros():
    simulation = Simulation(_scenario(activation="relu", depth=1))
    weights = simulation.parameters()
    weights["recurrent.bias_ih_l0"][:] = [-100.0, -100.0, 5.0, 5.0, 5.0]
    weights["recurrent.bias_hh_l0"][:] = 0.0
    simulation.load_parameters(weights)
    profile = simulation.profile()
    assert profile["dead"][0] == profile["zero_batch"][0] == 0.4
    assert (simulation.gradients()["recurrent.weight_hh_l0"] == 0.0).sum() >= 10
    assert profile["underflow"].tolist() == [0.0, 0.0]


def test_an_underflow_is_seen():
    """Sigmoid states that hear nothing: the readout's weights are so small that no gradient is left."""
    simulation = Simulation(_scenario("gru", dtype="float32", depth=1))
    weights = simulation.parameters()
    weights["output.weight"][:] = 1e-42
    simulation.load_parameters(weights)
    profile = simulation.profile()
    assert profile["underflow"].tolist() == [1.0, 0.0]
    assert profile["grad_rms"][0] == 0.0


@pytest.mark.parametrize("cell", CELLS)
def test_a_close_up_shows_the_state_and_leaves_everything_as_it_was(cell):
    simulation = Simulation(_scenario(cell))
    simulation.step(2)
    before, gradients = simulation.profile(), simulation.gradients()
    found = inspect(simulation, 1)
    near = simulation.close_up(1)
    activity = near.activity(simulation.measured_step)
    assert activity.a.shape == activity.z.shape == activity.slope.shape == (12 * 6, 5)
    if cell == "rnn":
        np.testing.assert_allclose(np.tanh(activity.z), activity.a, atol=1e-14)
    np.testing.assert_allclose(activity.slope, 1.0 / np.cosh(activity.z) ** 2, rtol=1e-12)
    assert (near.weights == simulation.parameters()["recurrent.weight_hh_l1"]).all()
    assert (near.gradient == gradients["recurrent.weight_hh_l1"]).all()
    assert near.parameters == sum(v.size for k, v in gradients.items() if k.endswith("l1"))
    assert found.tap == "2"
    matrices = near.weights.reshape(-1, 5, 5)
    assert found.radii == pytest.approx([np.abs(np.linalg.eigvals(matrix)).max() for matrix in matrices])
    assert inspect(simulation, 2).radii == ()
    assert found.activations.total == 12 * 6 * 5
    after = simulation.profile()
    for name, row in before.gauges.items():
        np.testing.assert_array_equal(row, after.gauges[name], err_msg=name)


# Changes and passes


@pytest.mark.parametrize("task", [{}, {"name": "copy", "length": 4, "copied": 2}])
@pytest.mark.parametrize("cell", CELLS)
def test_held_out_loss_is_that_of_the_answers(cell, task):
    """Of all answers at once, by the loss written out; in pieces of another size than the batch."""
    simulation = Simulation(_scenario(cell, task))
    simulation.step(2)
    data = simulation.dataset
    answers = simulation.outputs(data.test_inputs[:21])
    steps = (data.steps,) if data.per_step else ()
    assert answers.shape == (21, *steps, data.outputs)
    parts = np.concatenate([simulation.outputs(data.test_inputs[first : first + 7]) for first in (0, 7, 14)])
    np.testing.assert_allclose(answers, parts, rtol=1e-12)
    whole = simulation.outputs(data.test_inputs).reshape(-1, data.outputs)
    loss, right, _ = naive.LOSSES[data.loss](whole, data.test_targets.reshape(len(whole), *([] if steps else [-1])))
    found = simulation.evaluate()
    assert found["loss"] == pytest.approx(loss, rel=1e-10)
    assert found["accuracy"] == pytest.approx(right, rel=1e-10)


def test_changes_under_way():
    simulation = Simulation(_scenario("rnn", optimizer={"clip_norm": 1.0}))
    simulation.step(3)
    weights = simulation.parameters()
    scenario = simulation.scenario
    assert simulation.change(scenario.replace("optimizer.lr=0.01", "network.truncation=3")) is Effect.LIVE
    assert simulation.change(scenario.replace("network.activation=relu", "optimizer.name=adam")) is Effect.CARRIED
    assert simulation.step_count == 3
    for name, value in simulation.parameters().items():
        assert (value == weights[name]).all()
    simulation.step(2)
    assert simulation.change(simulation.scenario.replace("network.cell=lstm")) is Effect.RESTART
    assert simulation.step_count == 0


def test_a_thousand_steps_are_no_longer_a_program_than_ten():
    short, long = (Simulation(_scenario(task={"length": length, "examples": 20}, batch=2)) for length in (10, 1000))
    programs = [each._network._training_step(each._network._form) for each in (short, long)]
    assert len(programs[0].instructions) == len(programs[1].instructions)
    long.step(2)
    assert long.profile().time["delta_rms"].shape == (2, 1000)


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        ({"depth": 5}, r"network.depth is 5, but network.kind = .rnn. stacks 1 to 4 layers"),
        ({"activation": "gelu"}, "a plain recurrent cell takes one of tanh, relu, sigmoid, identity"),
        ({"norm": "layer"}, "network.norm means nothing to network.kind"),
        ({"init": "lsuv"}, "orthogonal"),
        ({"cell": "lsmt"}, "did you mean"),
    ],
)
def test_what_a_recurrent_network_cannot_be(keys, why):
    with pytest.raises(ScenarioError, match=why):
        _scenario(**{"cell": "rnn", **keys})


def test_a_network_too_large_for_memory_is_refused_in_a_sentence():
    with pytest.raises(ScenarioError, match=r"network\.width 4,096 make 469,[0-9,]+ weights; at most 100,000,000"):
        Simulation(_scenario("lstm", {"length": 2}, batch=2, width=4096, depth=4))
    with pytest.raises(ScenarioError, match=r"take a smaller batch or a shorter task\.length"):
        Simulation(_scenario("lstm", {"length": 1000, "examples": 3000}, batch=2000, width=256))
