"""The fitted decay recovers the factor of a staircase, whatever stands in its way."""

from __future__ import annotations

import math

import numpy as np
import pytest

from gradtui.diagnosis.decay import fitted_factor


@pytest.mark.parametrize("factor", [0.236, 1.0, 1.7])
def test_a_staircase_has_its_own_factor(factor: float) -> None:
    assert fitted_factor([1e-3 * factor ** (20 - layer) for layer in range(21)]) == pytest.approx(factor, rel=1e-12)


def test_the_output_layer_has_no_say_and_noise_little() -> None:
    noise = np.exp(0.2 * np.random.default_rng(0).standard_normal(31))
    values = [0.5 ** (30 - layer) * noise[layer] for layer in range(31)]
    values[-1] = 1e6
    assert fitted_factor(values) == pytest.approx(0.5, rel=0.02)


def test_zeros_and_what_is_no_number_are_left_out() -> None:
    values = [0.0, math.nan, 1e-4, 1e-3, math.inf, 1e-1, 1.0]
    assert fitted_factor(values) == pytest.approx(0.1, rel=1e-12)
    assert math.isnan(fitted_factor([0.0, 1e-3, 1.0]))
    assert math.isnan(fitted_factor([1.0]))
    assert math.isnan(fitted_factor([]))
