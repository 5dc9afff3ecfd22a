"""The words: what every verdict, gauge, remedy, choice and key means, to be looked up by typing."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.events import Click, Key, MouseScrollDown, MouseScrollUp
from textual.geometry import Size
from textual.message import Message

from gradtui.explain import Text, explain, texts
from gradtui.explain.text import plain
from gradtui.tui import bindings, format, pages
from gradtui.tui.palette import KEY, MUTED, STRONG, Ink, Run, Runs
from gradtui.tui.screens.paced import PacedScreen
from gradtui.tui.widgets.keyline import KeyLine
from gradtui.tui.widgets.lines import Area, Lines, Rule, ljust
from gradtui.tui.widgets.page import Page

if TYPE_CHECKING:
    from gradtui.tui.app import GradtuiApp


class WordList(Lines):
    """All words under their subjects, narrowed by what is typed."""

    class Chosen(Message):
        """The cursor stands on another word, or the one under it was asked for (`read`)."""

        def __init__(self, *, read: bool = False) -> None:
            super().__init__()
            self.read = read

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.shown: tuple[Text, ...] = texts()
        self.at = 0
        self._top = 0
        self._owners: list[int | None] = []

    @property
    def current(self) -> Text | None:
        """The word under the cursor."""
        return self.shown[self.at] if self.shown else None

    def narrow(self, typed: str) -> None:
        """Keep what is called so, then what is written about it."""
        here = self.current
        found = explain(typed.split())[0] if typed.split() else ()
        begun, seen = plain(typed), {id(text) for text in found}
        others = [text for text in texts() if id(text) not in seen]
        called = [text for text in others if any(begun in name for name in text.names)]
        seen |= {id(text) for text in called}
        told = [text for text in others if id(text) not in seen and _says(text, typed)]
        self.shown = (*found, *called, *told) if typed.strip() else texts()
        self.at = self.shown.index(here) if not typed and here in self.shown else 0
        self.redraw()
        self.post_message(self.Chosen())

    def point(self, text: Text) -> None:
        """Put the cursor on a word."""
        self.at = self.shown.index(text)
        self._top = self.at + len({each.subject for each in self.shown[: self.at]}) - 2
        self.redraw()

    def move(self, words: int) -> None:
        """Move the cursor; it stops at the ends."""
        if self.shown:
            self.at = max(0, min(self.at + words, len(self.shown) - 1))
            self.redraw()
            self.post_message(self.Chosen())

    def lines(self, size: Size) -> list[Runs]:
        if not self.shown:
            return [(), (("  nothing is known about it", MUTED),), (("  Esc clears the search", MUTED),)]
        out: list[Runs] = []
        self._owners = []
        subject, cursor = None, 0
        for at, text in enumerate(self.shown):
            if text.subject != subject:
                subject = text.subject
                out.append(((format.fitted(f" {subject}", size.width), KEY),))
                self._owners.append(None)
            back = "chosen" if at == self.at else ""
            if back:
                cursor = len(out)
            label = format.fitted(text.label, size.width - 4)
            out.append(
                ljust(
                    [(" ▸ " if back else "   ", Ink("key", back, True)), (label, Ink("text", back, bool(back)))],
                    size.width,
                )
            )
            self._owners.append(at)
        self._top = max(0, min(max(self._top, cursor + 1 - size.height), max(0, cursor - 1)))
        return out[self._top : self._top + size.height]

    def on_click(self, event: Click) -> None:
        line = event.y + self._top
        owner = self._owners[line] if line < len(self._owners) else None
        if owner is not None:
            again = owner == self.at
            self.move(owner - self.at)
            if again:
                self.post_message(self.Chosen(read=True))

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        self.move(1)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        self.move(-1)


def _says(text: Text, typed: str) -> bool:
    whole = " ".join(paragraph for _, paragraph in text.parts()).lower()
    return all(word in whole for word in typed.lower().split())


class WordPage(Page):
    """One word explained."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.text_shown: Text | None = None

    def page(self, width: int) -> list[Runs]:
        if self.text_shown is None:
            return []
        return [((" ", MUTED), *runs) for runs in pages.page(self.text_shown, min(width - 2, 84))]


class _Search(Lines):
    DEFAULT_CSS = "_Search { height: 1; }"

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.typed = ""
        self.found = 0

    def lines(self, size: Size) -> list[Runs]:
        runs: list[Run] = [(" WORDS  ", KEY)]
        if self.typed:
            runs += [(self.typed, STRONG), ("▏", KEY), (f"  {self.found} of {len(texts())}", MUTED)]
        else:
            hint = f"type to search {len(texts())}: a verdict, a gauge, a choice, a key, an idea"
            runs.append((hint if len(hint) + 8 < size.width else hint.partition(":")[0], MUTED))
        return [ljust(runs, size.width)]


class WordsScreen(PacedScreen):
    """Over whatever was there; Esc clears the search, then goes back."""

    BLANK: ClassVar[bool] = True
    BINDINGS = bindings.textual("words")
    AUTO_FOCUS: ClassVar[str | None] = ""

    DEFAULT_CSS = """
    WordsScreen #shelf { height: 1fr; layout: horizontal; margin-top: 1; }
    WordsScreen #words { width: 27; }
    WordsScreen #page { width: 1fr; }
    WordsScreen.-wide #words { width: 34; }
    WordsScreen.-reading #words, WordsScreen.-reading #rule { display: none; }
    """

    app: GradtuiApp

    def __init__(self, word: str = "") -> None:
        """`word`: open on this one."""
        super().__init__()
        self._wanted = explain([word])[0] if word else ()
        self._search = _Search(id="search")
        self.words, self.reading = WordList(id="words"), WordPage(id="page")

    def compose(self) -> ComposeResult:
        yield self._search
        with Area(id="shelf"):
            yield self.words
            yield Rule(id="rule")
            yield self.reading
        yield KeyLine("words", id="keys")

    def on_mount(self) -> None:
        self.on_resize()
        if self._wanted:
            self.words.point(self._wanted[0])
        self._turn_page()

    def on_resize(self) -> None:
        self.set_class(self.app.size.width >= 100, "-wide")

    def on_word_list_chosen(self, message: WordList.Chosen) -> None:
        self._turn_page()
        if message.read:
            self.action_read()

    def _turn_page(self) -> None:
        if self.words.current is not self.reading.text_shown:
            self.reading.text_shown = self.words.current
            self.reading.rewind()

    @property
    def _is_reading(self) -> bool:
        return self.has_class("-reading")

    def _type(self, typed: str) -> None:
        self.remove_class("-reading")
        self.words.narrow(typed)
        self._search.typed, self._search.found = typed, len(self.words.shown)
        self._search.redraw()

    def on_key(self, event: Key) -> None:
        if event.is_printable and event.character and (self._search.typed or event.character not in " /?"):
            event.stop()
            event.prevent_default()
            self._type(self._search.typed + event.character)

    # ------------------------------------------------------------------ keys

    def action_move(self, rows: int) -> None:
        if self._is_reading:
            self.reading.scroll_lines(rows)
        else:
            self.words.move(rows)

    def action_read(self) -> None:
        """The page alone, as wide as the screen; or the list again."""
        self.set_class(not self._is_reading, "-reading")

    def action_scroll(self, lines: int) -> None:
        self.reading.scroll_lines(lines)

    def action_shorten(self) -> None:
        if self._search.typed:
            self._type(self._search.typed[:-1])

    def action_close(self) -> None:
        if self._is_reading:
            self.remove_class("-reading")
        elif self._search.typed:
            self._type("")
        else:
            self.app.pop_screen()
