"""Recurrent networks against torch.nn.RNN, LSTM and GRU, and against autograd step by step."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from gradtui import Scenario, Simulation

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
torch.set_num_threads(1)

from recurrent_twin import RecurrentTwin  # noqa: E402  (it imports torch)

STEPS = 20
TOLERANCE = 1e-8
DRAWN, DRAWN_LONG = 16, 1000
PHASES = (Phase.explicit, Phase.generate)

TASKS = st.one_of(
    st.fixed_dictionaries({"name": st.sampled_from(["adding", "latch"]), "length": st.integers(3, 20)}),
    st.fixed_dictionaries({"name": st.just("temporal-order"), "length": st.integers(10, 20)}),
    st.fixed_dictionaries({"name": st.just("copy"), "length": st.integers(1, 8), "copied": st.integers(1, 4)}),
    st.just({"name": "row-digits"}),
)
CELLS = st.one_of(
    st.fixed_dictionaries(
        {"cell": st.just("rnn"), "activation": st.sampled_from(["tanh", "relu", "sigmoid", "identity"])}
    ),
    st.fixed_dictionaries({"cell": st.sampled_from(["lstm", "gru"]), "forget_bias": st.sampled_from([0.0, 1.0, -2.0])}),
)


@st.composite
def scenarios(draw):
    """A small recurrent network on a sequence task, in float64."""
    network = draw(CELLS) | {
        "kind": "rnn",
        "depth": draw(st.integers(1, 4)),
        "width": draw(st.sampled_from([1, 2, 5, 8, 16, 17, 32])),
        "init": draw(st.sampled_from(["torch_default", "xavier_normal"])),
        "init_bias": draw(st.sampled_from([0.0, 0.1])),
        "init_bias_kind": "constant",
        "recurrent_init": draw(st.sampled_from(["same", "orthogonal", "identity", "spectral", "zeros"])),
        "spectral_radius": draw(st.sampled_from([0.5, 1.0])),
        "truncation": draw(st.sampled_from([0, 0, 1, 2, 5])),
        "dtype": "float64",
    }
    optimizer = draw(
        st.sampled_from(
            [
                {"name": "adam", "lr": 1e-3},
                {"name": "sgd", "lr": 0.01, "clip_norm": 0.3},
                {"name": "adam", "lr": 1e-3, "clip_norm": 1.0},
            ]
        )
    )
    task = draw(TASKS)
    if task["name"] != "row-digits":
        task = task | {"examples": 40}
    batch = draw(st.sampled_from([1, 3, 16, 20]))
    seed = draw(st.integers(0, 2**32))
    return Scenario.from_dict(
        {"seed": seed, "task": task | {"batch": batch}, "network": network, "optimizer": optimizer}
    )


@settings(max_examples=DRAWN, phases=PHASES)
@given(scenario=scenarios())
def test_parity(scenario):
    _compare(scenario)


@pytest.mark.long
@settings(max_examples=DRAWN_LONG, phases=PHASES)
@given(scenario=scenarios())
def test_parity_of_very_many(scenario):
    _compare(scenario)


def _compare(scenario):
    """Losses, gradients and signals over time of twenty steps, and the parameters at the end."""
    simulation = Simulation(scenario)
    twin = RecurrentTwin(simulation.parameters(), scenario, simulation.dataset)
    fused = scenario.network.cell != "rnn" or scenario.network.activation in ("tanh", "relu")
    for count in range(STEPS):
        batch = simulation.batch(count)
        if count == 3 and fused and scenario.network.truncation == 0:
            loss, gradients = twin.fused(*batch)
        else:
            loss, gradients = None, {}
        simulation.step(1)
        own_loss, own_gradients = twin.step(*batch)
        assert simulation.loss == pytest.approx(own_loss, rel=TOLERANCE)
        _assert_near(simulation.gradients(), own_gradients)
        _assert_near(simulation.gradients(), gradients)
        assert loss is None or loss == pytest.approx(own_loss, rel=TOLERANCE)
        if count in (0, STEPS - 1):
            _assert_over_time(simulation.profile().time, twin.over_time())
    _assert_near(simulation.parameters(), twin.values())


def _assert_near(found, wanted):
    """All tensors to a share of their norm, or of the largest one's: what cancels is known to that only."""
    largest = max((np.linalg.norm(value) for value in wanted.values()), default=0.0)
    for name, value in wanted.items():
        off = np.linalg.norm(found[name] - value)
        assert off <= TOLERANCE * max(np.linalg.norm(value), 1e-4 * largest), f"{name}: off by {off:.3g}"


def _assert_over_time(found, wanted):
    assert set(found) == set(wanted)
    for name, rows in wanted.items():
        assert found[name].shape == rows.shape
        np.testing.assert_allclose(found[name], rows, rtol=TOLERANCE, atol=1e-290, err_msg=name)


def test_names_and_shapes_are_those_of_torchs_own_layers():
    for cell, kind in {"rnn": torch.nn.RNN, "lstm": torch.nn.LSTM, "gru": torch.nn.GRU}.items():
        simulation = Simulation(
            Scenario.from_dict(
                {
                    "task": {"name": "adding", "length": 10, "examples": 100, "batch": 4},
                    "network": {"kind": "rnn", "cell": cell, "depth": 3, "width": 7},
                }
            )
        )
        own = {name: value.shape for name, value in simulation.parameters().items()}
        theirs = {f"recurrent.{name}": tuple(p.shape) for name, p in kind(2, 7, 3).state_dict().items()}
        assert own == theirs | {"output.weight": (1, 7), "output.bias": (1,)}
        assert list(own) == [*theirs, "output.weight", "output.bias"]
