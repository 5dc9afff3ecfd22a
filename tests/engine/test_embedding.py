"""What goes into a transformer and what is read out of it, against loops and against PyTorch."""

from __future__ import annotations

import naive_attention
import numpy as np
import pytest
from alone import DTYPES, both_ways, close, resolution
from hypothesis import given, settings
from hypothesis import strategies as st

from gradtui.engine.kernels import embedding

SIZES = {"batch": st.integers(1, 4), "steps": st.integers(1, 5), "count": st.integers(1, 6), "width": st.integers(1, 9)}


@pytest.mark.parametrize("dtype", DTYPES)
@settings(max_examples=20)
@given(seed=st.integers(0, 2**32), **SIZES)
def test_tokens_and_positions(dtype, seed, batch, steps, count, width):
    """Forward, and the gradients of table and positions, which are sums over places."""
    random = np.random.default_rng(seed)
    tokens = random.integers(0, count, (batch, steps))
    table, positions, delta = (
        random.standard_normal(shape).astype(dtype) for shape in ((count, width), (steps, width), (batch, steps, width))
    )
    scale = np.array([0.7])
    rounding = 4 * (batch * steps + 4) * resolution(dtype)
    common = {"tokens": tokens, "table": table, "positions": positions, "scale": scale}
    found = both_ways(embedding.embed_tokens, dtype, **common)["embedded"]
    close(found, naive_attention.embed(tokens, table.astype(float), positions, 0.7), rounding, 5.0)

    common = {"delta": delta, "scale": scale}
    # Rows that no token stands for are outputs as well: their number is not in any input.
    table_gradient = _gradient(dtype, tokens, delta, count)
    close(table_gradient, naive_attention.embed_backward(tokens, delta.astype(float), count, 0.7), rounding, 5.0)
    gradient = both_ways(embedding.positions_backward, dtype, **common)["gradient"]
    close(gradient, 0.7 * delta.astype(float).sum(axis=0), rounding, 5.0)

    moved = both_ways(embedding.add_positions, dtype, embedded=delta, positions=positions, scale=scale)["embedded"]
    close(moved, 0.7 * (delta.astype(float) + positions), rounding, 5.0)
    rows = delta.reshape(batch * steps, width)
    close(both_ways(embedding.shrink, dtype, delta=rows, scale=scale)["delta"], 0.7 * rows.astype(float), rounding, 5.0)


def _gradient(dtype, tokens, delta, count):
    from alone import run

    ways = [False, True] if dtype == "float64" else [False]
    found = [
        run(
            embedding.embed_tokens_backward,
            dtype,
            checked=checked,
            sizes={"tokens": count},
            tokens=tokens,
            delta=delta,
            scale=np.array([0.7]),
        )["table_gradient"]
        for checked in ways
    ]
    close(found[0], found[-1], 1e-12, 10.0)
    return found[0]


def test_against_torch():
    torch = pytest.importorskip("torch")
    random = np.random.default_rng(1)
    tokens, table = random.integers(0, 5, (3, 4)), random.standard_normal((5, 6))
    delta = random.standard_normal((3, 4, 6))
    module = torch.nn.Embedding.from_pretrained(torch.tensor(table), freeze=False)
    (0.7 * module(torch.tensor(tokens))).backward(torch.tensor(delta))
    close(_gradient("float64", tokens, delta, 5), module.weight.grad.numpy(), 1e-12, 1.0)


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_last_step_and_columns(dtype):
    rows = np.arange(24.0).reshape(2, 3, 4)
    last = both_ways_sized(embedding.last_step, dtype, {}, rows=rows)["last"]
    assert (last == rows[:, 2]).all()
    below = both_ways_sized(embedding.last_step_backward, dtype, {"steps": 3}, delta=last)["below"]
    assert (below[:, 2] == last).all()
    assert not below[:, :2].any()
    picked = both_ways_sized(embedding.take_columns, dtype, {"width": 2}, source=rows.reshape(6, 4), start=1)["picked"]
    assert (picked == rows.reshape(6, 4)[:, 1:3]).all()


@pytest.mark.parametrize("dtype", DTYPES)
def test_silent_tokens(dtype):
    """Rows of tokens that the batch does not hold are 0 with good reason."""
    g = np.array([[0.0, 0.0], [1.0, 0.0], [2.0, 3.0]])
    tokens = np.array([[1, 2], [2, 2]])
    assert both_ways(embedding.count_silent_tokens, dtype, tokens=tokens, g=g)["count"] == 1.0


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_sum_that_leaves_its_branch(dtype):
    z, source = np.array([[1.0, -2.0]]), np.array([[10.0, 20.0]])
    joined = both_ways(embedding.join_apart, dtype, z=z, source=source, scale=np.array([0.5]))["joined"]
    assert joined.tolist() == [[10.5, 19.0]]


def both_ways_sized(kernel, dtype, sizes, **arguments):
    from alone import run

    found = run(kernel, dtype, sizes=sizes, **arguments)
    if dtype == "float64":
        for name, plain in run(kernel, dtype, checked=True, sizes=sizes, **arguments).items():
            assert (found[name] == plain).all()
    return found
