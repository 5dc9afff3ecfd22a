"""The runner: one worker thread that steps a simulation, takes commands and hands out snapshots."""

from __future__ import annotations

import queue
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace

from gradtui.lab.changes import Effect, effect_of, sentence
from gradtui.lab.pace import Pacer
from gradtui.lab.past import Past, PastKeeper
from gradtui.lab.simulation import Simulation
from gradtui.lab.snapshot import (
    Change,
    Command,
    Compiling,
    Judged,
    Pace,
    Pause,
    Redo,
    Refusal,
    Reset,
    Restart,
    Resume,
    Snapshot,
    State,
    StepOnce,
    Undo,
    Watch,
)
from gradtui.lab.timeline import Timeline
from gradtui.lab.turns import Turns
from gradtui.lab.watching import Watching
from gradtui.profile import GradientProfile
from gradtui.scenario.errors import ScenarioError
from gradtui.scenario.model import Scenario

#: Seconds between two snapshots of a running simulation that somebody looks at; of one whose snapshots nobody takes.
SNAPSHOT_EVERY, SNAPSHOT_UNSEEN = 0.01, 0.25
#: A large network takes long to be measured: its snapshots are so far apart that they take at most this share of the
#: time, or else as far as those that nobody takes.
SNAPSHOT_SHARE = 0.07
#: Seconds between two verdicts and two copies of the curves while training: nobody could read them faster.
READING_EVERY = 0.2
#: Seconds between two passes over the held-out examples, and between two counts of dead units: at least so many, and
#: so many that a pass takes at most this share of the time.
PASS_EVERY, PASS_SHARE = 1.0, 0.02
#: Refused changes that snapshots carry: more than fit between two looks at them.
_REFUSALS_KEPT = 16

REFUSALS = (ScenarioError, MemoryError)


Judge = Callable[[GradientProfile, Scenario, Past | None], tuple[Judged, ...]]


class _Stop:
    """The last command of a runner."""


class _Abandoned(Exception):
    """The runner is closed while kernels are being compiled for it."""


