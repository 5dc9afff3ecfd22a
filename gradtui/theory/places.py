"""Where a layer's numbers stand: windows over images, pools, and the flat row that a dense layer reads, as linear maps
of products of pairs. A row of such a matrix is an example at a place, the places of an example one behind the other."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from gradtui.scenario.architecture import LayerSpec, Size, Window

Floats = NDArray[np.float64]


class Places:
    """The way through one layer's product, and through the pools behind it, which must be means."""

    def __init__(self, spec: LayerSpec) -> None:
        self._window, self._image = spec.window, spec.image
        self._flattens = spec.window is None and spec.image.positions > 1
        size, self._means = spec.joined, []
        for pool in spec.pools:
            self._means.append(_mean(pool.window, size.height, size.width))
            size = pool.over(size)

    def up(self, pairs: Floats) -> Floats:
        """The mean over the window, or over all places of an example, of the products of what stands there."""
        if self._window is not None:
            return _seen(pairs, self._window, self._image) / float(self._window.kernel**2)
        if not self._flattens:
            return pairs
        count = self._image.positions
        each = pairs.reshape(-1, count, len(pairs) // count, count)
        return np.asarray(np.trace(each, axis1=1, axis2=3), np.float64) / count

    def down(self, pairs: Floats) -> Floats:
        """What comes back to each place: the sum over all that have seen it."""
        if self._window is not None:
            return _sent(pairs, self._window, self._image)
        if not self._flattens:
            return pairs
        return np.asarray(np.kron(pairs, np.eye(self._image.positions)), dtype=np.float64)

    def pooled(self, pairs: Floats) -> Floats:
        """Behind the pools."""
        for mean in self._means:
            pairs = _both(pairs, mean)
        return pairs

    def unpooled(self, pairs: Floats) -> Floats:
        """The way back through them."""
        for mean in reversed(self._means):
            pairs = _both(pairs, mean.T)
        return pairs

    def averaged(self, rows: Floats) -> Floats:
        """The same of the numbers themselves, (rows, units)."""
        for mean in self._means:
            rows = _each(mean, rows)
        return rows

    def shared(self, rows: Floats) -> Floats:
        """And their way back."""
        for mean in reversed(self._means):
            rows = _each(mean.T, rows)
        return rows


def _each(by: Floats, rows: Floats) -> Floats:
    found: Floats = by @ rows.reshape(-1, by.shape[1], rows.shape[1])
    return found.reshape(-1, rows.shape[1])


def _slices(window: Window, image: Size) -> list[tuple[slice, slice]]:
    """Of the padded image, what each place of the window sees: rows and columns."""
    high, wide = (window.side(side) for side in image[:2])
    step = window.stride
    return [
        (slice(y, y + step * (high - 1) + 1, step), slice(x, x + step * (wide - 1) + 1, step))
        for y in range(window.kernel)
        for x in range(window.kernel)
    ]


def _seen(pairs: Floats, window: Window, image: Size) -> Floats:
    """Sum over the window of the products of what both places of a pair see; nothing lies beyond the border."""
    count, edge = len(pairs) // image.positions, window.padding
    side = (count, image.height, image.width)
    padded = np.pad(pairs.reshape(side + side), [(0, 0), (edge, edge), (edge, edge)] * 2)
    rows = count * window.side(image.height) * window.side(image.width)
    found = np.zeros((rows, rows))
    for y, x in _slices(window, image):
        found += padded[:, y, x, :, y, x].reshape(rows, rows)
    return found


def _sent(pairs: Floats, window: Window, image: Size) -> Floats:
    """The other way: each place hears of all that have seen it."""
    edge = window.padding
    high, wide = window.side(image.height), window.side(image.width)
    count = len(pairs) // (high * wide)
    tall, broad = image.height + 2 * edge, image.width + 2 * edge
    padded = np.zeros((count, tall, broad, count, tall, broad))
    each = pairs.reshape(count, high, wide, count, high, wide)
    for y, x in _slices(window, image):
        padded[:, y, x, :, y, x] += each
    inner = slice(edge, edge + image.height), slice(edge, edge + image.width)
    rows = count * image.positions
    found: Floats = padded[(slice(None), *inner) * 2].reshape(rows, rows)
    return found


@lru_cache(maxsize=64)
def _mean(window: Window | None, height: int, width: int) -> Floats:
    """(places behind a mean, places before it): each row sums to 1. No window: the whole image is one."""
    if window is None:
        return np.full((1, height * width), 1.0 / (height * width))
    image = Size(height, width, 1)
    numbers = np.arange(height * width).reshape(height, width)
    by = np.zeros((window.side(height) * window.side(width), height * width))
    for y, x in _slices(window, image):
        by[np.arange(len(by)), numbers[y, x].ravel()] = 1.0 / window.kernel**2
    return by


def _both(pairs: Floats, by: Floats) -> Floats:
    """A linear map of the places, of both examples of each pair."""
    after, before = by.shape
    count = len(pairs) // before
    half = by @ pairs.reshape(count, before, -1)
    half = half.reshape(count * after, count, before).transpose(1, 2, 0)
    whole: Floats = (by @ half).reshape(count * after, count * after)
    return whole.T
