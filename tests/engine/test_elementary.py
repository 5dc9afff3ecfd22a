"""exp, sigmoid and tanh against 60 digits of mpmath, over the whole range and both tails."""

from __future__ import annotations

import math
from functools import cache

import mpmath
import numpy as np
import pytest
from alone import DTYPES, close, resolution, run

from gradtui.engine.kernels.activation import ACTIVATIONS, activation_forward
from gradtui.engine.kernels.elementary import decay

#: Largest error allowed, in units of the last place.
DECAY_ULPS, ACTIVATION_ULPS = 2.0, 6.0
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
    found = run(decay_alone, dtype, z=points.reshape(1, -1), bend=np.zeros(1))
    error, at = _worst(found["a"][0], mpmath.exp, points, dtype)
    assert error <= DECAY_ULPS, f"exp({at!r})"
    error, at = _worst(found["z"][0], mpmath.expm1, points, dtype)
    assert error <= DECAY_ULPS, f"expm1({at!r})"


def _normal(x):
    """The normal distribution, right in its lower tail too."""
    return mpmath.erfc(-x / mpmath.sqrt(2)) / 2


def _logistic(x):
    """Value and slope of 1 / (1 + e^-x)."""
    e = mpmath.exp(-abs(x))
    return 1 / (1 + mpmath.exp(-x)), e / (1 + e) ** 2


def _softplus(x, beta):
    return mpmath.log1p(mpmath.exp(beta * x)) / beta, 1 / (1 + mpmath.exp(-beta * x))


def _gated(x, y, rise):
    """x sigmoid(y) and its slope, where x y' = rise."""
    gate, bend = _logistic(y)
    return x * gate, gate + rise * bend


def _gelu_tanh(x):
    k = 2 * mpmath.sqrt(2 / mpmath.pi)
    cubic = mpmath.mpf("0.044715")
    return _gated(x, k * (x + cubic * x**3), k * x * (1 + 3 * cubic * x**2))


def _gelu(x):
    return x * _normal(x), _normal(x) + x * mpmath.npdf(x)


def _mish(x):
    t = mpmath.tanh(mpmath.log1p(mpmath.exp(x)))
    return x * t, t + x * (1 - t**2) * _logistic(x)[0]


def _elu(x, alpha, scale=1, shape=1):
    """scale (x, or alpha (e^(x / shape) - 1))."""
    if x > 0:
        return scale * x, scale
    return scale * alpha * mpmath.expm1(x / shape), scale * alpha * mpmath.exp(x / shape) / shape


def _selu(x):
    alpha, scale = mpmath.mpf("1.6732632423543772848170429916717"), mpmath.mpf("1.0507009873554804934193349852946")
    return _elu(x, alpha, scale)


def _hard_sigmoid(x):
    return min(max((x + 3) / 6, 0), 1), mpmath.mpf(1) / 6 if -3 < x < 3 else 0


#: name -> (value, slope) of x and, where there is one, of the number besides x; several of those to try.
EXACT = {
    "identity": lambda x, b: (x, 1),
    "sigmoid": lambda x, b: _logistic(x),
    "hard_sigmoid": lambda x, b: _hard_sigmoid(x),
    "tanh": lambda x, b: (mpmath.tanh(x), mpmath.sech(x) ** 2),
    "hard_tanh": lambda x, b: (min(max(x, -1), 1), int(-1 < x < 1)),
    "softsign": lambda x, b: (x / (1 + abs(x)), 1 / (1 + abs(x)) ** 2),
    "softplus": _softplus,
    "relu": lambda x, b: (max(x, 0), int(x > 0)),
    "leaky_relu": lambda x, b: (x, 1) if x > 0 else (b * x, b),
    "elu": _elu,
    "selu": lambda x, b: _selu(x),
    "celu": lambda x, b: _elu(x, b, 1, b),
    "gelu": lambda x, b: _gelu(x),
    "gelu_tanh": lambda x, b: _gelu_tanh(x),
    "silu": lambda x, b: _gated(x, x, x),
    "mish": lambda x, b: _mish(x),
}
BENDS = {"softplus": (1.0, 0.3, 7.0), "leaky_relu": (0.01, 0.2), "elu": (1.0, 3.7), "celu": (1.0, 0.3, 3.7)}
CASES = [(name, bend) for name in ACTIVATIONS for bend in BENDS.get(name, (0.0,))]
#: Where the slope of a smooth relative of ReLU goes through 0, two terms of about 0.3 cancel: there no formula in x
#: has all digits of the difference, and the error is counted against 0.1.
CROSSINGS = {"gelu": -0.7517915, "gelu_tanh": -0.7524614, "silu": -1.2784645, "mish": -1.1924312}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("name", "bend"), CASES)
def test_value_and_slope_are_right_in_both_tails(name, bend, dtype):
    """Wherever the result is a normal number. Not only the value: y (1 - y) is 0 in float32 from x = 17 on, where the
    slope of sigmoid is 4e-8."""
    points = _points(dtype)
    found = run(ACTIVATIONS[name].forward, dtype, z=points.reshape(1, -1), bend=np.array([bend]))
    rounded = mpmath.mpf(float(np.dtype(dtype).type(bend)))

    @cache
    def exact(x):
        return EXACT[name](x, rounded)

    error, at = _worst(found["a"][0], lambda x: exact(x)[0], points, dtype)
    assert error <= ACTIVATION_ULPS, f"{name}({at!r})"
    # The slope of tanh is 4 e^-2|x|: it ends where e^-2|x| does.
    smallest = np.finfo(dtype).tiny * (4.0 if name == "tanh" else 1.0)
    near = np.abs(points - CROSSINGS.get(name, np.inf)) < 0.6
    error, at = _worst(found["z"][0][~near], lambda x: exact(x)[1], points[~near], dtype, smallest)
    assert error <= ACTIVATION_ULPS, f"{name}'({at!r})"
    for x, slope in zip(points[near], found["z"][0][near], strict=True):
        wanted = exact(mpmath.mpf(float(x)))[1]
        assert abs(slope - wanted) <= 4 * resolution(dtype) * max(abs(wanted), 0.1), f"{name}'({x!r})"


