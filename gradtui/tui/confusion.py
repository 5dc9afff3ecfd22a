"""Confusion: what is taken for what on the held-out examples, and how often each class is predicted."""

from __future__ import annotations

from collections.abc import Sequence

from gradtui.lab.sight import Counts
from gradtui.tui import class_marks, format
from gradtui.tui.blocks import cut
from gradtui.tui.palette import MUTED, STRONG, Ink, Run, Runs

RIGHT, WRONG = Ink("success", "", True), Ink("warning", "", True)

#: Cells of the names left of the table.
NAMES = 9


def headline(counts: Counts, classes: Sequence[str], width: int) -> Runs:
    """How many are right, and what is wrong as a whole: one class predicted for all, or no answer."""
    runs: list[Run] = [
        (format.percent(counts.right / max(1, counts.total)), STRONG),
        (f" right: {format.count(counts.right)} of {format.count(counts.total)} held out", MUTED),
    ]
    used = [label for label, times in enumerate(counts.predicted) if times]
    if sum(counts.undecided):
        runs = [(f"{format.count(sum(counts.undecided))} answers are NaN  ", Ink("error", "", True)), *runs]
    elif len(used) == 1 and len(classes) > 1:
        runs = [(f"says {classes[used[0]]} to everything  ", WRONG), *runs]
    elif len(used) < len(classes):
        runs.append((f"  {len(classes) - len(used)} classes never said", WRONG))
    return cut(runs, width)


def size(counts: Counts) -> tuple[int, int]:
    """(width, height) that the whole table takes."""
    return _margin() + len(counts.truths) * (_digits(counts) + 1) + _total(counts), len(counts.truths) + 3


def draw(counts: Counts, classes: Sequence[str], width: int, height: int) -> list[Runs]:
    """The table, or where it does not fit a bar for each class that is predicted most."""
    wanted = size(counts)
    if wanted[0] <= width and wanted[1] <= height:
        return table(counts, classes, width)
    return tallies(counts, classes, width, height)


def _digits(counts: Counts) -> int:
    return max(len(str(max(map(max, counts.confusion)))), len(str(max(counts.predicted))), 2)


def _margin() -> int:
    return NAMES + 2


def _total(counts: Counts) -> int:
    return len(str(max(counts.truths))) + 2 + (3 if sum(counts.undecided) else 0)


def table(counts: Counts, classes: Sequence[str], width: int) -> list[Runs]:
    """A row a true class, a column a predicted one; below, how often each is predicted."""
    letters, digits = class_marks.marks(classes), _digits(counts)
    head: list[Run] = [(format.fitted("true ↓", NAMES + 2), MUTED)]
    for label in range(len(classes)):
        head += [(" " * digits, MUTED), class_marks.mark(label, letters)]
    out: list[Runs] = [cut([*head, ("   all", MUTED)], width)]
    for label, row in enumerate(counts.confusion):
        name = "" if letters[label] == classes[label] else format.fitted(classes[label], NAMES)
        line: list[Run] = [class_marks.mark(label, letters), (f" {name:{NAMES}}", MUTED)]
        for other, times in enumerate(row):
            ink = (RIGHT if label == other else WRONG) if times else Ink("faint")
            line.append((f" {times or '·':>{digits}}", ink))
        line.append((f"  {counts.truths[label]}", MUTED))
        if counts.undecided[label]:
            line.append((f" {class_marks.NONE}{counts.undecided[label]}", Ink("error")))
        out.append(cut(line, width))
    said: list[Run] = [(format.fitted("predicted", NAMES + 2), STRONG)]
    for label, times in enumerate(counts.predicted):
        said.append((f" {times:>{digits}}", class_marks.ink(label, True) if times else Ink("faint")))
    return [*out, cut(said, width)]


def tallies(counts: Counts, classes: Sequence[str], width: int, height: int) -> list[Runs]:
    """How often each class is predicted, as a bar, and how many of these are right; the most frequent first."""
    letters = class_marks.marks(classes)
    order = sorted(range(len(classes)), key=lambda label: -counts.predicted[label])
    fits = len(order) <= height - 1
    if fits:
        order = list(range(len(classes)))
    shown = order if fits else order[: max(0, height - 2)]
    highest = max(*counts.predicted, 1)
    room = max(1, width - NAMES - 22)
    out: list[Runs] = [cut([(format.fitted("predicted", NAMES + 3), STRONG), ("times, right of how many there are", MUTED)], width)]
    for label in shown:
        times = counts.predicted[label]
        bar = "█" * max(1 if times else 0, round(times / highest * room))
        figures = f" {format.count(times)}, {format.count(counts.confusion[label][label])} of {format.count(counts.truths[label])}"
        name = "" if letters[label] == classes[label] else classes[label]
        line: list[Run] = [class_marks.mark(label, letters), (f" {format.fitted(name, NAMES)} ", MUTED)]
        out.append(cut([*line, (bar, class_marks.ink(label)), (figures, MUTED)], width))
    if not fits:
        rest = order[len(shown) :]
        times = sum(counts.predicted[label] for label in rest)
        out.append(cut([(f"{len(rest)} more classes, predicted {format.count(times)} times", MUTED)], width))
    return out
