"""What measuring costs: the training step against the same step whose kernels measure nothing."""

from __future__ import annotations

import time
from typing import Any

from gradtui import Scenario, tasks
from gradtui.engine import assembly, knobs
from gradtui.engine.construction import plan
from gradtui.engine.initial import initial_weight
from gradtui.engine.kernel import Kernel, device
from gradtui.engine.kernels.gauges import add_square, gradient_gauges
from gradtui.engine.layout import Arena
from gradtui.engine.plan import Plan
from gradtui.engine.program import Program
from gradtui.engine.updating import Clipping

ROUNDS, ROUND_SECONDS = 15, 0.1


@device()
def leave_square(x: float, small: float, middle: float, big: float) -> tuple[float, float, float]:
    """In the place of `add_square`: sums nothing."""
    return small, middle, big


def gauge_share(scenario: Scenario) -> float:
    """The share of a training step that goes into gauges, 0 to 1.

    The other program lacks the measuring of gradients, and its kernels are the same ones with their sums left out.
    """
    made = plan(scenario, tasks.load(scenario.task, scenario.seed))
    arena = Arena(made.layout)
    _fill(made, arena)
    step = assembly.training_step(made, Clipping.of(scenario.optimizer))
    bare = Program(made.dtype)
    for instruction in step.instructions:
        if instruction.kernel is not gradient_gauges:
            bare.add(_without_sums(instruction.kernel), **instruction.arguments)
    programs = {name: program.link(arena) for name, program in (("full", step), ("bare", bare))}
    best = dict.fromkeys(programs, float("inf"))
    for _ in range(ROUNDS):
        for name, program in programs.items():
            end = time.perf_counter() + ROUND_SECONDS
            while (began := time.perf_counter()) < end:
                program.run()
                best[name] = min(best[name], time.perf_counter() - began)
    return 1.0 - best["bare"] / best["full"]


_twins: dict[str, Kernel] = {}


def _without_sums(kernel: Kernel) -> Kernel:
    """The kernel's twin that squares nothing; itself where it has no sums."""
    if kernel.body.__globals__.get("add_square") is not add_square:
        return kernel
    if "add_square" not in kernel.body.__code__.co_names:
        return kernel
    if kernel.name not in _twins:
        _twins[kernel.name] = kernel.bind(f"{kernel.name}_without_sums", add_square=leave_square)
    return _twins[kernel.name]


def _fill(made: Plan, arena: Arena) -> None:
    """What a step reads: knobs, examples, and initial weights."""
    scenario, network = made.scenario, made.scenario.network
    values: dict[str, Any] = {
        "knobs": knobs.values(scenario),
        "train_inputs": made.dataset.train_inputs,
        "train_targets": made.dataset.train_targets,
    }
    for name, value in values.items():
        arena.view(made.regions[name])[:] = value
    for layer in made.layers:
        matrix = layer.matrix
        rows, columns = matrix.values.shape
        arena.view(matrix.values)[:] = initial_weight(network, scenario.seed, matrix.place, (rows, columns))
        if layer.norm:
            arena.view(layer.norm.gamma)[:] = 1.0
