"""Reading scenario files: shipped names, paths, and everything that can be wrong with a file."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gradtui import Scenario, locations
from gradtui.scenario import files
from gradtui.scenario.errors import ScenarioError

Write = Callable[..., Path]


def problem(name_or_path: str | Path) -> str:
    with pytest.raises(ScenarioError) as caught:
        Scenario.load(name_or_path)
    return str(caught.value)


@pytest.fixture
def write(tmp_path: Path) -> Write:
    def write(text: str | bytes, name: str = "mine.toml") -> Path:
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.encode())
        return path

    return write


def test_a_shipped_name() -> None:
    scenario = Scenario.load("sigmoid-deep")
    assert scenario.name == "sigmoid-deep"
    assert (scenario.network.depth, scenario.network.activation) == (30, "sigmoid")


def test_a_path(write: Write) -> None:
    path = write("seed = 7\n[network]\ndepth = 3\n")
    for given_path in (path, str(path)):
        scenario = Scenario.load(given_path)
        assert (scenario.name, scenario.seed, scenario.network.depth) == ("mine", 7, 3)


def test_its_own_name_wins(write: Write) -> None:
    assert Scenario.load(write('name = "other"')).name == "other"


def test_byte_order_mark_and_windows_line_ends(write: Write) -> None:
    scenario = Scenario.load(write(b'\xef\xbb\xbftitle = "a"\r\nstory = """b\r\nc"""\r\n'))
    assert (scenario.title, scenario.story) == ("a", "b\nc")


def test_a_table_is_found_beside_the_scenario(write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "lesson"
    folder.mkdir()
    (folder / "mine.toml").write_text('[task]\nname = "file"\npath = "cells.csv"\n')
    monkeypatch.chdir(tmp_path)
    assert Scenario.load("lesson/mine.toml").task.path == str(folder / "cells.csv")
    (folder / "far.toml").write_text('[task]\nname = "file"\npath = "/far/cells.csv"\n')
    assert Scenario.load("lesson/far.toml").task.path == "/far/cells.csv"


def test_an_unknown_name_offers_the_nearest_and_the_list() -> None:
    text = problem("sigmod-deep")
    assert "did you mean sigmoid-deep?" in text
    assert "gradtui scenarios" in text


def test_a_missing_file_offers_its_neighbour(write: Write) -> None:
    path = write("")
    assert "did you mean mine.toml?" in problem(path.with_name("mein.toml"))


def test_a_folder(tmp_path: Path) -> None:
    assert "this is a folder" in problem(tmp_path)


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read(write: Write) -> None:
    path = write("")
    path.chmod(0)
    assert "may not be read" in problem(path)


def test_not_utf8(write: Write) -> None:
    text = problem(write(b'seed = 1\ntitle = "\xff"\n'))
    assert "not UTF-8" in text
    assert "line 2" in text


def test_too_large(write: Write) -> None:
    assert "more than 1,000,000 bytes" in problem(write(b"#" * 1_000_001))


def test_broken_toml_names_line_and_column(write: Write) -> None:
    text = problem(write("seed = 1\n[network\n"))
    assert text.startswith("mine.toml: broken TOML")
    assert "line 2, column 9" in text


@pytest.mark.parametrize("text", ["a = " + "[" * 5000, "a = " + "9" * 5000, "a = " + "{b=" * 3000])
def test_toml_that_goes_too_far(write: Write, text: str) -> None:
    assert problem(write(text)).startswith("mine.toml: ")


def test_an_impossible_path() -> None:
    assert "cannot be read" in problem("a\0b.toml")


def test_two_mistakes_two_lines(write: Write) -> None:
    lines = problem(write('[network]\nactivaton = "relu"\n[optimizer]\nlr = -1\n')).splitlines()
    assert [line.split(" is ")[0] for line in lines] == [
        "mine.toml: network.activaton",
        "mine.toml: optimizer.lr",
    ]


@given(st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_garbage_is_a_sentence(write: Write, content: bytes) -> None:
    path = write(content, "garbage.toml")
    said: tuple[str, ...] = ()
    try:
        Scenario.load(path)
    except ScenarioError as error:
        said = error.problems
    assert all("garbage.toml" in line for line in said)


def test_source_text_is_the_file(write: Write) -> None:
    assert files.source_text(write("seed = 1 # mine\n")) == "seed = 1 # mine\n"
    shipped = locations.shipped_scenarios() / "sigmoid-deep.toml"
    assert files.source_text("sigmoid-deep") == shipped.read_text()
