"""The application: its screens, its commands, its themes, and a clean end however it ends."""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

from textual.app import App, SystemCommand
from textual.driver import Driver
from textual.screen import Screen

from gradtui.tui import bindings
from gradtui.tui.link import Link, MakeRunner, make_runner
from gradtui.tui.palette import DARK, LIGHT
from gradtui.tui.screens.gallery import GalleryScreen
from gradtui.tui.screens.help import HelpScreen
from gradtui.tui.screens.lab import LabScreen

if TYPE_CHECKING:
    from gradtui.scenario.model import Scenario
    from gradtui.tui.pacing import Pacing

Library = Callable[[], Sequence[tuple[str, "Scenario"]]]

#: Signal -> the exit code that shells give a process it has ended.
ENDING_SIGNALS = {"SIGTERM": 143, "SIGHUP": 129}


def shipped_library() -> Sequence[tuple[str, Scenario]]:
    """The scenarios that come with gradtui."""
    from gradtui.scenario import files

    return files.library()


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
        fps: int = 30,
        make: MakeRunner = make_runner,
        library: Library = shipped_library,
    ) -> None:
        no_color = bool(os.environ.get("NO_COLOR"))
        if not no_color:
            # Only a non-empty value asks for no colours; Textual would take an empty one as well.
            os.environ.pop("NO_COLOR", None)
        # Without colours the theme that leaves everything to the terminal is the cheap one to strip.
        super().__init__(ansi_color=True if no_color else None)
        self._first = scenario
        self._paused, self._fps = paused, fps
        self._make = make
        self.library = library
        self._links: list[Link] = []
        self.register_theme(DARK)
        self.register_theme(LIGHT)
        wanted = "ansi-dark" if no_color else os.environ.get("TEXTUAL_THEME", DARK.name)
        self.theme = wanted if wanted in self.available_themes else DARK.name

    def get_default_screen(self) -> Screen[Any]:
        return GalleryScreen() if self._first is None else self._lab(self._first)

    def on_mount(self) -> None:
        # Back from the shell the terminal is empty.
        self.app_resume_signal.subscribe(self, lambda _: self.screen.refresh())
        loop = asyncio.get_running_loop()
        for name, code in ENDING_SIGNALS.items():
            if number := getattr(signal, name, None):
                try:
                    loop.add_signal_handler(number, partial(self._end, code))
                except (NotImplementedError, RuntimeError, ValueError):
                    # Not on this system, or not in the main thread: the default action has to do.
                    continue

    def _end(self, code: int) -> None:
        self.exit(return_code=code)

    def join(self) -> None:
        """Wait until every run that was on screen has ended."""
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
        return LabScreen(link, paused=self._paused, fps=self._fps)

    def open_lab(self, scenario: Scenario) -> None:
        """Run a scenario; the gallery stays as it is, below."""
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
        yield SystemCommand("Theme", "change the colours", self.action_change_theme)
