"""The written script by itself: it runs alone, prints what the simulation prints, and reads well."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from written import alone, one_after_another

from gradtui import Scenario, Simulation, cli
from gradtui.export.forward import ACTIVATIONS
from gradtui.export.pytorch import definitions, program
from gradtui.scenario import menu

DIGITS = {"name": "digits", "batch": 16}
MOONS = {"name": "moons", "batch": 8, "examples": 60}

#: Small networks from all corners of the menu.
NETWORKS = {
    "sigmoid": {"task": DIGITS, "network": {"depth": 4, "width": 12}},
    "residual": {
        "task": MOONS,
        "network": {"depth": 7, "width": 6, "activation": "relu", "norm": "batch", "skip": "residual"},
        "optimizer": {"name": "adam", "lr": 0.01, "schedule": "cosine", "warmup_steps": 2, "clip_norm": 0.5},
    },
    "highway": {
        "task": MOONS,
        "network": {"depth": 5, "width": 6, "activation": "prelu", "norm": "weight", "skip": "highway"},
        "optimizer": {"name": "muon", "clip_agc": 0.1},
    },
    "dense": {
        "task": {**DIGITS, "label_smoothing": 0.1},
        "network": {"depth": 4, "width": 6, "growth_rate": 4, "activation": "gelu", "norm": "rms", "skip": "dense"},
        "optimizer": {"name": "lion", "lr": 0.01, "clip_value": 0.01},
    },
    "rezero": {
        "task": {**MOONS, "loss": "mse"},
        "network": {
            "activation": "celu",
            "skip": "rezero",
            "skip_form": "pre",
            "layer": [{"width": 4, "repeat": 3}, {"width": 6, "repeat": 2, "norm": "layer"}],
        },
        "optimizer": {"name": "nadam", "schedule": "step", "step_size": 2},
    },
    "convolutional": {
        "task": {**DIGITS, "batch": 6},
        "network": {
            "kind": "cnn",
            "depth": 5,
            "width": 4,
            "stages": 2,
            "activation": "silu",
            "norm": "group",
            "norm_groups": 2,
            "skip": "residual",
        },
        "optimizer": {"name": "nag", "lr": 0.01},
    },
    "recurrent": {
        "task": {"name": "latch", "length": 12, "examples": 40, "batch": 8},
        "network": {"kind": "rnn", "depth": 2, "width": 6, "activation": "sigmoid", "truncation": 5},
        "optimizer": {"name": "muon", "clip_agc": 0.1},
    },
    "lstm": {
        "task": {"name": "copy", "length": 3, "copied": 2, "symbols": 4, "examples": 40, "batch": 6},
        "network": {"kind": "rnn", "cell": "lstm", "depth": 2, "width": 5, "forget_bias": 1.0},
        "optimizer": {"name": "adam", "lr": 0.01, "clip_norm": 0.5},
    },
    "gru": {
        "task": {"name": "adding", "length": 9, "examples": 40, "batch": 6},
        "network": {"kind": "rnn", "cell": "gru", "width": 5, "recurrent_init": "orthogonal", "truncation": 4},
        "optimizer": {"name": "rmsprop", "lr": 0.001},
    },
    "no hidden layer": {"task": {**MOONS, "batch": 0}, "network": {"depth": 0}, "optimizer": {"name": "rprop"}},
}
STEPS = 6


def _scenario(name):
    document = NETWORKS[name]
    network = {**document["network"], "dtype": "float64"}
    return Scenario.from_dict({**document, "network": network, "seed": 5, "steps": STEPS, "title": f"A {name} net"})


def _written(scenario):
    simulation = Simulation(scenario)
    return simulation, program(scenario, simulation.dataset, simulation.parameters())


def test_they_run_alone_and_print_what_the_simulations_measure(tmp_path):
    """As drawn, after some steps, and, of a recurrent net, as a table."""
    pytest.importorskip("torch", reason="PyTorch is not installed: the script cannot run")
    made = {name: _written(_scenario(name)) for name in NETWORKS}
    scripts = {name: (text, "--json") for name, (_, text) in made.items()}
    scripts["as drawn"] = (made["residual"][1], "--json", "--steps", "0")
    scripts["table"] = (made["lstm"][1], "--steps", "1")
    printed = one_after_another(tmp_path, scripts)
    _assert_as_drawn(json.loads(printed["as drawn"]), made["residual"][0])
    for name, (simulation, _) in made.items():
        found = json.loads(printed[name])
        simulation.step(STEPS)
        profile = simulation.profile()
        assert found["taps"] == list(profile.taps), name
        assert (found["seed"], found["steps"]) == (5, STEPS), name
        assert found["loss"] == pytest.approx(simulation.loss, rel=1e-8), name
        assert found["evaluate"] == pytest.approx(simulation.evaluate(), rel=1e-7), name
        assert {"grad_rms", "delta_rms", "update_ratio", "activation_mean", "distance"} <= set(found["profile"]), name
        for gauge, row in found["profile"].items():
            np.testing.assert_allclose(row, profile[gauge], rtol=1e-7, atol=1e-12, err_msg=f"{name}: {gauge}")
        assert set(found.get("time", {})) == set(profile.time), name
        for gauge, table in found.get("time", {}).items():
            np.testing.assert_allclose(table, profile.time[gauge], rtol=1e-7, err_msg=f"{name}: {gauge}")
    _assert_signal_over_time(printed["table"].splitlines())


def _assert_as_drawn(found, simulation):
    assert found["profile"]["grad_rms"] == pytest.approx(simulation.profile()["grad_rms"].tolist(), rel=1e-8)
    assert found["profile"]["update_ratio"] == ["nan"] * 8
    assert found["evaluate"] == pytest.approx(simulation.evaluate(), rel=1e-8)


def _assert_signal_over_time(lines):
    assert [line.split()[0] for line in lines[2:6]] == ["layer", "1", "2", "out"]
    assert lines[6].startswith("delta_rms, layer 1: step 1: ")
    assert any(line.startswith("gate_forget, layer 2: step 1: 0.") for line in lines)


def test_the_table_has_a_line_for_each_layer(tmp_path):
    pytest.importorskip("torch", reason="PyTorch is not installed: the script cannot run")
    _, text = _written(_scenario("sigmoid"))
    lines = alone(tmp_path, text, "--steps", "2").splitlines()
    assert lines[0].startswith("2 steps, loss ")
    assert [line.split()[0] for line in lines[2:]] == ["layer", "1", "2", "3", "4", "out"]
    assert lines[2].split()[-2:] == ["saturated", "nonfinite"]


@pytest.mark.parametrize("name", NETWORKS)
def test_it_is_as_ruff_would_have_it(name, tmp_path):
    pytest.importorskip("ruff", reason="ruff is not installed")
    _, text = _written(_scenario(name))
    (tmp_path / "net.py").write_text(text)
    rules = "E,F,I,B,UP,SIM,RUF,C4,PIE,RET"
    for command in (
        ["check", "--select", rules, "--line-length", "120"],
        ["format", "--check", "--line-length", "100"],
    ):
        ran = [sys.executable, "-m", "ruff", *command, "--isolated", "--no-cache", "net.py"]
        subprocess.run(ran, cwd=tmp_path, check=True, capture_output=True)


def test_a_loop_takes_the_place_of_equal_layers():
    scenario = Scenario.load("residual-56")
    simulation = Simulation(scenario.replace("network.width=4"))
    text = definitions(simulation.scenario, simulation.dataset)
    assert text.count("self.hidden[i + 1](x)") == text.count("self.hidden[i](x)") == 1
    assert len(text.splitlines()) < 300


def test_only_what_the_scenario_uses_is_written():
    scenario = _scenario("sigmoid")
    text = definitions(scenario, Simulation(scenario).dataset)
    for word in ("dropout", "schedule", "clip", "norm(", "kept =", "gate", "Lion", "Muon", "conv"):
        assert word not in text


def test_a_title_cannot_break_the_text():
    title = 'Quotes """ and \\ backslashes\nand lines "'
    scenario = Scenario.from_dict({**NETWORKS["sigmoid"], "title": title, "source": '"""'})
    compile(definitions(scenario, Simulation(scenario).dataset), "net.py", "exec")


