"""Generated tasks: points of two classes in the plane, which no straight line separates."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from gradtui.tasks.examples import POINTS, Examples

Points = NDArray[np.float64]
Labels = NDArray[np.int64]


def generate(name: str, count: int, noise: float, seed: int) -> Examples:
    """`count` points of the task `name`, half of each class (within one), blurred by Gaussian noise."""
    random = np.random.default_rng([seed, POINTS])
    labels = np.arange(count, dtype=np.int64) % 2
    # Along the curve: even spacing with a random offset leaves no gaps at small counts.
    along = (np.arange(count) // 2 + random.random(count)) / max((count + 1) // 2, 1)
    points = _SHAPES[name](along, labels, random)
    points += noise * random.standard_normal(points.shape)
    return Examples(points, labels, _CLASSES[name], ("x", "y"))


def _moons(along: Points, labels: Labels, random: np.random.Generator) -> Points:
    """Two half circles of radius 1; the second one is turned over and moved by (1, 0.5)."""
    angle = np.pi * along
    second = labels == 1
    x = np.where(second, 1.0 - np.cos(angle), np.cos(angle))
    y = np.where(second, 0.5 - np.sin(angle), np.sin(angle))
    return np.column_stack([x, y])


def _circles(along: Points, labels: Labels, random: np.random.Generator) -> Points:
    """A circle of radius 1 and one of radius 0.5 around the same centre."""
    angle = 2.0 * np.pi * along
    radius = np.where(labels == 1, 0.5, 1.0)
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])


def _spirals(along: Points, labels: Labels, random: np.random.Generator) -> Points:
    """Two arms of one and a half turns, half a turn apart; the square root spreads the points evenly."""
    turned = np.sqrt(along)
    angle = 3.0 * np.pi * turned + np.pi * labels
    radius = 3.0 * turned
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])


def _xor(along: Points, labels: Labels, random: np.random.Generator) -> Points:
    """Four corners at (+-1, +-1); the class is whether the signs differ."""
    x = np.where(random.random(len(labels)) < 0.5, -1.0, 1.0)
    return np.column_stack([x, np.where(labels == 1, -x, x)])


_SHAPES: dict[str, Callable[[Points, Labels, np.random.Generator], Points]] = {
    "moons": _moons,
    "circles": _circles,
    "spirals": _spirals,
    "xor": _xor,
}
_CLASSES = {
    "moons": ("upper", "lower"),
    "circles": ("outer", "inner"),
    "spirals": ("first arm", "second arm"),
    "xor": ("same signs", "signs differ"),
}
