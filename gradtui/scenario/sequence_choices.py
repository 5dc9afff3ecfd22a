"""The part of the menu that has time steps: sequences to learn."""

from __future__ import annotations

from gradtui.scenario.choice import Choice

_HOCHREITER = "Hochreiter & Schmidhuber 1997"
#: A pool that is drawn once; batches come from it.
_POOL = ("task.examples", 20_000)

SEQUENCES = (
    Choice(
        "adding",
        "adding problem",
        "a number from 0 to 1 at each time step, two of them marked, one in each half: add the two",
        "always answering 1 has a loss of 1/6",
        _HOCHREITER,
        ("task.length", "task.examples"),
        (("task.length", 50), _POOL),
    ),
    Choice(
        "copy",
        "copy memory",
        "symbols, a delay, a sign: then say the symbols again, in their order",
        "length + 2 copied steps; without a memory the loss is copied ln(symbols) / steps",
        "Arjovsky, Shah & Bengio 2016",
        ("task.length", "task.symbols", "task.copied", "task.examples"),
        (("task.length", 20), ("task.symbols", 8), ("task.copied", 10), _POOL),
    ),
    Choice(
        "temporal-order",
        "temporal order",
        "X or Y early and again past the middle, among symbols that mean nothing: which came first, which second?",
        "first in [T/10, T/5), second in [T/2, 6T/10) of T = length steps; 4 classes",
        _HOCHREITER,
        ("task.length", "task.examples"),
        (("task.length", 50), _POOL),
    ),
    Choice(
        "latch",
        "latching",
        "the first three time steps tell the class, all others are noise; it is asked for at the last",
        "x_t = noise N(0, 1), and +1 or -1 on top at the first three steps",
        "Bengio, Simard & Frasconi 1994",
        ("task.length", "task.noise", "task.examples"),
        (("task.length", 30), ("task.noise", 0.2), _POOL),
    ),
    Choice(
        "recall",
        "recall of the first",
        "symbols at random; at the last time step the first is asked for",
        reads=("task.length", "task.symbols", "task.examples"),
        defaults=(("task.length", 9), ("task.symbols", 16), _POOL),
    ),
    Choice(
        "reverse",
        "reversed symbols",
        "symbols, a sign, then the same symbols from the last to the first: a toy of translation, where the first word "
        "read may be the last one written",
        "2 length steps; without a memory the loss is ln(symbols) / 2",
        "Grefenstette, Hermann, Suleyman & Blunsom 2015",
        ("task.length", "task.symbols", "task.examples"),
        (("task.length", 8), ("task.symbols", 8), _POOL),
    ),
    Choice(
        "t-maze",
        "T-maze",
        "a sign at the start says left or right, a corridor follows, and at the junction it is asked for: a toy of the "
        "long memory that reinforcement learning needs, told the answer instead of rewarded for it",
        "011 or 110, then 101 ..., then 010; noise N(0, 1) on top",
        "Bakker 2002",
        ("task.length", "task.noise", "task.examples"),
        (("task.length", 20), ("task.noise", 0.1), _POOL),
    ),
    Choice(
        "sentiment",
        "sentiment of a review",
        "the first word praises or blames, all others do neither; at the last which it was is asked for: a toy of "
        "sentiment analysis",
        reads=("task.length", "task.examples"),
        defaults=(("task.length", 20), _POOL),
    ),
    Choice(
        "frames",
        "frames of speech",
        "8 numbers at each time step, in which a hump rises, falls, turns or stays, at a pace of its own: how it moved "
        "is asked for at the last; a toy of speech recognition",
        "x_j = exp(-(j - place_t)^2 / 1.28) + noise N(0, 1)",
        reads=("task.length", "task.noise", "task.examples"),
        defaults=(("task.length", 20), ("task.noise", 0.3), ("task.examples", 5000)),
    ),
    Choice(
        "gaussian",
        "normal numbers",
        "64 normal numbers at each time step, and a coin for an answer: nothing to learn, for signals at step 0",
        "x = noise N(0, 1)",
        reads=("task.length", "task.noise", "task.examples"),
        defaults=(("task.length", 4), ("task.noise", 1.0), ("task.examples", 2000)),
    ),
    Choice(
        "row-digits",
        "digits, row by row",
        "the digits 8x8 read in 8 time steps, a row of 8 pixels at each; asked for at the last",
        paper="Alpaydin & Kaynak 1998",
    ),
    Choice(
        "pixel-digits",
        "digits, pixel by pixel",
        "the digits 8x8 read in 64 time steps, one pixel at each; asked for at the last",
        paper="Le, Jaitly & Hinton 2015",
    ),
    Choice(
        "text",
        "your text",
        "a UTF-8 text file: at each character the next one is asked for; the last part of the file is held out. A "
        "transformer has to be causal here, or it sees the answer",
        "windows of `length` characters; at most 256 different ones",
        "Graves 2013",
        ("task.path", "task.length", "task.examples", "task.held_out"),
        (("task.length", 50), _POOL),
    ),
)
