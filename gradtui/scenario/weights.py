"""How large initial weights are: the spread of each named scheme, which the engine draws by and theory reckons with."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from gradtui.scenario.model import Network

#: (fan_in, fan_out, network) -> standard deviation of a normal, or bound of a uniform distribution, before the gain.
Scale = Callable[[int, int, Network], float]

#: Where `truncated_normal` is cut, in standard deviations.
CUT = 2.0


class Fans(NamedTuple):
    """How many inputs a unit has, and how many units an input goes to, counting every place of a window: what
    torch.nn.init calls fan_in and fan_out."""

    fan_in: int
    fan_out: int


def _he_fan(fan_in: int, fan_out: int, network: Network) -> int:
    return fan_out if network.init_fan == "out" else fan_in


#: LeCun et al. 1998, Glorot & Bengio 2010, He et al. 2015 (with the gain of ReLU, as in torch.nn.init).
NORMAL: dict[str, Scale] = {
    "normal": lambda fan_in, fan_out, network: network.init_std,
    "lecun_normal": lambda fan_in, fan_out, network: math.sqrt(1.0 / fan_in),
    "xavier_normal": lambda fan_in, fan_out, network: math.sqrt(2.0 / (fan_in + fan_out)),
    "he_normal": lambda fan_in, fan_out, network: math.sqrt(2.0 / _he_fan(fan_in, fan_out, network)),
}
UNIFORM: dict[str, Scale] = {
    "uniform": lambda fan_in, fan_out, network: network.init_bound or 1.0 / math.sqrt(fan_in),
    "lecun_uniform": lambda fan_in, fan_out, network: math.sqrt(3.0 / fan_in),
    "xavier_uniform": lambda fan_in, fan_out, network: math.sqrt(6.0 / (fan_in + fan_out)),
    "he_uniform": lambda fan_in, fan_out, network: math.sqrt(6.0 / _he_fan(fan_in, fan_out, network)),
}

#: Schemes whose weights are random, of a spread that is known before any example is seen.
DRAWN = frozenset({*NORMAL, *UNIFORM, "torch_default", "truncated_normal", "orthogonal"})


def variance(network: Network, fans: Fans) -> float:
    """Mean square of the weights that a scheme of `DRAWN` gives a dense layer."""
    fan_in, fan_out = fans
    init, gain = network.init, network.init_gain
    if init == "torch_default":
        return 1.0 / (3.0 * fan_in)
    if init == "orthogonal":
        return gain**2 / max(fan_in, fan_out)
    if init == "truncated_normal":
        return (gain * network.init_std) ** 2 * _variance_within(CUT)
    if init in UNIFORM:
        return (gain * UNIFORM[init](fan_in, fan_out, network)) ** 2 / 3.0
    return (gain * NORMAL[init](fan_in, fan_out, network)) ** 2


def bias_spread(network: Network, fan_in: int, hidden: bool = True) -> tuple[float, float]:
    """(constant, variance) of a layer's initial biases. The output layer has a constant of its own: 0."""
    kind = network.init_bias_kind
    if kind == "torch" or (kind == "auto" and network.init == "torch_default"):
        return 0.0, 1.0 / (3.0 * fan_in)
    return (0.0 if kind == "zero" or not hidden else network.init_bias), 0.0


def _variance_within(cut: float) -> float:
    """Variance of a normal number of variance 1 that lies within -cut..cut."""
    density = math.exp(-(cut**2) / 2.0) / math.sqrt(2.0 * math.pi)
    return 1.0 - 2.0 * cut * density / math.erf(cut / math.sqrt(2.0))
