"""The task as the network sees it: the plane, the confusion, the pictures, the fit."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.geometry import Size

from gradtui.lab.sight import (
    Attention,
    Boundary,
    Continuation,
    Counts,
    Fit,
    Forged,
    Imitated,
    Judged,
    OverTime,
    Pictures,
    Sequences,
    Sight,
    Unseen,
)
from gradtui.lab.snapshot import Watch
from gradtui.tui import attention, confusion, fit, format, imitation, pictures, plane, sequences
from gradtui.tui.blocks import Panel, beside, cut, stack
from gradtui.tui.layer_rows import LayerRows
from gradtui.tui.palette import MUTED, STRONG, Palette, Run, Runs
from gradtui.tui.views.view import View
from gradtui.tui.widgets.lines import Lines

if TYPE_CHECKING:
    from gradtui.lab.snapshot import Snapshot

#: Cells of a plane that is worth looking at, and of the gap beside it.
PLANE, GAP = 30, 2
#: From this width on sequences stand beside what is counted of them.
WIDE = 96


class Picture(Lines):
    """One sight."""

    DEFAULT_CSS = "Picture { height: 1fr; }"

    def __init__(self) -> None:
        super().__init__()
        self.sight: Sight | None = None

    def lines(self, size: Size) -> list[Runs]:
        if self.sight is None:
            return [((" nothing measured yet", MUTED),)]
        drawn = see(self.sight, self.palette, size.width - 2, size.height)
        return [cut([(" ", MUTED), *line], size.width) for line in drawn]


def see(sight: Sight, palette: Palette, width: int, height: int) -> list[Runs]:
    """The sight in lines of this width: a heading, and below it as many of its parts as fit."""
    found = {type(part): part for part in sight.parts}
    if isinstance(shown := found.get(Sequences), Sequences):
        return [_title(sight, width), *_sequences(sight, shown, width, height - 1)]
    if (judged := found.get(Judged)) or Imitated in found or Forged in found:
        head = [imitation.headline(judged, width)] if isinstance(judged, Judged) else []
        return [_title(sight, width), *head, *_imitation(sight, palette, width, height - 1 - len(head))]
    match found.get(Counts), found.get(Fit), found.get(Unseen):
        case Counts() as counts, _, _:
            head = [_title(sight, width), confusion.headline(counts, sight.classes, width)]
            looks = found.get(Attention)
            if isinstance(looks, Attention) and height > 2 * len(looks.entropy):
                panel = attention.panel(looks)
                head += panel.draw(width, min(panel.most, height // 3))
            return [
                *head,
                *_classes(sight, counts, found.get(Boundary), found.get(Pictures), palette, width, height - len(head)),
            ]
        case _, Fit() as numbers, _:
            return [_title(sight, width), fit.headline(numbers, width), *fit.draw(numbers, width, height - 2)]
        case _, _, Unseen(reason):
            return [_title(sight, width), (), *(((line, MUTED),) for line in textwrap.wrap(reason, width))]
    return [_title(sight, width)]


def _title(sight: Sight, width: int) -> Runs:
    runs: list[Run] = [(sight.title, STRONG), (f"  after {format.count(sight.step)} steps", MUTED)]
    if sight.classes:
        runs.append((f"  {len(sight.classes)} classes", MUTED))
    return cut(runs, width)


def _imitation(sight: Sight, palette: Palette, width: int, height: int) -> list[Runs]:
    """The samples of a generator over or beside the data."""
    for part in sight.parts:
        match part:
            case Imitated():
                return imitation.plane(part, width, height)
            case Forged():
                return imitation.images(part, palette, width, height)
            case Unseen(reason):
                return [(), *(((line, MUTED),) for line in textwrap.wrap(reason, width))]
    return []


def _sequences(sight: Sight, shown: Sequences, width: int, height: int) -> list[Runs]:
    """How well the network does as a whole, then the examples one by one, beside it or below."""
    found = {type(part): part for part in sight.parts}
    over = found.get(OverTime)
    panels = sequences.panels(shown, over if isinstance(over, OverTime) else None, sight.classes)
    first: Panel | None = None
    head: list[Runs] = []
    match found.get(Counts), found.get(Fit), found.get(Continuation):
        case Counts() as counts, _, _:
            head = [confusion.headline(counts, sight.classes, width)]
            # Not lower than the table, where it is to be drawn at all.
            tall = min(len(sight.classes) + 2, 12)
            first = Panel(lambda cells, lines: confusion.draw(counts, sight.classes, cells, lines), min(tall, 6), tall)
        case _, Fit() as numbers, _:
            head = [fit.headline(numbers, width)]
            first = Panel(lambda cells, lines: fit.draw(numbers, cells, lines), 7, 24)
        case _, _, Continuation() as text:
            first = sequences.continuation(text)
    room = height - len(head)
    looks = found.get(Attention)
    beside_it = [attention.panel(looks)] if isinstance(looks, Attention) else []
    if first is None:
        return [*head, *stack([*beside_it, *panels], width, room)]
    if width >= WIDE and not isinstance(found.get(Continuation), Continuation):
        left = width // 2 - GAP
        right = width - left - GAP
        return [
            *head,
            *beside([(left, stack([first, *beside_it], left, room)), (right, stack(panels, right, room))], GAP),
        ]
    # What is counted over all steps says little where most answers are easy.
    order = [*panels, first] if isinstance(found.get(Counts), Counts) and shown.per_step else [first, *panels]
    return [*head, *stack([*beside_it, *order], width, room)]


def _classes(
    sight: Sight,
    counts: Counts,
    boundary: object,
    shown: object,
    palette: Palette,
    width: int,
    height: int,
) -> list[Runs]:
    """The plane or the table first; what else there is beside it or, if there is more height than width, below."""
    classes, table = sight.classes, confusion.size(counts, sight.classes, width)
    if isinstance(boundary, Boundary):
        room = width - table[0] - GAP
        below = height - table[1] - 1
        # A cell is twice as tall as wide: of two arrangements the one whose plane comes nearer to a square.
        if room >= PLANE and table[1] <= height and (room >= 1.5 * height or below < table[1]):
            picture = plane.draw(boundary, classes, palette, room, height)
            return beside(
                [
                    (room, picture),
                    (table[0], confusion.table(counts, classes, table[0], confusion.names(classes, width))),
                ],
                GAP,
            )
        if below >= table[1]:
            picture = plane.draw(boundary, classes, palette, width, below)
            return [*picture, (), *confusion.draw(counts, classes, width, table[1])]
        return plane.draw(boundary, classes, palette, width, height)
    if not isinstance(shown, Pictures):
        return confusion.draw(counts, classes, width, height)
    one = pictures.size(shown)
    if table[0] <= width and height - table[1] - 1 >= one[1]:
        under = pictures.draw(shown, classes, palette, width, height - table[1] - 1)
        return [*confusion.draw(counts, classes, width, table[1]), (), *under]
    left = table[0] if table[1] <= height else max(PLANE, width // 2)
    if width - left - GAP >= one[0]:
        room = width - left - GAP
        side = pictures.draw(shown, classes, palette, room, height)
        return beside([(left, confusion.draw(counts, classes, left, height)), (room, side)], GAP)
    return confusion.draw(counts, classes, width, height)


class TaskView(View):
    """What the network makes of its task now."""

    title: ClassVar[str] = "Task"
    period: ClassVar[float] = 0.2

    def __init__(self, shared: LayerRows, *, id: str = "task") -> None:
        super().__init__(id=id)
        self.picture = Picture()
        self._name = ""

    @property
    def word(self) -> str:
        return f"task.name={self._name}" if self._name else "task.name"

    def compose(self) -> ComposeResult:
        yield self.picture

    def show(self, snapshot: Snapshot) -> None:
        self._name = snapshot.scenario.task.name
        if snapshot.sight is not self.picture.sight:
            self.picture.sight = snapshot.sight
            self.picture.redraw()

    def watched(self) -> Watch:
        return Watch(task=True)
