"""The cures: a race of remedies as a live table; the best of them is adopted, or opened beside the original."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.events import Click, MouseScrollDown, MouseScrollUp
from textual.geometry import Size

from gradtui.tui import bindings, format, race_table
from gradtui.tui.pages import kind_ink, kind_text
from gradtui.tui.palette import KEY, MUTED, Ink, Run, Runs
from gradtui.tui.screens.paced import PolledScreen
from gradtui.tui.widgets.keyline import KeyLine
from gradtui.tui.widgets.lines import Lines, ljust
from gradtui.tui.widgets.notice import TooSmall

if TYPE_CHECKING:
    from gradtui.diagnosis.standing import Row, Standing
    from gradtui.tui.app import GradtuiApp
    from gradtui.tui.racing import Contest

#: Seconds between two looks at the race.
_PERIOD = 0.15


class RaceHead(Lines):
    """What is raced and how far it is, and what is wrong."""

    DEFAULT_CSS = "RaceHead { height: 3; }"

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._standing: Standing | None = None

    def show(self, standing: Standing) -> None:
        """Draw another standing."""
        self._standing = standing
        self.redraw()

    def lines(self, size: Size) -> list[Runs]:
        standing = self._standing
        if standing is None:
            return []
        name = standing.scenario.name or standing.scenario.title
        state = progress(standing)
        left: list[Run] = [(" cures  ", KEY), (name, Ink("text", "", True))]
        room = size.width - sum(len(text) for text, _ in left) - 3
        left.append((f"{format.begun(state, max(0, room)).rstrip():>{max(0, room + 2)}} ", MUTED))
        return [ljust(left, size.width), self._verdict(standing, size.width), ()]

    def _verdict(self, standing: Standing, width: int) -> Runs:
        if standing.problem:
            return ljust([(" ", MUTED), (format.begun(standing.problem, width - 2), Ink("error"))], width)
        verdict = standing.verdicts[0] if standing.verdicts else None
        unchanged = standing.unchanged
        kind = standing.kinds[0] if standing.kinds else verdict.kind if verdict else ""
        sentence = verdict.sentence if verdict else unchanged.sentence if unchanged else ""
        word = kind_text(kind)
        runs: list[Run] = [(" ", MUTED), (word, kind_ink(kind)), ("  ", MUTED)]
        return ljust([*runs, (format.begun(sentence, max(0, width - len(word) - 4)), Ink())], width)


def progress(standing: Standing) -> str:
    """How far a race is, in words."""
    stage = standing.stage.value
    if standing.compiling is not None:
        done, total, kernel = standing.compiling
        return f"compiling {kernel}, {done} of {total}, once on this machine"
    if stage == "diagnosing":
        return "looking for what is wrong"
    if stage == "failed":
        return "it could not be raced"
    steps = f"{standing.steps:,} steps each"
    if stage == "racing" and not standing.steps:
        return "building the networks"
    if stage == "racing":
        return f"racing: {steps}, {standing.seconds:.0f} of {standing.budget:.0f} s"
    cures = len(standing.cures)
    found = (
        "nothing to cure"
        if not standing.rows
        else f"{cures} cure{'' if cures == 1 else 's'} of {len(standing.rows) - 1}"
    )
    return f"{found}, {steps}, {standing.seconds:.0f} s" if standing.rows else found


class RaceTable(Lines):
    """The rows, ranked, with a cursor."""

    DEFAULT_CSS = "RaceTable { height: 1fr; }"

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.standing: Standing | None = None
        self._followed: str | None = None
        self._at = self._top = 0

    @property
    def current(self) -> Row | None:
        """The row under the cursor."""
        rows = self.standing.rows if self.standing else ()
        return rows[min(self._at, len(rows) - 1)] if rows else None

    def show(self, standing: Standing) -> None:
        """Draw another standing; the cursor stays on its remedy once it was moved, on the best before."""
        self.standing = standing
        places = [place for place, row in enumerate(standing.rows) if row.remedy == self._followed]
        self._at = places[0] if places else min(self._at, max(0, len(standing.rows) - 1))
        self.redraw()

    def move(self, rows: int) -> None:
        """Move the cursor; it stops at the ends."""
        if self.standing is None or not self.standing.rows:
            return
        self._at = max(0, min(self._at + rows, len(self.standing.rows) - 1))
        self._followed = self.standing.rows[self._at].remedy
        self.redraw()

    def lines(self, size: Size) -> list[Runs]:
        standing = self.standing
        if standing is None:
            return []
        if not standing.rows:
            said: list[Runs] = [((f"  {line}", MUTED),) for line in _nothing(standing)]
            return said[: size.height]
        columns = race_table.Columns(size.width)
        room = max(1, size.height - 1)
        self._top = max(0, min(max(self._top, self._at - room + 1), self._at, max(0, len(standing.rows) - room)))
        shown = list(enumerate(standing.rows, 1))[self._top : self._top + room]
        return [
            race_table.heading(standing, columns),
            *(race_table.line(row, rank, standing, columns, chosen=rank - 1 == self._at) for rank, row in shown),
        ]

    def on_click(self, event: Click) -> None:
        if self.standing and 0 < event.y <= len(self.standing.rows) - self._top:
            self.move(event.y - 1 + self._top - self._at)
            self.screen.query_one(RaceDetails).show(self.standing, self.current)

    def on_mouse_scroll_down(self, event: MouseScrollDown) -> None:
        self.move(1)

    def on_mouse_scroll_up(self, event: MouseScrollUp) -> None:
        self.move(-1)


def _nothing(standing: Standing) -> list[str]:
    if not standing.over:
        return ["the first results come in a moment"]
    if standing.stage.value == "failed":
        return ["change the scenario, then race again"]
    return ["nothing is wrong, so there is nothing to cure", "make it deeper, or give it other weights, and race again"]


class RaceDetails(Lines):
    """What the chosen remedy is."""

    DEFAULT_CSS = "RaceDetails { height: 6; } .-tall RaceDetails { height: 9; }"

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self._standing: Standing | None = None
        self._row: Row | None = None

    def show(self, standing: Standing, row: Row | None) -> None:
        """Draw another row."""
        self._standing, self._row = standing, row
        self.redraw()

    def lines(self, size: Size) -> list[Runs]:
        rule: Runs = (("─" * size.width, Ink("faint")),)
        if self._row is None or self._standing is None:
            return [rule]
        judged = self._standing.steps > 0
        said = race_table.details(self._row, _meaning(self._row.remedy), size.width, judged=judged)
        return [rule, *said][: size.height]


def _meaning(remedy: str) -> tuple[str, ...]:
    from gradtui.diagnosis import remedies  # not before the first paint

    return tuple(remedies.remedy(remedy).meaning[:3]) if remedy else ()


class RaceScreen(PolledScreen):
    """Over the lab, whose run goes on. `adopt` makes the chosen change in it, `beside` opens it beside the original."""

    BLANK: ClassVar[bool] = True
    BINDINGS = bindings.textual("cures")
    AUTO_FOCUS: ClassVar[str | None] = ""

    DEFAULT_CSS = """
    RaceScreen #too-small { display: none; height: 1fr; }
    RaceScreen.-small > * { display: none; }
    RaceScreen.-small #too-small { display: block; }
    """

    app: GradtuiApp

    def __init__(self, contest: Contest, *, adopt: Callable[[Row], None], beside: Callable[[Row], None]) -> None:
        super().__init__()
        self._contest, self._adopt, self._beside = contest, adopt, beside
        self._shown: Standing | None = None
        self._head = RaceHead(id="race-head")
        self.table = RaceTable(id="race-table")
        self._details = RaceDetails(id="race-details")

    def compose(self) -> ComposeResult:
        yield self._head
        yield self.table
        yield self._details
        yield KeyLine("cures", id="keys")
        yield TooSmall(id="too-small")

    def on_mount(self) -> None:
        self._arrange()
        self._poll()
        self.poll_every(_PERIOD)

    def on_resize(self) -> None:
        self._arrange()

    def _arrange(self) -> None:
        width, height = self.app.size
        self.set_class(width < 60 or height < 12, "-small")
        self.set_class(height >= 32, "-tall")

    def _poll(self) -> None:
        standing = self._contest.standing()
        if standing is self._shown:
            return
        self._shown = standing
        self._head.show(standing)
        self.table.show(standing)
        self._details.show(standing, self.table.current)

    # ------------------------------------------------------------------ keys

    def action_move(self, rows: int) -> None:
        self.table.move(rows)
        if self._shown is not None:
            self._details.show(self._shown, self.table.current)

    def action_adopt(self) -> None:
        row = self.table.current
        if row is None or row.unchanged:
            self.notify("this is the network as it is; choose a change to adopt", markup=False)
            return
        self.app.pop_screen()
        self._adopt(row)

    def action_beside(self) -> None:
        row = self.table.current
        if row is None or row.unchanged:
            self.notify("this is the network as it is; choose a change to see beside it", markup=False)
            return
        self._beside(row)

    def action_explain(self) -> None:
        row = self.table.current
        self.app.open_words("" if row is None or row.unchanged else f"remedy.{row.remedy}")

    def action_longer(self) -> None:
        self._contest.longer()
        self._poll()

    def action_close(self) -> None:
        self.app.pop_screen()
