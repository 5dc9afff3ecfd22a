"""A whole network in float64 NumPy: forward, loss, backward, and every gauge by its definition.

Layers are named as in `Simulation.parameters`: `hidden.0`, ..., `output`; the output layer has no activation.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import naive
import numpy as np


@dataclass
class Pass:
    """One forward and backward pass. Lists have one entry a layer, from the input to the output."""

    loss: float = math.nan
    accuracy: float = math.nan
    inputs: list = field(default_factory=list)
    sums: list = field(default_factory=list)
    """The pre-activations."""
    outputs: list = field(default_factory=list)
    slopes: list = field(default_factory=list)
    deltas: list = field(default_factory=list)
    """dL/d(output), of the batch's mean loss."""
    sloped: list = field(default_factory=list)
    """dL/d(pre-activation)."""
    gradients: dict = field(default_factory=dict)


def layer_names(parameters):
    """`hidden.0`, ..., `output`."""
    return [name.removesuffix(".weight") for name in parameters if name.endswith(".weight")]


def loss_name(dataset):
    """The key of naive.LOSSES."""
    return "mse_one_hot" if dataset.loss == "mse" and dataset.classes else dataset.loss


def forward(parameters, activation, x):
    """(inputs, pre-activations, outputs, slopes), layer by layer."""
    inputs, sums, outputs, slopes = [], [], [], []
    names = layer_names(parameters)
    for name in names:
        weight, bias = (np.asarray(parameters[f"{name}.{part}"], np.float64) for part in ("weight", "bias"))
        phi = naive.ACTIVATIONS["identity" if name == names[-1] else activation]
        inputs.append(x)
        sums.append(x @ weight.T + bias)
        x, slope = phi(sums[-1])
        outputs.append(x)
        slopes.append(slope)
    return inputs, sums, outputs, slopes


def backprop(parameters, activation, loss, x, targets):
    """Everything that one training step computes before its update."""
    made = Pass()
    x = np.asarray(x, np.float64)
    targets = targets if loss == "cross_entropy" else np.asarray(targets, np.float64)
    made.inputs, made.sums, made.outputs, made.slopes = forward(parameters, activation, x)
    made.loss, made.accuracy, delta = naive.LOSSES[loss](made.outputs[-1], targets)
    names = layer_names(parameters)
    for index in reversed(range(len(names))):
        sloped = delta * made.slopes[index]
        made.deltas.insert(0, delta)
        made.sloped.insert(0, sloped)
        made.gradients[f"{names[index]}.weight"] = sloped.T @ made.inputs[index]
        made.gradients[f"{names[index]}.bias"] = sloped.sum(axis=0)
        delta = sloped @ np.asarray(parameters[f"{names[index]}.weight"], np.float64)
    return made


def of_step(simulation, parameters, step):
    """`backprop` of a simulation's training step with the parameters that it had before."""
    network = simulation.scenario.network
    loss = loss_name(simulation.dataset)
    return backprop(parameters, network.activation, loss, *simulation.batch(step))


def heard(made, flat):
    """For each layer the examples (batch, 1) from which a signal comes back to its outputs: in every layer above, some
    unit must have a slope. Only slopes that can be 0 by construction (`flat`) stop it."""
    live = np.ones((len(made.slopes[0]), 1), dtype=bool)
    result = []
    for slope in reversed(made.slopes):
        result.insert(0, live)
        if flat:
            live = live & (slope != 0.0).any(axis=1, keepdims=True)
    return result


def gauges(made, before, after, initial, last_gradients, activation):
    """Every gauge of a step, by its definition in plain words; `dead` and `underflow` have functions of their own.

    `before` and `after` are the parameters around the update, `initial` the first ones, `last_gradients` those of the
    step before (None: there is none).
    """
    names = layer_names(before)
    batch = len(made.inputs[0])
    table = []
    for index, name in enumerate(names):
        weight = f"{name}.weight"
        gradient = made.gradients[weight]
        old, new, first = (np.asarray(each[weight], np.float64) for each in (before, after, initial))
        squashing = activation in naive.STEEPEST and index < len(names) - 1
        limit = 0.05 * naive.STEEPEST[activation] if squashing else 0.0
        above, sloped = naive.rms(made.deltas[index]), naive.rms(made.sloped[index])
        below = naive.rms(made.deltas[index - 1]) if index else math.nan
        flat = activation in naive.FLAT and index < len(names) - 1
        table.append(
            {
                "grad_rms": naive.rms(gradient),
                "grad_norm": naive.norm(gradient),
                "delta_rms": above * batch,
                "update_ratio": naive.rms(new - old) / naive.rms(old),
                "activation_mean": naive.mean(made.outputs[index]),
                "activation_std": naive.deviation(made.outputs[index]),
                "saturated": float((np.abs(made.slopes[index]) < limit).mean()),
                "nonfinite": float((~np.isfinite(gradient)).sum()),
                "gain": _decades(below, above),
                "gain_weight": _decades(below, sloped),
                "gain_slope": _decades(sloped, above),
                "gain_norm": 0.0,
                "gain_skip": 0.0,
                "zero_batch": float(naive.silent_units(made.slopes[index]).mean()) if flat else 0.0,
                "similarity": naive.similarity(made.outputs[index]),
                "distance": naive.rms(new - first) / naive.rms(first),
                "turn": naive.cosine(gradient, last_gradients[weight]) if last_gradients else math.nan,
            }
        )
    return {gauge: np.array([row[gauge] for row in table]) for gauge in table[0]}


def _decades(a, b):
    return math.log10(a / b) if a > 0.0 and b > 0.0 else math.nan


def dead(parameters, activation, examples):
    """Share of units, layer by layer, without a slope on any of the examples."""
    *_, slopes = forward(parameters, activation, np.asarray(examples, np.float64))
    return np.array([float(naive.silent_units(slope).mean()) for slope in slopes])


def underflow(gradients, made, activation):
    """Share of the gradient's entries that are exactly 0 although some path was open."""
    flat = activation in naive.FLAT
    shares = []
    for index, (name, live) in enumerate(zip(layer_names(gradients), heard(made, flat), strict=True)):
        last = index == len(made.slopes) - 1
        open_output = live & ((made.slopes[index] != 0.0) | last | (not flat))
        open_input = (made.inputs[index] != 0.0) | (index > 0 and not flat)
        gradient = gradients[f"{name}.weight"]
        shares.append(naive.unexplained_zeros(gradient, open_output, open_input) / gradient.size)
    return np.array(shares)
