"""Dropout: a share of the values is set to 0 in training, others in every step."""

from __future__ import annotations

import numpy as np

from gradtui.engine.kernel import flat, kernel, real
from gradtui.engine.kernels.feeding import STEP
from gradtui.engine.randomness import SHIFT_11, Stream, derive_step_key, draw_bits

DROPOUT = int(Stream.DROPOUT)


@kernel(
    a="inout real [rows, units]",
    mask="out real [rows, units]",
    rate="in float64 [1]",
    clock="in int64 [4]",
    seed="int",
    place="int",
)
def dropout_forward(a, mask, rate, clock, seed, place):
    """a becomes a * mask, and mask is 0 with probability `rate`, otherwise 1 / (1 - rate): torch.nn.Dropout in training
    (Srivastava et al. 2014). Value i of the flat array is dropped by draw i of (seed, place, step).
    """
    values, factors = flat(a), flat(mask)
    key = derive_step_key(seed, DROPOUT, place, clock[STEP])
    bound = np.int64(rate[0] * 2.0**53)
    kept = real(1.0 / (1.0 - rate[0])) if rate[0] < 1.0 else real(0.0)
    for i in range(values.shape[0]):
        drawn = np.int64(draw_bits(key, i) >> SHIFT_11)
        factor = real(0.0) if drawn < bound else kept
        factors[i] = factor
        values[i] = values[i] * factor


@kernel(delta="inout real [rows, units]", mask="in real [rows, units]")
def dropout_backward(delta, mask):
    """delta (dL/d(a * mask)) becomes dL/da = delta * mask."""
    deltas, factors = flat(delta), flat(mask)
    for i in range(deltas.shape[0]):
        deltas[i] = deltas[i] * factors[i]
