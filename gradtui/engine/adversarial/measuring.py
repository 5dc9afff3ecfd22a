"""Adversaries measured outside training: NumPy on what they answer."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def _softplus(x: Floats) -> Floats:
    """log(1 + e^x)."""
    return np.logaddexp(0.0, x)


def _cross_entropy(of_data: Floats, of_samples: Floats) -> float:
    return float(_softplus(-of_data).mean() + _softplus(of_samples).mean())


def _squares(of_data: Floats, of_samples: Floats) -> float:
    return float(np.mean((of_data - 1.0) ** 2) / 2.0 + np.mean(of_samples**2) / 2.0)


def _distance(of_data: Floats, of_samples: Floats) -> float:
    return float(of_samples.mean() - of_data.mean())


#: The game -> the discriminator's loss of its answers to data and to samples, and the generator's of the latter.
GAME_LOSSES: dict[str, tuple[Callable[[Floats, Floats], float], Callable[[Floats], float]]] = {
    "minimax": (_cross_entropy, lambda of_samples: -float(_softplus(of_samples).mean())),
    "non_saturating": (_cross_entropy, lambda of_samples: float(_softplus(-of_samples).mean())),
    "least_squares": (_squares, lambda of_samples: float(np.mean((of_samples - 1.0) ** 2) / 2.0)),
    "wasserstein": (_distance, lambda of_samples: -float(of_samples.mean())),
}


def right_share(of_data: Floats, of_samples: Floats, boundary: float) -> float:
    """How often the discriminator is right, data and samples counting alike."""
    return float((np.mean(of_data > boundary) + np.mean(of_samples < boundary)) / 2.0)


def mean_sample_error(samples: Floats, data: Floats) -> float:
    """Mean square of the mean sample minus the mean of the data, entry by entry: large where a generator is stuck."""
    return float(np.mean((samples.mean(axis=0) - data.mean(axis=0)) ** 2))
