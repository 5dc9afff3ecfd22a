"""Normalisation kernels against the formulas written out, and against central differences."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from gradtui.engine.kernels import normalisation
from tests.engine.alone import DTYPES, both_ways, close, run

EPS = 1e-5
SETTINGS = np.array([EPS, 0.1])
TOLERANCE = {"float32": 3e-5, "float64": 1e-11}

ROWS = st.integers(2, 9)
UNITS = st.integers(1, 19)


def drawn(shape, seed):
    return np.random.default_rng(seed).normal(1.5, 2.0, shape)


def batch_norm(z, gamma, beta):
    mean, variance = z.mean(axis=0), z.var(axis=0)
    return gamma * (z - mean) / np.sqrt(variance + EPS) + beta


def layer_norm(z, gamma, beta):
    mean, variance = z.mean(axis=1, keepdims=True), z.var(axis=1, keepdims=True)
    return gamma * (z - mean) / np.sqrt(variance + EPS) + beta


def rms_norm(z, gamma, beta):
    return gamma * z / np.sqrt((z**2).mean(axis=1, keepdims=True) + EPS) + beta


def forward(name, dtype, z, gamma, beta):
    if name == "batch":
        units = z.shape[1]
        return both_ways(
            normalisation.batch_norm_forward,
            dtype,
            z=z,
            gamma=gamma,
            beta=beta,
            settings=SETTINGS,
            running_mean=np.zeros(units),
            running_variance=np.ones(units),
        )
    kernel = normalisation.LAYER_NORM[0] if name == "layer" else normalisation.RMS_NORM[0]
    return both_ways(kernel, dtype, z=z, gamma=gamma, beta=beta, settings=SETTINGS)


def backward(name, dtype, delta, kept, gamma):
    kernel = {
        "batch": normalisation.batch_norm_backward,
        "layer": normalisation.LAYER_NORM[1],
        "rms": normalisation.RMS_NORM[1],
    }[name]
    return both_ways(kernel, dtype, delta=delta, x_hat=kept["x_hat"], gamma=gamma, inverse=kept["inverse"])


NAIVE = {"batch": batch_norm, "layer": layer_norm, "rms": rms_norm}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", NAIVE)
@given(rows=ROWS, units=UNITS, seed=st.integers(0, 1000))
def test_forward_is_the_formula(name, dtype, rows, units, seed):
    z, gamma, beta = drawn((rows, units), seed), drawn(units, seed + 1), drawn(units, seed + 2)
    z, gamma, beta = (x.astype(dtype) for x in (z, gamma, beta))
    found = forward(name, dtype, z, gamma, beta)
    wanted = NAIVE[name](*(x.astype(np.float64) for x in (z, gamma, beta)))
    # Two rows that nearly agree are normalised by a difference of which few digits are left.
    spread = 1.0 if name == "batch" else 0.0
    worst = np.abs(z).max() / np.sqrt(z.astype(np.float64).var(axis=0).min() + EPS) if spread else 10.0
    close(found["z"], wanted, TOLERANCE[dtype], max(np.abs(wanted).max(), 1.0) * max(worst, 1.0))


@pytest.mark.parametrize("name", NAIVE)
@given(rows=st.integers(3, 7), units=st.integers(2, 9), seed=st.integers(0, 1000))
def test_backward_is_the_derivative(name, rows, units, seed):
    z, gamma, beta, delta = (drawn(s, seed + i) for i, s in enumerate([(rows, units), units, units, (rows, units)]))
    kept = forward(name, "float64", z, gamma, beta)
    found = backward(name, "float64", delta, kept, gamma)

    def loss(z=z, gamma=gamma, beta=beta):
        return float((NAIVE[name](z, gamma, beta) * delta).sum())

    h = 1e-6
    for b in range(rows):
        for u in range(units):
            up, down = z.copy(), z.copy()
            up[b, u] += h
            down[b, u] -= h
            slope = (loss(z=up) - loss(z=down)) / (2 * h)
            assert found["delta"][b, u] == pytest.approx(slope, rel=1e-4, abs=1e-4)
    for u in range(units):
        step = np.eye(units)[u] * h
        by_gamma = (loss(gamma=gamma + step) - loss(gamma=gamma - step)) / (2 * h)
        assert found["gamma_gradient"][u] == pytest.approx(by_gamma, rel=1e-5, abs=1e-5)
        if name != "rms":
            by_beta = (loss(beta=beta + step) - loss(beta=beta - step)) / (2 * h)
            assert found["beta_gradient"][u] == pytest.approx(by_beta, rel=1e-5, abs=1e-5)
    assert found["sums"][:3].sum() == pytest.approx((delta**2).sum())
    assert found["sums"][3:].sum() == pytest.approx((found["delta"] ** 2).sum())


def test_rms_norm_has_no_shift_to_train():
    z = drawn((4, 3), 0)
    kept = forward("rms", "float64", z, np.ones(3), np.zeros(3))
    assert (backward("rms", "float64", z, kept, np.ones(3))["beta_gradient"] == 0).all()


@given(rows=st.integers(2, 9), units=UNITS, seed=st.integers(0, 1000))
def test_running_statistics_move_as_pytorch_moves_them(rows, units, seed):
    z = drawn((rows, units), seed)
    found = forward("batch", "float64", z, np.ones(units), np.zeros(units))
    close(found["running_mean"], 0.1 * z.mean(axis=0), 1e-12, 1.0)
    close(found["running_variance"], 0.9 + 0.1 * z.var(axis=0, ddof=1), 1e-12, 10.0)


def test_a_batch_of_two_is_all_signs_and_passes_no_gradient():
    z = drawn((2, 5), 3)
    kept = forward("batch", "float64", z, np.ones(5), np.zeros(5))
    assert np.abs(kept["z"]) == pytest.approx(1.0, abs=1e-3)
    found = backward("batch", "float64", drawn((2, 5), 4), kept, np.ones(5))
    assert np.abs(found["delta"]).max() < 1e-3


def test_evaluation_uses_the_running_statistics():
    z, gamma, beta = drawn((6, 4), 0), drawn(4, 1), drawn(4, 2)
    mean, variance = drawn(4, 3), drawn(4, 4) ** 2 + 0.1
    found = run(
        normalisation.batch_norm_evaluate,
        "float64",
        z=z,
        gamma=gamma,
        beta=beta,
        settings=SETTINGS,
        running_mean=mean,
        running_variance=variance,
    )
    close(found["z"], gamma * (z - mean) / np.sqrt(variance + EPS) + beta, 1e-12, 10.0)


@pytest.mark.parametrize("name", NAIVE)
@given(z=arrays.arrays(np.float64, (4, 3), elements=st.just(2.0)))
def test_equal_inputs_stay_finite(name, z):
    found = forward(name, "float64", z, np.ones(3), np.zeros(3))
    assert np.isfinite(found["z"]).all()
