"""Screens in memory settle by what is left to do, not by the clock alone."""

from __future__ import annotations

import asyncio

import pytest
import textual.app
import textual.pilot

#: Turns of the event loop in which a message has gone from widget to widget, up to the screen, and been answered.
_TURNS = 60


@pytest.fixture(autouse=True)
def _settled(monkeypatch: pytest.MonkeyPatch) -> None:
    """Textual takes a process that gets no core for one that has nothing to do: what is under way is done first."""
    idle = textual.pilot.wait_for_idle

    async def settled(*seconds: float) -> None:
        await idle(*seconds)
        for _ in range(_TURNS):
            await asyncio.sleep(0)

    monkeypatch.setattr(textual.pilot, "wait_for_idle", settled)
    monkeypatch.setattr(textual.app, "wait_for_idle", settled)
