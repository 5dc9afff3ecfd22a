"""What one row of the menu says about a choice."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Choice:
    """One row of the menu. `reads` holds the dotted keys that have an effect only with this choice."""

    name: str
    label: str
    meaning: str
    formula: str = ""
    paper: str = ""
    reads: tuple[str, ...] = ()
