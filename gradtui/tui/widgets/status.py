"""The status line: what the last command did, or the figures of the chosen layer, whichever came last."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from textual.geometry import Size

from gradtui.tui import format
from gradtui.tui.palette import MUTED, STRONG, Ink, Run, Runs
from gradtui.tui.widgets.lines import Lines, ljust

if TYPE_CHECKING:
    from gradtui.lab.snapshot import Snapshot

#: Gauges of the chosen layer, from left to right, with how they are printed.
_SHARES = ("saturated", "underflow", "dead", "zero_batch", "clipped")
_FIGURES = ("grad_rms", "delta_rms", "update_ratio", *_SHARES)


class StatusLine(Lines):
    """One line under the bars."""

    DEFAULT_CSS = "StatusLine { height: 1; }"

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._snapshot: Snapshot | None = None
        self._message = ""
        self._tap: int | None = None
        self._told, self._failed = "", False

    def tell(self, text: str, *, failed: bool = False) -> None:
        """Show what the screen itself has to say, until there is other news."""
        self._told, self._failed, self._tap = text, failed, None
        self.redraw()

    def show(self, snapshot: Snapshot) -> None:
        """Draw a snapshot: its message when it is a new one."""
        if snapshot.message != self._message:
            self._message, self._tap, self._told = snapshot.message, None, ""
        self._snapshot = snapshot
        self.redraw()

    def choose(self, tap: int | None) -> None:
        """Show the figures of a layer from now on."""
        self._tap, self._told = tap, ""
        self.redraw()

    def lines(self, size: Size) -> list[Runs]:
        snapshot = self._snapshot
        if snapshot is None:
            return []
        if self._told:
            return [_said(self._told, self._failed, size.width)]
        profile = snapshot.profile
        if self._tap is None or profile is None or self._tap >= len(profile.taps):
            return [_said(snapshot.message, snapshot.refused, size.width)]
        runs: list[Run] = [(f" layer {profile.taps[self._tap]}", STRONG)]
        for gauge in _FIGURES:
            if gauge in profile.gauges:
                value = float(profile[gauge][self._tap])
                if gauge in _SHARES and (math.isnan(value) or value == 0.0):
                    continue
                text = format.percent(value) if gauge in _SHARES else format.number(value)
                figure: list[Run] = [(f"   {gauge} ", MUTED), (text, Ink())]
                if sum(len(text) for text, _ in runs + figure) <= size.width:
                    runs += figure
        return [ljust(runs, size.width)]


def _said(text: str, failed: bool, width: int) -> Runs:
    """A sentence on one line; that it goes on where it does not fit is seen."""
    return ljust([(format.fitted(f" {text}", width), Ink("error" if failed else "accent"))], width)
