"""The knobs panel: every setting with its value and what it means, turned by keys or by mouse during training."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from textual.events import Blur, Click, Focus, MouseDown, MouseMove, MouseScrollDown, MouseScrollUp, MouseUp
from textual.geometry import Size
from textual.message import Message

from gradtui.explain import about_choice
from gradtui.lab.snapshot import Change, Reset, State
from gradtui.tui import bindings
from gradtui.tui.knob_table import BY_KEY, in_use
from gradtui.tui.knobs import Knob, Option, Value
from gradtui.tui.palette import MUTED, STRONG, Ink, Run, Runs
from gradtui.tui.widgets.entry import Entry
from gradtui.tui.widgets.explanation import explained, slider, value_at
from gradtui.tui.widgets.lines import Lines, ljust
from gradtui.tui.widgets.picklist import PickList

if TYPE_CHECKING:
    from gradtui.lab.snapshot import Snapshot
    from gradtui.scenario.model import Scenario

#: Cells before the value: the mark of the chosen row, then the label.
_LABEL = 12
#: The pick list's last row where changes are listed: all of them are taken back.
_ALL = "all of them"
#: What stands at the end of a row whose knob needs a fresh start.
_RESTARTS = "↻"


class Sent(NamedTuple):
    """A turn that is on its way; `direction` is 0 unless it was a step up or down."""

    ticket: int
    value: Value
    direction: int


class KnobsPanel(Lines, can_focus=True):
    """All knobs in use. Values changed by hand carry a `*`; the knob under the cursor is explained below.

    A turn is shown at once and sent; the answer to it, made or refused, replaces what was shown.
    """

    BINDINGS = bindings.textual("knobs")
    place = "knobs"

    class Turned(Message):
        """Knobs were turned: the command to send."""

        def __init__(self, command: Change | Reset) -> None:
            super().__init__()
            self.command = command

    class Explain(Message):
        """A knob is to be explained in full: its word."""

        def __init__(self, word: str) -> None:
            super().__init__()
            self.word = word

    class Left(Message):
        """The knobs are done with."""

    def __init__(self, picks: PickList, entry: Entry, *, id: str) -> None:
        super().__init__(id=id)
        self._picks, self._entry = picks, entry
        self._scenario: Scenario | None = None
        self._loaded: Scenario | None = None
        self._knobs: list[Knob] = []
        self._restarts: set[str] = set()
        self._sent: dict[str, Sent] = {}
        self._tickets = 0
        self._refusals: dict[str, str] = {}
        self._blocked: tuple[str, Value, int] | None = None
        self._said = ""
        self._seen: tuple[object, ...] = ()
        self._at = 0
        self._top = 0
        self._room = 0
        self._rows: list[Knob | None] = []
        self._pressed: tuple[Knob, int] | None = None
        self._movement = 0
        self._drawn_to: Value | None = None

    def show(self, snapshot: Snapshot) -> None:
        """Draw a snapshot's settings."""
        seen = (snapshot.scenario, snapshot.loaded, snapshot.settled, snapshot.refusals, snapshot.state)
        if seen == self._seen:
            return
        self._seen = seen
        reasons = {refusal.ticket: refusal.reason for refusal in snapshot.refusals}
        for key, sent in list(self._sent.items()):
            if sent.ticket in reasons:
                self._refusals[key] = reasons[sent.ticket]
                self._blocked = (key, sent.value, sent.direction)
            # A run that has failed answers no more.
            if sent.ticket <= snapshot.settled or snapshot.state is State.FAILED:
                del self._sent[key]
        if snapshot.scenario is not self._scenario or snapshot.loaded is not self._loaded:
            chosen = self._knobs[self._at].key if self._knobs else ""
            self._scenario, self._loaded = snapshot.scenario, snapshot.loaded
            self._knobs = in_use(snapshot.scenario)
            self._restarts = {knob.key for knob in self._knobs if knob.restarts(snapshot.scenario)}
            keys = [knob.key for knob in self._knobs]
            self._at = keys.index(chosen) if chosen in keys else min(self._at, len(keys) - 1)
        self.redraw()

    @property
    def current(self) -> Knob | None:
        """The knob under the cursor."""
        return self._knobs[self._at] if self._knobs else None

    def value(self, knob: Knob) -> Value:
        """What a knob stands at, with a turn that is still on its way."""
        assert self._scenario is not None
        if self._drawn_to is not None and knob is self.current:
            return self._drawn_to
        sent = self._sent.get(knob.key)
        return knob.value(self._scenario) if sent is None else sent.value

    def turn(self, knob: Knob, value: Value, movement: int = 0, direction: int = 0) -> None:
        """Set a knob."""
        self._forget_words()
        if value != self.value(knob):
            self._tickets += 1
            self._sent[knob.key] = Sent(self._tickets, value, direction)
            self.post_message(self.Turned(Change((knob.assignment(value),), movement, self._tickets)))
        self.redraw()

    def _forget_words(self) -> None:
        self._refusals.clear()
        self._blocked, self._said = None, ""

    # ------------------------------------------------------------------ keys

    def action_move(self, rows: int) -> None:
        self._said = ""
        if self._knobs:
            far = self._at + rows
            self._at = far % len(self._knobs) if abs(rows) == 1 else max(0, min(far, len(self._knobs) - 1))
            self.redraw()

    def action_turn(self, direction: int) -> None:
        if (knob := self.current) and self._scenario is not None:
            start = self.value(knob)
            if self._blocked and not knob.is_number and self._blocked[::2] == (knob.key, direction):
                # A choice that was refused is stepped over.
                start = self._blocked[1]
            self.turn(knob, knob.next(self._scenario, start, direction), direction=direction)

    def action_set(self) -> None:
        """Type a number or a text, or pick from a list of choices."""
        knob, scenario, loaded = self.current, self._scenario, self._loaded
        if knob is None or scenario is None or loaded is None:
            return
        value = self.value(knob)

        def done(chosen: Value | None) -> None:
            self.screen.set_focus(self)
            if chosen is not None:
                self.turn(knob, chosen)

        if knob.is_number or knob.is_text:
            self._entry.open(knob, value, scenario, loaded, done)
        else:
            self._picks.open(
                knob.label,
                noted(knob, scenario, loaded),
                value,
                done,
                lambda option: knob.objection(scenario, option),
            )

    def action_reset(self) -> None:
        """Back to what the file says."""
        if (knob := self.current) and self._loaded is not None:
            self.turn(knob, knob.value(self._loaded))

    def action_reset_all(self) -> None:
        """Back to what the file says, with every knob."""
        self._forget_words()
        self.post_message(self.Turned(Reset()))

    def action_changes(self) -> None:
        """List what differs from the file; what is picked goes back to it."""
        scenario, loaded = self._scenario, self._loaded
        if scenario is None or loaded is None:
            return
        changed = [knob for knob in BY_KEY.values() if self.value(knob) != knob.value(loaded)]
        if not changed:
            self._said = "every knob is as in the file"
            self.redraw()
            return
        options = [
            Option(
                knob.key,
                f"{knob.label:<{_LABEL}}{knob.shown(knob.value(loaded))} → {knob.shown(self.value(knob))}",
                f"Enter takes {knob.key} back to {knob.shown(knob.value(loaded))}",
                effect=knob.effect(knob.turned(scenario, self.value(knob)), knob.value(loaded)),
            )
            for knob in changed
        ]
        options.append(Option(_ALL, _ALL, "Enter takes everything back to what the file says"))

        def done(chosen: Value | None) -> None:
            self.screen.set_focus(self)
            if chosen == _ALL:
                self.action_reset_all()
            elif chosen is not None:
                knob = BY_KEY[str(chosen)]
                self.turn(knob, knob.value(loaded))

        self._picks.open("changed by hand", options, "", done, lambda option: "")

    def action_explain(self) -> None:
        if (knob := self.current) is not None:
            self.post_message(self.Explain(about_choice(knob.key, self.value(knob)).word))

    def action_leave(self) -> None:
        self.post_message(self.Left())

    # ------------------------------------------------------------------ mouse

    def on_mouse_down(self, event: MouseDown) -> None:
        # What was hit is found out now: with the focus come the lines below, and the rows may move.
        self._pressed = None
        offset = event.get_content_offset(self)
        if offset is None:
            return
        row = offset.y + self._top if offset.y < self._room else -1
        knob = self._rows[row] if 0 <= row < len(self._rows) else None
        if knob is not None:
            self._pressed = (knob, offset.x)
            self._at = self._knobs.index(knob)
            self.redraw()
        elif offset.y == self._room + 1 and (knob := self.current) and knob.is_number:
            self.capture_mouse()
            self._movement = self._tickets + 1
            self._slide(knob, offset.x)

    def on_mouse_move(self, event: MouseMove) -> None:
        if self._movement and (knob := self.current):
            offset = event.get_content_offset_capture(self)
            self._slide(knob, offset.x)

    def on_mouse_up(self, event: MouseUp) -> None:
        if not self._movement:
            return
        self.release_mouse()
        movement, self._movement = self._movement, 0
        value, self._drawn_to = self._drawn_to, None
        if value is not None and (knob := self.current):
            self.turn(knob, value, movement)

    def _slide(self, knob: Knob, x: int) -> None:
        """Draw the slider's knob to a cell: at once where that is live, else when the button is let go."""
        value = value_at(knob, x - 1, self.extent.width - 2)
        if knob.key in self._restarts:
            self._drawn_to = value
            self.redraw()
        else:
            self.turn(knob, value, self._movement)

    def on_click(self, event: Click) -> None:
        if self._pressed is None:
            return
        knob, x = self._pressed
        if x == _LABEL:
            self.action_turn(-1)
        elif x == _LABEL + 1 + len(self._text(knob)):
            self.action_turn(1)
        elif x > _LABEL:
            self.action_set()

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        self._scroll(event, -1)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        self._scroll(event, 1)

    def _scroll(self, event: MouseScrollDown | MouseScrollUp, up: int) -> None:
        """On the slider the wheel turns the knob; on the list it moves the cursor."""
        offset = event.get_content_offset(self)
        if offset is not None and offset.y >= self._room:
            self.action_turn(up)
        else:
            self.action_move(-up)

    def on_focus(self, event: Focus) -> None:
        for box in (self._picks, self._entry):
            if box.display:
                box.close()
        # Behind the mouse button that may have brought the focus.
        self.call_later(self.redraw)

    def on_blur(self, event: Blur) -> None:
        self.redraw()

    # ------------------------------------------------------------------ drawing

    @property
    def _explains(self) -> bool:
        return self.has_focus or self._picks.display or self._entry.display

    @property
    def _height_of_help(self) -> int:
        """Lines that explain the knob under the cursor."""
        height = self.extent.height
        return max(4, min(12, height * 2 // 5)) if self._explains and height > 7 else 0

    def _text(self, knob: Knob) -> str:
        return knob.shown(self.value(knob))[: max(3, self.extent.width - _LABEL - 4)]

    def lines(self, size: Size) -> list[Runs]:
        if self._scenario is None or self._loaded is None:
            return []
        room = self._room = size.height - self._height_of_help
        out = self._listed(size, room)
        knob = self.current
        if self._height_of_help and knob is not None:
            out += [()] * (room - len(out))
            changed = self.value(knob) != knob.value(self._loaded)
            title = f" {knob.label} "
            hint = "* d resets " if changed else ""
            rule = "─" * max(0, size.width - 1 - len(title) - len(hint))
            out.append((("─", Ink("faint")), (title, STRONG), (hint, MUTED), (rule, Ink("faint"))))
            out += self._help(knob, size)
        return out[: size.height]

    def _listed(self, size: Size, room: int) -> list[Runs]:
        out: list[Runs] = []
        self._rows = []
        group, at = "", 0
        for number, knob in enumerate(self._knobs):
            if knob.group != group:
                if group and room > len(self._knobs) + 6:
                    out.append(())
                    self._rows.append(None)
                group = knob.group
                out.append(((" " + group, MUTED),))
                self._rows.append(None)
            if number == self._at:
                at = len(out)
            out.append(self._line(knob, number == self._at and self._explains, size.width))
            self._rows.append(knob)
        if room > len(out) + 2:
            out += [(), ((" * changed by hand", MUTED),), ((f" {_RESTARTS} starts again at step 0", MUTED),)]
        # The heading above the cursor stays in sight.
        self._top = max(0, min(max(self._top, at + 1 - room), at - (1 if at else 0), len(out) - room))
        return out[self._top : self._top + room]

    def _line(self, knob: Knob, chosen: bool, width: int) -> Runs:
        back = "chosen" if chosen else ""
        assert self._loaded is not None
        changed = self.value(knob) != knob.value(self._loaded)
        arrow = Ink("key" if chosen else "faint", back)
        refused = knob.key in self._refusals
        runs: list[Run] = [
            ("▸" if chosen else " ", Ink("key", back, True)),
            (f"{knob.label:<{_LABEL - 1}}", Ink("error" if refused else "text" if chosen else "muted", back)),
            ("‹", arrow),
            (self._text(knob), Ink("accent" if changed else "text", back, changed)),
            ("›", arrow),
            ("*" if changed else "", Ink("accent", back, True)),
        ]
        used = sum(len(text) for text, _ in runs)
        if knob.key in self._restarts and used < width - 1:
            runs += [(" " * (width - 2 - used), Ink("text", back)), (_RESTARTS, Ink("faint", back))]
        return ljust(runs, width)

    def _help(self, knob: Knob, size: Size) -> list[Runs]:
        assert self._scenario is not None
        assert self._loaded is not None
        value, home = self.value(knob), knob.value(self._loaded)
        out: list[Runs] = []
        if knob.is_number:
            out.append(((" ", Ink()), *slider(knob, value, home, size.width - 2)))
        said = self._refusals.get(knob.key, self._said)
        return out + explained(knob, value, self._scenario, home, said, size.width - 1)


def noted(knob: Knob, scenario: Scenario, loaded: Scenario) -> list[Option]:
    """A knob's choices with what taking each would do, and which one the file has."""
    home = knob.value(loaded)
    return [
        option._replace(
            note="in the file" if option.value == home else "",
            effect="" if option.value == knob.value(scenario) else knob.effect(scenario, option.value),
        )
        for option in knob.options()
    ]
