"""The sides that run on the engine's machine: gradtui itself, and the floor below it."""

from __future__ import annotations

import time
from functools import cache
from itertools import pairwise

from benchmarks.cases import Case
from benchmarks.sides import Steps
from gradtui import Simulation
from gradtui.engine.kernels.linear import BY_BLAS, PANEL
from gradtui.engine.layout import Arena, Layout, Region
from gradtui.engine.program import Program

#: Seconds for which one way of a product is tried.
TRIAL_SECONDS = 0.02
WAYS = ("nn", "nt", "tn")


def gradtui(case: Case) -> Steps:
    """The engine, every gauge of a step measured in every step."""
    simulation = Simulation(case.scenario)

    def steps(count: int) -> int:
        simulation.step(count)
        return count

    return steps


def floor(case: Case) -> Steps:
    """SciPy's bare matrix products of one step, three a layer and two for the first, called by the engine's machine.

    Each product is laid out in memory as this BLAS likes it best, whatever a network would need: with this BLAS no
    network that multiplies its matrices one by one could be quicker.
    """
    sizes = [64] + [case.width] * case.depth + [10]
    layout, program = Layout(), Program("float32")
    products: list[tuple[int, int, int]] = []
    for fan_in, fan_out in pairwise(sizes):
        products += [(case.batch, fan_out, fan_in), (fan_out, fan_in, case.batch), (case.batch, fan_in, fan_out)]
    del products[2]  # nobody asks for the gradient of the inputs
    for m, n, k in products:
        _multiply(layout, program, _quickest(m, n, k), m, n, k)
    linked = program.link(Arena(layout))

    def steps(count: int) -> int:
        linked.run(count)
        return count

    return steps


@cache
def _quickest(m: int, n: int, k: int) -> str:
    """The way in which this product takes the least time."""
    best = {}
    for way in WAYS:
        layout, program = Layout(), Program("float32")
        _multiply(layout, program, way, m, n, k)
        linked = program.link(Arena(layout))
        linked.run()
        best[way] = float("inf")
        end = time.perf_counter() + TRIAL_SECONDS
        while (began := time.perf_counter()) < end:
            linked.run(3)
            best[way] = min(best[way], time.perf_counter() - began)
    return min(WAYS, key=best.__getitem__)


def _multiply(layout: Layout, program: Program, way: str, m: int, n: int, k: int) -> None:
    """Append C (m, n) = A (m, k) B (k, n); a "t" in `way` says that A or B lies in memory as its transpose."""

    def matrix(name: str, *shape: int) -> Region:
        return layout.region(name, "float32", *shape)

    if way == "nn":
        program.add(BY_BLAS.input_gradient, delta=matrix("a", m, k), weight=matrix("b", k, n), below=matrix("c", m, n))
    elif way == "tn":
        program.add(
            BY_BLAS.weight_gradient, delta=matrix("a", k, m), x=matrix("b", k, n), weight_gradient=matrix("c", m, n)
        )
    else:
        program.add(
            BY_BLAS.forward,
            x=matrix("a", m, k),
            weight=matrix("b", n, k),
            bias=matrix("bias", n),
            turned=matrix("turned", k, PANEL),
            z=matrix("c", m, n),
        )
