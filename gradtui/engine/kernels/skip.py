"""Skip connections: adding a block's input to what its layers made of it, and taking the gradient apart again."""

from __future__ import annotations

import numpy as np

from gradtui.engine.kernel import flat, kernel, real
from gradtui.engine.kernels.gauges import add_square


@kernel(values="in real [batch, units]", kept="out real [batch, units]")
def keep(values, kept):
    """kept = values."""
    source, target = flat(values), flat(kept)
    for i in range(source.shape[0]):
        target[i] = source[i]


@kernel(z="inout real [batch, units]", source="in real [batch, units]", scale="in float64 [1]")
def join(z, source, scale):
    """z = source + scale * z: the block's input, and its branch (He et al. 2016)."""
    branch, direct = flat(z), flat(source)
    factor = real(scale[0])
    for i in range(branch.shape[0]):
        branch[i] = direct[i] + factor * branch[i]


@kernel(
    delta="inout real [batch, units]", direct="out real [batch, units]", scale="in float64 [1]", used="out float64 [1]"
)
def part(delta, direct, scale, used):
    """The backward pass of `join`: direct = delta goes down the skip, scale * delta stays for the branch. `used` keeps
    the scale for who looks later, when it may have been turned."""
    used[0] = scale[0]
    branch, skip = flat(delta), flat(direct)
    factor = real(scale[0])
    for i in range(branch.shape[0]):
        skip[i] = branch[i]
        branch[i] = factor * branch[i]


@kernel(delta="inout real [batch, units]", direct="in real [batch, units]", sums="out float64 [6]")
def meet(delta, direct, sums):
    """Where branch and skip began: delta += direct. sums: squares of delta before and after, three words each."""
    branch, skip = flat(delta), flat(direct)
    small_b, middle_b, big_b = 0.0, 0.0, 0.0
    small_a, middle_a, big_a = 0.0, 0.0, 0.0
    for i in range(branch.shape[0]):
        before = branch[i]
        after = before + skip[i]
        branch[i] = after
        small_b, middle_b, big_b = add_square(before, small_b, middle_b, big_b)
        small_a, middle_a, big_a = add_square(after, small_a, middle_a, big_a)
    sums[0] = small_b
    sums[1] = middle_b
    sums[2] = big_b
    sums[3] = small_a
    sums[4] = middle_a
    sums[5] = big_a


@kernel(
    z="inout real [rows, units]",
    source="in real [rows, units]",
    alpha="in real [1]",
    branch="out real [rows, units]",
)
def rezero_join(z, source, alpha, branch):
    """z = source + alpha * z with a scale that is trained (ReZero, Bachlechner et al. 2021); branch keeps z for it."""
    joined, direct, kept = flat(z), flat(source), flat(branch)
    factor = alpha[0]
    for i in range(joined.shape[0]):
        value = joined[i]
        kept[i] = value
        joined[i] = direct[i] + factor * value


@kernel(
    delta="inout real [rows, units]",
    branch="in real [rows, units]",
    direct="out real [rows, units]",
    alpha="in real [1]",
    alpha_gradient="out real [1]",
    used="out float64 [1]",
)
def rezero_part(delta, branch, direct, alpha, alpha_gradient, used):
    """The backward pass of `rezero_join`: direct = delta, dL/dalpha = sum of delta * branch, and delta becomes
    alpha * delta for the branch. `used` keeps alpha as it was before the update."""
    used[0] = np.float64(alpha[0])
    deltas, kept, skip = flat(delta), flat(branch), flat(direct)
    factor = alpha[0]
    total = 0.0
    for i in range(deltas.shape[0]):
        above = deltas[i]
        total += np.float64(above) * np.float64(kept[i])
        skip[i] = above
        deltas[i] = factor * above
    alpha_gradient[0] = real(total)
