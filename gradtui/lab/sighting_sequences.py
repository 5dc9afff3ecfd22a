"""How sequences are seen: some that are held out, answers step by step, and a text that the network goes on with."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from gradtui.lab.deciding import decide, labels_of
from gradtui.lab.sight import UNDECIDED, Continuation, Example, OverTime, Sequences
from gradtui.lab.simulation import Simulation
from gradtui.tasks import Dataset

Array = NDArray[Any]
Floats = NDArray[np.float64]

#: So many sequences are shown.
EXAMPLES = 8
#: At most so many time steps go through the network for one sight, and so many numbers come out.
STEPS, OUTPUTS = 100_000, 1_000_000
#: Characters that a network adds to a text, and the multiplications that they may cost.
LETTERS, COST = 80, 5e7


def most(data: Dataset) -> int:
    """How many held-out sequences one sight may ask about."""
    answered = data.steps * data.outputs if data.per_step else data.outputs
    return max(EXAMPLES, min(STEPS // data.steps, OUTPUTS // answered))


def sequences(data: Dataset, rows: Sequence[int], answers: Floats) -> Sequences:
    """The first of these held-out rows with the network's answers, (rows, outputs) or (rows, steps, outputs)."""
    shown = rows[:EXAMPLES]
    inputs, targets = data.test_inputs[shown], data.test_targets[shown]
    over_time = np.empty((len(shown), data.steps, 0)) if data.vocabulary else inputs.reshape(len(shown), data.steps, -1)
    found = []
    for number in range(len(shown)):
        truth, predicted, confidence = _answered(data, targets[number], answers[number])
        found.append(
            Example(
                channels=tuple(tuple(channel) for channel in over_time[number].T.tolist()),
                symbols=tuple(inputs[number].tolist()) if data.vocabulary else (),
                truth=truth,
                predicted=predicted,
                confidence=confidence,
            )
        )
    return Sequences(
        steps=data.steps,
        channels=() if data.vocabulary else data.input_names,
        lows=tuple(over_time.min(axis=(0, 1)).tolist()),
        highs=tuple(over_time.max(axis=(0, 1)).tolist()),
        vocabulary=data.vocabulary,
        per_step=data.per_step,
        examples=tuple(found),
    )


def _answered(data: Dataset, target: Array, answer: Floats) -> tuple[tuple[float, ...], ...]:
    """The right answers of one sequence, the network's, and how sure it is of each."""
    if not data.classes:
        return tuple(target.tolist()), tuple(answer.tolist()), ()
    predicted, confidence = decide(data, answer.reshape(-1, data.outputs))
    truth = target if data.per_step else labels_of(data, target[None])
    return tuple(truth.tolist()), tuple(predicted.tolist()), tuple(confidence.tolist())


def over_time(data: Dataset, targets: Array, answers: Floats) -> OverTime:
    """The share of right answers at each step; targets (rows, steps), answers (rows, steps, outputs)."""
    predicted, _ = decide(data, answers.reshape(-1, data.outputs))
    right = (predicted.reshape(targets.shape) == targets).mean(axis=0)
    return OverTime(tuple(right.tolist()), len(targets))


def continuation(simulation: Simulation) -> Continuation:
    """The first held-out window, read on by the network: each likeliest character is what it reads next."""
    data = simulation.dataset
    window = data.test_inputs[:1].copy()
    prompt = "".join(data.vocabulary[token] for token in window[0])
    said = []
    for _ in range(letters(simulation.weight_count)):
        answers = simulation.outputs(window).astype(np.float64).reshape(data.steps, data.outputs)
        (token,), _ = decide(data, answers[-1:])
        if token == UNDECIDED:
            break
        said.append(data.vocabulary[token])
        window = np.concatenate([window[:, 1:], [[token]]], axis=1)
    return Continuation(prompt, "".join(said))


def letters(multiplications: int) -> int:
    """How many characters a network of which a window takes so many multiplications may add."""
    return int(min(LETTERS, max(LETTERS // 8, COST / multiplications)))
