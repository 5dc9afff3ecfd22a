"""Notices that stand in place of the bars: starting, compiling, what went wrong, not enough room."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from textual.geometry import Size

from gradtui.tui.arrangement import LEAST_HEIGHT, LEAST_WIDTH
from gradtui.tui.palette import MUTED, STRONG, Ink, Run, Runs
from gradtui.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from gradtui.lab.snapshot import Compiling, Snapshot

ONCE = "This happens once per machine; the compiled kernels are kept for the next start."


def is_wanted(snapshot: Snapshot) -> bool:
    """Whether a snapshot has something to say that stands in place of the bars."""
    return snapshot.state.value in ("compiling", "failed") or snapshot.profile is None


class Notice(Lines):
    """Progress of the first start, or the problem that stopped the run."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._snapshot: Snapshot | None = None

    def show(self, snapshot: Snapshot) -> None:
        """Draw a snapshot."""
        self._snapshot = snapshot
        self.redraw()

    def lines(self, size: Size) -> list[Runs]:
        width = min(64, size.width - 6)
        paragraph = self._paragraph(width)
        top = max(0, (size.height - len(paragraph)) // 2)
        indent: Run = (" " * max(0, (size.width - width) // 2), MUTED)
        return [(), *([()] * (top - 1)), *((indent, *runs) for runs in paragraph)][: size.height]

    def _paragraph(self, width: int) -> list[Runs]:
        snapshot = self._snapshot
        if snapshot is not None and snapshot.state.value == "failed":
            return _failure(snapshot.problem, width)
        if snapshot is not None and snapshot.compiling is not None:
            return _progress(snapshot.compiling, width)
        return [(("starting the engine ...", STRONG),)]


def _failure(problem: str, width: int) -> list[Runs]:
    hint = "r starts again, k changes a setting, Esc goes back to the gallery"
    out: list[Runs] = [(("the run has stopped", Ink("error", "", True)),), ()]
    for part in problem.splitlines():
        out += [((line, Ink()),) for line in textwrap.wrap(part, width) or [""]]
    return [*out, (), *(((line, MUTED),) for line in textwrap.wrap(hint, width))]


def _progress(compiling: Compiling, width: int) -> list[Runs]:
    done = width * compiling.done // max(1, compiling.total)
    number = min(compiling.done + 1, compiling.total)
    heading = f"compiling kernel {number} of {compiling.total}: {compiling.kernel}"
    out: list[Runs] = [
        ((heading[:width], STRONG),),
        (("━" * done, Ink("key")), ("─" * (width - done), Ink("faint"))),
        (),
    ]
    return [*out, *(((line, MUTED),) for line in textwrap.wrap(ONCE, width))]


class TooSmall(Lines):
    """One sentence in place of everything."""

    def lines(self, size: Size) -> list[Runs]:
        sentence = (
            f"gradtui needs {LEAST_WIDTH} columns and {LEAST_HEIGHT} lines; this terminal has "
            f"{size.width} by {size.height}. Make it larger: the run goes on."
        )
        out: list[Runs] = [((line, Ink()),) for line in textwrap.wrap(sentence, max(1, size.width))]
        return out
