"""The losses, their gradients and their share of right answers."""

from __future__ import annotations

import math

import naive
import numpy as np
import pytest
from alone import DTYPES, both_ways, close, resolution, run
from hypothesis import given
from hypothesis import strategies as st

from gradtui.engine.kernels.loss import LOSSES

BATCHES = st.one_of(st.integers(1, 9), st.sampled_from([16, 64]))
SPREADS = st.sampled_from([1e-3, 1.0, 10.0, 100.0])


def _drawn(name, dtype, seed, batch, outputs, spread):
    """Outputs of the network and targets in the loss's form."""
    random = np.random.default_rng(seed)
    a = (random.standard_normal((batch, outputs)) * spread).astype(dtype)
    labels = random.integers(0, outputs, batch)
    targets = {
        "cross_entropy": labels,
        "bce": random.integers(0, 2, (batch, outputs)).astype(dtype),
        "mse": random.standard_normal((batch, outputs)).astype(dtype),
        "mse_one_hot": np.eye(outputs, dtype=dtype)[labels],
    }[name]
    return a, targets


def _wanted(name, targets, smoothing):
    return {"labels": targets, "smoothing": np.array([smoothing])} if LOSSES[name].labels else {"targets": targets}


def _computed(name, dtype, a, targets, way=run, smoothing=0.0):
    found = way(LOSSES[name].kernel, dtype, a=a, **_wanted(name, targets, smoothing))
    return *found["report"], found["delta"]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", LOSSES)
@given(batch=BATCHES, outputs=st.integers(1, 12), seed=st.integers(0, 2**32), spread=SPREADS)
def test_loss_accuracy_and_gradient(name, dtype, batch, outputs, seed, spread):
    a, targets = _drawn(name, dtype, seed, batch, outputs, spread)
    loss, accuracy, delta = _computed(name, dtype, a, targets, both_ways)
    wide = targets if name == "cross_entropy" else targets.astype(np.float64)
    wanted, wanted_accuracy, gradient = naive.LOSSES[name](a.astype(np.float64), wide)
    # The largest output is subtracted in the outputs' own type; the loss is as exact as that difference.
    step = 4 * resolution(dtype)
    assert loss == pytest.approx(wanted, rel=step if name == "cross_entropy" else 1e-13, abs=1e-300)
    assert accuracy == pytest.approx(wanted_accuracy, rel=1e-15, nan_ok=True)
    entries = batch if name == "cross_entropy" else a.size
    close(delta, gradient, step, np.abs(gradient) + (spread + 1.0 if name == "cross_entropy" else 0.1) / entries)


@pytest.mark.parametrize("dtype", DTYPES)
@given(batch=BATCHES, outputs=st.integers(1, 12), seed=st.integers(0, 2**32), smoothing=st.floats(0.0, 1.0))
def test_label_smoothing(dtype, batch, outputs, seed, smoothing):
    a, labels = _drawn("cross_entropy", dtype, seed, batch, outputs, 3.0)
    loss, accuracy, delta = _computed("cross_entropy", dtype, a, labels, both_ways, smoothing)
    wanted, wanted_accuracy, gradient = naive.cross_entropy(a.astype(np.float64), labels, smoothing)
    step = 8 * resolution(dtype)
    assert loss == pytest.approx(wanted, rel=step, abs=step)
    assert accuracy == pytest.approx(wanted_accuracy, rel=1e-15)
    close(delta, gradient, step, np.full_like(gradient, 4.0 / batch))


