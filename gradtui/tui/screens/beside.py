"""Beside: the original on the left and a changed one on the right, training at the same steps on the same batches."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.geometry import Size

from gradtui.lab.snapshot import Pause, Restart, Resume, State, StepOnce
from gradtui.tui import beside_rows, beside_time, bindings, format, trail
from gradtui.tui.axis import Axis
from gradtui.tui.pages import kind_ink, kind_text
from gradtui.tui.palette import KEY, MUTED, Ink, Run, Runs
from gradtui.tui.screens.paced import PolledScreen
from gradtui.tui.widgets.keyline import KeyLine
from gradtui.tui.widgets.lines import Lines, ljust
from gradtui.tui.widgets.notice import TooSmall

if TYPE_CHECKING:
    from gradtui.lab.pairing import PairSnapshot, Side
    from gradtui.tui.racing import Twosome

#: Seconds between two looks at the pair.
_PERIOD = 0.1
_GAUGES = ("grad_rms", "delta_rms")


class BesidePart(Lines):
    """A part of the screen that draws the newest look at the pair."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._snapshot: PairSnapshot | None = None

    def show(self, snapshot: PairSnapshot) -> None:
        """Draw another look."""
        self._snapshot = snapshot
        self.redraw()


class BesideHead(BesidePart):
    """What stands on either side, at which step, and what is wrong with each."""

    DEFAULT_CSS = "BesideHead { height: 2; }"

    def __init__(self, label: str, *, id: str) -> None:
        super().__init__(id=id)
        self._label = label

    def lines(self, size: Size) -> list[Runs]:
        now = self._snapshot
        if now is None:
            return []
        name = now.left.scenario.name or now.left.scenario.title
        state = _state(now)
        runs: list[Run] = [(" beside  ", KEY), (name, Ink("text", "", True)), ("  |  ", MUTED)]
        room = size.width - sum(len(text) for text, _ in runs) - len(state) - 3
        runs += [(format.begun(self._label, max(0, room)), Ink("text", "", True)), (f"  {state} ", MUTED)]
        half = size.width // 2
        sides = [_verdict(side, width) for side, width in ((now.left, half), (now.right, size.width - half))]
        return [ljust(runs, size.width), (*sides[0], *sides[1])]


def _state(now: PairSnapshot) -> str:
    if now.problem:
        return "it could not be built"
    if now.compiling is not None:
        return f"compiling {now.compiling.kernel}, {now.compiling.done} of {now.compiling.total}"
    sign = {State.RUNNING: "▶", State.PAUSED: "‖"}.get(now.state, "")
    return f"{sign} step {now.step:,}" if sign else "building both"


def _verdict(side: Side, width: int) -> Runs:
    kind = kind_text(side.verdict_kind)
    sentence = format.begun(side.verdict, max(0, width - len(kind) - 5))
    return ljust([(" ", MUTED), (kind, kind_ink(side.verdict_kind)), ("  ", MUTED), (sentence, Ink())], width)


class BesideBars(BesidePart):
    """Both columns of bars, and the ratio between them; of recurrent networks the ladders of time below."""

    DEFAULT_CSS = "BesideBars { height: 1fr; }"

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.axis: Axis | None = None
        self.gauge = _GAUGES[0]

    def show(self, snapshot: PairSnapshot) -> None:
        """Draw another look."""
        if self.axis is None and snapshot.left.first is not None and snapshot.right.first is not None:
            self.axis = beside_rows.common_axis(snapshot.left, snapshot.right)
        super().show(snapshot)

    def swap(self) -> None:
        """Show the other gauge."""
        self.gauge = _GAUGES[1 - _GAUGES.index(self.gauge)]
        self.redraw()

    def lines(self, size: Size) -> list[Runs]:
        now, axis = self._snapshot, self.axis
        if now is None:
            return []
        if now.problem:
            return [((f" {format.begun(now.problem, size.width - 2)}", Ink("error")),)]
        if axis is None:
            return [((" both networks are being built", MUTED),)]
        palette = self.palette
        times = beside_time.room(now, size.height)
        layers = size.height - times
        drawn = beside_rows.lines(now, axis, self.gauge, size.width, layers, palette.fill, palette.shade)
        return [*drawn, *beside_time.lines(now, axis, size.width, times, palette)]


