"""Why: what each layer does to the signal on its way back, cause by cause, and where theory places the network."""

from __future__ import annotations

import math
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING, ClassVar

from textual.geometry import Size
from textual.widget import Widget

from gradtui.tui import causes, format
from gradtui.tui.blocks import cut
from gradtui.tui.causes import CAUSES, Scale, Split
from gradtui.tui.layer_rows import LayerRows
from gradtui.tui.limits import UPRIGHT
from gradtui.tui.palette import KEY, MUTED, Ink, Run, Runs
from gradtui.tui.phase_plane import PhasePlane
from gradtui.tui.rows import Span
from gradtui.tui.views.layer_view import Column, LayerView

if TYPE_CHECKING:
    from gradtui.lab.snapshot import Snapshot
    from gradtui.profile import GradientProfile
    from gradtui.scenario.model import Network
    from gradtui.theory import Prediction

#: The view's width from which the plane stands beside the bars.
BESIDE = 100
#: The gauges of the view.
_GAUGES = ("gain", *(cause.gauge for cause in CAUSES))


class WhyView(LayerView):
    """A stacked bar a layer around the factor 1, the total marked in it; beside it the plane of order and chaos."""

    DEFAULT_CSS = """
    WhyView .parts { height: 1; }
    WhyView #phase { display: none; width: 1fr; }
    WhyView.-beside #phase { display: block; width: 46; }
    WhyView.-plane #phase { display: block; }
    WhyView.-plane .names, WhyView.-plane .picture, WhyView.-plane .numbers, WhyView.-plane .overview { display: none; }
    WhyView.-plane.-beside .names, WhyView.-plane.-beside .picture { display: block; }
    """

    title: ClassVar[str] = "Why"
    period: ClassVar[float] = 0.125

    def __init__(self, shared: LayerRows, *, id: str = "why") -> None:
        super().__init__(shared, id=id)
        self._gauges: dict[str, list[float]] = {name: [] for name in _GAUGES}
        self._measured: GradientProfile | None = None
        self._first: GradientProfile | None = None
        self._theory: Prediction | None = None
        self._expected: list[float] = []
        self._scale = Scale()
        #: The largest phi' of this activation, NaN where there is none; and of which network that was asked.
        self._steepest = math.nan
        self._asked: Network | None = None
        #: Whether the plane was asked for, or sent away; None: where there is room.
        self._wanted: bool | None = None
        self.parts = Column(self, self._parts_lines, classes="parts")
        self.phase = PhasePlane(id="phase")

    @property
    def word(self) -> str:
        return "edge of chaos" if self.phase.display else "gain"

    def columns(self) -> list[Widget]:
        return [*super().columns(), self.phase]

    def below(self) -> list[Widget]:
        return [self.parts, *super().below()]

    # What is shown

    def measure(self, snapshot: Snapshot) -> None:
        profile, first = self.profile, snapshot.first
        if profile is None:
            return
        if snapshot.theory is not self._theory:
            self._theory = snapshot.theory
            self._expected = _gains(self._theory)
        if first is not None and first is not self._first:
            self._first = first
            self._scale = causes.pinned(*_reach(first))
        if profile is not self._measured:
            self._measured = profile
            self._gauges = _lists(profile)
            self._scale = causes.widened(self._scale, *_reach(profile))
        network = snapshot.scenario.network
        if network is not self._asked:
            self._asked, self._steepest = network, _steepest(network)
        self.phase.show(self._theory)

    def change_plane(self) -> None:
        self._wanted = not self._plane_shown
        self.fit()
        self.choose()

    @property
    def _plane_shown(self) -> bool:
        return self.outer_size.width >= BESIDE if self._wanted is None else self._wanted

    def fit(self, room: Size | None = None) -> None:
        beside = (room or self.outer_size).width >= BESIDE
        shown = beside if self._wanted is None else self._wanted
        self.set_class(shown and beside, "-beside")
        self.set_class(shown and not beside, "-plane")
        super().fit(room)

    def _redraw_text(self) -> None:
        super()._redraw_text()
        self.parts.redraw()
        if self.phase.display:
            self.phase.redraw()

    # Drawing

    def _split(self, span: Span) -> Split:
        found = causes.splits(self._gauges, self._expected, [span], self.rows.taps)[0]
        # Behind the output layer stands no activation.
        passed = bool(found.parts) and found.parts[0] != 0.0 and not math.isnan(self._steepest)
        return replace(found, ceiling=math.log10(self._steepest)) if passed else found

    def number(self, span: Span) -> str:
        gains = [self._gauges["gain"][tap] for tap in causes.measured(span, self.rows.taps)]
        if not gains:
            return "–"
        return causes.factor(math.fsum(gains) / len(gains) if all(map(math.isfinite, gains)) else sum(gains))

    def number_heading(self) -> str:
        return "a layer" if self.rows.sharing else "gain"

    def number_width(self, grouped: bool) -> int:
        return 11

    def draw_heading(self, width: int) -> Runs:
        return ((causes.heading(self._scale, width), MUTED),)

    def draw_rows(self, visible: list[Span], width: int, stack: int) -> list[Runs]:
        if len(self._gauges["gain"]) != len(self.rows.taps):
            return []
        palette = self.picture.palette
        return [causes.draw(self._split(span), self._scale, width, palette, self.back(span)) for span in visible]

    def _parts_lines(self, size: Size) -> list[Runs]:
        chosen, gauges = self.rows.chosen, self._gauges
        if not gauges["gain"]:
            return []
        at_work = [
            cause for cause in CAUSES if cause.letter in "φw" or any(part != 0.0 for part in gauges[cause.gauge])
        ]
        key: list[Run] = [("   p", KEY), (" plane", MUTED)]
        room = size.width - sum(len(text) for text, _ in key)
        if chosen is None or chosen >= len(gauges["gain"]):
            runs = causes.words(causes.mean_of(gauges), "mean", at_work, room)
        else:
            runs = causes.words(self._split(Span(chosen, chosen)), f"layer {self.rows.taps[chosen]}", at_work, room)
        return [cut([*runs, *key], size.width)]

    def draw_legend(self, width: int) -> Runs:
        names = "  ".join(f"{cause.letter} {cause.name}" for cause in CAUSES)
        runs: list[Run] = [(f" {names} ", MUTED), (f" {causes.TOTAL}", Ink("accent")), (" all together", MUTED)]
        if any(map(math.isfinite, self._expected)):
            runs += [(f"  {causes.EXPECTED}", Ink()), (" theory", MUTED)]
        if not math.isnan(self._steepest):
            runs += [(f"  {UPRIGHT}", Ink()), (f" φ' at most {format.tick(self._steepest)}", MUTED)]
        if sum(len(text) for text, _ in runs) > width:
            # The line below names those causes that are at work.
            runs = runs[1:]
        return cut(runs, width)


