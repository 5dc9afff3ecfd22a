"""Data to imitate: where its points lie, how its pixels are scaled, and that nothing is asked of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradtui import tasks
from gradtui.scenario.model import Task
from gradtui.tasks.digits import digits
from gradtui.tasks.imitations import ring


@given(count=st.integers(10, 500), seed=st.integers(0, 2**32))
def test_a_ring_without_noise_is_eight_places(count, seed):
    points = ring(count, 0.0, seed).inputs
    np.testing.assert_allclose(np.hypot(*points.T), 2.0, rtol=1e-14)
    places, counts = np.unique(points.round(9), axis=0, return_counts=True)
    assert len(places) == min(count, 8)
    assert counts.max() - counts.min() <= 1


def test_the_noise_of_the_ring_is_each_places_deviation():
    spread = ring(40_000, 0.02, 0).inputs - ring(40_000, 0.0, 0).inputs
    assert spread.std() == pytest.approx(0.02, rel=0.02)
    assert abs(spread.mean()) < 5 * 0.02 / np.sqrt(80_000)


def test_the_ring_as_a_task_is_not_scaled():
    data = tasks.load(Task(name="gan-ring", examples=800, noise=0.02), 3)
    assert data.train_inputs.shape == (640, 2)
    assert data.test_inputs.shape == (160, 2)
    np.testing.assert_allclose(np.hypot(*data.train_inputs.T), 2.0, atol=0.15)
    assert (data.loss, data.classes, data.outputs, data.image) == ("non_saturating", (), 1, None)


def test_digits_from_minus_one_to_one():
    data = tasks.load(Task(name="gan-digits", loss="minimax"), 0)
    train, test = digits()
    assert data.image == (8, 8, 1)
    assert (data.train_inputs.min(), data.train_inputs.max()) == (-1.0, 1.0)
    assert len(np.unique(data.train_inputs)) == 17
    for mine, theirs in ((data.train_inputs, train.inputs), (data.test_inputs, test.inputs)):
        assert np.corrcoef(mine.ravel(), theirs.ravel())[0, 1] == pytest.approx(1.0)
    assert data.loss == "minimax"
    assert data.train_targets.shape == (1437, 1)
    assert not data.train_targets.any()


def test_other_data_is_imitated_where_a_game_is_asked_for():
    data = tasks.load(Task(name="moons", loss="least_squares"), 0)
    assert (data.loss, data.outputs, data.classes) == ("least_squares", 1, ())
