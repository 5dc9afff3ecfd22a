"""Passes outside training: whole data sets, or whatever inputs somebody asks about, through the network in chunks."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradtui.engine import assembly
from gradtui.engine.chunks import chunks, held_out
from gradtui.engine.layout import Arena, Region
from gradtui.engine.plan import Plan
from gradtui.engine.program import LinkedProgram

Array = NDArray[Any]


class Passes:
    """The network as it is now, by running statistics and without dropout. Nothing that a step measured is touched."""

    def __init__(self, plan: Plan, arena: Arena) -> None:
        self._plan = plan
        self._arena = arena
        self._programs: dict[tuple[int, bool], LinkedProgram] = {}
        self._answers: dict[int, tuple[LinkedProgram, Region]] = {}

    def evaluate(self) -> dict[str, float]:
        """Loss and accuracy on the held-out examples; no accuracy in a regression."""
        return held_out(self._plan.dataset, self._plan.chunk, self._held_out)

    def _held_out(self, start: int, rows: int) -> Array:
        data = self._plan.dataset
        self._view("pass_targets")[:rows] = data.test_targets[start : start + rows]
        self._run(data.test_inputs[start : start + rows], census=False)
        return self._view("pass_report")

    def dead(self) -> NDArray[np.float64]:
        """Share of units, layer by layer, without a slope on any training example; of a kind that can die."""
        layers = self._plan.layers
        mortal = np.array([layer.activate.activation.flat for layer in layers])
        if not mortal.any():
            return np.zeros(len(layers))
        self._view("census")[:] = 0.0
        inputs = self._view("train_inputs")
        for start, rows in chunks(len(inputs), self._plan.chunk):
            self._run(inputs[start : start + rows], census=True)
        silent = self._view("census") == 0.0
        ends = np.cumsum([layer.units for layer in layers])
        dead: NDArray[np.float64] = mortal * np.array([part.mean() for part in np.split(silent, ends[:-1])])
        return dead

    def outputs(self, inputs: Array) -> Array:
        """What comes out for inputs (n, numbers): (n, outputs)."""
        found = np.empty((len(inputs), self._plan.dataset.outputs), dtype=self._plan.dtype)
        for start, rows in chunks(len(inputs), self._plan.chunk):
            if rows not in self._answers:
                program, region = assembly.answers(self._plan, rows)
                self._answers[rows] = program.link(self._arena), region
            linked, region = self._answers[rows]
            self._view("pass_x")[:rows] = inputs[start : start + rows]
            linked.run()
            found[start : start + rows] = self._arena.view(region).reshape(rows, -1)
        return found

    def _run(self, inputs: Array, census: bool) -> None:
        rows = len(inputs)
        if (rows, census) not in self._programs:
            program = assembly.evaluation(self._plan, rows, census)
            self._programs[rows, census] = program.link(self._arena)
        self._view("pass_x")[:rows] = inputs
        self._programs[rows, census].run()

    def _view(self, name: str) -> Array:
        return self._arena.view(self._plan.regions[name])
