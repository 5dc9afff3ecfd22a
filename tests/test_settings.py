"""Settings: one table, four sources, and a file that is never lost."""

from __future__ import annotations

import json
import os
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st

from gradtui import cli, locations
from gradtui.settings import file, text
from gradtui.settings.choosing import load
from gradtui.settings.table import BY_KEY, ROWS, THEMES, Row, SettingError, Settings, as_toml, checked, from_text

PAGE = Path(__file__).parent.parent / "docs" / "settings.md"

#: A value other than the default, for each setting.
OTHER = {
    "theme": "light",
    "colours": "16",
    "fps": 12,
    "reduced-motion": True,
    "mouse": False,
    "plain": True,
    "plain-every": 9,
}


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A settings file that is not there yet, in an environment without settings."""
    for row in ROWS:
        monkeypatch.delenv(row.variable, raising=False)
    monkeypatch.setenv(locations.CONFIG_VARIABLE, str(tmp_path / "config"))
    return tmp_path / "config" / "settings.toml"


def written(path: Path, content: str) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)
    return content


def invoke(*arguments: str) -> Result:
    return CliRunner().invoke(cli.commands, list(arguments), prog_name="gradtui")


# The table


def test_the_page_is_written_from_the_table() -> None:
    assert PAGE.read_text() == text.page(), "gradtui settings --markdown > docs/settings.md"


def test_every_setting_has_all_three_ways_in_and_a_sentence() -> None:
    options = {name for each in cli.commands.params for name in each.opts + each.secondary_opts}
    assert set(OTHER) == set(BY_KEY)
    for row in ROWS:
        assert set(row.flag.split("/")) <= options
        assert row.variable.startswith("GRADTUI_")
        assert row.doc.endswith(".")
        assert checked(row, row.default) == row.default
        for word in (row.key, row.variable, row.doc, row.choices):
            assert word in PAGE.read_text()


def test_the_list_of_themes_is_what_the_screen_has() -> None:
    from gradtui.tui.app import GradtuiApp
    from gradtui.tui.themes import OWN

    assert set(THEMES) == set(GradtuiApp().available_themes)
    assert THEMES[: len(OWN)] == tuple(OWN)


# Where a value comes from


@pytest.mark.parametrize("row", ROWS, ids=BY_KEY)
def test_flag_over_environment_over_file_over_default(row: Row, path: Path) -> None:
    other = OTHER[row.key]
    in_file, in_environment = other, row.default
    assert load().sources[row.key].kind == "default"
    assert getattr(load().settings, row.name) == row.default

    written(path, f"{row.key} = {as_toml(in_file)}\n")
    chosen = load()
    assert (getattr(chosen.settings, row.name), chosen.sources[row.key]) == (other, ("file", str(path)))

    environment = {row.variable: str(in_environment).lower()}
    chosen = load(environment=environment)
    assert getattr(chosen.settings, row.name) == row.default
    assert chosen.sources[row.key] == ("environment", row.variable)

    chosen = load({row.name: other}, environment)
    assert getattr(chosen.settings, row.name) == other
    assert chosen.sources[row.key] == ("flag", row.flag.split("/")[0])
    assert chosen.problems == ()


@pytest.mark.parametrize("row", ROWS, ids=BY_KEY)
def test_the_command_line_hands_every_setting_to_the_screen(
    row: Row, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[Settings] = []
    monkeypatch.setattr(cli, "_is_terminal", lambda: True)
    monkeypatch.setattr("gradtui.tui.launch", lambda scenario, *, chosen, **rest: seen.append(chosen.settings) or 0)
    monkeypatch.setattr("gradtui.plain.speak", lambda *arguments, **rest: seen.append(Settings(plain=True)))
    if row.allowed is None:
        yes, no = row.flag.split("/")
        assert invoke(yes if OTHER[row.key] else no).exit_code == 0
    else:
        assert invoke(row.flag, str(OTHER[row.key])).exit_code == 0
    assert getattr(seen[0], row.name) == OTHER[row.key]


def test_an_empty_variable_is_one_that_is_not_set(path: Path) -> None:
    chosen = load(environment={"GRADTUI_FPS": ""})
    assert chosen.sources["fps"].kind == "default"
    assert chosen.problems == ()


def test_reduced_motion_lowers_the_frames_but_never_raises_them() -> None:
    assert Settings(fps=60).frames == 60
    assert Settings(fps=60, reduced_motion=True).frames == 2
    assert Settings(fps=1, reduced_motion=True).frames == 1


# Mistakes


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ('theme = "ligth"', ["theme", '"ligth"', "blue-orange", "did you mean light?"]),
        ("thme = 1", ["thme is not a setting", "reduced-motion", "did you mean theme?"]),
        ("reduced_motion = true", ["did you mean reduced-motion?"]),
        ("fps = 0", ["fps is 0", "a whole number from 1 to 120"]),
        ("fps = 30.5", ["fps is 30.5"]),
        ("fps = true", ["fps is true"]),
        ('plain = "yes"', ["plain", "true or false"]),
        ("[screen]\nfps = 3", ["screen is not a setting"]),
        ("theme = light", ["broken TOML", "line 1"]),
        ("fps = " + "9" * 5000, ["broken TOML"]),
    ],
)
def test_a_mistake_in_the_file_is_one_sentence_and_the_rest_holds(content: str, words: list[str], path: Path) -> None:
    before = written(path, content + "\n")
    chosen = load(environment={})
    assert chosen.settings == Settings()
    (sentence,) = chosen.problems
    for word in [str(path), *words]:
        assert word in sentence
    assert "\n" not in sentence
    assert path.read_text() == before


def test_one_mistake_does_not_take_the_other_values_away(path: Path) -> None:
    written(path, 'fps = "many"\ntheme = "light"\n')
    chosen = load(environment={"GRADTUI_COLOURS": "millions", "GRADTUI_PLAIN_EVERY": "7"})
    assert chosen.settings == Settings(theme="light", plain_every=7)
    assert len(chosen.problems) == 2
    assert "GRADTUI_COLOURS" in chosen.problems[1]


def test_a_file_that_cannot_be_read_is_a_sentence(path: Path) -> None:
    path.mkdir(parents=True)
    assert str(path) in load().problems[0]
    path.rmdir()
    path.write_bytes(b"theme = '\xff'\n")
    assert "not UTF-8 text (line 1)" in load().problems[0]
    path.write_text("#" * 200_000)
    assert "100,000 bytes" in load().problems[0]


@pytest.mark.parametrize("content", ["theme = light\n", "# mine\n[broken\n"])
def test_a_broken_file_is_never_overwritten(content: str, path: Path) -> None:
    written(path, content)
    for arguments in (["set", "fps", "9"], ["reset", "fps"], ["reset"]):
        result = invoke("settings", *arguments)
        assert result.exit_code == 2
        assert str(path) in result.stderr
        assert "nothing was changed" in result.stderr
    assert path.read_text() == content
    assert os.listdir(path.parent) == ["settings.toml"]


def test_the_program_starts_with_a_broken_file_and_says_so(path: Path) -> None:
    written(path, "theme = light\n")
    result = invoke("--plain")
    assert result.exit_code == 0
    assert "sigmoid-deep" in result.stdout
    assert result.stderr.count("\n") == 1
    assert str(path) in result.stderr


# Writing


@pytest.mark.parametrize("row", ROWS, ids=BY_KEY)
def test_what_is_set_is_read_and_what_is_reset_is_gone(row: Row, path: Path) -> None:
    other = OTHER[row.key]
    assert invoke("settings", "set", row.key, str(other)).exit_code == 0
    assert getattr(load(environment={}).settings, row.name) == other
    assert tomllib.loads(path.read_text()) == {row.key: other}
    assert invoke("settings", "reset", row.key).exit_code == 0
    assert load(environment={}).settings == Settings()


def test_comments_other_keys_and_tables_stay(path: Path) -> None:
    written(path, '# mine\n"theme" = "nord" # night\n\nfps = 9\nfuture = 1\n\n[other]\nfps = "no"\n')
    file.write("theme", "light")
    file.write("mouse", False)
    assert path.read_text() == (
        '# mine\ntheme = "light"\n\nfps = 9\nfuture = 1\nmouse = false\n\n[other]\nfps = "no"\n'
    )
    file.reset()
    assert path.read_text() == '# mine\n\nfuture = 1\n\n[other]\nfps = "no"\n'


def test_what_cannot_be_changed_line_by_line_is_left_alone(path: Path) -> None:
    before = written(path, 'future = """\nfps = 3\n"""\n')
    with pytest.raises(SettingError, match="by hand"):
        file.write("fps", 9)
    assert path.read_text() == before


LINES = st.lists(
    st.sampled_from(["# fps = 1", "", "fps = 3", 'theme="light"', '"fps" = 4', "later = 1", "[x]", "plain = true"]),
    max_size=6,
)


@given(LINES, st.sampled_from([("fps", 9), ("theme", "nord"), ("mouse", False)]))
def test_whatever_the_file_holds_a_change_changes_that_alone(
    tmp_path_factory: pytest.TempPathFactory, content: list[str], change: tuple[str, str | int]
) -> None:
    path = tmp_path_factory.mktemp("config") / "settings.toml"
    key, value = change
    before = written(path, "\n".join(content) + "\n")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(locations.CONFIG_VARIABLE, str(path.parent))
        try:
            file.write(key, value)
        except SettingError:
            assert path.read_text() == before
            return
    assert tomllib.loads(path.read_text()) == tomllib.loads(before) | {key: value}
    assert [line for line in before.splitlines() if line.startswith("#")] == [
        line for line in path.read_text().splitlines() if line.startswith("#")
    ]


def test_a_link_stays_a_link(path: Path, tmp_path: Path) -> None:
    kept = tmp_path / "dotfiles.toml"
    kept.write_text("fps = 3\n")
    path.parent.mkdir()
    path.symlink_to(kept)
    file.write("fps", 4)
    assert path.is_symlink()
    assert kept.read_text() == "fps = 4\n"


def test_a_folder_that_cannot_be_written_is_a_sentence(path: Path) -> None:
    path.parent.write_text("a file in the folder's place")
    with pytest.raises(SettingError, match="cannot be"):
        file.write("fps", 4)


# The command


def test_the_list_says_value_source_and_path(path: Path) -> None:
    written(path, 'theme = "teal-red"\n')
    result = CliRunner(env={"GRADTUI_FPS": "9"}).invoke(cli.commands, ["settings"])
    assert result.exit_code == 0
    assert f"settings file: {path}\n" in result.output
    for line in (
        'theme           "teal-red"   (file)',
        "fps             9   (environment GRADTUI_FPS)",
        "mouse           true   (default)",
    ):
        assert line in result.output
    assert all(len(line) <= 80 for line in result.output.splitlines()[1:])


def test_json_is_one_array(path: Path) -> None:
    rows = json.loads(invoke("settings", "--json").stdout)
    assert [row["key"] for row in rows] == list(BY_KEY)
    assert {row["source"] for row in rows} == {"default"}


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["set", "them", "light"], "did you mean theme?"),
        (["set", "theme", "drak"], "did you mean dark?"),
        (["set", "fps", "fast"], "a whole number from 1 to 120"),
        (["set", "fps", "9" * 5000], "a whole number from 1 to 120"),
        (["set", "mouse", "maybe"], "true or false"),
        (["reset", "them"], "did you mean theme?"),
    ],
)
def test_wrong_usage_is_a_sentence_and_changes_nothing(arguments: list[str], words: str, path: Path) -> None:
    result = invoke("settings", *arguments)
    assert result.exit_code == 2
    assert words in result.stderr
    assert not path.exists()


@pytest.mark.parametrize("word", ["yes", "on", "TRUE", "1"])
def test_words_for_yes(word: str) -> None:
    assert from_text(BY_KEY["plain"], word) is True
