"""Confusion: what is taken for what on the held-out examples, and how often each class is predicted."""

from __future__ import annotations

from collections.abc import Sequence

from gradtui.lab.sight import Counts
from gradtui.tui import class_marks, format
from gradtui.tui.blocks import cut
from gradtui.tui.palette import MUTED, STRONG, Ink, Run, Runs

RIGHT, WRONG = STRONG, Ink("warning", "", True)

#: Cells of the names left of the table: at least, and where it stands in a wide view at most.
NAMES, LONG_NAMES, WIDE = 9, 16, 70


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


def size(counts: Counts, classes: Sequence[str], width: int) -> tuple[int, int]:
    """(width, height) that the whole table takes in a view of this width."""
    cells = names(classes, width) + 2 + len(counts.truths) * (_digits(counts) + 1) + _total(counts)
    return cells, len(counts.truths) + 2


def names(classes: Sequence[str], width: int) -> int:
    """Cells for the classes' names in a view of this width."""
    longest = 0 if class_marks.marks(classes) == list(classes) else max(map(len, classes))
    return max(NAMES, min(longest, LONG_NAMES if width >= WIDE else NAMES))


def draw(counts: Counts, classes: Sequence[str], width: int, height: int) -> list[Runs]:
    """The table, or where it does not fit a bar for each class that is predicted most."""
    wanted = size(counts, classes, width)
    if wanted[0] <= width and wanted[1] <= height:
        return table(counts, classes, width, names(classes, width))
    return tallies(counts, classes, width, height)


def _digits(counts: Counts) -> int:
    return max(len(str(max(map(max, counts.confusion)))), len(str(max(counts.predicted))), 2)


def _total(counts: Counts) -> int:
    return max(3, len(str(max(counts.truths)))) + 2


def table(counts: Counts, classes: Sequence[str], width: int, named: int = NAMES) -> list[Runs]:
    """A row a true class, its name in `named` cells, a column a predicted one; below, how often each is predicted."""
    letters, digits = class_marks.marks(classes), _digits(counts)
    head: list[Run] = [(format.fitted("true ↓", named + 2), MUTED)]
    for label in range(len(classes)):
        head += [(" " * digits, MUTED), class_marks.mark(label, letters)]
    total = _total(counts)
    out: list[Runs] = [cut([*head, (f"{'all':>{total}}", MUTED)], width)]
    for label, row in enumerate(counts.confusion):
        name = "" if letters[label] == classes[label] else format.fitted(classes[label], named)
        line: list[Run] = [class_marks.mark(label, letters), (f" {name:{named}}", MUTED)]
        for other, times in enumerate(row):
            ink = (RIGHT if label == other else WRONG) if times else Ink("faint")
            line.append((f" {times or '·':>{digits}}", ink))
        line.append((f"{counts.truths[label]:>{total}}", MUTED))
        out.append(cut(line, width))
    said: list[Run] = [(format.fitted("predicted", named + 2), STRONG)]
    for label, times in enumerate(counts.predicted):
        said.append((f" {times:>{digits}}", class_marks.ink(label, True) if times else Ink("faint")))
    return [*out, cut(said, width)]


def tallies(counts: Counts, classes: Sequence[str], width: int, height: int) -> list[Runs]:
    """How often each class is predicted, as a bar, and how many of these are right; where not all classes have room,
    the most frequent ones."""
    letters = class_marks.marks(classes)
    names = 0 if list(classes) == letters else NAMES + 1
    order = list(range(len(classes)))
    if len(order) > height - 1:
        order.sort(key=lambda label: -counts.predicted[label])
        order = order[: max(0, height - 2)]
    figures = [_figures(counts, label) for label in range(len(classes))]
    room = max(1, width - 3 - names - max(map(len, figures)))
    highest = max(*counts.predicted, 1)
    out: list[Runs] = [cut([("predicted", STRONG), ("  times, right/all", MUTED)], width)]
    for label in order:
        times = counts.predicted[label]
        bar = "█" * max(1 if times else 0, round(times / highest * room))
        name = format.fitted("" if letters[label] == classes[label] else classes[label], names)
        line: list[Run] = [class_marks.mark(label, letters), (f" {name}", MUTED)]
        out.append(cut([*line, (bar, class_marks.ink(label)), (f" {figures[label]}", MUTED)], width))
    if len(order) < len(classes):
        times = counts.total - sum(counts.undecided) - sum(counts.predicted[label] for label in order)
        out.append(cut([(f"{len(classes) - len(order)} more, {format.count(times)} times", MUTED)], width))
    return out


def _figures(counts: Counts, label: int) -> str:
    return f"{counts.predicted[label]}, {counts.confusion[label][label]}/{counts.truths[label]}"
