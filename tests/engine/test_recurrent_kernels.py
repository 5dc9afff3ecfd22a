"""The passes through time of every recurrent cell, compiled and uncompiled, against cells written out."""

from __future__ import annotations

import naive_recurrent
import numpy as np
import pytest
from alone import DTYPES, both_ways, close, resolution, run
from hypothesis import given
from hypothesis import strategies as st
from naive import rms

from gradtui.engine.kernels.recurrent import RNN_FORWARD, by_blocks, join_biases, rnn_backward
from gradtui.engine.kernels.recurrent_gru import gru_backward, gru_forward
from gradtui.engine.kernels.recurrent_lstm import lstm_backward, lstm_forward
from gradtui.engine.kernels.recurrent_weights import PIECE, narrow_weight_gradient, pieces, weight_gradient_in_pieces

#: Both ways of the recurrent product: 16 and 48 go by register blocks, the others by BLAS.
UNITS = st.sampled_from([1, 3, 8, 16, 33, 48])
STEPS, BATCHES = st.integers(1, 7), st.sampled_from([1, 2, 5, 8])
TRUNCATIONS = st.sampled_from([0, 0, 1, 2, 3])
TOLERANCE = {"float32": 1e-4, "float64": 1e-11}


def _root(words):
    """What three words of squares stand for, where nothing is extreme."""
    return np.sqrt(words[..., 1])


class Drawn:
    """A layer's weights, inputs, and signal from above; everything exactly representable in `dtype`."""

    def __init__(self, dtype, seed, gates, steps, batch, units, inputs=3):
        random = np.random.default_rng(seed)

        def normal(*shape):
            return random.standard_normal(shape).astype(dtype).astype(np.float64)

        self.x = normal(steps, batch, inputs)
        self.w_ih, self.w_hh = normal(gates * units, inputs), normal(gates * units, units) / 4.0
        self.b_ih, self.b_hh = normal(gates * units), normal(gates * units)
        self.above = normal(steps, batch, units)
        self.start = np.zeros((steps + 1, batch, units))
        self.blocks = by_blocks(units)

    @property
    def weights(self):
        return self.w_ih, self.w_hh, self.b_ih, self.b_hh

    def pre(self, shared):
        """What a linear layer over all steps makes of x, with the part of b_hh that belongs there."""
        bias = self.b_ih.copy()
        bias[:shared] += self.b_hh[:shared]
        return self.x @ self.w_ih.T + bias


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("activation", RNN_FORWARD)
@given(seed=st.integers(0, 2**32), steps=STEPS, batch=BATCHES, units=UNITS, truncation=TRUNCATIONS)
def test_plain_cell(activation, dtype, seed, steps, batch, units, truncation):
    d = Drawn(dtype, seed, 1, steps, batch, units)
    made = both_ways(RNN_FORWARD[activation], dtype, pre=d.pre(units), weight=d.w_hh, h=d.start, blocks=d.blocks)
    h, slopes = naive_recurrent.rnn(d.x, *d.weights, activation)
    near = TOLERANCE[dtype]
    close(made["h"], h, near, np.abs(h).max())
    if activation == "relu":
        slopes = made["pre"].astype(np.float64)  # rounding may put a unit on the other side of 0
    close(made["pre"], slopes, near, 1.0)

    back = both_ways(
        rnn_backward,
        dtype,
        slope=slopes.astype(dtype),
        weight=d.w_hh,
        truncation=np.array([truncation]),
        delta=d.above,
        blocks=d.blocks,
    )
    delta, inner = naive_recurrent.rnn_backward(slopes, d.w_hh, d.above, truncation)
    close(back["delta"], delta, near, np.abs(delta).max())
    close(back["pre_delta"], inner, near, np.abs(delta).max())
    close(back["bias_gradient"], inner.sum(axis=(0, 1)), near, np.abs(inner).sum())
    close(_root(back["sums"]) / np.sqrt(batch * units), [rms(each) for each in delta], near, rms(delta))


@pytest.mark.parametrize("dtype", DTYPES)
@given(seed=st.integers(0, 2**32), steps=STEPS, batch=BATCHES, units=UNITS, truncation=TRUNCATIONS)
def test_lstm(dtype, seed, steps, batch, units, truncation):
    d = Drawn(dtype, seed, 4, steps, batch, units)
    made = both_ways(
        lstm_forward,
        dtype,
        pre=d.pre(4 * units),
        weight=d.w_hh,
        h=d.start,
        c=d.start,
        blocks=d.blocks,
        sizes={"cells": batch * units},
    )
    h, c, gates = naive_recurrent.lstm(d.x, *d.weights)
    near = TOLERANCE[dtype]
    close(made["h"], h, near, 1.0)
    close(made["c"], c, near, np.abs(c).max())
    close(made["forget"], gates[:, :, 1], near, 1.0)
    for row, gate in enumerate((0, 1, 3)):
        close(made["gate_sums"][row], gates[:, :, gate].sum(axis=(1, 2)), near)

    back = both_ways(
        lstm_backward,
        dtype,
        factors=made["pre"],
        forget=made["forget"],
        passes=made["passes"],
        weight=d.w_hh,
        truncation=np.array([truncation]),
        delta=d.above,
        blocks=d.blocks,
    )
    delta, cell, inner = naive_recurrent.lstm_backward(c, gates, d.w_hh, d.above, truncation)
    scale = max(np.abs(delta).max(), np.abs(inner).max())
    close(back["delta"], delta, near, scale)
    close(back["factors"], inner, near, scale)
    close(back["bias_gradient"], inner.sum(axis=(0, 1)), near, np.abs(inner).sum())
    close(_root(back["sums"]) / np.sqrt(batch * units), [rms(each) for each in delta], near, rms(delta))
    close(_root(back["cell_sums"]) / np.sqrt(batch * units), [rms(each) for each in cell], near, rms(cell))


