"""Handwritten digits: 1,797 images of 8 x 8 pixels (Alpaydin & Kaynak 1998, UCI; CC BY 4.0: digits.txt)."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from gradtui import locations
from gradtui.tasks.examples import Examples

#: Mean and standard deviation of all pixels, after they are divided by 16: one number each, not one a pixel.
MEAN, DEVIATION = 0.305260, 0.376049
TRAINING = 1437


def digits() -> tuple[Examples, Examples]:
    """1,437 training and 360 held-out images; the same split for every seed."""
    with np.load(locations.digits_file(), allow_pickle=False) as file:
        pixels, labels = file["pixels"], file["labels"]
    images = Examples(
        (pixels.astype(np.float64) / 16.0 - MEAN) / DEVIATION,
        labels.astype(np.int64),
        tuple(str(digit) for digit in range(10)),
        tuple(f"row {row} column {column}" for row in range(1, 9) for column in range(1, 9)),
        (8, 8, 1),
    )
    order = np.random.default_rng(0).permutation(len(images))
    return images.take(order[:TRAINING]), images.take(order[TRAINING:])


def scanned(steps: int) -> tuple[Examples, Examples]:
    """The same images read in `steps` time steps, from the top left: rows or single pixels (Le, Jaitly & Hinton
    2015)."""
    each = 64 // steps
    names = tuple(f"column {column}" for column in range(1, 9)) if each == 8 else ("pixel",)
    train, test = (replace(part, steps=steps, input_names=names) for part in digits())
    return train, test
