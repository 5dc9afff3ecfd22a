"""A pair: two simulations that make the same steps on the same batches, in one thread, to be looked at together."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from gradtui.lab.past import Past, PastKeeper
from gradtui.lab.simulation import Simulation
from gradtui.lab.snapshot import Compiling, Judged, Pause, Restart, Resume, State, StepOnce
from gradtui.profile import GradientProfile
from gradtui.scenario.errors import ScenarioError
from gradtui.scenario.model import Scenario

#: Seconds of steps between two looks, and between two verdicts.
_BURST, _READING = 0.05, 0.25

Judge = Callable[[GradientProfile, Scenario, Past | None], tuple[Judged, ...]]
PairCommand = Pause | Resume | StepOnce | Restart


@dataclass(frozen=True)
class Side:
    """One of the two: what it measures now (`profile`) and at step 0 (`first`), and the losses of its batches, thinned
    to means over equal numbers of steps."""

    scenario: Scenario
    profile: GradientProfile | None = None
    first: GradientProfile | None = None
    losses: tuple[float, ...] = ()
    accuracy: float = float("nan")
    verdict_kind: str = ""
    verdict: str = ""


@dataclass(frozen=True)
class PairSnapshot:
    """One look at both, after the same number of steps; `revision` grows with every change."""

    revision: int
    state: State
    left: Side
    right: Side
    step: int = 0
    compiling: Compiling | None = None
    problem: str = ""


class _Closed(Exception):
    """The pair is closed while kernels are being compiled for it."""


class _One:
    """A simulation of the pair with its past."""

    def __init__(self, scenario: Scenario, on_compile: Callable[[int, int, str], None]) -> None:
        self.simulation = Simulation(scenario, on_compile)
        self.begin()

    def begin(self) -> None:
        self.keeper = PastKeeper()
        self.first = self.simulation.profile()
        self.keeper.add(self.first)
        self.side = Side(self.simulation.scenario, self.first, self.first)

    def look(self, judge: Judge | None, reading: bool) -> Side:
        simulation = self.simulation
        profile = simulation.profile(count_dead=reading) if simulation.step_count else self.first
        self.keeper.look(simulation)
        self.keeper.add(profile)
        self.side = replace(self.side, profile=profile, losses=self.keeper.curves.curves().loss)
        if reading:
            evaluation = simulation.evaluate()
            self.side = replace(self.side, accuracy=evaluation.get("accuracy", float("nan")))
            if judge is not None:
                found = judge(profile, simulation.scenario, self.keeper.past())[0]
                self.side = replace(self.side, verdict_kind=found.kind, verdict=found.sentence)
        return self.side


class Pair:
    """Steps two scenarios in turn, the same number of steps each. `send` and `snapshot` return at once."""

    def __init__(self, left: Scenario, right: Scenario, *, paused: bool = False, judge: Judge | None = None) -> None:
        self._scenarios = left, right
        self._judge = judge
        self._paused, self._stopping = paused, False
        self._commands: queue.SimpleQueue[PairCommand | None] = queue.SimpleQueue()
        self._snapshot = PairSnapshot(0, State.STARTING, Side(left), Side(right))
        self._thread = threading.Thread(target=self._work, name="gradtui-pair", daemon=True)

    def start(self) -> None:
        """Build both and begin to step them, in the background."""
        self._thread.start()

    def close(self) -> None:
        """Stop soon; `join` waits until it has."""
        self._stopping = True
        self._commands.put(None)

    def join(self) -> None:
        """Wait until the thread has ended."""
        if self._thread.ident is not None:
            self._thread.join()

    def send(self, command: PairCommand) -> None:
        """Queue a command."""
        self._commands.put(command)

    def snapshot(self) -> PairSnapshot:
        """The newest look; the same object until something has changed."""
        return self._snapshot

    # All below runs in the worker thread.

    def _post(self, **changes: object) -> None:
        now = self._snapshot
        self._snapshot = replace(now, revision=now.revision + 1, **changes)  # type: ignore[arg-type]

    def _on_compile(self, done: int, total: int, kernel: str) -> None:
        if self._stopping:
            raise _Closed
        compiling = Compiling(done, total, kernel) if done < total else None
        self._post(state=State.COMPILING if compiling else State.STARTING, compiling=compiling)

    def _work(self) -> None:
        try:
            both = [_One(scenario, self._on_compile) for scenario in self._scenarios]
            self._go_on(both)
        except _Closed:
            return
        except (ScenarioError, MemoryError) as error:
            self._post(state=State.FAILED, problem=str(error) or "not enough memory for both networks")
        except Exception as error:  # the screen must say what happened instead of standing still
            self._post(state=State.FAILED, problem=f"{type(error).__name__}: {error}")

    def _go_on(self, both: list[_One]) -> None:
        burst, read = 1, -_READING
        self._look(both, reading=True)
        while not self._stopping:
            asked = self._obey(both)
            if self._stopping:
                return
            if self._paused and not asked:
                continue
            began = time.monotonic()
            count = asked or burst
            for one in both:
                one.simulation.step(count)
            took = max(time.monotonic() - began, 1e-6)
            burst = max(1, int(burst * min(4.0, _BURST / took))) if not asked else burst
            reading = self._paused or began - read >= _READING
            read = began if reading else read
            self._look(both, reading)

    def _obey(self, both: list[_One]) -> int:
        """Carry out what is queued; while it is paused, wait for something. The number of steps that was asked for."""
        try:
            command = self._commands.get(block=self._paused)
        except queue.Empty:
            return 0
        match command:
            case Pause():
                self._paused = True
                self._look(both, reading=True)
            case Resume():
                self._paused = False
                self._post(state=State.RUNNING)
            case StepOnce(count):
                self._paused = True
                return count
            case Restart():
                for one in both:
                    one.simulation.restart()
                    one.begin()
                self._look(both, reading=True)
            case None:
                self._stopping = True
        return 0

    def _look(self, both: list[_One], reading: bool) -> None:
        left, right = (one.look(self._judge, reading) for one in both)
        state = State.PAUSED if self._paused else State.RUNNING
        self._post(state=state, left=left, right=right, step=both[0].simulation.step_count, compiling=None)
