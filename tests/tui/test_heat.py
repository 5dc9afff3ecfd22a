"""The table behind the map, and the trails beside the bars: the right moment in every slot."""

from __future__ import annotations

import math

import numpy as np
import pytest
from fake_runner import profile

from gradtui.lab.snapshot import History
from gradtui.tui import heat, trail
from gradtui.tui.bands import band


def history(steps: list[int], values: list[list[float]]) -> History:
    """Past profiles with these values of grad_rms."""
    return History(np.array(steps), {"grad_rms": np.array(values), "delta_rms": np.array(values)})


@pytest.mark.parametrize(
    ("step", "last"), [(0, 20), (20, 20), (21, 50), (99, 100), (101, 200), (4_000, 5_000), (5_001, 10_000)]
)
def test_the_axis_ends_on_a_round_number(step: int, last: int) -> None:
    assert heat.until(step) == last


def test_each_slot_tells_of_the_newest_profile_in_it() -> None:
    past = history([0, 10, 20], [[1e-1, 1e-9], [1e-5, 1e-9], [1e-7, 1e-9]])
    codes = heat.table(past, profile([1e-9, 1e-9], step=29), "grad_rms", slots=5, last=50)
    # The slots are ten steps wide; the last that is drawn holds step 29, and step 30 is still to come.
    assert codes[:, 0].tolist() == [band(1e-1), band(1e-5), band(1e-9), heat.BLANK, heat.BLANK]
    assert set(codes[:3, 1]) == {band(1e-9)}


def test_more_slots_than_steps_hold_each_step_until_the_next() -> None:
    past = history([0, 1], [[1e-1], [1e-5]])
    codes = heat.table(past, profile([1e-9], step=2), "grad_rms", slots=8, last=4)
    assert codes[:, 0].tolist() == [band(value) for value in (1e-1, 1e-1, 1e-5, 1e-5, 1e-9, 1e-9)] + [heat.BLANK] * 2


def test_zero_nan_and_infinity_are_themselves() -> None:
    past = history([0], [[0.0, math.nan, math.inf, 1e-300]])
    codes = heat.table(past, profile([0.0, math.nan, math.inf, 1e-300], step=0), "grad_rms", slots=1, last=20)
    assert codes[0].tolist() == [heat.ZERO, heat.NAN, heat.INFINITE, band(1e-300)]


@pytest.mark.parametrize(
    ("values", "worst"),
    [
        ([1e-3, 1e-9, 1e-2], 1e-9),
        ([1e-3, 1e3, 1e-2], 1e3),
        ([1e-3, 0.0, 1e-19], 0.0),
        ([math.nan, 0.0, 1e-19], math.nan),
    ],
)
def test_of_several_layers_the_worst_is_shown(values: list[float], worst: float) -> None:
    def code(numbers: list[float]) -> int:
        now = profile(numbers, step=0)
        return int(heat.worst(heat.table(history([0], [numbers]), now, "grad_rms", 1, 20))[0])

    assert code(values) == code([worst])


def test_a_trail_rises_and_falls_by_half_decades_from_step_0() -> None:
    assert trail.drawn([1.0, 10**0.5, 10**-0.5, 1e-9, 1e9], 1.0) == "▄▅▃▁█"
    assert trail.drawn([trail.BEFORE, 0.0, math.nan, math.inf], 1.0) == " ·!!"


def test_the_cells_of_a_trail_are_ever_longer_ago() -> None:
    steps = list(range(0, 1001, 8))
    past = history(steps, [[float(step)] for step in steps])
    # 0, 32, 64, 128, 256 and 512 steps before step 1000, each by the last profile up to there.
    assert trail.columns(past, "grad_rms", 6)[:, 0].tolist() == [488, 744, 872, 936, 968, 1000]
    young = history([0, 40], [[1.0], [2.0]])
    assert trail.columns(young, "grad_rms", 4)[:, 0].tolist() == [trail.BEFORE, trail.BEFORE, 1.0, 2.0]
