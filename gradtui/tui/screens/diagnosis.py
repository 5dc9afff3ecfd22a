"""The diagnosis: every verdict that holds, its evidence, and what it means."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.events import Click
from textual.geometry import Size

from gradtui.tui import bindings, format, pages
from gradtui.tui.palette import KEY, MUTED, Ink, Runs
from gradtui.tui.screens.paced import PacedScreen
from gradtui.tui.widgets.keyline import KeyLine
from gradtui.tui.widgets.lines import Area, Lines, Rule, ljust
from gradtui.tui.widgets.page import Page

if TYPE_CHECKING:
    from gradtui.lab.snapshot import Judged, Snapshot
    from gradtui.tui.app import GradtuiApp

#: Seconds between two looks at a run that goes on.
_PERIOD = 0.5

#: From this width on the list of verdicts stands beside the page.
_WIDE = 100


class Ranking(Lines):
    """The verdicts, the gravest first."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.verdicts: tuple[Judged, ...] = ()
        self.at = 0

    def lines(self, size: Size) -> list[Runs]:
        out: list[Runs] = [((" DIAGNOSIS", KEY), (f"  {_how_many(self.verdicts)}", MUTED))]
        for at, verdict in enumerate(self.verdicts):
            back = "chosen" if at == self.at else ""
            name = pages.kind_text(verdict.kind)
            said = format.begun(verdict.sentence, max(0, size.width - len(name) - 8)).rstrip()
            runs = [
                (" ▸ " if back else "   ", Ink("key", back, True)),
                (f"{at + 1} ", Ink("muted", back)),
                (name, pages.kind_ink(verdict.kind)._replace(bg=back)),
                (f"  {said}", Ink("muted", back)),
            ]
            out.append(ljust(runs, size.width))
        return out

    def on_click(self, event: Click) -> None:
        if 0 < event.y <= len(self.verdicts):
            screen = self.screen
            assert isinstance(screen, DiagnosisScreen)
            screen.choose(event.y - 1)


def _how_many(verdicts: tuple[Judged, ...]) -> str:
    if not verdicts:
        return "nothing measured yet"
    if verdicts[0].kind == "healthy":
        return "nothing is wrong"
    return "one finding" if len(verdicts) == 1 else f"{len(verdicts)} findings, the gravest first"


class Finding(Page):
    """One verdict in full."""

    def __init__(self, *, id: str) -> None:
        super().__init__(id=id)
        self.verdict: Judged | None = None

    def page(self, width: int) -> list[Runs]:
        if self.verdict is None:
            return []
        return [((" ", MUTED), *runs) for runs in pages.full(self.verdict, min(width - 2, 84))]


class DiagnosisScreen(PacedScreen):
    """Over the lab, whose run goes on; Esc goes back."""

    BLANK: ClassVar[bool] = True
    BINDINGS = bindings.textual("diagnosis")
    AUTO_FOCUS: ClassVar[str | None] = ""

    DEFAULT_CSS = """
    DiagnosisScreen #shelf { height: 1fr; layout: vertical; }
    DiagnosisScreen #rule { display: none; }
    DiagnosisScreen #finding { margin-top: 1; }
    DiagnosisScreen.-wide #shelf { layout: horizontal; }
    DiagnosisScreen.-wide #rule { display: block; }
    DiagnosisScreen.-wide #ranking { width: 44; height: 1fr; }
    DiagnosisScreen.-wide #finding { margin-top: 0; width: 1fr; }
    """

    app: GradtuiApp

    def __init__(self, snapshot: Callable[[], Snapshot], race: Callable[[], None]) -> None:
        """`race` opens the race of cures over the lab."""
        super().__init__()
        self._snapshot, self._race = snapshot, race
        #: Whether a verdict was chosen; the gravest one is read until then.
        self._has_chosen = False
        self.ranking, self.finding = Ranking(id="ranking"), Finding(id="finding")

    def compose(self) -> ComposeResult:
        with Area(id="shelf"):
            yield self.ranking
            yield Rule(id="rule")
            yield self.finding
        yield KeyLine("diagnosis", id="keys")

    def on_mount(self) -> None:
        self._arrange()
        self._renew()
        self.set_interval(_PERIOD, self._renew)

    def on_resize(self) -> None:
        self._arrange()

    def _arrange(self) -> None:
        wide = self.app.size.width >= _WIDE
        self.set_class(wide, "-wide")
        self.ranking.styles.height = "1fr" if wide else len(self.ranking.verdicts) + 1

    def _renew(self) -> None:
        """Look again, with the cursor on the same kind of verdict if it still holds."""
        if self.finding.verdict is not None and not self.ready():
            return
        before = self.finding.verdict
        verdicts = self._snapshot().verdicts
        kinds = [verdict.kind for verdict in verdicts]
        stays = self._has_chosen and before is not None and before.kind in kinds
        at = kinds.index(before.kind) if before is not None and stays else 0
        if len(verdicts) != len(self.ranking.verdicts):
            self.ranking.verdicts = verdicts
            self._arrange()
        self.ranking.verdicts = verdicts
        self._point(at)

    def choose(self, number: int) -> None:
        """Read another verdict."""
        if 0 <= number < len(self.ranking.verdicts):
            self._has_chosen = True
            self._point(number)

    def _point(self, number: int) -> None:
        before = self.finding.verdict
        self.ranking.at = number
        self.finding.verdict = self.ranking.verdicts[number] if self.ranking.verdicts else None
        self.ranking.redraw()
        after = self.finding.verdict
        if before is None or after is None or before.kind != after.kind:
            self.finding.rewind()
        else:
            self.finding.redraw()

    def action_move(self, rows: int) -> None:
        self.choose(self.ranking.at + rows)

    def action_scroll(self, lines: int) -> None:
        self.finding.scroll_lines(lines)

    def action_words(self) -> None:
        verdict = self.finding.verdict
        self.app.open_words("" if verdict is None else verdict.kind)

    def action_cures(self) -> None:
        self.app.pop_screen()
        self._race()

    def action_close(self) -> None:
        self.app.pop_screen()
