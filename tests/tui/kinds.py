"""Profiles of recurrent networks, of transformers and of GANs, of plausible numbers, without an engine."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from fake_runner import profile
from numpy.typing import NDArray

from gradtui.profile import GradientProfile

Floats = NDArray[np.float64]

#: The taps of a transformer's block in the order of the forward pass.
PRE_LN = ("norm1", "q", "k", "v", "o", "norm2", "ff1", "ff2")
POST_LN = ("q", "k", "v", "o", "norm1", "ff1", "ff2", "norm2")


def transformer_taps(blocks: int, parts: tuple[str, ...] = PRE_LN) -> tuple[str, ...]:
    """`embed`, the parts of every block, `norm` where the norms come first, `out`."""
    inner = [f"{block}.{part}" for block in range(1, blocks + 1) for part in parts]
    return ("embed", *inner, *(("norm",) if parts == PRE_LN else ()), "out")


def gan_taps(generator: int, discriminator: int) -> tuple[str, ...]:
    """Both networks with so many hidden layers each."""
    return tuple(
        f"{network}.{layer}"
        for network, depth in (("G", generator), ("D", discriminator))
        for layer in (*range(1, depth + 1), "out")
    )


def fading(layers: int, steps: int, factor: float, top: float = 0.5) -> Floats:
    """dL/dh_t that shrinks by `factor` with every step back and by a tenth with every layer down: (layers, steps)."""
    back = np.arange(steps)[::-1]
    down = np.arange(layers)[::-1]
    wave = 1.0 + 0.2 * np.sin(0.9 * np.arange(steps))
    return np.asarray(top * wave * factor**back * 0.9 ** down[:, None])


def gates_of(cell: str, layers: int, steps: int, step: int = 0) -> dict[str, Floats]:
    """Means of a cell's gates."""
    names = {"lstm": ("input", "forget", "output"), "gru": ("reset", "update"), "rnn": ()}[cell]
    along = np.linspace(0.0, 1.0, steps)
    return {
        f"gate_{name}": np.array(
            [0.5 + 0.4 * np.sin(place + layer + 3 * along + step / 900) for layer in range(layers)]
        )
        for place, name in enumerate(names)
    }


def recurrent(
    cell: str = "lstm", layers: int = 1, steps: int = 100, *, step: int = 0, factor: float = 0.93, **time: Any
) -> GradientProfile:
    """One tap a layer and `out`; over time the gradient fades."""
    hidden = fading(layers, steps, factor * (1.0 - step * 2e-6))
    table: dict[str, Any] = {"delta_rms": hidden, **gates_of(cell, layers, steps, step)}
    if cell == "lstm":
        table["cell_delta_rms"] = fading(layers, steps, math.sqrt(factor), 0.8)
    signal = [*np.sqrt((hidden**2).mean(axis=1)).tolist(), 0.9]
    gain = [math.nan, *np.log10(np.array(signal[:-1]) / np.array(signal[1:])).tolist()]
    return profile(
        [value / 40 for value in signal],
        signal,
        step=step,
        loss=0.17 - 1e-5 * step,
        accuracy=math.nan,
        time={**table, **time},
        gain=gain,
        gain_weight=gain,
        gain_slope=[value * 0 for value in gain],
        gain_norm=[value * 0 for value in gain],
        gain_skip=[value * 0 for value in gain],
        similarity=[0.4] * len(signal),
        activation_mean=[0.01] * len(signal),
        activation_std=[0.3] * len(signal),
    )


def _stacked(names: tuple[str, ...], exponents: Floats, step: int, without: tuple[int, ...]) -> GradientProfile:
    """A profile of these taps; those `without` a gain begin a network, or stand beside the way of the signal."""
    uneven = 0.2 * np.sin(1.9 * np.arange(len(names)) + step / 500)
    signal = 10.0 ** (exponents + uneven)
    gain = np.full(len(names), np.nan)
    gain[1:] = np.log10(signal[:-1] / signal[1:])
    gain[list(without)] = np.nan
    parts = {"gain_weight": 0.7 * gain, "gain_slope": 0.3 * gain, "gain_norm": 0.0 * gain, "gain_skip": 0.0 * gain}
    return profile(
        (signal / 20).tolist(),
        signal.tolist(),
        step=step,
        loss=0.6,
        accuracy=0.5,
        names=names,
        gain=gain.tolist(),
        **{name: values.tolist() for name, values in parts.items()},
        similarity=[0.4] * len(names),
        activation_mean=[0.0] * len(names),
        activation_std=[0.6] * len(names),
    )


def transformer(blocks: int, parts: tuple[str, ...] = PRE_LN, *, step: int = 0, decade: float = 0.3) -> GradientProfile:
    """Blocks of which each takes `decade` powers of ten; queries and keys hear less than the others."""
    names = transformer_taps(blocks, parts)
    place = {"q": -2.0, "k": -2.2, "v": -0.5}
    exponents = []
    for name in names:
        block, dot, part = name.partition(".")
        depth = blocks - (int(block) if dot else blocks if name != "embed" else 0)
        exponents.append(-1.0 - decade * depth + place.get(part, 0.0))
    beside = tuple(place for place, name in enumerate(names) if name.endswith((".q", ".k")))
    return _stacked(names, np.array(exponents), step, (0, *beside))


def gan(generator: int, discriminator: int, *, step: int = 0, dying: float = 0.6) -> GradientProfile:
    """A generator that hears less and less, a discriminator that is well."""
    names = gan_taps(generator, discriminator)
    left = [-4.0 - dying * (generator - layer) for layer in range(generator + 1)]
    right = [-0.5 - 0.1 * (discriminator - layer) for layer in range(discriminator + 1)]
    return _stacked(names, np.array(left + right), step, (0, generator + 1))
