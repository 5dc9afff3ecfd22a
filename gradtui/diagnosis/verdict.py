"""Verdicts: pure functions of a profile and of the past of its run, ranked by gravity."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from gradtui.diagnosis import thresholds as at
from gradtui.lab.past import Past
from gradtui.profile import GradientProfile
from gradtui.scenario.model import Scenario

#: Every kind, the gravest first: a cause stands before what follows from it.
KINDS = (
    "nonfinite",
    "symmetric",
    "dying",
    "exploding",
    "vanishing",
    "starved",
    "short_memory",
    "small_batch",
    "warm_up",
    "identical",
    "saturated",
    "underflow",
    "masked",
    "rate_high",
    "rate_low",
    "stalled",
    "healthy",
)


@dataclass(frozen=True)
class Evidence:
    """One measured number that a verdict rests on: `value` beside the `threshold` it is held against (NaN: none), and
    both `in_words`."""

    name: str
    value: float
    threshold: float = math.nan
    in_words: str = ""


@dataclass(frozen=True)
class Verdict:
    """`kind` is one of KINDS, `sentence` says it plainly, `evidence` has the numbers.

    `factor` is what one layer does to the signal, the geometric mean over all layers on its way back; NaN where there
    is no way. `layer` names the tap where it began, "" where it is no matter of one layer; `since` the step since which
    it has held without a break, as far as the past is known. `confidence` belongs to a fitted decay: the share of the
    variance of log(signal) that the line explains (R^2); NaN elsewhere.
    """

    kind: str
    sentence: str
    factor: float
    evidence: tuple[Evidence, ...] = ()
    layer: str = ""
    since: int | None = None
    confidence: float = math.nan


def diagnose(profile: GradientProfile, scenario: Scenario, past: Past | None = None) -> Verdict:
    """The gravest verdict that holds; `healthy` if none does."""
    return verdicts(profile, scenario, past)[0]


def verdicts(profile: GradientProfile, scenario: Scenario, past: Past | None = None) -> tuple[Verdict, ...]:
    """All verdicts that hold, the gravest first; `healthy` alone if none does.

    Of two networks that play against each other each is judged by itself, since no signal passes from the input of one
    to the output of the other.
    """
    stacks = adversaries(profile)
    if not stacks:
        return _ranked(_of_one(profile, scenario), signal_factor(profile), profile, scenario)
    found: list[Verdict] = []
    for name, stack in stacks.items():
        found += [replace(each, sentence=f"{name}: {each.sentence}") for each in _of_one(stack, scenario)]
    if scenario.task.loss == "minimax" and profile.heard < at.STARVED:
        found.append(Verdict("starved", _starved(profile), profile.heard))
    if not found:
        said = "no signal is lost within the generator, nor within the discriminator"
        return (Verdict("healthy", said, signal_factor(stacks["generator"])),)
    return tuple(sorted(found, key=lambda each: KINDS.index(each.kind)))


def _ranked(found: list[Verdict], factor: float, profile: GradientProfile, scenario: Scenario) -> tuple[Verdict, ...]:
    if found:
        return tuple(sorted(found, key=lambda each: KINDS.index(each.kind)))
    return (_healthy(profile, scenario, factor),)


def adversaries(profile: GradientProfile) -> dict[str, GradientProfile]:
    """The profiles of generator and discriminator, each by itself; empty where there are no two."""
    found = {}
    for name, prefix in (("generator", "G."), ("discriminator", "D.")):
        places = [place for place, tap in enumerate(profile.taps) if tap.startswith(prefix)]
        if places:
            gauges = {gauge: row[places] for gauge, row in profile.gauges.items()}
            taps = tuple(profile.taps[place] for place in places)
            found[name] = GradientProfile(profile.step, taps, gauges, profile.loss, profile.accuracy)
    return found


def _of_one(profile: GradientProfile, scenario: Scenario) -> list[Verdict]:
    factor = signal_factor(profile)
    found: dict[str, Verdict] = {}
    for judge in _JUDGES:
        said = judge(profile, scenario, factor)
        if said is not None and said[0] not in found:
            found[said[0]] = Verdict(*said, factor)
    return list(found.values())


def _healthy(profile: GradientProfile, scenario: Scenario, factor: float) -> Verdict:
    if profile.time:
        through_time = through(profile, scenario)
        steps = f"the signal reaches time step {through_time.first} at ×{through_time.factor:.3g} a step"
        return Verdict("healthy", steps, through_time.factor)
    if math.isnan(factor):
        return Verdict("healthy", "no hidden layer lies between the input and the output", factor)
    return Verdict("healthy", f"the signal reaches {_layer(profile.taps[0])} at ×{factor:.3g} a layer", factor)


def _starved(profile: GradientProfile) -> str:
    """The better the discriminator, the less the generator hears (Arjovsky & Bottou 2017)."""
    return (
        f"the discriminator is sure of every sample: of what would change its mind, minimax passes on D = "
        f"{profile.heard:.2g} to the generator"
    )


def _layer(tap: str) -> str:
    """A tap as a reader calls it: `layer 3`, `G.1`, `embed`."""
    return f"layer {tap}" if tap[0].isdigit() and tap.isdigit() else tap


@dataclass(frozen=True)
class ThroughTime:
    """What comes back to time step `first` of what reaches the `last` one, in the layer of which the least comes back:
    `share` in all, `factor` a step; NaN where there is nothing to compare."""

    layer: int
    first: int
    last: int
    share: float
    factor: float


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
    return ThroughTime(layer + 1, first + 1, last, share, factor)


def signal_factor(profile: GradientProfile) -> float:
    """(delta_rms of the first tap / that of the last) ** (1 / layers between), NaN with fewer than two taps."""
    delta = profile["delta_rms"]
    if len(delta) < 2 or not delta[-1] > 0:
        return math.nan
    return float((delta[0] / delta[-1]) ** (1 / (len(delta) - 1)))


Found = tuple[str, str] | None


def _nonfinite(profile: GradientProfile, scenario: Scenario, factor: float) -> Found:
    bad = np.flatnonzero((profile["nonfinite"] > 0) | ~np.isfinite(profile["activation_mean"]))
    if len(bad) == 0 and math.isfinite(profile.loss):
        return None
    if len(bad) == 0:
        where = "in the loss"
    elif len(bad) == len(profile.taps):
        where = "in every layer"
    else:
        where = f"first at {_layer(profile.taps[bad[0]])}"
    loss = "NaN" if math.isnan(profile.loss) else f"{profile.loss:.3g}"
    return "nonfinite", f"NaN or inf {where}; the loss is {loss}: nothing can be learned from here"


def _forgetful(profile: GradientProfile, scenario: Scenario, factor: float) -> Found:
    """Vanishing or exploding on the way back through time (Bengio, Simard & Frasconi 1994)."""
    if not profile.time:
        return None
    found = through(profile, scenario)
    if not (found.share < at.VANISHED or found.share > at.EXPLODED):
        return None
    where = f" in layer {found.layer}" if len(profile.time["delta_rms"]) > 1 else ""
    if found.share == 0.0:
        return "vanishing", f"nothing of what time step {found.last} hears comes back to step {found.first}{where}"
    kind = "vanishing" if found.share < 1.0 else "exploding"
    much = f"{found.share:.2g}" if found.share < 1.0 else f"{found.share:.2g} times"
    return kind, (
        f"×{found.factor:.3g} a time step: step {found.first} hears {much} of what step {found.last} hears{where}"
    )


def _dying(profile: GradientProfile, scenario: Scenario, factor: float) -> Found:
    return _dead_layer(profile, at.DYING, "dying")


def _dead_layer(profile: GradientProfile, share: float, kind: str) -> Found:
    dead = np.nan_to_num(profile["dead"])
    worst = int(np.argmax(dead))
    if dead[worst] < share:
        return None
    layer = _layer(profile.taps[worst])
    if dead[worst] == 1:
        return kind, f"all units of {layer} are dead: no example and no gradient gets past it"
    return kind, f"{dead[worst]:.0%} of the units of {layer} are dead: they answer no training example any more"


def _exploding(profile: GradientProfile, scenario: Scenario, factor: float) -> Found:
    delta = profile["delta_rms"]
    if len(delta) < 2 or not delta[0] > at.EXPLODED * delta[-1]:
        return None
    times = delta[0] / delta[-1]
    return (
        "exploding",
        f"×{factor:.3g} a layer: {_layer(profile.taps[0])} hears {times:.2g} times what the output hears"
        f"{_causes(profile)}",
    )


def _vanishing(profile: GradientProfile, scenario: Scenario, factor: float) -> Found:
    delta = profile["delta_rms"]
    if len(delta) < 2 or not delta[0] < at.VANISHED * delta[-1]:
        return None
    lost = int(np.sum(profile["underflow"] >= at.UNDERFLOWN))
    if lost:
        floor = f"layers {profile.taps[0]} to {profile.taps[lost - 1]} have" if lost > 1 else "layer 1 has"
        return "vanishing", (
            f"{floor} a gradient of exactly 0: below what {scenario.network.dtype} can hold{_causes(profile)}"
        )
    share = delta[0] / delta[-1]
    return "vanishing", (
        f"×{factor:.3g} a layer: {_layer(profile.taps[0])} hears {share:.2g} of what the output hears{_causes(profile)}"
    )


def _saturated(profile: GradientProfile, scenario: Scenario, factor: float) -> Found:
    hidden = np.nan_to_num(profile["saturated"][:-1])
    if len(hidden) == 0 or hidden.max() < at.SATURATED:
        return None
    worst = int(np.argmax(hidden))
    return "saturated", f"{hidden[worst]:.0%} of the activations of {_layer(profile.taps[worst])} lie where φ is flat"


def _causes(profile: GradientProfile) -> str:
    """What weights and slopes do on their own, as mean factors a layer; empty where nothing finite was measured."""
    parts = []
    for name, gauge in (("φ'", "gain_slope"), ("weights", "gain_weight")):
        gains = profile[gauge][1:]
        gains = gains[np.isfinite(gains)]
        if len(gains):
            parts.append(f"{name} ×{10 ** float(gains.mean()):.3g}")
    return f" ({', '.join(parts)})" if parts else ""


_JUDGES = (_nonfinite, _forgetful, _dying, _exploding, _vanishing, _saturated)
