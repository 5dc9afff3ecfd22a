"""Snapshots of real simulations for the screen, without a thread: what the runner would hand out."""

from __future__ import annotations

from typing import Any

from opened import Opened

from gradtui import Scenario, Simulation
from gradtui.lab.inspecting import inspect
from gradtui.lab.inspection import Inspection
from gradtui.lab.sight import Sight
from gradtui.lab.sighting import see
from gradtui.lab.timeline import Timeline


def simulation(steps: int = 0, *changes: str, **tables: Any) -> Simulation:
    """A small network on the digits, or what the tables say, after some steps."""
    tables.setdefault("network", {"depth": 2, "width": 16})
    made = Simulation(Scenario.from_dict({"optimizer": {"name": "adam", "lr": 0.02}, **tables}).replace(*changes))
    made.step(steps)
    return made


async def show_layer(opened: Opened, made: Simulation, layer: int) -> Inspection:
    """Show one tap of a simulation; what was measured of it."""
    profile, timeline = made.profile(), Timeline()
    timeline.add(profile)
    seen = inspect(made, layer)
    opened.runner.change(profile=profile, first=profile, history=timeline.history(), inspection=seen)
    await opened.shown()
    return seen


async def show_task(opened: Opened, made: Simulation) -> Sight:
    """Show the task as a simulation sees it; what was measured."""
    seen = see(made)
    opened.runner.change(sight=seen)
    await opened.shown()
    return seen
