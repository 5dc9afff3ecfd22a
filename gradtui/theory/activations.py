"""Activations and their slopes as plain float64 functions, with the places where they bend sharply."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from gradtui.scenario.model import Network

Floats = NDArray[np.float64]
#: (x, bend) -> phi(x), phi'(x), each of the shape of x; `bend` is the number that a scenario chooses for some of them.
Function = Callable[[Floats, float], tuple[Floats, Floats]]


class Activation(NamedTuple):
    """`kinks`: where value or slope has a jump or a bend. `key`: the network's key that is its bend. `stretched`: the
    bend widens (1) or narrows (-1) the range in which the function curves. `straight`: two straight lines that meet at
    0, so that phi(s x) = s phi(x) for every s > 0."""

    function: Function
    kinks: tuple[float, ...] = ()
    key: str = ""
    stretched: int = 0
    straight: bool = False

    def bend(self, network: Network) -> float:
        """The number that this network gives it; 0 where it takes none."""
        return float(getattr(network, self.key)) if self.key else 0.0

    def scale(self, bend: float) -> float:
        """The size of the range in which the function curves."""
        return bend**self.stretched if self.stretched else 1.0


def _identity(x: Floats, _: float) -> tuple[Floats, Floats]:
    return x, np.ones_like(x)


def _sigmoid(x: Floats, _: float = 0.0) -> tuple[Floats, Floats]:
    e = np.exp(-np.abs(x))
    return np.where(x >= 0.0, 1.0, e) / (1.0 + e), e / (1.0 + e) ** 2


def _tanh(x: Floats, _: float = 0.0) -> tuple[Floats, Floats]:
    slope = _sigmoid(2.0 * x)[1]
    return np.tanh(x), 4.0 * slope


def _leaky(x: Floats, bend: float) -> tuple[Floats, Floats]:
    slope = np.where(x > 0.0, 1.0, bend)
    return x * slope, slope


def _elu(x: Floats, bend: float) -> tuple[Floats, Floats]:
    left = np.minimum(x, 0.0)
    return np.where(x > 0.0, x, bend * np.expm1(left)), np.where(x > 0.0, 1.0, bend * np.exp(left))


def _selu(x: Floats, _: float) -> tuple[Floats, Floats]:
    value, slope = _elu(x, 1.6732632423543772)
    return 1.0507009873554805 * value, 1.0507009873554805 * slope


def _celu(x: Floats, bend: float) -> tuple[Floats, Floats]:
    value, slope = _elu(x / bend, 1.0)
    return bend * value, slope


def _gelu(x: Floats, _: float) -> tuple[Floats, Floats]:
    # One by one is quick enough: SciPy's own takes longer to import.
    below = np.fromiter(map(math.erfc, (-x / math.sqrt(2.0)).ravel()), np.float64, x.size).reshape(x.shape) / 2.0
    return x * below, below + x * np.exp(-np.minimum(x**2, 1e4) / 2.0) / math.sqrt(2.0 * math.pi)


def _gelu_tanh(x: Floats, _: float) -> tuple[Floats, Floats]:
    k = 2.0 * math.sqrt(2.0 / math.pi)
    near = np.clip(x, -50.0, 50.0)
    gate, bend = _sigmoid(k * (near + 0.044715 * near**3))
    return x * gate, gate + near * bend * k * (1.0 + 3.0 * 0.044715 * near**2)


def _silu(x: Floats, _: float) -> tuple[Floats, Floats]:
    gate, bend = _sigmoid(x)
    return x * gate, gate + x * bend


def _mish(x: Floats, _: float) -> tuple[Floats, Floats]:
    value, slope = _tanh(np.logaddexp(0.0, x))
    return x * value, value + x * slope * _sigmoid(x)[0]


def _softplus(x: Floats, bend: float) -> tuple[Floats, Floats]:
    return np.logaddexp(0.0, bend * x) / bend, _sigmoid(bend * x)[0]


def _softsign(x: Floats, _: float) -> tuple[Floats, Floats]:
    share = 1.0 / (1.0 + np.abs(x))
    return x * share, share**2


def _hard_sigmoid(x: Floats, _: float) -> tuple[Floats, Floats]:
    return np.clip((x + 3.0) / 6.0, 0.0, 1.0), np.where(np.abs(x) < 3.0, 1.0 / 6.0, 0.0)


def _hard_tanh(x: Floats, _: float) -> tuple[Floats, Floats]:
    return np.clip(x, -1.0, 1.0), np.where(np.abs(x) < 1.0, 1.0, 0.0)


def steepest(network: Network) -> float:
    """The largest |phi'| that the network's activation has anywhere, to seven digits: what a signal keeps of itself at
    most on its way back through it, whatever the layer reads; NaN of slopes that are learned."""
    activation = ACTIVATIONS[network.activation]
    if network.activation == "prelu":
        return math.nan
    bend = activation.bend(network)
    places = _PLACES * activation.scale(bend)
    return float(np.abs(activation.function(places, bend)[1]).max())


#: Where the steepest place of an activation lies: so close that what lies between is no steeper by 1e-7.
_PLACES = np.linspace(-6.0, 6.0, 24_001)

#: Every activation of the menu; papers and formulas stand there. PReLU is a leaky ReLU as it begins.
ACTIVATIONS: dict[str, Activation] = {
    "identity": Activation(_identity, straight=True),
    "sigmoid": Activation(_sigmoid),
    "tanh": Activation(_tanh),
    "relu": Activation(lambda x, _: _leaky(x, 0.0), (0.0,), straight=True),
    "leaky_relu": Activation(_leaky, (0.0,), "negative_slope", straight=True),
    "prelu": Activation(_leaky, (0.0,), "prelu_init", straight=True),
    "elu": Activation(_elu, (0.0,), "alpha"),
    "selu": Activation(_selu, (0.0,)),
    "celu": Activation(_celu, (0.0,), "alpha", 1),
    "gelu": Activation(_gelu),
    "gelu_tanh": Activation(_gelu_tanh),
    "silu": Activation(_silu),
    "mish": Activation(_mish),
    "softplus": Activation(_softplus, (), "beta", -1),
    "softsign": Activation(_softsign, (0.0,)),
    "hard_sigmoid": Activation(_hard_sigmoid, (-3.0, 3.0)),
    "hard_tanh": Activation(_hard_tanh, (-1.0, 1.0)),
}
