"""The verdict: what is wrong with the gradient, in a word and a sentence."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING

from textual.geometry import Size

from gradtui.tui import format
from gradtui.tui.palette import MUTED, Ink, Run, Runs
from gradtui.tui.widgets.lines import Lines, ljust

if TYPE_CHECKING:
    from gradtui.lab.snapshot import Snapshot

#: Verdicts and the band whose colour they share; others are plain.
_BAND_OF_KIND = {"dead": 1, "dying": 2, "vanishing": 3, "starved": 3, "healthy": 7, "exploding": 10, "nonfinite": 11}


def kind_ink(kind: str) -> Ink:
    """The ink of a verdict's name."""
    return Ink(f"band{_BAND_OF_KIND[kind]}" if kind in _BAND_OF_KIND else "accent", "", True)


def kind_text(kind: str) -> str:
    """A verdict's name as a heading."""
    return kind.replace("_", " ").upper()


class VerdictPanel(Lines):
    """The verdict as a paragraph."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._kind = self._sentence = self._expected = ""

    def show(self, snapshot: Snapshot) -> None:
        """Draw a snapshot's verdict, and what theory said of the signal before anything was trained."""
        self._kind, self._sentence, theory = snapshot.verdict_kind, snapshot.verdict, snapshot.theory
        factor = theory.factor if theory else math.nan
        self._expected = f"theory: ×{factor:#.3g} a layer" if math.isfinite(factor) else ""
        self.redraw()

    def lines(self, size: Size) -> list[Runs]:
        if not self._sentence:
            return [(("VERDICT", MUTED),), (("nothing measured yet", MUTED),)]
        heading = kind_text(self._kind) or "VERDICT"
        wrapped = [
            line
            for paragraph in self._sentence.splitlines()
            for line in textwrap.wrap(paragraph, max(8, size.width - 1)) or [""]
        ]
        if len(wrapped) > size.height - 1:
            last = max(0, size.height - 2)
            rest = " ".join(wrapped[last:])
            wrapped = [*wrapped[:last], format.begun(rest, size.width - 1).rstrip()][: size.height - 1]
        out: list[Runs] = [((heading[: size.width], kind_ink(self._kind)),), *(((line, Ink()),) for line in wrapped)]
        expected = textwrap.wrap(self._expected, max(8, size.width - 1))
        if len(out) + len(expected) <= size.height:
            out += [((line, MUTED),) for line in expected]
        return out


class VerdictLine(Lines):
    """The verdict in one line, for narrow terminals, with the loss at its end."""

    DEFAULT_CSS = "VerdictLine { height: 1; }"

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._snapshot: Snapshot | None = None

    def show(self, snapshot: Snapshot) -> None:
        """Draw a snapshot's verdict and loss."""
        self._snapshot = snapshot
        self.redraw()

    def lines(self, size: Size) -> list[Runs]:
        snapshot = self._snapshot
        if snapshot is None:
            return []
        loss = ""
        if snapshot.profile is not None:
            loss = f"loss {format.steady(snapshot.profile.loss)} "
        kind = kind_text(snapshot.verdict_kind)
        runs: list[Run] = [
            (" ", MUTED),
            (kind, kind_ink(snapshot.verdict_kind)),
            ("  " if kind else "", MUTED),
        ]
        room = size.width - 1 - len(kind) - (2 if kind else 0) - len(loss) - 2
        sentence = " ".join(snapshot.verdict.split())
        if sentence.upper().startswith(kind + " "):
            sentence = sentence[len(kind) + 1 :]
        runs += [(format.begun(sentence, max(0, room)) + "  ", Ink()), (loss, MUTED)]
        return [ljust(runs, size.width)]
