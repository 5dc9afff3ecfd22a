"""What is timed: a shape (hidden layers x width, batch) and a variant (the activation), always the same step.

One step: draw a batch of the 8x8 digits, forward, softmax cross-entropy, backward, the size of every layer's weight
gradient, Adam. float32, He-normal weights (Xavier for the squashing functions).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

SHAPES = ("10x32,32", "30x64,64", "50x64,128")
VARIANTS = ("relu", "sigmoid", "tanh")


@dataclass(frozen=True)
class Case:
    """One line of the table."""

    shape: str
    variant: str
    depth: int
    width: int
    batch: int

    @classmethod
    def parse(cls, shape: str, variant: str) -> Case:
        """From `30x64,64` and `relu`; raises ValueError saying what is allowed."""
        match = re.fullmatch(r"(\d+)x(\d+),(\d+)", shape)
        if match is None:
            raise ValueError(f"--shape is {shape}, but must be LAYERSxWIDTH,BATCH as in 30x64,64")
        if variant not in VARIANTS:
            raise ValueError(f"--variant is {variant}, but must be one of {', '.join(VARIANTS)}")
        depth, width, batch = (int(number) for number in match.groups())
        return cls(shape, variant, depth, width, batch)

    @property
    def init(self) -> str:
        return "he_normal" if self.variant == "relu" else "xavier_normal"
