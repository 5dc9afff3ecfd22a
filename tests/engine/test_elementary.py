"""exp, sigmoid and tanh against 60 digits of mpmath, over the whole range and both tails."""

from __future__ import annotations

import math

import mpmath
import numpy as np
import pytest
from alone import DTYPES, run

from gradtui.engine.kernels.activation import ACTIVATIONS, activation_forward
from gradtui.engine.kernels.elementary import decay

#: Largest error allowed, in units of the last place.
DECAY_ULPS, ACTIVATION_ULPS = 2.0, 5.0
SPECIAL = [0.0, 1e-30, 1e-8, 0.3465, 0.34657359, 0.6931472, 1.0, 9.0, 10.0, 17.0, 18.0, 20.0, 43.0, 87.0, 87.3]
LARGE = [88.5, 104.0, 354.0, 700.0, 708.39, 745.0, 1e30]


#: `decay` poured into the forward kernel as if it were an activation: e^x where the value goes, e^x - 1 for the slope.
decay_alone = activation_forward.bind("decay_alone", phi=decay)


@pytest.fixture(autouse=True)
def _digits():
    with mpmath.workdps(60):
        yield


def _points(dtype):
    """Special values, both signs, and a fine comb over the range in which anything happens."""
    edge = -math.log(np.finfo(dtype).tiny)
    comb = np.concatenate(
        [np.geomspace(1e-12, edge, 700), np.linspace(0.0, edge, 701), edge - np.geomspace(1e-6, 1, 60)]
    )
    one_side = np.concatenate([comb, SPECIAL, LARGE]).astype(dtype)
    return np.unique(np.concatenate([one_side, -one_side]))


def _ulps(found, wanted, dtype):
    """|found - wanted| in units of the last place of `wanted`."""
    _, exponent = mpmath.frexp(wanted)
    unit = mpmath.ldexp(mpmath.mpf(1), exponent - 1) * mpmath.mpf(float(np.finfo(dtype).eps))
    return float(abs(mpmath.mpf(float(found)) - wanted) / unit)


def _worst(found, exact, points, dtype, smallest=None):
    """The largest error in ulps and where it is, over the points where the exact result is a normal number."""
    smallest = mpmath.mpf(float(np.finfo(dtype).tiny if smallest is None else smallest))
    errors = []
    for x, value in zip(points, found, strict=True):
        wanted = exact(mpmath.mpf(float(x)))
        if abs(wanted) >= smallest or wanted == 0:
            errors.append((_ulps(value, wanted, dtype) if wanted else abs(float(value)), float(x)))
    assert len(errors) > 500
    return max(errors)


@pytest.mark.parametrize("dtype", DTYPES)
def test_decay_is_right_wherever_the_result_is_normal(dtype):
    points = _points(dtype)
    points = points[points <= 0.0]
    found = run(decay_alone, dtype, z=points.reshape(1, -1))
    error, at = _worst(found["a"][0], mpmath.exp, points, dtype)
    assert error <= DECAY_ULPS, f"exp({at!r})"
    error, at = _worst(found["z"][0], mpmath.expm1, points, dtype)
    assert error <= DECAY_ULPS, f"expm1({at!r})"


def _sigmoid(x):
    return 1 / (1 + mpmath.exp(-x))


def _sigmoid_slope(x):
    e = mpmath.exp(-abs(x))
    return e / (1 + e) ** 2


def _tanh_slope(x):
    return mpmath.sech(x) ** 2


EXACT = {"sigmoid": (_sigmoid, _sigmoid_slope), "tanh": (mpmath.tanh, _tanh_slope)}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", EXACT)
def test_value_and_slope_are_right_in_both_tails(name, dtype):
    """Not only the value: y (1 - y) is 0 in float32 from x = 17 on, where the slope is 4e-8."""
    points = _points(dtype)
    found = run(ACTIVATIONS[name].forward, dtype, z=points.reshape(1, -1))
    value, slope = EXACT[name]
    error, at = _worst(found["a"][0], value, points, dtype)
    assert error <= ACTIVATION_ULPS, f"{name}({at!r})"
    # The slope of tanh is 4 e^-2|x|: it ends where e^-2|x| does.
    smallest = np.finfo(dtype).tiny * (4.0 if name == "tanh" else 1.0)
    error, at = _worst(found["z"][0], slope, points, dtype, smallest)
    assert error <= ACTIVATION_ULPS, f"{name}'({at!r})"


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_ends_of_the_line(name, dtype):
    """At +-inf and far beyond the range of exp: the limit, exactly; NaN stays NaN."""
    points = np.array([[np.inf, 1e30, -1e30, -np.inf, np.nan, 0.0]], dtype)
    found = run(ACTIVATIONS[name].forward, dtype, z=points)
    big = float(points[0, 1])
    values = {
        "identity": [np.inf, big, -big, -np.inf, np.nan, 0.0],
        "sigmoid": [1.0, 1.0, 0.0, 0.0, np.nan, 0.5],
        "tanh": [1.0, 1.0, -1.0, -1.0, np.nan, 0.0],
        "relu": [np.inf, big, 0.0, 0.0, np.nan, 0.0],
    }[name]
    slopes = {
        "identity": [1.0, 1.0, 1.0, 1.0, 1.0, 1.0],
        "sigmoid": [0.0, 0.0, 0.0, 0.0, np.nan, 0.25],
        "tanh": [0.0, 0.0, 0.0, 0.0, np.nan, 1.0],
        "relu": [1.0, 1.0, 0.0, 0.0, 1.0, 0.0],
    }[name]
    np.testing.assert_array_equal(found["a"][0], values)
    np.testing.assert_array_equal(found["z"][0], slopes)


def test_the_slope_of_sigmoid_does_not_die_in_float32():
    """The published case: at x = 18 it is 1.523e-8, and 1 - y is already 0."""
    x = np.array([[18.0, 17.0, -18.0, 80.0]], "float32")
    slope = run(ACTIVATIONS["sigmoid"].forward, "float32", z=x)["z"][0]
    np.testing.assert_allclose(slope, [1.5229979e-08, 4.1399375e-08, 1.5229979e-08, 1.8048513e-35], rtol=1e-6)
