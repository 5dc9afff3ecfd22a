"""Every remedy, in one table: the race, the command line and the explanations all read it."""

from __future__ import annotations

from collections.abc import Iterable

from gradtui.diagnosis import remedies_layers, remedies_others, remedies_training
from gradtui.diagnosis.remedy import LeftOut, Remedy, Treatment
from gradtui.diagnosis.remedy import treatments as of
from gradtui.scenario.model import Scenario

#: In the order in which they are raced.
REMEDIES: tuple[Remedy, ...] = (*remedies_layers.REMEDIES, *remedies_others.REMEDIES, *remedies_training.REMEDIES)


def remedy(key: str) -> Remedy:
    """The remedy of this key; KeyError when there is none."""
    for each in REMEDIES:
        if each.key == key:
            return each
    raise KeyError(f"there is no remedy {key!r}")


def treatments(kinds: Iterable[str], scenario: Scenario) -> tuple[tuple[Treatment, ...], tuple[LeftOut, ...]]:
    """What can be tried against these verdicts on this scenario, and what cannot, with the reason."""
    return of(kinds, scenario, REMEDIES)
