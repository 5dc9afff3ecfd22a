"""Generated sequences: what has to be remembered stands early, the answer is asked for late."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from gradtui.scenario.model import Task
from gradtui.tasks.errors import TaskError
from gradtui.tasks.examples import HELD_OUT, SEQUENCES, Examples

Random = np.random.Generator
Reals = NDArray[np.float64]
Tokens = NDArray[np.int64]

#: Fresh sequences to hold out.
HELD_OUT_COUNT = 2000
#: At most so many numbers of one task are kept: 400 MB in float64.
MOST_NUMBERS = 50_000_000
#: `latch`: so many steps at the beginning tell the class.
PULSE = 3
#: `gaussian`: so many numbers stand at each step.
GAUSSIAN = 64
#: `sentiment`: words that praise, that blame, and that do neither.
PRAISE, BLAME = ("good", "fine", "rare"), ("bad", "poor", "dull")
NEUTRAL = ("the", "film", "was", "it", "and", "so", "we", "saw")
#: `frames`: numbers of a frame, and where the hump of each class begins, passes and ends, from 0 to 1.
BANDS = 8
MOVES = {
    "rising": (0.0, 0.5, 1.0),
    "falling": (1.0, 0.5, 0.0),
    "peak": (0.0, 1.0, 0.0),
    "valley": (1.0, 0.0, 1.0),
    "low": (0.0, 0.0, 0.0),
    "high": (1.0, 1.0, 1.0),
}


def generate(task: Task, seed: int) -> tuple[Examples, Examples]:
    """`task.examples` sequences to train on and fresh ones to hold out, each from a stream of its own."""
    shortest, numbers, draw = _TASKS[task.name]
    if task.length < shortest:
        raise TaskError(
            f"task.length is {task.length}, but {task.name} needs {shortest} time steps or more: "
            "what is to be remembered stands at two of them"
        )
    refuse_large(task, task.examples, numbers(task))
    train = draw(task, task.examples, np.random.default_rng([seed, SEQUENCES]))
    return train, draw(task, HELD_OUT_COUNT, np.random.default_rng([seed, HELD_OUT]))


def refuse_large(task: Task, examples: int, numbers: int) -> None:
    """TaskError where so many sequences of so many numbers each, and those held out, are too many."""
    total = (examples + HELD_OUT_COUNT) * numbers
    if total > MOST_NUMBERS:
        fits = MOST_NUMBERS // numbers - HELD_OUT_COUNT
        raise TaskError(
            f"task.examples is {task.examples:,}: {examples:,} sequences of {task.name} and {HELD_OUT_COUNT:,} more to "
            f"hold out, {numbers:,} numbers each, are {total:,} numbers, and at most {MOST_NUMBERS:,} are kept; take "
            f"{fits:,} examples or fewer, or a smaller task.length"
        )


def _adding(task: Task, count: int, random: Random) -> Examples:
    """A number from 0 to 1 at every step, two of which are marked, one in each half; asked for is the sum of the two.

    Always answering 1 has a mean squared error of 1/6 (Hochreiter & Schmidhuber 1997; in the form of Le, Jaitly &
    Hinton 2015).
    """
    steps, rows = task.length, np.arange(count)
    sequences = np.zeros((count, steps, 2))
    sequences[:, :, 0] = random.random((count, steps))
    first, second = random.integers(0, steps // 2, count), random.integers(steps // 2, steps, count)
    sequences[rows, first, 1] = sequences[rows, second, 1] = 1.0
    sums = sequences[rows, first, 0] + sequences[rows, second, 0]
    return Examples(sequences.reshape(count, -1), sums[:, None], input_names=("value", "marker"), steps=steps)


def _temporal_order(task: Task, count: int, random: Random) -> Examples:
    """X or Y at a step in [T/10, T/5) and again in [T/2, 6T/10), among four symbols that mean nothing; asked for is
    which came first and which second (task 6a of Hochreiter & Schmidhuber 1997)."""
    steps, rows = task.length, np.arange(count)
    tokens = random.integers(0, 4, (count, steps))
    early = random.integers(steps // 10, max(steps // 5, steps // 10 + 1), count)
    late = random.integers(steps // 2, max(6 * steps // 10, steps // 2 + 1), count)
    first, second = random.integers(0, 2, count), random.integers(0, 2, count)
    tokens[rows, early], tokens[rows, late] = 4 + first, 4 + second
    return Examples(
        tokens, 2 * first + second, ("XX", "XY", "YX", "YY"), steps=steps, vocabulary=("a", "b", "c", "d", "X", "Y")
    )


def _latch(task: Task, count: int, random: Random) -> Examples:
    """Noise, to which the class, +1 or -1, is added at the first steps alone (after Bengio, Simard & Frasconi 1994)."""
    steps = task.length
    labels = random.integers(0, 2, count)
    signal = task.noise * random.standard_normal((count, steps))
    signal[:, :PULSE] += (2.0 * labels - 1.0)[:, None]
    return Examples(signal, labels, ("minus", "plus"), ("signal",), steps=steps)


def _copy(task: Task, count: int, random: Random) -> Examples:
    """Symbols, then blanks, then a delimiter, behind which the symbols are asked for again, in their order; everywhere
    else the answer is a blank. As many steps as the delay says lie between the last symbol and the first that is asked
    for (Arjovsky, Shah & Bengio 2016, after Hochreiter & Schmidhuber 1997)."""
    copied, delay, blank = task.copied, task.length, task.symbols
    symbols = random.integers(0, task.symbols, (count, copied))
    steps = delay + 2 * copied
    tokens = np.full((count, steps), blank)
    tokens[:, :copied] = symbols
    tokens[:, copied + delay - 1] = blank + 1
    answers = np.full((count, steps), blank)
    answers[:, steps - copied :] = symbols
    classes = (*_letters(task.symbols), "·")
    return Examples(tokens, answers, classes, steps=steps, vocabulary=(*classes, "▸"))


def _recall(task: Task, count: int, random: Random) -> Examples:
    """Tokens at random; asked for at the last is the first."""
    tokens = random.integers(0, task.symbols, (count, task.length))
    names = _letters(task.symbols)
    return Examples(tokens, tokens[:, 0].copy(), names, steps=task.length, vocabulary=names)


def _gaussian(task: Task, count: int, random: Random) -> Examples:
    """Normal numbers, and a coin for an answer: the inputs that mean-field theory reckons with; nothing to learn but
    by heart."""
    numbers = task.noise * random.standard_normal((count, task.length * GAUSSIAN))
    names = tuple(f"number {place}" for place in range(1, GAUSSIAN + 1))
    return Examples(numbers, random.integers(0, 2, count), ("heads", "tails"), names, steps=task.length)


def _reverse(task: Task, count: int, random: Random) -> Examples:
    """Symbols, and behind a delimiter the same ones from the last to the first; while they are read the answer is a
    blank. The first symbol is asked for last: twice as far back as any other (Grefenstette et al. 2015)."""
    read, blank = task.length, task.symbols
    symbols = random.integers(0, task.symbols, (count, read))
    tokens = np.full((count, 2 * read), blank)
    tokens[:, :read] = symbols
    tokens[:, read] = blank + 1
    answers = np.full((count, 2 * read), blank)
    answers[:, read:] = symbols[:, ::-1]
    classes = (*_letters(task.symbols), "·")
    return Examples(tokens, answers, classes, steps=2 * read, vocabulary=(*classes, "▸"))


def _t_maze(task: Task, count: int, random: Random) -> Examples:
    """A sign, a corridor, a junction, as three sensors see them, with noise: 011 says left and 110 right, 101 is the
    corridor and 010 the junction, where the sign is asked for (after Bakker 2002, who learned it from reward)."""
    steps = task.length
    answers = random.integers(0, 2, count)
    seen = np.tile(np.array([1.0, 0.0, 1.0]), (count, steps, 1))
    seen[:, -1] = (0.0, 1.0, 0.0)
    seen[:, 0] = np.where(answers[:, None] == 0, (0.0, 1.0, 1.0), (1.0, 1.0, 0.0))
    seen += task.noise * random.standard_normal(seen.shape)
    return Examples(seen.reshape(count, -1), answers, ("left", "right"), ("left", "ahead", "right"), steps=steps)


def _sentiment(task: Task, count: int, random: Random) -> Examples:
    """A word that praises or blames, and behind it words that do neither; asked for at the end is which it was."""
    words = len(NEUTRAL)
    tokens = random.integers(0, words, (count, task.length))
    opening = random.integers(0, len(BLAME) + len(PRAISE), count)
    tokens[:, 0] = words + opening
    answers = (opening >= len(BLAME)).astype(np.int64)
    return Examples(tokens, answers, ("blame", "praise"), steps=task.length, vocabulary=(*NEUTRAL, *BLAME, *PRAISE))


def _frames(task: Task, count: int, random: Random) -> Examples:
    """Frames of BANDS numbers, as a spectrum has them, in which a hump stands or moves, at a pace that differs from one
    utterance to the next; under noise. Asked for at the end is how it moved."""
    steps = task.length
    answers = random.integers(0, len(MOVES), count)
    pace = np.exp(random.uniform(-0.7, 0.7, count))
    through = np.linspace(0.0, 1.0, steps)[None, :] ** pace[:, None]
    begins, middle, ends = np.array(list(MOVES.values())).T[:, answers, None]
    bent = np.where(
        through < 0.5, begins + 2.0 * through * (middle - begins), ends + 2.0 * (1.0 - through) * (middle - ends)
    )
    place = 0.5 + bent * (BANDS - 2.0) + random.uniform(-0.5, 0.5, (count, 1))
    hump = np.exp(-(((np.arange(BANDS) - place[:, :, None]) / 0.8) ** 2) / 2.0)
    hump += task.noise * random.standard_normal(hump.shape)
    names = tuple(f"band {number}" for number in range(1, BANDS + 1))
    return Examples(hump.reshape(count, -1), answers, tuple(MOVES), names, steps=steps)


def _letters(count: int) -> tuple[str, ...]:
    """Names for so many symbols: letters, or numbers where letters run out."""
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    return tuple(alphabet[:count]) if count <= len(alphabet) else tuple(str(number) for number in range(1, count + 1))


#: Name -> the fewest steps `task.length` may say, how many numbers one sequence holds, and what draws `count` of them.
_TASKS: dict[str, tuple[int, Callable[[Task], int], Callable[[Task, int, Random], Examples]]] = {
    "adding": (2, lambda task: 2 * task.length, _adding),
    "temporal-order": (2, lambda task: task.length, _temporal_order),
    "latch": (1, lambda task: task.length, _latch),
    "copy": (1, lambda task: 2 * (task.length + 2 * task.copied), _copy),
    "recall": (1, lambda task: task.length, _recall),
    "reverse": (1, lambda task: 4 * task.length, _reverse),
    "t-maze": (2, lambda task: 3 * task.length, _t_maze),
    "sentiment": (1, lambda task: task.length, _sentiment),
    "frames": (2, lambda task: BANDS * task.length, _frames),
    "gaussian": (1, lambda task: task.length * GAUSSIAN, _gaussian),
}
NAMES = frozenset(_TASKS)
