"""Skip connections: adding a block's input to what its layers made of it, and taking the gradient apart again."""

from __future__ import annotations

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


@kernel(delta="inout real [batch, units]", direct="out real [batch, units]", scale="in float64 [1]")
def part(delta, direct, scale):
    """The backward pass of `join`: direct = delta goes down the skip, scale * delta stays for the branch."""
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
