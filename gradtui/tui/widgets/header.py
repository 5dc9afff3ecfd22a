"""The first line: which scenario, what the worker does, how far and how fast."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.geometry import Size

from gradtui.tui import format
from gradtui.tui.palette import MUTED, STRONG, Ink, Run, Runs
from gradtui.tui.widgets.lines import Lines, ljust

if TYPE_CHECKING:
    from gradtui.lab.snapshot import Snapshot

#: State name -> what the header says.
STATES = {
    "starting": "… starting",
    "compiling": "… compiling",
    "running": "▶ running",
    "paused": "⏸ paused",
    "failed": "✕ stopped",
}


class Header(Lines):
    """Name on the left; state, step, speed, seed and number format on the right."""

    DEFAULT_CSS = "Header { height: 1; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self.pace: float | None = None
        self._snapshot: Snapshot | None = None

    def show(self, snapshot: Snapshot) -> None:
        """Draw a snapshot's figures."""
        self._snapshot = snapshot
        self.redraw()

    def lines(self, size: Size) -> list[Runs]:
        snapshot = self._snapshot
        if snapshot is None:
            return [((" gradtui", STRONG),)]
        state = snapshot.state.value
        speed = f"{format.rate(snapshot.steps_per_second)} steps/s" if state == "running" else ""
        if self.pace is not None:
            speed += f" (at most {self.pace:g})"
        facts = [
            STATES[state],
            # With room to grow, so that the line stands still.
            f"step {format.count(snapshot.step):<7}",
            f"{speed:<13}",
            f"seed {snapshot.scenario.seed}",
            snapshot.scenario.network.dtype,
        ]
        scenario = snapshot.scenario
        name = scenario.name or scenario.title or "a scenario of your own"

        def room() -> int:
            """Cells for the name and the title beside the facts."""
            return size.width - len(" gradtui  ") - sum(3 + len(fact) for fact in facts) - 1

        # What does not fit is left out from the right: number format, seed, speed.
        while len(facts) > 2 and room() < len(name):
            facts.pop()
        title = f"  {scenario.title}" if scenario.name and scenario.title else ""
        if len(name) + len(title) > room():
            title = ""
        ink = Ink("key" if state == "running" else "error" if state == "failed" else "accent", "", True)
        runs: list[Run] = [
            (" gradtui  ", Ink("key", "", True)),
            (name[: max(0, room())], STRONG),
            (title, MUTED),
            (" " * (room() - len(name) - len(title)), MUTED),
            ("   " + facts[0], ink),
            ("".join(f"   {fact}" for fact in facts[1:]), Ink()),
        ]
        return [ljust(runs, size.width)]
