"""Diagnosis: what is wrong with a network's gradient, said with its evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gradtui.diagnosis.case import Evidence
    from gradtui.diagnosis.verdict import KINDS, Verdict, diagnose, verdicts

__all__ = ["KINDS", "Evidence", "Verdict", "diagnose", "verdicts"]


def __getattr__(name: str) -> object:
    """Judging needs the engine; thresholds and remedies are tables and are read without it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from gradtui.diagnosis import case, verdict

    return getattr(case if name == "Evidence" else verdict, name)
