"""Sight: the task as the network sees it now, as plain numbers that a screen may keep and draw."""

from __future__ import annotations

import math
from dataclasses import dataclass

#: The class of an example to which the network's answer is no number.
UNDECIDED = -1


@dataclass(frozen=True)
class Point:
    """A training example of two inputs, of class `label`."""

    x: float
    y: float
    label: int


@dataclass(frozen=True)
class Boundary:
    """What the network answers all over the plane: `predicted` classes and `confidence`, row by row from the top left,
    at the middles of `columns` x `rows` equal fields between the bounds. `points` are training examples, a fair
    choice where there are many. `axes` names the two inputs."""

    axes: tuple[str, str]
    left: float
    right: float
    bottom: float
    top: float
    columns: int
    rows: int
    predicted: tuple[int, ...]
    confidence: tuple[float, ...]
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Counts:
    """The held-out examples: `confusion[truth][predicted]`, and how many of each class got no answer."""

    confusion: tuple[tuple[int, ...], ...]
    undecided: tuple[int, ...]

    @property
    def truths(self) -> tuple[int, ...]:
        """How many examples there are of each class."""
        return tuple(sum(row) + none for row, none in zip(self.confusion, self.undecided, strict=True))

    @property
    def predicted(self) -> tuple[int, ...]:
        """How often each class is predicted."""
        return tuple(map(sum, zip(*self.confusion, strict=True)))

    @property
    def right(self) -> int:
        """How many are told correctly."""
        return sum(row[label] for label, row in enumerate(self.confusion))

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.truths)


@dataclass(frozen=True)
class Picture:
    """A held-out image: its brightness 0..1, row by row from the top left, its class, and the network's answer."""

    pixels: tuple[float, ...]
    truth: int
    predicted: int
    confidence: float


@dataclass(frozen=True)
class Pictures:
    """Images of this size that the network gets wrong, and behind them some that it gets right."""

    height: int
    width: int
    pictures: tuple[Picture, ...]


@dataclass(frozen=True)
class Fit:
    """Held-out numbers as they are and as they are predicted, a pair each; all outputs together, a fair choice where
    there are many. `rms_error` and `explained` (1 - squared error / variance) are those of all of them, `nonfinite`
    counts predictions that are no numbers."""

    truths: tuple[float, ...]
    predicted: tuple[float, ...]
    rms_error: float
    explained: float
    outputs: int
    total: int
    nonfinite: int


@dataclass(frozen=True)
class Example:
    """A held-out sequence: what stands at each time step, the right answers and the network's.

    Numbers are `channels[c][t]`, tokens `symbols[t]`, places in the vocabulary; the other one is empty. There is one
    answer, at the end, or one a step. Of classes they are places in the sight's `classes` (UNDECIDED where the network
    gives no number) with how sure it is of each; of numbers they are the numbers, one an output, and `confidence` is
    empty.
    """

    channels: tuple[tuple[float, ...], ...]
    symbols: tuple[int, ...]
    truth: tuple[float, ...]
    predicted: tuple[float, ...]
    confidence: tuple[float, ...]


@dataclass(frozen=True)
class Sequences:
    """Sequences of `steps` time steps, always the same ones. `channels` names their numbers, `lows` and `highs` are
    each one's least and most in all of them; `vocabulary` names their tokens. `per_step`: an answer at every step."""

    steps: int
    channels: tuple[str, ...]
    lows: tuple[float, ...]
    highs: tuple[float, ...]
    vocabulary: tuple[str, ...]
    per_step: bool
    examples: tuple[Example, ...]


@dataclass(frozen=True)
class OverTime:
    """Held-out sequences with an answer at every step: the share of right ones at each, and how many are counted."""

    right: tuple[float, ...]
    total: int


@dataclass(frozen=True)
class Continuation:
    """A held-out text, and how the network goes on by itself: at each place the character it holds most likely. It
    stops where its answer is no number."""

    prompt: str
    said: str


@dataclass(frozen=True)
class Judged:
    """What a discriminator says on average of held-out data and of samples: of each that it is data, from 0 to 1, where
    `probability` holds, else its scores as they are. `sample_mse` is the mean squared difference between the mean of
    all samples and the mean of the data, NaN where nobody asks for it."""

    data: float
    samples: float
    probability: bool
    sample_mse: float = math.nan


@dataclass(frozen=True)
class Imitated:
    """Data of two inputs and samples that imitate them, (x, y) each, a fair choice of as many; the bounds hold all data
    with some room around. `nonfinite` counts samples that are no numbers, which are not among them."""

    axes: tuple[str, str]
    left: float
    right: float
    bottom: float
    top: float
    data: tuple[tuple[float, float], ...]
    samples: tuple[tuple[float, float], ...]
    nonfinite: int = 0


@dataclass(frozen=True)
class Forged:
    """Images of the data and samples that imitate them: their brightness 0..1, row by row from the top left; NaN where
    a pixel is no number."""

    height: int
    width: int
    data: tuple[tuple[float, ...], ...]
    samples: tuple[tuple[float, ...], ...]


@dataclass(frozen=True)
class Attention:
    """How widely a transformer looks: `entropy[block][head]` of the weights that it gives to the time steps it may see,
    in nats, the mean over the steps that look and over the batch. 0: each looks at one step alone; `uniform`: at all
    alike. NaN where a weight is no number."""

    entropy: tuple[tuple[float, ...], ...]
    uniform: float


@dataclass(frozen=True)
class Unseen:
    """A part that cannot be drawn, and why not."""

    reason: str


Part = (
    Boundary
    | Counts
    | Pictures
    | Fit
    | Sequences
    | OverTime
    | Continuation
    | Attention
    | Judged
    | Imitated
    | Forged
    | Unseen
)


@dataclass(frozen=True)
class Sight:
    """A task after `step` updates: its parts, the most telling first. `classes` are their names, empty for numbers."""

    step: int
    title: str
    classes: tuple[str, ...]
    parts: tuple[Part, ...]
