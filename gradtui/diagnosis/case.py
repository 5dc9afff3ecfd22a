"""The case: what a judge is shown of one network, with what several of them ask."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from numpy.typing import NDArray

from gradtui.diagnosis.decay import Decay, fit
from gradtui.diagnosis.outcome import EARLY, Outcome, glimpse
from gradtui.diagnosis.thresholds import THRESHOLDS, limit
from gradtui.lab.chance import chance_of_task
from gradtui.lab.past import Past
from gradtui.profile import GradientProfile
from gradtui.scenario import architecture
from gradtui.scenario.model import Scenario

Floats = NDArray[np.float64]

#: Skips that add what comes in to what a block makes of it.
ADDING = frozenset({"residual", "rezero"})
#: What judges know of a run whose past was not kept.
NO_PAST = Past()


@dataclass(frozen=True)
class Evidence:
    """One measured number that a verdict rests on: `value` beside the `threshold` it is held against (NaN: none), and
    both `in_words`."""

    name: str
    value: float
    threshold: float = math.nan
    in_words: str = ""


@dataclass(frozen=True)
class Finding:
    """What a judge says; `verdict.Verdict` is made of it. `since` is left out by judges of profiles, and found out by
    asking them about earlier ones; `factor` where it is that of a layer."""

    sentence: str
    evidence: tuple[Evidence, ...] = ()
    layer: str = ""
    since: int | None = None
    confidence: float = math.nan
    factor: float | None = None


#: What a judge says of an earlier profile: that it was so, without the words.
THE_SAME = Finding("")


@dataclass(frozen=True, eq=False)
class Case:
    """One network at one step. `name` says which one of two adversaries it is, "" where there is but one; what is
    `presumed` of (stands, stalled, overshot) is not asked of the outcome."""

    profile: GradientProfile
    scenario: Scenario
    past: Past = NO_PAST
    name: str = ""
    presumed: tuple[bool, bool, bool] | None = None

    @property
    def taps(self) -> tuple[str, ...]:
        return self.profile.taps

    @cached_property
    def outcome(self) -> Outcome:
        """What has come of the training; without a past, as far as the profile's own loss tells. Adversaries' losses
        tell of the other one as much: nothing is known."""
        if self.name or not self.alone:
            return Outcome(NO_PAST if self.name else self.past)
        task = self.scenario.task
        return glimpse(self.profile, chance_of_task(task, self.scenario.seed), task.batch)

    @property
    def earlier(self) -> bool:
        """Whether all that is asked is whether it was so already."""
        return self.presumed is not None

    @property
    def alone(self) -> bool:
        """Whether there is nothing to judge but the profile."""
        return self.past is NO_PAST and not self.earlier

    def at(self, profile: GradientProfile) -> Case:
        """The same network at an earlier profile, held against the same limits."""
        if profile.step not in self._before:
            overshot = self.overshot and THRESHOLDS["overshot"].crossed(profile.loss / self.outcome.chance)
            then = Case(profile, self.scenario, NO_PAST, self.name, (self.stands, self.stalled, overshot))
            if profile.taps == self.taps:
                vars(then)["way"] = self.way  # the same layers: it need not be looked for again
            self._before[profile.step] = then
        return self._before[profile.step]

    @cached_property
    def _before(self) -> dict[int, Case]:
        """What was asked about already, by its step: one judge after another asks about the same profiles."""
        return {}

    @cached_property
    def stalled(self) -> bool:
        """Whether the loss stands still, for which some limits are stricter."""
        return self.presumed[1] if self.presumed else self.outcome.stalled

    @cached_property
    def stands(self) -> bool:
        """Whether the loss has not moved at all, however short the run was."""
        return self.presumed[0] if self.presumed else self.outcome.stands(EARLY)

    @cached_property
    def overshot(self) -> bool:
        """Whether the answers are so wrong that they must have grown on their way."""
        if self.presumed:
            return self.presumed[2]
        chance, overshot = self.outcome.chance, THRESHOLDS["overshot"]
        if not chance > 0.0:
            return False
        # Those of the beginning count as long as the loss has not come down to that of chance.
        begun = self.past.profiles[0].loss if self.past.profiles and self.outcome.share_of_chance > 1.5 else math.nan
        return overshot.crossed(self.profile.loss / chance) or overshot.crossed(begun / chance)

    @cached_property
    def lost(self) -> str:
        """The limit below which the signal counts as lost: a stricter one where the loss stands still, unless the
        signal was sound at first, so that what became of it came of the training; and one where each layer takes most
        of it, for a net that has not learned anyhow."""
        if self.stalled and (self.first is None or self.first.share < 3.0 * THRESHOLDS["faint"].value):
            return "faint"
        return self.worn

    @property
    def worn(self) -> str:
        """The limit for a signal of which nothing is known but how it changes from layer to layer."""
        steep = THRESHOLDS["steep"].crossed(self.factor) and not THRESHOLDS["vanished"].crossed(self.share)
        return "worn" if steep else "vanished"

    @cached_property
    def first(self) -> Case | None:
        """The network as it began; None where that was not kept."""
        profiles = self.past.profiles
        return self.at(profiles[0]) if profiles and profiles[0].step == 0 else None

    @cached_property
    def activation(self) -> str:
        return self.scenario.generator.activation if self.name == "generator" else self.scenario.network.activation

    @cached_property
    def width(self) -> int:
        return self.scenario.generator.width if self.name == "generator" else self.scenario.network.width

    @cached_property
    def way(self) -> NDArray[np.int64]:
        """The numbers of the taps that the signal passes one behind the other, shape (n,): neither queries and keys,
        which stand beside the values, nor what lies in the branch of a residual block."""
        network = self.scenario.network
        skip = "none" if self.name == "generator" else network.skip
        return _way(self.taps, network.kind, skip, network.skip_form, network.skip_every)

    @cached_property
    def _measures_branches(self) -> bool:
        """In the pre form a layer's output is what the next branch reads: the sum itself has no tap."""
        network = self.scenario.network
        adds = network.skip in ADDING and network.kind in ("mlp", "cnn", "gan") and self.name != "generator"
        return adds and network.skip_form == "pre" and len(self.taps) - 1 > network.skip_every

    @cached_property
    def signal(self) -> Floats:
        """delta_rms along the way, shape (n,); in the pre form the first one is that of the sum."""
        found: Floats = self.profile["delta_rms"][self.way]
        if self._measures_branches:
            found = found.copy()
            found[0] = self._sum_signal()
        return found

    def _sum_signal(self) -> float:
        """The signal of the sum where the first block begins: what came by the branch, and what met it there."""
        profile = self.profile
        gains = sum(float(profile[gauge][0]) for gauge in ("gain_slope", "gain_norm", "gain_skip"))
        if math.isfinite(gains) and profile["delta_rms"][0] > 0.0:
            return float(profile["delta_rms"][0] * 10.0**gains)
        # All branches are closed: what the first weights hear, against what the last ones do, is all that tells.
        first, last = profile["grad_rms"][0], profile["grad_rms"][-1]
        size = math.hypot(profile["activation_mean"][-2], profile["activation_std"][-2])
        return float(profile["delta_rms"][-1] * first / last * max(size, 1e-30)) if last > 0.0 else math.nan

    @cached_property
    def source(self) -> str:
        """From where the signal is followed: the output, or the last layer where that hears something else."""
        return "the output" if self.way[-1] == len(self.taps) - 1 else layer(self.taps[self.way[-1]])

    @cached_property
    def share(self) -> float:
        """What the first layer hears of what the last one on the way hears; NaN with fewer than two taps, or where
        there is nothing to be heard."""
        signal = self.signal
        if len(signal) < 2 or not signal[-1] > 0.0:
            return math.nan
        return float(signal[0] / signal[-1])

    @cached_property
    def size(self) -> Floats:
        """How large the activations of each tap are, shape (taps,): the larger one of their mean and their spread."""
        found: Floats = np.maximum(np.abs(self.profile["activation_mean"]), self.profile["activation_std"])
        return found

    @cached_property
    def decay(self) -> Decay:
        """The line through the signals of the hidden layers."""
        return fit(self.way[:-1], self.signal[:-1])

    @cached_property
    def factor(self) -> float:
        """What one layer does to the signal: the geometric mean over all layers on its way back."""
        layers = int(self.way[-1] - self.way[0]) if len(self.way) > 1 else 0
        return self.share ** (1 / layers) if layers and self.share >= 0.0 else math.nan

    @cached_property
    def moved(self) -> float:
        """How far the weights have come from their first values, beside their size: the median over layers."""
        return float(np.median(np.nan_to_num(self.profile["distance"])))

    @cached_property
    def lost_long_since(self) -> bool:
        """Whether the signal is lost now, and was as training began."""
        begun = self.share if self.first is None else self.first.share
        return max(self.share, begun) < limit("vanished")

    @property
    def depth(self) -> int:
        """How many layers lie one behind the other."""
        return len(self.way)

    @cached_property
    def hidden(self) -> slice:
        """All taps but the output layer's."""
        return slice(0, len(self.taps) - 1)


