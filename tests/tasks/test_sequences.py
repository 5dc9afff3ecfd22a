"""Sequence tasks: laid out as they are published, keyed by the seed, and never too many for the memory."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradtui import Scenario
from gradtui.scenario import menu
from gradtui.scenario.model import Task
from gradtui.tasks import TaskError, load
from gradtui.tasks.sequences import BLAME, HELD_OUT_COUNT, MOVES, NAMES, NEUTRAL, PRAISE
from gradtui.tasks.sequences import generate as draw

EVERY = sorted(NAMES)


def task(name: str, **choices: object) -> Task:
    """The task with the defaults that are its own."""
    return Scenario.from_dict({"task": {"name": name, **choices}}).task


def steps_of(name: str, length: int) -> int:
    """How many time steps a task has."""
    return length + 2 * 7 if name == "copy" else 2 * length if name == "reverse" else length


@settings(max_examples=25)
@given(st.sampled_from(EVERY), st.integers(2, 40), st.integers(10, 50), st.integers(0, 2**63 - 1), st.integers(2, 40))
def test_any_sequence_task_is_sound(name: str, length: int, examples: int, seed: int, symbols: int) -> None:
    chosen = task(name, length=length, examples=examples, symbols=symbols, copied=7, batch=0)
    data = load(chosen, seed)
    assert (len(data.train_inputs), len(data.test_inputs)) == (examples, HELD_OUT_COUNT)
    assert data.steps == steps_of(name, length)
    for inputs, targets in ((data.train_inputs, data.train_targets), (data.test_inputs, data.test_targets)):
        if data.tokens:
            assert inputs.dtype == np.int64
            assert inputs.shape == (len(inputs), data.steps)
            assert inputs.min() >= 0
            assert inputs.max() < data.tokens == data.features
        else:
            assert inputs.dtype == np.float64
            assert inputs.shape == (len(inputs), data.steps * data.features)
            assert np.isfinite(inputs).all()
        assert targets.shape[0] == len(inputs)
        assert targets.shape[1:] == ((data.steps,) if data.per_step else () if data.loss == "cross_entropy" else (1,))
        assert not inputs.flags.writeable
    assert data.outputs == (len(data.classes) if data.loss == "cross_entropy" else 1)
    again = load(chosen, seed)
    np.testing.assert_array_equal(data.train_inputs, again.train_inputs)
    np.testing.assert_array_equal(data.test_targets, again.test_targets)


@pytest.mark.parametrize("name", EVERY)
def test_seeds_and_held_out_sequences_differ(name: str) -> None:
    first, second = load(task(name), 0), load(task(name), 1)
    assert (first.train_inputs != second.train_inputs).any()
    assert (first.train_inputs[:HELD_OUT_COUNT] != first.test_inputs).any()
    fewer = load(task(name, examples=500), 0)
    np.testing.assert_array_equal(fewer.test_inputs, first.test_inputs)


@given(st.integers(2, 60))
def test_adding_asks_for_the_sum_of_two_marked_numbers(length: int) -> None:
    train, _ = draw(task("adding", length=length, examples=200), 3)
    values, markers = train.inputs.reshape(-1, length, 2).transpose(2, 0, 1)
    assert ((markers == 0.0) | (markers == 1.0)).all()
    half = length // 2
    assert (markers[:, :half].sum(axis=1) == 1.0).all()
    assert (markers[:, half:].sum(axis=1) == 1.0).all()
    assert 0.0 <= values.min() <= values.max() < 1.0
    np.testing.assert_allclose((values * markers).sum(axis=1), train.answers[:, 0], rtol=1e-15)


def test_adding_costs_a_sixth_without_a_memory() -> None:
    data = load(task("adding"), 0)
    assert np.mean((data.train_targets - 1.0) ** 2) == pytest.approx(1 / 6, rel=0.02)
    assert data.input_names == ("value", "marker")


@given(st.integers(2, 120))
def test_temporal_order_is_told_by_two_symbols_at_their_places(length: int) -> None:
    train, _ = draw(task("temporal-order", length=length, examples=300), 1)
    telling = train.inputs >= 4
    assert (telling.sum(axis=1) == 2).all()
    first, last = telling.argmax(axis=1), length - 1 - telling[:, ::-1].argmax(axis=1)
    if length >= 10:
        assert set(first) <= set(range(length // 10, length // 5))
        assert set(last) <= set(range(length // 2, 6 * length // 10))
    rows = np.arange(len(train.inputs))
    letters = np.array(train.vocabulary)
    words = np.char.add(letters[train.inputs[rows, first]], letters[train.inputs[rows, last]])
    assert (words == np.array(train.classes)[train.answers]).all()
    assert set(train.answers) == {0, 1, 2, 3}


def test_all_places_of_temporal_order_are_drawn() -> None:
    train, _ = draw(task("temporal-order", length=100, examples=2000), 0)
    telling = train.inputs >= 4
    assert set(telling.argmax(axis=1)) == set(range(10, 20))
    assert set(99 - telling[:, ::-1].argmax(axis=1)) == set(range(50, 60))


@given(st.integers(1, 30), st.integers(2, 40), st.integers(1, 12))
def test_copy_asks_for_what_stood_first(delay: int, symbols: int, copied: int) -> None:
    train, _ = draw(task("copy", length=delay, symbols=symbols, copied=copied, examples=20), 2)
    blank, sign = symbols, symbols + 1
    for tokens, answers in zip(train.inputs.tolist(), train.answers.tolist(), strict=True):
        assert tokens == [*tokens[:copied], *[blank] * (delay - 1), sign, *[blank] * copied]
        assert max(tokens[:copied]) < symbols
        assert answers == [*[blank] * (copied + delay), *tokens[:copied]]
    assert (train.vocabulary[blank], train.vocabulary[sign], train.classes[blank]) == ("·", "▸", "·")
    assert len(set(train.vocabulary)) == symbols + 2


def test_latch_tells_its_class_at_the_first_three_steps_alone() -> None:
    train, _ = draw(task("latch", examples=5000), 0)
    sign = 2.0 * train.answers - 1.0
    np.testing.assert_allclose((train.inputs * sign[:, None]).mean(axis=0)[:3], 1.0, atol=0.02)
    np.testing.assert_allclose((train.inputs * sign[:, None]).mean(axis=0)[3:], 0.0, atol=0.02)
    np.testing.assert_allclose(train.inputs[:, 3:].std(), 0.2, rtol=0.01)
    short, _ = draw(task("latch", examples=50, length=2, noise=0.0), 0)
    np.testing.assert_array_equal(short.inputs, np.repeat(2.0 * short.answers - 1.0, 2).reshape(-1, 2))


def test_recall_asks_for_the_first() -> None:
    data = load(task("recall"), 0)
    assert (data.steps, data.tokens, data.outputs) == (9, 16, 16)
    np.testing.assert_array_equal(data.train_targets, data.train_inputs[:, 0])
    assert set(np.unique(data.train_inputs)) == set(range(16))


def test_gaussian_is_noise_of_the_size_asked_for() -> None:
    data = load(task("gaussian", length=3, noise=0.5), 0)
    assert (data.steps, data.features, data.train_inputs.shape) == (3, 64, (2000, 192))
    assert data.train_inputs.std() == pytest.approx(0.5, rel=0.01)
    assert abs(data.train_inputs.mean()) < 0.005
    assert data.train_targets.mean() == pytest.approx(0.5, abs=0.05)


def test_digits_in_time_are_the_same_digits() -> None:
    plain, rows, pixels = (load(task(name), 0) for name in ("digits", "row-digits", "pixel-digits"))
    for data, steps, features in ((rows, 8, 8), (pixels, 64, 1)):
        assert (data.steps, data.features, data.image) == (steps, features, (8, 8, 1))
        np.testing.assert_array_equal(data.train_inputs, plain.train_inputs)
        np.testing.assert_array_equal(data.test_targets, plain.test_targets)
        assert len(data.input_names) == features


@given(st.integers(1, 30), st.integers(2, 40))
def test_reverse_asks_for_all_from_the_last_to_the_first(length: int, symbols: int) -> None:
    train, _ = draw(task("reverse", length=length, symbols=symbols, examples=20), 2)
    blank, sign = symbols, symbols + 1
    for tokens, answers in zip(train.inputs.tolist(), train.answers.tolist(), strict=True):
        assert tokens[length:] == [sign, *[blank] * (length - 1)]
        assert max(tokens[:length]) < symbols
        assert answers == [*[blank] * length, *tokens[:length][::-1]]


def test_the_junction_of_a_maze_asks_for_the_sign_at_its_start() -> None:
    train, _ = draw(task("t-maze", length=6, noise=0.0, examples=200), 0)
    seen = train.inputs.reshape(200, 6, 3)
    signs = {(0.0, 1.0, 1.0): "left", (1.0, 1.0, 0.0): "right"}
    assert [signs[tuple(sign)] for sign in seen[:, 0].tolist()] == [train.classes[answer] for answer in train.answers]
    assert (seen[:, 1:-1] == (1.0, 0.0, 1.0)).all()
    assert (seen[:, -1] == (0.0, 1.0, 0.0)).all()
    assert set(train.answers) == {0, 1}
    noisy, _ = draw(task("t-maze", length=6, noise=0.2, examples=5000), 0)
    assert noisy.inputs.reshape(5000, 6, 3)[:, 1:].std(axis=0) == pytest.approx(0.2, rel=0.1)


def test_only_the_first_word_of_a_review_tells() -> None:
    train, _ = draw(task("sentiment", length=12, examples=5000), 0)
    words = np.array(train.vocabulary)[train.inputs]
    assert set(words[:, 0]) == {*PRAISE, *BLAME}
    assert set(words[:, 1:].reshape(-1)) == set(NEUTRAL)
    praised = np.array(train.classes)[train.answers] == "praise"
    assert (np.isin(words[:, 0], PRAISE) == praised).all()
    assert praised.mean() == pytest.approx(0.5, abs=0.02)


def test_the_hump_of_frames_moves_as_its_class_says() -> None:
    train, _ = draw(task("frames", length=21, noise=0.0, examples=600), 0)
    frames = train.inputs.reshape(600, 21, 8)
    place = frames.argmax(axis=2) / 7.0
    for answer, name in enumerate(train.classes):
        begins, middle, ends = MOVES[name]
        own = place[train.answers == answer]
        assert len(own) > 60
        assert own[:, 0].mean() == pytest.approx(begins, abs=0.15)
        assert own[:, -1].mean() == pytest.approx(ends, abs=0.15)
        # Wherever in time it turns, it comes to where it turns.
        turns = own.max(axis=1) if middle == max(begins, middle, ends) else own.min(axis=1)
        assert middle == 0.5 or turns.mean() == pytest.approx(middle, abs=0.15)
    noisy, _ = draw(task("frames", length=21, noise=0.4, examples=600), 0)
    assert (noisy.inputs - train.inputs).std() == pytest.approx(0.4, rel=0.02)


@pytest.mark.parametrize("name", ["reverse", "t-maze", "sentiment", "frames"])
def test_a_toy_says_that_it_is_one(name: str) -> None:
    assert "a toy of" in menu.choice("task.name", name).meaning


@pytest.mark.parametrize("name", ["adding", "temporal-order", "t-maze"])
def test_too_short_for_two_places(name: str) -> None:
    with pytest.raises(TaskError, match=rf"^task\.length is 1, but {name} needs 2 time steps or more: [^\n]+$"):
        load(task(name, length=1), 0)


def test_more_than_the_memory_holds() -> None:
    with pytest.raises(TaskError, match=r"^task\.examples is 100,000: .* at most 50,000,000 are kept; take 23,000"):
        load(task("adding", length=1000, examples=100_000), 0)


def test_an_answer_at_every_step_is_a_class() -> None:
    assert load(task("copy", loss="cross_entropy", examples=10, batch=1), 0).per_step
    for loss in ("mse", "bce"):
        with pytest.raises(TaskError, match='asks for a class at every step; use "cross_entropy"'):
            load(task("copy", loss=loss), 0)
    assert load(task("recall", loss="mse", examples=10, batch=1), 0).train_targets.shape == (10, 16)
    assert load(task("latch", loss="cross_entropy", examples=10, batch=1), 0).outputs == 2


def test_defaults_follow_the_task_through_changes() -> None:
    scenario = Scenario.from_dict({}).replace("task.name=recall")
    assert (scenario.task.length, scenario.task.symbols, scenario.task.examples) == (9, 16, 20_000)
    latch = scenario.replace("task.name=latch", "network.width=8")
    assert (latch.task.length, latch.task.noise, latch.task.symbols) == (30, 0.2, 8)
    kept = scenario.replace("task.length=12").replace("task.name=latch")
    assert kept.task.length == 12
    assert scenario.replace("task.name=digits").task == Task()
