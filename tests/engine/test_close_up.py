"""Close-ups of a tap: the last batch once more, and nothing of what was measured is lost."""

from __future__ import annotations

import naive
import numpy as np
import pytest
import small_networks

from gradtui import Scenario, Simulation, tasks
from gradtui.engine.network import Network


def _network(name):
    scenario = small_networks.scenario(name)
    return Network(scenario, tasks.load(scenario.task, scenario.seed))


@pytest.mark.parametrize("name", small_networks.NETWORKS)
def test_before_an_update_it_sees_what_the_step_saw(name):
    """With the same weights: the same activations and slopes in every stage's manner of training."""
    network = _network(name)
    network.look()
    for index, layer in enumerate(network._plan.layers):
        slopes, outputs = (network._view(region).copy() for region in (layer.activate.z, layer.activate.a))
        seen = network.close_up(index).activity(network.measured_step)
        if layer.activate.slope:
            np.testing.assert_array_equal(seen.z, slopes)
        else:
            np.testing.assert_array_equal(seen.slope, slopes)
        behind = layer.norm is not None and layer.spec.own.norm_place == "after"
        changed = behind or layer.spec.dropout
        if not changed:
            np.testing.assert_array_equal(seen.a, outputs)


@pytest.mark.parametrize("name", ["batch norm, dropout", "cnn, highway", "rms norm, rezero, pre", "cnn, list"])
def test_looking_changes_nothing(name):
    """Gauges, gradients, parameters and the steps to come are those of a twin at which nobody looked."""
    network, twin = _network(name), _network(name)
    for _ in range(2):
        for each in (network, twin):
            each.step(2)
        for index in range(len(network.taps)):
            near = network.close_up(index)
            near.activity(network.measured_step)
            near.slopes(np.linspace(-3.0, 3.0, 65))
        network.outputs(network.dataset.test_inputs)
        for read in ("gauges", "gradients", "parameters"):
            mine, others = getattr(network, read)(), getattr(twin, read)()
            for key, values in others.items():
                np.testing.assert_array_equal(mine[key], values, err_msg=f"{read} {key}")
    assert network.loss == twin.loss


@pytest.mark.parametrize("name", sorted(naive.ACTIVATIONS))
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_slopes_are_those_of_finite_differences(name, dtype):
    scenario = Scenario.from_dict(
        {
            "task": {"name": "moons", "batch": 4, "examples": 20},
            "network": {"depth": 1, "width": 2, "activation": name, "dtype": dtype},
        }
    )
    # No sample falls on a kink: there the two sides differ.
    xs = np.linspace(-5.03, 5.07, 97)
    slopes = Simulation(scenario).close_up(0).slopes(xs)
    bend = {"softplus": "beta", "leaky_relu": "negative_slope", "elu": "alpha", "celu": "alpha"}.get(name)
    chosen = (getattr(scenario.network, bend),) if bend else ()
    step = 1e-6
    ahead, behind = (naive.ACTIVATIONS[name](xs + side, *chosen)[0] for side in (step, -step))
    np.testing.assert_allclose(slopes, (ahead - behind) / (2 * step), atol=2e-6 if dtype == "float32" else 1e-8)


def test_learned_slopes_are_their_mean_on_the_left():
    network = _network("prelu")
    network.load_parameters(
        {
            name: np.linspace(0.1, 0.5, 4) if name.startswith("activation.0") else values
            for name, values in network.parameters().items()
        }
    )
    assert network.close_up(0).slopes(np.array([-2.0, -0.1, 0.1, 2.0])).tolist() == pytest.approx([0.3, 0.3, 1.0, 1.0])


def test_parameters_are_counted_layer_by_layer():
    for name in ("prelu", "cnn, batch norm", "weight norm, dense", "group norm, highway"):
        network = _network(name)
        gradients = network.gradients()
        counted = sum(network.close_up(index).parameters for index in range(len(network.taps)))
        assert counted == sum(values.size for values in gradients.values()), name


def test_outputs_come_in_pieces_of_any_size():
    """More rows than go through at once, fewer, and none."""
    network = _network("batch norm, dropout")
    inputs = np.tile(network.dataset.test_inputs, (4, 1))
    whole = network.outputs(inputs)
    assert whole.shape == (len(inputs), 10)
    rows = [0, 511, 512, len(inputs) - 1]
    for row in rows:
        np.testing.assert_allclose(network.outputs(inputs[row : row + 1])[0], whole[row], rtol=1e-9, atol=1e-12)
    assert network.outputs(inputs[:0]).shape == (0, 10)
