"""Copying: the sequences that ask a terminal to keep a text, also through tmux."""

from __future__ import annotations

import base64
from collections.abc import Mapping


def sequence(text: str, environment: Mapping[str, str]) -> str:
    """OSC 52 with the text; inside tmux it is said twice, to tmux and to the terminal outside.

    tmux takes the first where `set-clipboard` is on, and passes the second on where `allow-passthrough` is.
    """
    plain = f"\x1b]52;c;{base64.b64encode(text.encode()).decode()}\a"
    if not environment.get("TMUX"):
        return plain
    return plain + "\x1bPtmux;" + plain.replace("\x1b", "\x1b\x1b") + "\x1b\\"
