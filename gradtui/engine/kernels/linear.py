"""The linear layer: three matrix products, forward and backward.

Each exists twice: by BLAS, and by register blocks for the small sizes at which a BLAS spends its time on packing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gradtui.engine.kernel import Kernel, device, kernel

# By BLAS


@device(intrinsic="blas_nt")
def blas_nt(blas, a, b, out):
    """out += a b^T; a (m, k), b (n, k), out (m, n)."""
    out += np.dot(a, b.T)


@device(intrinsic="blas_nn")
def blas_nn(blas, a, b, out):
    """out = a b; a (m, k), b (k, n), out (m, n)."""
    np.dot(a, b, out=out)


@device(intrinsic="blas_tn")
def blas_tn(blas, a, b, out):
    """out = a^T b; a (k, m), b (k, n), out (m, n)."""
    np.dot(a.T, b, out=out)


@kernel(
    x="in real [batch, fan_in]",
    weight="in real [fan_out, fan_in]",
    bias="in real [fan_out]",
    turned="out real [fan_in, 16]",
    z="out real [batch, fan_out]",
    blas="blas",
)
def linear_forward(x, weight, bias, turned, z, blas):
    """z = x W^T + b. `turned` is scratch for the twin below."""
    for i in range(z.shape[0]):
        for j in range(z.shape[1]):
            z[i, j] = bias[j]
    blas_nt(blas, x, weight, z)


@kernel(
    delta="in real [batch, fan_out]",
    x="in real [batch, fan_in]",
    weight_gradient="out real [fan_out, fan_in]",
    blas="blas",
)
def linear_weight_gradient(delta, x, weight_gradient, blas):
    """dL/dW = (dL/dz)^T x."""
    blas_tn(blas, delta, x, weight_gradient)


@kernel(
    delta="in real [batch, fan_out]",
    weight="in real [fan_out, fan_in]",
    below="out real [batch, fan_in]",
    blas="blas",
)
def linear_input_gradient(delta, weight, below, blas):
    """dL/dx = dL/dz W."""
    blas_nn(blas, delta, weight, below)


# By register blocks


#: Units whose weights the forward pass turns together: the width of a block, or two in float64.
PANEL = 16


@device(intrinsic="block_nt")
def block_nt(tiles, a, b, bias, turned, out):
    """out = a b^T + bias; a (m, k), b (n, k), out (m, n). `turned` (k, PANEL) holds one panel of b^T after another."""
    for j in range(0, b.shape[0], turned.shape[1]):
        panel = slice(j, j + turned.shape[1])
        turned[:] = b[panel].T
        out[:, panel] = np.dot(a, turned) + bias[panel]


@device(intrinsic="block_nn")
def block_nn(tiles, a, b, out):
    """out = a b; a (m, k), b (k, n), out (m, n)."""
    np.dot(a, b, out=out)


@device(intrinsic="block_tn")
def block_tn(tiles, a, b, out):
    """out = a^T b; a (k, m), b (k, n), out (m, n)."""
    np.dot(a.T, b, out=out)


@kernel(
    x="in real [batch, fan_in]",
    weight="in real [fan_out, fan_in]",
    bias="in real [fan_out]",
    turned="out real [fan_in, 16]",
    z="out real [batch, fan_out]",
    tiles="tiles",
)
def small_linear_forward(x, weight, bias, turned, z, tiles):
    """z = x W^T + b."""
    block_nt(tiles, x, weight, bias, turned, z)


@kernel(
    delta="in real [batch, fan_out]",
    x="in real [batch, fan_in]",
    weight_gradient="out real [fan_out, fan_in]",
    tiles="tiles",
)
def small_linear_weight_gradient(delta, x, weight_gradient, tiles):
    """dL/dW = (dL/dz)^T x."""
    block_tn(tiles, delta, x, weight_gradient)


@kernel(
    delta="in real [batch, fan_out]",
    weight="in real [fan_out, fan_in]",
    below="out real [batch, fan_in]",
    tiles="tiles",
)
def small_linear_input_gradient(delta, weight, below, tiles):
    """dL/dx = dL/dz W."""
    block_nn(tiles, delta, weight, below)


@dataclass(frozen=True)
class Linear:
    """The kernels of one linear layer."""

    forward: Kernel
    weight_gradient: Kernel
    input_gradient: Kernel


BY_BLAS = Linear(linear_forward, linear_weight_gradient, linear_input_gradient)
BY_BLOCKS = Linear(small_linear_forward, small_linear_weight_gradient, small_linear_input_gradient)

#: Blocks are faster while what they read again and again stays in the second-level cache.
LARGEST_SIDE, LARGEST_BATCH = 512, 256


def choose(batch: int, fan_in: int, fan_out: int) -> Linear:
    """The faster way for these sizes: blocks need sides that are multiples of 16 and matrices that are small."""
    small = max(fan_in, fan_out) <= LARGEST_SIDE and batch <= LARGEST_BATCH
    return BY_BLOCKS if small and fan_in % 16 == 0 and fan_out % 16 == 0 else BY_BLAS
