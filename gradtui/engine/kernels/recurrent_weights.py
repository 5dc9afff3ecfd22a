"""Weight gradients of sequences: sums over thousands of rows, an example at a step each.

A BLAS is slow at a small product of two very tall matrices (measured in float32, 3,200 rows, 128 x 32: 24 GFLOP/s).
Piece by piece the rows stay in the cache, and register blocks do each piece.
"""

from __future__ import annotations

from gradtui.engine.kernel import flat, kernel, real
from gradtui.engine.kernels.linear import PANEL, block_tn

#: Rows of a piece.
PIECE = 256
#: Inputs below which the gradient goes column by column: there is no block to fill.
NARROW = 16


def pieces(steps: int, batch: int) -> tuple[int, int]:
    """(pieces, rows of each): as many whole steps together as fill a piece, of an equal number each."""
    together = max(k for k in range(1, steps + 1) if steps % k == 0 and (k == 1 or k * batch <= PIECE))
    return steps // together, together * batch


def fits(fan_in: int, fan_out: int) -> bool:
    """Whether register blocks can do a piece."""
    return fan_in % PANEL == 0 and fan_out % PANEL == 0


@kernel(
    delta="in real [pieces, rows, fan_out]",
    x="in real [pieces, rows, fan_in]",
    product="out real [fan_out, fan_in]",
    weight_gradient="out real [fan_out, fan_in]",
    tiles="tiles",
)
def weight_gradient_in_pieces(delta, x, product, weight_gradient, tiles):
    """dL/dW = (dL/dz)^T x. `product` is scratch."""
    block_tn(tiles, delta[0], x[0], weight_gradient)
    total, piece = flat(weight_gradient), flat(product)
    for p in range(1, delta.shape[0]):
        block_tn(tiles, delta[p], x[p], product)
        for i in range(total.shape[0]):
            total[i] += piece[i]


@kernel(
    delta="in real [rows, fan_out]",
    x="in real [rows, fan_in]",
    turned="out real [fan_in, fan_out]",
    weight_gradient="out real [fan_out, fan_in]",
)
def narrow_weight_gradient(delta, x, turned, weight_gradient):
    """The same for a few inputs: each row of dL/dz is added to the row of each input. `turned` is scratch, the
    gradient's transpose."""
    for i in range(x.shape[1]):
        for o in range(delta.shape[1]):
            turned[i, o] = real(0.0)
    for r in range(delta.shape[0]):
        for i in range(x.shape[1]):
            factor = x[r, i]
            for o in range(delta.shape[1]):
                turned[i, o] += factor * delta[r, o]
    for o in range(delta.shape[1]):
        for i in range(x.shape[1]):
            weight_gradient[o, i] = turned[i, o]
