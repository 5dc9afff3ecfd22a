"""The gallery: the shipped scenarios, group by group; the first thing one sees."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual import on
from textual.app import ComposeResult
from textual.events import Click, Key
from textual.geometry import Size
from textual.message import Message

from gradtui.tui import bindings
from gradtui.tui.palette import MUTED, STRONG, Ink, Run, Runs
from gradtui.tui.screens.paced import PacedScreen
from gradtui.tui.widgets.gallery_list import GalleryList
from gradtui.tui.widgets.keyline import KeyLine
from gradtui.tui.widgets.lines import Area, Lines, Rule, ljust
from gradtui.tui.widgets.notice import TooSmall
from gradtui.tui.widgets.story import StoryPanel

if TYPE_CHECKING:
    from gradtui.tui.app import GradtuiApp

#: Keys that are commands while nothing is typed, and letters of the search otherwise.
_COMMANDS = "q?"

_TAGLINE = "why deep networks stop learning, layer by layer"


class SearchLine(Lines):
    """The first line: the name of the house, or what is being searched for."""

    DEFAULT_CSS = "SearchLine { height: 1; }"

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.query_text = ""
        self.found = (0, 0)
        #: Whether a search has begun, though nothing may be typed yet.
        self.begun = False

    def lines(self, size: Size) -> list[Runs]:
        found, total = self.found
        runs: list[Run] = [(" gradtui  ", Ink("key", "", True))]
        if self.query_text or self.begun:
            runs += [
                ("search: ", MUTED),
                (self.query_text, STRONG),
                ("▏", Ink("key")),
                (f"  {found} of {total}", MUTED),
            ]
        else:
            hint = "type to search "
            room = max(0, size.width - 10 - len(hint))
            runs.append(((_TAGLINE if len(_TAGLINE) < room else "").ljust(room), MUTED))
            runs.append((hint, Ink("faint")))
        return [ljust(runs, size.width)]


class GroupLine(Lines):
    """The groups, that of the cursor marked; a click goes there."""

    DEFAULT_CSS = "GroupLine { height: 1; }"

    class Clicked(Message):
        """A group was asked for."""

        def __init__(self, group: str) -> None:
            super().__init__()
            self.group = group

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.groups: dict[str, int] = {}
        self.here = ""

    def _places(self, width: int) -> list[tuple[str, str]]:
        """The groups and their texts, as many as fit with that of the cursor among them."""
        rows = [(name, f" {name} {count} ") for name, count in self.groups.items()]
        if sum(len(text) for _, text in rows) > width - 1:
            rows = [(name, f" {name} ") for name in self.groups]
        while len(rows) > 1 and sum(len(text) for _, text in rows) > width - 1:
            rows.pop(-1 if rows[-1][0] != self.here else 0)
        return rows

    def lines(self, size: Size) -> list[Runs]:
        runs: list[Run] = [(" ", MUTED)]
        for name, text in self._places(size.width):
            runs.append((text, Ink("text", "chosen", True) if name == self.here else MUTED))
        return [tuple(runs)]

    def on_click(self, event: Click) -> None:
        left = 1
        for name, text in self._places(self.extent.width):
            if left <= event.x < left + len(text):
                self.post_message(self.Clicked(name))
            left += len(text)


class GalleryScreen(PacedScreen):
    """A list of scenarios, and the story of the one under the cursor where there is room for it."""

    BLANK: ClassVar[bool] = True
    BINDINGS = bindings.textual("gallery")
    AUTO_FOCUS: ClassVar[str | None] = ""

    DEFAULT_CSS = """
    GalleryScreen #shelf { layout: horizontal; height: 1fr; }
    GalleryScreen #list { width: 1fr; }
    GalleryScreen #rule, GalleryScreen #story { display: none; }
    GalleryScreen #story { width: 1fr; padding: 0 1 0 2; }
    GalleryScreen.-wide #rule, GalleryScreen.-wide #story { display: block; }
    GalleryScreen #too-small { display: none; height: 1fr; }
    GalleryScreen.-small > * { display: none; }
    GalleryScreen.-small #too-small { display: block; }
    """

    app: GradtuiApp

    def __init__(self, chosen: str = "") -> None:
        super().__init__()
        self._chosen = chosen
        self._query = ""
        self.search = SearchLine(id="search")
        self.group_line = GroupLine(id="groups")
        self.shelf = GalleryList(id="list")
        self._story = StoryPanel(id="story")

    def compose(self) -> ComposeResult:
        yield self.search
        yield self.group_line
        with Area(id="shelf"):
            yield self.shelf
            yield Rule(id="rule")
            yield self._story
        yield KeyLine("gallery", id="keys")
        yield TooSmall(id="too-small")

    def on_mount(self) -> None:
        self._arrange()
        self.shelf.fill(self.app.library(), self._chosen)

    def on_screen_resume(self) -> None:
        # Back from a run: the whole shelf again, with the cursor where it was.
        if self._query or self.search.begun:
            self._search("")

    def on_resize(self) -> None:
        self._arrange()

    def _arrange(self) -> None:
        width, height = self.app.size
        self.set_class(width < 40 or height < 10, "-small")
        self.set_class(width >= 100, "-wide")

    @on(GalleryList.Highlighted)
    def _tell(self) -> None:
        current = self.shelf.current
        self._story.tell(current[1] if current else None)
        self.group_line.groups, self.group_line.here = self.shelf.groups, self.shelf.group
        self.group_line.redraw()

    @on(GroupLine.Clicked)
    def _jump(self, message: GroupLine.Clicked) -> None:
        self.shelf.jump(message.group)

    def _search(self, query: str, *, begun: bool = False) -> None:
        self._query = query
        self.search.begun = begun
        self.shelf.narrow(query)
        self.search.query_text, self.search.found = query, self.shelf.found
        self.search.redraw()

    def on_key(self, event: Key) -> None:
        letter = event.character if event.is_printable else None
        begun = self._query or self.search.begun
        if not letter or (not begun and (letter in _COMMANDS or letter == " ")):
            return
        event.stop()
        event.prevent_default()
        if letter == "/" and not self._query:
            self._search("", begun=True)
        else:
            self._search(self._query + letter)

    # ------------------------------------------------------------------ keys

    def action_clear(self) -> None:
        if self._query or self.search.begun:
            self._search("")

    def action_shorten(self) -> None:
        if self._query:
            self._search(self._query[:-1], begun=True)

    def action_move(self, entries: int) -> None:
        self.shelf.move(entries)

    def action_group(self, groups: int) -> None:
        self.shelf.jump_by(groups)

    def action_fold(self, unfold: bool) -> None:
        self.shelf.fold(unfold)

    @on(GalleryList.Opened)
    def action_open(self) -> None:
        if current := self.shelf.current:
            self.app.open_lab(current[1])
