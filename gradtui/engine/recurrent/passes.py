"""Passes outside training: whole data sets, or whatever sequences somebody asks about, through the network in
chunks."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradtui.engine.chunks import chunks, held_out
from gradtui.engine.layout import Arena, Region
from gradtui.engine.program import LinkedProgram, Program
from gradtui.engine.recurrent import programs
from gradtui.engine.recurrent.plan import RecurrentPlan

Array = NDArray[Any]


class Passes:
    """The network as it is now. Nothing that a step measured is touched."""

    def __init__(self, plan: RecurrentPlan, arena: Arena) -> None:
        self._plan = plan
        self._arena = arena
        self._linked: dict[tuple[str, int], LinkedProgram] = {}
        self._answers: dict[int, tuple[LinkedProgram, Region]] = {}

    def evaluate(self) -> dict[str, float]:
        """Loss and accuracy on the held-out examples; no accuracy in a regression."""
        return held_out(self._plan.dataset, self._plan.chunk, self._held_out)

    def _held_out(self, start: int, rows: int) -> Array:
        data = self._plan.dataset
        targets = data.test_targets[start : start + rows]
        given = targets.T.reshape(-1) if data.per_step else targets
        self._view("pass_targets")[: len(given)] = given
        self._run("loss", programs.evaluation, data.test_inputs[start : start + rows])
        return self._view("pass_report")

    def dead(self) -> NDArray[np.float64]:
        """Share of units, tap by tap, without a slope at any step of any training example; of a kind that can die."""
        shares = np.zeros(len(self._plan.layers) + 1)
        if self._plan.cell.flat:
            self._view("census")[:] = 0.0
            inputs = self._view("train_inputs")
            for start, rows in chunks(len(inputs), self._plan.chunk):
                self._run("census", programs.census, inputs[start : start + rows])
            shares[:-1] = (self._view("census") == 0.0).mean(axis=1)
        return shares

    def outputs(self, inputs: Array) -> Array:
        """What comes out for sequences, (n, outputs), or (n, steps, outputs) where each step is answered. Inputs are
        tokens (n, steps), or numbers (n, steps, features), or the latter as flat rows."""
        data, plan = self._plan.dataset, self._plan
        found: list[Array] = []
        for start, rows in chunks(len(inputs), self._plan.chunk):
            if rows not in self._answers:
                program, region = programs.answers(plan, rows)
                self._answers[rows] = program.link(self._arena), region
            linked, region = self._answers[rows]
            self._bring(inputs[start : start + rows])
            linked.run()
            out = self._arena.view(region).copy()
            found.append(out.reshape(plan.steps, rows, -1).transpose(1, 0, 2) if data.per_step else out)
        shape = (0, plan.steps, data.outputs) if data.per_step else (0, data.outputs)
        return np.concatenate(found) if found else np.empty(shape, plan.dtype)

    def _bring(self, inputs: Array) -> None:
        """Sequences, example by example, into `pass_x`, step by step."""
        data, steps = self._plan.dataset, self._plan.steps
        if data.vocabulary:
            numbers = np.eye(data.tokens)[np.asarray(inputs).reshape(len(inputs), steps)]
        else:
            numbers = np.asarray(inputs).reshape(len(inputs), steps, data.features)
        whole = self._plan.regions["pass_x"].part(0, (steps, len(inputs), data.features))
        self._arena.view(whole)[:] = numbers.transpose(1, 0, 2)

    def _run(self, kind: str, make: Callable[[RecurrentPlan, int], Program], inputs: Array) -> None:
        rows = len(inputs)
        if (kind, rows) not in self._linked:
            self._linked[kind, rows] = make(self._plan, rows).link(self._arena)
        self._bring(inputs)
        self._linked[kind, rows].run()

    def _view(self, name: str) -> Array:
        return self._arena.view(self._plan.regions[name])
