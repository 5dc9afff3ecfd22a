"""What is measured when somebody looks: spread, similarity, unexplained zeros and silent units."""

from __future__ import annotations

import math

import naive
import numpy as np
import pytest
from alone import DTYPES, both_ways, close, run
from hypothesis import given
from hypothesis import strategies as st

from gradtui import Scenario, Simulation
from gradtui.engine.kernels.inspection import (
    activation_gauges,
    all_live,
    count_silent,
    distance,
    explain_zeros,
    explain_zeros_of_windows,
    forget_dropped,
    mark_alive,
    note_examples,
    similarity,
)
from gradtui.engine.readout import root, spread

SIZES = st.one_of(st.integers(1, 9), st.sampled_from([16, 31, 64]))
#: More than a word of examples, exactly one, and fewer.
BATCHES = st.one_of(st.integers(1, 5), st.sampled_from([63, 64, 65, 130]))
SEEDS = st.integers(0, 2**32)
EXPONENTS = {"float32": st.integers(-36, 36), "float64": st.integers(-300, 300)}


@pytest.mark.parametrize("dtype", DTYPES)
@given(draw=st.data(), batch=SIZES, units=SIZES, seed=SEEDS, bound=st.sampled_from([0.0, 0.0125, 0.05]))
def test_activation_gauges(dtype, draw, batch, units, seed, bound):
    """Mean and deviation at any scale, and the count of slopes below the bound."""
    random = np.random.default_rng(seed)
    a = (random.standard_normal((batch, units)) * 10.0 ** draw.draw(EXPONENTS[dtype])).astype(dtype)
    slope = (random.standard_normal((batch, units)) * 0.05).astype(dtype)
    found = both_ways(activation_gauges, dtype, a=a, slope=slope, saturates_below=np.array([bound]))
    mean, deviation = (float(each[0]) for each in spread(found["sums"][None], a.size))
    close(mean, naive.mean(a), 1e-6, naive.rms(a))
    close(deviation, naive.deviation(a), 1e-6)
    assert found["sums"][3] == (np.abs(slope) < np.asarray(bound, dtype)).sum()


@pytest.mark.parametrize("dtype", DTYPES)
@given(draw=st.data(), size=SIZES, seed=SEEDS)
def test_distance(dtype, draw, size, seed):
    """The way from the first weights to today's, over the size of the former, at any scale of either."""
    random = np.random.default_rng(seed)
    initial, way = (
        (random.standard_normal(size) * 10.0 ** draw.draw(EXPONENTS[dtype])).astype(dtype) for _ in range(2)
    )
    values = initial + way
    sums = both_ways(distance, dtype, values=values, initial=initial)["sums"][None]
    moved = np.float64(values) - np.float64(initial)
    close(float(root(sums[:, :3])[0]), naive.norm(moved), 1e-9)
    close(float(root(sums[:, 3:])[0]), naive.norm(initial), 1e-9)


@pytest.mark.parametrize("dtype", DTYPES)
def test_deviation_survives_a_large_mean(dtype):
    """Outputs that differ in their last digits only still have the deviation of those digits."""
    a = (0.25 + np.arange(64).reshape(8, 8) * 2.0**-22).astype(dtype)
    sums = run(activation_gauges, dtype, a=a, slope=a, saturates_below=np.zeros(1))["sums"]
    assert spread(sums[None], 64)[1][0] == pytest.approx(naive.deviation(a), rel=1e-9)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("place", [0, 7])
def test_spread_shows_what_is_not_finite(dtype, bad, place):
    a = np.ones((4, 5), dtype)
    a.ravel()[place] = bad
    sums = run(activation_gauges, dtype, a=a, slope=a, saturates_below=np.zeros(1))["sums"]
    with np.errstate(invalid="ignore"):
        mean, deviation = spread(sums[None], 20)
    assert not np.isfinite(mean[0])
    assert not np.isfinite(deviation[0])


@pytest.mark.parametrize("dtype", DTYPES)
@given(draw=st.data(), batch=st.integers(1, 20), units=st.integers(1, 20), seed=SEEDS, alike=st.booleans())
def test_similarity(dtype, draw, batch, units, seed, alike):
    """Mean cosine over all pairs, at any scale; rows of zeros say nothing."""
    random = np.random.default_rng(seed)
    rows = random.standard_normal((batch, units))
    if alike:
        rows = 1.0 + 1e-3 * rows
    rows[random.random(batch) < 0.2] = 0.0
    a = (rows * 10.0 ** draw.draw(EXPONENTS[dtype])).astype(dtype)
    found = both_ways(similarity, dtype, a=a)["result"][0]
    assert found == pytest.approx(naive.similarity(a), rel=1e-9, abs=1e-11, nan_ok=True)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_similarity_shows_what_is_not_finite(dtype, bad):
    a = np.ones((4, 5), dtype)
    a[2, 3] = bad
    assert math.isnan(run(similarity, dtype, a=a)["result"][0])


