"""The map: the whole history of every layer at once, layers down, time across, colour for the gradient."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from gradtui.tui import format, heat, rows
from gradtui.tui.bands import BANDS
from gradtui.tui.layer_rows import LayerRows
from gradtui.tui.palette import MUTED, Ink, Run, Runs
from gradtui.tui.rows import Span
from gradtui.tui.track import merged
from gradtui.tui.views.layer_view import LayerView
from gradtui.tui.widgets.lines import ljust

if TYPE_CHECKING:
    from gradtui.lab.snapshot import History, Snapshot

#: The two gauges between which `g` swaps.
GAUGES = ("grad_rms", "delta_rms")


class MapView(LayerView):
    """A heat map in half blocks: two moments in a cell, or two groups of layers where layers share a row."""

    title: ClassVar[str] = "Map"
    period: ClassVar[float] = 0.5

    def __init__(self, shared: LayerRows, *, id: str = "map") -> None:
        super().__init__(shared, id=id)
        self._swapped = False
        self._history: History | None = None

    @property
    def word(self) -> str:
        return self.gauge

    @property
    def gauge(self) -> str:
        """The gauge that the map shows."""
        return GAUGES[self._swapped]

    def measure(self, snapshot: Snapshot) -> None:
        self._history = snapshot.history

    def swap(self) -> None:
        """Show the other gauge."""
        self._swapped = not self._swapped
        self.choose()

    def number(self, span: Span) -> str:
        return "" if self.profile is None else rows.reading(span, self.profile[self.gauge].tolist())

    def number_heading(self) -> str:
        return self.gauge

    def draw_heading(self, width: int) -> Runs:
        last = format.count(heat.until(self.profile.step)) if self.profile is not None else ""
        return ((f"0{'steps':^{max(0, width - 1 - len(last))}}{last}"[:width], MUTED),)

    def draw_rows(self, visible: list[Span], width: int, stack: int) -> list[Runs]:
        profile, history = self.profile, self._history
        if profile is None or history is None or history[self.gauge].shape[1] != len(profile.taps):
            return []
        last = heat.until(profile.step)
        fine = heat.table(history, profile, self.gauge, 2 * width, last)
        coarse = heat.table(history, profile, self.gauge, width, last) if self.rows.sharing else fine
        drawn = []
        for span in visible:
            if span.single:
                codes = fine[:, span.first]
                drawn.append(self._line(codes[::2], codes[1::2], "▌"))
            else:
                middle = (span.first + span.last + 1) // 2
                upper, lower = coarse[:, span.first : middle], coarse[:, middle : span.last + 1]
                drawn.append(self._line(heat.worst(upper), heat.worst(lower), "▀"))
        return drawn

    def _line(self, first: Any, second: Any, half: str) -> Runs:
        plain = self.picture.palette.plain
        return merged([_cell(a, b, half, plain) for a, b in zip(first.tolist(), second.tolist(), strict=True)])

    def draw_legend(self, width: int) -> Runs:
        runs: list[Run] = [(" ", MUTED)]
        plain = self.picture.palette.plain
        for number, band in enumerate(BANDS):
            label = "<1e-16" if number == 0 else format.tick(10.0**band.decade)
            runs.append((f" {heat.GLYPHS[number] + ' ' if plain else ''}{label} ", Ink(f"on{number}", f"band{number}")))
        used = sum(len(text) for text, _ in runs)
        while used > width - 12 and len(runs) > 3:
            used -= len(runs.pop(2)[0])
        return ljust([*runs, ("  g", Ink("key", "", True)), (" swaps", MUTED)], width)


def _cell(first: int, second: int, half: str, plain: bool) -> Run:
    """One cell of two slots. A letter stands for what has no colour, and without colours for everything."""
    letter = heat.LETTERS.get(second) or heat.LETTERS.get(first)
    if letter:
        code = heat.band_of(second if second in heat.LETTERS else first)
        return letter, Ink(f"on{code}", f"band{code}")
    if first == heat.BLANK and second == heat.BLANK:
        return " ", Ink("")
    if plain:
        return heat.GLYPHS[first if second == heat.BLANK else second], Ink()
    if first == second:
        return " ", Ink("", f"band{first}")
    if second == heat.BLANK:
        return half, Ink(f"band{first}", "")
    return half, Ink(f"band{first}", f"band{second}")