@given(
    batch=st.integers(1, 9),
    steps=st.integers(1, 9),
    classes=st.integers(2, 9),
    seed=st.integers(0, 2**32),
    smoothing=st.sampled_from([0.0, 0.1, 1.0]),
)
def test_an_answer_at_every_step_counts_alike(batch, steps, classes, seed, smoothing):
    """A row a step, in whatever order: PyTorch's mean over examples and steps, and its gradient."""
    torch = pytest.importorskip("torch")
    random = np.random.default_rng(seed)
    a, labels = random.standard_normal((steps, batch, classes)), random.integers(0, classes, (steps, batch))
    logits = torch.tensor(a, requires_grad=True)
    wanted = torch.nn.functional.cross_entropy(
        logits.permute(1, 2, 0), torch.tensor(labels.T), label_smoothing=smoothing
    )
    wanted.backward()
    rows, flat = a.reshape(-1, classes), labels.reshape(-1)
    loss, accuracy, delta = _computed("cross_entropy", "float64", rows, flat, smoothing=smoothing)
    assert loss == pytest.approx(wanted.item(), rel=1e-12, abs=1e-14)
    close(delta, logits.grad.numpy().reshape(-1, classes), 1e-12, 1.0)
    assert accuracy == pytest.approx((a.argmax(axis=2) == labels).mean(), rel=1e-15)


@pytest.mark.parametrize("dtype", DTYPES)
@given(batch=BATCHES, outputs=st.integers(2, 12), seed=st.integers(0, 2**32))
def test_the_gradient_of_cross_entropy_sums_to_zero(dtype, batch, outputs, seed):
    """Exactly in mathematics, to rounding here: what one class gains the others lose."""
    a, labels = _drawn("cross_entropy", dtype, seed, batch, outputs, 3.0)
    *_, delta = _computed("cross_entropy", dtype, a, labels)
    close(delta.astype(np.float64).sum(axis=1), np.zeros(batch), outputs * resolution(dtype) / batch, 1.0)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", [30.0, 80.0, 1e4, 1e30])
def test_no_logit_overflows(dtype, size):
    """A wrong answer given with certainty costs its distance, a right one nothing."""
    for label, wanted in [(0, 0.0), (1, 2.0 * size)]:
        a = np.array([[size, -size]], dtype)
        loss, accuracy, delta = _computed("cross_entropy", dtype, a, np.array([label]))
        assert loss == pytest.approx(wanted, rel=1e-6, abs=1e-20)
        assert accuracy == (label == 0)
        np.testing.assert_allclose(delta, [[1.0, -1.0]] if label else [[0.0, 0.0]], atol=1e-20)
        loss, accuracy, delta = _computed("bce", dtype, a, np.array([[1.0 - label, label]], dtype))
        assert loss == pytest.approx(wanted / 2.0, rel=1e-6, abs=1e-12)
        assert accuracy == (label == 0)
        np.testing.assert_allclose(delta, [[0.5, -0.5]] if label else [[0.0, 0.0]], atol=1e-12)


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_gradient_of_a_confident_answer_keeps_its_digits(dtype):
    """p - 1 of the right class: e^-25 stands alone there, not the rounding of a number near 1."""
    *_, delta = _computed("bce", dtype, np.array([[-25.0]], dtype), np.array([[0.0]], dtype))
    assert delta[0, 0] == pytest.approx(math.exp(-25.0) / (1.0 + math.exp(-25.0)), rel=4 * resolution(dtype))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", LOSSES)
@pytest.mark.parametrize("place", [0, 2])
def test_nan_shows_and_is_never_right(name, dtype, place):
    a, targets = _drawn(name, dtype, 3, 4, 3, 1.0)
    a[1, place] = np.nan
    loss, accuracy, delta = _computed(name, dtype, a, targets)
    assert math.isnan(loss)
    assert np.isnan(delta[1]).any()
    assert np.isfinite(delta[[0, 2, 3]]).all()
    others = [0, 2, 3]
    wide = targets if name == "cross_entropy" else targets.astype(np.float64)
    rows = naive.LOSSES[name](a[others].astype(np.float64), wide[others])[1]
    if name == "bce":  # entries are counted one by one there
        right = ((a > 0.0) == (targets > 0.5)) & ~np.isnan(a)
        assert accuracy == pytest.approx(right.mean(), rel=1e-15)
    else:
        assert accuracy == pytest.approx(rows * 3 / 4, rel=1e-15, nan_ok=True)
