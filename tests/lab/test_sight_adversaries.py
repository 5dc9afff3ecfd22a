"""What is seen of two adversaries: samples beside data, and what the discriminator says of both."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gradtui import Scenario, Simulation
from gradtui.lab.sight import Forged, Imitated, Judged, Unseen
from gradtui.lab.sighting import see


def _simulation(steps=20, **task):
    scenario = {
        "task": {"batch": 16, **task},
        "network": {"kind": "gan", "depth": 1, "width": 8, "activation": "relu"},
        "generator": {"output": "identity", "width": 8},
    }
    simulation = Simulation(Scenario.from_dict(scenario))
    simulation.step(steps)
    return simulation


def _part(sight, kind):
    return next(part for part in sight.parts if isinstance(part, kind))


@pytest.mark.parametrize("loss", ["minimax", "non_saturating", "least_squares", "wasserstein"])
def test_what_the_discriminator_says(loss):
    simulation = _simulation(name="gan-ring", examples=200, loss=loss)
    judged = _part(see(simulation), Judged)
    samples = simulation.outputs(simulation.latent_points)
    answers = [simulation.judged(x).astype(float) for x in (simulation.dataset.test_inputs, samples)]
    assert judged.probability == (loss in ("minimax", "non_saturating"))
    if judged.probability:
        answers = [1.0 / (1.0 + np.exp(-logits)) for logits in answers]
    assert judged.data == pytest.approx(answers[0].mean(), rel=1e-6)
    assert judged.samples == pytest.approx(answers[1].mean(), rel=1e-6)
    assert judged.sample_mse == simulation.evaluate()["mean_sample_mse"]


def test_points_beside_the_data():
    simulation = _simulation(name="gan-ring", examples=200)
    sight = see(simulation)
    seen = _part(sight, Imitated)
    assert (sight.step, sight.title, sight.classes) == (20, "ring of 8 Gaussians", ())
    held_out = simulation.dataset.test_inputs
    assert seen.data == tuple(map(tuple, held_out.tolist()))
    samples = simulation.outputs(simulation.latent_points)[: len(held_out)]
    np.testing.assert_allclose(seen.samples, samples, rtol=1e-6)
    assert seen.left < held_out[:, 0].min()
    assert seen.top > held_out[:, 1].max()
    assert seen.axes == ("x", "y")


def test_samples_that_are_no_numbers_are_counted():
    simulation = _simulation(name="gan-ring", examples=200)
    parameters = simulation.parameters()
    parameters["generator.output.bias"][:] = math.nan
    simulation.load_parameters(parameters)
    seen = _part(see(simulation), Imitated)
    assert (seen.samples, seen.nonfinite) == ((), 40)
    assert math.isnan(_part(see(simulation), Judged).samples)


def test_images_beside_the_data():
    simulation = _simulation(name="gan-digits")
    seen = _part(see(simulation), Forged)
    assert (seen.height, seen.width) == (8, 8)
    assert len(seen.data) == len(seen.samples) == 24
    wanted = (simulation.dataset.test_inputs[0] + 1.0) / 2.0
    np.testing.assert_allclose(seen.data[0], wanted)
    made = np.clip((simulation.outputs(simulation.latent_points)[3] + 1.0) / 2.0, 0.0, 1.0)
    np.testing.assert_allclose(seen.samples[3], made, rtol=1e-6)


def test_what_has_no_picture(tmp_path):
    path = tmp_path / "table.csv"
    rows = np.random.default_rng(0).standard_normal((60, 4))
    path.write_text("a,b,c,d\n" + "\n".join(",".join(f"{x:.4f}" for x in row) for row in rows))
    simulation = _simulation(name="file", path=str(path), loss="minimax")
    assert "samples of 3 numbers" in _part(see(simulation), Unseen).reason
