"""The command that opens a scenario as it stands: run through a shell and the command line, it gives that scenario."""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gradtui import Scenario
from gradtui.export.command_line import command_line
from gradtui.scenario.errors import ScenarioError
from gradtui.scenario.menu import MENU
from gradtui.subcommands.options import scenario_of


def opened(command: str | None) -> Scenario:
    """The scenario that a command opens."""
    assert command is not None
    words = shlex.split(command)
    assert words[:2] == ["gradtui", "--scenario"]
    assignments, seed = [], None
    for option, value in zip(words[3::2], words[4::2], strict=True):
        if option == "--seed":
            seed = int(value)
        else:
            assert option == "--set"
            assignments.append(value)
    return scenario_of(words[2], assignments, seed)


def test_an_unchanged_scenario_is_its_name() -> None:
    assert command_line(Scenario.load("sigmoid-deep"), "sigmoid-deep") == "gradtui --scenario sigmoid-deep"


def test_changes_are_options() -> None:
    changed = Scenario.load("sigmoid-deep").replace("network.depth=12", "seed=7", "network.activation=relu")
    command = command_line(changed, "sigmoid-deep")
    assert command == "gradtui --scenario sigmoid-deep --seed 7 --set network.depth=12 --set network.activation=relu"
    assert opened(command) == changed


KEYS = st.sampled_from([key for key in MENU if key != "task.name" and not key.startswith("network.layer")])
CHANGES = st.lists(
    st.one_of(
        KEYS.flatmap(lambda key: st.sampled_from([f"{key}={row.name}" for row in MENU[key]])),
        st.builds("optimizer.lr={}".format, st.floats(1e-9, 10)),
        st.builds("optimizer.eps={}".format, st.floats(0, 1)),
        st.builds("optimizer.beta2={}".format, st.sampled_from([0.9, 0.99, 0.999])),
        st.builds("network.depth={}".format, st.integers(0, 9)),
        st.builds("seed={}".format, st.integers(0, 2**63 - 1)),
    ),
    min_size=1,
    max_size=5,
)


@given(CHANGES)
def test_whatever_was_turned_the_command_leads_there(changes: list[str]) -> None:
    """One after the other as by hand, so that defaults move with every choice of an optimizer."""
    scenario = Scenario.load("sigmoid-deep")
    for change in changes:
        try:
            scenario = scenario.replace(change)
        except ScenarioError:
            continue
    assert opened(command_line(scenario, "sigmoid-deep")) == scenario


@settings(max_examples=15)
@given(st.text(max_size=20), st.sampled_from(["", " a", "'\"$(ls)`", "a\r\nb", '"quoted"', "\x7f", "1e3"]))
def test_any_text_survives_the_shell(title: str, promise: str) -> None:
    from msgspec.structs import replace

    scenario = replace(Scenario.load("sigmoid-deep"), title=title, promise=promise)
    assert opened(command_line(scenario, "sigmoid-deep")) == scenario


def test_a_file_is_named_by_its_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("my net's.toml").write_text("[network]\ndepth = 3\n")
    changed = Scenario.load("my net's.toml").replace("network.depth=4")
    command = command_line(changed, "my net's.toml")
    assert command == """gradtui --scenario 'my net'"'"'s.toml' --set network.depth=4"""
    assert opened(command) == changed


def test_without_a_file_and_without_options_there_is_none(tmp_path: Path) -> None:
    scenario = Scenario.load("sigmoid-deep")
    assert command_line(scenario, None) is None
    assert command_line(scenario, str(tmp_path / "gone.toml")) is None
    listed = Scenario.from_dict({"network": {"layer": [{"width": 4}]}})
    assert command_line(listed, "sigmoid-deep") is None
