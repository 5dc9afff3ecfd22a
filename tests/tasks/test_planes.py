"""Generated tasks: keyed by the seed, scaled, split, and of the shape that their name says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradtui.scenario.model import Task
from gradtui.tasks import load
from gradtui.tasks.examples import Examples, standardise
from gradtui.tasks.planes import generate

NAMES = st.sampled_from(["moons", "circles", "spirals", "xor"])


@given(NAMES, st.integers(10, 300), st.floats(0, 10), st.integers(0, 2**63 - 1), st.floats(0.01, 0.99))
def test_any_task_is_sound(name: str, count: int, noise: float, seed: int, held_out: float) -> None:
    task = Task(name=name, examples=count, noise=noise, held_out=held_out, batch=0)
    points = load(task, seed)
    assert len(points.train_inputs) + len(points.test_inputs) == count
    assert len(points.train_inputs) >= 1
    assert len(points.test_inputs) >= 1
    assert points.train_inputs.shape[1] == points.test_inputs.shape[1] == 2
    assert np.isfinite(points.train_inputs).all()
    assert np.isfinite(points.test_inputs).all()
    assert (points.loss, points.outputs, len(points.classes)) == ("bce", 1, 2)
    assert set(np.unique(points.train_targets)) <= {0.0, 1.0}
    again = load(task, seed)
    np.testing.assert_array_equal(points.train_inputs, again.train_inputs)
    np.testing.assert_array_equal(points.test_targets, again.test_targets)


@given(NAMES, st.integers(10, 300))
def test_both_classes_are_equally_many(name: str, count: int) -> None:
    labels = generate(name, count, 0.1, 0).answers
    assert abs(int(labels.sum()) * 2 - count) <= 1


@pytest.mark.parametrize("name", ["moons", "circles", "spirals", "xor"])
def test_another_seed_other_points(name: str) -> None:
    assert (load(Task(name=name), 0).train_inputs != load(Task(name=name), 1).train_inputs).any()


@pytest.mark.parametrize("name", ["moons", "circles", "spirals", "xor"])
def test_training_inputs_are_standardised(name: str) -> None:
    inputs = load(Task(name=name), 0).train_inputs
    np.testing.assert_allclose(inputs.mean(axis=0), 0, atol=1e-12)
    np.testing.assert_allclose(inputs.std(axis=0), 1, atol=1e-12)


def test_shapes_without_noise() -> None:
    circles = generate("circles", 200, 0.0, 0)
    radius = np.hypot(*circles.inputs.T)
    np.testing.assert_allclose(radius, np.where(circles.answers == 1, 0.5, 1.0))
    xor = generate("xor", 200, 0.0, 0)
    np.testing.assert_array_equal(np.abs(xor.inputs), 1.0)
    np.testing.assert_array_equal(np.prod(xor.inputs, axis=1) < 0, xor.answers == 1)
    spirals = generate("spirals", 200, 0.0, 0)
    radius, angle = np.hypot(*spirals.inputs.T), np.arctan2(spirals.inputs[:, 1], spirals.inputs[:, 0])
    turned = angle - np.pi * radius - np.pi * spirals.answers
    np.testing.assert_allclose(np.cos(turned), 1.0, atol=1e-9)
    moons = generate("moons", 200, 0.0, 0)
    centre = np.where(moons.answers[:, None] == 1, [1.0, 0.5], [0.0, 0.0])
    np.testing.assert_allclose(np.hypot(*(moons.inputs - centre).T), 1.0)


def test_two_classes_may_have_two_outputs() -> None:
    assert load(Task(name="xor", loss="cross_entropy"), 0).outputs == 2
    assert load(Task(name="xor", loss="mse"), 0).train_targets.shape == (800, 2)


@given(st.floats(-1e300, 1e300), st.floats(-1e300, 1e300))
def test_standardising_survives_constants_and_giants(constant: float, giant: float) -> None:
    inputs = np.array([[constant, giant, 0.0], [constant, -giant, 1e-310], [constant, 0.0, 0.0]])
    part = Examples(inputs, np.zeros(3, np.int64), ("a", "b"))
    for scaled in standardise(part, part):
        assert np.isfinite(scaled.inputs).all()
        np.testing.assert_array_equal(scaled.inputs[:, 0], 0.0)
