"""Which examples make up the batches of the peers: an order drawn anew for every epoch, as gradtui draws its own."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray


def batches(examples: int, batch: int) -> Iterator[NDArray[np.int64]]:
    """Indices (batch,) without end; what is left over at the end of an epoch is skipped."""
    random = np.random.default_rng(0)
    while True:
        order = random.permutation(examples)
        for start in range(0, examples - batch + 1, batch):
            yield order[start : start + batch]
