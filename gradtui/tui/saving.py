"""What can be saved of a run on screen, and copied."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple, Protocol

from gradtui.tui.bands import band
from gradtui.tui.clipboard import sequence
from gradtui.tui.palette import palette_of

if TYPE_CHECKING:
    from gradtui.lab.snapshot import Snapshot
    from gradtui.tui.app import GradtuiApp
    from gradtui.tui.axis import Axis


class Kind(NamedTuple):
    """One thing to save: the key in the menu, its title, what it is, and how its files end; copied when they do not."""

    key: str
    title: str
    meaning: str
    suffix: str = ""


KINDS: tuple[Kind, ...] = (
    Kind("v", "screen as SVG", "what is on the screen, as a picture that can be scaled", "svg"),
    Kind("p", "graph as PNG", "bars, step 0, signal and curves, by matplotlib", "png"),
    Kind("n", "numbers as CSV", "every gauge of every layer", "csv"),
    Kind("t", "scenario as TOML", "the scenario with everything that was changed by hand", "toml"),
    Kind("c", "copy command line", "what opens this scenario with these changes"),
)

NO_COMMAND = "no options lead to this scenario: save it as TOML and open that file"


class Tell(Protocol):
    """Shows a sentence."""

    def __call__(self, text: str, *, failed: bool = False) -> None: ...


class Saver:
    """Saves one snapshot. `axis` is the one the bars stand on."""

    def __init__(self, app: GradtuiApp, snapshot: Snapshot, axis: Axis) -> None:
        from gradtui.export import files

        self._app = app
        self._snapshot = snapshot
        self._axis = axis
        self._stem = files.stem(snapshot.scenario.name or snapshot.scenario.title, snapshot.step)

    def preview(self, kind: Kind) -> str:
        """What saving it would give: the file's name, or the command."""
        from gradtui.export import files, picture

        if not kind.suffix:
            return self.command() or NO_COMMAND
        if kind.suffix == "png" and not picture.is_available():
            return picture.MISSING
        return files.free_name(self._stem, kind.suffix)

    def command(self) -> str | None:
        """The command line that opens the scenario as it stands."""
        from gradtui.export.command_line import command_line

        return command_line(self._snapshot.scenario, self._app.source)

    def copy(self) -> str:
        """Copy the command line; what happened, in a sentence. Raises Unsaved."""
        from gradtui.export.files import Unsaved

        command = self.command()
        if command is None:
            raise Unsaved(NO_COMMAND)
        self._app.send(sequence(command, os.environ))
        return f"copied: {command}"

    def content(self, kind: Kind) -> Callable[[], bytes]:
        """What makes the file's content, maybe slowly. Whatever it needs of the screen is taken now. Raises Unsaved."""
        from gradtui.export import picture, tables
        from gradtui.export.files import Unsaved
        from gradtui.scenario.writing import to_toml

        snapshot = self._snapshot
        match kind.suffix:
            case "svg":
                drawn = self._app.export_screenshot(title=f"gradtui {snapshot.scenario.name}".rstrip())
                return drawn.encode
            case "png":
                bands = palette_of(self._app).look.bands.fine
                colours = ["#{:02x}{:02x}{:02x}".format(*each) for each in bands]
                span = self._axis.low, self._axis.high
                return lambda: picture.draw(snapshot, span, lambda value: colours[band(value)])
            case "csv":
                profile = snapshot.profile
                if profile is None:
                    raise Unsaved("there are no numbers yet: no step has been measured")
                return lambda: tables.as_csv([profile]).encode()
            case _:
                return to_toml(snapshot.scenario).encode

    async def carry_out(self, kind: Kind, tell: Tell) -> None:
        """Save or copy it, and tell in a sentence what came of it. Drawing takes its time in a thread."""
        from gradtui.export import files

        try:
            if not kind.suffix:
                told = self.copy()
                tell(told)
                if len(told) >= self._app.size.width:
                    self._app.notify(told, markup=False, timeout=15)
                return
            make = self.content(kind)
            if kind.suffix == "png":
                tell("drawing the graph ...")
            path = await asyncio.to_thread(lambda: files.save(make(), self._stem, kind.suffix))
            tell(f"saved {path.name} in {path.parent}")
        except files.Unsaved as problem:
            tell(str(problem), failed=True)
