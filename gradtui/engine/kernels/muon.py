"""Muon: the momentum of a hidden weight matrix is made orthogonal before it is followed; the rest goes by AdamW."""

from __future__ import annotations

import math

import numpy as np

from gradtui.engine.kernel import device, flat, kernel, real
from gradtui.engine.kernels.gauges import add_square, root_of
from gradtui.engine.kernels.linear import blas_nn, blas_nt, blas_tn
from gradtui.engine.kernels.moments import prepare_adam
from gradtui.engine.kernels.update import moved
from gradtui.engine.knobs import (
    ADAMW_LR,
    ADJUST_LR,
    CLIP,
    KEEP,
    LR,
    MATCH_RMS_ADAMW,
    MOMENTUM,
    NESTEROV,
    NS_A,
    NS_B,
    NS_C,
    NS_EPS,
    NS_STEPS,
    RULE,
    WEIGHT_DECAY,
)

#: Muon's own scalars stand behind AdamW's six.
OWN = RULE + 6
RATE, KEEP_MATRIX, MU, MU_COMPLEMENT, LOOKS_AHEAD, A, B, C, SMALLEST, ROUNDS, MATCHES = range(OWN, OWN + 11)


@device()
def prepare_muon(knobs, rate, t, scalars):
    """The schedule that moved `rate` away from lr moves AdamW's rate by the same factor."""
    rest = knobs[ADAMW_LR] * rate / knobs[LR]
    prepare_adam(knobs, rest, t, scalars)
    scalars[KEEP] = 1.0 - rest * knobs[WEIGHT_DECAY]
    scalars[RATE] = -rate
    scalars[KEEP_MATRIX] = 1.0 - rate * knobs[WEIGHT_DECAY]
    scalars[MU] = knobs[MOMENTUM]
    scalars[MU_COMPLEMENT] = 1.0 - knobs[MOMENTUM]
    scalars[LOOKS_AHEAD] = knobs[NESTEROV]
    scalars[A] = knobs[NS_A]
    scalars[B] = knobs[NS_B]
    scalars[C] = knobs[NS_C]
    scalars[SMALLEST] = knobs[NS_EPS]
    scalars[ROUNDS] = knobs[NS_STEPS]
    scalars[MATCHES] = 1.0 if knobs[ADJUST_LR] == MATCH_RMS_ADAMW else 0.0


@kernel(
    p="inout real [rows, columns]",
    g="in real [rows, columns]",
    velocity="inout real [rows, columns]",
    scalars="in float64 [24]",
    x="out real [rows, columns]",
    product="out real [rows, columns]",
    gram="out real [side, side]",
    polynomial="out real [side, side]",
    sums="out float64 [6]",
    blas="blas",
)
def orthogonal_update(p, g, velocity, scalars, x, product, gram, polynomial, sums, blas):
    """m = mu m + (1-mu) g; X = NS((1-mu) g + mu m); p -= lr sqrt(max(1, rows/columns)) X (Jordan et al. 2024;
    torch.optim.Muon, which iterates in bfloat16 while this keeps the network's own numbers).

    NS: X / |X|, then so many rounds of X = a X + (b A + c A A) X with A = X X^T; on the shorter side, side =
    min(rows, columns). x, product, gram and polynomial are scratch; sums are those of `update`.
    """
    clip = real(scalars[CLIP])
    mu, complement = real(scalars[MU]), real(scalars[MU_COMPLEMENT])
    ahead = scalars[LOOKS_AHEAD] != 0.0
    small, middle, big = 0.0, 0.0, 0.0
    for r in range(p.shape[0]):
        for c in range(p.shape[1]):
            entry = g[r, c] * clip
            mean = mu * velocity[r, c] + complement * entry
            velocity[r, c] = mean
            mixed = mu * mean + complement * entry if ahead else mean
            x[r, c] = mixed
            small, middle, big = add_square(mixed, small, middle, big)
    length = root_of(small, middle, big)
    shrink_rows(x, scalars[SMALLEST] if length < scalars[SMALLEST] else length)
    for _ in range(int(scalars[ROUNDS])):
        newton_schulz(blas, x, product, gram, polynomial, scalars)

    rows, columns = np.float64(p.shape[0]), np.float64(p.shape[1])
    adjusted = math.sqrt(rows / columns) if rows > columns else 1.0
    if scalars[MATCHES] != 0.0:
        adjusted = 0.2 * math.sqrt(rows if rows > columns else columns)
    step, keep = real(scalars[RATE] * adjusted), real(scalars[KEEP_MATRIX])
    small_c, middle_c, big_c = 0.0, 0.0, 0.0
    small_p, middle_p, big_p = 0.0, 0.0, 0.0
    for r in range(p.shape[0]):
        for c in range(p.shape[1]):
            before = p[r, c]
            after, change = moved(before, keep, step * x[r, c])
            p[r, c] = after
            small_c, middle_c, big_c = add_square(change, small_c, middle_c, big_c)
            small_p, middle_p, big_p = add_square(before, small_p, middle_p, big_p)
    sums[0] = small_c
    sums[1] = middle_c
    sums[2] = big_c
    sums[3] = small_p
    sums[4] = middle_p
    sums[5] = big_p


@device(exact=True)
def shrink_rows(x, length):
    """x /= length, in place. Divided, not multiplied by 1 / length, which may be beyond all numbers."""
    row = flat(x)
    for i in range(row.shape[0]):
        row[i] = real(np.float64(row[i]) / length)


@device()
def newton_schulz(blas, x, product, gram, polynomial, scalars):
    """One round, in place: every singular value s of x becomes a s + b s^3 + c s^5."""
    wide = x.shape[0] <= x.shape[1]
    if wide:
        row = flat(gram)
        for i in range(row.shape[0]):
            row[i] = real(0.0)
        blas_nt(blas, x, x, gram)
    else:
        blas_tn(blas, x, x, gram)
    blas_nn(blas, gram, gram, polynomial)
    b, c = real(scalars[B]), real(scalars[C])
    squares, cubes = flat(gram), flat(polynomial)
    for i in range(squares.shape[0]):
        cubes[i] = b * squares[i] + c * cubes[i]
    if wide:
        blas_nn(blas, polynomial, x, product)
    else:
        blas_nn(blas, x, polynomial, product)
    a = real(scalars[A])
    row, added = flat(x), flat(product)
    for i in range(row.shape[0]):
        row[i] = a * row[i] + added[i]
