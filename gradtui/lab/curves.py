"""Curves that thin themselves: however long a run, its past fits in a few hundred points."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from gradtui.lab.snapshot import Curves

#: A track holds at most so many points; when it is full, neighbours are merged and its stride doubles.
POINTS = 512


class Track:
    """Rows of numbers over steps: each point is the mean of `stride` steps."""

    def __init__(self, columns: int) -> None:
        self.stride = 1
        self.next_step = 0
        self._means = np.empty((0, columns))
        self._pending = np.empty((0, columns))

    def append(self, first: int, rows: NDArray[np.float64]) -> None:
        """Add the steps from `first` on, shape (steps, columns). Steps that got lost in between leave no gap: the
        point that they fall into is the mean of those that are known."""
        self.next_step = first + len(rows)
        self._pending = np.concatenate([self._pending, rows])
        whole = len(self._pending) // self.stride * self.stride
        if whole:
            full, self._pending = self._pending[:whole], self._pending[whole:]
            means = full.reshape(-1, self.stride, full.shape[1]).mean(axis=1)
            self._means = np.concatenate([self._means, means])
        while len(self._means) > POINTS:
            even = len(self._means) // 2 * 2
            odd = self._means[even:]
            self._pending = np.concatenate([np.repeat(odd, self.stride, axis=0), self._pending])
            self._means = self._means[:even].reshape(-1, 2, self._means.shape[1]).mean(axis=1)
            self.stride *= 2

    def points(self) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """(steps, means): the middle step of each point, and its values; what is pending makes the last point."""
        means = self._means
        steps = np.arange(len(means)) * self.stride + self.stride // 2
        if len(self._pending):
            means = np.concatenate([means, self._pending.mean(axis=0, keepdims=True)])
            steps = np.append(steps, len(self._means) * self.stride + len(self._pending) // 2)
        return steps, means


class CurveKeeper:
    """Loss and accuracy of one run: every batch, and the held-out evaluations."""

    def __init__(self) -> None:
        self._batches = Track(columns=2)
        self._has_generator = False
        self._held_out: list[tuple[int, float, float, float]] = []

    @property
    def next_step(self) -> int:
        """The first step that is not in yet."""
        return self._batches.next_step

    def add_batches(self, first: int, rows: NDArray[np.float64]) -> None:
        """Loss and accuracy of the steps from `first` on, shape (steps, 2)."""
        self._batches.append(first, rows)

    def add_evaluation(self, step: int, evaluation: dict[str, float]) -> None:
        """One pass over the held-out examples, made after `step` steps."""
        self._has_generator = "generator_loss" in evaluation
        nan = float("nan")
        accuracy, generator = evaluation.get("accuracy", nan), evaluation.get("generator_loss", nan)
        self._held_out.append((step, evaluation["loss"], accuracy, generator))
        if len(self._held_out) > POINTS:
            self._held_out = self._held_out[::2]

    def curves(self) -> Curves:
        """All of it, as plain numbers."""
        steps, means = self._batches.points()
        held_out = list(zip(*self._held_out, strict=True)) or [(), (), (), ()]
        return Curves(
            steps=tuple(steps.tolist()),
            loss=tuple(means[:, 0].tolist()),
            accuracy=tuple(means[:, 1].tolist()),
            held_out_steps=tuple(held_out[0]),
            held_out_loss=tuple(held_out[1]),
            held_out_accuracy=tuple(held_out[2]),
            generator_loss=tuple(held_out[3]) if self._has_generator else (),
        )
