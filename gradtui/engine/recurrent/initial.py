"""How the weights of a recurrent network begin. Each gate's matrix is drawn by itself, as a matrix (units, inputs)."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from gradtui.engine.initial import initial_weight
from gradtui.engine.randomness import Stream, normals, uniforms
from gradtui.scenario.model import Network
from gradtui.scenario.weights import Fans, bias_spread

Floats = NDArray[np.float64]

#: A gate's draws are keyed by its layer's place plus its own number times this.
GATE_STEP = 16


def input_weight(network: Network, seed: int, place: int, gates: int, fan_in: int) -> Floats:
    """(gates * units, fan_in). PyTorch's own is U(+-1/sqrt(units)), whatever a layer reads."""
    units = network.width
    spread = Fans(units, units) if network.init == "torch_default" else Fans(fan_in, units)
    return np.concatenate(
        [
            initial_weight(network, seed, place + GATE_STEP * gate, (units, fan_in), spread, Stream.WEIGHT)
            for gate in range(gates)
        ]
    )


def recurrent_weight(network: Network, seed: int, place: int, gates: int) -> Floats:
    """(gates * units, units)."""
    return np.concatenate([_from_state(network, seed, place + GATE_STEP * gate) for gate in range(gates)])


def _from_state(network: Network, seed: int, place: int) -> Floats:
    """One gate's matrix from state to state, (units, units)."""
    units, way, radius = network.width, network.recurrent_init, network.spectral_radius
    if way == "zeros":
        return np.zeros((units, units))
    if way == "identity":
        return radius * np.eye(units)
    if way == "spectral":
        draws: NDArray[Any] = normals(seed, Stream.RECURRENT, place, units * units).reshape(units, units)
        largest = float(np.abs(np.linalg.eigvals(draws)).max())
        return radius / largest * draws if largest > 0.0 else np.zeros((units, units))
    if way == "orthogonal":
        turned = msgspec.structs.replace(network, init="orthogonal", init_gain=1.0)
        return radius * initial_weight(turned, seed, place, (units, units), None, Stream.RECURRENT)
    return initial_weight(network, seed, place, (units, units), None, Stream.RECURRENT)


def input_bias(network: Network, seed: int, place: int, gates: int, remembers: int | None) -> Floats:
    """b_ih (gates * units,), with `forget_bias` on the gate that remembers."""
    bias = _bias(network, seed, Stream.BIAS, place, gates)
    if remembers is not None:
        bias[remembers * network.width : (remembers + 1) * network.width] += network.forget_bias
    return bias


def recurrent_bias(network: Network, seed: int, place: int, gates: int) -> Floats:
    """b_hh (gates * units,): drawn like b_ih where that is drawn; a constant stands in b_ih alone."""
    _, variance = bias_spread(network, network.width)
    if variance == 0.0:
        return np.zeros(gates * network.width)
    return _bias(network, seed, Stream.RECURRENT_BIAS, place, gates)


def _bias(network: Network, seed: int, stream: Stream, place: int, gates: int) -> Floats:
    count = gates * network.width
    constant, variance = bias_spread(network, network.width)
    if variance > 0.0:
        return (2.0 * uniforms(seed, stream, place, count) - 1.0) / math.sqrt(network.width)
    return np.full(count, constant)
