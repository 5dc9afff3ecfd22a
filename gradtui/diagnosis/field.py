"""The field of a race: which runs there are, in which order they are begun, and how many of them there is room for."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress

from gradtui.diagnosis.entrant import Entrant, at_a_tenth
from gradtui.diagnosis.remedy import Treatment
from gradtui.scenario.model import Scenario

_FLOW = (
    *("batch_norm", "selu_lecun", "residual", "pre_ln", "residual_blocks", "non_saturating", "lstm_open", "gru_open"),
    *(
        "shallower",
        "relu_he",
        "irnn",
        "clip_norm",
        "highway",
        "momentum",
        "dropout",
        "adam",
        "nag",
        "tanh_xavier",
        "rezero",
    ),
)
_SIZE = ("selu_lecun", "he", "orthogonal_state", "pre_ln", "clip_norm", "layer_norm", "slower", "batch_norm", "xavier")
#: Verdict -> the remedies that are begun first: the likeliest cures, and after them what is most often advised. Where
#: there is no time for all, these are the ones that run.
FIRST: Mapping[str, tuple[str, ...]] = {
    "vanishing": _FLOW,
    "underflow": _FLOW,
    "masked": _FLOW,
    "stalled": ("hidden_layers", *_FLOW),
    "short_memory": ("all_the_way", "gates_open", *_FLOW),
    "exploding": _SIZE,
    "nonfinite": _SIZE,
    "dying": ("leaky_he", "elu_lecun", "no_bias", "slower", "batch_norm", "shallower"),
    "saturated": ("xavier", "tanh_xavier", "batch_norm", "relu_he"),
    "identical": ("residual", "batch_norm", "residual_blocks", "pre_ln", "selu_lecun"),
    "rate_high": ("slower", "much_slower", "clip_norm", "batch_norm"),
}


#: A run whose steps cost more than so many of the unchanged one makes fewer of them; its row says how many. A highway
#: layer costs three plain ones.
DEAREST = 4.0


def free_memory() -> int:
    """Bytes that may still be used; where the system does not say, four gigabytes."""
    with suppress(OSError, ValueError), open("/proc/meminfo") as known:
        # What files are kept in is given back when it is needed; on a machine that has run for long it is nearly all.
        for name, _, amount in (line.partition(":") for line in known):
            if name == "MemAvailable":
                return int(amount.split()[0]) * 1024
    try:
        return os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, OSError, ValueError):
        return 4 << 30


def fields(scenario: Scenario, ready: Sequence[Treatment], kinds: Sequence[str]) -> list[list[Entrant]]:
    """The runs of the unchanged scenario, then of each remedy, in the order in which they are begun."""
    first = FIRST.get(kinds[0], ())
    order = {key: place for place, key in enumerate(first)}
    likeliest = sorted(ready, key=lambda each: order.get(each.remedy.key, len(first)))
    return [
        [Entrant(None, scenario, (), False, kinds[0])],
        *(_runs(treatment, kinds[0]) for treatment in likeliest),
    ]


def _runs(treatment: Treatment, against: str) -> list[Entrant]:
    """The runs of one remedy: at its own learning rate and at a tenth, unless the rate is the remedy."""
    field = [Entrant(treatment, treatment.scenario, treatment.assignments, False, against)]
    if not treatment.remedy.is_rate and (slower := at_a_tenth(treatment.scenario)) is not None:
        scenario, rates = slower
        keys = {each.partition("=")[0] for each in rates}
        kept = tuple(each for each in treatment.assignments if each.partition("=")[0] not in keys)
        field[0].spare = Entrant(treatment, scenario, (*kept, *rates), True, against)
        field.append(field[0].spare)
    return field


def expect_of(fields: Sequence[Sequence[Entrant]], made: int) -> None:
    """Let runs that are much dearer than the unchanged one make fewer steps than the others, of the `made` too."""
    # By the thread's own time: what a run waits for others is none of its cost.
    dearest = DEAREST * fields[0][0].row.microseconds
    for field in fields:
        for entrant in field:
            if 0.0 < dearest < entrant.row.microseconds:
                entrant.weight = dearest / entrant.row.microseconds
                entrant.owed -= (1.0 - entrant.weight) * made


def seconds_of(entrants: Iterable[Entrant]) -> float:
    """What one step of each takes, one after the other."""
    return sum(each.cost * each.weight for each in entrants if not each.row.diverged)
