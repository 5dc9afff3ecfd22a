"""Sequences on networks that read them: any length can be turned to while the run goes on."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gradtui import Scenario, Simulation
from gradtui.lab.changes import Effect
from gradtui.lab.sight import Continuation, OverTime
from gradtui.lab.sighting import see

TRAINED = {"optimizer": {"name": "adam", "lr": 0.005, "clip_norm": 1.0}}
NETWORKS = {
    "rnn": {"kind": "rnn", "cell": "gru", "depth": 1, "width": 8, "init": "torch_default"},
    "transformer": {"kind": "transformer", "depth": 1, "width": 8, "heads": 2, "activation": "relu", "causal": True},
}


@pytest.mark.parametrize("kind", NETWORKS)
@pytest.mark.parametrize("name", ["adding", "temporal-order", "copy"])
def test_the_length_is_turned_under_way(name: str, kind: str) -> None:
    """The weights, their optimizer and the clock go on; batches, answers and gauges are those of the new length."""
    task = {"name": name, "batch": 4, "examples": 50, "length": 5}
    simulation = Simulation(Scenario.from_dict({"task": task, "network": NETWORKS[kind], **TRAINED}))
    for step, length in enumerate((9, 2, 5), 1):
        simulation.step(1)
        weights = simulation.parameters()
        assert simulation.change(simulation.scenario.replace(f"task.length={length}")) is Effect.CARRIED
        data = simulation.dataset
        steps = length + 20 if name == "copy" else length
        assert data.steps == steps
        assert simulation.step_count == step
        for key, values in simulation.parameters().items():
            np.testing.assert_array_equal(values, weights[key])
        inputs, targets = simulation.batch(0)
        assert inputs.shape == ((4, steps) if data.tokens else (4, steps, data.features))
        answered = (4, steps, data.outputs) if data.per_step else (4, data.outputs)
        assert simulation.outputs(inputs).shape == answered
        assert len(targets) == 4
        assert all(gauge.shape[1] == steps for gauge in simulation.profile().time.values())
        assert np.isfinite(simulation.evaluate()["loss"])


@pytest.mark.parametrize("kind", NETWORKS)
def test_a_text_is_learned_and_read_on(kind: str, tmp_path: Path) -> None:
    path = tmp_path / "clock.txt"
    path.write_text("tick tock, " * 100)
    task = {"name": "text", "path": str(path), "length": 8, "batch": 32}
    network = {**NETWORKS[kind], "width": 24}
    simulation = Simulation(Scenario.from_dict({"task": task, "network": network, **TRAINED}))
    simulation.step(800)
    told, over = see(simulation).parts[:2]
    assert isinstance(told, Continuation)
    assert isinstance(over, OverTime)
    assert over.right[-1] == 1.0
    assert told.prompt + told.said in "tick tock, " * 10
    assert simulation.evaluate()["accuracy"] > 0.8
