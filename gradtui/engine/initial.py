"""Initial weights and biases: how each named scheme makes a layer's numbers of its draws.

Draws are keyed by the layer alone. So all schemes of the normal family scale the same normal numbers, all of the
uniform family the same uniform ones, and two networks that differ in the scheme differ in nothing else.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradtui.engine.randomness import Stream, normals, uniforms
from gradtui.scenario.model import Network
from gradtui.scenario.weights import CUT, NORMAL, UNIFORM, Fans, bias_spread

Floats = NDArray[np.float64]


def initial_weight(
    network: Network,
    seed: int,
    place: int,
    shape: tuple[int, int],
    fans: Fans | None = None,
    stream: Stream = Stream.WEIGHT,
) -> Floats:
    """Weights of `shape` (rows, columns), in PyTorch's order; `fans` are the shape's own unless something else is said.
    `place` keys the draws: hidden layers count from 1, the
    output layer is 0, so that a deeper network begins with the very layers of the shallower one. `lsuv` begins as
    `orthogonal`."""
    gain, init = network.init_gain, network.init
    fans = fans or Fans(shape[1], shape[0])
    if init == "zeros":
        return np.zeros(shape)
    if init == "identity":
        return gain * _identity(shape, fans)
    if init == "torch_default":
        return _spread(seed, stream, place, shape) / math.sqrt(fans.fan_in)
    if init in UNIFORM:
        return gain * UNIFORM[init](*fans, network) * _spread(seed, stream, place, shape)
    draws = normals(seed, stream, place, math.prod(shape)).reshape(shape)
    if init == "truncated_normal":
        return gain * network.init_std * _truncated(draws)
    if init == "orthogonal":
        return gain * _orthogonal(draws)
    if init == "lsuv":
        return _orthogonal(draws)
    return gain * NORMAL[init](*fans, network) * draws


def _identity(shape: tuple[int, int], fans: Fans) -> Floats:
    """Each unit passes one input on: of a convolution, what stands in the middle of the window (torch.nn.init.dirac_).

    In PyTorch's order an input channel has `area` columns, one for each place of the window.
    """
    rows, columns = shape
    area = fans.fan_out // rows
    side = math.isqrt(area)
    middle = (side // 2) * side + side // 2
    weight = np.zeros((rows, columns // area, area))
    weight[:, :, middle] = np.eye(rows, columns // area)
    return weight.reshape(shape)


def initial_bias(
    network: Network, seed: int, place: int, fan_out: int, fan_in: int, stream: Stream = Stream.BIAS
) -> Floats:
    """Biases of shape (fan_out,). The output layer (place 0) has a constant of its own: 0."""
    constant, variance = bias_spread(network, fan_in, hidden=place != 0)
    if variance > 0.0:
        return _spread(seed, stream, place, (fan_out,)) / math.sqrt(fan_in)
    return np.full(fan_out, constant)


def _spread(seed: int, stream: Stream, place: int, shape: tuple[int, ...]) -> Floats:
    """Uniform numbers in (-1, 1)."""
    return 2.0 * uniforms(seed, stream, place, math.prod(shape)).reshape(shape) - 1.0


def _truncated(draws: Floats) -> Floats:
    """Normal numbers squeezed into (-CUT, CUT): each keeps its rank, so that the result is distributed as those normal
    numbers are that lie inside."""
    from scipy.special import ndtr, ndtri  # only here: half of the time that the engine takes to import

    outside = ndtr(-CUT)
    squeezed: NDArray[Any] = ndtri(outside + (1.0 - 2.0 * outside) * ndtr(draws))
    return squeezed


def _orthogonal(draws: Floats) -> Floats:
    """Orthonormal rows or columns, whichever are fewer, evenly spread over all such matrices (Saxe, McClelland &
    Ganguli 2014): QR with R's diagonal made positive (Mezzadri 2007), as torch.nn.init.orthogonal_ does it."""
    wide = draws.shape[0] < draws.shape[1]
    q, r = np.linalg.qr(draws.T if wide else draws)
    q *= np.sign(np.diag(r))
    return np.ascontiguousarray(q.T if wide else q)
