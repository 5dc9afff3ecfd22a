"""How widely the heads of a transformer look."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradtui.lab.sight import Attention, Part
from gradtui.lab.simulation import Simulation

#: Examples of the batch of which the weights are read.
EXAMPLES = 32


def parts(simulation: Simulation) -> tuple[Part, ...]:
    """The entropy of every head; nothing of a network that does not attend."""
    network = simulation.scenario.network
    if network.kind != "transformer":
        return ()
    blocks = [entropies(simulation.attention_weights(block)[:EXAMPLES]) for block in range(network.depth)]
    steps = simulation.dataset.steps
    # A step that may not look ahead has as many steps to choose from as there are up to it.
    uniform = math.fsum(map(math.log, range(1, steps + 1))) / steps if network.causal else math.log(steps)
    return (Attention(tuple(tuple(found.tolist()) for found in blocks), uniform),)


def entropies(weights: NDArray[Any]) -> NDArray[np.float64]:
    """-sum p ln p of weights (batch, heads, queries, keys), in nats, the mean over batch and queries: (heads,)."""
    p = weights.astype(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        terms = np.where(p == 0.0, 0.0, p * np.log(p))
    found: NDArray[np.float64] = -terms.sum(axis=3).mean(axis=(0, 2)) + 0.0
    return found