@pytest.mark.parametrize("dtype", DTYPES)
@given(seed=st.integers(0, 2**32), steps=STEPS, batch=BATCHES, units=UNITS, truncation=TRUNCATIONS)
def test_gru(dtype, seed, steps, batch, units, truncation):
    d = Drawn(dtype, seed, 3, steps, batch, units)
    made = both_ways(
        gru_forward,
        dtype,
        pre=d.pre(2 * units),
        weight=d.w_hh,
        hidden_bias=d.b_hh,
        h=d.start,
        blocks=d.blocks,
        sizes={"cells": batch * units},
    )
    h, gates = naive_recurrent.gru(d.x, *d.weights)
    near = TOLERANCE[dtype]
    close(made["h"], h, near, 1.0)
    for row in range(2):
        close(made["gate_sums"][row], gates[:, :, row].sum(axis=(1, 2)), near)

    back = both_ways(
        gru_backward,
        dtype,
        factors=made["pre"],
        reset=made["reset"],
        update=made["update"],
        weight=d.w_hh,
        truncation=np.array([truncation]),
        delta=d.above,
        blocks=d.blocks,
    )
    delta, inner, hidden = naive_recurrent.gru_backward(h, gates, d.w_hh, d.b_hh, d.above, truncation)
    scale = max(np.abs(delta).max(), np.abs(inner).max())
    close(back["delta"], delta, near, scale)
    close(back["factors"], inner, near, scale)
    close(back["hidden"], hidden, near, scale)
    close(back["bias_gradient"], inner.sum(axis=(0, 1)), near, np.abs(inner).sum())
    close(back["hidden_bias_gradient"], hidden.sum(axis=(0, 1)), near, np.abs(inner).sum())
    close(_root(back["sums"]) / np.sqrt(batch * units), [rms(each) for each in delta], near, rms(delta))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shared", [0, 2, 5])
def test_biases_are_joined_where_the_state_has_no_say(dtype, shared):
    first, second = np.arange(1.0, 6.0), np.arange(10.0, 60.0, 10.0)
    joined = both_ways(join_biases, dtype, input_bias=first, hidden_bias=second, shared=shared)["joined"]
    assert joined.tolist() == [*(first + second)[:shared], *first[shared:]]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("steps", "batch"), [(1, 7), (6, 50), (7, 300), (12, 32)])
def test_weight_gradients_are_sums_over_steps_and_examples(dtype, steps, batch):
    random = np.random.default_rng(7)
    count, rows = pieces(steps, batch)
    assert count * rows == steps * batch
    assert rows <= max(PIECE, batch)
    for fan_in, kernel, name in ((32, weight_gradient_in_pieces, "product"), (3, narrow_weight_gradient, "turned")):
        delta, x = (random.standard_normal((steps * batch, n)).astype(dtype) for n in (48, fan_in))
        shaped = (delta, x)
        if name == "product":
            shaped = delta.reshape(count, rows, 48), x.reshape(count, rows, fan_in)
        found = run(kernel, dtype, delta=shaped[0], x=shaped[1])["weight_gradient"]
        wanted = delta.astype(np.float64).T @ x.astype(np.float64)
        close(found, wanted, steps * batch * resolution(dtype), np.abs(delta).T @ np.abs(x))
        if dtype == "float64":
            plain = run(kernel, dtype, checked=True, delta=shaped[0], x=shaped[1])["weight_gradient"]
            close(found, plain, 1e-12, np.abs(delta).T @ np.abs(x))


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("units", [3, 16])
def test_what_is_not_finite_stays_with_its_example_and_later_steps(bad, units):
    """A NaN at step 2 of one example shows in its h from there on; other examples, earlier steps do not see it."""
    d = Drawn("float64", 4, 1, 5, 3, units)
    pre = d.pre(units)
    pre[2, 1] = bad
    h = run(RNN_FORWARD["identity"], "float64", pre=pre, weight=d.w_hh, h=d.start, blocks=d.blocks)["h"]
    assert not np.isfinite(h[3:, 1]).any()
    assert np.isfinite(h[:3]).all()
    assert np.isfinite(h[:, [0, 2]]).all()


def test_a_signal_of_1e_200_is_measured():
    """Its square is no number of float64: three words hold it."""
    d = Drawn("float64", 4, 1, 2, 2, 3)
    slopes, signal = np.ones((2, 2, 3)), np.full((2, 2, 3), 1e-200)
    truncation = np.array([1])
    sums = run(rnn_backward, "float64", slope=slopes, weight=d.w_hh, truncation=truncation, delta=signal, blocks=0)[
        "sums"
    ]
    assert (sums[:, 1:] == 0.0).all()
    close(np.sqrt(sums[:, 0]) / 2.0**600, np.full(2, 1e-200 * np.sqrt(6.0)), 1e-14)
