"""The update rules and clipping, step after step, against the books' formulas."""

from __future__ import annotations

import naive
import numpy as np
import pytest
from alone import DTYPES, both_ways, close, resolution, run
from hypothesis import given
from hypothesis import strategies as st

from gradtui.engine.kernels.gauges import square_sum
from gradtui.engine.kernels.update import KNOBS, OPTIMIZERS
from gradtui.engine.readout import root

KNOB_VALUES = st.fixed_dictionaries(
    {
        "lr": st.floats(1e-6, 10.0),
        "momentum": st.floats(0.0, 0.99),
        "beta1": st.floats(0.0, 0.99),
        "beta2": st.floats(0.5, 0.9999),
        "eps": st.floats(1e-8, 1e-2),
        "clip_norm": st.one_of(st.just(0.0), st.floats(1e-4, 100.0)),
    }
)


def _prepared(name, way, dtype, t, knobs, gradients):
    """The scalars of step `t` (from 1): one weight gradient a tap, the last array is the biases'."""
    sums = [run(square_sum, dtype, g=g)["sums"] for g in gradients]
    table = np.zeros((len(gradients) - 1, 6))
    table[:, :3] = sums[:-1]
    return way(
        OPTIMIZERS[name].prepare,
        dtype,
        clock=np.array([t - 1, 0, 0, 0]),
        knobs=np.array([knobs[knob] for knob in KNOBS]),
        gradient_sums=table,
        bias_sums=sums[-1],
    )["scalars"]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", OPTIMIZERS)
@given(size=st.integers(1, 40), seed=st.integers(0, 2**32), knobs=KNOB_VALUES, scale=st.sampled_from([1e-6, 1.0, 1e4]))
def test_five_steps(name, dtype, size, seed, knobs, scale):
    """Parameters, state, and the lengths of the change and of what was changed."""
    random = np.random.default_rng(seed)
    p = random.standard_normal(size).astype(dtype)
    state = np.zeros((naive.STATES[name], size), dtype)
    for t in range(1, 6):
        g, biases = ((random.standard_normal(n) * scale).astype(dtype) for n in (size, 3))
        scalars = _prepared(name, both_ways, dtype, t, knobs, [g, biases])
        found = both_ways(OPTIMIZERS[name].update, dtype, p=p, g=g, state=state, scalars=scalars)

        wanted_state = [row.astype(np.float64) for row in state]
        clipped = g.astype(np.float64) * naive.clip_factor([g, biases], knobs["clip_norm"])
        wanted = naive.OPTIMIZERS[name](p.astype(np.float64), clipped, wanted_state, t, **knobs)
        step = resolution(dtype)
        move = np.abs(wanted - p)
        close(found["p"], wanted, 1.0, step * np.abs(p) + 20 * step * (move + knobs["lr"] * np.abs(clipped)))
        for row, wanted_row, before in zip(found["state"], wanted_state, state, strict=True):
            close(row, wanted_row, 8 * step, np.abs(before) + np.abs(wanted_row))
        change, length = root(found["sums"].reshape(2, 3))
        assert change == pytest.approx(naive.norm(found["p"].astype(np.float64) - p), rel=1e-6, abs=1e-300)
        assert length == pytest.approx(naive.norm(p), rel=1e-12)
        p, state = found["p"], found["state"]


@pytest.mark.parametrize("dtype", DTYPES)
@given(
    seed=st.integers(0, 2**32),
    scale=st.sampled_from([1e-30, 1e-3, 1.0, 1e3, 1e30]),
    clip_norm=st.floats(1e-3, 1e3),
    taps=st.integers(1, 5),
)
def test_clipping_by_the_global_norm(dtype, seed, scale, clip_norm, taps):
    """Afterwards the length is min(length, clip_norm) but for torch's 1e-6, and the direction is the same."""
    random = np.random.default_rng(seed)
    gradients = [(random.standard_normal(random.integers(1, 50)) * scale).astype(dtype) for _ in range(taps + 1)]
    knobs = {**dict.fromkeys(KNOBS, 0.5), "clip_norm": clip_norm}
    factor = _prepared("sgd", both_ways, dtype, 1, knobs, gradients)[0]
    assert factor == pytest.approx(naive.clip_factor(gradients, clip_norm), rel=1e-12)
    length = naive.norm(np.concatenate(gradients))
    if length > 1e-3:
        assert factor * length == pytest.approx(min(length, clip_norm), rel=2e-6 / min(length, 1.0))
    assert factor <= 1.0


