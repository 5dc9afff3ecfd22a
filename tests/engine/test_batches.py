"""Batches of sequences, from the training set into the layouts that networks read."""

from __future__ import annotations

import naive
import numpy as np
import pytest

from gradtui import Scenario, tasks
from gradtui.engine import batches
from gradtui.engine.ground import Ground, batch_of, reserve_clock, reserve_examples, reserve_sequences
from gradtui.engine.layout import Arena

BATCH, EXAMPLES = 5, 12


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("over_time", [True, False])
@pytest.mark.parametrize("name", ["adding", "latch", "temporal-order", "recall", "copy"])
def test_a_batch_of_sequences(name, over_time, dtype):
    """Whatever the task, what the programs lay down is what NumPy picks out of the training set."""
    table = {"name": name, "batch": BATCH, "examples": EXAMPLES, "length": 6}
    scenario = Scenario.from_dict({"task": table, "network": {"dtype": dtype}, "seed": 4})
    data = tasks.load(scenario.task, scenario.seed)
    ground = Ground(scenario, data, batch_of(scenario, data))
    reserve_clock(ground)
    reserve_examples(ground)
    reserve_sequences(ground, over_time)
    arena = Arena(ground.layout)
    see = {region: arena.view(ground.regions[region]) for region in ground.regions}
    see["train_inputs"][:], see["train_targets"][:] = data.train_inputs, data.train_targets
    program = batches.feed_sequences(ground, over_time).link(arena)
    for step in (0, 1, 7):
        see["clock"][0] = step
        program.run()
        chosen = naive.chosen(scenario.seed, step, EXAMPLES, BATCH)
        inputs, targets = data.train_inputs[chosen], data.train_targets[chosen]
        if not data.vocabulary:
            inputs = inputs.reshape(BATCH, data.steps, data.features)
        if over_time:
            inputs = naive.over_time(inputs)
            inputs = naive.one_hot(inputs, data.tokens) if data.vocabulary else inputs
            targets = naive.over_time(targets) if data.per_step else targets
        np.testing.assert_array_equal(see["x"], inputs.astype(see["x"].dtype))
        np.testing.assert_array_equal(see["targets"], targets.astype(see["targets"].dtype))
        assert (see["x"].dtype == np.int64) == (bool(data.vocabulary) and not over_time)
