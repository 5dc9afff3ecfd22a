"""`gradtui check`: run scenarios and their variants, and hold them against their own expectations."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

import numpy as np
from msgspec import structs

from gradtui.lab.past import PastKeeper, watched
from gradtui.lab.simulation import Simulation
from gradtui.processors import cores
from gradtui.progress import portions
from gradtui.scenario import claims, families, judging
from gradtui.scenario.errors import ClaimError, ScenarioError
from gradtui.scenario.model import Expect, Scenario

# Gauges of the weights as they are; all others belong to a step.
_OF_WEIGHTS = ("dead", "distance")
#: Steps between two looks at the losses so far: a simulation remembers the last 8,192 of them.
_LOOK = 4096
#: Seconds between two words about what is running.
_PACE = 0.2

OnCompile = Callable[[int, int, str], None]
Moment = int | str


@dataclass(frozen=True)
class Finding:
    """One expectation of one scenario under one seed, and how it fared."""

    expect: Expect
    passed: bool
    measured: str


@dataclass(frozen=True)
class Checked:
    """Every finding of one scenario, with its variants, under one seed. `problem` says why it could not be run at all;
    `seconds` is what its runs took of one core."""

    name: str
    seed: int
    findings: tuple[Finding, ...] = ()
    problem: str = ""
    seconds: float = 0.0

    @property
    def passed(self) -> bool:
        """Whether every expectation held."""
        return not self.problem and all(finding.passed for finding in self.findings)


@dataclass(frozen=True)
class State:
    """How far a check has come: runs made and to make, the names of those under way, claims that failed."""

    done: int
    total: int
    running: tuple[str, ...]
    failed: int


@dataclass(frozen=True)
class Measured:
    """What `judging` holds a claim against."""

    taps: Sequence[str]
    gauges: Mapping[str, Sequence[float]]
    scalars: Mapping[str, float]
    time: Mapping[str, Sequence[Sequence[float]]]
    losses: Sequence[float]
    accuracies: Sequence[float]
    verdict: str = ""


@dataclass(frozen=True)
class _Run:
    """One member of a family under one seed, and what is to be measured of it: a moment -> the names asked for."""

    name: str
    scenario: Scenario
    asked: Mapping[Moment, frozenset[str]]


@dataclass
class _Case:
    """A scenario under one seed, while its members run."""

    name: str
    scenario: Scenario
    seed: int
    left: int
    measured: dict[str, Mapping[Moment, Measured]] = field(default_factory=dict)
    problem: str = ""
    seconds: float = 0.0

    def judged(self) -> Checked:
        if self.problem:
            return Checked(self.name, self.seed, problem=self.problem, seconds=self.seconds)
        findings = tuple(_judge(expect, self.measured) for expect in in_order(self.scenario))
        return Checked(self.name, self.seed, findings, seconds=self.seconds)


def check(
    scenarios: Iterable[tuple[str, Scenario]],
    seeds: int,
    on_compile: OnCompile,
    jobs: int | None = None,
    on_state: Callable[[State], None] | None = None,
) -> Iterator[Checked]:
    """Run each scenario and its variants under `seeds` seeds from its own on, `jobs` runs at a time, one for each core
    when None; results keep the given order."""
    stop = threading.Event()
    running: set[str] = set()
    cases: list[_Case] = []
    # The engine lets go of the interpreter while it steps, so that threads fill the cores.
    with ThreadPoolExecutor(max_workers=jobs or cores()) as pool:
        pending: dict[Future[tuple[Mapping[Moment, Measured], float]], tuple[_Case, str]] = {}
        for name, scenario in scenarios:
            asked, family = _asked(scenario), scenario.family()
            for seed in range(scenario.seed, scenario.seed + seeds):
                runs = _runs(name, family, asked, seed)
                case = _Case(name, scenario, seed, len(runs))
                cases.append(case)
                for member, run_ in runs.items():
                    pending[pool.submit(_carry_out, run_, on_compile, stop, running)] = case, member
        total, failed, told = len(pending), 0, 0
        try:
            while told < len(cases):
                finished, _ = wait(pending, timeout=_PACE, return_when=FIRST_COMPLETED)
                for future in finished:
                    case, member = pending.pop(future)
                    _take(case, member, future)
                while told < len(cases) and not cases[told].left:
                    checked = cases[told].judged()
                    told += 1
                    failed += bool(checked.problem) + sum(not finding.passed for finding in checked.findings)
                    yield checked
                if on_state is not None:
                    on_state(State(total - len(pending), total, tuple(sorted(running)), failed))
        finally:
            stop.set()
            pool.shutdown(cancel_futures=True)


def _take(case: _Case, member: str, future: Future[tuple[Mapping[Moment, Measured], float]]) -> None:
    case.left -= 1
    try:
        case.measured[member], seconds = future.result()
        case.seconds += seconds
    except ScenarioError as error:
        case.problem = str(error) if member == families.BASELINE else f"{member}: {error}"
    except MemoryError:
        case.problem = f"{member}: not enough memory; fewer --jobs at a time need less"


def run(name: str, scenario: Scenario, seed: int, on_compile: OnCompile, stop: threading.Event) -> Checked:
    """One scenario under one seed, with its variants, one after another."""
    runs = _runs(name, scenario.family(), _asked(scenario), seed)
    case = _Case(name, scenario, seed, len(runs))
    try:
        for member, run_ in runs.items():
            case.measured[member], seconds = _carry_out(run_, on_compile, stop, set())
            case.seconds += seconds
    except ScenarioError as error:
        case.problem = str(error)
    return case.judged()


def in_order(scenario: Scenario) -> list[Expect]:
    """The expectations in the order of a run."""
    return sorted(scenario.expect, key=lambda expect: _place(expect.at, scenario.steps))


def _place(at: Moment, steps: int) -> tuple[int, bool]:
    """The step of a moment in a run of so many steps; the end comes before a measurement past it."""
    return (steps, False) if isinstance(at, str) else (at, True)


def _concerned(expect: Expect) -> Iterator[tuple[str, str]]:
    """Which members of a family are asked, by their own names, and for what."""
    own = expect.of or families.BASELINE
    asked = claims.parse(expect.claim).asked
    for member, name in asked:
        yield (member.replace("_", "-") if member else own), name
    if not asked:
        yield own, ""


def _asked(scenario: Scenario) -> dict[str, dict[Moment, frozenset[str]]]:
    """Of which members something is expected, when, and what; of the scenario itself where nothing is."""
    asked: dict[str, dict[Moment, frozenset[str]]] = {} if scenario.expect else {families.BASELINE: {}}
    for expect in scenario.expect:
        for member, what in _concerned(expect):
            moments = asked.setdefault(member, {})
            moments[expect.at] = moments.get(expect.at, frozenset()) | {what}
    return asked


def _runs(
    name: str, family: Sequence[Scenario], asked: Mapping[str, Mapping[Moment, frozenset[str]]], seed: int
) -> dict[str, _Run]:
    """Member -> its run under this seed, for those of which something is expected."""
    base, *others = family
    members = {families.BASELINE: structs.replace(base, variant=(), expect=())}
    members |= {variant.name: own for variant, own in zip(base.variant, others, strict=True)}
    return {
        member: _Run(
            name if member == families.BASELINE else f"{base.name or name}/{member}",
            members[member].replace(f"seed={seed}"),
            moments,
        )
        for member, moments in asked.items()
    }


def _carry_out(
    run_: _Run, on_compile: OnCompile, stop: threading.Event, running: set[str]
) -> tuple[dict[Moment, Measured], float]:
    """One run, halted at every step at which something is expected; and the seconds of a core that it took."""
    if stop.is_set():
        raise KeyboardInterrupt
    running.add(run_.name)
    started = time.thread_time()

    def compiling(done: int, total: int, kernel: str) -> None:
        # All the kernels of a network may take minutes, one of them seconds.
        if stop.is_set():
            raise KeyboardInterrupt
        on_compile(done, total, kernel)

    try:
        simulation = Simulation(run_.scenario, compiling)
        steps = run_.scenario.steps
        diagnosed = [_place(at, steps)[0] for at, names in run_.asked.items() if claims.VERDICT in names]
        track = _Track(simulation, stop, max(diagnosed, default=-1))
        moments = sorted(run_.asked, key=lambda at: _place(at, steps))
        found = {at: _measure(track, at, steps, run_.asked[at]) for at in moments}
    finally:
        running.discard(run_.name)
    return found, time.thread_time() - started


class _Track:
    """A simulation under way, loss and accuracy of all of its steps, and its past as far as the step of the last
    diagnosis that is asked for."""

    def __init__(self, simulation: Simulation, stop: threading.Event, last_diagnosis: int = -1) -> None:
        self.simulation = simulation
        self._stop = stop
        self._last_diagnosis = last_diagnosis
        self._keeper = PastKeeper()
        self._rows: list[np.ndarray] = []
        self._known = 0

    def advance(self, updates: int) -> None:
        """Go on until so many updates have been made; KeyboardInterrupt when nobody waits for it any more."""
        for portion in portions(updates - self.simulation.step_count):
            for beginning in range(0, portion, _LOOK):
                if self._stop.is_set():
                    raise KeyboardInterrupt
                self._step(min(_LOOK, portion - beginning))
                _, rows = self.simulation.history(self._known)
                self._known += len(rows)
                self._rows.append(rows)

    def _step(self, count: int) -> None:
        if self.simulation.step_count > self._last_diagnosis:
            self.simulation.step(count)
            return
        for _ in watched(self.simulation, self._keeper, iter([count])):
            pass

    def verdict(self) -> str:
        """What the diagnosis says first, with all that the run so far has shown."""
        from gradtui.diagnosis import diagnose

        self._keeper.evaluate(self.simulation)
        return diagnose(self.simulation.profile(), self.simulation.scenario, self._keeper.past()).kind

    @property
    def rows(self) -> np.ndarray:
        """(steps, 2)."""
        return np.concatenate(self._rows) if self._rows else np.empty((0, 2))


def _measure(track: _Track, at: Moment, steps: int, asked: frozenset[str]) -> Measured:
    """What is known after `at` updates; at the end, the gauges are those of the last step that was made."""
    simulation = track.simulation
    track.advance(_place(at, steps)[0])
    scalars: dict[str, float] = {}
    if asked & {"held_out_loss", "held_out_accuracy", "mean_sample_mse"}:
        evaluated = simulation.evaluate()
        if "mean_sample_mse" in evaluated:
            scalars["mean_sample_mse"] = evaluated.pop("mean_sample_mse")
        scalars.update({f"held_out_{key}": value for key, value in evaluated.items()})
    # Counting dead units takes the whole training set.
    profile = simulation.profile(count_dead="dead" in asked)
    gauges = dict(profile.gauges)
    if not isinstance(at, str):
        # The gradient after `at` updates is measured by the step that follows; what the weights are, before it.
        track.advance(at + 1)
        profile = simulation.profile(count_dead=False)
        gauges = {name: gauges[name] if name in _OF_WEIGHTS else row for name, row in profile.gauges.items()}
    scalars["loss"] = profile.loss
    adversaries = simulation.scenario.network.kind == "gan"
    if adversaries:
        scalars["generator_loss"] = simulation.generator_loss
    if simulation.dataset.classes or adversaries:
        scalars["accuracy"] = profile.accuracy
    return Measured(
        profile.taps,
        {name: row.tolist() for name, row in gauges.items()},
        scalars,
        {name: rows.tolist() for name, rows in profile.time.items()},
        track.rows[:, 0].tolist(),
        track.rows[:, 1].tolist(),
        track.verdict() if claims.VERDICT in asked else "",
    )


def _judge(expect: Expect, measured: Mapping[str, Mapping[Moment, Measured]]) -> Finding:
    """`measured`: member -> moment -> what was measured of it then."""
    there = {
        member.replace("-", "_"): moments[expect.at] for member, moments in measured.items() if expect.at in moments
    }
    own = there.get((expect.of or families.BASELINE).replace("-", "_"))
    try:
        outcome = judging.judge(claims.parse(expect.claim), own or next(iter(there.values())), there)
    except ClaimError as error:
        return Finding(expect, False, str(error))
    return Finding(expect, outcome.passed, outcome.measured)
