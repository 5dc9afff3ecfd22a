"""What the lab shows at which terminal size. Pure arithmetic."""

from __future__ import annotations

from dataclasses import dataclass

#: The smallest terminal that the lab fits into.
LEAST_WIDTH, LEAST_HEIGHT = 60, 16


@dataclass(frozen=True)
class Arrangement:
    """Which parts have room: knobs on the left, verdict and curves on the right, a legend, wide curves."""

    too_small: bool
    knobs: bool
    side: bool
    tall: bool
    roomy: bool


def arrange(width: int, height: int) -> Arrangement:
    """The arrangement for a terminal of this many cells: the bars come first, the sides give way."""
    return Arrangement(
        too_small=width < LEAST_WIDTH or height < LEAST_HEIGHT,
        knobs=width >= 112 and height >= 20,
        side=width >= 90 and height >= 26,
        tall=height >= 30,
        roomy=width >= 170 and height >= 40,
    )
