"""A runner without an engine that has an answer for every view: a sigmoid network after 1,240 steps."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from fake_runner import FakeRunner, profile, taps
from numpy.typing import NDArray

from gradtui.diagnosis import verdicts
from gradtui.lab.inspection import BINS, SAMPLES, Histogram, Inspection
from gradtui.lab.sight import Counts, Picture, Pictures, Sight
from gradtui.lab.snapshot import Command, Curves, History, Snapshot, Watch
from gradtui.lab.timeline import KEPT
from gradtui.profile import GradientProfile
from gradtui.scenario.model import Scenario
from gradtui.theory.phase import Settled, Wide
from gradtui.theory.prediction import Prediction

#: How many steps it has made, and after how many of them each past profile was taken.
MADE, EVERY = 1240, 20
#: From the output to the first layer, however many layers there are, a signal loses at most so many decades.
DEEPEST = 18.0

Floats = NDArray[np.float64]


def measured(depth: int, step: int) -> GradientProfile:
    """What such a network measures: a staircase, uneven as real ones are, that sinks a little while it trains."""
    layers = np.arange(depth + 1)
    below = depth - layers
    decades = min(-math.log10(0.236), DEEPEST / max(1, depth))
    uneven = 0.08 * np.sin(1.7 * layers + step / 400) - 2e-4 * step * below / max(1, depth)
    gradients = 10.0 ** (-1.2 - decades * below + uneven)
    signals = 10.0 ** (-0.4 - decades * below + 0.06 * np.cos(2.3 * layers) + uneven / 2)
    gain = np.full(depth + 1, np.nan)
    gain[1:] = np.log10(signals[:-1] / signals[1:])
    slope = gain * 0.0 - min(0.61, decades)
    return profile(
        gradients.tolist(),
        signals.tolist(),
        step=step,
        loss=2.302 - 1e-4 * step,
        accuracy=0.1 + 1e-4 * step,
        gain=gain.tolist(),
        gain_slope=slope.tolist(),
        gain_weight=(gain - slope).tolist(),
        gain_norm=(gain * 0.0).tolist(),
        gain_skip=(gain * 0.0).tolist(),
        activation_mean=(0.5 + 0.05 * np.sin(layers)).tolist(),
        activation_std=(0.1 + 0.02 * np.cos(layers)).tolist(),
        saturated=(0.02 + 0.015 * np.sin(layers)).tolist(),
        distance=(1e-3 * (1.0 + layers)).tolist(),
        clipped=(gain[::-1] * 0.0).tolist(),
        similarity=(1.0 - 0.9 / (1.0 + layers)).tolist(),
    )


def history(depth: int) -> History:
    """The profiles so far."""
    steps = range(0, MADE, EVERY)
    past = [measured(depth, step) for step in steps]
    return History(np.array(steps), {name: np.array([one[name] for one in past]) for name in KEPT})


def theory(depth: int) -> Prediction:
    """A prediction that the signal falls evenly."""
    decades = min(-math.log10(0.236), DEEPEST / max(1, depth))
    ratios = tuple(10.0 ** (-decades * (depth - layer)) for layer in range(depth + 1))
    wide = Wide("sigmoid", 0.0, 1.0, 0.0)
    settled = Settled(q=0.285, chi=0.0557, depth=0.346, cosine=1.0, cosine_depth=0.346)
    return Prediction(
        "", taps(depth), ratios, ratios, 10.0**-decades, 0.236, wide, settled, anchors=(depth,) * (depth + 1)
    )


def hill(low: float, high: float, middle: float, wide: float, *, log: bool = False, zeros: int = 0) -> Histogram:
    """A histogram with one hill."""
    places = low + (np.arange(BINS) + 0.5) * (high - low) / BINS
    counts = tuple(round(1000 * math.exp(-(((at - middle) / wide) ** 2))) for at in places)
    mean, deviation = (1.1e-9, 2.3e-9) if log else (middle, wide)
    return Histogram(low, high, counts, mean, deviation, zeros=zeros, log=log)


def inspection(layer: int, depth: int) -> Inspection:
    """One layer from near by."""
    places = [-4.0 + 8.0 * at / (SAMPLES - 1) for at in range(SAMPLES)]
    return Inspection(
        step=MADE,
        layer=layer,
        tap=taps(depth)[layer],
        shape=(64, 64),
        parameters=4160,
        activation="sigmoid",
        norm="",
        preactivations=hill(-4.0, 4.0, -0.7, 1.1),
        activations=hill(0.0, 1.0, 0.4, 0.15),
        weights=hill(-0.5, 0.5, 0.01, 0.12),
        gradient=hill(-14.0, -6.0, -9.0, 0.8, log=True, zeros=7),
        slopes=tuple(math.exp(-z) / (1.0 + math.exp(-z)) ** 2 for z in places),
        steepest=0.25,
        flat=0.031,
        effective_rank=0.043,
    )


def sight() -> Sight:
    """Ten classes, told apart with more and more difficulty, and pictures of them."""
    table = tuple(
        tuple(36 - 3 * truth if answer == truth else (truth + 2 * answer) % 4 for answer in range(10))
        for truth in range(10)
    )
    pictures = tuple(
        Picture(
            tuple(((x - 3.5) ** 2 + (y - 3.5) ** 2 + number) % 17 / 16 for y in range(8) for x in range(8)),
            number % 10,
            (3 * number + 1) % 10,
            0.3 + 0.02 * number,
        )
        for number in range(30)
    )
    parts = Counts(table, (0,) * 10), Pictures(8, 8, pictures)
    return Sight(MADE, "digits 8x8", tuple("0123456789"), parts)


def curves() -> Curves:
    """A loss that falls and an accuracy that rises."""

    def along(value: Callable[[float], float], steps: range) -> tuple[float, ...]:
        return tuple(value(step / 400) for step in steps)

    every, held = range(0, MADE, 5), range(0, MADE, 60)
    return Curves(
        tuple(every),
        along(lambda at: 0.3 + 2.0 * math.exp(-at) + 0.05 * math.sin(37 * at), every),
        along(lambda at: 0.9 - 0.8 * math.exp(-at) + 0.03 * math.sin(31 * at), every),
        tuple(held),
        along(lambda at: 0.4 + 1.9 * math.exp(-at), held),
        along(lambda at: 0.85 - 0.75 * math.exp(-at), held),
    )


class FullRunner(FakeRunner):
    """Stands at one step, all its numbers there. Only what is watched is seen from near by."""

    def __init__(self, chosen: Scenario, paused: bool = False) -> None:
        super().__init__(chosen, paused)
        self._depth = chosen.network.depth
        measured_now = measured(self._depth, MADE)
        found = verdicts(measured_now, chosen)
        now: dict[str, Any] = {
            "profile": measured_now,
            "verdict": found[0].sentence,
            "verdict_kind": found[0].kind,
            "verdicts": found,
            "first": measured(self._depth, 0),
            "step": MADE,
            "theory": theory(self._depth),
            "history": history(self._depth),
            "curves": curves(),
            "evaluation": {"loss": 0.48, "accuracy": 0.82},
        }
        self.change(**now)

    def send(self, command: Command) -> None:
        super().send(command)
        if isinstance(command, Watch):
            layer = command.layer
            self.change(
                inspection=None if layer is None else inspection(layer, self._depth),
                sight=sight() if command.task else None,
            )

    @property
    def shown(self) -> Snapshot:
        """What is handed out now."""
        return self._snapshot