def _lists(profile: GradientProfile) -> dict[str, list[float]]:
    return {name: profile[name].tolist() for name in _GAUGES}


def _reach(profile: GradientProfile) -> tuple[float, float]:
    """How far the bars of single layers go to the left and to the right."""
    import numpy as np  # not before the first paint

    parts = np.stack([profile[cause.gauge][1:] for cause in CAUSES])
    parts = parts[:, np.isfinite(parts).all(axis=0) & np.isfinite(profile["gain"][1:])]
    if parts.size == 0:
        return 0.0, 0.0
    sides = np.maximum(-parts, 0.0).sum(axis=0), np.maximum(parts, 0.0).sum(axis=0)
    return float(sides[0].max()), float(sides[1].max())


def _steepest(network: Network) -> float:
    """The largest phi' there is; NaN where more than one function stands between two taps, or dropout beside it."""
    from gradtui.theory.activations import steepest  # not before the first paint

    return steepest(network) if network.kind in ("mlp", "cnn") and not network.dropout else math.nan


def _gains(theory: Prediction | None) -> list[float]:
    """What theory expects of each layer, as a power of ten; nothing of the first."""
    if theory is None or not theory.known:
        return []
    delta = theory.delta
    return [math.nan] + [
        math.log10(below / above) if below > 0.0 and above > 0.0 else math.nan for below, above in pairwise(delta)
    ]
