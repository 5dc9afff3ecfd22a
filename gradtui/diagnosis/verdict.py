"""Verdicts: pure functions of a profile and of the past of its run, ranked by gravity."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from gradtui.diagnosis import sequences, signal, training, units
from gradtui.diagnosis.case import NO_PAST, Case, Evidence, Finding, layer
from gradtui.diagnosis.outcome import EARLY
from gradtui.diagnosis.sequences import through
from gradtui.diagnosis.thresholds import THRESHOLDS, limit
from gradtui.lab.past import Past
from gradtui.profile import GradientProfile
from gradtui.scenario.model import Scenario

Judge = Callable[[Case], Finding | None]


@dataclass(frozen=True)
class Verdict:
    """`kind` is one of KINDS, `sentence` says it plainly, `evidence` has the numbers.

    `factor` is what one layer does to the signal, the geometric mean over all layers on its way back, or one time step
    where the way is one through time; NaN where there is no way. `layer` names the tap where it began, "" where it is
    no matter of one layer; `since` the step since which it has held without a break, as far as the past is known.
    `confidence` belongs to a fitted decay: the share of the variance of log(signal) that the line explains (R^2); NaN
    elsewhere.
    """

    kind: str
    sentence: str
    factor: float
    evidence: tuple[Evidence, ...] = ()
    layer: str = ""
    since: int | None = None
    confidence: float = math.nan


#: What judges of each kind, the gravest kind first: a cause stands before what follows from it.
_JUDGES: Mapping[str, tuple[Judge, ...]] = MappingProxyType(
    {
        "nonfinite": (training.nonfinite,),
        "symmetric": (units.symmetric,),
        "dying": (units.dying,),
        "exploding": (sequences.runaway, signal.exploding),
        "vanishing": (sequences.forgetful, signal.vanishing),
        "starved": (sequences.starved,),
        "short_memory": (sequences.short_memory,),
        "small_batch": (units.small_batch,),
        "warm_up": (training.warm_up,),
        "identical": (units.blank, sequences.deaf_queries, units.identical),
        "saturated": (units.saturated,),
        "underflow": (signal.underflow,),
        "masked": (signal.masked,),
        "rate_high": (training.rate_high,),
        "rate_low": (training.rate_low,),
        "stalled": (training.stalled,),
    }
)
KINDS = (*_JUDGES, "healthy")

#: What a net that learns well is never called: pictures of a gradient, of which none has kept it from learning.
_OF_PICTURES = frozenset(KINDS) - {"nonfinite", "healthy"}
#: Kind -> what follows from it and is not said beside it.
_EXPLAINS = {
    "symmetric": frozenset({"dying", "vanishing", "identical", "underflow"}),
    "small_batch": frozenset({"vanishing", "exploding", "identical"}),
}
#: What keeps part of a net from learning for good, while the rest is on its way.
_LASTING = frozenset({"symmetric", "dying"})
#: Whose judge asks itself what a good outcome is worth.
_ASKS_ITSELF = frozenset({"small_batch"})
#: Causes of all else that is found; a training that went wrong; what comes of the others.
_ALWAYS_FIRST = frozenset({"nonfinite", "symmetric", "small_batch"})
_OF_A_TRAINING = frozenset({"rate_high", "warm_up"})
_OF_OUTCOME = frozenset({"rate_low", "stalled"})
#: Pictures that a training which went wrong may have drawn; where they were there from the start, they are the cause.
_DRAWN = frozenset({"exploding", "vanishing", "short_memory", "identical", "saturated", "underflow", "masked"})


def diagnose(profile: GradientProfile, scenario: Scenario, past: Past | None = None) -> Verdict:
    """The gravest verdict that holds; `healthy` if none does."""
    return verdicts(profile, scenario, past)[0]


def verdicts(profile: GradientProfile, scenario: Scenario, past: Past | None = None) -> tuple[Verdict, ...]:
    """All verdicts that hold, the gravest first; `healthy` alone if none does.

    Without a past, the picture is all there is to judge. Of two networks that play against each other each is judged
    by itself, since no signal passes from the input of one to the output of the other.
    """
    with np.errstate(all="ignore"):  # what is no number is a finding, not a mishap
        return _found(profile, scenario, past or NO_PAST)


def _found(profile: GradientProfile, scenario: Scenario, past: Past) -> tuple[Verdict, ...]:
    stacks = adversaries(profile)
    if not stacks:
        case = Case(profile, scenario, past)
        return _ranked(_of_one(case), past is not NO_PAST) or (_healthy(case),)
    before = [adversaries(each) for each in past.profiles]
    found: list[Verdict] = []
    cases = {
        name: Case(stack, scenario, replace(past, profiles=tuple(each[name] for each in before)), name)
        for name, stack in stacks.items()
    }
    for name, case in cases.items():
        found += [
            each if each.kind == "starved" else replace(each, sentence=f"{name}: {each.sentence}")
            for each in _of_one(case)
        ]
    said = "no signal is lost within the generator, nor within the discriminator"
    return _ranked(found, past is not NO_PAST) or (Verdict("healthy", said, cases["generator"].factor),)


def _ranked(found: list[Verdict], dated: bool) -> tuple[Verdict, ...]:
    """The gravest first. What came up under way stands behind what was there from the start, and behind a training that
    went wrong; what is but faint behind what explains it. Where nothing is `dated`, all was there from the start."""
    by_kind = {each.kind: each for each in found}

    def since(kind: str) -> int:
        return (by_kind[kind].since or 0) if kind in by_kind and dated else 0

    def late(kind: str) -> bool:
        return since(kind) > 0

    def share(kind: str) -> float:
        return _value(by_kind[kind], "share") if kind in by_kind else math.nan

    def gently() -> bool:
        """Whether depth wears the signal away little by little; inputs that become alike do the harm long before."""
        lost = by_kind.get("vanishing")
        return lost is not None and share("vanishing") > limit("worn") / 10.0 and lost.factor > 1.5 * limit("steep")

    def switches() -> bool:
        """Whether what is saturated makes up for most of what is lost, or is nearly all there is."""
        found = by_kind["saturated"]
        return _value(found, "mean") > limit("stuck") or _value(found, "taken") > 0.5

    def torn() -> bool:
        """Whether of the first weights nothing is left."""
        return _value(by_kind["rate_high"], "distance") > limit("thrown")

    def place(kind: str) -> tuple[int, float]:
        own = float(KINDS.index(kind))
        if kind in _ALWAYS_FIRST:
            return 0, own
        if kind in _OF_OUTCOME:
            return 4, own
        if kind == "dying" and late("vanishing") and since("vanishing") < since(kind):
            # Units that nothing reaches any more die of that.
            return 3, KINDS.index("vanishing") + 0.5
        if kind in _OF_A_TRAINING and not dated and (kind == "warm_up" or torn()):
            # What it has drawn since stands behind it; units that it has killed are worth a word before it.
            return 1, KINDS.index("dying") + 0.4
        if kind in _OF_A_TRAINING or (kind == "dying" and late(kind)):
            return 2, own
        if kind == "dying" and not dated and _value(by_kind[kind], "taken") < 0.5 and "vanishing" in by_kind:
            # The layers with dead units are not those that the signal is lost in.
            return 1, KINDS.index("vanishing") + 0.5
        ahead = KINDS.index("exploding") - 0.5
        if kind == "saturated" and "masked" in by_kind and not switches():
            # One layer of many takes little of a signal that is all but gone.
            return place("masked")[0], place("masked")[1] + 0.5
        if kind == "identical" and not math.isnan(_value(by_kind[kind], "queries")) and not late(kind):
            # A signal that is lost behind this was lost by it.
            return 1, ahead
        if late(kind) and kind in _DRAWN:
            # Inputs that became alike before the signal was lost have lost it.
            return 3, ahead if kind == "identical" and since(kind) < since("vanishing") else own
        if kind == "identical" and "masked" in by_kind:
            # A signal that is lost on its way back was made by inputs that became alike on their way up: one cause.
            return place("masked")[0], place("masked")[1] + 0.5
        if kind == "identical" and (share("vanishing") > limit("worn") or gently()):
            return 1, ahead
        if kind == "saturated":
            return 1, ahead if switches() or share("exploding") < limit("exploded") else own
        return 1, own

    return tuple(sorted(found, key=lambda each: place(each.kind)))


def _value(verdict: Verdict, name: str) -> float:
    """A number of the evidence; NaN where it is not among it."""
    return next((each.value for each in verdict.evidence if each.name == name), math.nan)


def adversaries(profile: GradientProfile) -> dict[str, GradientProfile]:
    """The profiles of generator and discriminator, each by itself; empty where there are no two."""
    found: dict[str, GradientProfile] = {}
    if not profile.taps[0].startswith("G."):
        return found
    for name, prefix in (("generator", "G."), ("discriminator", "D.")):
        places = [place for place, tap in enumerate(profile.taps) if tap.startswith(prefix)]
        if places:
            gauges = {gauge: row[places] for gauge, row in profile.gauges.items()}
            taps = tuple(profile.taps[place] for place in places)
            found[name] = GradientProfile(profile.step, taps, gauges, profile.loss, profile.accuracy, {}, profile.heard)
    return found


def _of_one(case: Case) -> list[Verdict]:
    found: list[Verdict] = []
    for kind, judges in _JUDGES.items():
        well = (
            case.outcome.learned
            if kind in _LASTING or (kind == "masked" and case.lost_long_since)
            else case.outcome.learns
        )
        if well and kind in _OF_PICTURES - _ASKS_ITSELF:
            continue
        for judge in judges:
            finding = judge(case)
            if finding is not None:
                found.append(_verdict(kind, judge, finding, case))
                break
    if case.outcome.past.chance.blank:
        # Whatever a picture shows of it, it is no fault of the net.
        found = [each for each in found if each.kind in ("nonfinite", "identical", "stalled")]
    explained = {hidden for each in found for hidden in _EXPLAINS.get(each.kind, ())}
    return [each for each in found if each.kind not in explained]


def _verdict(kind: str, judge: Judge, finding: Finding, case: Case) -> Verdict:
    since = _since(judge, case) if finding.since is None else finding.since
    factor = case.factor if finding.factor is None else finding.factor
    return Verdict(kind, finding.sentence, factor, finding.evidence, finding.layer, since, finding.confidence)


def _since(judge: Judge, case: Case) -> int:
    """The step of the earliest kept profile from which on a judge has found the same without a break."""
    since = case.profile.step
    for profile in reversed(case.past.profiles):
        if profile.step > since:
            continue
        if judge(case.at(profile)) is None:
            break
        since = profile.step
    return since


def _healthy(case: Case) -> Verdict:
    """Nothing is wrong, or nothing that has kept the net from learning."""
    outcome, profile = case.outcome, case.profile
    evidence: tuple[Evidence, ...] = ()
    learns = ""
    if outcome.learns:
        evidence = (
            Evidence("loss", outcome.recent, outcome.chance, f"{outcome.recent_in_words}, beside that of chance"),
        )
        learns = f"; it learns: the loss is {outcome.recent:.2g}, chance would be {outcome.chance:.2g}"
    elif outcome.steps >= EARLY and THRESHOLDS["stalled"].crossed(outcome.share_of_chance):
        learns = f"; nothing is learned yet: the loss is {outcome.recent:.3g}, chance would be {outcome.chance:.3g}"
    if profile.time:
        found = through(profile, case.scenario)
        evidence += (Evidence("share", found.share, math.nan, f"of step {found.last}'s signal at step {found.first}"),)
        said = f"the signal reaches time step {found.first} at ×{found.factor:.3g} a step{learns}"
        return Verdict("healthy", said, found.factor, evidence, "", None, found.decay.confidence)
    if math.isnan(case.factor):
        return Verdict(
            "healthy",
            f"no signal can be lost: no hidden layer lies between the input and the output{learns}",
            case.factor,
            evidence,
        )
    evidence += (Evidence("share", case.share, math.nan, f"what the first layer hears of what {case.source} hears"),)
    said = f"the signal reaches {layer(case.taps[0])} at ×{case.factor:.3g} a layer{learns}"
    return Verdict("healthy", said, case.factor, evidence, "", None, case.decay.confidence)
