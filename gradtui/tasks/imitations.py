"""Data that is there to be imitated: samples without answers."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gradtui.tasks.dataset import Dataset
from gradtui.tasks.digits import DEVIATION, MEAN, digits
from gradtui.tasks.examples import POINTS, Examples

PLACES, RADIUS = 8, 2.0


def ring(count: int, noise: float, seed: int) -> Examples:
    """`count` points, as many (within one) around each of 8 places of a circle of radius 2, which lie evenly from angle
    0 on; `noise` is the standard deviation of either coordinate (Metz et al. 2017)."""
    random = np.random.default_rng([seed, POINTS])
    angle = 2.0 * np.pi * (np.arange(count) % PLACES) / PLACES
    places = RADIUS * np.column_stack([np.cos(angle), np.sin(angle)])
    return Examples(places + noise * random.standard_normal(places.shape), np.zeros((count, 0)), (), ("x", "y"))


def scaled_digits() -> tuple[Examples, Examples]:
    """The digits with pixels from -1 to 1: of the 17 steps of grey, 0 is -1 and 16 is 1."""
    train, test = digits()

    def scaled(part: Examples) -> Examples:
        grey = np.rint(16.0 * (part.inputs * DEVIATION + MEAN))
        return replace(part, inputs=grey / 8.0 - 1.0)

    return scaled(train), scaled(test)


def imitated(data: Dataset, game: str) -> Dataset:
    """A dataset as two adversaries see it: inputs alone, and one output that tells them from samples in this game."""
    train, test = (np.zeros((len(inputs), 1)) for inputs in (data.train_inputs, data.test_inputs))
    for targets in (train, test):
        targets.setflags(write=False)
    return replace(data, loss=game, outputs=1, classes=(), train_targets=train, test_targets=test)
