"""Verdicts: pure functions of one profile. The gravest that holds is the one that is said."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from gradtui.diagnosis import thresholds as at
from gradtui.profile import GradientProfile
from gradtui.scenario.model import Scenario


@dataclass(frozen=True)
class Verdict:
    """`kind` is the word, `sentence` the evidence. `factor` is what one layer does to the signal, the geometric mean
    over all layers on its way back; NaN where there is no way."""

    kind: str
    sentence: str
    factor: float


def diagnose(profile: GradientProfile, scenario: Scenario) -> Verdict:
    """The gravest verdict that this profile supports; `healthy` if none does.

    Of two networks that play against each other each is judged by itself, since no signal passes from the input of one
    to the output of the other, and the graver verdict is said.
    """
    stacks = adversaries(profile)
    if not stacks:
        return _of_one(profile, scenario)
    verdicts = {name: _of_one(stack, scenario) for name, stack in stacks.items()}
    name = min(verdicts, key=lambda each: _gravity(verdicts[each].kind))
    verdict = verdicts[name]
    if verdict.kind != "nonfinite" and scenario.task.loss == "minimax" and profile.heard < at.STARVED:
        return Verdict("starved", _starved(profile), profile.heard)
    if verdict.kind == "healthy":
        said = "no signal is lost within the generator, nor within the discriminator"
        return Verdict(verdict.kind, said, verdict.factor)
    return Verdict(verdict.kind, f"{name}: {verdict.sentence}", verdict.factor)


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


def _of_one(profile: GradientProfile, scenario: Scenario) -> Verdict:
    factor = signal_factor(profile)
    for judge in _JUDGES:
        found = judge(profile, scenario, factor)
        if found is not None:
            return Verdict(*found, factor)
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


def _wall(profile: GradientProfile, scenario: Scenario, factor: float) -> Found:
    return _dead_layer(profile, at.WALL, "dead")


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


_JUDGES = (_nonfinite, _wall, _forgetful, _exploding, _vanishing, _dying, _saturated)
_KINDS = ("nonfinite", "dead", "exploding", "vanishing", "dying", "saturated", "healthy")


def _gravity(kind: str) -> int:
    return _KINDS.index(kind)
