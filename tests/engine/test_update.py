"""The update rules and clipping, step after step, against the books' formulas."""

from __future__ import annotations

import json
from pathlib import Path

import naive
import naive_optimizers
import numpy as np
import pytest
from alone import DTYPES, both_ways, close, resolution, run
from hypothesis import given
from hypothesis import strategies as st

from gradtui.engine import knobs as live
from gradtui.engine.kernels.gauges import square_sum
from gradtui.engine.kernels.optimizers import OPTIMIZERS
from gradtui.engine.knobs import CLIP, KNOBS
from gradtui.engine.readout import root
from gradtui.scenario.model import Optimizer, Scenario

#: What a scenario has that says nothing: the knobs of plain SGD.
USUAL = {name: getattr(Optimizer(), name) for name in KNOBS} | {"schedule_steps": 100}
DECAY = st.floats(0.0, 0.99)
KNOB_VALUES = st.fixed_dictionaries(
    {
        "lr": st.floats(1e-6, 10.0),
        "momentum": DECAY,
        "dampening": st.floats(0.0, 1.0),
        "beta1": DECAY,
        "beta2": st.floats(0.5, 0.9999),
        "eps": st.floats(1e-8, 1e-2),
        "rho": DECAY,
        "alpha": st.floats(0.5, 0.999),
        "centered": st.booleans(),
        "lr_decay": st.floats(0.0, 0.1),
        "initial_accumulator_value": st.sampled_from([0.0, 0.1]),
        "momentum_decay": st.floats(0.0, 1.0),
        "eta_minus": st.floats(0.1, 0.9),
        "eta_plus": st.floats(1.1, 2.0),
        "step_min": st.floats(1e-7, 1e-5),
        "step_max": st.floats(1.0, 50.0),
        "adamw_lr": st.floats(1e-6, 1.0),
        "weight_decay": st.sampled_from([0.0, 1e-3, 0.1]),
        "clip_norm": st.one_of(st.just(0.0), st.floats(1e-4, 100.0)),
        "schedule": st.sampled_from(live.SCHEDULES),
        "step_size": st.integers(1, 4),
        "gamma": st.floats(0.1, 1.5),
        "eta_min": st.just(1e-7),
        "warmup_steps": st.integers(1, 4),
        "start_factor": st.floats(0.01, 1.0),
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
        knobs=np.array(live.values(Scenario(optimizer=Optimizer(name, **knobs)))),
        gradient_sums=table,
        bias_sums=sums[-1],
    )["scalars"]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", OPTIMIZERS)
@given(size=st.integers(1, 40), seed=st.integers(0, 2**32), knobs=KNOB_VALUES, scale=st.sampled_from([1e-6, 1.0, 1e4]))
def test_five_steps(name, dtype, size, seed, knobs, scale):
    """Parameters, state, and the lengths of the change and of what was changed."""
    knobs = {**USUAL, **knobs}
    random = np.random.default_rng(seed)
    p = random.standard_normal(size).astype(dtype)
    state = np.zeros((naive_optimizers.STATES[name], size), dtype)
    step = resolution(dtype)
    # Centered, two nearly equal squares are subtracted.
    slack = 500 * step if name == "rmsprop" else 40 * step
    for t in range(1, 6):
        g, biases = ((random.standard_normal(n) * scale).astype(dtype) for n in (size, 3))
        scalars = _prepared(name, both_ways, dtype, t, knobs, [g, biases])
        found = both_ways(OPTIMIZERS[name].update, dtype, p=p, g=g, state=state, scalars=scalars)

        wanted_state = [row.astype(np.float64) for row in state]
        clipped = g.astype(np.float64) * naive_optimizers.clip_factor([g, biases], knobs["clip_norm"])
        wanted = naive_optimizers.optimize(name, p.astype(np.float64), clipped, wanted_state, t, **knobs)
        heard = np.abs(clipped) + knobs["weight_decay"] * np.abs(p)
        rate = naive_optimizers.learning_rate(t - 1, **knobs)
        slope = np.where(heard > 0.0, heard, 1.0)
        # What the largest entry's step is worth bounds the terms that cancelled in a smaller one.
        move = np.abs(wanted - p) + rate * (
            heard if naive_optimizers.STATES[name] < 2 else slope / (slope + knobs["eps"])
        )
        close(found["p"], wanted, 1.0, 2 * step * np.abs(p) + slack * move)
        for row, wanted_row, before in zip(found["state"], wanted_state, state, strict=True):
            close(row, wanted_row, slack, np.abs(before) + np.abs(wanted_row) + heard)
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
    knobs = {**USUAL, "clip_norm": clip_norm}
    factor = _prepared("sgd", both_ways, dtype, 1, knobs, gradients)[CLIP]
    assert factor == pytest.approx(naive_optimizers.clip_factor(gradients, clip_norm), rel=1e-12)
    length = naive.norm(np.concatenate(gradients))
    if length > 1e-3:
        assert factor * length == pytest.approx(min(length, clip_norm), rel=2e-6 / min(length, 1.0))
    assert factor <= 1.0


@pytest.mark.parametrize("exponent", [-200, 200])
def test_clipping_beyond_the_range_of_a_square(exponent):
    """float64 gradients whose squares are 0 or inf are clipped by their true length."""
    gradients = [np.full(9, 10.0**exponent), np.full(7, 2.0 * 10.0**exponent)]
    knobs = {**USUAL, "clip_norm": 1e-3}
    factor = _prepared("sgd", run, "float64", 1, knobs, gradients)[CLIP]
    assert factor == pytest.approx(naive_optimizers.clip_factor(gradients, 1e-3), rel=1e-12)


#: Only the sign of a gradient counts there: an infinite one makes the step of any other.
BY_SIGN = {"lion", "rprop"}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("clip_norm", [0.0, 1.0])
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_nan_and_inf_reach_the_weights(name, clip_norm, dtype):
    """A gradient that is not finite must not be swallowed by clipping or by Adam's division."""
    for bad in (np.nan,) if name in BY_SIGN else (np.nan, np.inf):
        g = np.array([1.0, bad, -1.0], dtype)
        scalars = _prepared(name, run, dtype, 1, {**USUAL, "clip_norm": clip_norm}, [g, g[:1]])
        state = np.zeros((naive_optimizers.STATES[name], 3), dtype)
        p = run(OPTIMIZERS[name].update, dtype, p=np.ones(3, dtype), g=g, state=state, scalars=scalars)["p"]
        assert not np.isfinite(p[1])
        if not clip_norm:
            assert np.isfinite(p[[0, 2]]).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_adam_of_a_huge_gradient_stays_a_step(dtype):
    """Where the square overflows the step is 0, as in PyTorch; it is not NaN."""
    g = np.array([np.finfo(dtype).max / 4, 1.0], dtype)
    scalars = _prepared("adam", run, dtype, 1, USUAL, [g, g[1:]])
    p, state = np.zeros(2, dtype), np.zeros((2, 2), dtype)
    found = run(OPTIMIZERS["adam"].update, dtype, p=p, g=g, state=state, scalars=scalars)
    np.testing.assert_allclose(found["p"], [0.0, -0.1], rtol=1e-5)


@pytest.mark.parametrize("dtype", DTYPES)
def test_rprop_hears_signs_whose_product_would_vanish(dtype):
    """1e-30 times 1e-30 is 0 in float32; that the sign stayed is plain all the same."""
    p, state, knobs = np.zeros(1, dtype), np.zeros((2, 1), dtype), {**USUAL, "lr": 0.01}
    g = np.array([1e-30], dtype)
    for t in (1, 2):
        scalars = _prepared("rprop", run, dtype, t, knobs, [g, g])
        found = run(OPTIMIZERS["rprop"].update, dtype, p=p, g=g, state=state, scalars=scalars)
        p, state = found["p"], found["state"]
    np.testing.assert_allclose(p, [-0.022], rtol=1e-6)


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_age_of_an_optimizer_counts_from_its_own_beginning(name):
    """Exchanged at step 1,000, it is as young as at step 0."""
    scalars = [
        run(
            OPTIMIZERS[name].prepare,
            "float64",
            clock=np.array([step, 0, step, 0]),
            knobs=np.array(live.values(Scenario(optimizer=Optimizer(name)))),
            gradient_sums=np.zeros((1, 6)),
            bias_sums=np.zeros(3),
        )["scalars"]
        for step in (0, 1000)
    ]
    assert scalars[0].tolist() == scalars[1].tolist()


GOLDEN = json.loads((Path(__file__).parent / "optimizer_golden.json").read_text())
PUBLISHED = {
    "sgd(lr=.1)": ("sgd", {"lr": 0.1}),
    "sgd(lr=.1,mom=.9)": ("momentum", {"lr": 0.1}),
    "nag(lr=.1,mom=.9)": ("nag", {"lr": 0.1}),
    "sgd(lr=.1,wd=.01)": ("sgd", {"lr": 0.1, "weight_decay": 0.01}),
    "adagrad(lr=.1)": ("adagrad", {"lr": 0.1, "eps": 1e-10}),
    "rmsprop(lr=.01,alpha=.99,eps=1e-8)": ("rmsprop", {"lr": 0.01, "momentum": 0.0}),
    "rmsprop(lr=.01,alpha=.9,mom=.9)": ("rmsprop", {"lr": 0.01, "alpha": 0.9}),
    "adadelta(lr=1,rho=.9,eps=1e-6)": ("adadelta", {"lr": 1.0, "eps": 1e-6}),
    "adam(lr=.01)": ("adam", {"lr": 0.01}),
    "adamw(lr=.01,wd=.01)": ("adamw", {"lr": 0.01, "weight_decay": 0.01}),
    "nadam(lr=.01)": ("nadam", {"lr": 0.01}),
    "adamax(lr=.01)": ("adamax", {"lr": 0.01}),
    "rprop(lr=.01,etas=(.5,1.2),steps=(1e-6,50))": ("rprop", {"lr": 0.01}),
    "adam(lr=.01,amsgrad)": ("amsgrad", {"lr": 0.01}),
}


def test_every_published_trajectory_is_followed():
    assert PUBLISHED.keys() == GOLDEN["traj"].keys()


@pytest.mark.parametrize("way", [run, naive], ids=["engine", "naive"])
@pytest.mark.parametrize("case", PUBLISHED)
def test_published_trajectories(case, way):
    """Six float64 steps of torch.optim (2.13), gradients with a zero, a tiny entry and a change of sign."""
    name, changes = PUBLISHED[case]
    knobs = {**USUAL, **changes}
    p, state = np.array(GOLDEN["p0"]), np.zeros((naive_optimizers.STATES[name], 4))
    for t, (gradient, wanted) in enumerate(zip(GOLDEN["grads"], GOLDEN["traj"][case], strict=True), start=1):
        g = np.array(gradient)
        if way is naive:
            p = naive_optimizers.optimize(name, p, g, state, t, **knobs)
        else:
            scalars = _prepared(name, run, "float64", t, knobs, [g, g[:1]])
            found = run(OPTIMIZERS[name].update, "float64", p=p, g=g, state=state, scalars=scalars)
            p, state = found["p"], found["state"]
        np.testing.assert_allclose(p, wanted, rtol=1e-12)
