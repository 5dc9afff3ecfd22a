"""Trained matrices: what lies in memory for each, and how PyTorch would show it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradtui.engine.layout import Region
from gradtui.engine.randomness import Stream
from gradtui.scenario.architecture import Size, Window

Array = NDArray[Any]


@dataclass(frozen=True)
class Picture:
    """The order of a matrix's columns: by height, width and channel in memory, by channel, height and width in
    PyTorch's. `shape` is what follows the first axis there."""

    height: int
    width: int
    channels: int
    shape: tuple[int, ...]

    @classmethod
    def of(cls, window: Window | None, source: Size) -> Picture:
        """The columns of a convolution, or of a dense layer that reads an image (or no image) as one row."""
        if window is None:
            return cls(*source, shape=(source.numbers,))
        side = window.kernel
        return cls(side, side, source.channels, shape=(source.channels, side, side))

    def shown(self, matrix: Array) -> Array:
        """(rows, columns) as in memory -> (rows, *shape) as PyTorch has it; where nothing moves, a view."""
        cube = matrix.reshape(len(matrix), self.height, self.width, self.channels)
        return cube.transpose(0, 3, 1, 2).reshape(len(matrix), *self.shape)

    def stored(self, array: Array) -> Array:
        """The way back."""
        cube = np.asarray(array).reshape(len(array), self.channels, self.height, self.width)
        return cube.transpose(0, 2, 3, 1).reshape(len(array), -1)


@dataclass(frozen=True)
class Matrix:
    """A trained matrix (fan_out, fan_in), its gradient, what the optimizer and the gauges keep of it, and its rows in
    the tables of sums. `stream` and `place` key its draws. `inner`: neither the network's first nor its last."""

    name: str
    picture: Picture
    stream: Stream
    place: int
    inner: bool
    values: Region
    gradient: Region
    previous: Region
    initial: Region
    state: Region
    gradient_sums: Region
    last_norm: Region
    update_sums: Region
    clipped_sums: Region
