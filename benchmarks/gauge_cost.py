"""What measuring costs: the training step against the same step whose kernels measure nothing."""

from __future__ import annotations

import time

from gradtui import Scenario, tasks
from gradtui.engine import assembly
from gradtui.engine.kernel import Kernel, device
from gradtui.engine.kernels.gauges import add_square, gradient_gauges
from gradtui.engine.network import Network
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
    network = Network(scenario, tasks.load(scenario.task, scenario.seed))
    step = assembly.training_step(network._plan, Clipping.of(scenario.optimizer))
    bare = Program(scenario.network.dtype)
    for instruction in step.instructions:
        if instruction.kernel is not gradient_gauges:
            bare.add(_without_sums(instruction.kernel), **instruction.arguments)
    programs = {name: program.link(network._arena) for name, program in (("full", step), ("bare", bare))}
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
