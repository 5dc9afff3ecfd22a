"""Which examples a step sees: shuffled whole epochs, the same whenever they are asked for."""

from __future__ import annotations

import naive
import numpy as np
import pytest
from alone import DTYPES, both_ways, run
from hypothesis import given
from hypothesis import strategies as st

from gradtui.engine.kernels.feeding import (
    choose_batch,
    finish_step,
    gather,
    gather_labels,
    gather_one_hot_over_time,
    gather_over_time,
    gather_tokens,
    gather_tokens_over_time,
)

SEEDS = st.one_of(st.integers(0, 2**63 - 1), st.sampled_from([0, 1, 2**63 - 1]))
SIZES = st.integers(1, 40).flatmap(lambda examples: st.tuples(st.just(examples), st.integers(1, examples)))


def _chosen(seed, step, examples, batch, *, order=None, epoch=0, way=both_ways):
    """What `choose_batch` leaves behind: the choice, the order and the epoch it keeps."""
    order = np.zeros(examples, np.int64) if order is None else order
    found = way(
        choose_batch,
        "float64",
        clock=np.array([step, epoch, 0, 0]),
        seed=seed,
        order=order,
        sizes={"batch": batch},
    )
    assert found["clock"][0] == step
    return found["chosen"], found["order"], int(found["clock"][1])


@given(seed=SEEDS, sizes=SIZES, step=st.one_of(st.integers(0, 30), st.integers(0, 2**40)))
def test_the_batch_of_a_step(seed, sizes, step):
    """As drawn by Python's whole numbers, without any step before it."""
    examples, batch = sizes
    chosen, *_ = _chosen(seed, step, examples, batch)
    assert chosen.tolist() == naive.chosen(seed, step, examples, batch)


@given(seed=SEEDS, sizes=SIZES)
def test_an_epoch_shows_no_example_twice(seed, sizes):
    """Three epochs, step by step with the order that is kept: whole batches without a repetition, the rest skipped."""
    examples, batch = sizes
    batches = examples // batch
    order, epoch = None, 0
    for start in range(0, 3 * batches, batches):
        seen = []
        for step in range(start, start + batches):
            chosen, order, epoch = _chosen(seed, step, examples, batch, order=order, epoch=epoch, way=run)
            assert chosen.tolist() == naive.chosen(seed, step, examples, batch)
            seen += chosen.tolist()
        assert sorted(order) == list(range(examples))
        assert len(set(seen)) == len(seen) == batches * batch


def test_epochs_and_seeds_shuffle_differently():
    orders = {tuple(naive.shuffle(seed, epoch, 20)) for seed in range(20) for epoch in range(20)}
    assert len(orders) == 400


def test_every_example_comes_first_equally_often():
    """6,000 shuffles of 6: a place holds each example 1,000 times, within five standard deviations."""
    counts = np.zeros((6, 6))
    for epoch in range(6000):
        counts[np.arange(6), naive.shuffle(7, epoch, 6)] += 1
    assert np.abs(counts - 1000).max() < 5 * np.sqrt(6000 * (1 / 6) * (5 / 6))


@pytest.mark.parametrize("dtype", DTYPES)
@given(examples=st.integers(1, 20), batch=st.integers(1, 9), columns=st.integers(1, 9), seed=st.integers(0, 2**32))
def test_gather(dtype, examples, batch, columns, seed):
    random = np.random.default_rng(seed)
    chosen = random.integers(0, examples, batch)
    source = random.standard_normal((examples, columns)).astype(dtype)
    assert (both_ways(gather, dtype, chosen=chosen, source=source)["picked"] == source[chosen]).all()
    labels = random.integers(0, 1000, examples)
    assert (both_ways(gather_labels, dtype, chosen=chosen, source=labels)["picked"] == labels[chosen]).all()


@pytest.mark.parametrize("dtype", DTYPES)
@given(
    examples=st.integers(1, 9),
    batch=st.integers(1, 9),
    steps=st.integers(1, 9),
    size=st.integers(1, 5),
    seed=st.integers(0, 2**32),
)
def test_gather_sequences(dtype, examples, batch, steps, size, seed):
    """Time step after time step, or example after example; tokens as they are and as ones among zeros."""
    random = np.random.default_rng(seed)
    chosen = random.integers(0, examples, batch)
    numbers = random.standard_normal((examples, steps, size)).astype(dtype)
    tokens = random.integers(0, size, (examples, steps))
    over_time = both_ways(gather_over_time, dtype, chosen=chosen, source=numbers)["picked"]
    assert (over_time == naive.over_time(numbers[chosen])).all()
    assert (both_ways(gather_tokens, dtype, chosen=chosen, source=tokens)["picked"] == tokens[chosen]).all()
    turned = both_ways(gather_tokens_over_time, dtype, chosen=chosen, source=tokens)["picked"]
    assert (turned == naive.over_time(tokens[chosen])).all()
    ones = both_ways(gather_one_hot_over_time, dtype, chosen=chosen, source=tokens, sizes={"tokens": size})["picked"]
    assert (ones == naive.one_hot(naive.over_time(tokens[chosen]), size)).all()


@pytest.mark.parametrize("dtype", DTYPES)
@given(window=st.integers(1, 9), step=st.integers(0, 50))
def test_finish_step(dtype, window, step):
    """Loss and accuracy go into the ring where the step belongs, and the clock ticks."""
    history = np.arange(2.0 * window).reshape(window, 2)
    report = np.array([0.25, 0.75])
    found = both_ways(finish_step, dtype, report=report, history=history, clock=np.array([step, 5, 0, 0]))
    assert found["clock"].tolist() == [step + 1, 5, 0, 0]
    history[step % window] = report
    assert (found["history"] == history).all()
