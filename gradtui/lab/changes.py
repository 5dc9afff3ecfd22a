"""What a change of scenario does to a run: nothing, a knob turned live, a program exchanged, or a fresh start."""

from __future__ import annotations

from enum import Enum
from typing import Any

import msgspec

from gradtui.engine.knobs import KNOBS
from gradtui.scenario.model import Scenario


class Effect(Enum):
    """How a change takes hold, from the lightest to the heaviest."""

    NOTHING = 0
    LIVE = 1
    CARRIED = 2
    RESTART = 3


#: Keys that no running network depends on.
_TEXTS = {"name", "title", "group", "promise", "story", "source", "steps", "variant", "expect", "lesson"}
#: Keys whose values the running program reads anew at each step.
_LIVE = {f"optimizer.{name}" for name in KNOBS} | {
    "task.label_smoothing",
    "network.negative_slope",
    "network.alpha",
    "network.beta",
    "network.skip_scale",
    "network.truncation",
    "network.embedding_scale",
    "task.weight_bound",
    "generator.lr",
    "generator.momentum",
    "generator.beta1",
    "generator.beta2",
    "generator.discriminator_first",
}
#: Keys that need another program but leave the weights' shapes and first values alone.
_CARRIED = {
    "network.activation",
    "network.prelu_share",
    "network.dropout",
    "network.causal",
    "optimizer.name",
    "task.batch",
    "generator.activation",
    "generator.output",
    "generator.optimizer",
    "generator.discriminator_steps",
}


def changed_keys(before: Scenario, after: Scenario) -> dict[str, tuple[Any, Any]]:
    """The keys in dotted form whose values differ, with both values; what follows from them, that a family has lost a
    member, is no change."""
    # Names alone: `msgspec.structs.fields` reads every annotation anew, 1 ms a scenario.
    found: dict[str, tuple[Any, Any]] = {}
    for name in before.__struct_fields__:
        old, new = getattr(before, name), getattr(after, name)
        if old is new or old == new or name in ("variant", "expect"):
            continue
        if not isinstance(old, msgspec.Struct):
            found[name] = (old, new)
            continue
        for inner in old.__struct_fields__:
            values = getattr(old, inner), getattr(new, inner)
            if values[0] != values[1]:
                found[f"{name}.{inner}"] = values
    return found


def effect_of(before: Scenario, after: Scenario) -> Effect:
    """The heaviest effect among all changed keys."""
    effect = Effect.NOTHING
    for key in changed_keys(before, after):
        # A schedule may last as long as the scenario.
        scheduled = key == "steps" and after.optimizer.schedule != "constant"
        if key in _TEXTS and not scheduled:
            continue
        # Where there is dropout already its rate is a number like another; its first or last needs another program.
        turned = key == "network.dropout" and min(before.network.dropout, after.network.dropout) > 0.0
        live = key in _LIVE or scheduled or turned
        carried = key in _CARRIED or (key == "task.length" and _reads_any_length(before) and _reads_any_length(after))
        # Another game between the same two networks.
        carried |= key == "task.loss" and before.network.kind == after.network.kind == "gan"
        own = Effect.LIVE if live else Effect.CARRIED if carried else Effect.RESTART
        effect = max(effect, own, key=lambda each: each.value)
    return effect


def _reads_any_length(scenario: Scenario) -> bool:
    """Whether the same weights serve at every time step, however many there are."""
    network = scenario.network
    return network.kind == "rnn" or (network.kind == "transformer" and network.positions != "learned")


def forecast(before: Scenario, after: Scenario) -> str:
    """What a change will do to the run, before it is made."""
    effect = effect_of(before, after)
    if effect is Effect.RESTART:
        return f"starts again at step 0, {'seed kept' if before.seed == after.seed else 'with another seed'}"
    if effect is Effect.CARRIED:
        return "another program, the weights go on"
    return "live, the run goes on" if effect is Effect.LIVE else "the run stays as it is"


def sentence(before: Scenario, after: Scenario, effect: Effect, step: int) -> str:
    """What happened, for the status line."""
    keys = changed_keys(before, after)
    what = ", ".join(f"{_short(key)} {old} → {new}" for key, (old, new) in keys.items())
    if effect is Effect.RESTART:
        return f"{what}: needs new weights, restarted at step 0 with seed {after.seed}"
    if effect is Effect.CARRIED:
        return f"{what}: changed at step {step:,}, the weights go on"
    if effect is Effect.LIVE:
        return f"{what}: changed live at step {step:,}"
    return "nothing changed"


def _short(key: str) -> str:
    """`network.depth` is depth, but `optimizer.name` the optimizer."""
    table, _, name = key.partition(".")
    return table if name in ("", "name") else name
