"""The race: every remedy that may cure a network is run beside it, from the same draws and on the same batches."""

from __future__ import annotations

import math
import os
import sys
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from functools import partial

from gradtui.diagnosis.entrant import Entrant
from gradtui.diagnosis.examination import examined
from gradtui.diagnosis.field import expect_of, free_memory, seconds_of
from gradtui.diagnosis.field import fields as field_of
from gradtui.diagnosis.remedies import treatments
from gradtui.diagnosis.standing import Stage, Standing, ranked
from gradtui.diagnosis.verdict import Verdict
from gradtui.lab.chance import chance_of
from gradtui.lab.simulation import Simulation
from gradtui.processors import cores
from gradtui.scenario.errors import ScenarioError
from gradtui.scenario.model import Scenario
from gradtui.tasks import Dataset

#: Seconds that a race takes at most when nothing else is said: with the start of a program it stays below ten.
BUDGET = 7.5
#: Both learning rates of every remedy are run for this share of the steps, and for so many; the better one goes on.
TRIAL, _TRIED = 0.2, 24
#: A scenario may need fewer steps for what it shows; a race goes on for so many if there is time.
_LEAST = 300
#: So many steps a patient race makes even if that takes longer than its budget: after a dozen it says which signals
#: come through, and little of what is learned.
_WORTH = 60
#: So many times its budget a patient race may take where what is wrong shows only after some steps: before that nothing
#: can be said of any cure.
_LATE = 2.0
#: Where the gravest verdict has fewer remedies than this, those of the others are raced as well.
_FEW = 3
#: A race is made of about so many legs; after each of them there is a standing.
LEGS = 12
#: The first leg, in steps and at most in seconds: what a step costs is known after it. Every run makes them: a ranking
#: needs no fewer.
_FIRST, _FIRST_SECONDS = 12, 0.03
#: So many remedies are begun whatever the budget: fewer would be no race. A patient race begins the second number if
#: that takes no longer than the default budget, however little of it a slow start has left.
_FEWEST, _WANTED = 4, 14
#: Seconds between two standings.
_SHOW_EVERY = 0.1
#: Shares of the budget: for finding out what is wrong where nothing is at step 0; after which no second learning rate
#: is begun any more; more than which counting dead units at the end may not take.
_DIAGNOSING, _BEGINNING, _ENDING = 0.2, 0.8, 0.25


_NO_TIME = "there was no time to begin it; a longer race tries it"


class _Halted(Exception):
    """The race is stopped while kernels are being compiled for it."""


