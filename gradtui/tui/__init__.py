"""The screen: draws snapshots and sends commands. Importing this package imports nothing of it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gradtui.scenario.model import Scenario
    from gradtui.settings.choosing import Chosen

#: The setting `colours` as Textual calls it.
_COLOUR_SYSTEMS = {"256": "256", "16": "standard"}

#: Seconds after which a thread that wants Python gets it from the one that has it.
SWITCH_INTERVAL = 0.0005


def launch(scenario: Scenario | None, *, paused: bool, chosen: Chosen, source: str | None = None) -> int:
    """Open the lab on a scenario, or the gallery when there is none; the exit code once it is closed.

    `source` is the name or the file that the scenario was loaded from.
    """
    settings = chosen.settings
    # Textual reads these when it is imported. Four times the bars' rate, so that a key need not wait for a frame.
    os.environ.setdefault("TEXTUAL_FPS", str(max(120, 4 * settings.frames)))
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    os.environ.setdefault("TEXTUAL_SMOOTH_SCROLL", "0")
    if settings.colours == "none":
        os.environ["NO_COLOR"] = "1"
    elif settings.colours != "auto":
        os.environ.pop("NO_COLOR", None)
        os.environ["TEXTUAL_COLOR_SYSTEM"] = _COLOUR_SYSTEMS[settings.colours]
    elif os.environ.get("COLORTERM", "") in ("truecolor", "24bit"):
        # The themes and the bands are colours of the 256; naming them so takes half the bytes.
        os.environ.setdefault("TEXTUAL_COLOR_SYSTEM", "256")
    from gradtui.settings.file import write
    from gradtui.tui.app import GradtuiApp

    # The worker and the screen hand Python over to each other many times a frame; at the usual 5 ms, most of a frame
    # would be waiting.
    sys.setswitchinterval(SWITCH_INTERVAL)
    app = GradtuiApp(
        scenario,
        paused=paused,
        settings=settings,
        source=source,
        problems=chosen.problems,
        keep=write,
    )
    try:
        app.run(mouse=settings.mouse)
    finally:
        app.join()
    return app.return_code or 0
