"""How widely a transformer looks, held against the definition."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gradtui import Scenario, Simulation
from gradtui.lab.sight import Attention
from gradtui.lab.sighting import see
from gradtui.lab.sighting_attention import entropies


def _seen(causal: bool, zero: bool = False) -> tuple[Simulation, Attention]:
    tables = {
        "task": {"name": "recall", "length": 5, "symbols": 4, "examples": 40, "batch": 8},
        "network": {"kind": "transformer", "depth": 2, "width": 8, "heads": 2, "feedforward": 8, "causal": causal},
    }
    simulation = Simulation(Scenario.from_dict(tables))
    if zero:
        simulation.load_parameters({name: values * 0.0 for name, values in simulation.parameters().items()})
    return simulation, next(part for part in see(simulation).parts if isinstance(part, Attention))


def test_entropy_is_that_of_the_weights():
    simulation, seen = _seen(causal=False)
    assert seen.uniform == math.log(5)
    for block, heads in enumerate(seen.entropy):
        weights = simulation.attention_weights(block).astype(float)
        for head, entropy in enumerate(heads):
            rows = [
                -sum(p * math.log(p) for p in weights[example, head, query])
                for example in range(8)
                for query in range(5)
            ]
            assert entropy == pytest.approx(np.mean(rows), rel=1e-9)
            assert 0.0 < entropy < seen.uniform


@pytest.mark.parametrize("causal", [False, True])
def test_who_knows_nothing_looks_at_all_alike(causal):
    _, seen = _seen(causal, zero=True)
    assert seen.uniform == pytest.approx(sum(map(math.log, range(1, 6))) / 5 if causal else math.log(5))
    for heads in seen.entropy:
        assert heads == pytest.approx((seen.uniform,) * 2, rel=1e-6)


def test_a_single_look_has_no_entropy_and_a_weight_that_is_no_number_none_that_could_be_told():
    weights = np.zeros((1, 2, 3, 3))
    weights[..., 1] = 1.0
    weights[0, 1, 0, 0] = np.nan
    assert entropies(weights)[0] == 0.0
    assert np.isnan(entropies(weights)[1])


def test_only_transformers_attend():
    simulation = Simulation(Scenario.from_dict({"network": {"depth": 1, "width": 4}}))
    with pytest.raises(ValueError, match="transformer"):
        simulation.attention_weights(0)
    assert not any(isinstance(part, Attention) for part in see(simulation).parts)
