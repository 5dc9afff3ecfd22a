"""Sequences: what stands at each time step, what is asked for and what the network says, and how well it does at each
step."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from gradtui.lab.sight import UNDECIDED, Continuation, Example, OverTime, Sequences
from gradtui.tui import class_marks, format, rungs
from gradtui.tui.blocks import Panel, cut
from gradtui.tui.braille import Canvas, Scale
from gradtui.tui.palette import MUTED, STRONG, Ink, Run, Runs
from gradtui.tui.track import merged
from gradtui.tui.trail import LEVELS

#: Cells left of what stands over time.
MARGIN = 9
RIGHT, WRONG, NO_ANSWER = Ink("text", "", True), Ink("warning", "", True), Ink("error", "", True)
#: Where steps in the middle are left out.
GAP = "…"
#: The letters that have no picture of their own.
_SPECIAL = {"\n": "⏎", "\t": "⇥", "\r": "⏎"}


def panels(shown: Sequences, over: OverTime | None, classes: Sequence[str]) -> list[Panel]:
    """The examples, and the share of right answers over time."""
    each = _lines_each(shown)
    found = [Panel(_examples(shown, classes), 1 + each, 1 + (each + 1) * len(shown.examples))]
    if over is not None:
        found.append(Panel(_over_time(over), 4, 9))
    return found


def letter(symbol: str) -> str:
    """A token as it is shown: a line feed and its like have signs."""
    return _SPECIAL.get(symbol, symbol if symbol.isprintable() else "�")


# Examples


def _lines_each(shown: Sequences) -> int:
    return (len(shown.channels) or 1) + (2 if shown.per_step else 1)


def _examples(shown: Sequences, classes: Sequence[str]) -> Callable[[int, int], list[Runs]]:
    often = Counter(symbol for example in shown.examples for symbol in example.symbols)

    def draw(width: int, height: int) -> list[Runs]:
        each = _lines_each(shown)
        text = f"   {format.count(shown.steps)} time steps, the first one left"
        if _is_thinned(shown, width):
            text += "; a column shows the " + ("largest" if shown.channels else "rarest")
        out: list[Runs] = [cut([("held out", STRONG), (text, MUTED)], width)]
        for example in shown.examples:
            if len(out) + each > height:
                break
            out += _example(example, shown, classes, often, width)
            out.append(())
        return out

    return draw


def _is_thinned(shown: Sequences, width: int) -> bool:
    """Whether steps share columns; with an answer at every step those in the middle are left out instead."""
    cells = 1 if shown.channels else _cell(shown)
    return not shown.per_step and shown.steps * cells > max(1, width - MARGIN)


def _example(
    example: Example, shown: Sequences, classes: Sequence[str], often: Mapping[int, int], width: int
) -> list[Runs]:
    out: list[Runs] = []
    room = max(1, width - MARGIN)
    for number, values in enumerate(example.channels):
        where = rungs.columns(shown.steps, room)
        line = _levels(values, shown.lows[number], shown.highs[number], where)
        out.append(cut([(_name(shown.channels[number]), MUTED), *line], width))
    if example.symbols:
        symbols = example.symbols
        if _is_thinned(shown, width):
            spans = rungs.columns(shown.steps, room // _cell(shown)).spans
            symbols = tuple(min(symbols[span.first : span.last + 1], key=often.__getitem__) for span in spans)
        names = [letter(shown.vocabulary[symbol]) for symbol in symbols]
        out.append(cut([(_name("input"), MUTED), *_tokens(names, [Ink()] * len(names), _cell(shown), room)], width))
    if shown.per_step:
        truth, said = (_answers(values, classes) for values in (example.truth, example.predicted))
        inks = [
            NO_ANSWER if answer == UNDECIDED else RIGHT if answer == asked else WRONG
            for asked, answer in zip(example.truth, example.predicted, strict=True)
        ]
        cells = _cell(shown)
        out.append(cut([(_name("asked"), MUTED), *_tokens(truth, [MUTED] * len(truth), cells, room)], width))
        out.append(cut([(_name("said"), MUTED), *_tokens(said, inks, cells, room)], width))
    else:
        out.append(cut(_answer(example, classes), width))
    return out


def _name(text: str) -> str:
    return format.fitted(text, MARGIN - 1) + " "


def _levels(values: Sequence[float], low: float, high: float, where: rungs.Columns) -> Runs:
    """Numbers as heights between the least and the most of all; of several steps in a column the largest."""
    cells: list[Run] = []
    for span in where.spans:
        value = max(values[span.first : span.last + 1])
        level = round((value - low) / (high - low) * (len(LEVELS) - 1)) if high > low else 0
        cells += [(LEVELS[max(0, min(level, len(LEVELS) - 1))], Ink("key"))] * where.cells
    return merged(cells)


def _cell(shown: Sequences) -> int:
    """Cells of a token: all names are padded to the longest, and a blank parts names of more than a letter."""
    longest = max((len(letter(name)) for name in shown.vocabulary), default=1)
    return longest if longest == 1 else longest + 1


def _tokens(names: Sequence[str], inks: Sequence[Ink], cells: int, width: int) -> list[Run]:
    """Tokens one behind the other; where they do not fit, those at the beginning and those at the end."""
    places = width // cells
    shown = list(zip(names, inks, strict=True))
    if len(shown) > places:
        head = (places - 1) // 2
        tail = max(0, places - 1 - head)
        shown = [*shown[:head], (GAP, MUTED), *shown[len(shown) - tail :]]
    return list(merged([(format.fitted(name, cells), ink) for name, ink in shown]))


def _answers(values: Sequence[float], classes: Sequence[str]) -> list[str]:
    return [class_marks.NONE if value == UNDECIDED else letter(classes[int(value)]) for value in values]


def _answer(example: Example, classes: Sequence[str]) -> list[Run]:
    """The one answer at the end."""
    if not classes:
        asked, said = (
            " ".join(format.steady(value) for value in values) for values in (example.truth, example.predicted)
        )
        return [(_name("asked"), MUTED), (asked, STRONG), ("  said ", MUTED), (said, Ink("key", "", True))]
    truth, predicted = int(example.truth[0]), int(example.predicted[0])
    if predicted == UNDECIDED:
        return [(_name("asked"), MUTED), (letter(classes[truth]), STRONG), ("  said NaN", NO_ANSWER)]
    wrong = predicted != truth
    return [
        (_name("asked"), MUTED),
        (letter(classes[truth]), STRONG),
        ("  said ", MUTED),
        (letter(classes[predicted]), WRONG if wrong else RIGHT),
        (" ✗" if wrong else " ✓", WRONG if wrong else RIGHT),
        (f" {round(100 * example.confidence[0])}%", MUTED),
    ]


# Answers over time


def _over_time(over: OverTime) -> Callable[[int, int], list[Runs]]:
    def draw(width: int, height: int) -> list[Runs]:
        mean = sum(over.right) / max(1, len(over.right))
        head: list[Run] = [("right at each step", STRONG), (f"  {format.percent(mean)} of all", Ink("key"))]
        head.append((f", {format.count(over.total)} sequences", MUTED))
        rows, cells = height - 2, width - MARGIN
        out = [cut(head, width)]
        if rows < 1 or cells < 4:
            return out
        canvas = Canvas(cells, rows)
        last = max(1, len(over.right) - 1)
        canvas.curve(range(len(over.right)), over.right, Scale(0.0, float(last)), Scale(0.0, 1.0))
        labels = {0: "1", rows - 1: "0"}
        for row, text in enumerate(canvas.lines()):
            out.append(cut([(f"{labels.get(row, ''):>{MARGIN - 1}} ", MUTED), (text, Ink("key"))], width))
        steps = format.count(len(over.right))
        return [*out, cut([(f"{'t':>{MARGIN - 1}} 1{steps:>{max(0, cells - 1)}}", MUTED)], width)]

    return draw


# A text read on


def continuation(text: Continuation) -> Panel:
    """A held-out text and how the network goes on."""

    def draw(width: int, height: int) -> list[Runs]:
        before = "".join(map(letter, text.prompt))
        after = "".join(map(letter, text.said))
        room = max(1, height - 1)
        said = -(-len(after) // width)
        # Of the text the end, so that what the network adds has room behind it.
        kept = before[-max(0, width * max(1, room - said)) :] if before else ""
        runs: list[Run] = [*((each, MUTED) for each in kept), *((each, RIGHT) for each in after)]
        if not after:
            runs += [(each, NO_ANSWER) for each in " NaN"]
        lines = [merged(runs[at : at + width]) for at in range(0, len(runs), width)]
        head: list[Run] = [("read on", STRONG), ("   the text, and ", MUTED), ("what the network adds", RIGHT)]
        return [cut(head, width), *(cut(line, width) for line in lines[:room])]

    return Panel(draw, 3, 6)
