"""Transformers beside torch.nn.TransformerEncoderLayer: loss, every gradient, every tap, and a run of 20 steps."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from drawn_transformers import transformers  # noqa: E402
from transformer_twin import Twin, loss_of  # noqa: E402

from gradtui import Scenario, Simulation  # noqa: E402

TOLERANCE = 1e-8
DRAWN, DRAWN_LONG = 12, 500
#: A network that fails is shown as it was drawn: to look for a smaller one takes minutes.
PHASES = (Phase.explicit, Phase.generate)


@pytest.fixture(autouse=True)
def double():
    """PyTorch in float64 on one thread, as it was afterwards."""
    kind, threads = torch.get_default_dtype(), torch.get_num_threads()
    torch.set_default_dtype(torch.float64)
    torch.set_num_threads(1)
    yield
    torch.set_default_dtype(kind)
    torch.set_num_threads(threads)


def _twin(simulation: Simulation):
    return Twin(simulation.scenario, simulation.dataset).load(simulation.parameters())


def _batch(simulation: Simulation, step: int):
    return tuple(torch.tensor(part) for part in simulation.batch(step))


def _near(found, wanted, tolerance, what) -> None:
    """Both alike, as a share of the largest entry."""
    scale = max(np.abs(wanted).max(), 1e-12)
    assert np.abs(found - wanted).max() <= tolerance * scale, what


@settings(max_examples=DRAWN, phases=PHASES)
@given(scenario=transformers())
def test_loss_gradients_and_taps(scenario: Scenario):
    _compare_taps(scenario)


@pytest.mark.long
@settings(max_examples=DRAWN_LONG, phases=PHASES)
@given(scenario=transformers())
def test_taps_of_very_many(scenario: Scenario):
    _compare_taps(scenario)


def _compare_taps(scenario: Scenario) -> None:
    """Loss, gradients and every tap of the first step."""
    simulation = Simulation(scenario)
    twin = _twin(simulation)
    inputs, targets = _batch(simulation, 0)
    loss = loss_of(simulation.dataset, twin(inputs), targets)
    loss.backward()
    assert simulation.loss == pytest.approx(loss.item(), rel=TOLERANCE)
    gradients = simulation.gradients()
    assert set(gradients) == {name for name, _ in twin.named_parameters()}
    largest = max(np.abs(gradient).max() for gradient in gradients.values())
    for name, parameter in twin.named_parameters():
        wanted = parameter.grad.numpy()
        assert np.abs(gradients[name] - wanted).max() <= TOLERANCE * max(np.abs(wanted).max(), 1e-6 * largest), name

    twin.zero_grad()
    outputs, seen = twin.tapped(inputs)
    assert loss_of(simulation.dataset, outputs, targets).item() == pytest.approx(loss.item(), rel=TOLERANCE)
    loss_of(simulation.dataset, outputs, targets).backward()
    profile = simulation.profile()
    assert profile.taps == tuple(seen)
    _near(simulation._network.activations()[-1].ravel(), outputs.detach().numpy().ravel(), TOLERANCE, "outputs")
    for index, (name, made) in enumerate(seen.items()):
        values, delta = made.detach().numpy(), made.grad.numpy()
        signal = np.sqrt((delta**2).mean()) * len(inputs)
        assert profile["delta_rms"][index] == pytest.approx(signal, rel=TOLERANCE, abs=1e-12), name
        assert profile["activation_mean"][index] == pytest.approx(values.mean(), rel=1e-7, abs=1e-9), name
        assert profile["activation_std"][index] == pytest.approx(values.std(), rel=1e-7, abs=1e-9), name
        rows = values.reshape(-1, values.shape[-1])
        length = np.linalg.norm(rows, axis=1, keepdims=True)
        unit = (rows / np.where(length > 0.0, length, 1.0))[length[:, 0] > 0.0]
        if len(unit) > 1:
            pairs = len(unit) * (len(unit) - 1)
            cosine = ((unit.sum(axis=0) ** 2).sum() - len(unit)) / pairs
            assert profile["similarity"][index] == pytest.approx(cosine, abs=1e-7), name


@settings(max_examples=4, phases=PHASES)
@given(scenario=transformers())
def test_twenty_steps(scenario: Scenario):
    _compare_runs(scenario)


@pytest.mark.long
@settings(max_examples=DRAWN_LONG // 4, phases=PHASES)
@given(scenario=transformers())
def test_twenty_steps_of_very_many(scenario: Scenario):
    _compare_runs(scenario)


def _compare_runs(scenario: Scenario) -> None:
    """Parameters after twenty steps side by side, and what the network answers then."""
    simulation = Simulation(scenario)
    twin = _twin(simulation)
    optimizer = torch.optim.SGD(twin.parameters(), lr=0.01, momentum=0.9)
    for step in range(20):
        inputs, targets = _batch(simulation, step)
        optimizer.zero_grad()
        loss_of(simulation.dataset, twin(inputs), targets).backward()
        optimizer.step()
    simulation.step(20)
    found = simulation.parameters()
    for name, parameter in twin.named_parameters():
        _near(found[name], parameter.detach().numpy(), TOLERANCE, name)
    inputs = torch.tensor(simulation.dataset.test_inputs[:30])
    shown = inputs if simulation.dataset.vocabulary else inputs.reshape(len(inputs), simulation.dataset.steps, -1)
    answers = simulation.outputs(simulation.dataset.test_inputs[:30])
    _near(answers, twin.eval()(shown).detach().numpy(), 1e-7, "outputs")


@pytest.mark.parametrize("form", ["pre", "post"])
@pytest.mark.parametrize("positions", ["sinusoidal", "learned", "none"])
@settings(max_examples=2)
@given(data=st.data())
def test_no_gradient_comes_from_the_future(form, positions, data):
    """With a causal mask and an answer at each step: tokens after the last step that is asked have no say. The gradient
    with respect to their embedding is exactly 0, and so is every answer's dependence on them."""
    steps = data.draw(st.integers(2, 12))
    scenario = Scenario.from_dict(
        {
            "task": {"name": "copy", "length": steps, "symbols": 3, "copied": 1, "examples": 40, "batch": 3},
            "network": {
                "kind": "transformer",
                "depth": 2,
                "width": 6,
                "heads": 3,
                "causal": True,
                "skip_form": form,
                "positions": positions,
                "dtype": "float64",
            },
        }
    )
    simulation = Simulation(scenario)
    tokens = simulation.batch(0)[0]
    answers = simulation.outputs(tokens)
    for t in range(tokens.shape[1] - 1):
        other = tokens.copy()
        other[:, t + 1 :] = (other[:, t + 1 :] + 1) % simulation.dataset.tokens
        assert (simulation.outputs(other)[:, : t + 1] == answers[:, : t + 1]).all()
        assert (simulation.outputs(other)[:, t + 1] != answers[:, t + 1]).any()
