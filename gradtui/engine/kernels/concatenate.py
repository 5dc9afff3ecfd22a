"""Dense connections: a layer's output set beside what it was given, and the gradient cut apart again."""

from __future__ import annotations

from gradtui.engine.kernel import kernel


@kernel(first="in real [rows, left]", second="in real [rows, right]", joined="out real [rows, both]")
def concat(first, second, joined):
    """joined = [first, second], row by row (Huang et al. 2017); both = left + right."""
    left = first.shape[1]
    for r in range(joined.shape[0]):
        for u in range(left):
            joined[r, u] = first[r, u]
        for u in range(second.shape[1]):
            joined[r, left + u] = second[r, u]


@kernel(joined="in real [rows, both]", first="out real [rows, left]", second="out real [rows, right]")
def split(joined, first, second):
    """The backward pass of `concat`: each part of dL/djoined to where its values came from."""
    left = first.shape[1]
    for r in range(joined.shape[0]):
        for u in range(left):
            first[r, u] = joined[r, u]
        for u in range(second.shape[1]):
            second[r, u] = joined[r, left + u]
