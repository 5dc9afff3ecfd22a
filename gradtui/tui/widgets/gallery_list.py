"""The gallery's list: shipped scenarios under the headings of their groups, narrowed by what is typed.

A family stands as one scenario; its variants stand below it once it is unfolded, or once they are searched for.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

from textual.events import Click, MouseScrollDown, MouseScrollUp
from textual.geometry import Size
from textual.message import Message

from gradtui.tui import format
from gradtui.tui.palette import KEY, MUTED, Ink, Run, Runs
from gradtui.tui.widgets.lines import Lines, ljust

if TYPE_CHECKING:
    from gradtui.scenario.model import Scenario, Variant

Entry = tuple[str, "Scenario"]

#: Heading of the scenarios that belong to no group.
_OTHERS = "Scenarios"


class Item:
    """One line to choose: a scenario of the shelf, or a variant of one."""

    def __init__(self, name: str, family: Scenario, variant: Variant | None = None) -> None:
        self.name = name if variant is None else f"{name}/{variant.name}"
        self.family, self.variant = family, variant

    @property
    def group(self) -> str:
        """The heading that it stands below."""
        return self.family.group or _OTHERS

    @property
    def title(self) -> str:
        """What it is called."""
        if self.variant is not None:
            return self.variant.name.replace("-", " ")
        return self.family.title or self.name

    @property
    def promise(self) -> str:
        """What there is to see, in one line."""
        return self.family.promise if self.variant is None else self.variant.why or self.variant.title

    @cached_property
    def scenario(self) -> Scenario:
        """What opening it runs."""
        if self.variant is None:
            return self.family
        from gradtui.scenario import families

        return families.member(self.family, self.variant)

    @cached_property
    def text(self) -> str:
        """All that a search looks through, in small letters."""
        family, variant = self.family, self.variant
        if variant is not None:
            said = [self.name, variant.title, variant.why, *variant.set, family.title, family.group]
        else:
            network = family.network
            said = [self.name, family.title, family.group, family.promise, family.source, family.story]
            said += [network.kind, network.activation, network.init, network.norm, network.skip, network.cell]
            said += [family.optimizer.name, family.task.name]
        return " ".join(said).lower()

    def matches(self, query: str) -> bool:
        """Whether every typed word begins a word of what it says of itself; two letters are a whole word, `He`."""
        return all(_pattern(word).search(self.text) for word in query.lower().split())

    def is_called(self, query: str) -> bool:
        """Whether every typed word begins a word of its name, title or promise."""
        called = f"{self.name} {self.title} {self.promise}".lower()
        return all(_pattern(word).search(called) for word in query.lower().split())


@lru_cache
def _pattern(word: str) -> re.Pattern[str]:
    return re.compile(f"(?<![a-z0-9]){re.escape(word)}" + ("(?![a-z0-9])" if len(word) == 2 else ""))


class GalleryList(Lines):
    """Titles to choose from, each with its promise below."""

    class Highlighted(Message):
        """The cursor stands on another scenario."""

    class Opened(Message):
        """The scenario under the cursor was asked for."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._all: list[tuple[Item, list[Item]]] = []
        self._shown: list[Item] = []
        self._unfolded: set[str] = set()
        self._query = ""
        self._at = 0
        self._top = 0
        #: Whether the heading above the cursor is to stand at the top.
        self._leads = False
        #: For each line of the whole list, which item it belongs to; None for headings and gaps.
        self._owners: list[int | None] = []

    def fill(self, entries: Sequence[Entry], chosen: str = "") -> None:
        """Take a library, with the cursor on the scenario named, which may be a variant."""
        self._all = [
            (Item(name, scenario), [Item(name, scenario, variant) for variant in scenario.variant])
            for name, scenario in entries
        ]
        if "/" in chosen:
            self._unfolded.add(chosen.partition("/")[0])
        self.narrow("")
        self._at = next((at for at, item in enumerate(self._shown) if item.name == chosen), 0)
        self.redraw()
        self.post_message(self.Highlighted())

    def narrow(self, query: str) -> None:
        """Keep only the scenarios that match, with the cursor on the best of them."""
        self._query = query
        self._list(None if query else self._here)

    def _list(self, here: Item | None) -> None:
        shown: list[Item] = []
        for head, variants in self._all:
            found = [each for each in variants if each.matches(self._query)] if self._query else []
            wanted = not self._query or head.matches(self._query)
            if wanted and not found and head.name in self._unfolded:
                found = variants
            if found or wanted:
                shown += [head, *found]
        self._shown = shown
        self._at = shown.index(here) if here is not None and here in shown else self._first()
        self.redraw()
        self.post_message(self.Highlighted())

    def _first(self) -> int:
        """Of a search the first that is called so, else the first that says so, itself and not by a variant."""
        if not self._query:
            return 0
        found = [at for at, item in enumerate(self._shown) if item.matches(self._query)]
        return next((at for at in found if self._shown[at].is_called(self._query)), found[0] if found else 0)

    @property
    def _here(self) -> Item | None:
        return self._shown[self._at] if self._shown else None

    @property
    def current(self) -> Entry | None:
        """The entry under the cursor."""
        here = self._here
        return None if here is None else (here.name, here.scenario)

    @property
    def group(self) -> str:
        """The group of the entry under the cursor."""
        here = self._here
        return "" if here is None else here.group

    @property
    def groups(self) -> dict[str, int]:
        """The groups in their order, with the number of scenarios on show in each."""
        counts: dict[str, int] = {}
        for item in self._shown:
            counts[item.group] = counts.get(item.group, 0) + (item.variant is None)
        return counts

    @property
    def found(self) -> tuple[int, int]:
        """How many scenarios and variants match, of how many."""
        everything = sum(1 + len(variants) for _, variants in self._all)
        if not self._query:
            return everything, everything
        return sum(item.matches(self._query) for item in self._shown), everything

    def move(self, entries: int) -> None:
        """Move the cursor; it stops at the ends."""
        if self._shown:
            self._at = max(0, min(self._at + entries, len(self._shown) - 1))
            self.redraw()
            self.post_message(self.Highlighted())

    def jump(self, group: str) -> None:
        """Go to the first scenario of a group."""
        for at, item in enumerate(self._shown):
            if item.group == group:
                self._leads = True
                self.move(at - self._at)
                return

    def jump_by(self, groups: int) -> None:
        """Go on or back by whole groups, around the ends."""
        names = list(self.groups)
        if names:
            self.jump(names[(names.index(self.group) + groups) % len(names)])

    def fold(self, unfold: bool) -> None:
        """Show or hide the variants of the family under the cursor."""
        here = self._here
        if here is None or not here.family.variant:
            return
        head = next(item for item, _ in self._all if item.family is here.family)
        (self._unfolded.add if unfold else self._unfolded.discard)(head.name)
        self._list(here if unfold else head)

    # ------------------------------------------------------------------ mouse

    def on_click(self, event: Click) -> None:
        line = event.y + self._top
        owner = self._owners[line] if 0 <= line < len(self._owners) else None
        if owner is None:
            return
        item = self._shown[owner]
        again = owner == self._at
        self.move(owner - self._at)
        marked = item.variant is None and item.family.variant and event.x >= self.extent.width - len(self._mark(item))
        if marked:
            self.fold(item.name not in self._unfolded)
        elif again:
            self.post_message(self.Opened())

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        self.move(1)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        self.move(-1)

    # ------------------------------------------------------------------ drawing

    def lines(self, size: Size) -> list[Runs]:
        if not self._shown:
            hint = "no scenario matches; Esc clears the search" if self._all else "no scenarios are installed"
            return [(), ((f"  {hint}", MUTED),)]
        out: list[Runs] = []
        self._owners = []
        group, cursor = None, 0
        for at, item in enumerate(self._shown):
            if item.group != group:
                group = item.group
                if out:
                    out.append(())
                out.append(((f"  {group}", KEY),))
                self._owners += [None] * (len(out) - len(self._owners))
            if at == self._at:
                cursor = len(out)
            out += self._entry(item, at == self._at, size.width)
            self._owners += [at] * (len(out) - len(self._owners))
        if self._leads:
            self._top, self._leads = max(0, min(cursor - 1, len(out) - size.height)), False
        # Keep the heading above the first entry and the second line of the last one on screen.
        self._top = max(0, min(max(self._top, cursor + 2 - size.height), max(0, cursor - 1)))
        return out[self._top : self._top + size.height]

    def _entry(self, item: Item, here: bool, width: int) -> list[Runs]:
        """A scenario in two lines, a variant in one."""
        back = "chosen" if here else ""
        cursor: Run = ("▸ " if here else "  ", Ink("key", back, True))
        indent: Run = ("  ", Ink("", back))
        if item.variant is not None:
            room = width - 8
            title = item.title if len(item.title) >= room else f"{item.title}  "
            promise = format.fitted(item.promise, max(0, room - len(title)))
            runs = [indent, cursor, ("  · ", Ink("faint", back)), (title[:room], Ink("text", back, here))]
            return [ljust([*runs, (promise, Ink("muted", back))], width)]
        mark = self._mark(item)
        title = format.fitted(item.title, width - 4 - len(mark))
        lines = [ljust([indent, cursor, (title, Ink("text", back, True)), (mark, Ink("accent", back))], width)]
        if item.promise:
            promise = format.fitted(item.promise, width - 4)
            lines.append(ljust([("    ", Ink("", back)), (promise, Ink("muted", back))], width))
        return lines

    def _mark(self, item: Item) -> str:
        """How many variants a family has, and whether they are to be seen."""
        count = len(item.family.variant)
        if not count:
            return ""
        sign = "▾" if item.name in self._unfolded else "▸"
        return f" {sign} {count} variant{'' if count == 1 else 's'} "
