"""Two adversaries as a written script: it runs alone, plays the same game, and reads well."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
from written import alone

from gradtui import Scenario, Simulation
from gradtui.export.pytorch import definitions, program

STEPS = 5
RING = {"name": "gan-ring", "batch": 8, "examples": 60}
DIGITS = {"name": "gan-digits", "batch": 6}

#: Games between small networks from all corners of the menu.
GAMES = {
    "minimax": {"task": {**RING, "loss": "minimax"}, "generator": {"output": "identity", "discriminator_first": 2}},
    "non-saturating": {
        "task": {**DIGITS, "loss": "non_saturating"},
        "network": {"norm": "layer", "dropout": 0.3, "activation": "leaky_relu", "negative_slope": 0.2},
        "optimizer": {"name": "adam", "lr": 0.01, "clip_norm": 0.5, "schedule": "cosine"},
        "generator": {"norm": "batch", "optimizer": "sgd", "discriminator_steps": 3},
    },
    "least squares": {
        "task": {**RING, "loss": "least_squares"},
        "network": {"norm": "weight", "skip": "residual", "depth": 4, "activation": "gelu"},
        "optimizer": {"name": "lion", "lr": 0.001},
        "generator": {"optimizer": "lion", "activation": "prelu", "norm": "rms", "depth": 3},
    },
    "Wasserstein": {
        "task": {**RING, "loss": "wasserstein", "weight_bound": 0.1},
        "network": {"depth": 0},
        "generator": {"depth": 0, "optimizer": "adam", "lr": 0.0},
    },
    "two rules": {
        "task": {**RING, "loss": "auto"},
        "network": {"norm": "batch", "skip": "highway", "depth": 3},
        "optimizer": {"name": "momentum", "lr": 0.01},
        "generator": {"optimizer": "muon", "depth": 3, "norm": "weight"},
    },
}


def _scenario(name):
    document = GAMES[name]
    network = {"kind": "gan", "depth": 2, "width": 6, "activation": "tanh", "dtype": "float64"}
    optimizer = {"name": "sgd", "lr": 0.05}
    generator = {"depth": 1, "width": 5, "latent": 3, "activation": "tanh"}
    return Scenario.from_dict(
        {
            "seed": 5,
            "steps": STEPS,
            "title": f"A game: {name}",
            "task": document["task"],
            "network": {**network, **document.get("network", {})},
            "optimizer": document.get("optimizer", optimizer),
            "generator": {**generator, **document["generator"]},
        }
    )


def _written(name):
    simulation = Simulation(_scenario(name))
    return simulation, program(simulation.scenario, simulation.dataset, simulation.parameters())


@pytest.mark.parametrize(("name", "steps"), [("two rules", 0), *((name, STEPS) for name in GAMES)])
def test_it_prints_what_the_simulation_measures(name, steps, monkeypatch, capsys):
    torch = pytest.importorskip("torch", reason="PyTorch is not installed: the script cannot run")
    simulation, text = _written(name)
    monkeypatch.setattr(sys, "argv", ["game.py", "--json", "--steps", str(steps)])
    before = torch.get_default_dtype()
    try:
        exec(compile(text, "game.py", "exec"), {"__name__": "__main__"})
    finally:
        torch.set_default_dtype(before)
        torch.set_flush_denormal(False)
    found = json.loads(capsys.readouterr().out)
    simulation.step(steps)
    profile = simulation.profile()
    assert found["taps"] == list(profile.taps)
    assert found["loss"] == pytest.approx(simulation.loss, rel=1e-8)
    assert found["generator_loss"] == pytest.approx(simulation.generator_loss, rel=1e-8)
    assert found["evaluate"] == pytest.approx(simulation.evaluate(), rel=1e-7)
    assert {"grad_rms", "delta_rms", "update_ratio", "activation_mean", "distance"} <= set(found["profile"])
    for gauge, row in found["profile"].items():
        numbers = [float(entry) for entry in row]
        np.testing.assert_allclose(numbers, profile[gauge], rtol=1e-7, atol=1e-12, err_msg=gauge)


@pytest.mark.parametrize("name", GAMES)
def test_it_is_as_ruff_would_have_it(name, tmp_path):
    pytest.importorskip("ruff", reason="ruff is not installed")
    _, text = _written(name)
    (tmp_path / "game.py").write_text(text)
    rules = "E,F,I,B,UP,SIM,RUF,C4,PIE,RET"
    for command in (
        ["check", "--select", rules, "--line-length", "120"],
        ["format", "--check", "--line-length", "100"],
    ):
        ran = [sys.executable, "-m", "ruff", *command, "--isolated", "--no-cache", "game.py"]
        done = subprocess.run(ran, cwd=tmp_path, check=False, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout


def test_only_what_the_scenario_uses_is_written():
    scenario = _scenario("minimax")
    text = definitions(scenario, Simulation(scenario).dataset)
    for word in ("dropout", "schedule", "clip", "clamp", "norm(", "kept =", "Lion", "Muon", "tanh(x)  #", "gradtui."):
        assert word not in text.replace("those of gradtui,", "")
    assert text.count("def mix(") == text.count("def normals(") == 1


def test_it_runs_alone_and_its_table_has_a_line_for_each_layer(tmp_path):
    pytest.importorskip("torch", reason="PyTorch is not installed: the script cannot run")
    _, text = _written("minimax")
    lines = alone(tmp_path, text, "--steps", "2").splitlines()
    assert lines[0].startswith("2 steps, loss ")
    assert [line.split()[0] for line in lines[2:]] == ["layer", "G.1", "G.out", "D.1", "D.2", "D.out"]
