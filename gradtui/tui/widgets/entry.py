"""The entry: a number or a text typed by hand, checked while it is typed."""

from __future__ import annotations

from textual.events import Click, MouseMove, MouseScrollDown, MouseScrollUp, Paste
from textual.geometry import Size

from gradtui.scenario.meanings import MEANINGS
from gradtui.scenario.model import Scenario
from gradtui.scenario.ranges import RANGES
from gradtui.tui import bindings
from gradtui.tui.knobs import Knob, NotAllowed, Value
from gradtui.tui.palette import KEY, MUTED, STRONG, Ink, Runs
from gradtui.tui.widgets.box import Box, Done
from gradtui.tui.widgets.explanation import effects, slider, value_at, wrapped
from gradtui.tui.widgets.lines import ljust

_WIDTH, _HEIGHT = 60, 11


class Entry(Box):
    """Type a value of one knob. Its slider writes into it, too; Enter takes what stands there if it is allowed."""

    BINDINGS = bindings.textual("entry")
    place = "entry"

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._knob: Knob | None = None
        self._scenario = self._loaded = Scenario()
        self._untouched = True

    def open(self, knob: Knob, value: Value, scenario: Scenario, loaded: Scenario, done: Done) -> None:
        """Begin with the present value; the first letter takes its place."""
        self._knob, self._scenario, self._loaded = knob, scenario, loaded
        self.typed = str(value) if knob.is_text else knob.written(value)
        self._untouched = True
        self.show_up(knob.label, _WIDTH, _HEIGHT, done)

    def _reads(self) -> tuple[Value | None, str]:
        """The value that stands there, and what is wrong with it."""
        assert self._knob is not None
        try:
            value = self._knob.read(self.typed)
        except NotAllowed as error:
            return None, str(error)
        return value, self._knob.objection(self._scenario, value)

    # ------------------------------------------------------------------ keys and mouse

    def typing(self, text: str) -> None:
        if self._untouched and len(text) > len(self.typed):
            text = text[len(self.typed) :]
        self._untouched = False
        super().typing(text)

    def on_paste(self, event: Paste) -> None:
        event.stop()
        lines = event.text.strip().splitlines()
        if lines:
            self.typing(self.typed + lines[0])

    def action_take(self) -> None:
        value, wrong = self._reads()
        if value is not None and not wrong:
            self.close(value)

    def action_step(self, direction: int) -> None:
        knob = self._knob
        if knob is not None and not knob.is_text:
            value, _ = self._reads()
            start = knob.value(self._scenario) if value is None else value
            self._write(knob.next(self._scenario, start, direction))

    def _write(self, value: Value) -> None:
        assert self._knob is not None
        self.typed, self._untouched = self._knob.written(value), True
        self.redraw()

    def on_click(self, event: Click) -> None:
        self._slide(event)

    def on_mouse_move(self, event: MouseMove) -> None:
        if event.button:
            self._slide(event)

    def _slide(self, event: Click | MouseMove) -> None:
        offset = event.get_content_offset(self)
        if offset is not None and offset.y == 1 and self._knob is not None and self._knob.is_number:
            self._write(value_at(self._knob, offset.x, self.extent.width))

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        self.action_step(1)

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        self.action_step(-1)

    # ------------------------------------------------------------------ drawing

    def _effect(self, knob: Knob, value: Value) -> str:
        stays = value == knob.value(self._scenario)
        return effects(knob, value, self._scenario) if stays else knob.effect(self._scenario, value)

    def lines(self, size: Size) -> list[Runs]:
        knob = self._knob
        if knob is None:
            return []
        value, wrong = self._reads()
        home, meaning = knob.value(self._loaded), MEANINGS[knob.key]
        text = self.typed[-max(1, size.width - 3) :]
        out: list[Runs] = [
            ljust([("▸ ", KEY), (text, Ink("text", "chosen" if self._untouched else "", True)), ("▏", KEY)], size.width)
        ]
        if knob.is_number:
            out.append(slider(knob, knob.value(self._scenario) if value is None else value, home, size.width))
        allowed = RANGES[knob.key].sentence() if knob.key in RANGES else ""
        parts = [
            (wrong, Ink("error")),
            ("" if value is None or wrong else self._effect(knob, value), Ink("accent")),
            (meaning.what, STRONG),
            (meaning.formula, Ink("key")),
            (allowed, Ink()),
            (f"{knob.shown(home)} in the file; {knob.usually(self._scenario)}", MUTED),
            (meaning.paper, MUTED),
        ]
        return (out + wrapped(parts, size.width))[: size.height]
