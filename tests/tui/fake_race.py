"""A race and a pair without an engine: standings and looks of plausible numbers."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

from fake_runner import staircase
from full_runner import measured

from gradtui.diagnosis import Verdict
from gradtui.diagnosis.remedies import treatments
from gradtui.diagnosis.standing import Row, Stage, Standing, ranked
from gradtui.lab.pairing import PairCommand, PairSnapshot, Side
from gradtui.lab.snapshot import Pause, Resume, State, StepOnce
from gradtui.scenario.model import Scenario

#: Remedy -> (loss after 200 steps, accuracy, factor before and after, how far the first layer moved, the verdict).
MEASURED = {
    "selu_lecun": (0.127, 0.944, 1.02, 1.04, 0.059, "healthy"),
    "batch_norm": (0.38, 0.958, 1.02, 1.04, 0.15, "healthy"),
    "relu_he": (1.297, 0.694, 0.983, 1.01, 0.05, "healthy"),
    "residual": (1.932, 0.761, 0.838, 0.858, 0.21, "healthy"),
    "highway": (2.175, 0.531, 0.929, 0.933, 0.17, "healthy"),
    "gelu_he": (2.302, 0.078, 0.91, 0.815, 0.0013, "healthy"),
    "layer_norm": (2.303, 0.089, 0.399, 0.399, 0.0, "vanishing"),
    "clip_norm": (2.311, 0.103, 0.246, 0.246, 0.0, "vanishing"),
    "float64": (2.311, 0.103, 0.246, 0.246, 0.0, "vanishing"),
    "momentum": (2.31, 0.089, 0.246, 0.246, 0.0, "vanishing"),
    "nag": (2.309, 0.089, 0.246, 0.246, 0.0, "vanishing"),
    "dropout": (2.349, 0.103, 0.267, 0.265, 0.0, "vanishing"),
    "faster": (float("nan"), float("nan"), 0.246, float("nan"), float("nan"), "nonfinite"),
}


def standing(scenario: Scenario, stage: Stage = Stage.DONE) -> Standing:
    """What a race of a deep sigmoid network comes to."""
    made = {treatment.remedy.key: treatment for treatment in treatments(["vanishing"], scenario)[0]}
    rows = [_row("", "unchanged", (), scenario, (2.311, 0.103, 0.246, 0.246, 0.0, "vanishing"))]
    for key, numbers in MEASURED.items():
        if key not in made:
            continue  # without hidden layers
        treatment = made[key]
        row = _row(key, treatment.remedy.label, treatment.assignments, treatment.scenario, numbers)
        rows.append(replace(row, myth=treatment.remedy.myth, diverged=key == "faster", tenth=key == "selu_lecun"))
    verdict = Verdict("vanishing", "×0.238 a layer: layer 1 hears 1.9e-19 of what the output hears", 0.238)
    return Standing(
        scenario,
        stage,
        verdicts=(verdict,),
        kinds=("vanishing",),
        rows=ranked(rows, 2.301, ("vanishing",)),
        chance=2.301,
        steps=200,
        seconds=6.9,
        budget=7.5,
    )


def _row(key: str, label: str, assignments: tuple[str, ...], scenario: Scenario, numbers: tuple[Any, ...]) -> Row:
    loss, accuracy, before, after, moved, kind = numbers
    losses = tuple(2.311 + (loss - 2.311) * leg / 11 for leg in range(12))
    return Row(
        key,
        label,
        assignments,
        scenario,
        rate=0.1,
        steps=200,
        loss=loss,
        losses=losses,
        accuracy=accuracy,
        factor_before=before,
        factor_after=after,
        moved=moved,
        update=moved / 100,
        microseconds=931.0,
        verdict=kind,
        sentence="the signal reaches layer 1" if kind == "healthy" else "layer 1 hears next to nothing",
        relieved=kind == "healthy",
    )


class FakeRace:
    """A race that is over at once. `made` are all of them, with what was found and the budget."""

    made: ClassVar[list[FakeRace]] = []

    def __init__(self, scenario: Scenario, found: Sequence[Verdict], budget: float) -> None:
        self.scenario, self.found, self.budget = scenario, tuple(found), budget
        self.started = self.stopped = self.joined = False
        self.now = standing(scenario)
        FakeRace.made.append(self)

    def start(self) -> None:
        self.started = True

    def stop(self) -> None:
        self.stopped = True

    def join(self) -> None:
        self.joined = True

    def standing(self) -> Standing:
        return self.now


class FakePair:
    """Two networks that stand at one step. `made` are all of them."""

    made: ClassVar[list[FakePair]] = []

    def __init__(self, left: Scenario, right: Scenario) -> None:
        self.scenarios = left, right
        self.started = self.closed = False
        self.sent: list[PairCommand] = []
        depth = left.network.depth
        sides = []
        for scenario, factor in ((left, 0.236), (right, 0.9)):
            now = measured(depth, 1240)
            gauges = dict(now.gauges)
            gauges["grad_rms"] = gauges["grad_rms"] * 0 + staircase(depth, factor)
            gauges["delta_rms"] = 3 * gauges["grad_rms"]
            profile = replace(now, gauges=gauges)
            losses = tuple(2.3 - (0.0 if factor < 0.5 else 0.03 * at) for at in range(60))
            kind = "vanishing" if factor < 0.5 else "healthy"
            sides.append(Side(scenario, profile, profile, losses, 0.1, kind, f"×{factor} a layer"))
        self.now = PairSnapshot(1, State.RUNNING, sides[0], sides[1], 1240)
        FakePair.made.append(self)

    def start(self) -> None:
        self.started = True

    def close(self) -> None:
        self.closed = True

    def join(self) -> None:
        assert self.closed

    def send(self, command: PairCommand) -> None:
        self.sent.append(command)
        state = {Pause: State.PAUSED, StepOnce: State.PAUSED, Resume: State.RUNNING}.get(type(command), self.now.state)
        self.now = replace(self.now, revision=self.now.revision + 1, state=state)

    def snapshot(self) -> PairSnapshot:
        return self.now
