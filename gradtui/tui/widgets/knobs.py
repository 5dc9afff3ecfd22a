"""The knobs panel: every setting with its value, turned by keys or by mouse while the network trains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.events import Blur, Click, Focus, MouseScrollDown, MouseScrollUp
from textual.geometry import Size
from textual.message import Message

from gradtui.tui import bindings, knobs
from gradtui.tui.knobs import Knob, Value
from gradtui.tui.palette import MUTED, Ink, Run, Runs
from gradtui.tui.widgets.lines import Lines, ljust

if TYPE_CHECKING:
    from gradtui.lab.snapshot import Snapshot
    from gradtui.scenario.model import Scenario

#: Cells before the value: the mark of the chosen row, then the label.
_LABEL = 12


class KnobsPanel(Lines, can_focus=True):
    """All knobs in use. Values changed by hand carry a `*`.

    A turn is shown at once and sent as an assignment; the runner's next word on it replaces what was shown.
    """

    BINDINGS = bindings.textual("knobs")

    class Turned(Message):
        """A knob was turned: the assignment to send."""

        def __init__(self, assignment: str) -> None:
            super().__init__()
            self.assignment = assignment

    class Listed(Message):
        """The whole list of a knob's values is wanted."""

        def __init__(self, knob: Knob, value: Value) -> None:
            super().__init__()
            self.knob, self.value = knob, value

    class Left(Message):
        """The knobs are done with."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._scenario: Scenario | None = None
        self._loaded: Scenario | None = None
        self._knobs: list[Knob] = []
        self._turned: dict[str, Value] = {}
        self._answer: tuple[object, ...] = ()
        self._at = 0
        self._top = 0
        self._rows: list[Knob | None] = []

    def show(self, snapshot: Snapshot) -> None:
        """Draw a snapshot's settings."""
        answer = (snapshot.scenario, snapshot.loaded, snapshot.message, snapshot.refused)
        if answer == self._answer:
            return
        # The runner has spoken: what it runs is what is shown.
        self._answer = answer
        self._turned.clear()
        if snapshot.scenario is not self._scenario or snapshot.loaded is not self._loaded:
            chosen = self._knobs[self._at].key if self._knobs else ""
            self._scenario, self._loaded = snapshot.scenario, snapshot.loaded
            self._knobs = knobs.in_use(snapshot.scenario)
            keys = [knob.key for knob in self._knobs]
            self._at = keys.index(chosen) if chosen in keys else min(self._at, len(keys) - 1)
        self.redraw()

    def value(self, knob: Knob) -> Value:
        """What a knob stands at, with a turn that is still on its way."""
        assert self._scenario is not None
        return self._turned.get(knob.key, knob.value(self._scenario))

    def turn(self, knob: Knob, value: Value) -> None:
        """Set a knob."""
        if value != self.value(knob):
            self._turned[knob.key] = value
            self.post_message(self.Turned(knob.assignment(value)))
            self.redraw()

    # ------------------------------------------------------------------ keys

    def action_move(self, rows: int) -> None:
        if self._knobs:
            self._at = (self._at + rows) % len(self._knobs)
            self.redraw()

    def action_turn(self, direction: int) -> None:
        if self._knobs and self._scenario is not None:
            knob = self._knobs[self._at]
            self.turn(knob, knob.next(self._scenario, self.value(knob), direction))

    def action_list(self) -> None:
        if self._knobs:
            knob = self._knobs[self._at]
            self.post_message(self.Listed(knob, self.value(knob)))

    def action_leave(self) -> None:
        self.post_message(self.Left())

    # ------------------------------------------------------------------ mouse

    def on_click(self, event: Click) -> None:
        offset = event.get_content_offset(self)
        knob = self._knob_at(offset.y) if offset else None
        if offset is None or knob is None:
            return
        self._at = self._knobs.index(knob)
        self.redraw()
        if offset.x == _LABEL:
            self.action_turn(-1)
        elif offset.x == _LABEL + 1 + len(self._text(knob)):
            self.action_turn(1)
        elif offset.x > _LABEL:
            self.action_list()

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        self.action_move(1)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        self.action_move(-1)

    def on_focus(self, event: Focus) -> None:
        self.redraw()

    def on_blur(self, event: Blur) -> None:
        self.redraw()

    def _knob_at(self, line: int) -> Knob | None:
        row = line + self._top
        return self._rows[row] if 0 <= row < len(self._rows) else None

    # ------------------------------------------------------------------ drawing

    def _text(self, knob: Knob) -> str:
        return knob.shown(self.value(knob))[: max(3, self.extent.width - _LABEL - 3)]

    def lines(self, size: Size) -> list[Runs]:
        if self._scenario is None:
            return []
        out: list[Runs] = []
        self._rows = []
        group, at = "", 0
        for number, knob in enumerate(self._knobs):
            if knob.group != group:
                if group and size.height > len(self._knobs) + 6:
                    out.append(())
                    self._rows.append(None)
                group = knob.group
                out.append(((" " + group, MUTED),))
                self._rows.append(None)
            if number == self._at:
                at = len(out)
            out.append(self._line(knob, number == self._at and self.has_focus, size.width))
            self._rows.append(knob)
        if size.height > len(out) + 1:
            out += [(), ((" * changed by hand", MUTED),)]
        self._top = max(0, min(at - size.height // 2, len(out) - size.height))
        return out[self._top :]

    def _line(self, knob: Knob, chosen: bool, width: int) -> Runs:
        back = "chosen" if chosen else ""
        assert self._loaded is not None
        changed = self.value(knob) != knob.value(self._loaded)
        arrow = Ink("key" if chosen else "faint", back)
        runs: list[Run] = [
            ("▸" if chosen else " ", Ink("key", back, True)),
            (f"{knob.label:<{_LABEL - 1}}", Ink("text" if chosen else "muted", back)),
            ("‹", arrow),
            (self._text(knob), Ink("accent" if changed else "text", back, changed)),
            ("›", arrow),
            ("*" if changed else "", Ink("accent", back, True)),
        ]
        return ljust(runs, width)
