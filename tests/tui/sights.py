"""Sights of sequences and of adversaries, of plausible numbers, without an engine."""

from __future__ import annotations

import math

from gradtui.lab.sight import (
    UNDECIDED,
    Attention,
    Continuation,
    Counts,
    Example,
    Fit,
    Forged,
    Imitated,
    Judged,
    OverTime,
    Sequences,
    Sight,
)


def adding(steps: int = 50) -> Sight:
    """Two channels, one number asked for at the end."""
    examples = []
    for number in range(8):
        values = tuple((0.37 * (step + 1) * (number + 3)) % 1.0 for step in range(steps))
        marked = {number % (steps // 2), steps // 2 + 3 * number % (steps // 2)}
        asked = sum(values[step] for step in marked)
        markers = tuple(float(step in marked) for step in range(steps))
        examples.append(Example((values, markers), (), (asked,), (asked + 0.05 * (number - 3),), ()))
    shown = Sequences(steps, ("value", "marker"), (0.0, 0.0), (1.0, 1.0), (), False, tuple(examples))
    truths = tuple(example.truth[0] for example in examples)
    said = tuple(example.predicted[0] for example in examples)
    return Sight(1240, "adding problem", (), (Fit(truths, said, 0.11, 0.93, 1, 2000, 0), shown))


def order(steps: int = 60) -> Sight:
    """Tokens, one class of four asked for at the end."""
    vocabulary, classes = ("a", "b", "c", "d", "X", "Y"), ("XX", "XY", "YX", "YY")
    examples = tuple(
        Example(
            (),
            tuple(4 + (step + number) % 2 if step in (7, 33) else (step * 3 + number) % 4 for step in range(steps)),
            (float(number % 4),),
            (float(UNDECIDED if number == 2 else (number % 4 if number % 3 else (number + 1) % 4)),),
            (0.8,),
        )
        for number in range(8)
    )
    table = ((420, 30, 40, 10), (22, 430, 20, 28), (31, 29, 400, 40), (5, 15, 10, 470))
    shown = Sequences(steps, (), (), (), vocabulary, False, examples)
    return Sight(1240, "temporal order", classes, (Counts(table, (0, 0, 1, 0)), shown))


def attending(blocks: int = 8, heads: int = 4) -> Sight:
    """Tokens as above, seen by a transformer: the deeper a block, the sharper its heads; the first head of all looks at
    one step alone, the last is no number."""
    entropy = [[2.0 / (1 + block + head) for head in range(heads)] for block in range(blocks)]
    entropy[0][0], entropy[-1][-1] = 0.01, math.nan
    sight = order()
    return Sight(sight.step, sight.title, sight.classes, (*sight.parts, Attention(tuple(map(tuple, entropy)), 4.09)))


def copying(steps: int = 40, copied: int = 10) -> Sight:
    """Tokens, an answer at every step."""
    classes = (*"ABCDEFGH", "·")
    examples = []
    for number in range(8):
        symbols = [(number + 3 * place) % 8 for place in range(copied)]
        tokens = [*symbols, *[8] * (steps - copied)]
        tokens[steps - copied - 1] = 9
        truth = [8.0] * (steps - copied) + [float(symbol) for symbol in symbols]
        said = [*truth[:-2], float(UNDECIDED), 0.0]
        examples.append(Example((), tuple(tokens), tuple(truth), tuple(said), (0.9,) * steps))
    right = tuple(1.0 if step < steps - copied else 0.5 - 0.3 * math.sin(step) ** 2 for step in range(steps))
    table = tuple(tuple(40 if row == column else row % 3 for column in range(9)) for row in range(9))
    parts = (
        Counts(table, (0,) * 9),
        OverTime(right, 100),
        Sequences(steps, (), (), (), (*classes, "▸"), True, tuple(examples)),
    )
    return Sight(1240, "copy memory", classes, parts)


def text(steps: int = 64) -> Sight:
    """A text that is read on."""
    written = "the gradient of the first layer is what is left of it after all others have had their share,\nand "
    vocabulary = tuple(sorted(set(written)))
    tokens = tuple(vocabulary.index(written[step % len(written)]) for step in range(steps))
    asked = tuple(float(token) for token in (*tokens[1:], 3))
    said = tuple(float(token if place % 3 else (token + 1) % len(vocabulary)) for place, token in enumerate(asked))
    examples = (Example((), tokens, asked, tuple(map(float, said)), (0.5,) * steps),)
    right = tuple(0.1 + 0.5 * (1 - math.exp(-step / 8)) for step in range(steps))
    parts = (
        Continuation("".join(vocabulary[token] for token in tokens), "the layer of the gradient\nof the first and the"),
        OverTime(right, 200),
        Sequences(steps, (), (), (), vocabulary, True, examples),
    )
    return Sight(1240, "the next character of notes.txt", vocabulary, parts)


def ring(samples: int = 200) -> Sight:
    """Eight clusters, and samples of which most lie near three of them."""
    turn = [2 * math.pi * (at % 8) / 8 for at in range(160)]
    data = tuple(
        (2 * math.cos(a) + 0.02 * math.sin(7 * n), 2 * math.sin(a) + 0.02 * math.cos(5 * n)) for n, a in enumerate(turn)
    )
    said = tuple(
        (2 * math.cos(turn[n % 3]) + 0.3 * math.sin(3 * n), 2 * math.sin(turn[n % 3]) + 0.3 * math.cos(11 * n))
        for n in range(samples - 1)
    )
    parts = Judged(0.93, 0.04, True), Imitated(("x", "y"), -2.5, 2.5, -2.5, 2.5, data, (*said, (9.0, 0.0)), 3)
    return Sight(1240, "8 Gaussians on a ring", (), parts)


def forged() -> Sight:
    """Images of 8 x 8."""

    def one(number: int, sharp: float) -> tuple[float, ...]:
        return tuple(
            min(1.0, max(0.0, 0.5 + sharp * (2.5 - abs(math.hypot(x - 3.5, y - 3.5) - 1 - number % 3))))
            for y in range(8)
            for x in range(8)
        )

    data = tuple(one(number, 0.9) for number in range(24))
    samples = (*(one(number, 0.2) for number in range(63)), (math.nan,) * 64)
    return Sight(1240, "digits 8x8", (), (Judged(1.4, -2.2, False, 0.031), Forged(8, 8, data, samples)))
