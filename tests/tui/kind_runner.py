"""A runner without an engine that stands in a recurrent network, a transformer or a GAN after 1,240 steps."""

from __future__ import annotations

import math
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import sights
from fake_runner import FakeRunner
from full_runner import EVERY, MADE, curves, inspection
from kinds import POST_LN, gan, recurrent, transformer
from opened import Opened, until

from gradtui.lab.snapshot import Command, History, Snapshot, Watch
from gradtui.lab.timeline import KEPT
from gradtui.profile import GradientProfile
from gradtui.scenario.model import Network, Scenario
from gradtui.tui.app import GradtuiApp

Measured = Callable[..., GradientProfile]

#: Name -> (kind of the network, its profile at a step).
NETS: dict[str, tuple[str, Measured]] = {
    "lstm-1": ("rnn", partial(recurrent, "lstm", 1, 100)),
    "lstm-4": ("rnn", partial(recurrent, "lstm", 4, 100, factor=0.8)),
    "rnn-1000": ("rnn", partial(recurrent, "rnn", 2, 1000, factor=0.98)),
    "gru-12": ("rnn", partial(recurrent, "gru", 2, 12, factor=0.6)),
    "rnn-1": ("rnn", partial(recurrent, "rnn", 1, 1)),
    "pre-2": ("transformer", partial(transformer, 2)),
    "post-6": ("transformer", partial(transformer, 6, POST_LN, decade=0.5)),
    "pre-24": ("transformer", partial(transformer, 24)),
    "gan-3": ("gan", partial(gan, 3, 2)),
    "gan-40": ("gan", partial(gan, 40, 25, dying=0.3)),
}

#: What a task of each kind looks like.
SIGHTS = {"rnn": sights.adding, "transformer": sights.copying, "gan": sights.ring}


def scenario_of(name: str) -> Scenario:
    """A scenario of this kind; of its network the screen reads little."""
    kind, measure = NETS[name]
    taps = len(measure().taps)
    return Scenario(name=name, title="A network of its kind", network=Network(kind=kind, depth=taps - 1))


class KindRunner(FakeRunner):
    """Stands at one step, all its numbers there."""

    measured: Measured

    def __init__(self, chosen: Scenario, paused: bool = False) -> None:
        super().__init__(chosen, paused)
        steps = range(0, MADE, EVERY)
        past = [self.measured(step=step) for step in steps]
        now: dict[str, Any] = {
            "profile": self.measured(step=MADE),
            "first": past[0],
            "step": MADE,
            "history": History(np.array(steps), {gauge: np.array([one[gauge] for one in past]) for gauge in KEPT}),
            "curves": curves(),
            "evaluation": {"loss": 0.48, "accuracy": 0.82},
            "verdict": "The gradient is healthy.",
            "verdict_kind": "healthy",
        }
        if self.shown.scenario.network.kind == "gan":
            past_curves = curves()
            generator = tuple(0.7 + 0.002 * at for at in past_curves.held_out_steps)
            nothing = (math.nan,) * len(past_curves.steps)
            now["curves"] = replace(past_curves, accuracy=nothing, held_out_accuracy=(), generator_loss=generator)
            now["evaluation"] = {"loss": 0.48, "generator_loss": generator[-1]}
        self.change(**now)

    @property
    def shown(self) -> Snapshot:
        """What is handed out now."""
        return self._snapshot

    def send(self, command: Command) -> None:
        super().send(command)
        if isinstance(command, Watch):
            layer = command.layer
            seen = None if layer is None else inspection(layer, 30)
            kind = self.shown.scenario.network.kind
            self.change(inspection=seen, sight=SIGHTS[kind]() if command.task else None)


def runner_of(name: str) -> type[KindRunner]:
    """The runner of one of `NETS`."""
    return type("OneKind", (KindRunner,), {"measured": staticmethod(NETS[name][1])})


@asynccontextmanager
async def opened_kind(name: str, size: tuple[int, int] = (80, 24), *keys: str) -> AsyncIterator[Opened]:
    """The lab in a network of its kind, with these keys pressed."""
    made: list[KindRunner] = []

    def make(chosen: Any, paused: bool) -> KindRunner:
        made.append(runner_of(name)(chosen, paused))
        return made[-1]

    app = GradtuiApp(scenario_of(name), paused=True, make=make)
    async with app.run_test(size=size, notifications=True) as pilot:
        await until(pilot, lambda: made and made[0].asked)
        opened = Opened(app, pilot, made[0])
        await opened.shown()
        await opened.press(*keys)
        await opened.shown()
        yield opened
    app.join()
