"""The standing of a race: every remedy with what was measured of it, ranked; frozen, for whoever wants to show it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import Enum

from gradtui.diagnosis.verdict import Verdict
from gradtui.scenario.model import Scenario

#: A loss counts as learned when it lies so far below what answering always the same would cost: means over 15 batches
#: of 64 digits differ by 0.4 % at chance.
MARGIN = 0.02
#: A network that learns already is cured of something only if a fifth of its loss is gone.
MUCH = 0.2
#: From this share of the loss of answering always the same on, the unchanged network counts as learning.
LEARNING = 0.9


#: Before so many steps nothing is said of a signal that seems to be well now.
_ENOUGH = 10
#: The remedy that is the unchanged network at a tenth of its learning rate.
_SLOWER = "slower"


class Stage(Enum):
    """How far a race has come."""

    DIAGNOSING = "diagnosing"
    COMPILING = "compiling"
    RACING = "racing"
    DONE = "done"
    STOPPED = "stopped"
    FAILED = "failed"


@dataclass(frozen=True)
class Row:
    """One remedy as measured; `remedy` is "" for the unchanged scenario.

    `assignments` make the scenario that was run, its learning rate included. `loss` is the mean over the last batches
    (of adversaries the mean sample's squared error), `spread` its standard error, `losses` are the means on the way,
    `accuracy` is held out (NaN where there is none). `factor_before` and `factor_after` are what one layer, or one time
    step, does to the signal at step 0 and at the end; `relieved`: what was wrong at first is not any more at the end.
    `moved` is how far the first layer's weights went, as a share of their own size, `update` the share of its last
    step. `rate` is the learning rate, `tenth` whether it is a tenth of the remedy's own. `promising`: the signal comes
    through, and the steps were too few to learn much from it.
    """

    remedy: str
    label: str
    assignments: tuple[str, ...]
    scenario: Scenario
    myth: str = ""
    rate: float = math.nan
    tenth: bool = False
    steps: int = 0
    loss: float = math.nan
    spread: float = 0.0
    losses: tuple[float, ...] = ()
    accuracy: float = math.nan
    factor_before: float = math.nan
    factor_after: float = math.nan
    moved: float = math.nan
    update: float = math.nan
    microseconds: float = math.nan
    verdict: str = ""
    sentence: str = ""
    relieved: bool = False
    diverged: bool = False
    cure: bool = False
    promising: bool = False
    remark: str = ""

    @property
    def outcome(self) -> str:
        """What came of it, in a word or two."""
        if self.unchanged:
            return "as it is"
        if self.cure:
            return "cure"
        return "diverged" if self.diverged else "signal back" if self.promising else "no cure"

    @property
    def note(self) -> str:
        """What there is to say of it, with what was measured where it cures nothing."""
        if self.cure:
            return self.remark
        if self.diverged:
            return f"diverged: {self.remark}"
        moved = "" if math.isnan(self.moved) else f", the first layer moved {self.moved:.2g}"
        measured = f"{'' if self.unchanged else f'{self.outcome}: '}loss {self.loss:.4g}{moved}"
        return "; ".join(part for part in (measured, self.remark) if part)

    @property
    def unchanged(self) -> bool:
        """Whether this is the scenario as it was."""
        return not self.remedy


@dataclass(frozen=True)
class Standing:
    """One look at a race.

    `rows` are ranked, the unchanged scenario among them; `left_out` are labels of remedies that could not be tried,
    with the reasons. `kinds` are the verdicts that they are tried against; `since` is the step at which what is wrong
    was found. `chance` is the loss of answering always the same, NaN where that is not known. `tenths`: a tenth of each
    learning rate was tried too. `seconds` is the time used up, of `budget`, without compiling; `compiling` is (done,
    total, kernel).
    """

    scenario: Scenario
    stage: Stage = Stage.DIAGNOSING
    verdicts: tuple[Verdict, ...] = ()
    kinds: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    left_out: tuple[tuple[str, str], ...] = ()
    chance: float = math.nan
    since: int = 0
    tenths: bool = True
    steps: int = 0
    seconds: float = 0.0
    budget: float = 0.0
    threads: int = 1
    compiling: tuple[int, int, str] | None = None
    problem: str = ""

    @property
    def over(self) -> bool:
        """Whether nothing more will come."""
        return self.stage in (Stage.DONE, Stage.STOPPED, Stage.FAILED)

    @property
    def unchanged(self) -> Row | None:
        """The row of the scenario as it was."""
        return next((row for row in self.rows if row.unchanged), None)

    @property
    def cures(self) -> tuple[Row, ...]:
        """The rows that cure, the best first."""
        return tuple(row for row in self.rows if row.cure)


def ranked(rows: Sequence[Row], chance: float, kinds: Sequence[str]) -> tuple[Row, ...]:
    """The rows judged and in order: what cures, then what brings the signal through and has learned nothing yet, then
    what does neither; within each by the loss, what has none at the end. Cures that owe it to a smaller rate stand
    behind the others."""
    unchanged = next((row for row in rows if row.unchanged), None)
    base = unchanged.loss if unchanged else math.nan
    still = unchanged is not None and not unchanged.relieved
    slower = next((row.loss for row in rows if row.remedy == _SLOWER and _cures(row, base, chance)), math.nan)
    found = []
    for row in rows:
        cure = _cures(row, base, chance)
        # More steps may still show that it cures.
        open_yet = (
            still and row.relieved and row.steps >= _ENOUGH and not (cure or row.unchanged or row.diverged or row.myth)
        )
        by_rate = cure and row.tenth and row.loss >= (1.0 - MUCH) * slower
        remark = "; ".join(_remarks(row, cure, open_yet, chance, kinds)) if row.steps else ""
        if by_rate:
            remark = f"{remark}; {row.rate:.3g} alone comes to {slower:.4g}"
        order = not cure, not (cure or open_yet), by_rate, _last(row.loss)
        found.append((order, replace(row, cure=cure, promising=open_yet, remark=remark)))
    return tuple(row for _, row in sorted(found, key=lambda each: each[0]))


def _cures(row: Row, base: float, chance: float) -> bool:
    """Whether it learns what the unchanged network, whose loss is `base`, does not."""
    # Twice its standard error: by chance a few batches may be easy ones.
    learned = row.loss + 2.0 * row.spread < aim(base, chance) / (1.0 - MARGIN) and row.loss < aim(base, chance)
    return bool(row.steps) and not row.unchanged and not row.diverged and learned


def aim(base: float, chance: float) -> float:
    """The loss below which a remedy has cured a network whose own loss is `base`.

    Where the unchanged network does not learn, it is a little less than answering always the same costs, and than what
    the network has; where it learns, a good deal less than what it has. NaN: nothing is known to hold it against.
    """
    if math.isfinite(base) and not base >= LEARNING * chance and math.isfinite(chance):
        return (1.0 - MUCH) * base
    known = [value for value in (base, chance) if math.isfinite(value)]
    return (1.0 - MARGIN) * min(known) if known else math.nan


def _last(loss: float) -> float:
    return loss if math.isfinite(loss) else math.inf


def _remarks(row: Row, cure: bool, open_yet: bool, chance: float, kinds: Sequence[str]) -> list[str]:
    """What the numbers do not say by themselves."""
    remarks = []
    if row.diverged:
        remarks.append(f"after {row.steps:,} step{'' if row.steps == 1 else 's'} the loss is no number")
    elif cure and row.verdict in kinds:
        remarks.append(f"learns although still {words(row.verdict)}")
    elif row.unchanged and row.loss < LEARNING * chance:
        remarks.append("learns something as it is")
    elif open_yet:
        remarks.append(f"{_cured(kinds[0])}; {row.steps:,} steps taught it little")
    elif not cure and not row.unchanged and row.myth:
        remarks.append(row.myth)
    elif not cure and not row.unchanged and row.verdict not in ("", "healthy"):
        remarks.append(f"{'still' if row.verdict in kinds else 'now'} {words(row.verdict)}")
    if row.tenth and row.diverged:
        remarks.append(f"at lr {row.rate:.3g} as at {row.rate * 10:.3g}")
    elif row.tenth:
        remarks.append(f"at lr {row.rate:.3g}, better here than {row.rate * 10:.3g}")
    return remarks


def _cured(kind: str) -> str:
    """That a verdict holds no more."""
    return "finite now" if kind == "nonfinite" else f"no longer {words(kind)}"


#: What people call the kinds of verdicts where that is not the kind itself.
_WORDS = {
    "nonfinite": "not finite",
    "short_memory": "short of memory",
    "small_batch": "on too small batches",
    "warm_up": "in need of a warm-up",
    "rate_high": "at too high a rate",
    "rate_low": "at too low a rate",
}


def words(kind: str) -> str:
    """A kind of verdict as the end of a sentence that begins `it is`."""
    return _WORDS.get(kind, kind)
