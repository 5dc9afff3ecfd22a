"""Initial weights: how each named scheme scales the draws of a layer."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradtui.engine.randomness import Stream, normals, uniforms
from gradtui.scenario.model import Network

#: (fan_in, fan_out, network) -> standard deviation of a normal, or bound of a uniform distribution.
Scale = Callable[[int, int, Network], float]

NORMAL: dict[str, Scale] = {
    "normal": lambda fan_in, fan_out, network: network.init_std,
    "xavier_normal": lambda fan_in, fan_out, network: math.sqrt(2.0 / (fan_in + fan_out)),
    "he_normal": lambda fan_in, fan_out, network: math.sqrt(2.0 / fan_in),
}
UNIFORM: dict[str, Scale] = {
    "uniform": lambda fan_in, fan_out, network: network.init_bound or 1.0 / math.sqrt(fan_in),
    "xavier_uniform": lambda fan_in, fan_out, network: math.sqrt(6.0 / (fan_in + fan_out)),
    "he_uniform": lambda fan_in, fan_out, network: math.sqrt(6.0 / fan_in),
}


def initial_weight(network: Network, seed: int, place: int, fan_out: int, fan_in: int) -> NDArray[np.float64]:
    """Weights of shape (fan_out, fan_in). `place` keys the draws: hidden layers count from 1, the output layer is 0,
    so that a deeper network begins with the very layers of the shallower one.

    Xavier: Glorot & Bengio 2010; He: He et al. 2015; gains as in torch.nn.init for ReLU.
    """
    count = fan_out * fan_in
    if network.init in NORMAL:
        scale = NORMAL[network.init](fan_in, fan_out, network)
        draws = normals(seed, Stream.WEIGHT, place, count)
    else:
        scale = UNIFORM[network.init](fan_in, fan_out, network)
        draws = 2.0 * uniforms(seed, Stream.WEIGHT, place, count) - 1.0
    weights: NDArray[Any] = scale * draws
    return weights.reshape(fan_out, fan_in)
