"""Curves thin themselves and stay true: every point is the mean of the steps that it stands for."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradtui.lab.curves import POINTS, CurveKeeper, Track


@given(st.lists(st.integers(0, 700), min_size=1, max_size=12))
def test_points_are_means_of_their_steps(portions):
    track = Track(columns=2)
    values = np.arange(sum(portions), dtype=float)
    start = 0
    for portion in portions:
        rows = np.stack([values[start : start + portion], -values[start : start + portion]], axis=1)
        track.append(start, rows)
        start += portion
    steps, means = track.points()
    assert len(steps) <= POINTS + 1
    assert track.next_step == len(values)
    expected = [values[at : at + track.stride].mean() for at in range(0, len(values), track.stride)]
    np.testing.assert_allclose(means[:, 0], expected)
    np.testing.assert_allclose(means[:, 1], [-mean for mean in expected])
    assert np.all(np.diff(steps) > 0)


def test_a_million_steps_fit_in_a_few_hundred_points():
    keeper = CurveKeeper()
    for start in range(0, 1_000_000, 8000):
        steps = np.arange(start, start + 8000, dtype=float)
        keeper.add_batches(start, np.stack([steps, steps], axis=1))
    curves = keeper.curves()
    assert POINTS / 2 <= len(curves.steps) <= POINTS + 1
    assert keeper.next_step == 1_000_000
    middle = len(curves.steps) // 2
    assert curves.loss[middle] == pytest.approx(curves.steps[middle], abs=1)


def test_nan_shows_as_nan():
    keeper = CurveKeeper()
    keeper.add_batches(0, np.array([[1.0, 0.5], [np.nan, 0.5]]))
    curves = keeper.curves()
    assert curves.loss[0] == 1.0
    assert np.isnan(curves.loss[1])


def test_held_out_evaluations_are_kept_with_their_steps():
    keeper = CurveKeeper()
    keeper.add_evaluation(0, {"loss": 2.0, "accuracy": 0.1})
    keeper.add_evaluation(7, {"loss": 1.0})
    curves = keeper.curves()
    assert curves.held_out_steps == (0, 7)
    assert curves.held_out_loss == (2.0, 1.0)
    assert curves.held_out_accuracy[0] == 0.1
    assert np.isnan(curves.held_out_accuracy[1]), "a regression has no accuracy"
    for step in range(5000):
        keeper.add_evaluation(step, {"loss": 1.0})
    assert len(keeper.curves().held_out_steps) <= POINTS