def test_every_activation_has_its_words():
    assert {row.name for row in menu.choices("activation")} - {"identity", "prelu"} == set(ACTIVATIONS)


def test_writing_it_needs_no_torch(tmp_path):
    code = (
        "import sys\nfrom gradtui.cli import commands\n"
        f"commands.main(['export', 'torch', 'xor-first', '-o', {str(tmp_path / 'net.py')!r}], standalone_mode=False)\n"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True, timeout=300)
    assert "class Net(nn.Module):" in (tmp_path / "net.py").read_text()


# The command


def _invoke(*arguments):
    return CliRunner().invoke(cli.commands, [str(argument) for argument in arguments], prog_name="gradtui")


def test_it_is_printed_or_written_over_what_is_there(tmp_path):
    printed = _invoke("export", "torch", "xor-first", "--seed", 4, "--set", "network.width=3")
    assert printed.exit_code == 0
    assert "SEED = 4" in printed.stdout
    path = tmp_path / "net.py"
    path.write_text("old")
    assert _invoke("export", "torch", "xor-first", "-o", path, "--seed", 4, "--set", "network.width=3").stdout == ""
    assert path.read_text() == printed.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (
            ["tortch", "xor-first"],
            "there is no format tortch to export to; there is torch, csv, jsonl; did you mean torch?",
        ),
        (["torch"], "NAME|FILE"),
        (["torch", "xor-frist"], "did you mean xor-first?"),
        (["torch", "xor-first", "-o", "nowhere/net.py"], "there is no folder nowhere"),
        (["torch", "xor-first", "-o", "."], ". is a folder; name a file in it"),
        (["torch", "xor-first", "--set", "network.width=0"], "network.width"),
        (["torch", "xor-first", "--set", "network.width=2048", "--set", "network.depth=5"], "MB"),
    ],
)
def test_wrong_usage_is_a_sentence_and_exit_code_2(arguments, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    result = _invoke("export", *arguments)
    assert result.exit_code == 2
    assert result.stdout == ""
    assert words in result.stderr
    assert "Traceback" not in result.stderr
    assert not list(Path(tmp_path).iterdir())
