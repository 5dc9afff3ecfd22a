"""The written script of a transformer: it runs alone, prints what the simulation prints, and reads well."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest

from gradtui import Scenario, Simulation
from gradtui.export.pytorch import definitions, program

COPY = {"name": "copy", "length": 3, "symbols": 3, "copied": 2, "examples": 60, "batch": 6}
ADDING = {"name": "adding", "length": 6, "examples": 60, "batch": 6}

#: Small transformers that together use every choice.
NETWORKS = {
    "post, causal, at every step": {
        "task": COPY,
        "network": {
            "skip_form": "post",
            "causal": True,
            "positions": "learned",
            "embedding_scale": 0.7,
            "skip_scale": 0.4,
        },
        "optimizer": {"name": "muon", "clip_norm": 0.5},
    },
    "dropping": {
        "task": {**COPY, "label_smoothing": 0.1},
        "network": {"dropout": 0.3, "activation": "gelu", "norm_eps": 1e-4, "feedforward": 5},
        "optimizer": {"name": "adamw", "weight_decay": 0.1, "clip_agc": 0.2},
    },
    "bare": {
        "task": ADDING,
        "network": {"norm": "none", "skip": "none", "positions": "none", "depth": 1, "heads": 1, "activation": "celu"},
        "optimizer": {"name": "rmsprop", "lr": 0.01, "eps": 1e-6},
    },
}
STEPS = 6


def _written(name):
    document = NETWORKS[name]
    network = {"kind": "transformer", "depth": 2, "width": 6, "heads": 2, "dtype": "float64", **document["network"]}
    scenario = Scenario.from_dict({**document, "network": network, "seed": 5, "steps": STEPS, "title": name})
    simulation = Simulation(scenario)
    return simulation, program(scenario, simulation.dataset, simulation.parameters())


def _alone(folder, text, *arguments):
    """Run the script in a folder of its own by a Python that sees nothing but installed packages."""
    (folder / "net.py").write_text(text)
    command = [sys.executable, "-I", "net.py", *arguments]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=True).stdout


@pytest.mark.parametrize("name", NETWORKS)
def test_it_runs_alone_and_prints_what_the_simulation_measures(name, tmp_path):
    pytest.importorskip("torch", reason="PyTorch is not installed: the script cannot run")
    simulation, text = _written(name)
    found = json.loads(_alone(tmp_path, text, "--json"))
    simulation.step(STEPS)
    profile = simulation.profile()
    assert found["taps"] == list(profile.taps)
    assert found["loss"] == pytest.approx(simulation.loss, rel=1e-8)
    assert found["evaluate"] == pytest.approx(simulation.evaluate(), rel=1e-7)
    assert {"grad_rms", "delta_rms", "update_ratio", "activation_mean", "distance"} <= set(found["profile"])
    for gauge, row in found["profile"].items():
        np.testing.assert_allclose(row, profile[gauge], rtol=1e-6, atol=1e-12, err_msg=gauge)


def test_the_table_has_a_line_for_each_tap(tmp_path):
    pytest.importorskip("torch", reason="PyTorch is not installed: the script cannot run")
    simulation, text = _written("dropping")
    lines = _alone(tmp_path, text, "--steps", "2").splitlines()
    assert lines[0].startswith("2 steps, loss ")
    assert [line.split()[0] for line in lines[2:]] == ["layer", *simulation.taps]
    assert len({len(line) for line in lines[3:]}) == 1


@pytest.mark.parametrize("name", NETWORKS)
def test_it_is_as_ruff_would_have_it(name, tmp_path):
    pytest.importorskip("ruff", reason="ruff is not installed")
    (tmp_path / "net.py").write_text(_written(name)[1])
    rules = "E,F,I,B,UP,SIM,RUF,C4,PIE,RET"
    for command in (
        ["check", "--select", rules, "--line-length", "120"],
        ["format", "--check", "--line-length", "100"],
    ):
        ran = [sys.executable, "-m", "ruff", *command, "--isolated", "--no-cache", "net.py"]
        subprocess.run(ran, cwd=tmp_path, check=True, capture_output=True)


def test_only_what_the_scenario_uses_is_written():
    scenario = _written("bare")[0].scenario
    text = definitions(scenario, Simulation(scenario).dataset)
    for word in ("dropout", "schedule", "clip", "norm1", "sinusoid", "positions", "future"):
        assert word not in text
    assert len(text.splitlines()) < 300
