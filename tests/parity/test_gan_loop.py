"""Two adversaries against a plain loop over two PyTorch networks: losses, gradients and parameters of every step."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from gradtui import Scenario, Simulation
from gradtui.scenario.adversaries import NAMES

torch = pytest.importorskip("torch", reason="PyTorch is not installed")
torch.set_num_threads(1)

from torch_adversaries import ACTIVATIONS, TorchAdversaries  # noqa: E402  (it imports torch)

STEPS = 6
ADAPTIVE = {"adam", "rmsprop"}
TOLERANCE = 1e-8
DRAWN, DRAWN_LONG = 25, 400
PHASES = (Phase.explicit, Phase.generate)


@st.composite
def scenarios(draw):
    """Two small networks of every shape, for one of the games."""
    activation = st.sampled_from(sorted(ACTIVATIONS))
    rule = st.sampled_from(["sgd", "momentum", "adam", "rmsprop"])
    inits = st.sampled_from(["xavier_normal", "he_uniform", "torch_default"])
    first, steps = draw(st.integers(0, 2)), draw(st.integers(1, 3))
    game = draw(st.sampled_from(NAMES))
    # The gradient of a critic's last bias cancels out, too.
    optimizer = draw(st.sampled_from(["sgd", "momentum"]) if game == "wasserstein" else rule)
    own_optimizer = draw(rule)
    # Before a batch norm every bias cancels out, and adaptive rules would divide what rounding leaves by their eps.
    norms = st.sampled_from(["none", "layer"] if ADAPTIVE & {optimizer, own_optimizer} else ["none", "batch"])
    name = draw(st.sampled_from(["gan-ring", "gan-digits"]))
    return Scenario.from_dict(
        {
            "seed": draw(st.integers(0, 2**40)),
            "task": {
                "name": name,
                "loss": game,
                "batch": draw(st.integers(2, 20)),
                "weight_bound": draw(st.sampled_from([0.01, 0.1, 10.0])),
                "examples": 100,
            },
            "network": {
                "kind": "gan",
                "depth": draw(st.integers(0, 3)),
                "width": draw(st.integers(2, 12)),
                "activation": draw(activation),
                "negative_slope": 0.2,
                "init": draw(inits),
                "norm": draw(norms),
                "dtype": "float64",
            },
            "optimizer": {
                "name": optimizer,
                "lr": 0.01,
                "clip_norm": draw(st.sampled_from([0.0, 0.0, 0.3])),
            },
            "generator": {
                "depth": draw(st.integers(0, 3)),
                "width": draw(st.integers(2, 12)),
                "activation": draw(activation),
                "init": draw(inits),
                "norm": draw(norms),
                "latent": draw(st.integers(1, 9)),
                "output": draw(st.sampled_from(["tanh", "identity"])),
                "optimizer": own_optimizer,
                "lr": draw(st.sampled_from([0.0, 0.01])),
                "discriminator_steps": steps,
                "discriminator_first": first,
            },
        }
    )


@settings(max_examples=DRAWN, phases=PHASES, deadline=None)
@given(scenarios())
def test_parity(scenario):
    _compare(scenario)


@pytest.mark.long
@settings(max_examples=DRAWN_LONG, phases=PHASES, deadline=None)
@given(scenarios())
def test_parity_of_very_many(scenario):
    _compare(scenario)


def _compare(scenario):
    simulation = Simulation(scenario)
    numbers = simulation.dataset.train_inputs.shape[1]
    twin = TorchAdversaries(scenario, numbers, simulation.parameters())
    for count in range(STEPS):
        examples, noise = simulation.batch(count)
        simulation.step(1)
        loss, own, gradients = twin.step(examples, noise, moving=count >= scenario.generator.discriminator_first)
        assert simulation.loss == pytest.approx(loss, rel=TOLERANCE, abs=1e-12)
        assert simulation._network.generator_loss == pytest.approx(own, rel=TOLERANCE, abs=1e-12)
        _near(simulation.gradients(), gradients)
        _near(simulation.parameters(), twin.values())


def _near(found, wanted):
    """Every array, as a share of its length."""
    assert found.keys() == wanted.keys()
    for name, value in wanted.items():
        distance = np.linalg.norm(found[name] - value)
        assert distance <= TOLERANCE * np.linalg.norm(value) + 1e-12, name
