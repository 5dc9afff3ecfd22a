"""Recurrent networks, laid out in time: the size of each state from the one before it, and of the signal that comes
back (Poole et al. 2016 in time; Chen, Pennington & Schoenholz 2018; Gilboa et al. 2019).

The weights are the same at every step. Of a plain cell that changes nothing in the limit, and all examples' products
are followed; of gated cells mean squares are.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from gradtui.scenario.model import Network
from gradtui.scenario.weights import DRAWN, Fans, bias_spread, variance
from gradtui.theory import gates
from gradtui.theory.likeness import Batch, mean_square, products, through

Floats = NDArray[np.float64]

#: Examples that stand for a batch.
EXAMPLES = 16
#: One matrix works at every step, so that what chance makes of few units is the same at every step too.
LEAST_CELLS = 16
#: What is assumed of gated cells.
GATED = "gates stray independently from step to step, and cells are normal numbers"
TIED = "the matrix of all steps counts as a new one at each, as in a network far wider than it is long"


def unknown(network: Network) -> str:
    """Why nothing is known of a recurrent network; empty where something is."""
    if network.init not in DRAWN:
        return f"theory does not know how large the weights of init {network.init} are"
    if network.recurrent_init == "identity":
        return "theory is of random weights, and those from state to state begin as the identity"
    if network.cell != "rnn" and network.width < LEAST_CELLS:
        return f"fewer than {LEAST_CELLS} cells are too few for theory, which is of wide layers"
    return ""


@dataclass(frozen=True)
class Weights:
    """Sums of squares: what a layer's inputs of mean square 1 bring to a unit, what its states do, and what goes back
    through each; the constant and the variance of its biases, of which `late` is the recurrent ones' part."""

    read: float
    kept: float
    down: float
    mean: float
    biases: float
    late: float

    @classmethod
    def of(cls, network: Network, fan_in: int) -> Weights:
        """Of a layer that reads so many numbers."""
        units = network.width
        fans = Fans(units if network.init == "torch_default" else fan_in, units)
        own = variance(network, fans)
        way, radius = network.recurrent_init, network.spectral_radius
        kept = units * variance(network, Fans(units, units))
        kept = {"zeros": 0.0, "orthogonal": radius**2, "spectral": (radius / _largest(units)) ** 2}.get(way, kept)
        mean, spread = bias_spread(network, units)
        return cls(fan_in * own, kept, units * own, mean, 2.0 * spread, spread)


def _largest(units: int) -> float:
    """The usual size of the largest eigenvalue of normal numbers of variance 1 / units: 1 in an endless matrix
    (Girko 1985), and this much more in smaller ones, as measured."""
    return 1.0 + 0.4 / math.sqrt(units)


@dataclass(frozen=True)
class Ladder:
    """Mean squares of the signal at each layer and time step, (layers, steps), of cells too where there are such, and
    those of the weights' gradients, (layers + 1,), all over what stands at the output."""

    delta: Floats
    cell: Floats | None
    grad: Floats


def follow(network: Network, batch: Batch, outputs: int) -> Ladder:
    """Up and back. `batch.inputs` are (examples, steps, features), `batch.errors` (examples, answers, outputs)."""
    inputs, errors = batch.inputs[:EXAMPLES], batch.errors[:EXAMPLES]
    steps = inputs.shape[1]
    reads = np.stack([products(inputs[:, step]) for step in range(steps)])
    answers = np.zeros((steps, len(inputs), len(inputs)))
    for place in range(errors.shape[1]):
        answers[steps - errors.shape[1] + place] = products(errors[:, place])
    weights = [Weights.of(network, network.width if layer else inputs.shape[2]) for layer in range(network.depth)]
    out = variance(network, Fans(network.width, outputs))
    whole = float(np.mean([mean_square(pairs) for pairs in answers])) * steps / errors.shape[1]
    above = outputs * out * answers
    if network.cell == "rnn":
        found = _plain(network, weights, reads, above, inputs.shape[2])
    else:
        found = _gated(network, weights, _sizes(reads), _steady(inputs), _sizes(above))
    top = _together(answers * found.last) if found.last is not None else math.nan
    return Ladder(found.delta / whole, None if found.cell is None else found.cell / whole, np.append(found.grad, top))


