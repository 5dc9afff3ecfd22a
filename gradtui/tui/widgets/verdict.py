"""The verdict: what is wrong with the gradient, in a word and a sentence, with the numbers that show it."""

from __future__ import annotations

import math
import textwrap
from typing import TYPE_CHECKING

from textual.events import Click
from textual.geometry import Size
from textual.message import Message

from gradtui.tui import format, pages
from gradtui.tui.palette import KEY, MUTED, Ink, Run, Runs
from gradtui.tui.widgets.lines import Lines, ljust

if TYPE_CHECKING:
    from gradtui.lab.snapshot import Judged, Snapshot


class _Opens(Lines):
    """A click asks for the whole diagnosis."""

    class Asked(Message):
        """The whole diagnosis is wanted."""

    def on_click(self, event: Click) -> None:
        event.stop()
        self.post_message(self.Asked())


class VerdictPanel(_Opens):
    """The first verdict as a paragraph with its evidence, and the others in a line each."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._verdicts: tuple[Judged, ...] = ()
        self._kind = self._sentence = self._expected = ""

    def show(self, snapshot: Snapshot) -> None:
        """Draw a snapshot's verdicts, and what theory said of the signal before anything was trained."""
        self._verdicts = snapshot.verdicts
        self._kind, self._sentence, theory = snapshot.verdict_kind, snapshot.verdict, snapshot.theory
        factor = theory.factor if theory else math.nan
        self._expected = f"theory: ×{factor:#.3g} a {theory.per}" if theory and math.isfinite(factor) else ""
        self.redraw()

    def lines(self, size: Size) -> list[Runs]:
        if not self._sentence:
            return [(("VERDICT", MUTED),), (("nothing measured yet", MUTED),)]
        width = max(8, size.width - 1)
        head, numbers, others, keys = self._head(width), self._numbers(width), self._others(width), _keys(self._kind)
        sentence = [
            line
            for paragraph in self._sentence.splitlines()
            for line in textwrap.wrap(paragraph, width, break_on_hyphens=False) or [""]
        ]
        expected = [((line, MUTED),) for line in textwrap.wrap(self._expected, width)]
        # The keys stay as long as there is room for the sentence and them; the rest gives way from the end.
        room = size.height - len(head) - 1
        rest = [*numbers, *others, *expected]
        if len(sentence) > room:
            last = max(0, room - 1)
            cut = format.begun(" ".join(sentence[last:]), width).rstrip()
            sentence = [*sentence[:last], cut][:room]
        out = [*head, *(((line, Ink()),) for line in sentence)]
        out += rest[: max(0, size.height - 1 - len(out))]
        return [*out[: size.height - 1], keys] if size.height > len(head) + 1 else out[: size.height]

    def _head(self, width: int) -> list[Runs]:
        text = pages.kind_text(self._kind) or "VERDICT"
        head: list[Run] = [(text[:width], pages.kind_ink(self._kind))]
        if not self._verdicts:
            return [tuple(head)]
        first = self._verdicts[0]
        factor = pages.factor_text(first)
        if factor and len(text) + len(factor) < width:
            head.append((factor.rjust(width - len(text)), MUTED))
        where = pages.place_and_time(first)
        return [tuple(head), *([((where[:width], MUTED),)] if where else [])]

    def _numbers(self, width: int) -> list[Runs]:
        return pages.evidence(self._verdicts[0], width) if self._verdicts else []

    def _others(self, width: int) -> list[Runs]:
        out: list[Runs] = []
        for other in self._verdicts[1:]:
            name = pages.kind_text(other.kind).lower()
            said = format.begun(other.sentence, max(0, width - len(name) - 3)).rstrip()
            out.append((("+ ", MUTED), (name, pages.kind_ink(other.kind)), (f" {said}", MUTED)))
        return out


def _keys(kind: str) -> Runs:
    """Where to go from here: the whole diagnosis, and the cures where something is wrong."""
    runs: list[Run] = [("v", KEY), (" all of it", MUTED)]
    if kind != "healthy":
        runs += [("   F", KEY), (" race cures", MUTED)]
    return tuple(runs)


class VerdictLine(_Opens):
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
        kind = pages.kind_text(snapshot.verdict_kind)
        more = f" (+{len(snapshot.verdicts) - 1})" if len(snapshot.verdicts) > 1 else ""
        runs: list[Run] = [
            (" ", MUTED),
            (kind, pages.kind_ink(snapshot.verdict_kind)),
            (more, MUTED),
            ("  " if kind else "", MUTED),
        ]
        room = size.width - sum(len(text) for text, _ in runs) - len(loss) - 2
        sentence = " ".join(snapshot.verdict.split())
        if sentence.upper().startswith(kind + " "):
            sentence = sentence[len(kind) + 1 :]
        runs += [(format.begun(sentence, max(0, room)) + "  ", Ink()), (loss, MUTED)]
        return [ljust(runs, size.width)]
