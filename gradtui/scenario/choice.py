"""One row of the menu."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Choice:
    """One row of the menu. `reads` holds the dotted keys that have an effect only with choices that read them;
    `defaults` what a key is with this choice when a file leaves it out."""

    name: str
    label: str
    meaning: str
    formula: str = ""
    paper: str = ""
    reads: tuple[str, ...] = ()
    defaults: tuple[tuple[str, float | str], ...] = ()
