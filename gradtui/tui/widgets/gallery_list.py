"""The gallery's list: shipped scenarios under the headings of their groups, narrowed by what is typed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from textual.events import Click, MouseScrollDown, MouseScrollUp
from textual.geometry import Size
from textual.message import Message

from gradtui.tui import format
from gradtui.tui.palette import MUTED, Ink, Runs
from gradtui.tui.widgets.lines import Lines, ljust

if TYPE_CHECKING:
    from gradtui.scenario.model import Scenario

Entry = tuple[str, "Scenario"]


def matches(entry: Entry, query: str) -> bool:
    """Whether every typed word occurs in what a scenario says of itself."""
    name, scenario = entry
    network = scenario.network
    text = " ".join(
        (
            name,
            scenario.title,
            scenario.group,
            scenario.promise,
            scenario.source,
            scenario.story,
            network.activation,
            network.init,
            scenario.optimizer.name,
            scenario.task.name,
        )
    ).lower()
    return all(word in text for word in query.lower().split())


class GalleryList(Lines):
    """Titles to choose from; two lines each when there is room."""

    class Highlighted(Message):
        """The cursor stands on another scenario."""

    class Opened(Message):
        """The scenario under the cursor was asked for."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._all: list[Entry] = []
        self._shown: list[Entry] = []
        self._at = 0
        self._top = 0
        #: For each line of the whole list, which entry it belongs to; None for headings and gaps.
        self._owners: list[int | None] = []

    def fill(self, entries: Sequence[Entry], chosen: str = "") -> None:
        """Take a library, with the cursor on the scenario named."""
        self._all = list(entries)
        self.narrow("")
        self._at = next((at for at, (name, _) in enumerate(self._shown) if name == chosen), 0)
        self.redraw()

    def narrow(self, query: str) -> None:
        """Keep only the scenarios that match."""
        here = self.current
        self._shown = [entry for entry in self._all if matches(entry, query)]
        self._at = self._shown.index(here) if here in self._shown else 0
        self.redraw()
        self.post_message(self.Highlighted())

    @property
    def current(self) -> Entry | None:
        """The entry under the cursor."""
        return self._shown[self._at] if self._shown else None

    @property
    def found(self) -> tuple[int, int]:
        """How many scenarios are shown, of how many."""
        return len(self._shown), len(self._all)

    def move(self, entries: int) -> None:
        """Move the cursor; it stops at the ends."""
        if self._shown:
            self._at = max(0, min(self._at + entries, len(self._shown) - 1))
            self.redraw()
            self.post_message(self.Highlighted())

    def on_click(self, event: Click) -> None:
        line = event.y + self._top
        owner = self._owners[line] if 0 <= line < len(self._owners) else None
        if owner is not None:
            again = owner == self._at
            self.move(owner - self._at)
            if again:
                self.post_message(self.Opened())

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        self.move(1)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        self.move(-1)

    def lines(self, size: Size) -> list[Runs]:
        if not self._shown:
            hint = "no scenario matches; Esc clears the search" if self._all else "no scenarios are installed"
            return [(), ((f"  {hint}", MUTED),)]
        out: list[Runs] = []
        self._owners = []
        group, cursor = None, 0
        for at, (name, scenario) in enumerate(self._shown):
            if scenario.group != group:
                group = scenario.group
                if out:
                    out.append(())
                out.append(((f"  {group or 'Scenarios'}", Ink("key", "", True)),))
                self._owners += [None] * (len(out) - len(self._owners))
            here = at == self._at
            if here:
                cursor = len(out)
            back = "chosen" if here else ""
            mark = ("▸ " if here else "  ", Ink("key", back, True))
            title = format.fitted(scenario.title or name, size.width - 4)
            out.append(ljust([("  ", Ink("", back)), mark, (title, Ink("text", back, True))], size.width))
            if scenario.promise:
                promise = format.fitted(scenario.promise, size.width - 4)
                out.append(ljust([("    ", Ink("", back)), (promise, Ink("muted", back))], size.width))
            self._owners += [at] * (len(out) - len(self._owners))
        # Keep the heading above the first entry and the second line of the last one on screen.
        self._top = max(0, min(max(self._top, cursor + 2 - size.height), max(0, cursor - 1)))
        return out[self._top : self._top + size.height]