@dataclass(frozen=True)
class _Found:
    delta: Floats
    grad: Floats
    cell: Floats | None = None
    last: Floats | None = None


def _sizes(pairs: Floats) -> Floats:
    """(steps,) mean squares of (steps, examples, examples) products."""
    found: Floats = np.trace(pairs, axis1=1, axis2=2) / pairs.shape[1]
    return found


def _steady(inputs: Floats) -> float:
    """The mean product of an example's inputs at two different steps."""
    steps = inputs.shape[1]
    if steps < 2:
        return 0.0
    whole: float = float((inputs.sum(axis=1) ** 2).mean()) - float((inputs**2).sum(axis=1).mean())
    return max(whole, 0.0) / float(steps * (steps - 1))


def _together(pairs: Floats) -> float:
    """The sum over the steps of what all examples say together."""
    return float(pairs.mean(axis=(1, 2)).sum())


def _cut(network: Network, steps: int, step: int) -> bool:
    """Whether the state that step `step` leaves is taken off what comes after it."""
    return network.truncation > 0 and (steps - 1 - step) % network.truncation == 0


def _plain(network: Network, weights: list[Weights], reads: Floats, above: Floats, features: int) -> _Found:
    """h_t = phi(W x_t + U h_(t-1) + b): q_t = w E x^2 + u E phi^2 + b, chi_t = u E phi'^2."""
    steps, fan_in = len(reads), features
    ups = []
    for own in weights:
        states, slopes = np.zeros_like(reads), np.zeros_like(reads)
        state = np.zeros_like(reads[0])
        for step in range(steps):
            covariance = own.read * reads[step] + own.kept * state + own.biases
            passed = through(network.activation, 0.0, own.mean, covariance)
            state = states[step] = passed.values
            slopes[step] = passed.slopes
        ups.append((reads, states, slopes, fan_in))
        reads, fan_in = states, network.width
    last = reads
    deltas, grads = [], []
    for own, (read, states, slopes, fan_in) in zip(reversed(weights), reversed(ups), strict=True):
        delta, made = np.zeros(steps), np.zeros_like(above)
        carry = np.zeros_like(above[0])
        for step in reversed(range(steps)):
            signal = above[step] + (0.0 if _cut(network, steps, step) else carry)
            delta[step] = mean_square(signal)
            made[step] = signal * slopes[step]
            carry = own.kept * made[step]
        heard = fan_in * _together(made * read) + network.width * _together(made[1:] * states[:-1])
        deltas.append(delta)
        grads.append(heard / (fan_in + network.width))
        above = own.down * made
    return _Found(np.array(deltas[::-1]), np.array(grads[::-1]), last=last)


def _gated(network: Network, weights: list[Weights], reads: Floats, steady: float, above: Floats) -> _Found:
    """An LSTM or a GRU, of mean squares at each step."""
    up = gates.gru_up if network.cell == "gru" else gates.lstm_up
    steps = len(reads)
    cuts = [_cut(network, steps, step) for step in range(steps)]
    ups = []
    for own in weights:
        reads, backs = up(network, gates.Own(own.read, own.kept, own.mean, own.biases, own.late), reads, steady)
        ups.append(backs)
        steady = 0.0
    deltas, cells = [], []
    for own, backs in zip(reversed(weights), reversed(ups), strict=True):
        delta, of_cells, made = gates.back(backs, own.kept, above, cuts)
        # The state of a GRU is its cell.
        deltas.append(of_cells if network.cell == "gru" else delta)
        cells.append(of_cells)
        above = own.down * made
    unknown = np.full(len(weights), math.nan)
    return _Found(np.array(deltas[::-1]), unknown, np.array(cells[::-1]) if network.cell == "lstm" else None)


def per_step(signal: Floats) -> float:
    """The geometric mean of what a time step does to a signal (steps,) on its way back; NaN without two numbers."""
    if len(signal) < 2 or not signal[0] > 0.0 or not signal[-1] > 0.0:
        return math.nan
    return float(np.exp((np.log(signal[0]) - np.log(signal[-1])) / (len(signal) - 1)))