@pytest.mark.parametrize("exponent", [-200, 200])
def test_clipping_beyond_the_range_of_a_square(exponent):
    """float64 gradients whose squares are 0 or inf are clipped by their true length."""
    gradients = [np.full(9, 10.0**exponent), np.full(7, 2.0 * 10.0**exponent)]
    knobs = {**dict.fromkeys(KNOBS, 0.5), "clip_norm": 1e-3}
    factor = _prepared("sgd", run, "float64", 1, knobs, gradients)[0]
    assert factor == pytest.approx(naive.clip_factor(gradients, 1e-3), rel=1e-12)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("clip_norm", [0.0, 1.0])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_nan_and_inf_reach_the_weights(name, clip_norm, dtype):
    """A gradient that is not finite must not be swallowed by clipping or by Adam's division."""
    for bad in (np.nan, np.inf):
        g = np.array([1.0, bad, -1.0], dtype)
        knobs = {"lr": 0.1, "momentum": 0.9, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "clip_norm": clip_norm}
        scalars = _prepared(name, run, dtype, 1, knobs, [g, g[:1]])
        state = np.zeros((naive.STATES[name], 3), dtype)
        p = run(OPTIMIZERS[name].update, dtype, p=np.ones(3, dtype), g=g, state=state, scalars=scalars)["p"]
        assert not np.isfinite(p[1])
        if not clip_norm:
            assert np.isfinite(p[[0, 2]]).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_adam_of_a_huge_gradient_stays_a_step(dtype):
    """Where the square overflows the step is 0, as in PyTorch; it is not NaN."""
    g = np.array([np.finfo(dtype).max / 4, 1.0], dtype)
    knobs = {"lr": 0.1, "momentum": 0.9, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "clip_norm": 0.0}
    scalars = _prepared("adam", run, dtype, 1, knobs, [g, g[1:]])
    found = run(
        OPTIMIZERS["adam"].update, dtype, p=np.zeros(2, dtype), g=g, state=np.zeros((2, 2), dtype), scalars=scalars
    )
    np.testing.assert_allclose(found["p"], [0.0, -0.1], rtol=1e-5)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_published_trajectories(name):
    """Six float64 steps of torch.optim (2.13), gradients with a zero, a tiny entry and a change of sign."""
    p = np.array([1.0, -1.0, 0.5, 2.0])
    gradients = np.array(GRADIENTS)
    state = np.zeros((naive.STATES[name], 4))
    lr = 0.01 if name == "adam" else 0.1
    knobs = {"lr": lr, "momentum": 0.9, "beta1": 0.9, "beta2": 0.999, "eps": 1e-8, "clip_norm": 0.0}
    for t, (g, wanted) in enumerate(zip(gradients, TRAJECTORIES[name], strict=True), start=1):
        scalars = _prepared(name, run, "float64", t, knobs, [g, g[:1]])
        found = run(OPTIMIZERS[name].update, "float64", p=p, g=g, state=state, scalars=scalars)
        p, state = found["p"], found["state"]
        np.testing.assert_allclose(p, wanted, rtol=1e-13)


GRADIENTS = [
    [0.5, -2.0, 1e-12, 0.0],
    [0.25, 1.0, 1e-12, 0.0],
    [-0.75, 0.5, -1e-12, 3.0],
    [-0.1, 0.5, 2e-12, -1.0],
    [0.3, -0.2, 1e-12, 0.5],
    [0.3, -0.2, 0.0, 0.5],
]
TRAJECTORIES = {
    "sgd": [
        [0.95, -0.8, 0.4999999999999, 2.0],
        [0.9249999999999999, -0.9, 0.49999999999980005, 2.0],
        [0.9999999999999999, -0.9500000000000001, 0.4999999999999, 1.7],
        [1.0099999999999998, -1.0, 0.4999999999997, 1.8],
        [0.9799999999999998, -0.98, 0.49999999999960004, 1.75],
        [0.9499999999999997, -0.96, 0.49999999999960004, 1.7],
    ],
    "momentum": [
        [0.95, -0.8, 0.4999999999999, 2.0],
        [0.88, -0.7200000000000001, 0.49999999999971, 2.0],
        [0.892, -0.6980000000000001, 0.499999999999639, 1.7],
        [0.9128000000000001, -0.7282000000000001, 0.4999999999993751, 1.53],
        [0.9015200000000001, -0.73538, 0.4999999999990376, 1.327],
        [0.8613680000000001, -0.721842, 0.49999999999873385, 1.0943],
    ],
    "adam": [
        [0.9900000002, -0.99000000005, 0.49999900009999, 2.0],
        [0.9806782040477462, -0.9873366296702432, 0.49999800019998, 2.0],
        [0.9814979720110778, -0.9867227410469671, 0.4999977382335567, 1.9936118640428784],
        [0.9827838997371334, -0.9874720492564547, 0.49999697096085327, 1.9904863855770594],
        [0.9821600063978405, -0.9876387471807088, 0.4999961468849934, 1.987024417986855],
        [0.9801254331200047, -0.9873388374942199, 0.4999954986764835, 1.983269716431277],
    ],
}
