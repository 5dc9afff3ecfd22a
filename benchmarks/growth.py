"""`python -m benchmarks.growth`: cost against depth and batch, memory, knobs, rebuilding, and what gauges cost."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

import click

from benchmarks.gauge_cost import gauge_share
from benchmarks.one_core import stay_on_one_core
from gradtui import Scenario, Simulation, tasks
from gradtui.engine.construction import plan
from gradtui.engine.kernels.optimizers import OPTIMIZERS

ROUNDS, ROUND_SECONDS = 7, 0.2


@dataclass(frozen=True)
class Figure:
    """One line: what was measured, and what it should not exceed."""

    name: str
    value: float
    unit: str
    goal: float

    @property
    def met(self) -> bool:
        return self.value <= self.goal


def scenario(depth: int, width: int, batch: int) -> Scenario:
    """A ReLU network on the 8x8 digits, trained by Adam."""
    return Scenario.from_dict(
        {
            "task": {"name": "digits", "batch": batch},
            "network": {"depth": depth, "width": width, "activation": "relu", "init": "he_normal"},
            "optimizer": {"name": "adam", "lr": 1e-3},
        }
    )


def best_seconds(actions: dict[str, Callable[[], object]], seconds: float = ROUND_SECONDS) -> dict[str, float]:
    """The quickest call of each action; they take turns."""
    best = dict.fromkeys(actions, float("inf"))
    for action in actions.values():
        action()
    for _ in range(ROUNDS):
        for name, action in actions.items():
            end = time.perf_counter() + seconds
            while (began := time.perf_counter()) < end:
                action()
                best[name] = min(best[name], time.perf_counter() - began)
    return best


def figures() -> Iterator[Figure]:
    """Every line, as it is measured."""
    yield _against("1,000 layers against 100, width 16", (100, 16, 32), (1000, 16, 32), 11.0)
    yield _against("batch 256 against 32, 30x64", (30, 64, 32), (30, 64, 256), 8.0)
    for shape in ((50, 64, 128), (10, 512, 256)):
        yield _memory(*shape)
    yield from _changes()
    for shape in ((10, 32, 32), (30, 64, 64), (50, 64, 128)):
        share = gauge_share(scenario(*shape))
        yield Figure(f"gauges' share of a step, {_called(*shape)}", 100.0 * share, "%", 10.0)


def _called(depth: int, width: int, batch: int) -> str:
    return f"{depth}x{width},{batch}"


def _against(name: str, small: tuple[int, int, int], large: tuple[int, int, int], goal: float) -> Figure:
    simulations = {"small": Simulation(scenario(*small)), "large": Simulation(scenario(*large))}
    best = best_seconds({key: simulation.step for key, simulation in simulations.items()})
    return Figure(name, best["large"] / best["small"], "times the step", goal)


def _memory(depth: int, width: int, batch: int) -> Figure:
    """The arena against what training cannot do without: weights, gradients, optimizer state, layers' outputs."""
    network = scenario(depth, width, batch)
    made = plan(network, tasks.load(network.task, network.seed))
    parameters = sum(entry.values.size for layer in made.layers for entry in layer.parameters() if entry.gradient)
    outputs = sum(layer.a.size for layer in made.layers)
    needed = 4 * (parameters * (2 + OPTIMIZERS["adam"].states) + outputs)
    return Figure(f"memory, {_called(depth, width, batch)}", made.layout.size / needed, "times what it needs", 1.3)


def _changes() -> Iterator[Figure]:
    """A knob turned under way, and a network built again for another activation; a compiler that is called raises."""
    first = scenario(50, 64, 128)
    second = first.replace("optimizer.lr=0.002")
    simulation = Simulation(first)
    simulation.step(1)

    def never(done: int, total: int, kernel: str) -> None:
        raise RuntimeError(f"compiled {kernel}, which was at hand")

    def turn() -> None:
        simulation.change(second if simulation.scenario is first else first)

    other = first.replace("network.activation=tanh")
    rebuilt = Simulation(other)

    def rebuild() -> None:
        rebuilt.change(first if rebuilt.scenario is other else other, never)

    best = best_seconds({"turn": turn, "rebuild": rebuild})
    yield Figure("a knob turned live, 50x64", 1000.0 * best["turn"], "ms", 1.0)
    yield Figure("another activation under way, 50x64", 1000.0 * best["rebuild"], "ms", 20.0)


@click.command()
@click.option("--json", "as_json", is_flag=True, help="A list of objects on stdout.")
def main(as_json: bool) -> None:
    """Measure what grows, and what a change costs."""
    stay_on_one_core()
    found = []
    for figure in figures():
        found.append(figure)
        if not as_json:
            verdict = "met" if figure.met else "missed"
            print(f"{figure.name:38}{figure.value:9.2f} {figure.unit:20} goal {figure.goal:g}: {verdict}", flush=True)
    if as_json:
        print(json.dumps([{**asdict(figure), "met": figure.met} for figure in found], indent=1))


if __name__ == "__main__":
    main()
