"""Profiles and pasts made by hand: everything is healthy but for what a test says."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from gradtui import Scenario
from gradtui.diagnosis import Verdict, verdicts
from gradtui.gauges import GAUGES
from gradtui.lab.chance import Chance
from gradtui.lab.past import Past
from gradtui.lab.snapshot import Curves
from gradtui.profile import GradientProfile

CHANCE = math.log(10.0)


def made(hidden: int = 10, step: int = 0, loss: float = CHANCE, **gauges: object) -> GradientProfile:
    """A profile of so many hidden layers; a gauge is one number for all taps, or one for each."""
    taps = (*(str(number) for number in range(1, hidden + 1)), "out")
    rows = {name: np.zeros(len(taps)) for name in GAUGES}
    rows |= {name: np.ones(len(taps)) for name in ("delta_rms", "grad_rms", "activation_std")}
    rows["update_ratio"] = np.full(len(taps), 1e-3 if step else math.nan)
    rows["similarity"] = np.full(len(taps), 0.5)
    rows |= {name: np.full(len(taps), value) * np.ones(len(taps)) for name, value in gauges.items()}
    return GradientProfile(step, taps, rows, loss, math.nan)


def staircase(factor: float, hidden: int = 10) -> list[float]:
    """A signal that each layer multiplies with `factor` on its way back."""
    return [factor ** (hidden - place) for place in range(hidden + 1)]


def lived(losses: Sequence[float], *profiles: GradientProfile, chance: float = CHANCE, **more: object) -> Past:
    """The past of a run with these losses, a step each."""
    curves = Curves(tuple(range(len(losses))), tuple(losses), (math.nan,) * len(losses))
    return replace(Past(profiles, curves, chance=Chance(chance, 0.1)), **more)  # type: ignore[arg-type]


def of(profile: GradientProfile, past: Past | None = None, **tables: dict[str, object]) -> dict[str, Verdict]:
    """The verdicts by kind, ranked."""
    return {verdict.kind: verdict for verdict in verdicts(profile, Scenario.from_dict(tables), past)}


def first(profile: GradientProfile, past: Past | None = None, **tables: dict[str, object]) -> Verdict:
    """The gravest verdict."""
    return verdicts(profile, Scenario.from_dict(tables), past)[0]
