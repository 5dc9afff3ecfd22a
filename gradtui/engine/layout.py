"""The arena: one flat block of memory, and the plan of what lies where in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from math import prod

import numpy as np
from numpy.typing import NDArray

#: Regions start on a cache line, so that vector loads are aligned and no two regions share a line.
ALIGNMENT = 64

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Region:
    """A named, typed, shaped stretch of the arena; `offset` counts bytes from the arena's start."""

    name: str
    dtype: np.dtype[np.generic]
    shape: Shape
    offset: int

    #: Number of elements, and the first byte behind the region: asked for so often that they are kept.
    size: int = field(init=False, repr=False, compare=False)
    end: int = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        size = prod(self.shape)
        object.__setattr__(self, "size", size)
        object.__setattr__(self, "end", self.offset + size * self.dtype.itemsize)

    def __getitem__(self, index: int) -> Region:
        """The part at `index` of the first axis."""
        if not 0 <= index < self.shape[0]:
            raise IndexError(f"{self.name} has {self.shape[0]} parts, there is no part {index}")
        part = prod(self.shape[1:])
        return Region(
            f"{self.name}[{index}]",
            self.dtype,
            self.shape[1:],
            self.offset + index * part * self.dtype.itemsize,
        )

    def part(self, start: int, shape: Shape) -> Region:
        """`prod(shape)` elements from element `start` on, seen in that shape."""
        if start < 0 or start + prod(shape) > self.size:
            raise IndexError(f"{self.name} has {self.size} elements, {start}+{prod(shape)} is outside")
        return Region(f"{self.name}[{start}:]", self.dtype, shape, self.offset + start * self.dtype.itemsize)

    def reshaped(self, *shape: int) -> Region:
        """The same memory in another shape of the same size."""
        if prod(shape) != self.size:
            raise ValueError(f"{self.name} has {self.size} elements, {shape} has {prod(shape)}")
        return Region(self.name, self.dtype, shape, self.offset)


class Layout:
    """Hands out regions one behind the other; the arena is made when all are known."""

    def __init__(self) -> None:
        self.size = 0
        self.regions: list[Region] = []

    def region(self, name: str, dtype: str, *shape: int) -> Region:
        """Reserve `shape` elements of `dtype` ("float32", "float64", "int64")."""
        region = Region(name, np.dtype(dtype), shape, self.size)
        self.size = -(-region.end // ALIGNMENT) * ALIGNMENT
        self.regions.append(region)
        return region


class Borrowed(Layout):
    """Takes regions by their names from others where they lie already, and reserves the rest in `layout`."""

    def __init__(self, layout: Layout, lent: Mapping[str, Region]) -> None:
        self._layout = layout
        self._lent = lent

    def region(self, name: str, dtype: str, *shape: int) -> Region:
        """The region that lies there already, if one was lent by this name."""
        found = self._lent.get(name)
        if found is None:
            return self._layout.region(name, dtype, *shape)
        if found.shape != shape or found.dtype != np.dtype(dtype):
            raise ValueError(f"{name} is lent as {found.dtype} {found.shape}, wanted as {dtype} {shape}")
        return found


class Arena:
    """The memory itself, zeroed. `view` gives an array that shares it."""

    def __init__(self, layout: Layout) -> None:
        self.size = layout.size
        raw = np.zeros(layout.size + ALIGNMENT, dtype=np.uint8)
        skip = -raw.ctypes.data % ALIGNMENT
        self._bytes = raw[skip : skip + layout.size]
        self.address = int(self._bytes.ctypes.data)

    def view(self, region: Region) -> NDArray[np.generic]:
        """The region as an array of its shape and dtype: no copy."""
        if region.offset < 0 or region.end > self.size:
            raise IndexError(f"{region.name} lies outside the arena")
        return self._bytes[region.offset : region.end].view(region.dtype).reshape(region.shape)
