"""Parameters: what training moves and what it only keeps, by the names and in the shapes of the exported module."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from gradtui.engine.layout import Region
from gradtui.engine.matrices import Array, Picture

#: (name, values, gradient) of something trained that is no matrix; (name, values) of what training only keeps.
Trained = tuple[str, Region, Region]
Kept = tuple[str, Region]


@dataclass(frozen=True)
class Parameter:
    """One entry of the exported module's state: its values and, if it is trained, its gradient. A matrix has a
    `picture`; a vector is shown in `shape`."""

    name: str
    values: Region
    gradient: Region | None
    picture: Picture | None
    shape: tuple[int, ...] = (-1,)

    def shown(self, stored: Array) -> Array:
        """An array as in memory -> as PyTorch has it."""
        return self.picture.shown(stored) if self.picture else stored.reshape(self.shape)

    def stored(self, shown: Array) -> Array:
        """The way back."""
        return self.picture.stored(shown) if self.picture else np.asarray(shown).reshape(-1)


def check_names_and_shapes(own: dict[str, Array], given: dict[str, Array]) -> None:
    """Raises ValueError unless both have the same names with the same shapes."""
    for name in own:
        if name not in given:
            raise ValueError(f"parameter {name} is missing; wanted are {', '.join(own)}")
    for name, value in given.items():
        if name not in own:
            raise ValueError(f"unknown parameter {name}; known are {', '.join(own)}")
        if np.shape(value) != own[name].shape:
            raise ValueError(f"parameter {name} has shape {np.shape(value)}, the network's is {own[name].shape}")
