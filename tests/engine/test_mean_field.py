"""The engine at width 512 beside the mean-field limit (Poole et al. 2016, Schoenholz et al. 2017): how much of the
error signal each layer passes, for every activation and three scales of the weights."""

from __future__ import annotations

import math

import naive
import numpy as np
import pytest

from gradtui.engine.network import Network
from gradtui.scenario.model import Network as Shape
from gradtui.scenario.model import Optimizer, Scenario, Task
from gradtui.tasks.dataset import Dataset
from gradtui.theory import Batch, predict

WIDTH, DEPTH, BATCH, SEEDS = 512, 11, 32, (0, 1)
#: name -> mean factor of layers 1 to 10 in the limit, for weights of variance 1/3n, 1/n and 2/n.
LIMITS = {
    "identity": (0.5774, 1.0000, 1.4142),
    "sigmoid": (0.1407, 0.2334, 0.3125),
    "hard_sigmoid": (0.0962, 0.1666, 0.2353),
    "tanh": (0.5607, 0.8763, 1.0081),
    "softsign": (0.5208, 0.7734, 0.8949),
    "hard_tanh": (0.5748, 0.9529, 1.1368),
    "relu": (0.4082, 0.7071, 1.0000),
    "leaky_relu": (0.4083, 0.7071, 1.0000),
    "prelu": (0.4208, 0.7289, 1.0308),
    "elu": (0.5568, 0.8755, 1.0926),
    "selu": (0.7623, 1.0352, 1.2261),
    "gelu": (0.2961, 0.5382, 0.9640),
    "silu": (0.2924, 0.5200, 0.8179),
    "mish": (0.3504, 0.6223, 0.9929),
    "softplus": (0.2953, 0.5381, 0.8427),
}
INITS = {"uniform": 1.0 / 3.0, "xavier_normal": 1.0, "he_normal": 2.0}
#: Nets whose mean logarithm is within one per cent a layer, also where sizes have no fixed point nearby, so that what
#: chance makes of them grows from layer to layer (GELU and Mish with He's weights).
MANY = 16
#: How far off the mean over so few nets of this width may be.
NEAR = 0.025


def _phi(name, x):
    if name == "prelu":
        return naive.leaky_relu(x, 0.25)
    return naive.ACTIVATIONS[name](x, *naive.BENT.get(name, ())[:1])


def _factors(name, variance, layers):
    """sqrt(chi) of each layer by quadrature: q = variance E phi^2, chi = variance E phi'^2, inputs of unit size."""
    x = np.linspace(-12.0, 12.0, 200_001)
    density = np.exp(-(x**2) / 2.0) / math.sqrt(2.0 * math.pi) * (x[1] - x[0])
    q, found = variance, []
    for _ in range(layers):
        value, slope = _phi(name, math.sqrt(q) * x)
        found.append(math.sqrt(variance * (slope**2 * density).sum()))
        q = variance * (value**2 * density).sum()
    return np.array(found)


def _noise(seed):
    """Inputs of unit size, and targets so far from any output that the error hardly depends on it: the limit takes both
    for independent."""
    random = np.random.default_rng(seed)
    inputs = random.standard_normal((BATCH, WIDTH))
    inputs /= np.sqrt((inputs**2).mean(axis=1, keepdims=True))
    return inputs, 1e3 * random.standard_normal((BATCH, 8))


def _scenario(name, init, seed, depth):
    shape = Shape(depth=depth, width=WIDTH, activation=name, init=init)
    return Scenario(seed=seed, task=Task(batch=BATCH), network=shape, optimizer=Optimizer())


def _measured(name, init, seed, depth=DEPTH):
    """delta_rms of a layer over that of the next, for layers 2 to `depth`: what layer l passes to layer l - 1."""
    inputs, targets = _noise(seed)
    dataset = Dataset(
        title="noise",
        loss="mse",
        outputs=8,
        classes=(),
        input_names=(),
        train_inputs=inputs,
        train_targets=targets,
        test_inputs=inputs,
        test_targets=targets,
    )
    delta = Network(_scenario(name, init, seed, depth), dataset).gauges(count_dead=False)["delta_rms"][:depth]
    return delta[:-1] / delta[1:]


@pytest.mark.parametrize("init", INITS)
@pytest.mark.parametrize("name", LIMITS)
def test_factor_of_a_layer(name, init):
    variance = INITS[init]
    limit = LIMITS[name][list(INITS).index(init)]
    factors = _factors(name, variance, DEPTH)
    assert math.exp(np.log(factors[:10]).mean()) == pytest.approx(limit, rel=2e-3)
    measured = np.mean([np.log(_measured(name, init, seed)).mean() for seed in SEEDS])
    assert math.exp(measured - np.log(factors[1:]).mean()) == pytest.approx(1.0, abs=NEAR)


#: Three times as deep: of all 45 only GELU with He's weights strays by more. Its sizes fall from one fixed point to
#: another at a layer that chance chooses, which no expansion about the limit follows; 60 networks lie 1.5 % +- 0.5 %
#: above, and one of them 4 % from the next.
DEEP, FALLING = 31, 0.05
DEEPER = [
    ("sigmoid", "xavier_normal"),
    ("relu", "he_normal"),
    ("selu", "xavier_normal"),
    ("tanh", "xavier_normal"),
    ("softplus", "he_normal"),
    ("mish", "he_normal"),
    ("gelu", "he_normal"),
]


@pytest.mark.long
@pytest.mark.parametrize(
    ("name", "init", "depth", "nets"),
    [(name, init, DEPTH, MANY) for name in LIMITS for init in INITS] + [(*each, DEEP, MANY // 2) for each in DEEPER],
)
def test_theory_is_within_one_per_cent_a_layer(name, init, depth, nets):
    """The mean over many nets beside gradtui's own prediction for this width."""
    off = []
    for seed in range(nets):
        batch = Batch.of(*_noise(seed))
        found = predict(_scenario(name, init, seed, depth), 1.0, 8, inputs=WIDTH, batch=batch)
        predicted = np.log(np.array(found.delta[:depth]))
        measured = np.log(_measured(name, init, seed, depth)).mean()
        off.append(measured - (predicted[0] - predicted[-1]) / (depth - 1))
    within = FALLING if (name, init, depth) == ("gelu", "he_normal", DEEP) else 0.01
    assert np.mean(off) == pytest.approx(0.0, abs=within)
