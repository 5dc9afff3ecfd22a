"""A runner without an engine: snapshots of plausible numbers, and a record of the commands it was sent."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from gradtui.gauges import GAUGES
from gradtui.lab.snapshot import Change, Command, Curves, Pause, Refusal, Resume, Snapshot, State, StepOnce
from gradtui.profile import GradientProfile
from gradtui.scenario.model import Network, Scenario


def scenario(depth: int = 30, **network: Any) -> Scenario:
    """A deep sigmoid network of this depth."""
    return Scenario(
        name="sigmoid-deep",
        title="Deep sigmoid network",
        group="Why it vanishes",
        promise="thirty layers, and the first one hears nothing",
        story="Every layer multiplies the signal by a **quarter** at most.\n\nThirty of them leave nothing.",
        source="Glorot & Bengio 2010",
        network=Network(depth=depth, **network),
    )


def taps(depth: int) -> tuple[str, ...]:
    """The names of the layers: 1, 2, ... and out."""
    return (*(str(layer) for layer in range(1, depth + 1)), "out")


def staircase(depth: int, factor: float = 0.236, top: float = 6e-2) -> list[float]:
    """A gradient that shrinks by `factor` with every layer, from the output back to the input."""
    return [top * factor ** (depth - layer) for layer in range(depth + 1)]


def profile(
    gradients: Sequence[float],
    signals: Sequence[float] | None = None,
    *,
    step: int = 0,
    loss: float = 2.302,
    accuracy: float = 0.1,
    names: Sequence[str] = (),
    time: Mapping[str, ArrayLike] | None = None,
    **gauges: Sequence[float],
) -> GradientProfile:
    """A profile with these values of grad_rms and delta_rms; gauges not given are NaN, shares are 0. `names` are those
    of the taps, else 1, 2, ... and out; `time` holds gauges over time, (layers, steps)."""
    count = len(gradients)
    table = {name: np.full(count, np.nan) for name in GAUGES}
    table |= {name: np.zeros(count) for name in ("nonfinite", "underflow", "saturated", "dead", "zero_batch")}
    table["grad_rms"] = np.array(gradients, np.float64)
    table["delta_rms"] = np.array(signals if signals is not None else [3 * g for g in gradients], np.float64)
    table["update_ratio"] = table["grad_rms"] / 10
    table |= {name: np.array(values, np.float64) for name, values in gauges.items()}
    over_time = {name: np.array(values, np.float64) for name, values in (time or {}).items()}
    return GradientProfile(step, tuple(names) or taps(count - 1), table, loss, accuracy, over_time)


class FakeRunner:
    """Hands out what a test has put there. `sent` holds the commands, `asked` counts the looks."""

    def __init__(self, chosen: Scenario, paused: bool = False) -> None:
        first = profile(staircase(chosen.network.depth))
        self.sent: list[Command] = []
        self.asked = 0
        self.started = self.closed = False
        self._snapshot = Snapshot(
            revision=1,
            state=State.PAUSED if paused else State.RUNNING,
            scenario=chosen,
            loaded=chosen,
            profile=first,
            first=first,
            steps_per_second=812.0,
            verdict="The gradient shrinks to 0.236 of itself at every layer on its way back to the input.",
            verdict_kind="vanishing",
        )

    def start(self) -> None:
        self.started = True

    def close(self) -> None:
        self.closed = True

    def send(self, command: Command) -> None:
        self.sent.append(command)
        if isinstance(command, Pause | StepOnce):
            self.change(state=State.PAUSED)
        elif isinstance(command, Resume):
            self.change(state=State.RUNNING)

    def snapshot(self) -> Snapshot:
        self.asked += 1
        return self._snapshot

    @property
    def revision(self) -> int:
        """The revision of the present snapshot."""
        return self._snapshot.revision

    def change(self, **changes: Any) -> None:
        """The next snapshot: the last one with these changes."""
        self._snapshot = replace(self._snapshot, revision=self._snapshot.revision + 1, **changes)

    def obey(self) -> None:
        """The next snapshot has all changes that were sent and not yet answered."""
        changes = self._unanswered()
        after = self._snapshot.scenario.replace(*(text for each in changes for text in each.assignments))
        self.change(scenario=after, settled=changes[-1].ticket, message="changed", refused=False)

    def refuse(self, reason: str) -> None:
        """The next snapshot refuses the oldest change that has not been answered."""
        ticket = self._unanswered()[0].ticket
        refusals = (*self._snapshot.refusals, Refusal(ticket, reason))
        self.change(settled=ticket, refusals=refusals, message=reason, refused=True)

    def _unanswered(self) -> list[Change]:
        return [each for each in self.sent if isinstance(each, Change) and each.ticket > self._snapshot.settled]

    def show(self, gradients: Sequence[float], signals: Sequence[float] | None = None, **more: Any) -> None:
        """The next snapshot has these gradients."""
        step = self._snapshot.step + 1
        self.change(profile=profile(gradients, signals, step=step, **more), step=step)

    def begin(self, gradients: Sequence[float], signals: Sequence[float] | None = None, **more: Any) -> None:
        """The next snapshot is step 0 of another run, with these gradients."""
        first = profile(gradients, signals, **more)
        self.change(profile=first, first=first, step=0)


class TrainingRunner(FakeRunner):
    """Trains in appearance: every look at it is a few steps on, every layer a few per cent off."""

    def __init__(self, chosen: Scenario, paused: bool = False, noise: float = 0.15) -> None:
        super().__init__(chosen, paused)
        self._random = np.random.default_rng(0)
        self._noise = noise
        assert self._snapshot.first is not None
        self._start = self._snapshot.first["grad_rms"]

    def snapshot(self) -> Snapshot:
        if self._snapshot.state is State.RUNNING:
            step = self._snapshot.step + 27
            drift = 10 ** (1.5 * np.sin(step / 4000) * np.linspace(1, 0, len(self._start)))
            noise = np.exp(self._noise * self._random.standard_normal((2, len(self._start))))
            gradients = self._start * drift * noise[0]
            steps = tuple(range(0, step, max(1, step // 200)))
            loss = tuple(0.2 + 2.1 * math.exp(-at / 3000) + 0.02 * math.sin(at) for at in steps)
            held = steps[:: max(1, len(steps) // 20)]
            curves = Curves(
                steps,
                loss,
                tuple(1 - value / 2.4 for value in loss),
                held,
                tuple(0.3 + 2.0 * math.exp(-at / 3000) for at in held),
                tuple(0.9 - 0.8 * math.exp(-at / 3000) for at in held),
            )
            self.change(
                step=step,
                profile=profile(
                    gradients.tolist(),
                    (3 * self._start * drift * noise[1]).tolist(),
                    step=step,
                    loss=loss[-1],
                    accuracy=0.5,
                ),
                curves=curves,
            )
        return super().snapshot()
