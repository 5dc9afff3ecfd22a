"""The help: how to read the bars, and every key, from the one table of keys."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult

from gradtui.tui import bindings
from gradtui.tui.bands import BANDS
from gradtui.tui.palette import KEY, MUTED, STRONG, Ink, Run, Runs
from gradtui.tui.screens.paced import PacedScreen
from gradtui.tui.widgets.keyline import KeyLine
from gradtui.tui.widgets.page import Page

if TYPE_CHECKING:
    from gradtui.tui.app import GradtuiApp

#: What is on screen, and what it means.
LEGEND: tuple[tuple[str, str], ...] = (
    (
        "bar",
        "the gauge now, grad_rms: root mean square of the gradient of the layer's weights, on a log axis",
    ),
    ("┆", "where the bar stood at step 0"),
    (
        "◆",
        "the signal now, delta_rms: root mean square of the error at the layer's output; g swaps the two",
    ),
    ("○", "where theory, the mean field of a wide network, expects the bar at step 0; ◎ where ┆ stands just there"),
    (
        "╎",
        "thin lines: left of the first a signal ◆ counts as vanished, right of the second as exploded",
    ),
    ("◈", "┆ and ◆ in the same cell"),
    ("◇", "a ◆ that lies off the axis"),
    ("◂ ▸", "the bar lies off the axis; its number still tells"),
    ("0", "every gradient of the layer is exactly 0"),
    ("underflow", "they are 0 because the number format holds nothing smaller"),
    ("NaN inf", "the gradient is no number any more"),
    ("past ▃▄▅", "what the bar was 128, 64, 32 steps ago and now: half a decade a level, ▄ as at step 0"),
    ("12-15", "layers that share a row: the bar runs from their smallest to their largest"),
)

_AXIS = (
    "The axis is pinned: 1e-20 to 1, widened in whole blocks of four decades when step 0 lies outside, and "
    "never moved while the network trains."
)


class HelpText(Page):
    """The help as a page that scrolls."""

    def page(self, width: int) -> list[Runs]:
        """The whole page."""
        out: list[Runs] = [((" Reading the bars", KEY),)]
        for glyph, meaning in LEGEND:
            out += _entry(glyph, meaning, width)
        out += _entry("colours", "cold, vanished, over neutral, healthy, to hot, exploding:", width)
        out.append(self._scale())
        out += [((f" {line}", MUTED),) for line in textwrap.wrap(_AXIS, max(20, width - 2))]
        for where, title in bindings.PLACES.items():
            out += [(), ((f" {title}", KEY),)]
            for key in bindings.of(where):
                out += _entry(key.shown, key.help, width)
        return out

    def _scale(self) -> Runs:
        runs: list[Run] = [("   ", Ink())]
        for number, band in enumerate(BANDS):
            label = f"1e{band.decade:g}" if number else "0"
            runs.append((f" {label:<5}"[:6], Ink(f"on{number}", f"band{number}")))
        return tuple(runs)


def _entry(term: str, meaning: str, width: int) -> list[Runs]:
    wrapped = textwrap.wrap(meaning, max(20, width - 25)) or [""]
    first: Runs = ((f"   {term:<20}", STRONG), (wrapped[0], Ink()))
    return [first, *(((" " * 23 + line, Ink()),) for line in wrapped[1:])]


class HelpScreen(PacedScreen):
    """The help over whatever was there; Esc goes back."""

    BINDINGS = bindings.textual("help")
    AUTO_FOCUS: ClassVar[str | None] = ""

    DEFAULT_CSS = "HelpScreen { padding-top: 1; }"

    app: GradtuiApp

    def __init__(self) -> None:
        super().__init__()
        self.text = HelpText(id="help")

    def compose(self) -> ComposeResult:
        yield self.text
        yield KeyLine("help", id="keys")

    def action_move(self, lines: int) -> None:
        self.text.scroll_lines(lines)

    def action_words(self) -> None:
        self.app.open_words()

    def action_close(self) -> None:
        self.app.pop_screen()
