"""A text of one's own: windows and the characters behind them, or one sentence that says what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gradtui import Scenario
from gradtui.tasks import Dataset, TaskError, load

SENTENCES = (
    "Below the weir the river slows, and what the water carried sinks.\n"
    "A grain of sand goes further than a pebble, and mud goes further still.\n"
    "So the bed tells how fast the water was; whoever digs reads it backwards.\n"
)


def text(path: Path, content: str | bytes = SENTENCES * 10, seed: int = 0, **choices: object) -> Dataset:
    """The dataset of a file with this content."""
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return load(Scenario.from_dict({"task": {"name": "text", "path": str(path), **choices}}).task, seed)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "river.txt"


def read(data: Dataset, codes: np.ndarray) -> str:
    return "".join(data.vocabulary[code] for code in codes)


def test_windows_and_what_comes_next(path: Path) -> None:
    data = text(path, length=20, examples=300)
    everything = SENTENCES * 10
    cut = len(everything) - round(0.2 * len(everything))
    assert data.train_inputs.shape == (300, 20)
    assert (data.steps, data.per_step, data.loss, data.next_token) == (20, True, "cross_entropy", True)
    assert data.vocabulary == tuple(sorted(set(everything)))
    assert data.outputs == data.tokens == len(data.classes)
    assert data.title == "river.txt"
    for inputs, targets, part in (
        (data.train_inputs, data.train_targets, everything[:cut]),
        (data.test_inputs, data.test_targets, everything[cut:]),
    ):
        np.testing.assert_array_equal(inputs[:, 1:], targets[:, :-1])
        assert all(read(data, row) + read(data, end[-1:]) in part for row, end in zip(inputs, targets, strict=True))
    # What is held out stands end to end, from where training ends.
    assert read(data, data.test_inputs.reshape(-1)) == everything[cut:][: data.test_inputs.size]
    assert len(everything[cut:]) - data.test_inputs.size <= 20
    assert len({tuple(row) for row in data.train_inputs}) > 100


def test_every_window_where_they_are_few(path: Path) -> None:
    data = text(path, length=20)
    everything = SENTENCES * 10
    cut = len(everything) - round(0.2 * len(everything))
    assert [read(data, row) for row in data.train_inputs] == [everything[at : at + 20] for at in range(cut - 20)]


def test_the_seed_draws_the_windows_but_not_what_is_held_out(path: Path) -> None:
    first, second = (text(path, seed=seed, length=20, examples=100) for seed in (0, 1))
    assert (first.train_inputs != second.train_inputs).any()
    np.testing.assert_array_equal(first.test_inputs, second.test_inputs)
    np.testing.assert_array_equal(first.train_inputs, text(path, length=20, examples=100).train_inputs)


def test_a_long_text_is_held_out_in_2000_windows_all_over_its_end(path: Path) -> None:
    data = text(path, SENTENCES * 120, length=1, examples=100)
    assert data.test_inputs.shape == (2000, 1)
    assert data.train_inputs.shape == (100, 1)


def test_editors_leave_traces(path: Path) -> None:
    plain, edited = text(path, length=20), text(path, b"\xef\xbb\xbf" + (SENTENCES * 10).replace("\n", "\r\n").encode())
    assert plain.vocabulary == edited.vocabulary
    spoken = text(path, "ein Flüsschen ⟶ 小川 🌊\n" * 20, length=5)
    assert {"ü", "小", "🌊", "\n"} <= set(spoken.vocabulary)
    shown = dict(zip(spoken.vocabulary, spoken.classes, strict=True))
    assert (shown["\n"], shown[" "], shown["ü"]) == ("⏎", "␣", "ü")


@given(st.text(min_size=1, max_size=300), st.integers(1, 20), st.floats(0.01, 0.99))
def test_any_text_is_learned_or_refused_in_one_sentence(
    tmp_path_factory: pytest.TempPathFactory, drawn: str, length: int, held_out: float
) -> None:
    place = tmp_path_factory.getbasetemp() / "drawn.txt"
    content = drawn.encode("utf-8", "replace")
    try:
        data = text(place, content, length=length, held_out=held_out, batch=1)
    except TaskError as error:
        (problem,) = error.problems
        assert "drawn.txt: " in problem
        assert "\n" not in problem
        return
    assert len(data.train_inputs) >= 1
    assert len(data.test_inputs) >= 1
    assert data.train_inputs.max() < data.tokens
    assert all(name.isprintable() for name in data.classes)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the file is empty"),
        (b" \n\n", "the file is empty"),
        (b"short", "5 characters are too few for task.length = 50 with 20% of them held out; it takes about 255"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "not a text, it holds zero bytes"),
        (b"caf\xe9 " * 100, r"not UTF-8 text \(line 1\); save it as UTF-8"),
        (b"a" * 1000, "one character all over"),
        ("".join(map(chr, range(0x4E00, 0x4F80))) * 5, "384 different characters; at most 256"),
    ],
)
def test_what_cannot_be_learned_from(path: Path, content: str | bytes, says: str) -> None:
    with pytest.raises(TaskError, match=rf"river\.txt: {says}") as refused:
        text(path, content)
    assert "\n" not in str(refused.value)


def test_no_such_file_and_folders(tmp_path: Path) -> None:
    for path, says in ((tmp_path / "none.txt", "there is no such file"), (tmp_path, "this is a folder")):
        with pytest.raises(TaskError, match=says):
            load(Scenario.from_dict({"task": {"name": "text", "path": str(path)}}).task, 0)


def test_a_path_stands_beside_the_scenario_file(tmp_path: Path) -> None:
    (tmp_path / "river.txt").write_text(SENTENCES * 10)
    (tmp_path / "mine.toml").write_text('[task]\nname = "text"\npath = "river.txt"\nlength = 10\n')
    assert load(Scenario.load(tmp_path / "mine.toml").task, 0).steps == 10
