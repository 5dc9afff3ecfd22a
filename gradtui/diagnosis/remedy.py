"""A remedy: a change of scenario that may cure a verdict; and which of them can be tried on a given network."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from gradtui.lab.changes import changed_keys
from gradtui.scenario.errors import ScenarioError
from gradtui.scenario.meaning import Meaning
from gradtui.scenario.model import Scenario


class NotHere(Exception):
    """Why a remedy cannot be tried on a scenario, as half a sentence."""


Assignments = tuple[str, ...]


@dataclass(frozen=True)
class Remedy:
    """One row of the table.

    `kinds` are the verdicts that it is tried for, `networks` the kinds of network that it fits. `change` is what it
    assigns, or says so for a scenario (or raises NotHere). `myth` says why what is often advised cannot help against
    `myth_kinds`; it is raced all the same, and the race decides. `is_rate`: it is a learning rate, so that no other
    one is tried with it.
    """

    key: str
    label: str
    kinds: tuple[str, ...]
    networks: tuple[str, ...]
    change: Assignments | Callable[[Scenario], Assignments]
    meaning: Meaning
    myth: str = ""
    myth_kinds: tuple[str, ...] = ()
    is_rate: bool = False

    def assignments(self, scenario: Scenario) -> Assignments:
        """What it changes in this scenario, in dotted form."""
        return self.change(scenario) if callable(self.change) else self.change


@dataclass(frozen=True)
class Treatment:
    """A remedy made ready for one scenario: `scenario` is the one with `assignments` made."""

    remedy: Remedy
    assignments: Assignments
    scenario: Scenario


@dataclass(frozen=True)
class LeftOut:
    """A remedy that is not tried here, and why."""

    remedy: Remedy
    reason: str


def treatments(
    kinds: Iterable[str], scenario: Scenario, remedies: Sequence[Remedy]
) -> tuple[tuple[Treatment, ...], tuple[LeftOut, ...]]:
    """The remedies that can be tried against these verdicts, in the order of the table, and those that cannot."""
    wanted = set(kinds)
    ready: list[Treatment] = []
    left_out: list[LeftOut] = []
    for remedy in remedies:
        if not wanted & set(remedy.kinds) or scenario.network.kind not in remedy.networks:
            continue
        try:
            assignments = remedy.assignments(scenario)
            treated = scenario.replace(*assignments)
        except (NotHere, ScenarioError) as error:
            left_out.append(LeftOut(remedy, " ".join(str(error).split())))
            continue
        if not _hidden_in(treated) and _of_hidden(assignments):
            left_out.append(LeftOut(remedy, "there is no hidden layer"))
        elif treated == scenario:
            left_out.append(LeftOut(remedy, "the scenario has it already"))
        elif same := next((each for each in ready if each.scenario == treated), None):
            left_out.append(LeftOut(remedy, f"the same change as {same.remedy.label}"))
        else:
            ready.append(Treatment(remedy, _said(scenario, treated, assignments), treated))
    return tuple(ready), tuple(left_out)


#: What says how a hidden layer is made.
_HIDDEN = tuple(f"network.{key}=" for key in ("activation", "norm", "skip", "dropout", "init_bias"))


def _hidden_in(scenario: Scenario) -> bool:
    network = scenario.network
    return network.kind not in ("mlp", "cnn") or network.depth > 0 or bool(network.layer)


def _of_hidden(assignments: Assignments) -> bool:
    """Whether a change is about hidden layers."""
    return any(each.startswith(_HIDDEN) for each in assignments)


def _said(before: Scenario, after: Scenario, assignments: Assignments) -> Assignments:
    """The assignments without those that change nothing here."""
    keys = changed_keys(before, after)
    return tuple(each for each in assignments if each.partition("=")[0] in keys)
