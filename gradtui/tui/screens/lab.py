"""The lab: one run on screen. Polls the runner for snapshots and turns keys into commands."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar, cast

from textual import on
from textual.app import ComposeResult
from textual.events import DescendantBlur, DescendantFocus

from gradtui.lab.snapshot import (
    Change,
    Command,
    Pace,
    Pause,
    Redo,
    Restart,
    Resume,
    Snapshot,
    State,
    StepOnce,
    Undo,
    Watch,
)
from gradtui.tui import bindings
from gradtui.tui.arrangement import Arrangement, arrange
from gradtui.tui.link import Link
from gradtui.tui.racing import Contest
from gradtui.tui.saving import Kind, Saver
from gradtui.tui.screens.beside import BesideScreen
from gradtui.tui.screens.diagnosis import DiagnosisScreen
from gradtui.tui.screens.paced import PolledScreen
from gradtui.tui.screens.race import RaceScreen
from gradtui.tui.screens.save import SaveScreen
from gradtui.tui.views.centre import Centre
from gradtui.tui.views.map import MapView
from gradtui.tui.widgets.curve import AccuracyChart, LossChart
from gradtui.tui.widgets.entry import Entry
from gradtui.tui.widgets.header import Header
from gradtui.tui.widgets.keyline import KeyLine
from gradtui.tui.widgets.knobs import KnobsPanel
from gradtui.tui.widgets.lines import Area, Rule
from gradtui.tui.widgets.notice import TooSmall
from gradtui.tui.widgets.picklist import PickList
from gradtui.tui.widgets.status import StatusLine
from gradtui.tui.widgets.verdict import VerdictLine, VerdictPanel

if TYPE_CHECKING:
    from gradtui.diagnosis.standing import Row
    from gradtui.diagnosis.verdict import Verdict
    from gradtui.tui.app import GradtuiApp

#: Speeds that + and - go through, in steps a second; None is as fast as the machine can.
PACES: tuple[float | None, ...] = (None, 500, 100, 30, 10, 3, 1)

#: Seconds between two repaints of text and of curves while training: nobody could read more.
TEXT_PERIOD, CURVE_PERIOD = 0.25, 0.5

#: Seconds between two looks for the answer to a command, sooner than the next regular poll would; how many of them.
ANSWER_PERIOD, ANSWER_LOOKS = 0.004, 15


@dataclass
class Feed:
    """A consumer of snapshots that wants one at most every `period` seconds."""

    show: Callable[[Snapshot], None]
    period: float
    due: float = 0.0
    owed: bool = False

    def next(self, now: float) -> float:
        """When it may be fed again: on a common grid, because one large repaint is cheaper than many small ones."""
        return (now // self.period + 1) * self.period if self.period else now


class LabScreen(PolledScreen):
    """Header, verdict, knobs, bars, curves, status and keys of one run."""

    BLANK: ClassVar[bool] = True
    BINDINGS = bindings.textual("lab")
    AUTO_FOCUS: ClassVar[str | None] = ""

    DEFAULT_CSS = """
    LabScreen { layers: below above; }
    LabScreen #body { layout: horizontal; layers: below above; height: 1fr; }
    LabScreen #knobs { width: 29; }
    LabScreen #knobs.-over {
        layer: above; width: 38; border: round $primary; background: $surface;
    }
    LabScreen #side { layout: vertical; width: 28; }
    LabScreen #verdict { height: 11; }
    LabScreen.-tall #verdict { height: 14; }
    LabScreen #loss, LabScreen #accuracy { height: 1fr; }
    LabScreen.-roomy #side { width: 56; }
    LabScreen #too-small { display: none; height: 1fr; }
    LabScreen.-small > * { display: none; }
    LabScreen.-small #too-small { display: block; }
    """

    app: GradtuiApp

    def __init__(self, link: Link, *, paused: bool = False, fps: int = 30) -> None:
        super().__init__()
        self.link = link
        self._fps = fps
        self._paused = paused
        self._pace = 0
        self.shown: Snapshot | None = None
        self._contest: Contest | None = None
        self._knobs_open = False
        self.centre = Centre()
        self._watched = Watch()
        self._header = Header(id="header")
        self._list, self._entry = PickList(id="list"), Entry(id="entry")
        self._knobs = KnobsPanel(self._list, self._entry, id="knobs")
        self._status = StatusLine(id="status")
        self._key_line = KeyLine("lab", id="keys")
        self._verdict_line = VerdictLine(id="verdict-line")
        self._verdict = VerdictPanel(id="verdict")
        self._loss, self._accuracy = LossChart("LOSS", id="loss"), AccuracyChart("ACCURACY", id="accuracy")
        self._side = Area(self._verdict, self._loss, self._accuracy, id="side")
        self._left_rule, self._right_rule = Rule(id="left-rule"), Rule(id="right-rule")
        self._centre_feed = Feed(self.centre.show, 0.0)
        self._feeds = [
            self._centre_feed,
            *(Feed(show, TEXT_PERIOD) for show in self._texts()),
            *(Feed(show, CURVE_PERIOD) for show in (self._loss.show, self._accuracy.show)),
            Feed(self.centre.show_below, MapView.period),
        ]

    def _texts(self) -> list[Callable[[Snapshot], None]]:
        return [
            self._header.show,
            self.centre.show_text,
            self._verdict.show,
            self._verdict_line.show,
            self._knobs.show,
            self._status.show,
        ]

    def compose(self) -> ComposeResult:
        yield self._header
        yield self._verdict_line
        with Area(id="body"):
            yield self._knobs
            yield self._left_rule
            yield self.centre
            yield self._right_rule
            yield self._side
        yield self._status
        yield self._key_line
        yield self._list
        yield self._entry
        yield TooSmall(id="too-small")

    # ------------------------------------------------------------------ life

    def on_mount(self) -> None:
        self._arrange()
        self._poll()
        # The engine is imported only once there is something to look at.
        self.call_after_refresh(self.link.start)
        self.poll_every(1 / self._fps)

    def on_resize(self) -> None:
        self._arrange()

    def on_unmount(self) -> None:
        self.end()

    def end(self) -> None:
        """Stop the run."""
        self._poller.stop()
        self.link.close()
        if self._contest is not None:
            self._contest.stop()

    def _arrange(self) -> None:
        plan: Arrangement = arrange(*self.app.size)
        self.set_class(plan.too_small, "-small")
        self.set_class(plan.tall, "-tall")
        self.set_class(plan.roomy, "-roomy")
        self._side.display = self._right_rule.display = plan.side
        self._verdict_line.display = not plan.side and not plan.too_small
        self._knobs.set_class(not plan.knobs, "-over")
        self._knobs.framed = not plan.knobs
        self._knobs.styles.height = "1fr" if plan.knobs else min(24, max(8, self.app.size.height - 4))
        self._knobs.display = plan.knobs or self._knobs_open
        self._left_rule.display = plan.knobs
        if plan.knobs:
            self._knobs_open = False

    # ------------------------------------------------------------------ snapshots

    def _poll(self) -> None:
        """Hand a new snapshot to whoever is due and owe it to the others; a new state and a standstill to all."""
        snapshot, before = self.link.snapshot(), self.shown
        fresh = snapshot is not before
        turned = before is None or before.state is not snapshot.state
        self.shown = snapshot
        if turned and snapshot.state in (State.RUNNING, State.PAUSED):
            self._paused = snapshot.state is State.PAUSED
        self._watch()
        now = time.monotonic()
        at_once = turned or snapshot.state is not State.RUNNING
        for feed in self._feeds:
            feed.owed = feed.owed or fresh
            if feed.owed and (at_once or now >= feed.due):
                feed.show(snapshot)
                feed.owed, feed.due = False, feed.next(now)

    def _watch(self) -> None:
        """Have measured what the view on screen wants, and no more."""
        watch = self.centre.view.watched()
        if watch != self._watched:
            self._watched = watch
            self._send(watch)

    def _send(self, command: Command) -> None:
        answered = self.link.snapshot().answered
        self.link.send(command)
        self._look_for_answer(answered, ANSWER_LOOKS)

    def _look_for_answer(self, before: int, looks: int) -> None:
        if looks and self.link.snapshot().answered == before:
            self.set_timer(ANSWER_PERIOD, partial(self._look_for_answer, before, looks - 1))
        else:
            self._poll()

    # ------------------------------------------------------------------ keys

    def action_pause(self) -> None:
        self._paused = not self._paused
        self._send(Pause() if self._paused else Resume())

    def action_step_once(self) -> None:
        self._paused = True
        self._send(StepOnce())

    def action_pace(self, faster: int) -> None:
        self._pace = max(0, min(self._pace - faster, len(PACES) - 1))
        self._header.pace = PACES[self._pace]
        self._header.redraw()
        self._send(Pace(PACES[self._pace]))

    def action_restart(self) -> None:
        self._send(Restart())

    # ------------------------------------------------------------------ cures

    def action_cures(self) -> None:
        shown = self.shown
        if shown is None:
            return
        if self._contest is None or self._contest.scenario != shown.scenario:
            if self._contest is not None:
                self._contest.stop()
            found = tuple(each for each in shown.verdicts if each.kind != "healthy")
            self._contest = self.app.contest(shown.scenario, cast("tuple[Verdict, ...]", found))
        self.app.push_screen(RaceScreen(self._contest, adopt=self._adopt, beside=self._open_beside))

    def _adopt(self, row: Row) -> None:
        self._send(Change(row.assignments))

    def _open_beside(self, row: Row) -> None:
        if self._contest is not None:
            original = self._contest.scenario
            pair = self.app.twosome(original, row.scenario)
            self.app.push_screen(BesideScreen(pair, row.label, adopt=partial(self._adopt_from_beside, row)))

    def _adopt_from_beside(self, row: Row) -> None:
        self.app.pop_screen()
        self._adopt(row)

    # ------------------------------------------------------------------ saving

    def action_save(self) -> None:
        if self.shown is not None:
            saver = Saver(self.app, self.shown, self.centre.bars.axis)
            self.app.push_screen(SaveScreen(saver), partial(self._save, saver))

    def save(self, kind: Kind) -> None:
        """Save or copy one kind at once."""
        if self.shown is not None:
            self._save(Saver(self.app, self.shown, self.centre.bars.axis), kind)

    def _save(self, saver: Saver, kind: Kind | None) -> None:
        if kind is not None:
            self.run_worker(saver.carry_out(kind, self._status.tell))

    def action_undo(self) -> None:
        self._send(Undo())

    def action_redo(self) -> None:
        self._send(Redo())

    # ------------------------------------------------------------------ explanations

    @on(VerdictPanel.Asked)
    @on(VerdictLine.Asked)
    def action_diagnosis(self) -> None:
        self.app.push_screen(DiagnosisScreen(self.link.snapshot, self.action_cures))

    def action_explain(self) -> None:
        self.app.open_words(self.centre.view.word)

    @on(KnobsPanel.Explain)
    def _explain_knob(self, message: KnobsPanel.Explain) -> None:
        self.app.open_words(message.word)

    # ------------------------------------------------------------------ views

    def action_view(self, number: int) -> None:
        self.centre.open(number)

    def action_next_view(self, places: int) -> None:
        self.centre.open_next(places)

    def action_swap(self) -> None:
        self.centre.swap()

    def action_axis(self) -> None:
        self.centre.view.change_axis()

    def action_plane(self) -> None:
        self.centre.view.change_plane()

    def action_choose(self, rows: int) -> None:
        self.centre.move(rows)

    def action_page(self, pages: int) -> None:
        self.centre.page(pages)

    def action_edge(self, bottom: bool) -> None:
        self.centre.edge(bottom)

    def action_zoom(self) -> None:
        self.centre.zoom()

    @on(Centre.Opened)
    def _follow_view(self) -> None:
        self._centre_feed.period = self.centre.view.period
        self._watch()

    @on(Centre.Arranged)
    def _follow_layer(self) -> None:
        self._watch()
        self._status.choose(self.centre.rows.chosen)

    def action_gallery(self) -> None:
        self.app.open_gallery()

    # ------------------------------------------------------------------ knobs

    def action_knobs(self) -> None:
        if not self._knobs.display:
            self._knobs_open = True
            self._knobs.display = True
        self.set_focus(self._knobs)

    @on(KnobsPanel.Left)
    def _leave_knobs(self) -> None:
        self.set_focus(None)
        if self._knobs_open:
            self._knobs_open = False
            self._knobs.display = False

    @on(KnobsPanel.Turned)
    def _turn_knob(self, message: KnobsPanel.Turned) -> None:
        self._send(message.command)

    @on(DescendantFocus)
    @on(DescendantBlur)
    def _follow_focus(self, event: Any) -> None:
        self._key_line.listen(getattr(self.focused, "place", "lab"))
