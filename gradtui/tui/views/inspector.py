"""The inspector: one layer from near by, and where its pre-activations lie on phi'."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.events import MouseScrollDown, MouseScrollUp
from textual.geometry import Size

from gradtui.lab.snapshot import Watch
from gradtui.tui import figures, format, histogram
from gradtui.tui.blocks import Panel, beside, cut, stack
from gradtui.tui.figures import clips
from gradtui.tui.gauge_chart import charts
from gradtui.tui.layer_rows import LayerRows
from gradtui.tui.palette import KEY, MUTED, STRONG, Ink, Run, Runs
from gradtui.tui.views.view import View
from gradtui.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from gradtui.lab.inspection import Inspection
    from gradtui.lab.snapshot import Snapshot

#: From this height on the pre-activations have the whole width, and the rest stands below them.
TALL = 22
#: From this height on there is a line of figures under the heading.
FIGURED = 14
#: From this width on there are three columns instead of two.
WIDE = 96


class CloseUp(Lines):
    """One inspection."""

    DEFAULT_CSS = "CloseUp { height: 1fr; }"

    def __init__(self) -> None:
        super().__init__()
        self.snapshot: Snapshot | None = None

    def lines(self, size: Size) -> list[Runs]:
        snapshot = self.snapshot
        seen = snapshot.inspection if snapshot else None
        if snapshot is None or seen is None:
            return [((" nothing measured yet", MUTED),)]
        width, height = size.width - 2, size.height
        first = Panel(histogram.preactivations(seen), 6)
        rest = [
            Panel(histogram.plain("gradient |g|", seen.gradient), 4, 9),
            Panel(histogram.plain(_made(seen), seen.activations), 4, 9),
            Panel(histogram.plain("weights", seen.weights), 4, 9),
        ]
        clipping = clips(snapshot.scenario.optimizer)
        past = [Panel(chart, 3, 7) for chart in charts(snapshot.history, snapshot.profile, seen.layer, clipping)]
        taps = snapshot.profile.taps if snapshot.profile else ()
        head = [_heading(seen, taps, width), _second(seen, width)]
        if height >= FIGURED:
            head.append(figures.line(seen, snapshot, width))
        return [
            cut([(" ", MUTED), *line], size.width)
            for line in [*head, *_arranged(first, rest, past, width, size.height - len(head))]
        ]


def _arranged(first: Panel, rest: list[Panel], past: list[Panel], width: int, height: int) -> list[Runs]:
    """All that fits, the pre-activations before anything else."""
    wide = width >= WIDE
    if height < TALL:
        return _columns([[first], rest, past] if wide else [[first], [*rest, *past]], width, height)
    top = max(9, min(20, height * 2 // 5))
    below = [rest, past[::2], past[1::2]] if wide else [rest, past]
    return [*stack([first], width, top), *_columns(below, width, height - top)]


def _columns(groups: list[list[Panel]], width: int, height: int) -> list[Runs]:
    """Stacks of panels side by side."""
    widths = _widths(width, len(groups))
    return beside([(cells, stack(panels, cells, height)) for panels, cells in zip(groups, widths, strict=True)])


def _widths(width: int, columns: int) -> list[int]:
    """Equal widths with a cell between two columns."""
    room = width - (columns - 1)
    return [room * (at + 1) // columns - room * at // columns for at in range(columns)]


def _heading(seen: Inspection, taps: tuple[str, ...], width: int) -> Runs:
    # Within its network a layer of a GAN has the same name as one of the other.
    name = taps[seen.layer] if seen.layer < len(taps) else seen.tap
    shape = "×".join(map(str, seen.shape))
    runs: list[Run] = [
        (f"layer {name}", STRONG),
        (f"  {format.count(seen.layer + 1)} of {format.count(len(taps))}" if taps else "", MUTED),
        (f"  {seen.activation}", Ink()),
        (f" behind {seen.norm} norm" if seen.norm else "", Ink()),
        (f"  weights {shape}", MUTED),
    ]
    tail: list[Run] = [("  ↑↓", KEY), (" another", MUTED)]
    for text in (f"  {format.count(seen.parameters)} parameters", f"  step {format.count(seen.step)}"):
        if _length([*runs, *tail]) + len(text) <= width:
            runs.append((text, MUTED))
    return cut([*runs, *tail], width)


def _saturation(seen: Inspection, width: int) -> Runs:
    """How much of the layer has a slope that lets nothing through, in words."""
    z = seen.preactivations
    bad = z.nan + z.infinite
    if bad:
        share = format.percent(bad / z.total)
        return cut([(f"{share} of what {seen.activation} reads is NaN or infinite", histogram.FAULT)], width)
    if set(seen.slopes) == {seen.steepest}:
        return cut([(f"φ' is {format.tick(seen.steepest)} everywhere here: nothing saturates", MUTED)], width)
    # A kink parts the z of a healthy layer in halves; on a curve half of them is much.
    ink = Ink("warning", "", True) if seen.flat >= (0.9 if len(set(seen.slopes)) <= 2 else 0.5) else STRONG
    text = f" of z lie where φ is flat: φ' below 5 % of its largest, {format.tick(seen.steepest)}"
    short = " of z lie where φ is flat"
    share = format.percent(seen.flat)
    return cut([(share, ink), (text if len(share) + len(text) <= width else short, MUTED)], width)


def _made(seen: Inspection) -> str:
    """What the layer makes: of a gated cell, more than its function of z."""
    return "state h" if len(seen.radii) > 1 else f"a = {seen.activation}(z)"


def _second(seen: Inspection, width: int) -> Runs:
    """Saturation, and behind it what a step through time does to a linear signal in the long run: a number for each
    gate of a recurrent layer."""
    if not seen.radii:
        return _saturation(seen, width)
    text = f"   largest |λ| {' '.join(format.tick(radius) for radius in seen.radii)}"
    return cut([*_saturation(seen, width - len(text)), (text, MUTED)], width)


def _length(runs: list[Run]) -> int:
    return sum(len(text) for text, _ in runs)


class InspectorView(View):
    """The chosen layer; the first one while none is chosen."""

    title: ClassVar[str] = "Inspect"
    period: ClassVar[float] = 0.2
    single = True

    def __init__(self, shared: LayerRows, *, id: str = "inspector") -> None:
        super().__init__(id=id)
        self.rows = shared
        self.near = CloseUp()

    def compose(self) -> ComposeResult:
        yield self.near

    @property
    def word(self) -> str:
        return "saturated gauge"

    def show(self, snapshot: Snapshot) -> None:
        self.near.snapshot = snapshot
        if snapshot.profile is not None:
            self.rows.settle(snapshot.profile.taps, self.rows.height)
        self.near.redraw()

    def watched(self) -> Watch:
        return Watch(layer=self.rows.chosen or 0)

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        self.post_message(self.Moved(1))

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        self.post_message(self.Moved(-1))
