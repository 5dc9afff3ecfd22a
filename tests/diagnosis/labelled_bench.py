"""The bench: which cases, how they are examined, and what is counted."""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace

import labelled_static as static
import labelled_trained as trained
from labelled import Case

from gradtui import Simulation
from gradtui.diagnosis import Verdict, verdicts
from gradtui.lab.past import PastKeeper, watched

#: How many cases of each draw; `healthy` last, since it is most of what a doctor sees.
DRAWS = (
    (static.vanishing, 24),
    (static.vanishing_still, 10),
    (static.vanishing_cured_by_nothing, 4),
    (static.vanishing_images, 3),
    (static.vanishing_in_time, 9),
    (static.exploding, 14),
    (static.exploding_by_batch_norm, 2),
    (static.exploding_in_time, 5),
    (static.images, 4),
    (static.lost_generator, 2),
    (static.dying, 9),
    (trained.dying, 5),
    (static.saturated, 14),
    (static.saturated_by_bias, 2),
    (static.symmetric, 12),
    (static.overflown, 4),
    (trained.exploding_clipped, 3),
    (trained.nonfinite, 8),
    (trained.identical, 7),
    (trained.collapsed, 1),
    (static.underflow, 8),
    (static.small_batch, 9),
    (static.short_memory, 8),
    (trained.masked, 8),
    (trained.rate_high_at_once, 6),
    (trained.rate_high, 7),
    (trained.rate_low, 10),
    (trained.stalled, 8),
    (trained.depth_wall, 2),
    (trained.starved, 7),
    (trained.warm_up, 6),
    (trained.anything, 40),
    (static.healthy, 18),
    (static.healthy_structures, 14),
    (trained.learners, 22),
    (trained.converged, 4),
    (trained.regression, 4),
    (trained.let_through, 3),
    (trained.shallow_sigmoid, 5),
    (trained.planes, 6),
    (trained.normalised, 7),
    (trained.with_a_way_past, 8),
    (trained.images, 4),
    (trained.memories, 8),
    (trained.attention, 4),
    (trained.deep_states, 3),
    (trained.first_moves, 2),
    (trained.games, 3),
)


def cases(seed: int, *, every: int = 1) -> Iterator[Case]:
    """The bench of one seed; with `every`, one of so many of each draw, and at least one."""
    for draw, count in DRAWS:
        rng = random.Random(f"{draw.__module__}.{draw.__name__} {seed}")
        for _ in range(max(1, round(count / every))):
            yield draw(rng)


@dataclass(frozen=True)
class Finding:
    """What was said of one case; `shown`: its outcome is what the label rests on."""

    case: Case
    said: tuple[Verdict, ...]
    shown: bool

    @property
    def right(self) -> bool:
        kinds = [verdict.kind for verdict in self.said]
        return kinds[0] in self.case.right and (not self.case.also or self.case.also in kinds)


def examine(case: Case) -> Finding:
    """Run it as `gradtui run` does, and ask. Its label is "" where nobody could say what is right."""
    scenario = case.scenario
    simulation, keeper = Simulation(scenario), PastKeeper()
    for _ in watched(simulation, keeper, iter(_portions(case.steps))):
        pass
    keeper.evaluated(simulation.step_count, simulation.evaluate())
    said = verdicts(simulation.profile(), scenario, keeper.past())
    if case.decide is not None:
        label = case.decide(simulation)
        case = replace(case, label=label, right=frozenset([label]))
    return Finding(case, said, case.outcome is None or case.outcome(simulation))


def _portions(steps: int) -> list[int]:
    return [10] * (steps // 10) + [steps % 10] * bool(steps % 10)


@dataclass(frozen=True)
class Count:
    """The bench's figures over all findings that are shown."""

    cases: int
    right: float
    healthy: int
    called_sick: float
    not_shown: float
    confusion: dict[str, Counter[str]]


def count(findings: list[Finding]) -> Count:
    findings = [finding for finding in findings if finding.case.label]
    shown = [finding for finding in findings if finding.shown]
    healthy = [finding for finding in shown if finding.case.label == "healthy"]
    confusion: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for finding in shown:
        confusion[finding.case.label][finding.said[0].kind] += 1
    return Count(
        len(shown),
        sum(finding.right for finding in shown) / max(len(shown), 1),
        len(healthy),
        sum(finding.said[0].kind != "healthy" for finding in healthy) / max(len(healthy), 1),
        1.0 - len(shown) / max(len(findings), 1),
        dict(confusion),
    )


def report(findings: list[Finding]) -> str:
    """The figures, and every wrong answer with its evidence."""
    found = count(findings)
    lines = [
        f"{found.cases} cases, {found.right:.1%} right first, {found.called_sick:.1%} of {found.healthy} healthy "
        f"called sick, {found.not_shown:.1%} not shown"
    ]
    for label, said in found.confusion.items():
        lines.append(f"  {label:13s} " + ", ".join(f"{kind} {number}" for kind, number in said.most_common()))
    for finding in findings:
        case = finding.case
        if not case.label:
            continue
        what = "NOT SHOWN" if not finding.shown else "" if finding.right else "WRONG"
        if what:
            lines.append(f"{what} {'/'.join(sorted(case.right))} ({case.why}), {case.steps} steps: {case.document}")
            for verdict in finding.said:
                numbers = ", ".join(f"{each.name} {each.value:.3g}" for each in verdict.evidence)
                lines.append(f"      {verdict.kind}: {verdict.sentence} [{numbers}]")
    return "\n".join(lines)
