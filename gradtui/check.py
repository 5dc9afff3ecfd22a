"""`gradtui check`: run scenarios and hold them against their own expectations."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from gradtui.lab.simulation import Simulation
from gradtui.progress import portions
from gradtui.scenario import claims, judging
from gradtui.scenario.errors import ClaimError, ScenarioError
from gradtui.scenario.model import Expect, Scenario

# Gauges of the weights as they are; all others belong to a step.
_OF_WEIGHTS = ("dead", "distance")


@dataclass(frozen=True)
class Finding:
    """One expectation of one scenario under one seed, and how it fared."""

    expect: Expect
    passed: bool
    measured: str


@dataclass(frozen=True)
class Checked:
    """Every finding of one run. `problem` says why the scenario could not be run at all."""

    name: str
    seed: int
    findings: tuple[Finding, ...] = ()
    problem: str = ""

    @property
    def passed(self) -> bool:
        """Whether every expectation held."""
        return not self.problem and all(finding.passed for finding in self.findings)


@dataclass(frozen=True)
class _Measured:
    """What `judging` holds a claim against."""

    taps: Sequence[str]
    gauges: Mapping[str, Sequence[float]]
    scalars: Mapping[str, float]
    time: Mapping[str, Sequence[Sequence[float]]]
    losses: Sequence[float]
    accuracies: Sequence[float]


def check(
    scenarios: Iterable[tuple[str, Scenario]], seeds: int, on_compile: Callable[[int, int, str], None]
) -> Iterator[Checked]:
    """Run each scenario under `seeds` seeds from its own on, two at a time; results keep the given order."""
    stop = threading.Event()
    # Two runs fill a small machine: the engine lets go of the interpreter while it steps.
    with ThreadPoolExecutor(max_workers=2) as pool:
        runs = [
            pool.submit(run, name, scenario, seed, on_compile, stop)
            for name, scenario in scenarios
            for seed in range(scenario.seed, scenario.seed + seeds)
        ]
        try:
            for future in runs:
                yield future.result()
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)


def run(
    name: str,
    scenario: Scenario,
    seed: int,
    on_compile: Callable[[int, int, str], None],
    stop: threading.Event,
) -> Checked:
    """One run under one seed, halted at every step at which something is expected."""
    findings: list[Finding] = []
    try:
        simulation = Simulation(scenario.replace(f"seed={seed}"), on_compile)
        for at in _moments(scenario):
            expected = [expect for expect in scenario.expect if expect.at == at]
            measured = _measure(simulation, at, scenario.steps, expected, stop)
            findings.extend(_judge(expect, measured) for expect in expected)
    except ScenarioError as error:
        return Checked(name, seed, problem=str(error))
    return Checked(name, seed, tuple(findings))


def _moments(scenario: Scenario) -> list[int | str]:
    """When something is expected, in the order of a run; the end comes before a measurement past it."""
    moments: set[int | str] = {expect.at for expect in scenario.expect}
    return sorted(moments, key=lambda at: (scenario.steps, 0) if isinstance(at, str) else (at, 1))


def _measure(
    simulation: Simulation, at: int | str, steps: int, expected: list[Expect], stop: threading.Event
) -> _Measured:
    """What is known after `at` updates; at the end, the gauges are those of the last step that was made."""
    _advance(simulation, steps if isinstance(at, str) else at, stop)
    asked = {word for expect in expected for word in claims.parse(expect.claim).names}
    scalars: dict[str, float] = {}
    if asked & {"held_out_loss", "held_out_accuracy", "mean_sample_mse"}:
        evaluated = simulation.evaluate()
        if "mean_sample_mse" in evaluated:
            scalars["mean_sample_mse"] = evaluated.pop("mean_sample_mse")
        scalars.update({f"held_out_{key}": value for key, value in evaluated.items()})
    profile = simulation.profile()
    gauges = dict(profile.gauges)
    if not isinstance(at, str):
        # The gradient after `at` updates is measured by the step that follows; what the weights are, before it.
        _advance(simulation, at + 1, stop)
        profile = simulation.profile(count_dead=False)
        gauges = {name: gauges[name] if name in _OF_WEIGHTS else row for name, row in profile.gauges.items()}
    scalars["loss"] = profile.loss
    adversaries = simulation.scenario.network.kind == "gan"
    if adversaries:
        scalars["generator_loss"] = simulation.generator_loss
    if simulation.dataset.classes or adversaries:
        scalars["accuracy"] = profile.accuracy
    _, track = simulation.history(0)
    return _Measured(
        profile.taps,
        {name: row.tolist() for name, row in gauges.items()},
        scalars,
        {name: rows.tolist() for name, rows in profile.time.items()},
        track[:, 0].tolist(),
        track[:, 1].tolist(),
    )


def _advance(simulation: Simulation, updates: int, stop: threading.Event) -> None:
    for portion in portions(updates - simulation.step_count):
        if stop.is_set():
            raise KeyboardInterrupt
        simulation.step(portion)


def _judge(expect: Expect, measured: _Measured) -> Finding:
    try:
        outcome = judging.judge(claims.parse(expect.claim), measured)
    except ClaimError as error:
        return Finding(expect, False, str(error))
    return Finding(expect, outcome.passed, outcome.measured)
