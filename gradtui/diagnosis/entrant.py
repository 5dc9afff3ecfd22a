"""One run of a race: a scenario at one learning rate, stepped in legs, and what is measured of it."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from gradtui.diagnosis.case import NO_PAST, Case
from gradtui.diagnosis.remedy import Treatment
from gradtui.diagnosis.sequences import through
from gradtui.diagnosis.standing import Row
from gradtui.diagnosis.verdict import adversaries, verdicts
from gradtui.engine.compile import OnCompile
from gradtui.lab.past import PastKeeper
from gradtui.lab.simulation import Simulation
from gradtui.profile import GradientProfile
from gradtui.scenario.errors import ScenarioError
from gradtui.scenario.model import Scenario
from gradtui.tasks import Dataset

#: Seconds of steps at a time, between two looks at whether to stop.
_PORTION = 0.05
#: A loss is a mean over so many of the last batches, or over the last quarter if that is less.
WINDOW = 50


class Entrant:
    """A scenario that runs in the race. `tenth`: at a tenth of the learning rate that it came with; `against`: the
    verdict that it is to cure."""

    def __init__(
        self,
        treatment: Treatment | None,
        scenario: Scenario,
        assignments: tuple[str, ...],
        tenth: bool,
        against: str = "",
    ) -> None:
        self.treatment, self.scenario, self.assignments, self.tenth = treatment, scenario, assignments, tenth
        #: The same at a tenth of the learning rate, to fall back on.
        self.spare: Entrant | None = None
        #: Seconds that a step takes; of each leg it makes the share `weight`, and `owed` is what did not come out even.
        self.cost, self.weight, self.owed = 0.0, 1.0, 0.0
        self._quickest, self._next = math.inf, 4
        self._losses: list[float] = []
        self._keeper = PastKeeper()
        self._simulation: Simulation | None = None
        self._against = against
        self._row = self._blank()

    def _blank(self) -> Row:
        remedy = self.treatment.remedy if self.treatment else None
        return Row(
            remedy=remedy.key if remedy else "",
            label=remedy.label if remedy else "unchanged",
            assignments=self.assignments,
            scenario=self.scenario,
            myth=remedy.myth if remedy and self._against in remedy.myth_kinds else "",
            rate=self.scenario.optimizer.lr,
            tenth=self.tenth,
        )

    @property
    def row(self) -> Row:
        """What is known now."""
        return self._row

    def begins_as(self, other: Entrant) -> None:
        """What was measured of the same network at step 0."""
        self._row = replace(self._row, factor_before=other.row.factor_before)

    @property
    def dataset(self) -> Dataset | None:
        """What it learns from, once it is built."""
        return self._simulation.dataset if self._simulation else None

    @property
    def memory(self) -> int:
        """Bytes that it takes while it runs."""
        return self._simulation.memory if self._simulation else 0

    def build(self, on_compile: OnCompile, made: Simulation | None = None) -> None:
        """Make the network, unless it is `made` already, and its first step; what its data do not allow raises
        ScenarioError."""
        self._simulation = simulation = made or Simulation(self.scenario, on_compile)
        simulation.step()
        if not self.tenth:
            # The profile behind the first step is that of step 0; it costs less than a look before any step. Other
            # learning rates begin with the same network.
            profile = simulation.profile(count_dead=False)
            self._keeper.add(profile)
            before = flow(profile, self.scenario)
            self._row = replace(self._measured(self._row, profile), factor_before=before, moved=0.0)
        self._note()

    def leg(self, steps: int, stopping: Callable[[], bool], seconds: float = math.inf) -> int:
        """Make so many steps, fewer if they take longer than that or there is no number left to go on with; how many
        were made."""
        simulation = self._simulation
        if simulation is None or self._row.diverged:
            return steps
        began, done, portion = time.perf_counter(), simulation.step_count, 1
        end = done + steps
        while simulation.step_count < end and not stopping() and time.perf_counter() - began < seconds:
            at, worked, before = time.perf_counter(), time.thread_time(), simulation.step_count
            simulation.step(min(portion, end - before))
            # The least of all portions: a thread's own time, too, is longer while others empty the caches.
            if count := simulation.step_count - before:
                self._quickest = min((time.thread_time() - worked) / count, self._quickest)
            portion = max(1, int(portion * min(4.0, _PORTION / max(time.perf_counter() - at, 1e-6))))
        made = simulation.step_count - done
        if made:
            self.cost = (time.perf_counter() - began) / made
            self._note()
        return made

    def _note(self) -> None:
        """Bring the row up to date."""
        simulation = self._simulation
        assert simulation is not None
        self._keeper.look(simulation)
        loss, spread = self._quality()
        self._losses.append(loss)
        if simulation.step_count >= self._next:
            # It takes as long as several steps.
            self._next = 4 * simulation.step_count
            profile = simulation.profile(count_dead=False)
            self._keeper.add(profile)
            self._row = self._measured(self._row, profile)
        self._row = replace(
            self._row,
            steps=simulation.step_count,
            loss=loss,
            spread=spread,
            losses=tuple(self._losses),
            diverged=not math.isfinite(simulation.loss),
            microseconds=1e6 * self._quickest if math.isfinite(self._quickest) else math.nan,
        )

    def look(self, clock: Callable[[], float]) -> tuple[float, float]:
        """Seconds that counting dead units takes, and all else that is measured at the end."""
        if self._simulation is None:
            return 0.0, 0.0
        began = clock()
        self._simulation.profile(count_dead=True)
        counted = clock()
        PastKeeper().evaluate(self._simulation)
        return counted - began, clock() - counted

    def finish(self, thorough: bool) -> None:
        """Measure what takes long, and let the network go. `thorough`: count the dead units over the training set."""
        simulation, self._simulation = self._simulation, None
        if simulation is None:
            return
        profile, evaluation = simulation.profile(count_dead=thorough), self._keeper.evaluate(simulation)
        found = verdicts(profile, self.scenario, self._keeper.past())
        self._row = replace(
            self._measured(self._row, profile),
            accuracy=math.nan if "mean_sample_mse" in evaluation else evaluation.get("accuracy", math.nan),
            verdict=found[0].kind,
            sentence=found[0].sentence,
            relieved=self._against not in {each.kind for each in found},
        )

    def drop(self) -> None:
        """Let the network go: another learning rate did better."""
        self._simulation = None

    def _measured(self, row: Row, profile: GradientProfile) -> Row:
        taught = _taught(profile)
        return replace(
            row,
            factor_after=flow(profile, self.scenario),
            moved=float(taught["distance"][0]),
            update=float(taught["update_ratio"][0]),
        )

    def _quality(self) -> tuple[float, float]:
        """The mean loss over the last batches and its standard error; of adversaries, how far the mean sample is from
        the data's mean."""
        simulation = self._simulation
        assert simulation is not None
        if self.scenario.network.kind == "gan":
            return simulation.evaluate()["mean_sample_mse"], 0.0
        made = simulation.step_count
        if not made:
            return simulation.loss, 0.0
        _, rows = simulation.history(made - min(WINDOW, max(1, made // 4)))
        return float(np.mean(rows[:, 0])), float(np.std(rows[:, 0]) / math.sqrt(len(rows)))


def flow(profile: GradientProfile, scenario: Scenario) -> float:
    """What one layer does to the signal on its way back; in a recurrent network one time step, of adversaries a layer
    of the generator."""
    if profile.time:
        return through(profile, scenario).factor
    return Case(_taught(profile), scenario, NO_PAST).factor


def _taught(profile: GradientProfile) -> GradientProfile:
    """Of adversaries the generator's part, which is what a race is about."""
    return adversaries(profile).get("generator", profile)


def at_a_tenth(scenario: Scenario) -> tuple[Scenario, tuple[str, ...]] | None:
    """The scenario with every learning rate a tenth, and the assignments; None where that is refused."""
    tables = [("optimizer", scenario.optimizer.lr)]
    if scenario.network.kind == "gan":
        tables.append(("generator", scenario.generator.lr))
    assignments = tuple(f"{table}.lr={rate / 10:.6g}" for table, rate in tables if rate > 0.0)
    try:
        return scenario.replace(*assignments), assignments
    except ScenarioError:
        return None
