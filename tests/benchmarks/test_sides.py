"""`python -m benchmarks`: what it prints, what it says of a side that cannot run, and what it refuses."""

from __future__ import annotations

import json

import numpy as np
import pytest
from click.testing import CliRunner

from benchmarks import rounds, sides
from benchmarks.__main__ import main
from benchmarks.cases import ALSO, SHAPES, USUAL, Case
from benchmarks.sides.batches import batches


@pytest.fixture(autouse=True)
def short_rounds(monkeypatch):
    """A number is all that is wanted here, not a good one."""
    monkeypatch.setattr(rounds, "ROUNDS", 1)
    monkeypatch.setattr(rounds, "ROUND_SECONDS", 0.02)
    monkeypatch.setattr(rounds, "BURST_SECONDS", 0.01)


def run(*arguments):
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


def test_json_is_a_list_with_one_object_a_side():
    result = run("--shape", "2x16,8", "--variant", "tanh", "--side", "gradtui", "--side", "floor", "--json")
    rows = json.loads(result.stdout)
    assert [(row["shape"], row["variant"], row["side"]) for row in rows] == [
        ("2x16,8", "tanh", "gradtui"),
        ("2x16,8", "tanh", "floor"),
    ]
    assert all(0.0 < row["us_per_step"] < 1e6 for row in rows)


def test_a_side_that_cannot_run_is_reported_and_the_others_go_on(monkeypatch):
    # The sides' processes import this table anew, so it has to be a name that leads nowhere there as well.
    monkeypatch.setitem(sides.SIDES, "absent", ("absent", "absent"))
    case = Case.parse("2x16,8", "relu")
    found = rounds.measure(case, ("floor", "absent"))
    assert isinstance(found["floor"], float)
    assert "absent" in found["absent"]
    monkeypatch.setattr("benchmarks.__main__.measure", lambda case, names: {"floor": 5.0, "absent": "no such library"})
    rows = json.loads(run("--shape", "2x16,8", "--variant", "relu", "--json").stdout)
    assert rows[1] == {
        "shape": "2x16,8",
        "variant": "relu",
        "side": "absent",
        "us_per_step": None,
        "missing": "no such library",
    }
    table = run("--shape", "2x16,8", "--variant", "relu").stdout
    assert "absent: no such library" in table


def test_a_side_that_is_not_built_in_time_is_stopped(monkeypatch):
    monkeypatch.setattr(rounds, "BUILD_SECONDS", 0.0)
    found = rounds.measure(Case.parse("2x16,8", "relu"), ("floor",))
    assert found == {"floor": "not ready in time (0 s)"}


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--shape", "10x32"), "LAYERSxWIDTH,BATCH"),
        (("--shape", "0x32,32"), "at least 1"),
        (("--shape", "10x32,99999"), "1,437"),
        (("--variant", "swish"), "batch-norm"),
        (("--side", "numpy"), "torch-compile"),
    ],
)
def test_wrong_arguments_are_one_sentence_and_exit_code_2(arguments, said):
    result = run(*arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


def test_every_default_case_is_a_scenario():
    for shape, variant in [*((shape, variant) for shape in SHAPES for variant in (*USUAL, "cnn")), *ALSO]:
        assert Case.parse(shape, variant).scenario.network.width > 0


def test_an_epoch_of_batches_has_no_example_twice():
    drawing = batches(50, 16)
    chosen = np.concatenate([next(drawing) for _ in range(3)])
    assert len(set(chosen.tolist())) == 48


@pytest.mark.parametrize("variant", [*USUAL, "cnn"])
def test_the_peers_network_is_gradtuis(variant):
    """Same initial weights, same loss on the same batch: what is compared is the same work."""
    torch = pytest.importorskip("torch")
    from benchmarks.sides.pytorch import Training
    from gradtui import Simulation

    case = Case.parse("6x16,32", variant)
    simulation = Simulation(case.scenario)
    inputs, labels = simulation.batch(0)
    logits = Training(case, longest=2).network(torch.tensor(inputs))
    loss = torch.nn.functional.cross_entropy(logits, torch.tensor(labels)).item()
    assert loss == pytest.approx(simulation.loss, rel=1e-4)


def test_the_peers_transformer_is_gradtuis():
    torch = pytest.importorskip("torch")
    from benchmarks.sides.attention_torch import Encoder
    from gradtui import Simulation

    case = Case.parse("2x16,8", "transformer")
    simulation = Simulation(case.scenario)
    data = simulation.dataset
    network = Encoder(data.tokens, data.steps, data.outputs, case)
    network.load_state_dict({name: torch.from_numpy(values) for name, values in simulation.parameters().items()})
    inputs, labels = (torch.tensor(part) for part in simulation.batch(0))
    loss = torch.nn.functional.cross_entropy(network(inputs), labels).item()
    assert loss == pytest.approx(simulation.loss, rel=1e-4)