@lru_cache(maxsize=64)
def _way(taps: tuple[str, ...], kind: str, skip: str, form: str, every: int) -> NDArray[np.int64]:
    count = len(taps)
    if kind == "transformer":
        within = (".q", ".k", ".v", ".ff1") if skip == "residual" else (".q", ".k")
        return np.array([index for index, tap in enumerate(taps) if not tap.endswith(within)])
    if kind == "rnn":
        # The signal of a layer is a mean over all time steps, that of the output layer is not.
        return np.arange(max(count - 1, 1))
    if kind == "cnn" or skip != "none":
        # Of what the output layer sends down, a pool over a whole image gives each place its small share; and where
        # layers can be passed by, the output layer alone cannot: what it does says nothing of the way.
        return _chain(max(count - 1, 1), count - 1, skip, form, every)
    return _chain(count, count - 1, skip, form, every)


def _chain(count: int, hidden: int, skip: str, form: str, every: int) -> NDArray[np.int64]:
    """The first so many layers, without what lies inside of branches."""
    joins = architecture.blocks(hidden, every)[1] if skip in ADDING else {}
    if not joins:
        return np.arange(count)
    last = max(joins)
    if form == "pre":
        return np.array([0, *range(last, count)])
    return np.array([index for index in range(count) if not (0 < index < last) or index in joins])


def layer(tap: str) -> str:
    """A tap as a reader calls it: `layer 3`, `G.1`, `embed`."""
    return f"layer {tap}" if tap.isdigit() else "the output layer" if tap == "out" else tap


def amount(value: float) -> str:
    """A number to two digits as people write it: 1,500 and 0.0017; powers of ten only where it has no end."""
    if not 100.0 <= abs(value) < 1e7:
        return f"{value:.2g}"
    return f"{float(f'{value:.1e}'):,.0f}"


def percent(share: float) -> str:
    """A share in whole percent; never 100 % of what is not all, nor 0 % of what is something."""
    return f"{min(max(share, 0.01), 0.99):.0%}" if 0.0 < share < 1.0 else f"{share:.0%}"
