"""The screen: draws snapshots and sends commands. Importing this package imports nothing of it."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gradtui.scenario.model import Scenario

#: Seconds after which a thread that wants Python gets it from the one that has it.
SWITCH_INTERVAL = 0.0005


def launch(scenario: Scenario | None, *, paused: bool = False, fps: int = 30) -> int:
    """Open the lab on a scenario, or the gallery when there is none; the exit code once it is closed.

    `fps` is how often a second the bars may be redrawn.
    """
    fps = max(1, fps)
    # Textual reads these when it is imported. Twice the bars' rate, so that a key need not wait for a frame.
    os.environ.setdefault("TEXTUAL_FPS", str(max(60, 2 * fps)))
    os.environ.setdefault("TEXTUAL_ANIMATIONS", "none")
    os.environ.setdefault("TEXTUAL_SMOOTH_SCROLL", "0")
    if os.environ.get("COLORTERM", "") in ("truecolor", "24bit"):
        # The themes and the bands are colours of the 256; naming them so takes half the bytes.
        os.environ.setdefault("TEXTUAL_COLOR_SYSTEM", "256")
    from gradtui.tui.app import GradtuiApp

    # The worker and the screen hand Python over to each other many times a frame; at the usual 5 ms, most of a frame
    # would be waiting.
    sys.setswitchinterval(SWITCH_INTERVAL)
    app = GradtuiApp(scenario, paused=paused, fps=fps)
    try:
        app.run()
    finally:
        app.join()
    return app.return_code or 0