INF, NAN, BIG = np.inf, np.nan, 1e30
SIXTH, LOG_2, SCALE, BOTTOM = 1.0 / 6.0, math.log(2.0), 1.0507009873554805, 1.7580993408473766
#: Values and slopes at inf, 1e30, -1e30, -inf, NaN and 0, where the number besides x is 0.5.
ENDS = {
    "identity": ([INF, BIG, -BIG, -INF, NAN, 0.0], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0]),
    "sigmoid": ([1.0, 1.0, 0.0, 0.0, NAN, 0.5], [0.0, 0.0, 0.0, 0.0, NAN, 0.25]),
    "hard_sigmoid": ([1.0, 1.0, 0.0, 0.0, NAN, 0.5], [0.0, 0.0, 0.0, 0.0, SIXTH, SIXTH]),
    "tanh": ([1.0, 1.0, -1.0, -1.0, NAN, 0.0], [0.0, 0.0, 0.0, 0.0, NAN, 1.0]),
    "hard_tanh": ([1.0, 1.0, -1.0, -1.0, NAN, 0.0], [0.0, 0.0, 0.0, 0.0, 1.0, 1.0]),
    "softsign": ([1.0, 1.0, -1.0, -1.0, NAN, 0.0], [0.0, 1e-60, 1e-60, 0.0, NAN, 1.0]),
    "softplus": ([INF, BIG, 0.0, 0.0, NAN, 2.0 * LOG_2], [1.0, 1.0, 0.0, 0.0, NAN, 0.5]),
    "relu": ([INF, BIG, 0.0, 0.0, NAN, 0.0], [1.0, 1.0, 0.0, 0.0, 1.0, 0.0]),
    "leaky_relu": ([INF, BIG, -BIG / 2.0, -INF, NAN, 0.0], [1.0, 1.0, 0.5, 0.5, 1.0, 0.5]),
    "elu": ([INF, BIG, -0.5, -0.5, NAN, 0.0], [1.0, 1.0, 0.0, 0.0, 1.0, 0.5]),
    "selu": ([INF, SCALE * BIG, -BOTTOM, -BOTTOM, NAN, 0.0], [SCALE, SCALE, 0.0, 0.0, SCALE, BOTTOM]),
    "celu": ([INF, BIG, -0.5, -0.5, NAN, 0.0], [1.0, 1.0, 0.0, 0.0, 1.0, 1.0]),
    "gelu": ([INF, BIG, 0.0, 0.0, NAN, 0.0], [1.0, 1.0, 0.0, 0.0, NAN, 0.5]),
    "gelu_tanh": ([INF, BIG, 0.0, 0.0, NAN, 0.0], [1.0, 1.0, 0.0, 0.0, NAN, 0.5]),
    "silu": ([INF, BIG, 0.0, 0.0, NAN, 0.0], [1.0, 1.0, 0.0, 0.0, NAN, 0.5]),
    "mish": ([INF, BIG, 0.0, 0.0, NAN, 0.0], [1.0, 1.0, 0.0, 0.0, NAN, 0.6]),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ACTIVATIONS)
def test_ends_of_the_line(name, dtype):
    """At +-inf and far beyond the range of exp: the limit; NaN stays NaN."""
    points = np.array([[INF, BIG, -BIG, -INF, NAN, 0.0]], dtype)
    found = run(ACTIVATIONS[name].forward, dtype, z=points, bend=np.array([0.5]))
    values, slopes = ENDS[name]
    close(found["a"][0], np.array(values, dtype), 2 * resolution(dtype))
    close(found["z"][0], np.array(slopes, dtype), 2 * resolution(dtype))


def test_the_slope_of_sigmoid_does_not_die_in_float32():
    """The published case: at x = 18 it is 1.523e-8, and 1 - y is already 0."""
    x = np.array([[18.0, 17.0, -18.0, 80.0]], "float32")
    slope = run(ACTIVATIONS["sigmoid"].forward, "float32", z=x, bend=np.zeros(1))["z"][0]
    np.testing.assert_allclose(slope, [1.5229979e-08, 4.1399375e-08, 1.5229979e-08, 1.8048513e-35], rtol=1e-6)
