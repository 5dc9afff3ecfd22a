"""Classes on screen: each has a colour and a letter, because nobody should have to rely on the colour."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_uppercase

from gradtui.lab.sight import UNDECIDED
from gradtui.tui import format
from gradtui.tui.palette import MUTED, Ink, Run

#: What stands for an answer that is no number.
NONE = "?"


def marks(classes: Sequence[str]) -> list[str]:
    """One letter a class: its own name where all are that short, else A, B, C ...; behind Z the last digit."""
    if all(len(name) == 1 for name in classes):
        return list(classes)
    return [ascii_uppercase[at] if at < 26 else str(at % 10) for at in range(len(classes))]


def ink(label: int, bold: bool = False) -> Ink:
    """A class's own colour; that of a fault where there is no answer."""
    return Ink("error", "", True) if label == UNDECIDED else Ink(f"class{label % 10}", "", bold)


def mark(label: int, letters: Sequence[str]) -> Run:
    """A class's letter in its colour."""
    return (NONE if label == UNDECIDED else letters[label], ink(label, True))


def key(classes: Sequence[str], letters: Sequence[str], width: int) -> list[Run]:
    """Which letter stands for which class, as many as fit."""
    runs: list[Run] = []
    for label, name in enumerate(classes):
        if letters[label] == name:
            continue
        text = f" {format.fitted(name, min(len(name), 14))}  "
        if sum(len(text) for text, _ in runs) + len(text) + 1 > width:
            break
        runs += [mark(label, letters), (text, MUTED)]
    return runs
