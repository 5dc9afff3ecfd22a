"""How the task of two adversaries is seen: samples beside the data, and what the discriminator says of both."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradtui.lab.sight import Forged, Imitated, Judged, Part, Unseen
from gradtui.lab.simulation import Simulation
from gradtui.tasks import Dataset

Floats = NDArray[np.float64]

#: At most so many points of either kind, and images.
POINTS, IMAGES = 256, 24
#: The plane is seen this much beyond the data, as a share of their span.
MARGIN = 0.25


def parts(simulation: Simulation) -> tuple[Part, ...]:
    """What there is to see now: samples of the fixed latent points, and as many held-out examples."""
    data = simulation.dataset
    samples = simulation.outputs(simulation.latent_points).astype(np.float64)
    shown = data.test_inputs[:POINTS].astype(np.float64)
    judged = _judged(simulation, samples)
    if data.image is not None and data.image[2] == 1:
        return judged, _forged(data, shown, samples)
    if samples.shape[1] == 2:
        return judged, _imitated(data, shown, samples)
    return judged, Unseen(f"samples of {samples.shape[1]} numbers have no picture")


def _judged(simulation: Simulation, samples: Floats) -> Judged:
    data = simulation.dataset
    answers = [simulation.judged(seen).astype(np.float64) for seen in (data.test_inputs, samples)]
    probability = data.loss in ("minimax", "non_saturating")
    if probability:
        with np.errstate(over="ignore"):
            answers = [1.0 / (1.0 + np.exp(-logits)) for logits in answers]
    error = simulation.evaluate()["mean_sample_mse"]
    return Judged(float(answers[0].mean()), float(answers[1].mean()), probability, error)


def _imitated(data: Dataset, shown: Floats, samples: Floats) -> Imitated:
    low, high = data.train_inputs.min(axis=0), data.train_inputs.max(axis=0)
    margin = MARGIN * np.where(high > low, high - low, 1.0) / 2.0
    (left, bottom), (right, top) = (low - margin).tolist(), (high + margin).tolist()
    finite = np.asarray(np.isfinite(samples).all(axis=1))
    first, second = data.input_names
    return Imitated(
        axes=(first, second),
        left=left,
        right=right,
        bottom=bottom,
        top=top,
        data=_pairs(shown),
        samples=_pairs(samples[finite][: len(shown)]),
        nonfinite=int((~finite[: len(shown)]).sum()),
    )


def _pairs(points: Floats) -> tuple[tuple[float, float], ...]:
    return tuple((float(x), float(y)) for x, y in points)


def _forged(data: Dataset, shown: Floats, samples: Floats) -> Forged:
    assert data.image is not None
    height, width, _ = data.image
    low, high = float(data.train_inputs.min()), float(data.train_inputs.max())

    def brightness(images: NDArray[Any]) -> tuple[tuple[float, ...], ...]:
        scaled = (images[:IMAGES] - low) / (high - low if high > low else 1.0)
        return tuple(tuple(row) for row in np.clip(scaled, 0.0, 1.0).tolist())

    return Forged(height, width, brightness(shown), brightness(samples))
