"""Judges of the way back through time, and of two networks that play against each other."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from gradtui.diagnosis.case import THE_SAME, Case, Evidence, Finding, amount
from gradtui.diagnosis.decay import Decay, fit, in_words
from gradtui.diagnosis.thresholds import THRESHOLDS, limit
from gradtui.profile import GradientProfile
from gradtui.scenario.model import Scenario

#: Tasks whose answer hangs on what came as many steps ago as the task is long, or nearly so.
LAGGING = frozenset({"adding", "copy", "temporal-order", "latch", "recall", "reverse", "t-maze", "sentiment"})


@dataclass(frozen=True)
class ThroughTime:
    """What comes back to time step `first` of what reaches the `last` one, in the layer of which the least comes back:
    `share` in all, `factor` a step; NaN where there is nothing to compare. `decay` is the line through all steps."""

    layer: int
    first: int
    last: int
    share: float
    factor: float
    decay: Decay

    @property
    def memory(self) -> float:
        """The time constant, in steps: after so many the signal is down to 1 / e. inf where it does not shrink."""
        if not self.factor < 1.0:
            return math.nan if math.isnan(self.factor) else math.inf
        return -1.0 / math.log(self.factor) if self.factor > 0.0 else 0.0


def through(profile: GradientProfile, scenario: Scenario) -> ThroughTime:
    """The way of the signal through time: along an LSTM's cells, elsewhere along the hidden states; as far as
    back-propagation goes."""
    signal = profile.time.get("cell_delta_rms", profile.time["delta_rms"])
    last = signal.shape[1]
    reach = scenario.network.truncation or last
    first = max(last - reach, 0)
    with np.errstate(divide="ignore", invalid="ignore"):
        shares = signal[:, first] / signal[:, -1]
    layer = int(np.nanargmin(shares)) if np.isfinite(shares).any() else 0
    share, steps = float(shares[layer]), last - 1 - first
    factor = share ** (1 / steps) if steps and share >= 0.0 else math.nan
    decay = fit(np.arange(first, last), signal[layer, first:])
    return ThroughTime(layer + 1, first + 1, last, share, factor, decay)


def forgetful(case: Case) -> Finding | None:
    """Vanishing on the way back through time (Hochreiter 1991; Bengio, Simard & Frasconi 1994)."""
    if not case.profile.time:
        return None
    found = through(case.profile, case.scenario)
    return _of_steps(case, found, "vanished") if THRESHOLDS["vanished"].crossed(found.share) else None


def runaway(case: Case) -> Finding | None:
    """Exploding on the way back through time (Pascanu, Mikolov & Bengio 2013)."""
    if not case.profile.time:
        return None
    found = through(case.profile, case.scenario)
    bound = "swollen" if case.overshot else "exploded"
    if THRESHOLDS[bound].crossed(found.share):
        return _of_steps(case, found, bound)
    begun, outcome = case.first, case.outcome
    if (
        begun is not None
        and outcome.chance > 0.0
        and THRESHOLDS["overshot"].crossed(begun.profile.loss / outcome.chance)
    ):
        # The first answers were far out since they had exploded, and nothing has come of the training since.
        before = through(begun.profile, case.scenario)
        if THRESHOLDS["exploded"].crossed(before.share) and outcome.share_of_chance > limit("plateau"):
            return replace(_of_steps(case, before, "exploded", "at first "), since=0)
    return None


def _of_steps(case: Case, found: ThroughTime, name: str, when: str = "") -> Finding:
    if case.earlier:
        return THE_SAME
    where = f" in layer {found.layer}" if len(case.profile.time["delta_rms"]) > 1 else ""
    if found.share == 0.0:
        said = f"nothing of what time step {found.last} hears comes back to step {found.first}{where}"
    else:
        much = f"{amount(found.share)} {'of' if found.share < 1.0 else 'times'} what step {found.last} hears"
        said = f"{when}×{found.factor:.3g} a time step: step {found.first} hears {much}{where}"
    return Finding(
        said,
        (
            Evidence("share", found.share, limit(name), f"of step {found.last}'s signal at step {found.first}"),
            Evidence("fitted factor", found.decay.factor, math.nan, f"a time step, fitted: {in_words(found.decay)}"),
        ),
        case.taps[found.layer - 1],
        confidence=found.decay.confidence,
        factor=found.factor,
    )


def short_memory(case: Case) -> Finding | None:
    """The time constant of the way back, against the lag that the task asks for (Bengio, Simard & Frasconi 1994)."""
    if not case.profile.time or case.scenario.task.name not in LAGGING:
        return None
    found = through(case.profile, case.scenario)
    bound = limit("fading" if case.stalled else "forgotten")
    lag = found.last - 1
    cut = case.scenario.network.truncation
    if 0 < cut < lag and not found.share < bound:
        return Finding(
            f"the gradient goes back {cut} time steps at most, the task asks for {lag}: of what came before nothing is "
            "ever learned",
            (Evidence("truncation", float(cut), float(lag), "steps of the way back, beside the length of the task"),),
            case.taps[found.layer - 1],
            factor=found.factor,
        )
    if not found.share < bound:
        return None
    memory = found.memory
    lives = f"lives for {memory:.2g} time steps" if memory >= 0.5 else "dies at once"
    return Finding(
        f"the signal {lives}, the task is {lag} long: step {found.first} hears "
        f"{found.share:.2g} of what step {found.last} hears",
        (
            Evidence("memory", memory, float(lag), "time constant in steps, beside the length of the task"),
            Evidence("share", found.share, bound, f"of step {found.last}'s signal at step {found.first}"),
        ),
        case.taps[found.layer - 1],
        confidence=found.decay.confidence,
        factor=found.factor,
    )


def deaf_queries(case: Case) -> Finding | None:
    """Attention without skips makes all time steps alike, block by block; where they are, it does not matter which of
    them is looked at, and queries hear nothing (Noci et al. 2022)."""
    network = case.scenario.network
    if network.kind != "transformer" or network.skip != "none":
        return None
    heard = dict(zip(case.taps, case.profile["grad_rms"], strict=True))
    blocks = [tap.removesuffix(".q") for tap in case.taps if tap.endswith(".q")]
    shares = np.array([heard[f"{block}.q"] / heard[f"{block}.v"] for block in blocks])
    deaf = np.flatnonzero(shares < limit("deaf"))
    if not len(deaf):
        return None
    least = float(shares[deaf].min())
    those = f"blocks {blocks[deaf[0]]} to {blocks[deaf[-1]]}" if len(deaf) > 1 else f"block {blocks[deaf[0]]}"
    return Finding(
        f"all time steps have become alike: the queries of {those} hear as little as {least:.2g} of what the "
        "values hear, and attention cannot learn where to look",
        (
            Evidence("queries", least, limit("deaf"), "least gradient of a block's queries over that of its values"),
            Evidence("blocks", float(len(deaf)), math.nan, f"so deaf of {len(blocks)}"),
            Evidence("difference", 1.0 - float(case.profile["similarity"][-2]), math.nan, "1 - similarity of the last"),
        ),
        f"{blocks[deaf[0]]}.q",
    )


def starved(case: Case) -> Finding | None:
    """The better the discriminator, the less the generator hears (Arjovsky & Bottou 2017)."""
    heard = case.profile.heard
    if case.name != "generator" or case.scenario.task.loss != "minimax" or not THRESHOLDS["starved"].crossed(heard):
        return None
    return Finding(
        f"the discriminator is sure of every sample: of what would change its mind, minimax passes on D = {heard:.2g} "
        "to the generator",
        (Evidence("heard", heard, limit("starved"), "root mean square of D over the samples"),),
        case.taps[0],
        factor=heard,
    )