class Race:
    """Races the remedies of what is wrong with `scenario`.

    `found` are the verdicts to treat, the gravest first; without them the scenario is diagnosed first, trained for a
    while if it is healthy at step 0. `steps` is how many each run makes; without it at most the scenario's own, and no
    more than `budget` seconds allow. `gently`: at a low priority. `patience`: so many times its budget it may take
    until the steps are worth a ranking. `standing` may be asked from any thread.
    """

    def __init__(
        self,
        scenario: Scenario,
        *,
        found: Sequence[Verdict] = (),
        budget: float | None = None,
        steps: int | None = None,
        threads: int | None = None,
        gently: bool = False,
        patience: float = 1.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._scenario, self._found = scenario, tuple(found)
        self._steps = max(scenario.steps, _LEAST) if steps is None else steps
        unbounded = steps is not None and budget is None
        self._budget = math.inf if unbounded else BUDGET if budget is None else budget
        self._threads = threads or cores()
        self._gently, self._patience, self._clock = gently, patience, clock
        self._lock = threading.Lock()
        self._stopping = False
        self._made, self._next_show = 0, 0.0
        #: Seconds of one thread that measuring one run at its end takes, and whether there is time to count dead units.
        self._ending, self._thorough = 0.0, True
        self._began = 0.0
        self._compiled, self._compiling_since = 0.0, 0.0
        #: What was diagnosed at step 0: it is the unchanged run as well.
        self._looked_at: Simulation | None = None
        self._standing = Standing(scenario, verdicts=self._found, budget=self._budget, threads=self._threads)
        self._thread = threading.Thread(target=self.run, name="gradtui-race", daemon=True)

    def start(self) -> None:
        """Run it in the background."""
        self._thread.start()

    def stop(self) -> None:
        """End it soon; what is known stands."""
        self._stopping = True

    def wait(self, seconds: float) -> bool:
        """Wait for its end, at most so long; whether it has come."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def join(self) -> None:
        """Wait until it has ended."""
        if self._thread.ident is not None:
            self._thread.join()

    def standing(self) -> Standing:
        """How it stands now; the same object until something has changed."""
        return self._standing

    def run(self) -> Standing:
        """Race in the calling thread, to the end."""
        self._began = self._clock()
        try:
            kinds = tuple(verdict.kind for verdict in self._found) or self._diagnose()
            if not self._stopping and kinds != ("healthy",):
                self._race(kinds)
            self._post(stage=Stage.STOPPED if self._stopping else Stage.DONE)
        except _Halted:
            self._post(stage=Stage.STOPPED)
        except (ScenarioError, MemoryError) as error:
            self._post(stage=Stage.FAILED, problem=str(error) or "not enough memory for these networks")
        except Exception as error:  # whoever looks must hear of it instead of waiting
            self._post(stage=Stage.FAILED, problem=f"{type(error).__name__}: {error}")
        return self._standing

    # ------------------------------------------------------------------ diagnosis

    def _diagnose(self) -> tuple[str, ...]:
        """What is wrong at step 0; if nothing is, what is wrong after some training."""
        limit = min(self._budget, 60.0) * _DIAGNOSING
        simulation, found = examined(self._scenario, self._on_compile, self._goes_on(limit), self._steps, self._elapsed)
        self._looked_at = None if simulation.step_count else simulation
        self._post(verdicts=found, chance=_chance(simulation.dataset, self._scenario), since=simulation.step_count)
        return tuple(verdict.kind for verdict in found)

    def _goes_on(self, limit: float) -> Callable[[float], bool]:
        """Whether to look on after so many seconds of looking."""
        return lambda looked: looked <= limit and not self._stopping

    # ------------------------------------------------------------------ race

    def _race(self, kinds: tuple[str, ...]) -> None:
        against = kinds[:1]
        ready, left_out = treatments(against, self._scenario)
        if len(ready) < _FEW:
            ready, left_out = treatments(kinds, self._scenario)
        self._post(
            stage=Stage.RACING,
            kinds=kinds,
            left_out=tuple((each.remedy.label, each.reason) for each in left_out),
        )
        fields = field_of(self._scenario, ready, kinds)
        with ThreadPoolExecutor(self._threads, "gradtui-race", initializer=self._settle) as pool:
            fields = self._begin(pool, fields)
            if self._compiled:
                # What a step costs was measured while the compiler had the cores.
                self._legs(pool, fields, _FIRST, until=min(self._steps, 2 * _FIRST))
            planned = self._planned(fields)
            # Whoever was slow to begin comes up with the others.
            self._catch_up(pool, fields)
            leg = max(1, math.ceil(planned / LEGS))
            self._legs(pool, fields, leg, until=min(self._steps, max(_TRIED, math.ceil(TRIAL * planned))))
            best = [min(field, key=_merit) for field in fields]
            for field, kept in zip(fields, best, strict=True):
                for entrant in field:
                    if entrant is not kept:
                        entrant.drop()
            fields = [[entrant] for entrant in best]
            self._legs(pool, fields, leg, until=self._steps)
            best = [min(field, key=_merit) for field in fields]
            if not self._stopping:
                self._work(pool, [partial(entrant.finish, self._thorough) for entrant in best], best)
        self._show(best)

    def _begin(self, pool: ThreadPoolExecutor, fields: list[list[Entrant]]) -> list[list[Entrant]]:
        """Build all and make the first steps; who cannot be built is left out, and so is what it was to be held
        against."""
        refused: dict[int, str] = {}
        late: set[Entrant] = set()
        first = min(_FIRST, self._steps)

        def begin(number: int, entrant: Entrant) -> None:
            if number in refused or self._stopping:
                return
            # Those that were begun have steps to make yet.
            ahead = first * number * fields[0][0].cost / self._threads
            if number > _FEWEST and self._elapsed() > self._limit(number) - ahead:
                late.add(entrant)
                return
            try:
                entrant.build(self._on_compile, None if number else self._looked_at)
                if first > 1:
                    made = entrant.leg(first - 1, lambda: self._stopping, _FIRST_SECONDS)
                    entrant.owed = first - 1 - made
            except (ScenarioError, MemoryError) as error:
                if not number:
                    raise
                refused[number] = " ".join(str(error).split()) or "not enough memory"

        begin(0, fields[0][0])
        self._looked_at = None
        fields = self._fitting(fields)
        running = [entrant for field in fields for entrant in field]
        firsts, at = list(enumerate(fields))[1:], self._elapsed()
        self._work(pool, [partial(begin, number, field[0]) for number, field in firsts], running)
        # A tenth of the rates takes as long to begin as the rates did. Some with a second one and some without would be
        # no fair race.
        if late or 2.0 * self._elapsed() - at > _BEGINNING * self._limit():
            fields = self._at_given_rates(fields)
        tasks = [partial(begin, number, each) for number, field in enumerate(fields) for each in field[1:]]
        self._work(pool, tasks, running)
        begun = [each for number, field in enumerate(fields) for each in field[1:] if number not in refused]
        if not all(each.row.steps for each in begun):
            fields = self._at_given_rates(fields)
        refused |= {number: _NO_TIME for number, field in enumerate(fields) if field[0] in late}
        self._made = first
        for field in fields:
            for entrant in field[1:]:
                entrant.begins_as(field[0])
        data = fields[0][0].dataset
        left_out = tuple((fields[number][0].row.label, reason) for number, reason in sorted(refused.items()))
        counting, evaluating = fields[0][0].look(self._clock)
        room = _ENDING * self._budget * self._threads / max(1, len(fields))
        self._thorough = counting + evaluating <= room
        self._ending = evaluating + (counting if self._thorough else 0.0)
        self._post(
            left_out=(*self._standing.left_out, *left_out),
            chance=_chance(data, self._scenario) if data is not None else math.nan,
            steps=self._made,
        )
        return [field for number, field in enumerate(fields) if number not in refused]

    def _fitting(self, fields: list[list[Entrant]]) -> list[list[Entrant]]:
        """As many of the runs as there is memory for: without second learning rates if need be, and without the last of
        the remedies."""
        room = free_memory() // 2
        each = max(1, fields[0][0].memory)
        if each * sum(map(len, fields)) > room:
            fields = self._at_given_rates(fields)
        most = max(2, int(room // each))
        over = tuple((field[0].row.label, "there is no memory for one more network") for field in fields[most:])
        self._post(left_out=(*self._standing.left_out, *over))
        return fields[:most]

    def _at_given_rates(self, fields: Sequence[Sequence[Entrant]]) -> list[list[Entrant]]:
        """The same field without second learning rates."""
        self._post(tenths=False)
        return [[each for each in field if not each.tenth] for field in fields]

    def _planned(self, fields: Sequence[Sequence[Entrant]]) -> int:
        """How many steps of each run the budget allows."""
        if self._budget == math.inf:
            return max(1, self._steps)
        expect_of(fields, self._made)
        all_runs = self._cost(entrant for field in fields for entrant in field)
        best_runs = self._cost(field[0] for field in fields)
        cost = TRIAL * all_runs + (1.0 - TRIAL) * best_runs
        if cost <= 0.0:
            return max(1, self._steps)
        return min(self._steps, max(self._worth()[0], int(self._left() / cost)))

    def _cost(self, entrants: Iterable[Entrant]) -> float:
        """Seconds of all threads together that one step of each takes."""
        return seconds_of(entrants) / self._threads

    def _legs(self, pool: ThreadPoolExecutor, fields: Sequence[list[Entrant]], leg: int, until: int) -> None:
        """Let all make legs until they have made `until` steps, or as many as there is time for: the same for all."""
        while self._made < until and not self._stopping:
            running = [entrant for field in fields for entrant in field]
            cost = self._cost(running)
            count = min(leg, until - self._made)
            if cost <= 0.0:
                return
            if self._budget < math.inf:
                count = min(count, max(int(self._left() / cost), self._owed_to_patience(leg, cost)))
            if count < 1:
                return
            for entrant in running:
                entrant.owed += count * entrant.weight
            self._made += count
            self._catch_up(pool, fields)
            self._post(steps=self._made)
            self._show([entrant for field in fields for entrant in field])

    def _slow_down(self, pool: ThreadPoolExecutor, fields: Sequence[list[Entrant]]) -> None:
        """Where a rate that was given diverged and no tenth of it was tried, that runs from the start in its stead."""
        tasks = []
        for field in fields:
            spare = field[0].spare
            tried = len(field) > 1 or spare is None or spare.row.steps
            if tried or not field[0].row.diverged or self._elapsed() > 2.0 * self._limit(1):
                continue
            assert spare is not None
            spare.weight = field[0].weight
            field[0].drop()
            tasks.append(partial(self._begin_again, spare, field[0]))
            field[0] = spare
        self._work(pool, tasks, [entrant for field in fields for entrant in field])

    def _begin_again(self, spare: Entrant, instead: Entrant) -> None:
        spare.build(self._on_compile)
        spare.begins_as(instead)
        spare.leg(max(0, int(self._made * spare.weight) - 1), lambda: self._stopping)

    def _catch_up(self, pool: ThreadPoolExecutor, fields: Sequence[list[Entrant]]) -> None:
        """Make the steps that are owed."""
        running = [entrant for field in fields for entrant in field]
        tasks: list[Callable[[], object]] = []
        for entrant in sorted(running, key=lambda each: -each.cost * each.weight):
            whole = max(0, int(entrant.owed))
            entrant.owed -= whole
            if whole:
                tasks.append(partial(entrant.leg, whole, lambda: self._stopping))
        self._work(pool, tasks, running)
        self._slow_down(pool, fields)

    def _owed_to_patience(self, leg: int, cost: float) -> int:
        """Steps that a patient race makes beyond its budget."""
        worth, patience = self._worth()
        if self._made >= worth:
            return 0
        more = self._left() + (patience - 1.0) * self._budget
        return max(0, min(leg, worth - self._made, int(more / cost)))

    def _worth(self) -> tuple[int, float]:
        """After how many steps a ranking is worth something, and how many times the budget that may take."""
        since = self._standing.since
        if self._patience <= 1.0:
            return 1, 1.0
        return (max(_WORTH, since), max(_LATE, self._patience)) if since else (_WORTH, self._patience)

    def _work(
        self, pool: ThreadPoolExecutor, tasks: Sequence[Callable[[], object]], running: Sequence[Entrant]
    ) -> None:
        """Do all of it, and show how things stand as each is done."""
        for future in as_completed([pool.submit(task) for task in tasks]):
            future.result()
            if self._clock() >= self._next_show:
                self._next_show = self._clock() + _SHOW_EVERY
                self._show(running)

    def _show(self, entrants: Sequence[Entrant]) -> None:
        """Post the ranking: of each remedy the better of its runs."""
        better: dict[str, Entrant] = {}
        for entrant in entrants:
            key = entrant.row.remedy
            if entrant.row.steps and (key not in better or _merit(entrant) < _merit(better[key])):
                better[key] = entrant
        now, rows = self._standing, [each.row for each in better.values()]
        # What the unchanged network has come to is known once all have begun.
        self._post(rows=ranked(rows, now.chance, now.kinds) if now.steps else tuple(rows))

    # ------------------------------------------------------------------ time

    def _elapsed(self) -> float:
        """Seconds since the start, without those in which kernels were compiled."""
        now = self._clock()
        with self._lock:
            compiling = self._compiled + (now - self._compiling_since if self._compiling_since else 0.0)
        return now - self._began - compiling

    def _limit(self, number: int = sys.maxsize) -> float:
        """Seconds after which remedy number so much is not begun any more."""
        limit = self._budget * self._patience
        return max(limit, BUDGET) if self._patience > 1.0 and number <= _WANTED else limit

    def _left(self) -> float:
        kept = 1.2 * self._ending * len(self._standing.rows) / self._threads
        return self._budget - kept - self._elapsed()

    def _on_compile(self, done: int, total: int, kernel: str) -> None:
        if self._stopping:
            raise _Halted
        now = self._clock()
        with self._lock:
            if done < total and not self._compiling_since:
                self._compiling_since = now
            elif done >= total and self._compiling_since:
                self._compiled += now - self._compiling_since
                self._compiling_since = 0.0
        self._post(compiling=(done, total, kernel) if done < total else None)

    def _settle(self) -> None:
        """A thread of the pool begins."""
        if self._gently and sys.platform == "linux":
            # There a thread has a priority of its own.
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), 10)

    def _post(self, **changes: object) -> None:
        seconds = self._elapsed()
        with self._lock:
            self._standing = replace(self._standing, seconds=seconds, **changes)  # type: ignore[arg-type]


def _chance(data: Dataset, scenario: Scenario) -> float:
    """The loss of the best answer that is always the same; NaN for adversaries."""
    return chance_of(data, scenario.task.label_smoothing).loss


def _merit(entrant: Entrant) -> tuple[bool, float, bool]:
    """The smaller the better; of equals the learning rate that was given."""
    row = entrant.row
    lost = row.diverged or not math.isfinite(row.loss)
    return lost, 0.0 if lost else row.loss, entrant.tenth
