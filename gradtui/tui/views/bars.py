"""The bars: one row per layer, its gradient on a pinned log axis, next to where it stood at step 0."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, ClassVar

from textual.geometry import Size
from textual.widget import Widget

from gradtui.tui import groups, limits, rows, trail
from gradtui.tui.axis import Axis, of_run
from gradtui.tui.layer_rows import LayerRows
from gradtui.tui.palette import MUTED, Ink, Run, Runs
from gradtui.tui.rows import Span
from gradtui.tui.track import GHOST, MARK, THEORY, draw, merged
from gradtui.tui.views.layer_view import NAMED, Column, LayerView
from gradtui.tui.widgets.lines import Lines, ljust

if TYPE_CHECKING:
    from gradtui.lab.snapshot import History, Snapshot
    from gradtui.profile import GradientProfile
    from gradtui.theory import Prediction
    from gradtui.tui.app import GradtuiApp

GRADIENT, SIGNAL = "grad_rms", "delta_rms"

#: The view's width from which each bar's past stands beside it, and its own width there.
TRAILS = ((70, 9), (56, 5))

#: The least width of a bar beside another network's, and the width of two networks' gap.
LEAST_BESIDE, GAP = 11, 1


class BarsView(LayerView):
    """All layers: names, bars, numbers, and what the bars have been."""

    DEFAULT_CSS = """
    BarsView .past, BarsView .past-beside, BarsView .second { display: none; }
    BarsView.-past .past { display: block; }
    BarsView.-beside .second { display: block; }
    BarsView.-beside.-past .past-beside { display: block; }
    BarsView .names.second { margin-left: 1; }
    """

    title: ClassVar[str] = "Bars"

    app: GradtuiApp

    def __init__(self, shared: LayerRows, *, id: str = "bars") -> None:
        super().__init__(shared, id=id)
        self.axis = Axis()
        self.swapped = False
        self._values = rows.Values((), ())
        self._first: GradientProfile | None = None
        self._measured: GradientProfile | None = None
        self._ghosts: dict[str, list[float]] = {}
        self._predicted: dict[str, list[float]] = {}
        self._theory: Prediction | None = None
        self._history: History | None = None
        self._notes: list[list[str]] = []
        self._steady = limits.Steady()
        self._trail_is_due = True
        self._drawn: dict[int, list[tuple[rows.Track, bool, Runs]]] = {}
        self._drawn_width: dict[int, int] = {}
        #: The axis that step 0 has pinned; none before the first profile.
        self._pinned_axis: Axis | None = None
        self.past = Column(self, self._past_lines, classes="past")
        #: Of two networks the second has columns of its own.
        self.second_names = Column(self, partial(self._name_lines, stack=1), classes="names second", stack=1)
        self.second_picture = Column(self, partial(self._picture_lines, stack=1), classes="picture second", stack=1)
        self.second_numbers = Column(self, partial(self._number_lines, stack=1), classes="numbers second", stack=1)
        self.second_past = Column(self, partial(self._past_lines, stack=1), classes="past-beside", stack=1)

    def columns(self) -> list[Widget]:
        own = [self.names, self.picture, self.numbers, self.past]
        return [*own, self.second_names, self.second_picture, self.second_numbers, self.second_past, self.overview]

    def texts(self) -> list[Lines]:
        return [*super().texts(), self.second_names, self.second_numbers]

    # What is shown

    def measure(self, snapshot: Snapshot) -> None:
        first = snapshot.first
        if first is not None and (first is not self._first or snapshot.theory is not self._theory):
            self._begin(first, snapshot.scenario.network.dtype)
            self._predict(first, snapshot.theory)
            self._measured = None
        self._history = snapshot.history
        if self.profile is not self._measured:
            self._measure()

    def show_text(self, snapshot: Snapshot) -> None:
        notes = self._factors()
        running = snapshot.state.value == "running"
        if notes != self._notes:
            self._notes = notes
            if not running:  # else the next frame has them
                self._redraw_picture()
        # While it trains a trail is renewed with every second reading: nobody could follow it.
        self._trail_is_due = not (running and self._trail_is_due)
        super().show_text(snapshot)

    def _factors(self) -> list[list[str]]:
        """What all layers do on average, of each stack."""
        from gradtui.diagnosis.decay import fitted_factor  # not before the first paint

        values, taps = self._values.bar, self.profile.taps if self.profile is not None else ()
        if not taps:
            return []
        both = groups.networks(taps)
        if len(both) > 1:
            notes = []
            for span in both:
                factor = fitted_factor(values[span.first : span.last + 1])
                network = groups.NETWORKS[groups.parted(taps[span.first]).group]
                notes.append([] if math.isnan(factor) else [f"{network} ×{factor:#.3g} a layer"])
            return notes if self.rows.beside else [[note for own in notes for note in own]]
        if groups.grouped(taps):
            factor = fitted_factor([*groups.means(values, taps), math.nan])
            return [[] if math.isnan(factor) else [f"×{factor:#.3g} a block"]]
        factor = fitted_factor(values)
        expected = fitted_factor(self._predicted.get(self.gauge, ()))
        notes_of_one = [] if math.isnan(factor) else [f"×{factor:#.3g} a layer"]
        if notes_of_one and not math.isnan(expected):
            notes_of_one.append(f"theory ×{expected:#.3g}")
        return [notes_of_one]

    def swap(self) -> None:
        """Exchange the two gauges: what was the mark becomes the bar."""
        self.swapped = not self.swapped
        self._measure()
        self.choose()

    @property
    def word(self) -> str:
        return self.gauge

    @property
    def gauge(self) -> str:
        """The gauge that the bars show."""
        return SIGNAL if self.swapped else GRADIENT

    @property
    def _marked(self) -> str:
        return GRADIENT if self.swapped else SIGNAL

    def _begin(self, first: GradientProfile, dtype: str) -> None:
        self._first = first
        self._ghosts = {gauge: first[gauge].tolist() for gauge in (GRADIENT, SIGNAL)}
        self.axis = of_run(first, dtype, self._pinned_axis)
        self._pinned_axis = self.axis

    def _predict(self, first: GradientProfile, theory: Prediction | None) -> None:
        """Theory says what each tap has beside the output's; what the output itself has was measured."""
        self._theory, self._predicted = theory, {}
        if theory is not None and theory.known and theory.taps == first.taps:
            for gauge, ratios in ((GRADIENT, theory.grad), (SIGNAL, theory.delta)):
                self._predicted[gauge] = theory.measured(ratios, first[gauge].tolist())

    def _measure(self) -> None:
        profile = self._measured = self.profile
        if profile is None:
            return
        ghosts = self._ghosts.get(self.gauge, [])
        self._values = rows.Values(
            bar=profile[self.gauge].tolist(),
            mark=profile[self._marked].tolist(),
            ghost=ghosts if len(ghosts) == len(profile.taps) else (),
            theory=self._predicted.get(self.gauge, ()),
            underflow=() if self.swapped else profile["underflow"].tolist(),
        )

    def beside(self, taps: tuple[str, ...], room: Size) -> bool:
        both = groups.networks(taps)
        if len(both) < 2:
            return False
        grouped = max(span.last - span.first + 1 for span in both) > room.height - 1 and not self.rows.detail
        return room.width >= 2 * (NAMED + self.number_width(grouped) + LEAST_BESIDE) + GAP

    def fit(self, room: Size | None = None) -> None:
        super().fit(room)
        width = (room or self.outer_size).width
        self.set_class(self.rows.beside, "-beside")
        # Trails change with every frame, all over the screen.
        trails = () if self.app.settings.reduced_motion else TRAILS
        width = (width - GAP) // 2 if self.rows.beside else width
        cells = next((cells for least, cells in trails if width >= least), 0)
        self.set_class(cells > 0, "-past")
        self.past.styles.width = self.second_past.styles.width = cells or 1

    def lay_out(self, names: int, numbers: int) -> None:
        super().lay_out(names, numbers)
        self.second_names.styles.width, self.second_numbers.styles.width = names, numbers

    def _redraw_picture(self) -> None:
        self.picture.redraw()
        if self.second_picture.display:
            self.second_picture.redraw()

    def _redraw_text(self) -> None:
        super()._redraw_text()
        if self._trail_is_due:
            for past in (self.past, self.second_past):
                if past.display:
                    past.redraw()

    # Drawing

    def number(self, span: Span) -> str:
        return rows.reading(span, self._values.bar)

    def number_heading(self) -> str:
        return self.gauge

    def number_width(self, grouped: bool) -> int:
        longer = 1 if self.axis.low <= -100 else 0
        return 17 + 2 * longer if grouped else 11 + longer

    def draw_heading(self, width: int) -> Runs:
        heading: list[Run] = [(" ", MUTED)] * width
        for cell, text in self.axis.labels(width):
            heading[cell : cell + len(text)] = [(letter, MUTED) for letter in text]
        return merged(heading)

    def _named(self, drawn: list[tuple[int, str]], track: rows.Track, width: int) -> tuple[tuple[int, str], ...]:
        """The names of limits beside their lines, as far as the row leaves room; they are taken off `drawn`. What lies
        beyond is the signal, bar or mark."""
        names: list[tuple[int, str]] = []
        end = width - track.free(width)
        for cell, name in tuple(drawn):
            text = name if self.swapped else f"{MARK} {name}"
            first = cell - len(text) - 1
            if first >= end:
                drawn.remove((cell, name))
                names.append((first, text))
                end = cell + 1
        return tuple(names)

    def _limits(self, width: int, stack: int) -> list[tuple[int, str]]:
        """The cells in which a layer's signal counts as vanished or exploded beside that of its network's output."""
        profile = self.profile
        stacks = groups.networks(profile.taps) if profile is not None else ()
        if profile is None or stack >= len(stacks) or (len(stacks) > 1 and not self.rows.beside):
            return []
        output = float(profile[SIGNAL][stacks[stack].last])
        if not 0.0 < output < math.inf:
            return []
        cells = []
        for limit in limits.shares():
            place = self.axis.fraction(limit.value * output) * width
            cell = self._steady.cell((stack, limit.name), place, (self.axis, width))
            if 0 <= cell < width:
                cells.append((cell, limit.name))
        return cells

    def draw_rows(self, visible: list[Span], width: int, stack: int) -> list[Runs]:
        drawn: list[tuple[rows.Track, bool, Runs]] = []
        notes = list(self._notes[stack]) if stack < len(self._notes) else []
        palette = self.picture.palette
        drawable = self._limits(width, stack)
        lines = tuple(cell for cell, _ in drawable)
        unnamed = list(drawable)
        last = self._drawn.get(stack, []) if self._drawn_width.get(stack) == width else []
        for row, span in enumerate(visible):
            track = rows.track(span, self._values, self.axis, width, sharing=self.rows.sharing)
            track = track._replace(limits=lines)
            # What all bars have in common is written where the first of them leave room.
            if notes and row and track.free(width) > len(notes[0]) + 3:
                track = track._replace(note=notes.pop(0))
            elif unnamed:
                track = track._replace(names=self._named(unnamed, track, width))
            chosen = self.rows.is_chosen(span)
            before = last[row] if row < len(last) else None
            if before is None or before[0] != track or before[1] != chosen:
                before = (track, chosen, draw(track, width, chosen=chosen, fill=palette.fill, shade=palette.shade))
            drawn.append(before)
        self._drawn[stack], self._drawn_width[stack] = drawn, width
        return [runs for _, _, runs in drawn]

    def _past_lines(self, size: Size, stack: int = 0) -> list[Runs]:
        """What each bar has been: its trail, drawn beside where it stood at step 0."""
        out: list[Runs] = [(("past".rjust(size.width - 1) + " ", MUTED),)]
        history = self._history
        if history is None or history.values[self.gauge].shape[1] != len(self.rows.taps):
            return out
        past = trail.columns(history, self.gauge, size.width - 1)
        for span in self.rows.stack(stack):
            # Of several layers the trail of the one in the worst state now.
            tap = span.first + rows.worst(self._values.bar[span.first : span.last + 1])
            drawn = trail.drawn(past[:, tap].tolist(), self._ghosts[self.gauge][tap])
            out.append(((drawn + " ", Ink("faint", self.back(span))),))
        return out

    def draw_legend(self, width: int) -> Runs:
        runs: list[Run] = [
            (" ━ ", Ink("band6", "", True)),
            (f"{self.gauge}   ", MUTED),
            (f"{GHOST} ", Ink()),
            ("at step 0   ", MUTED),
            *([(f"{THEORY} ", Ink()), ("predicted there   ", MUTED)] if self._predicted else []),
            ("◆ ", Ink("accent")),
            (f"{self._marked}   ", MUTED),
            ("g", Ink("key", "", True)),
            (" swaps", MUTED),
        ]
        return ljust(runs, width)