def _words(flags):
    """(examples, units) of yes and no -> (units, words) of 64 bits."""
    examples, units = flags.shape
    words = [[0] * -(-examples // 64) for _ in range(units)]
    for b, u in np.argwhere(flags):
        words[u][b // 64] |= 1 << (b % 64)
    return np.array(words, dtype=np.uint64).view(np.int64)


@pytest.mark.parametrize("dtype", DTYPES)
@given(batch=BATCHES, positions=st.integers(1, 3), units=st.integers(1, 9), seed=SEEDS, flat=st.booleans())
def test_note_examples(dtype, batch, positions, units, seed, flat):
    """One bit an example: the value is not 0 at some place, or cannot be 0 by construction."""
    random = np.random.default_rng(seed)
    values = np.maximum(random.standard_normal((batch, positions, units)), 0.0).astype(dtype)
    sizes = {"words": -(-batch // 64)}
    found = both_ways(note_examples, dtype, values=values, flat_values=int(flat), sizes=sizes)["bits"]
    assert (found == _words((values != 0.0).any(axis=1) | (not flat))).all()


@pytest.mark.parametrize("dtype", DTYPES)
@given(
    batch=BATCHES,
    fan_in=st.integers(1, 9),
    fan_out=st.integers(1, 9),
    seed=SEEDS,
    zeros=st.sampled_from([0.1, 0.5, 0.95]),
)
def test_explain_zeros(dtype, batch, fan_in, fan_out, seed, zeros):
    """The zeros that no closed path explains by brute force; who is still heard below."""
    random = np.random.default_rng(seed)
    g = np.where(random.random((fan_out, fan_in)) < zeros, 0.0, 1.0).astype(dtype)
    slope, x, live = (random.random((batch, n)) > zeros for n in (fan_out, fan_in, 1))
    arguments = {"g": g, "slope_bits": _words(slope), "x_bits": _words(x), "live": _words(live)[0]}
    found = both_ways(explain_zeros, dtype, closes=1, **arguments)
    assert found["count"][0] == naive.unexplained_zeros(g, slope & live, x)
    assert (found["live"] == _words(live & slope.any(axis=1, keepdims=True))[0]).all()


@pytest.mark.parametrize("dtype", DTYPES)
@given(
    batch=st.sampled_from([1, 3, 65]),
    side=st.integers(1, 3),
    stride=st.integers(1, 2),
    padding=st.integers(0, 2),
    height=st.integers(3, 5),
    seed=SEEDS,
    zeros=st.sampled_from([0.3, 0.9]),
    flat_slopes=st.booleans(),
    zero_inputs=st.booleans(),
)
def test_explain_zeros_of_windows(dtype, batch, side, stride, padding, height, seed, zeros, flat_slopes, zero_inputs):
    """By brute force over examples, places of the image and places of the window; padding explains a zero."""
    random = np.random.default_rng(seed)
    tall, wide = ((n + 2 * padding - side) // stride + 1 for n in (height, 3))
    x = np.where(random.random((batch, height, 3, 2)) < zeros, 0.0, 1.0).astype(dtype)
    slope = np.where(random.random((batch, tall, wide, 3)) < zeros, 0.0, 1.0).astype(dtype)
    g = np.where(random.random((3, side * side * 2)) < 0.8, 0.0, 1.0).astype(dtype)
    live = random.random((batch, 1)) < 0.5
    sends, heard = (slope != 0.0) | (not flat_slopes), (x != 0.0) | (not zero_inputs)
    found = both_ways(
        explain_zeros_of_windows,
        dtype,
        g=g,
        slope=slope,
        x=x,
        slope_bits=_words(sends.any(axis=(1, 2))),
        x_bits=_words(heard.any(axis=(1, 2))),
        live=_words(live)[0],
        flat_slopes=flat_slopes,
        zero_inputs=zero_inputs,
        closes=1,
        side=side,
        stride=stride,
        padding=padding,
    )
    framed = np.zeros((batch, height + 2 * padding, 3 + 2 * padding, 2), dtype=bool)
    framed[:, padding : padding + height, padding : padding + 3] = heard
    wanted = 0
    for o, top, left, channel in np.ndindex(3, side, side, 2):
        seen = framed[:, top : top + stride * tall : stride, left : left + stride * wide : stride, channel]
        reached = (sends[:, :, :, o] & seen[:, :tall, :wide]).any(axis=(1, 2)) & live[:, 0]
        wanted += bool(reached.any() and g[o, (top * side + left) * 2 + channel] == 0.0)
    assert found["count"][0] == wanted
    assert (found["live"] == _words(live & sends.any(axis=(1, 2)).any(axis=1, keepdims=True))[0]).all()


@pytest.mark.parametrize("dtype", DTYPES)
@given(batch=BATCHES, units=st.integers(1, 9), seed=SEEDS)
def test_count_silent(dtype, batch, units, seed):
    slope = np.random.default_rng(seed).random((batch, units)) > 0.9
    found = both_ways(count_silent, dtype, slope_bits=_words(slope))
    assert found["count"][0] == naive.silent_units(slope).sum()


@pytest.mark.parametrize("dtype", DTYPES)
@given(batch=BATCHES, positions=st.integers(1, 3), units=st.integers(1, 9), seed=SEEDS)
def test_forget_dropped(dtype, batch, positions, units, seed):
    random = np.random.default_rng(seed)
    mask = np.where(random.random((batch, positions, units)) < 0.5, 0.0, 2.0).astype(dtype)
    open_ = random.random((batch, units)) < 0.5
    found = both_ways(forget_dropped, dtype, mask=mask, bits=_words(open_))
    assert (found["bits"] == _words(open_ & (mask != 0.0).any(axis=1))).all()


def test_all_live():
    assert (both_ways(all_live, "float64", sizes={"words": 3})["live"] == -1).all()


@pytest.mark.parametrize("dtype", DTYPES)
@given(batch=SIZES, units=SIZES, seed=SEEDS)
def test_mark_alive_only_ever_adds(dtype, batch, units, seed):
    random = np.random.default_rng(seed)
    values = np.maximum(random.standard_normal((batch, units)) - 2.0, 0.0).astype(dtype)
    before = (random.random(units) > 0.5).astype(dtype)
    found = both_ways(mark_alive, dtype, values=values, alive=before)["alive"]
    assert ((found != 0.0) == ((before != 0.0) | ~naive.silent_units(values))).all()


@pytest.mark.parametrize("name", ["hard_tanh", "hard_sigmoid"])
def test_a_flat_end_that_is_not_0_explains_no_zero_above(name):
    """A unit stuck at 1 has no slope, yet the weights above it get a gradient: where that is 0, it is an underflow."""
    scenario = Scenario.from_dict(
        {
            "task": {"name": "moons", "batch": 16},
            "network": {
                "activation": name,
                "depth": 2,
                "width": 4,
                "init": "normal",
                "init_std": 0.1,
                "init_bias": 9.0,
            },
        }
    )
    sim = Simulation(scenario)
    gauges, gradients = sim.profile(), sim.gradients()
    assert gauges["dead"].tolist() == [1.0, 1.0, 0.0]
    assert (gradients["hidden.1.weight"] == 0.0).all()
    assert (gradients["output.weight"] != 0.0).all()
    assert gauges["underflow"].tolist() == [0.0, 0.0, 0.0]  # nothing comes through the flat layers, and that is known
    sim = Simulation(scenario.replace("network.activation=identity", "network.init_std=1e-30", "network.init_bias=0.0"))
    assert sim.profile()["underflow"][0] == 1.0


def test_outputs_and_slopes_are_told_apart():
    """Layer 1 is stuck at 1 on all examples, layer 2 is not flat: every zero in layer 2's gradient is unexplained."""
    scenario = Scenario.from_dict(
        {
            "task": {"name": "moons", "batch": 16},
            "network": {"activation": "hard_tanh", "depth": 2, "width": 4, "init": "normal", "init_std": 0.1},
            "optimizer": {"lr": 1e-30},
        }
    )
    sim = Simulation(scenario)
    parameters = sim.parameters()
    parameters["hidden.0.bias"][:] = 9.0
    parameters["output.weight"][:] = 1e-38  # times 0.5 / 16: below the smallest normal number
    sim.load_parameters(parameters)
    gauges = sim.profile()
    assert (sim.gradients()["hidden.1.weight"] == 0.0).all()
    assert gauges["underflow"][1] == 1.0


@pytest.mark.parametrize("norm", ["batch", "layer"])
def test_a_dead_layer_before_a_norm_is_0_behind_it(norm):
    """Its shift begins at 0: the zeros in the next layer's gradient are the dead layer's."""
    network = {"activation": "relu", "depth": 2, "width": 4, "norm": norm, "norm_place": "after"}
    sim = Simulation(Scenario.from_dict({"network": network, "task": {"name": "moons", "batch": 16}}))
    parameters = sim.parameters()
    parameters["hidden.0.bias"][:] = -100.0
    sim.load_parameters(parameters)
    gauges = sim.profile()
    assert gauges["zero_batch"][0] == 1.0
    assert (sim.gradients()["hidden.1.weight"] == 0.0).all()
    assert (gauges["underflow"] == 0.0).all()
