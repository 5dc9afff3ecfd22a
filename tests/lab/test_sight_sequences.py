"""Sequences as the network sees them: what was held out, what it answers, and a text that it goes on with."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from gradtui import Scenario, Simulation, tasks
from gradtui.lab.sight import UNDECIDED, Continuation, Counts, Fit, OverTime, Sequences, Sight
from gradtui.lab.sighting import see
from gradtui.lab.sighting_sequences import COST, EXAMPLES, LETTERS, OUTPUTS, STEPS, letters, most

WORDS = "a stone on the shore; two boats lie on the sand.\n"


class Known:
    """Stands for a simulation of which the answers are known: `outputs` is a function of tokens or numbers."""

    scenario = Scenario.from_dict({})
    weight_count = 1000
    step_count = 7

    def __init__(self, dataset, answer):
        self.dataset = dataset
        self.asked = 0
        self._answer = answer

    def outputs(self, inputs):
        self.asked += len(inputs) * self.dataset.steps
        return self._answer(inputs)


def data(name, **choices):
    return tasks.load(Scenario.from_dict({"task": {"name": name, **choices}}).task, 0)


def part(sight: Sight, kind):
    return next(found for found in sight.parts if isinstance(found, kind))


def surely(classes, size):
    """Logits of a network that holds these classes for certain."""
    return 50.0 * np.eye(size, dtype=np.float32)[classes]


def test_copying_well_and_not_at_all():
    copy = data("copy", length=6, copied=4, examples=10, batch=1)

    def half(tokens):
        """Says the first two symbols again, and then blanks."""
        said = np.full(tokens.shape, 8)
        said[:, -4:-2] = tokens[:, :2]
        return surely(said, copy.outputs)

    sight = see(Known(copy, half))
    assert (sight.step, sight.title, sight.classes) == (7, "copy", copy.classes)
    over = part(sight, OverTime)
    assert over.right == (*[1.0] * 12, 0.0, 0.0)
    assert over.total == 2000
    counts = part(sight, Counts)
    assert counts.total == 2000 * 14
    assert counts.right == 2000 * 12
    shown = part(sight, Sequences)
    assert (shown.steps, shown.per_step, shown.vocabulary, shown.channels) == (14, True, copy.vocabulary, ())
    assert len(shown.examples) == EXAMPLES
    for example, tokens, target in zip(shown.examples, copy.test_inputs, copy.test_targets, strict=False):
        assert example.symbols == tuple(tokens)
        assert example.truth == tuple(target)
        assert example.predicted == (*target[:12], 8, 8)
        assert min(example.confidence) > 0.99
        assert example.channels == ()


def test_one_answer_at_the_end():
    order = data("temporal-order", length=20, examples=10, batch=1)
    sight = see(Known(order, lambda tokens: surely(np.full(len(tokens), 2), 4)))
    assert part(sight, Counts).predicted == (0, 0, 2000, 0)
    for example, target in zip(part(sight, Sequences).examples, order.test_targets, strict=False):
        assert (example.truth, example.predicted) == ((target,), (2,))
    broken = see(Known(order, lambda tokens: np.full((len(tokens), 4), np.nan)))
    assert {example.predicted for example in part(broken, Sequences).examples} == {(UNDECIDED,)}
    assert sum(part(broken, Counts).undecided) == 2000


def test_numbers_over_time_and_the_sum_that_is_asked_for():
    simulation = Simulation(
        Scenario.from_dict({"task": {"name": "adding", "length": 5, "examples": 100}, "network": {"depth": 1}})
    )
    simulation.step(3)
    sight, adding = see(simulation), simulation.dataset
    shown, fit = part(sight, Sequences), part(sight, Fit)
    answers = simulation.outputs(adding.test_inputs)
    assert shown.channels == ("value", "marker")
    assert (shown.lows[1], shown.highs[1]) == (0.0, 1.0)
    for row, example in enumerate(shown.examples):
        np.testing.assert_array_equal(np.array(example.channels).T.reshape(-1), adding.test_inputs[row])
        assert example.truth == tuple(adding.test_targets[row])
        assert example.predicted == pytest.approx(answers[row])
        assert (example.symbols, example.confidence) == ((), ())
    assert fit.total == 2000
    assert fit.rms_error**2 == pytest.approx(simulation.evaluate()["loss"], rel=1e-5)


@pytest.mark.parametrize("loss", ["bce", "cross_entropy", "mse"])
def test_two_classes_by_any_loss(loss):
    latch = {"name": "latch", "length": 2, "examples": 100, "loss": loss}
    simulation = Simulation(Scenario.from_dict({"task": latch, "network": {"depth": 1, "activation": "tanh"}}))
    simulation.step(200)
    sight = see(simulation)
    counts = part(sight, Counts)
    assert counts.right / counts.total == pytest.approx(simulation.evaluate()["accuracy"])
    for example in part(sight, Sequences).examples:
        assert example.truth == example.predicted == (float(example.channels[0][0] > 0.0),)


def test_a_text_is_read_on(tmp_path: Path):
    path = tmp_path / "shore.txt"
    path.write_text(WORDS * 40)
    text = data("text", path=str(path), length=12, batch=1)
    places = {letter: place for place, letter in enumerate(text.vocabulary)}

    def knows_by_heart(tokens):
        """The character that comes next in the text, wherever twelve characters settle it."""
        said = np.zeros(tokens.shape, np.int64)
        said[:, :-1] = tokens[:, 1:]
        for row, window in enumerate(tokens):
            read = "".join(text.vocabulary[token] for token in window)
            said[row, -1] = places[(WORDS * 3)[(WORDS * 3).index(read) + len(read)]]
        return surely(said, text.outputs)

    known = Known(text, knows_by_heart)
    sight = see(known)
    told = part(sight, Continuation)
    assert len(told.prompt) == 12
    assert len(told.said) == LETTERS
    assert told.prompt + told.said in WORDS * 4
    assert part(sight, OverTime).right == (1.0,) * 12
    assert not any(isinstance(found, Counts) for found in sight.parts)
    assert known.asked <= STEPS + LETTERS * 12
    mute = see(Known(text, lambda tokens: np.full((*tokens.shape, text.outputs), np.nan)))
    assert part(mute, Continuation).said == ""


def test_outputs_may_come_row_after_row(tmp_path: Path):
    copy = data("copy", length=3, copied=2, examples=10, batch=1)
    shaped = see(Known(copy, lambda tokens: surely(np.minimum(tokens, 8), 9)))
    flat = see(Known(copy, lambda tokens: surely(np.minimum(tokens, 8), 9).reshape(-1, 9)))
    assert shaped == flat


@pytest.mark.parametrize(("name", "length"), [("adding", 1000), ("copy", 1000), ("recall", 3), ("latch", 700)])
def test_what_a_sight_may_ask(name, length):
    big = data(name, length=length, examples=10, batch=1)
    rows = most(big)
    assert rows >= EXAMPLES
    assert rows * big.steps <= STEPS
    assert rows * (big.steps if big.per_step else 1) * big.outputs <= OUTPUTS


def test_a_large_network_adds_fewer_letters():
    assert letters(1) == LETTERS
    assert letters(10**9) == LETTERS // 8
    assert letters(10**6) == COST / 10**6