class Runner:
    """Steps a scenario's simulation in a thread of its own.

    `send` and `snapshot` may be called from any thread and return at once. `judge` turns a profile and the past into
    the verdicts that snapshots carry, the gravest first; `clock` counts seconds, `cpu` those that the thread it is
    called in has worked.
    """

    def __init__(
        self,
        scenario: Scenario,
        *,
        paused: bool = False,
        judge: Judge | None = None,
        clock: Callable[[], float] = time.monotonic,
        cpu: Callable[[], float] = time.thread_time,
    ) -> None:
        self._judge = judge
        self._clock, self._cpu = clock, cpu
        self._commands: queue.SimpleQueue[Command | _Stop] = queue.SimpleQueue()
        self._ahead: deque[Command | _Stop] = deque()
        self._snapshot = Snapshot(0, State.STARTING, scenario, scenario)
        self._thread = threading.Thread(target=self._work, name="gradtui-runner", daemon=True)
        self._paused = paused
        self._stopping = False
        self._taken = False
        self._answered = 0
        self._simulation: Simulation | None = None
        self._pacer = Pacer(clock)
        self._turns = Turns()
        self._watching = Watching(clock)
        self._forget_run()

    def start(self) -> None:
        """Build the simulation and begin to step it, in the background."""
        self._thread.start()

    def close(self) -> None:
        """Stop, and wait until the thread has ended."""
        self._stopping = True
        self._commands.put(_Stop())
        if self._thread.ident is not None:
            self._thread.join()

    def send(self, command: Command) -> None:
        """Queue a command; it is carried out before the next burst of steps."""
        self._commands.put(command)

    def snapshot(self) -> Snapshot:
        """The newest snapshot; the same object until something has changed. The next one is made for whoever asks, so
        that there is one for each look, however the looks and the bursts of steps fall."""
        self._taken = True
        return self._snapshot

    # All below runs in the worker thread.

    def _post(self, **changes: object) -> None:
        now = self._snapshot
        changes = {"answered": self._answered, **changes}
        self._snapshot = replace(now, revision=now.revision + 1, **changes)  # type: ignore[arg-type]

    def _forget_run(self) -> None:
        self._past = PastKeeper()
        self._timeline = Timeline()
        self._first: GradientProfile | None = None
        self._next_pass = 0.0
        self._passed = False
        self._watching.forget()
        self._next_reading = 0.0
        self._snapshot_cost = 0.0
        self._last_snapshot = 0.0

    def _work(self) -> None:
        try:
            self._build()
            while not self._stopping:
                self._obey(wait=self._paused or self._simulation is None)
                if not self._stopping and not self._paused and self._simulation is not None:
                    self._burst(self._simulation)
        except _Abandoned:
            return
        except Exception as error:  # the screen must say what happened instead of standing still
            self._post(state=State.FAILED, problem=f"{type(error).__name__}: {error}")

    def _build(self) -> None:
        """Make the simulation of the snapshot's scenario; on a refusal there is none, and the snapshot says why."""
        try:
            self._simulation = Simulation(self._snapshot.scenario, self._report_compiling)
        except REFUSALS as error:
            self._simulation = None
            self._post(state=State.FAILED, problem=_reason(error))
            return
        self._forget_run()
        self._publish(self._simulation, problem="")

    def _report_compiling(self, done: int, total: int, kernel: str) -> None:
        if self._stopping:
            raise _Abandoned
        compiling = Compiling(done, total, kernel) if done < total else None
        self._post(state=State.COMPILING if compiling else State.STARTING, compiling=compiling)

    def _obey(self, wait: bool) -> None:
        """Carry out what is queued; with `wait`, sleep until there is something."""
        while not self._stopping:
            command = self._next(wait)
            if command is None:
                return
            wait = False
            self._answered += 1
            match command:
                case _Stop():
                    self._stopping = True
                    return
                case Change():
                    self._change(self._last_of(command))
                case Undo() | Redo() | Reset():
                    self._go_back(command)
                case Pace(steps_per_second):
                    self._pacer.limit(steps_per_second)
                case Watch():
                    self._watch(command)
                case _:
                    self._drive(command)

    def _next(self, wait: bool) -> Command | _Stop | None:
        """The next command; None: there is none."""
        while True:
            try:
                self._ahead.append(self._commands.get(block=wait and not self._ahead))
            except queue.Empty:
                return self._ahead.popleft() if self._ahead else None

    def _last_of(self, change: Change) -> Change:
        """The last of queued changes of the same keys where each would start the run again: of a knob that is turned
        faster than networks are built, nobody waits for the values between."""
        while self._ahead and isinstance(following := self._ahead[0], Change) and _keys(following) == _keys(change):
            if not (self._starts_again(change) and self._starts_again(following)):
                break
            self._ahead.popleft()
            self._answered += 1
            change = following
        return change

    def _starts_again(self, change: Change) -> bool:
        before = self._snapshot.scenario
        try:
            return effect_of(before, before.replace(*change.assignments)) is Effect.RESTART
        except ScenarioError:
            return False

    def _drive(self, command: Pause | Resume | StepOnce | Restart) -> None:
        simulation = self._simulation
        if simulation is None:
            if isinstance(command, Restart):
                self._build()
            return
        message = ""
        match command:
            case Pause():
                self._paused = True
            case Resume():
                self._paused = False
                # The pause began with a pass over the data, and nothing has changed since.
                self._next_pass = self._clock() + PASS_EVERY
            case StepOnce(count):
                self._paused = True
                simulation.step(count)
            case Restart():
                simulation.restart()
                self._forget_run()
                message = f"restarted at step 0 with seed {simulation.scenario.seed}"
        self._pacer.reset()
        self._publish(simulation, message=message, refused=False)

    def _watch(self, watch: Watch) -> None:
        self._watching.turn(watch)
        if self._simulation is not None:
            seen = self._watching.look(self._simulation)
            self._post(inspection=seen.inspection, sight=seen.sight)

    def _change(self, change: Change) -> None:
        before = self._snapshot.scenario
        settled = max(change.ticket, self._snapshot.settled)
        try:
            self._become(before.replace(*change.assignments), settled=settled)
        except REFUSALS as error:
            refusals = (*self._snapshot.refusals, Refusal(change.ticket, _reason(error)))
            self._refuse(error, settled=settled, refusals=refusals[-_REFUSALS_KEPT:])
            return
        if self._snapshot.scenario != before:
            self._turns.changed(before, change.movement)

    def _go_back(self, command: Undo | Redo | Reset) -> None:
        """To another scenario that this run has been."""
        before = self._snapshot.scenario
        match command:
            case Undo():
                after, done, nothing = self._turns.previous, "undone", "there is no change to undo"
            case Redo():
                after, done, nothing = self._turns.following, "done again", "there is no change to make again"
            case Reset():
                after, done, nothing = self._snapshot.loaded, "back to the file", "nothing differs from the file"
        if after is None or after == before:
            self._post(message=nothing, refused=False)
            return
        try:
            self._become(after, f"{done}: ")
        except REFUSALS as error:
            self._refuse(error)
            return
        match command:
            case Undo():
                self._turns.went_back(before)
            case Redo():
                self._turns.went_forth(before)
            case Reset():
                self._turns.changed(before)

    def _become(self, after: Scenario, begin: str = "", **changes: object) -> None:
        """Go on as another scenario; what REFUSALS names leaves everything as it was."""
        before = self._snapshot.scenario
        if self._simulation is None:
            self._post(scenario=after, **changes)
            self._build()
            return
        effect = self._simulation.change(after, self._report_compiling)
        message = begin + sentence(before, after, effect, self._simulation.step_count)
        if effect is Effect.RESTART:
            self._forget_run()
        self._pacer.reset()
        self._publish(self._simulation, scenario=after, message=message, refused=False, **changes)

    def _refuse(self, error: BaseException, **changes: object) -> None:
        state = State.FAILED if self._simulation is None else self._state()
        self._post(message=_reason(error), refused=True, state=state, compiling=None, **changes)

    def _burst(self, simulation: Simulation) -> None:
        count = self._pacer.steps_due()
        if count:
            began = self._clock()
            simulation.step(count)
            self._pacer.stepped(count, self._clock() - began)
        else:
            self._pacer.doze()
        if count and self._snapshot_due():
            self._publish(simulation)

    def _snapshot_due(self) -> bool:
        wait = min(max(SNAPSHOT_EVERY, self._snapshot_cost / SNAPSHOT_SHARE), SNAPSHOT_UNSEEN)
        return self._clock() - self._last_snapshot >= (wait if self._taken else SNAPSHOT_UNSEEN)

    def _state(self) -> State:
        return State.PAUSED if self._paused else State.RUNNING

    def _publish(self, simulation: Simulation, **changes: object) -> None:
        """Post what the simulation looks like now."""
        began, self._taken = self._clock(), False
        due = began >= self._next_pass or self._paused
        if self._first is None:
            self._first = simulation.profile(count_dead=True)
        self._past.look(simulation)
        evaluation, passed = self._snapshot.evaluation, self._cpu()
        if due:
            evaluation = self._past.evaluate(simulation)
        cpu = self._cpu()
        profile = simulation.profile(count_dead=due)
        self._timeline.add(profile)
        self._past.add(profile)
        if due:
            # The thread's own time, as below; and the first pass loads and links what the others only run.
            cost = self._cpu() - passed if self._passed else 0.0
            self._passed = True
            self._next_pass = self._clock() + max(PASS_EVERY, cost / PASS_SHARE)
        seen = self._watching.look(simulation, at_once=self._paused)
        now = self._snapshot
        curves, verdicts = now.curves, now.verdicts
        if due or changes or began >= self._next_reading:
            self._next_reading = began + READING_EVERY
            curves = self._past.curves.curves()
            if self._judge:
                verdicts = self._judge(profile, simulation.scenario, self._past.past(curves))
        self._post(
            **{
                "state": self._state(),
                "step": simulation.step_count,
                "steps_per_second": 0.0 if self._paused else self._pacer.rate(),
                "profile": profile,
                "first": self._first,
                "theory": simulation.foreseen,
                "curves": curves,
                "history": self._timeline.history(),
                "evaluation": evaluation,
                "inspection": seen.inspection,
                "sight": seen.sight,
                "verdict": verdicts[0].sentence if verdicts else "",
                "verdict_kind": verdicts[0].kind if verdicts else "",
                "verdicts": verdicts,
                "compiling": None,
                **changes,
            }
        )
        if simulation.foreseen is None:
            # Theory of a thousand layers takes a second: the bars need not wait for it.
            self._post(theory=simulation.theory())
        if not due:
            # The thread's own time: what it waits for the screen's thread to let go of Python is no cost of a snapshot.
            self._snapshot_cost = self._cpu() - cpu
        self._last_snapshot = began


def _keys(change: Change) -> list[str]:
    return [text.partition("=")[0] for text in change.assignments]


def _reason(error: BaseException) -> str:
    if isinstance(error, MemoryError):
        return "not enough memory for this network; fewer or narrower layers, or a smaller batch, need less"
    return str(error)
