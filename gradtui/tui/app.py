"""The application: its screens, its commands, its themes, and a clean end however it ends."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import App, SystemCommand
from textual.driver import Driver
from textual.screen import Screen
from textual.theme import Theme

from gradtui.settings.table import SettingError, Settings
from gradtui.tui import bindings
from gradtui.tui.link import Link, MakeRunner, make_runner
from gradtui.tui.racing import Contest, MakePair, MakeRace, Twosome, make_pair, make_race
from gradtui.tui.saving import KINDS
from gradtui.tui.screens.gallery import GalleryScreen
from gradtui.tui.screens.help import HelpScreen
from gradtui.tui.screens.lab import LabScreen
from gradtui.tui.screens.words import WordsScreen
from gradtui.tui.themes import DARK, OWN

if TYPE_CHECKING:
    from gradtui.diagnosis.verdict import Verdict
    from gradtui.scenario.model import Scenario
    from gradtui.tui.pacing import Pacing

Keep = Callable[[str, str], None]
Library = Callable[[], Sequence[tuple[str, "Scenario"]]]

_DEFAULTS = Settings()

#: Signal -> the exit code that shells give a process it has ended.
ENDING_SIGNALS = {"SIGTERM": 143, "SIGHUP": 129}


def shipped_library() -> Sequence[tuple[str, Scenario]]:
    """The scenarios that come with gradtui."""
    from gradtui.scenario import files

    return files.library()


def _forget_exported_size() -> None:
    """Let the terminal say how large it is. Some libraries export what another terminal had, and the first frame would
    be drawn for that one."""
    try:
        known = all(os.get_terminal_size(sys.__stderr__.fileno()))  # type: ignore[union-attr]
    except (AttributeError, OSError, ValueError):
        return
    if known:
        for name in ("COLUMNS", "LINES"):
            os.environ.pop(name, None)


class GradtuiApp(App[None]):
    """The gallery and the lab. Opens the lab at once when given a scenario."""

    TITLE = "gradtui"
    BINDINGS = bindings.textual("everywhere")
    COMMAND_PALETTE_DISPLAY = "Ctrl+P"
    CSS: ClassVar[str] = "Screen { background: $background; }"

    def __init__(
        self,
        scenario: Scenario | None = None,
        *,
        paused: bool = False,
        settings: Settings = _DEFAULTS,
        source: str | None = None,
        problems: Sequence[str] = (),
        keep: Keep | None = None,
        make: MakeRunner = make_runner,
        library: Library = shipped_library,
        race: MakeRace = make_race,
        pair: MakePair = make_pair,
    ) -> None:
        """`source`: where the scenario was loaded from. `problems`: sentences to show at the start. `keep` stores a
        setting that was changed on screen."""
        no_color = bool(os.environ.get("NO_COLOR"))
        if not no_color:
            # Only a non-empty value asks for no colours; Textual would take an empty one as well.
            os.environ.pop("NO_COLOR", None)
        _forget_exported_size()
        # Without colours the theme that leaves everything to the terminal is the cheap one to strip.
        super().__init__(ansi_color=True if no_color else None)
        self._first = scenario
        self._paused = paused
        self.settings = settings
        self.source = source
        self._problems, self._keep = problems, keep
        self._make = make
        self.library = library
        self._links: list[Link] = []
        self._make_race, self._make_pair = race, pair
        self._beside: list[Contest | Twosome] = []
        for look in OWN.values():
            self.register_theme(look.theme)
        wanted = "ansi-dark" if no_color else settings.theme
        self.theme = wanted if wanted in self.available_themes else DARK.theme.name
        self._kept_theme = self.theme

    def get_default_screen(self) -> Screen[Any]:
        return GalleryScreen() if self._first is None else self._lab(self._first)

    def on_mount(self) -> None:
        # Back from the shell the terminal is empty.
        self.app_resume_signal.subscribe(self, lambda _: self.screen.refresh())
        self.theme_changed_signal.subscribe(self, self._keep_theme)
        for problem in self._problems:
            self.notify(problem, severity="warning", timeout=15, markup=False)
        loop = asyncio.get_running_loop()
        for name, code in ENDING_SIGNALS.items():
            if number := getattr(signal, name, None):
                try:
                    loop.add_signal_handler(number, partial(self._end, code))
                except (NotImplementedError, RuntimeError, ValueError):
                    # Not on this system, or not in the main thread: the default action has to do.
                    continue

    def _keep_theme(self, theme: Theme) -> None:
        """A theme chosen on screen is that of the next run as well."""
        if self._keep is None or theme.name == self._kept_theme:
            return
        self._kept_theme = theme.name
        try:
            self._keep("theme", theme.name)
        except SettingError as error:
            self.notify(f"this theme holds until you quit: {error}", severity="warning", markup=False)

    def _end(self, code: int) -> None:
        self.exit(return_code=code)

    def contest(self, scenario: Scenario, found: Sequence[Verdict]) -> Contest:
        """Begin to race the cures of a scenario in which this was found."""
        contest = Contest(scenario, found, self._make_race)
        self._beside.append(contest)
        return contest

    def twosome(self, left: Scenario, right: Scenario) -> Twosome:
        """Two scenarios that are to make the same steps."""
        pair = self._make_pair(left, right)
        self._beside.append(pair)
        return pair

    def join(self) -> None:
        """Wait until every run that was on screen has ended."""
        for each in self._beside:
            if isinstance(each, Contest):
                each.stop()
            else:
                each.close()
        for each in self._beside:
            each.join()
        for link in self._links:
            link.close()
            link.join()

    def get_driver_class(self) -> type[Driver]:
        usual = super().get_driver_class()
        if usual.__name__ != "LinuxDriver":
            return usual
        from gradtui.tui.driver import TerminalDriver

        return TerminalDriver

    @property
    def pacing(self) -> Pacing | None:
        """How fast the terminal takes frames, where that is known."""
        return getattr(self._driver, "pacing", None)

    # ------------------------------------------------------------------ screens

    def _lab(self, scenario: Scenario) -> LabScreen:
        link = Link(scenario, paused=self._paused, make=self._make)
        self._links.append(link)
        return LabScreen(link, paused=self._paused, fps=self.settings.frames)

    def open_lab(self, scenario: Scenario) -> None:
        """Run a scenario; the gallery stays as it is, below."""
        self.source = scenario.name
        self.push_screen(self._lab(scenario))

    def open_gallery(self) -> None:
        """End the run on screen and go to the gallery: back to it, or for the first time."""
        lab = self.screen
        assert isinstance(lab, LabScreen)
        lab.end()
        if any(isinstance(screen, GalleryScreen) for screen in self.screen_stack):
            self.pop_screen()
        else:
            self.push_screen(GalleryScreen(lab.link.snapshot().loaded.name))

    # ------------------------------------------------------------------ commands

    def send(self, sequence: str) -> None:
        """Send the terminal a sequence that draws nothing."""
        if self._driver is not None:
            self._driver.write(sequence)
            self._driver.flush()

    def open_words(self, word: str = "") -> None:
        """Explain words, this one first."""
        self.push_screen(WordsScreen(word))

    def action_help(self) -> None:
        self.push_screen(HelpScreen())

    def action_quit_now(self) -> None:
        self.exit()

    def get_system_commands(self, screen: Screen[Any]) -> Iterable[SystemCommand]:
        place = "lab" if isinstance(screen, LabScreen) else "gallery"
        for key in (*bindings.of(place), *bindings.of("everywhere")):
            owner = "app" if key.where == "everywhere" else "screen"
            for press in key.presses:
                if press.title:
                    yield SystemCommand(press.title, key.help, partial(self.run_action, f"{owner}.{press.action}"))
        if isinstance(screen, LabScreen):
            for kind in KINDS:
                title = kind.title if not kind.suffix else f"Save {kind.title}"
                yield SystemCommand(title.capitalize(), kind.meaning, partial(screen.save, kind))
        yield SystemCommand("Theme", "change the colours", self.action_change_theme)
