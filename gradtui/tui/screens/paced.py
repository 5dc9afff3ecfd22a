"""A screen that draws no faster than the line to the terminal carries it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from textual.screen import Screen

from gradtui.tui.compositor import LeanCompositor

if TYPE_CHECKING:
    from gradtui.tui.app import GradtuiApp


class PacedScreen(Screen[None]):
    """Keeps back what is to be drawn while too much is under way, however it came about; then draws what is newest."""

    app: GradtuiApp

    def __init__(self) -> None:
        super().__init__()
        self._compositor = LeanCompositor()

    def ready(self) -> bool:
        """Whether a frame that nobody has asked for by a key may be drawn now."""
        pacing = self.app.pacing
        return pacing is None or pacing.open()

    def _on_timer_update(self) -> None:
        pacing = self.app.pacing
        if pacing is None or pacing.open_for_key():
            # Textual stops this timer there; left alone it comes again.
            super()._on_timer_update()


class PolledScreen(PacedScreen):
    """Looks in `_poll` whether there is something new to draw, every so often, while no other screen stands over it."""

    def poll_every(self, seconds: float) -> None:
        """Begin to look."""
        self._poller = self.set_interval(seconds, self._poll_in_time)

    def on_screen_suspend(self) -> None:
        self._poller.pause()

    def on_screen_resume(self) -> None:
        self._poller.resume()

    def _poll_in_time(self) -> None:
        if self.ready():
            self._poll()

    def _poll(self) -> None:
        raise NotImplementedError
