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
    """The gravest verdict that this profile supports; `healthy` if none does."""
    factor = signal_factor(profile)
    for judge in (_nonfinite, _wall, _exploding, _vanishing, _dying, _saturated):
        found = judge(profile, scenario, factor)
        if found is not None:
            return Verdict(*found, factor)
    if math.isnan(factor):
        return Verdict("healthy", "no hidden layer lies between the input and the output", factor)
    return Verdict("healthy", f"the signal reaches layer 1 at ×{factor:.3g} a layer", factor)


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
        where = f"first at layer {profile.taps[bad[0]]}"
    loss = "NaN" if math.isnan(profile.loss) else f"{profile.loss:.3g}"
    return "nonfinite", f"NaN or inf {where}; the loss is {loss}: nothing can be learned from here"


def _wall(profile: GradientProfile, scenario: Scenario, factor: float) -> Found:
    return _dead_layer(profile, at.WALL, "dead")


def _dying(profile: GradientProfile, scenario: Scenario, factor: float) -> Found:
    return _dead_layer(profile, at.DYING, "dying")


def _dead_layer(profile: GradientProfile, share: float, kind: str) -> Found:
    dead = profile["dead"]
    worst = int(np.argmax(dead))
    if dead[worst] < share:
        return None
    layer = f"layer {profile.taps[worst]}"
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
        f"×{factor:.3g} a layer: layer 1 hears {times:.2g} times what the output hears{_causes(profile)}",
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
    return "vanishing", (f"×{factor:.3g} a layer: layer 1 hears {share:.2g} of what the output hears{_causes(profile)}")


def _saturated(profile: GradientProfile, scenario: Scenario, factor: float) -> Found:
    hidden = profile["saturated"][:-1]
    if len(hidden) == 0 or hidden.max() < at.SATURATED:
        return None
    worst = int(np.argmax(hidden))
    return "saturated", f"{hidden[worst]:.0%} of the activations of layer {profile.taps[worst]} lie where φ is flat"


def _causes(profile: GradientProfile) -> str:
    """What weights and slopes do on their own, as mean factors a layer; empty where nothing finite was measured."""
    parts = []
    for name, gauge in (("φ'", "gain_slope"), ("weights", "gain_weight")):
        gains = profile[gauge][1:]
        gains = gains[np.isfinite(gains)]
        if len(gains):
            parts.append(f"{name} ×{10 ** float(gains.mean()):.3g}")
    return f" ({', '.join(parts)})" if parts else ""
