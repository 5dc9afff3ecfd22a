"""Attention kernels against the formulas written out, against PyTorch, and against central differences."""

from __future__ import annotations

import naive_attention
import numpy as np
import pytest
from alone import DTYPES, close, run
from hypothesis import given, settings
from hypothesis import strategies as st

from gradtui.engine.kernels.attention import ATTENTION, DROPPING_ATTENTION, rounded

TOLERANCE = {"float32": 2e-5, "float64": 1e-12}


def scratch(steps, columns):
    """What both kernels need besides their operands."""
    padded, head = rounded(steps), rounded(columns)
    shapes = {
        "turned": (2, head, padded),
        "rooms": (6, padded, head),
        "squares": (2, padded, padded),
        "line": (2, padded),
    }
    return {name: np.full(shape, np.nan) for name, shape in shapes.items()}


def forward(dtype, qkv, heads, causal, rate=None, checked=False, step=3):
    _, steps, triple = qkv.shape
    kernel = ATTENTION[0] if rate is None else DROPPING_ATTENTION[0]
    return run(
        kernel,
        dtype,
        checked=checked,
        sizes={"heads": heads, "width": triple // 3},
        qkv=qkv,
        causal=int(causal),
        **drawing(rate, step),
        **scratch(steps, triple // 3 // heads),
    )


def backward(dtype, delta, qkv, weights, rate=None, checked=False, step=3):
    scratched = scratch(qkv.shape[1], delta.shape[2] // weights.shape[1])
    kernel = ATTENTION[1] if rate is None else DROPPING_ATTENTION[1]
    return run(
        kernel, dtype, checked=checked, delta=delta, qkv=qkv, weights=weights, **drawing(rate, step), **scratched
    )


def drawing(rate, step):
    return {"rate": np.array([rate or 0.0]), "clock": np.array([step, 0, 0, 0]), "seed": 7, "place": 4}


def drawn(shape, seed, dtype="float64", scale=1.0):
    return (np.random.default_rng(seed).standard_normal(shape) * scale).astype(dtype).astype(np.float64)


SIZES = {
    "batch": st.integers(1, 3),
    "steps": st.one_of(st.integers(1, 6), st.sampled_from([16, 19])),
    "heads": st.integers(1, 3),
    "columns": st.one_of(st.integers(1, 5), st.sampled_from([16, 17])),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("dropping", [False, True])
@settings(max_examples=8)
@given(causal=st.booleans(), seed=st.integers(0, 2**32), rate=st.floats(0.1, 0.7), **SIZES)
def test_attention_and_its_gradient(dropping, dtype, batch, steps, heads, columns, causal, seed, rate):
    """Weights, context and dL/d(q, k, v); scratch and padding hold anything before."""
    qkv = drawn((batch, steps, 3 * heads * columns), seed, dtype)
    delta = drawn((batch, steps, heads * columns), seed + 1, dtype)
    rate = rate if dropping else None
    masks = naive_attention.dropout_mask(7, 4, 3, (batch, heads, steps, steps), rate) if dropping else None
    found = forward(dtype, qkv, heads, causal, rate)
    weights, context = naive_attention.attention(qkv, heads, causal, masks)
    close(found["weights"][:, :, :steps, :steps].swapaxes(2, 3), weights, TOLERANCE[dtype], 1.0)
    assert not found["weights"][:, :, steps:].any()
    assert not found["weights"][:, :, :, steps:].any()
    close(found["context"], context, TOLERANCE[dtype], np.abs(context).max() + 1.0)

    below = backward(dtype, delta, qkv, found["weights"], rate)
    wanted = naive_attention.attention_backward(delta, qkv, heads, causal, masks)
    close(below["qkv_delta"], wanted, TOLERANCE[dtype], np.abs(wanted).max() + 1.0)
    parts = np.split(below["qkv_delta"].astype(np.float64), 3, axis=2)
    close(below["sums"].sum(axis=1), [(part**2).sum() for part in parts], 1e-6)
    if dtype == "float64":
        plain = forward(dtype, qkv, heads, causal, rate, checked=True)
        close(found["context"], plain["context"], 1e-11, np.abs(context).max() + 1.0)
        plain = backward(dtype, delta, qkv, found["weights"], rate, checked=True)
        close(below["qkv_delta"], plain["qkv_delta"], 1e-11, np.abs(wanted).max() + 1.0)


@pytest.mark.parametrize("causal", [False, True])
def test_the_gradient_is_the_slope(causal):
    """Of a weighted sum of the context, by central differences."""
    qkv, delta = drawn((2, 5, 12), 1), drawn((2, 5, 4), 2)

    def value(x):
        return float((forward("float64", x, 2, causal)["context"] * delta).sum())

    found = backward("float64", delta, qkv, forward("float64", qkv, 2, causal)["weights"])["qkv_delta"]
    for index in [(0, 0, 0), (0, 4, 3), (1, 2, 5), (1, 4, 7), (0, 1, 8), (1, 3, 11)]:
        step = np.zeros_like(qkv)
        step[index] = 1e-5
        slope = (value(qkv + step) - value(qkv - step)) / 2e-5
        assert found[index] == pytest.approx(slope, rel=1e-7, abs=1e-9), index


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_causal_mask_hides_the_future_exactly(dtype):
    """Nothing said after step t changes what comes out up to t, and no gradient comes from there: but 0."""
    qkv, delta = drawn((2, 9, 24), 3, dtype), drawn((2, 9, 8), 4, dtype)
    found = forward(dtype, qkv, 2, True)
    for t in range(9):
        other = qkv.copy()
        other[:, t + 1 :] += 1000.0
        assert (forward(dtype, other, 2, True)["context"][:, : t + 1] == found["context"][:, : t + 1]).all()
        early = delta.copy()
        early[:, t + 1 :] = 0.0
        below = backward(dtype, early, qkv, found["weights"])["qkv_delta"]
        assert (below[:, t + 1 :] == 0.0).all()
        assert (below[:, t] != 0.0).any()


@pytest.mark.parametrize("dtype", DTYPES)
def test_large_scores_do_not_overflow_and_nan_shows(dtype):
    qkv = drawn((1, 4, 6), 5, dtype, 1e4)
    assert np.isfinite(forward(dtype, qkv, 1, False)["context"]).all()
    qkv[0, 1, 0] = np.nan  # one query
    context = forward(dtype, qkv, 1, False)["context"]
    assert np.isnan(context[0, 1]).all()
    assert np.isfinite(context[0, [0, 2, 3]]).all()


def test_against_torch():
    torch = pytest.importorskip("torch")
    qkv = drawn((3, 7, 36), 6)
    q, k, v = (part.reshape(3, 7, 2, 6).swapaxes(1, 2) for part in np.split(qkv, 3, axis=2))
    for causal in (False, True):
        wanted = torch.nn.functional.scaled_dot_product_attention(
            *(torch.tensor(part) for part in (q, k, v)), is_causal=causal
        )
        found = forward("float64", qkv, 2, causal)["context"]
        close(found, wanted.numpy().swapaxes(1, 2).reshape(3, 7, 12), 1e-12, 1.0)
