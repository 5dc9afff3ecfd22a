"""The timeline keeps the past of every layer in a fixed memory, as it was measured."""

from __future__ import annotations

import math

import numpy as np

from gradtui.lab.timeline import KEPT, Timeline
from gradtui.profile import GradientProfile


def profile(step: int, taps: int = 3) -> GradientProfile:
    """A profile whose every value tells its step, its gauge and its tap."""
    gauges = {gauge: np.array([step + 0.1 * row + 0.01 * tap for tap in range(taps)]) for row, gauge in enumerate(KEPT)}
    return GradientProfile(step, tuple(map(str, range(taps))), gauges, 0.0, 0.0)


def test_what_is_kept_is_what_was_measured() -> None:
    timeline = Timeline()
    for step in (0, 3, 10):
        timeline.add(profile(step))
    history = timeline.history()
    assert history.steps.tolist() == [0, 3, 10]
    for gauge in KEPT:
        assert np.array_equal(history[gauge], [profile(step)[gauge] for step in (0, 3, 10)])


def test_a_long_run_stays_small_and_keeps_its_beginning_and_its_whole_length() -> None:
    timeline = Timeline(points=32)
    for step in range(0, 100_000, 7):
        timeline.add(profile(step))
        steps = timeline.history().steps
        assert len(steps) <= 32
    assert steps[0] == 0
    assert steps[-1] > 0.9 * 100_000
    gaps = np.diff(steps)
    assert gaps.max() <= 3 * gaps.min()
    assert len(steps) > 12
    assert np.array_equal(timeline.history()["grad_rms"][:, 0], steps)


def test_what_was_handed_out_is_never_written_again() -> None:
    timeline = Timeline(points=8)
    handed_out, copies = [], []
    for step in range(200):
        timeline.add(profile(step))
        history = timeline.history()
        handed_out.append(history)
        copies.append((history.steps.copy(), history["delta_rms"].copy()))
    for history, (steps, values) in zip(handed_out, copies, strict=True):
        assert np.array_equal(history.steps, steps)
        assert np.array_equal(history["delta_rms"], values)


def test_a_nan_in_the_past_is_neither_dropped_nor_spread() -> None:
    timeline = Timeline(points=8)
    for step in range(8):
        broken = profile(step)
        broken.gauges["grad_rms"][1] = math.nan if step >= 4 else 1.0
        timeline.add(broken)
    values = timeline.history()["grad_rms"]
    assert np.isnan(values[:, 1]).tolist() == [False] * 4 + [True] * 4
    assert np.isfinite(values[:, 0]).all()


def test_standing_still_adds_nothing() -> None:
    timeline = Timeline()
    for _ in range(5):
        timeline.add(profile(0))
    assert timeline.history().steps.tolist() == [0]