class BesideLosses(BesidePart):
    """The losses of both, on one axis from 0 on."""

    DEFAULT_CSS = "BesideLosses { height: 2; }"

    def lines(self, size: Size) -> list[Runs]:
        now = self._snapshot
        rule: Runs = (("─" * size.width, Ink("faint")),)
        if now is None or now.left.profile is None:
            return [rule]
        half = size.width // 2
        sides = ((now.left, half), (now.right, size.width - half))
        # Pinned by step 0, and by the smaller one: a loss that runs away must not press the other one flat.
        firsts = [side.first.loss for side, _ in sides if side.first is not None]
        most = 1.1 * min((loss for loss in firsts if math.isfinite(loss) and loss > 0.0), default=1.0)
        drawn = [_losses(side, width, most) for side, width in sides]
        above = f"losses from 0 to {format.tick(most)}"
        return [
            (("─" * max(0, size.width - len(above) - 3), Ink("faint")), (f" {above} ", MUTED), ("─", Ink("faint"))),
            (*drawn[0], *drawn[1]),
        ]


def _losses(side: Side, width: int, most: float) -> Runs:
    if side.profile is None:
        return ljust([], width)
    loss = side.profile.loss
    accuracy = "" if math.isnan(side.accuracy) else f" acc {format.percent(side.accuracy)}"
    text = f" loss {format.steady(loss)}{accuracy} "
    room = max(0, width - len(text) - 2)
    return ljust([(text, Ink()), (spark(side.losses, room, most), Ink("accent"))], width)


def spark(losses: tuple[float, ...], cells: int, most: float) -> str:
    """All losses in so many cells, from 0 to `most`; `▸` is off the axis, `!` no number."""
    if not losses or cells < 1:
        return ""
    count = min(cells, len(losses))
    out = ""
    for cell in range(count):
        part = losses[cell * len(losses) // count : (cell + 1) * len(losses) // count]
        value = sum(part) / len(part)
        out += "▸" if most < value < math.inf else trail.level(value, most)
    return out


class BesideScreen(PolledScreen):
    """Two networks at the same step. Leaving it ends them."""

    BLANK: ClassVar[bool] = True
    BINDINGS = bindings.textual("beside")
    AUTO_FOCUS: ClassVar[str | None] = ""

    DEFAULT_CSS = """
    BesideScreen #too-small { display: none; height: 1fr; }
    BesideScreen.-small > * { display: none; }
    BesideScreen.-small #too-small { display: block; }
    """

    def __init__(self, pair: Twosome, label: str, *, adopt: Callable[[], None]) -> None:
        super().__init__()
        self._pair, self._adopt = pair, adopt
        self._shown: PairSnapshot | None = None
        self._paused = False
        self._head = BesideHead(label, id="beside-head")
        self.bars = BesideBars(id="beside-bars")
        self._losses = BesideLosses(id="beside-losses")

    def compose(self) -> ComposeResult:
        yield self._head
        yield self.bars
        yield self._losses
        yield KeyLine("beside", id="keys")
        yield TooSmall(id="too-small")

    def on_mount(self) -> None:
        self._arrange()
        self._pair.start()
        self._poll()
        self.poll_every(_PERIOD)

    def on_unmount(self) -> None:
        self._pair.close()

    def on_resize(self) -> None:
        self._arrange()

    def _arrange(self) -> None:
        width, height = self.app.size
        self.set_class(width < 60 or height < 12, "-small")

    def _poll(self) -> None:
        snapshot = self._pair.snapshot()
        if snapshot is self._shown:
            return
        self._shown = snapshot
        for part in (self._head, self.bars, self._losses):
            part.show(snapshot)

    # ------------------------------------------------------------------ keys

    def action_pause(self) -> None:
        self._paused = not self._paused
        self._pair.send(Pause() if self._paused else Resume())

    def action_step_once(self) -> None:
        self._paused = True
        self._pair.send(StepOnce())

    def action_restart(self) -> None:
        self._pair.send(Restart())

    def action_swap(self) -> None:
        self.bars.swap()

    def action_adopt(self) -> None:
        self.app.pop_screen()
        self._adopt()

    def action_close(self) -> None:
        self.app.pop_screen()
