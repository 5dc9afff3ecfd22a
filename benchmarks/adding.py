"""`python -m benchmarks.adding`: how long each cell takes to learn to add over fifty time steps."""

from __future__ import annotations

import json
import time
from dataclasses import asdict, dataclass

import click
import numpy as np

from benchmarks.one_core import stay_on_one_core
from gradtui import Scenario, Simulation

NAMES = ("rnn-long", "irnn", "lstm-long", "gru-long")
#: Solved is a mean loss of so many steps below this; always answering 1 has 1/6.
SMOOTHED, SOLVED = 20, 0.05


@dataclass(frozen=True)
class Run:
    """One scenario under one seed: its loss on held-out sequences at its end, all seconds of training, and when the
    loss came below `SOLVED`, as a step and in seconds; None where it never did."""

    name: str
    seed: int
    held_out_loss: float
    seconds: float
    solved_step: int | None
    solved_seconds: float | None


def run(name: str, seed: int) -> Run:
    """Train one scenario for as many steps as it says."""
    scenario = Scenario.load(name).replace(f"seed={seed}")
    simulation = Simulation(scenario)
    simulation.step(1)  # loading kernels is no training
    began = time.perf_counter()
    losses: list[float] = []
    solved: tuple[int, float] | None = None
    while simulation.step_count < scenario.steps:
        simulation.step(min(SMOOTHED, scenario.steps - simulation.step_count))
        if solved is None:
            _, rows = simulation.history(len(losses))
            losses += rows[:, 0].tolist()
            if np.mean(losses[-SMOOTHED:]) < SOLVED:
                solved = simulation.step_count, time.perf_counter() - began
    seconds = time.perf_counter() - began
    return Run(name, seed, simulation.evaluate()["loss"], seconds, *(solved or (None, None)))


@click.command(help=__doc__)
@click.option("--seeds", default=3, show_default=True, help="How many seeds, from 0 on.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object a line.")
def main(seeds: int, as_json: bool) -> None:
    stay_on_one_core()
    for name in NAMES:
        for seed in range(seeds):
            found = run(name, seed)
            if as_json:
                click.echo(json.dumps(asdict(found)))
                continue
            solved = "never below"
            if found.solved_step is not None:
                solved = f"step {found.solved_step:,} after {found.solved_seconds:.1f} s below"
            click.echo(
                f"{name:10} seed {seed}: held-out loss {found.held_out_loss:.4f} after {found.seconds:.1f} s; "
                f"{solved} {SOLVED}"
            )


if __name__ == "__main__":
    main()
