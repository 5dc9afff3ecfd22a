"""The written script of a transformer: it runs alone, prints what the simulation prints, and reads well."""

from __future__ import annotations

import json
import subprocess
import sys

import numpy as np
import pytest
from written import one_after_another

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


def test_they_run_alone_and_print_what_the_simulations_measure(tmp_path):
    """As numbers, and one of them as a table with a line for each tap."""
    pytest.importorskip("torch", reason="PyTorch is not installed: the script cannot run")
    made = {name: _written(name) for name in NETWORKS}
    scripts = {name: (text, "--json") for name, (_, text) in made.items()}
    printed = one_after_another(tmp_path, {**scripts, "table": (made["dropping"][1], "--steps", "2")})
    _assert_is_table(printed["table"].splitlines(), made["dropping"][0].taps)
    for name, (simulation, _) in made.items():
        found = json.loads(printed[name])
        simulation.step(STEPS)
        profile = simulation.profile()
        assert found["taps"] == list(profile.taps), name
        assert found["loss"] == pytest.approx(simulation.loss, rel=1e-8), name
        assert found["evaluate"] == pytest.approx(simulation.evaluate(), rel=1e-7), name
        assert {"grad_rms", "delta_rms", "update_ratio", "activation_mean", "distance"} <= set(found["profile"]), name
        for gauge, row in found["profile"].items():
            np.testing.assert_allclose(row, profile[gauge], rtol=1e-6, atol=1e-12, err_msg=f"{name}: {gauge}")


def _assert_is_table(lines, taps):
    assert lines[0].startswith("2 steps, loss ")
    assert [line.split()[0] for line in lines[2:]] == ["layer", *taps]
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
